/* The probe of C, in two forms: `probe blocking` makes its calls in threads that wait, `probe callback` starts calls that complete
 * through a callback. tests/README.md describes the protocol. */
#define _POSIX_C_SOURCE 200809L
#include <devcred.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- Lines of the protocol ------------------------------------------------------------------------------------------- */

static char *keys[64], *values[64];
static int pairs;

static void die(const char *why) {
    fprintf(stderr, "probe: %s\n", why);
    exit(1);
}

static void *allocated(void *memory) {
    if (!memory) die("out of memory");
    return memory;
}

static void decode(char *text) {
    char *to = text;
    for (char *from = text; *from; from++) {
        if (*from == '%') {
            char hex[3] = {from[1], from[2], 0};
            *to++ = (char)strtoul(hex, NULL, 16);
            if (!to[-1]) die("a C string cannot contain a NUL");
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = 0;
}

static void parse(char *line) {
    line[strcspn(line, "\n")] = 0;
    pairs = 0;
    for (char *pair = strtok(line, "&"); pair; pair = strtok(NULL, "&")) {
        char *equals = strchr(pair, '=');
        if (!equals || pairs == 64) die("not a line of the protocol");
        *equals = 0;
        keys[pairs] = pair;
        values[pairs] = equals + 1;
        decode(values[pairs++]);
    }
}

static const char *get(const char *key) {
    for (int i = 0; i < pairs; i++)
        if (!strcmp(keys[i], key)) return values[i];
    return NULL;
}

static uint64_t number(const char *key, uint64_t otherwise) {
    const char *value = get(key);
    return value ? strtoull(value, NULL, 10) : otherwise;
}

static const char *separator;

static void put(const char *key, const char *value) {
    if (!value) return;
    printf("%s%s=", separator, key);
    separator = "&";
    for (; *value; value++) {
        unsigned char byte = (unsigned char)*value;
        int is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        if (is_plain || strchr("-_.~", byte)) putchar(byte);
        else printf("%%%02X", byte);
    }
}

static void put_number(const char *key, long long value) {
    printf("%s%s=%lld", separator, key, value);
    separator = "&";
}

/* --- Calls ----------------------------------------------------------------------------------------------------------- */

struct call {
    devcred_client *client;
    char *client_id;
    devcred_call *handle;
    pthread_t thread;
    int32_t status;
    devcred_credential *credential;
    devcred_error *error;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint64_t completed;

static int64_t call_timeout(void) {
    return get("call_timeout_ms") ? (int64_t)number("call_timeout_ms", 0) : DEVCRED_CLIENT_TIMEOUT;
}

typedef int32_t (*blocking_function)(const devcred_client *, const char *, const char *, int64_t, devcred_credential **,
                                     devcred_error **);
typedef int32_t (*start_function)(const devcred_client *, const char *, const char *, int64_t, devcred_completion, void *,
                                  devcred_call **, devcred_error **);

static int is_register(void) {
    return get("operation") && !strcmp(get("operation"), "RegisterDeviceCredential");
}

static void *run_blocking(void *argument) {
    struct call *call = argument;
    if (call->handle) {
        call->status = devcred_call_wait(call->handle, &call->credential, &call->error);
    } else {
        blocking_function make_call = is_register() ? devcred_register_device_credential : devcred_get_device_credential;
        call->status = make_call(call->client, call->client_id, get("call_instance_id"), call_timeout(), &call->credential, &call->error);
    }
    return NULL;
}

static void on_complete(void *argument, int32_t status, devcred_credential *credential, devcred_error *error) {
    struct call *call = argument;
    pthread_mutex_lock(&lock);
    call->status = status;
    call->credential = credential;
    call->error = error;
    completed++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void start(struct call *call, int is_blocking, int is_cancelled) {
    if (!is_blocking || is_cancelled) {
        devcred_completion completion = is_blocking ? NULL : on_complete;
        start_function start_call = is_register() ? devcred_register_device_credential_start : devcred_get_device_credential_start;
        int32_t status =
            start_call(call->client, call->client_id, get("call_instance_id"), call_timeout(), completion, call, &call->handle, NULL);
        if (status != DEVCRED_OK) die("a call could not be started");
    }
    if (is_blocking) {
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 256 * 1024);
        if (pthread_create(&call->thread, &attributes, run_blocking, call)) die("a thread could not be started");
        pthread_attr_destroy(&attributes);
    }
}

static void await(struct call *calls, uint64_t count, int is_blocking) {
    if (is_blocking) {
        for (uint64_t i = 0; i < count; i++) pthread_join(calls[i].thread, NULL);
    } else {
        pthread_mutex_lock(&lock);
        while (completed < count) pthread_cond_wait(&changed, &lock);
        completed = 0;
        pthread_mutex_unlock(&lock);
    }
    for (uint64_t i = 0; i < count; i++) devcred_call_free(calls[i].handle);
}

static void sleep_until(struct timespec begun, uint64_t ms) {
    begun.tv_sec += (time_t)(ms / 1000);
    begun.tv_nsec += (long)(ms % 1000) * 1000000;
    if (begun.tv_nsec >= 1000000000) begun.tv_sec++, begun.tv_nsec -= 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &begun, NULL);
}

static int32_t key_refused;

/* Acts while the first round runs: cancels or replaces the key. No case does both. */
static void act_on_first_round(struct call *calls, uint64_t count, struct timespec begun) {
    if (get("cancel_after_ms")) {
        sleep_until(begun, number("cancel_after_ms", 0));
        for (uint64_t i = 0; i < count; i++) devcred_call_cancel(calls[i].handle);
    }
    if (get("replace_key_after_ms")) {
        sleep_until(begun, number("replace_key_after_ms", 0));
        key_refused = devcred_client_set_access_key(calls[0].client, get("new_access_key_id"), get("new_access_key_secret"),
                                                    get("new_security_token"), NULL);
    }
}

static void run(devcred_client *client, struct call *calls, uint64_t count, uint64_t rounds, int is_blocking) {
    const char *client_id = get("client_id") ? get("client_id") : "";
    for (uint64_t round = 0; round < rounds; round++) {
        struct timespec begun;
        clock_gettime(CLOCK_MONOTONIC, &begun);
        for (uint64_t i = 0; i < count; i++) {
            struct call *call = &calls[round * count + i];
            call->client = client;
            call->client_id = allocated(malloc(strlen(client_id) + 24));
            if (count > 1) sprintf(call->client_id, "%s-%llu", client_id, (unsigned long long)i);
            else strcpy(call->client_id, client_id);
            start(call, is_blocking, round == 0 && get("cancel_after_ms"));
        }
        if (round == 0) act_on_first_round(calls, count, begun);
        await(&calls[round * count], count, is_blocking);
    }
}

/* --- Results -------------------------------------------------------------------------------------------------------- */

static void put_error(const devcred_error *error) {
    put("outcome", "error");
    put("kind", devcred_status_name(devcred_error_status(error)));
    put("code", devcred_error_code(error));
    put("message", devcred_error_message(error));
    put("client_id", devcred_error_client_id(error));
    put("instance_id", devcred_error_instance_id(error));
    if (devcred_error_http_status(error)) put_number("http_status", devcred_error_http_status(error));
    put("request_id", devcred_error_request_id(error));
    put("retryable", devcred_error_retryable(error) ? "true" : "false");
    put("possibly_billed", devcred_error_possibly_billed(error) ? "true" : "false");
    int64_t retry_after_ms = devcred_error_retry_after_ms(error);
    if (retry_after_ms >= 0) put_number("retry_after_ms", retry_after_ms);
    put_number("attempts", devcred_error_attempts(error));
    put("help_url", devcred_error_help_url(error));
    put("advice", devcred_error_advice(error));
    put("text", devcred_error_text(error));
}

static void put_credential(const devcred_credential *credential) {
    put("outcome", "ok");
    put("client_id", devcred_credential_client_id(credential));
    put("instance_id", devcred_credential_instance_id(credential));
    put("device_access_key_id", devcred_credential_device_access_key_id(credential));
    put("device_access_key_secret", devcred_credential_device_access_key_secret(credential));
    put("request_id", devcred_credential_request_id(credential));
    put_number("create_time_ms", devcred_credential_create_time_ms(credential));
    put_number("update_time_ms", devcred_credential_update_time_ms(credential));
    /* CONNECT's client identifier is the device's client id, so C has no other function for it. */
    put("mqtt_client_id", devcred_credential_client_id(credential));
    put("mqtt_username", devcred_credential_mqtt_username(credential));
    put("mqtt_password", devcred_credential_mqtt_password(credential));
    put("text", devcred_credential_text(credential));
}

/* Restores the credential of a call from its own values, with a hidden secret if the line says so. */
static void restore(struct call *call) {
    bool is_masked = !strcmp(get("restore"), "masked");
    devcred_credential *credential = call->credential;
    call->status = devcred_credential_new(
        devcred_credential_client_id(credential), devcred_credential_instance_id(credential),
        devcred_credential_device_access_key_id(credential),
        is_masked ? "<hidden>" : devcred_credential_device_access_key_secret(credential),
        devcred_credential_create_time_ms(credential), devcred_credential_update_time_ms(credential),
        devcred_credential_request_id(credential), &call->credential, &call->error);
    if (call->credential && !devcred_credential_equals(call->credential, credential)) die("another credential was restored");
    devcred_credential_free(credential);
}

static void put_calls(struct call *calls, uint64_t count) {
    const struct call *reported = NULL;
    uint64_t ok = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (calls[i].status == DEVCRED_OK && get("restore")) restore(&calls[i]);
        if (calls[i].status == DEVCRED_OK) {
            ok++;
            if (strcmp(devcred_credential_client_id(calls[i].credential), calls[i].client_id)) die("another device's credential");
        } else if (!reported) {
            reported = &calls[i];
        }
    }
    if (!reported) reported = &calls[0];
    put_number("ok", (long long)ok);
    put_number("failed", (long long)(count - ok));
    if (reported->status == DEVCRED_CANCELLED) put("outcome", "cancelled");
    else if (reported->error) put_error(reported->error);
    else put_credential(reported->credential);
    if (get("replace_key_after_ms") && key_refused) put("key_refused", devcred_status_name(key_refused));
}

static void on_event(void *argument, int32_t level, const char *message) {
    (void)argument;
    static const char *const names[] = {"off", "error", "warn", "info", "debug", "trace"};
    fprintf(stderr, "devcred %s %s\n", names[level], message);
}

static devcred_options *options_of_line(void) {
    devcred_options *options = allocated(get("from_env") ? devcred_options_from_env() : devcred_options_new());
    devcred_options_set_log(options, DEVCRED_LOG_TRACE, on_event, NULL);
    if (get("access_key_id")) devcred_options_set_access_key(options, get("access_key_id"), get("access_key_secret"), get("security_token"));
    if (get("region")) devcred_options_set_region(options, get("region"));
    if (get("network")) devcred_options_set_network(options, get("network"));
    if (get("endpoint")) devcred_options_set_endpoint(options, get("endpoint"));
    if (get("instance_id")) devcred_options_set_instance_id(options, get("instance_id"));
    if (get("signature")) devcred_options_set_signature(options, get("signature"));
    if (get("timeout_ms")) devcred_options_set_timeout(options, number("timeout_ms", 0));
    if (get("attempt_timeout_ms")) devcred_options_set_attempt_timeout(options, number("attempt_timeout_ms", 0));
    if (get("connect_timeout_ms")) devcred_options_set_connect_timeout(options, number("connect_timeout_ms", 0));
    if (get("max_attempts")) devcred_options_set_max_attempts(options, (uint32_t)number("max_attempts", 0));
    if (get("max_connections")) devcred_options_set_max_connections(options, (uint32_t)number("max_connections", 0));
    if (get("max_connecting")) devcred_options_set_max_connecting(options, (uint32_t)number("max_connecting", 0));
    if (get("max_requests_per_second"))
        devcred_options_set_max_requests_per_second(options, (uint32_t)number("max_requests_per_second", 0));
    if (get("root_certificates_pem")) devcred_options_set_root_certificates_pem(options, get("root_certificates_pem"));
    if (get("proxy")) devcred_options_set_proxy(options, get("proxy"));
    return options;
}

/* It stays open until the next line, so that only the cancellation can end a cancelled call. */
static devcred_client *client;

static void report(int is_blocking) {
    separator = "";
    put("case", get("case"));
    devcred_client_free(client);
    client = NULL;
    devcred_options *options = options_of_line();
    devcred_error *error = NULL;
    devcred_client_new(options, &client, &error);
    devcred_options_free(options);
    if (client) {
        uint64_t count = number("calls", 1), rounds = number("repeat", 1);
        struct call *calls = allocated(calloc(count * rounds, sizeof *calls));
        key_refused = DEVCRED_OK;
        run(client, calls, count, rounds, is_blocking);
        put_calls(calls, count * rounds);
        for (uint64_t i = 0; i < count * rounds; i++) {
            devcred_credential_free(calls[i].credential);
            devcred_error_free(calls[i].error);
            free(calls[i].client_id);
        }
        free(calls);
    } else {
        put_number("ok", 0);
        put_number("failed", 1);
        put_error(error);
        devcred_error_free(error);
    }
    putchar('\n');
    fflush(stdout);
}

int main(int count, char **arguments) {
    if (count != 2 || (strcmp(arguments[1], "blocking") && strcmp(arguments[1], "callback"))) die("usage: probe blocking|callback");
    printf("probe=c&version=%s&kinds=", devcred_version());
    for (int32_t status = 1; devcred_status_name(status) && status < DEVCRED_CANCELLED; status++)
        printf("%s%s", status == 1 ? "" : "%2C", devcred_status_name(status));
    putchar('\n');
    fflush(stdout);
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        parse(line);
        report(!strcmp(arguments[1], "blocking"));
    }
    free(line);
    devcred_client_free(client);
    return 0;
}
