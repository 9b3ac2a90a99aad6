/* The C program of `cargo xtask soak`; tests/soak/src/main.rs documents the protocol. */
#define _POSIX_C_SOURCE 200809L
#include <devcred.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than the number of concurrent calls, and few enough that the memory of the handles is soon
 * constant. A handle is freed when its slot is reused, so that only this thread uses it. */
#define SLOTS 8192

static devcred_call *calls[SLOTS];

static void check(int32_t status, devcred_error *error) {
    if (status == DEVCRED_OK) return;
    fprintf(stderr, "soak: %s\n", error ? devcred_error_text(error) : devcred_status_name(status));
    exit(1);
}

/* Without stdio: if the process exits while a thread of the library runs this function, the buffer
 * of stdout could be written twice. */
static void on_complete(void *number, int32_t status, devcred_credential *credential, devcred_error *error) {
    uintptr_t n = (uintptr_t)number;
    char line[512];
    int length;
    if (status == DEVCRED_OK)
        length = snprintf(line, sizeof line, "%" PRIuPTR " ok %s %s %s\n", n, devcred_credential_client_id(credential),
                          devcred_credential_mqtt_username(credential), devcred_credential_mqtt_password(credential));
    else if (status == DEVCRED_CANCELLED)
        length = snprintf(line, sizeof line, "%" PRIuPTR " cancelled\n", n);
    else
        length = snprintf(line, sizeof line, "%" PRIuPTR " error %s\n", n, devcred_status_name(status));
    if (length < 0 || (size_t)length >= sizeof line || write(STDOUT_FILENO, line, (size_t)length) != length) exit(1);
    devcred_credential_free(credential);
    devcred_error_free(error);
}

int main(int count, char **arguments) {
    if (count != 7) return 2;
    devcred_error *error = NULL;
    devcred_client *client = NULL;
    devcred_options *options = devcred_options_new();
    devcred_options_set_endpoint(options, arguments[1]);
    devcred_options_set_access_key(options, arguments[2], arguments[3], NULL);
    devcred_options_set_instance_id(options, arguments[4]);
    devcred_options_set_timeout(options, strtoull(arguments[5], NULL, 10));
    devcred_options_set_attempt_timeout(options, strtoull(arguments[6], NULL, 10));
    devcred_options_set_max_requests_per_second(options, 1000000);
    check(devcred_client_new(options, &client, &error), error);
    devcred_options_free(options);

    char line[256], verb[8], client_id[128];
    uintptr_t number;
    while (fgets(line, sizeof line, stdin)) {
        int read = sscanf(line, "%7s %" SCNuPTR " %127s", verb, &number, client_id);
        devcred_call **call = &calls[number % SLOTS];
        if (read == 3 && strcmp(verb, "start") == 0) {
            devcred_call_free(*call);
            int32_t status = devcred_get_device_credential_start(client, client_id, NULL, DEVCRED_CLIENT_TIMEOUT, on_complete,
                                                                 (void *)number, call, &error);
            check(status, error);
        } else if (read == 2 && strcmp(verb, "cancel") == 0) {
            check(devcred_call_cancel(*call), NULL);
        } else {
            return 2;
        }
    }
    for (size_t i = 0; i < SLOTS; i++) devcred_call_free(calls[i]);
    devcred_client_free(client);
    return 0;
}
