/* A panic inside the library is reported as an error of that call, and the next call works. The
 * library is a debug build, in which PANIC_CLIENT_ID makes the core panic. */
#include "check.h"

#define PANIC_CLIENT_ID "GID_test@@@panic"

static void check_panicked(devcred_status status, devcred_credential *credential, devcred_error *error) {
    CHECK(status == DEVCRED_INTERNAL && !credential);
    CHECK(devcred_error_status(error) == DEVCRED_INTERNAL);
    CHECK_TEXT(devcred_error_message(error), "internal error in devcred");
    devcred_error_free(error);
}

int main(int count, char **arguments) {
    devcred_client *client = new_client(parse_service(count, arguments));
    for (int i = 0; i < 4; i++) {
        devcred_credential *credential = NULL;
        devcred_error *error = NULL;
        devcred_status status = devcred_get_device_credential(client, PANIC_CLIENT_ID, NULL, DEVCRED_CLIENT_TIMEOUT, &credential, &error);
        check_panicked(status, credential, error);
        CHECK_OK(devcred_get_device_credential(client, "GID_a@@@b", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
        devcred_credential_free(credential);

        struct outcome panicked = {0}, succeeded = {0};
        CHECK_OK(devcred_get_device_credential_start(client, PANIC_CLIENT_ID, NULL, DEVCRED_CLIENT_TIMEOUT, on_complete, &panicked, NULL, NULL));
        CHECK_OK(devcred_get_device_credential_start(client, "GID_a@@@b", NULL, DEVCRED_CLIENT_TIMEOUT, on_complete, &succeeded, NULL, NULL));
        await(&panicked);
        await(&succeeded);
        check_panicked(panicked.status, panicked.credential, panicked.error);
        CHECK_OK(succeeded.status);
        devcred_credential_free(succeeded.credential);
    }
    devcred_client_free(client);
    return 0;
}
