/* Calls every function with NULL for each pointer and with invalid UTF-8 for each text: the
 * function reports it, or does nothing. A Rust test checks that this file calls every function of
 * the header. */
#include "check.h"

#include <stdint.h>

#define NOT_UTF8 "\xff\xfe"
/* A value that is not NULL, which the function must overwrite with NULL. */
#define UNTOUCHED(type) ((type *)(void *)&untouched)

static char untouched;
static struct service service;

typedef devcred_status (*set_text)(devcred_options *, const char *);
static const struct {
    const char *name;
    set_text set;
} texts[] = {
    {"region", devcred_options_set_region},
    {"network", devcred_options_set_network},
    {"endpoint", devcred_options_set_endpoint},
    {"instance_id", devcred_options_set_instance_id},
    {"signature", devcred_options_set_signature},
    {"root_certificates_pem", devcred_options_set_root_certificates_pem},
    {"proxy", devcred_options_set_proxy},
};

/* Checks that no client can be opened with these options, and why; then frees them. */
static void check_client_refused(devcred_options *options, const char *why) {
    devcred_client *client = UNTOUCHED(devcred_client);
    devcred_error *error = UNTOUCHED(devcred_error);
    CHECK_REFUSED(devcred_client_new(options, &client, &error), error, why);
    CHECK(!client);
    client = UNTOUCHED(devcred_client);
    CHECK(devcred_client_new(options, &client, NULL) == DEVCRED_INVALID_PARAMETER);
    CHECK(!client);
    devcred_options_free(options);
}

static void check_text_setters(void) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char why[80];
        CHECK(texts[i].set(NULL, "text") == DEVCRED_INVALID_PARAMETER);
        CHECK(texts[i].set(NULL, NULL) == DEVCRED_INVALID_PARAMETER);
        devcred_options *options = new_options(service);
        CHECK(texts[i].set(options, NULL) == DEVCRED_INVALID_PARAMETER);
        /* The client reports the first error only. */
        CHECK(texts[i].set(options, NOT_UTF8) == DEVCRED_INVALID_PARAMETER);
        snprintf(why, sizeof why, "%s is NULL", texts[i].name);
        check_client_refused(options, why);
        options = new_options(service);
        CHECK(texts[i].set(options, NOT_UTF8) == DEVCRED_INVALID_PARAMETER);
        snprintf(why, sizeof why, "%s is not UTF-8", texts[i].name);
        check_client_refused(options, why);
    }
}

static void check_access_key(const char *id, const char *secret, const char *token, const char *why) {
    devcred_options *options = new_options(service);
    CHECK(devcred_options_set_access_key(options, id, secret, token) == DEVCRED_INVALID_PARAMETER);
    check_client_refused(options, why);
}

static void on_event(void *user_data, int32_t level, const char *message) {
    (void)user_data, (void)level, (void)message;
}

static void check_other_setters(void) {
    CHECK(devcred_options_set_access_key(NULL, "id", "secret", NULL) == DEVCRED_INVALID_PARAMETER);
    check_access_key(NULL, "secret", NULL, "access_key_id is NULL");
    check_access_key("id", NULL, NULL, "access_key_secret is NULL");
    check_access_key(NOT_UTF8, "secret", NULL, "access_key_id is not UTF-8");
    check_access_key("id", NOT_UTF8, NULL, "access_key_secret is not UTF-8");
    check_access_key("id", "secret", NOT_UTF8, "security_token is not UTF-8");

    CHECK(devcred_options_set_timeout(NULL, 1) == DEVCRED_INVALID_PARAMETER);
    CHECK(devcred_options_set_attempt_timeout(NULL, 1) == DEVCRED_INVALID_PARAMETER);
    CHECK(devcred_options_set_connect_timeout(NULL, 1) == DEVCRED_INVALID_PARAMETER);
    CHECK(devcred_options_set_max_attempts(NULL, 1) == DEVCRED_INVALID_PARAMETER);
    CHECK(devcred_options_set_max_connections(NULL, 1) == DEVCRED_INVALID_PARAMETER);
    CHECK(devcred_options_set_max_connecting(NULL, 1) == DEVCRED_INVALID_PARAMETER);
    CHECK(devcred_options_set_max_requests_per_second(NULL, 1) == DEVCRED_INVALID_PARAMETER);

    CHECK(devcred_options_set_log(NULL, DEVCRED_LOG_TRACE, on_event, NULL) == DEVCRED_INVALID_PARAMETER);
    static const int32_t invalid_levels[] = {0, 6, -1, INT32_MIN, INT32_MAX};
    for (int i = 0; i < 5; i++) {
        devcred_options *options = new_options(service);
        CHECK(devcred_options_set_log(options, invalid_levels[i], on_event, NULL) == DEVCRED_INVALID_PARAMETER);
        check_client_refused(options, "level must be DEVCRED_LOG_ERROR to DEVCRED_LOG_TRACE");
    }
    devcred_options *options = new_options(service);
    CHECK_OK(devcred_options_set_log(options, DEVCRED_LOG_TRACE, on_event, NULL));
    CHECK_OK(devcred_options_set_log(options, 0, NULL, NULL));
    devcred_options_free(options);
}

/* A setter accepts any text; opening the client checks the value. */
static void check_values(void) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        devcred_options *options = new_options(service);
        /* A client with an endpoint ignores the region. */
        if (texts[i].set == devcred_options_set_region) {
            devcred_options_free(options);
            options = devcred_options_new();
            CHECK_OK(devcred_options_set_access_key(options, service.key_id, service.key_secret, NULL));
        }
        devcred_client *client = UNTOUCHED(devcred_client);
        devcred_error *error = NULL;
        CHECK_OK(texts[i].set(options, "\t"));
        CHECK(devcred_client_new(options, &client, &error) == DEVCRED_INVALID_PARAMETER);
        CHECK(!client && devcred_error_attempts(error) == 0 && !devcred_error_retryable(error));
        devcred_error_free(error);
        devcred_options_free(options);
    }
}

static void check_client(devcred_client *client) {
    devcred_options *options = new_options(service);
    devcred_client *none = UNTOUCHED(devcred_client);
    devcred_error *error = NULL;
    CHECK_REFUSED(devcred_client_new(NULL, &none, &error), error, "options is NULL");
    CHECK(!none);
    CHECK_REFUSED(devcred_client_new(options, NULL, &error), error, "client is NULL");
    CHECK(devcred_client_new(NULL, NULL, NULL) == DEVCRED_INVALID_PARAMETER);
    devcred_options_free(options);

    /* The environment contains no options. */
    options = devcred_options_from_env();
    CHECK(devcred_client_new(options, &none, &error) == DEVCRED_INVALID_PARAMETER);
    CHECK(!none && strstr(devcred_error_message(error), "ALIBABA_CLOUD_ACCESS_KEY_ID"));
    devcred_error_free(error);
    devcred_options_free(options);

    const char *id = service.key_id, *secret = service.key_secret;
    CHECK_REFUSED(devcred_client_set_access_key(NULL, id, secret, NULL, &error), error, "client is NULL");
    CHECK_REFUSED(devcred_client_set_access_key(client, NULL, secret, NULL, &error), error, "access_key_id is NULL");
    CHECK_REFUSED(devcred_client_set_access_key(client, id, NULL, NULL, &error), error, "access_key_secret is NULL");
    CHECK_REFUSED(devcred_client_set_access_key(client, NOT_UTF8, secret, NULL, &error), error, "access_key_id is not UTF-8");
    CHECK_REFUSED(devcred_client_set_access_key(client, id, NOT_UTF8, NULL, &error), error, "access_key_secret is not UTF-8");
    CHECK_REFUSED(devcred_client_set_access_key(client, id, secret, NOT_UTF8, &error), error, "security_token is not UTF-8");
    CHECK(devcred_client_set_access_key(NULL, NULL, NULL, NULL, NULL) == DEVCRED_INVALID_PARAMETER);
    CHECK_OK(devcred_client_set_access_key(client, id, secret, NULL, NULL));
}

/* Invalid arguments, for the blocking and the started call. */
static const struct {
    const char *client_id, *instance_id, *why;
} invalid_texts[] = {
    {NULL, NULL, "client_id is NULL"},
    {NOT_UTF8, NULL, "client_id is not UTF-8"},
    {"GID_a@@@b", NOT_UTF8, "instance_id is not UTF-8"},
};
static const int64_t invalid_timeouts[] = {0, -2, INT64_MIN, 86400001, INT64_MAX};

typedef devcred_status (*blocking_function)(const devcred_client *, const char *, const char *, int64_t, devcred_credential **,
                                            devcred_error **);
typedef devcred_status (*start_function)(const devcred_client *, const char *, const char *, int64_t, devcred_completion, void *,
                                         devcred_call **, devcred_error **);

static void check_blocking_call(devcred_client *client, blocking_function call) {
    devcred_error *error = NULL;
    devcred_credential *credential = UNTOUCHED(devcred_credential);
    CHECK_REFUSED(call(NULL, "GID_a@@@b", NULL, -1, &credential, &error), error, "client is NULL");
    CHECK(!credential);
    CHECK_REFUSED(call(client, "GID_a@@@b", NULL, -1, NULL, &error), error, "credential is NULL");
    for (int i = 0; i < 3; i++) {
        credential = UNTOUCHED(devcred_credential);
        CHECK_REFUSED(call(client, invalid_texts[i].client_id, invalid_texts[i].instance_id, -1,
                                                    &credential, &error),
                      error, invalid_texts[i].why);
        CHECK(!credential);
    }
    for (int i = 0; i < 5; i++) {
        credential = UNTOUCHED(devcred_credential);
        CHECK(call(client, "GID_a@@@b", NULL, invalid_timeouts[i], &credential, NULL) ==
              DEVCRED_INVALID_PARAMETER);
        CHECK(!credential);
    }
    CHECK(call(NULL, NULL, NULL, 0, NULL, NULL) == DEVCRED_INVALID_PARAMETER);
}

static void on_unexpected_complete(void *user_data, devcred_status status, devcred_credential *credential, devcred_error *error) {
    (void)user_data, (void)status, (void)credential, (void)error;
    CHECK(!"a refused call must not complete");
}

static void check_started_call(devcred_client *client, start_function start) {
    devcred_error *error = NULL;
    devcred_call *call = UNTOUCHED(devcred_call);
    CHECK_REFUSED(start(NULL, "GID_a@@@b", NULL, -1, on_unexpected_complete, NULL, &call, &error), error,
                  "client is NULL");
    CHECK(!call);
    CHECK_REFUSED(start(client, "GID_a@@@b", NULL, -1, NULL, NULL, NULL, &error), error,
                  "completion and call are both NULL; one of them must receive the outcome");
    for (int i = 0; i < 3; i++) {
        call = UNTOUCHED(devcred_call);
        CHECK_REFUSED(start(client, invalid_texts[i].client_id, invalid_texts[i].instance_id, -1,
                                                          i % 2 ? NULL : on_unexpected_complete, NULL, &call, &error),
                      error, invalid_texts[i].why);
        CHECK(!call);
    }
    /* The core checks the timeout after the call has started, so its error is the outcome. */
    for (int i = 0; i < 5; i++) {
        devcred_credential *credential = UNTOUCHED(devcred_credential);
        CHECK_OK(start(client, "GID_a@@@b", NULL, invalid_timeouts[i], NULL, NULL, &call, NULL));
        CHECK(devcred_call_wait(call, &credential, NULL) == DEVCRED_INVALID_PARAMETER);
        CHECK(!credential);
        devcred_call_free(call);
    }
    CHECK(start(NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL) == DEVCRED_INVALID_PARAMETER);
    struct outcome outcome = {0};
    CHECK_OK(start(client, "GID_a@@@b", NULL, -1, on_complete, &outcome, NULL, NULL));
    await(&outcome);
    CHECK_OK(outcome.status);
    devcred_credential_free(outcome.credential);
}

static void check_wait_and_cancel(devcred_client *client) {
    devcred_error *error = NULL;
    devcred_credential *credential = UNTOUCHED(devcred_credential);
    devcred_call *call = NULL;
    CHECK_REFUSED(devcred_call_wait(NULL, &credential, &error), error, "call is NULL");
    CHECK(!credential);
    CHECK(devcred_call_wait(NULL, NULL, NULL) == DEVCRED_INVALID_PARAMETER);
    CHECK(devcred_call_cancel(NULL) == DEVCRED_INVALID_PARAMETER);
    CHECK_OK(devcred_get_device_credential_start(client, "GID_a@@@b", NULL, -1, NULL, NULL, &call, NULL));
    /* The refused wait has not taken the outcome. */
    CHECK_REFUSED(devcred_call_wait(call, NULL, &error), error, "credential is NULL");
    CHECK_OK(devcred_call_wait(call, &credential, NULL));
    CHECK_TEXT(devcred_credential_client_id(credential), "GID_a@@@b");
    devcred_credential_free(credential);
    devcred_call_free(call);
}

static void check_new_credential(void) {
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    CHECK_OK(devcred_credential_new("GID_a@@@b", "post-cn-test", "DC.id", "s3cr3t", 1, 2, NULL, &credential, NULL));
    CHECK_TEXT(devcred_credential_mqtt_username(credential), "DeviceCredential|DC.id|post-cn-test");
    CHECK_TEXT(devcred_credential_request_id(credential), "");
    devcred_credential *other = NULL;
    CHECK_OK(devcred_credential_new("GID_a@@@b", "post-cn-test", "DC.id", "s3cr3t", 1, 2, "id", &other, NULL));
    CHECK(devcred_credential_equals(credential, other));
    CHECK(!devcred_credential_equals(credential, NULL) && !devcred_credential_equals(NULL, other));
    devcred_credential_free(other);
    CHECK_OK(devcred_credential_new("GID_a@@@b", "post-cn-test", "DC.id", "other", 1, 2, NULL, &other, NULL));
    CHECK(!devcred_credential_equals(credential, other));
    devcred_credential_free(other);
    devcred_credential_free(credential);

    CHECK(devcred_credential_new("a", "b", "c", "d", 1, 2, NULL, NULL, NULL) == DEVCRED_INVALID_PARAMETER);
    CHECK_REFUSED(devcred_credential_new(NULL, "b", "c", "d", 1, 2, NULL, &credential, &error), error, "client_id is NULL");
    CHECK(!credential);
    CHECK_REFUSED(devcred_credential_new("a", "b", "c", "\xff", 1, 2, NULL, &credential, &error), error,
                  "device_access_key_secret is not UTF-8");
    CHECK_REFUSED(devcred_credential_new("a", "b", "c", "d", -1, 2, NULL, &credential, &error), error,
                  "create_time_ms must be milliseconds from 1970 to the year 9999");
}

static void check_getters(void) {
    CHECK(!devcred_credential_client_id(NULL) && !devcred_credential_instance_id(NULL));
    CHECK(!devcred_credential_device_access_key_id(NULL) && !devcred_credential_device_access_key_secret(NULL));
    CHECK(!devcred_credential_create_time_ms(NULL) && !devcred_credential_update_time_ms(NULL));
    CHECK(!devcred_credential_request_id(NULL) && !devcred_credential_text(NULL));
    CHECK(!devcred_credential_mqtt_username(NULL) && !devcred_credential_mqtt_password(NULL));
    CHECK(devcred_error_status(NULL) == DEVCRED_INTERNAL);
    CHECK(!devcred_error_text(NULL) && !devcred_error_message(NULL) && !devcred_error_code(NULL));
    CHECK(!devcred_error_http_status(NULL) && !devcred_error_request_id(NULL) && !devcred_error_retryable(NULL));
    CHECK(!devcred_error_client_id(NULL) && !devcred_error_instance_id(NULL));
    CHECK(!devcred_error_possibly_billed(NULL) && devcred_error_retry_after_ms(NULL) == -1);
    CHECK(!devcred_error_attempts(NULL) && !devcred_error_help_url(NULL) && !devcred_error_advice(NULL));

    CHECK(devcred_abi_version() == DEVCRED_ABI_VERSION && *devcred_version());
    static const int32_t invalid_statuses[] = {-1, 13, 99, 101, INT32_MIN, INT32_MAX};
    for (int i = 0; i < 6; i++) CHECK(!devcred_status_name(invalid_statuses[i]));
    CHECK_TEXT(devcred_status_name(DEVCRED_OK), "Ok");
    CHECK_TEXT(devcred_status_name(DEVCRED_CANCELLED), "Cancelled");
}

static void check_free_functions(void) {
    devcred_options_free(devcred_options_new());
    devcred_options_free(NULL);
    devcred_client_free(NULL);
    CHECK(devcred_client_close(NULL) == DEVCRED_INVALID_PARAMETER);
    devcred_call_free(NULL);
    devcred_credential_free(NULL);
    devcred_error_free(NULL);
}

int main(int count, char **arguments) {
    service = parse_service(count, arguments);
    devcred_client *client = new_client(service);
    check_text_setters();
    check_other_setters();
    check_values();
    check_client(client);
    check_blocking_call(client, devcred_get_device_credential);
    check_blocking_call(client, devcred_register_device_credential);
    check_started_call(client, devcred_get_device_credential_start);
    check_started_call(client, devcred_register_device_credential_start);
    check_wait_and_cancel(client);
    check_getters();
    check_new_credential();
    check_free_functions();

    devcred_credential *credential = NULL;
    CHECK_OK(devcred_get_device_credential(client, "GID_a@@@b", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
    devcred_credential_free(credential);
    devcred_client_free(client);
    return 0;
}
