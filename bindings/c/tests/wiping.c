/* Holds an AccessKey and a credential, prints so, and frees them when it reads a line; the Rust test searches its memory
 * meanwhile. It gets `ENDPOINT KEY_ID DEVICE` as its arguments, and the key's secret by stdin, masked, so that nothing but the
 * library has it in memory: each byte complemented, in hex. So it prints the MQTT password. */
#include "check.h"

static void await_line(void) {
    int c;
    do c = getchar();
    while (c != '\n' && c != EOF);
}

static void pause_after(const char *what) {
    printf("%s\n", what);
    fflush(stdout);
    await_line();
}

int main(int count, char **arguments) {
    CHECK(count == 4);
    char secret[256];
    size_t length = 0;
    unsigned byte;
    while (length < sizeof secret - 1 && scanf("%2x", &byte) == 1) {
        secret[length++] = (char)~byte;
        int next = getchar();
        if (next == '\n') break;
        ungetc(next, stdin);
    }
    secret[length] = '\0';

    struct service service = {arguments[1], arguments[2], secret};
    devcred_client *client = client_of(service);
    volatile char *own = secret;
    for (size_t i = 0; i < sizeof secret; i++) own[i] = 0;

    devcred_credential *credential = NULL;
    CHECK_OK(devcred_get_device_credential(client, arguments[3], NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
    printf("held: ");
    for (const char *c = devcred_credential_mqtt_password(credential); *c; c++) printf("%02x", (unsigned char)~*c);
    pause_after("");
    devcred_credential_free(credential);
    devcred_client_free(client);
    pause_after("freed");
    return 0;
}
