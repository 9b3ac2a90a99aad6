/* Prints every property of an error, one a line, for the Rust test to compare. The arguments after
 * the service are the ClientId and the number of attempts. */
#include "check.h"

static void print(const char *name, const char *value) {
    if (value) printf("%s=%s\n", name, value);
}

int main(int count, char **arguments) {
    struct service service = parse_service(count, arguments);
    CHECK(count == 6);
    devcred_options *options = new_options(service);
    CHECK_OK(devcred_options_set_max_attempts(options, (uint32_t)atoi(arguments[5])));
    devcred_client *client = NULL;
    CHECK_OK(devcred_client_new(options, &client, NULL));
    devcred_options_free(options);

    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    devcred_status status =
        devcred_get_device_credential(client, arguments[4], NULL, DEVCRED_CLIENT_TIMEOUT, &credential, &error);
    /* The error must outlive its client. */
    devcred_client_free(client);
    CHECK(status != DEVCRED_OK && !credential && error && devcred_error_status(error) == status);
    print("status", devcred_status_name(status));
    print("message", devcred_error_message(error));
    print("code", devcred_error_code(error));
    print("client_id", devcred_error_client_id(error));
    print("instance_id", devcred_error_instance_id(error));
    printf("http_status=%d\n", (int)devcred_error_http_status(error));
    print("request_id", devcred_error_request_id(error));
    printf("retryable=%s\n", devcred_error_retryable(error) ? "true" : "false");
    printf("possibly_billed=%s\n", devcred_error_possibly_billed(error) ? "true" : "false");
    printf("retry_after_ms=%ld\n", (long)devcred_error_retry_after_ms(error));
    printf("attempts=%u\n", (unsigned)devcred_error_attempts(error));
    print("help_url", devcred_error_help_url(error));
    print("advice", devcred_error_advice(error));
    print("text", devcred_error_text(error));
    devcred_error_free(error);
    return 0;
}
