/* Fetches the credential of one device, waits for it, and prints what the device needs to connect - but its password.
 *
 *   cc get.c $(pkg-config --cflags --libs devcred) -o get
 *   ./get 'GID_test@@@test'
 *
 * The AccessKey, the region and the instance come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
 * ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_REGION_ID, DEVCRED_INSTANCE_ID. */
#include <devcred.h>

#include <stdio.h>

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: %s CLIENT_ID\n", arguments[0]);
        return 2;
    }
    devcred_client *client = NULL;
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;

    devcred_options *options = devcred_options_from_env();
    int32_t status = devcred_client_new(options, &client, &error);
    devcred_options_free(options);
    if (status == DEVCRED_OK)
        status = devcred_get_device_credential(client, arguments[1], NULL, DEVCRED_CLIENT_TIMEOUT, &credential, &error);

    if (status == DEVCRED_OK) /* devcred_credential_mqtt_password(credential) goes into CONNECT */
        printf("%s\n", devcred_credential_mqtt_username(credential));
    else if (status == DEVCRED_NOT_FOUND)
        fprintf(stderr, "register the device first\n");
    else
        fprintf(stderr, "%s\n", devcred_error_text(error));

    devcred_error_free(error);
    devcred_credential_free(credential);
    devcred_client_free(client);
    return status == DEVCRED_OK ? 0 : 1;
}
