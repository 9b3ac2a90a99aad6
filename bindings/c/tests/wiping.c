/* Keeps an AccessKey and a credential until it reads a line, then frees them; the Rust test
 * searches its memory before and after. It takes the arguments `ENDPOINT KEY_ID CLIENT_ID`, reads
 * the AccessKey secret from stdin and prints the MQTT password, both masked (each byte
 * complemented, in hex), so that only the library has them in memory. */
#include "check.h"

static void await_line(void) {
    int c;
    do c = getchar();
    while (c != '\n' && c != EOF);
}

static void print_and_wait(const char *state) {
    printf("%s\n", state);
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
    devcred_client *client = new_client(service);
    /* volatile: the compiler would drop stores to a dead array. */
    volatile char *erased = secret;
    for (size_t i = 0; i < sizeof secret; i++) erased[i] = 0;

    devcred_credential *credential = NULL;
    CHECK_OK(devcred_get_device_credential(client, arguments[3], NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
    printf("ready: ");
    for (const char *c = devcred_credential_mqtt_password(credential); *c; c++) printf("%02x", (unsigned char)~*c);
    print_and_wait("");
    devcred_credential_free(credential);
    devcred_client_free(client);
    print_and_wait("freed");
    return 0;
}
