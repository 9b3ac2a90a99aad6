/* Fetches the credential of a device and prints the MQTT user name.
 *
 * The AccessKey, the region and the instance come from the environment, as docs/reference.md
 * describes. */
#include <devcred.h>
#include <stdio.h>

int main(int count, char **arguments) {
    devcred_client *client = NULL;
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    devcred_options *options = devcred_options_from_env();
    int32_t status = devcred_client_new(options, &client, &error);
    devcred_options_free(options);
    if (status == DEVCRED_OK)
        status = devcred_get_device_credential(client, count > 1 ? arguments[1] : "", NULL,
                                               DEVCRED_CLIENT_TIMEOUT, &credential, &error);
    if (status == DEVCRED_OK) /* devcred_credential_mqtt_password() returns the password */
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
