/* Fetches the credentials of several devices at once in a program that has an event loop.
 *
 * The completion callback runs on a thread of the library and must return soon. Therefore it only
 * stores the result and writes a pointer to it into a pipe, which the loop polls together with
 * everything else that it waits for.
 *
 *   cc poll.c $(pkg-config --cflags --libs devcred) -o poll
 *   ./poll 'GID_test@@@one' 'GID_test@@@two'
 */
#define _POSIX_C_SOURCE 200809L
#include <devcred.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One call. The callback uses it until it has written to the pipe, and the loop afterwards. */
struct request {
    const char *client_id;
    int wake;
    int32_t status;
    devcred_credential *credential;
    devcred_error *error;
};

static void on_complete(void *user_data, int32_t status, devcred_credential *credential, devcred_error *error) {
    struct request *request = user_data;
    request->status = status;
    request->credential = credential;
    request->error = error;
    /* Writes of at most PIPE_BUF bytes are atomic. */
    ssize_t written = write(request->wake, &request, sizeof request);
    (void)written;
}

static int finish(struct request *request) {
    if (request->status == DEVCRED_OK)
        printf("%s\n", devcred_credential_mqtt_username(request->credential));
    else
        fprintf(stderr, "%s: %s\n", request->client_id, devcred_error_text(request->error));
    int failed = request->status != DEVCRED_OK;
    devcred_credential_free(request->credential);
    devcred_error_free(request->error);
    free(request);
    return failed;
}

int main(int count, char **arguments) {
    int ends[2];
    if (count < 2 || pipe(ends)) {
        fprintf(stderr, "usage: %s CLIENT_ID...\n", arguments[0]);
        return 2;
    }
    devcred_client *client = NULL;
    devcred_error *error = NULL;
    devcred_options *options = devcred_options_from_env();
    int32_t status = devcred_client_new(options, &client, &error);
    devcred_options_free(options);

    int running = 0, failed = 0;
    for (int i = 1; status == DEVCRED_OK && i < count; i++) {
        struct request *request = calloc(1, sizeof *request);
        if (!request) break;
        request->client_id = arguments[i];
        request->wake = ends[1];
        status = devcred_get_device_credential_start(client, request->client_id, NULL, DEVCRED_CLIENT_TIMEOUT, on_complete,
                                                     request, NULL, &error);
        if (status == DEVCRED_OK) running++;
        else free(request);
    }

    /* A real event loop polls its sockets here too. */
    struct pollfd polled = {ends[0], POLLIN, 0};
    while (running > 0 && poll(&polled, 1, -1) > 0) {
        struct request *request;
        if (read(ends[0], &request, sizeof request) == (ssize_t)sizeof request) {
            failed += finish(request);
            running--;
        }
    }

    if (error) fprintf(stderr, "%s\n", devcred_error_text(error));
    devcred_error_free(error);
    devcred_client_free(client);
    return failed || status != DEVCRED_OK ? 1 : 0;
}
