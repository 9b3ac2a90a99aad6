/* A panic inside the library is an error of the call that met it, and the next call works. The library is a
 * debug build, in which this device makes the core panic. */
#include "check.h"

#define PANICS "GID_test@@@panic"

static void check_panicked(devcred_status status, devcred_credential *credential, devcred_error *error) {
    CHECK(status == DEVCRED_INTERNAL && !credential);
    CHECK(devcred_error_status(error) == DEVCRED_INTERNAL);
    CHECK_TEXT(devcred_error_message(error), "internal error in devcred");
    devcred_error_free(error);
}

int main(int count, char **arguments) {
    devcred_client *client = client_of(service_of(count, arguments));
    for (int i = 0; i < 4; i++) {
        devcred_credential *credential = NULL;
        devcred_error *error = NULL;
        devcred_status status = devcred_get_device_credential(client, PANICS, NULL, DEVCRED_CLIENT_TIMEOUT, &credential, &error);
        check_panicked(status, credential, error);
        CHECK_OK(devcred_get_device_credential(client, "GID_a@@@b", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
        devcred_credential_free(credential);

        struct outcome panicked = {0}, worked = {0};
        CHECK_OK(devcred_get_device_credential_start(client, PANICS, NULL, DEVCRED_CLIENT_TIMEOUT, tell, &panicked, NULL, NULL));
        CHECK_OK(devcred_get_device_credential_start(client, "GID_a@@@b", NULL, DEVCRED_CLIENT_TIMEOUT, tell, &worked, NULL, NULL));
        await(&panicked);
        await(&worked);
        check_panicked(panicked.status, panicked.credential, panicked.error);
        CHECK_OK(worked.status);
        devcred_credential_free(worked.credential);
    }
    devcred_client_free(client);
    return 0;
}
