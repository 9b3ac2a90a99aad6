/* A plug-in that is unloaded: it closes its client and immediately frees the data of its callbacks.
 * A later callback would use freed memory, which the sanitizers and valgrind report. The argument
 * after the service is the number of rounds. */
#include "check.h"

enum { HANGING = 5, QUICK = 5 };

static struct service service;

/* The data of the plug-in's callbacks. */
struct plugin {
    pthread_mutex_t lock;
    devcred_client *client;
    int events, completed, closed, active;
};

static void enter_callback(struct plugin *plugin) {
    pthread_mutex_lock(&plugin->lock);
    plugin->active++;
    pthread_mutex_unlock(&plugin->lock);
    /* Enough time for a close that does not wait for this callback to return too early. */
    sleep_ms(2);
}

static void leave_callback(struct plugin *plugin, int *count) {
    pthread_mutex_lock(&plugin->lock);
    ++*count;
    plugin->active--;
    pthread_mutex_unlock(&plugin->lock);
}

static void on_event(void *user_data, int32_t level, const char *message) {
    struct plugin *plugin = user_data;
    enter_callback(plugin);
    CHECK(level >= DEVCRED_LOG_ERROR && *message);
    leave_callback(plugin, &plugin->events);
}

static void on_completion(void *user_data, devcred_status status, devcred_credential *credential, devcred_error *error) {
    struct plugin *plugin = user_data;
    enter_callback(plugin);
    CHECK(status == (credential ? DEVCRED_OK : DEVCRED_INVALID_PARAMETER));
    if (error) {
        const char *why = "the client was closed during the call; a request that was already sent may have been billed";
        CHECK(!strcmp(devcred_error_message(error), why) || !strcmp(devcred_error_message(error), "the client is closed"));
        plugin->closed++;
    }
    devcred_credential_free(credential);
    devcred_error_free(error);
    leave_callback(plugin, &plugin->completed);
}

static void start(struct plugin *plugin, const char *client_id) {
    CHECK_OK(devcred_get_device_credential_start(plugin->client, client_id, NULL, DEVCRED_CLIENT_TIMEOUT, on_completion, plugin,
                                                 NULL, NULL));
}

static void *close_client(void *argument) {
    CHECK_OK(devcred_client_close(argument));
    return NULL;
}

static void load_and_unload(int round) {
    struct plugin *plugin = calloc(1, sizeof *plugin);
    CHECK(plugin && !pthread_mutex_init(&plugin->lock, NULL));
    devcred_options *options = new_options(service);
    CHECK_OK(devcred_options_set_log(options, DEVCRED_LOG_TRACE, on_event, plugin));
    CHECK_OK(devcred_client_new(options, &plugin->client, NULL));
    devcred_options_free(options);
    for (int i = 0; i < HANGING; i++) start(plugin, "GID_p@@@fault-hang");
    for (int i = 0; i < QUICK; i++) {
        /* Each call fails once, so that there are log events. Each has its own device, because the
         * emulator counts failures by device. */
        char client_id[40];
        snprintf(client_id, sizeof client_id, "GID_p%d-%d@@@fault-InternalError-1", round, i);
        start(plugin, client_id);
    }
    sleep_ms(round * 5);
    /* A second thread closes it at the same time: both must wait. */
    pthread_t thread;
    CHECK(!pthread_create(&thread, NULL, close_client, plugin->client));
    CHECK_OK(devcred_client_close(plugin->client));
    CHECK(plugin->active == 0 && plugin->completed == HANGING + QUICK && plugin->closed >= HANGING);
    pthread_join(thread, NULL);
    CHECK_OK(devcred_client_close(plugin->client));
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    CHECK_REFUSED(devcred_get_device_credential(plugin->client, "GID_p@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, &error),
                  error, "the client is closed");
    devcred_client_free(plugin->client);
    pthread_mutex_destroy(&plugin->lock);
    memset(plugin, 0xff, sizeof *plugin);
    free(plugin);
}

/* --- Inside a callback: closing would wait for that callback ---------------------------------- */

static devcred_client *client;

static void close_inside(void *user_data, devcred_status status, devcred_credential *credential, devcred_error *error) {
    CHECK(devcred_client_close(client) == DEVCRED_INVALID_PARAMETER);
    on_complete(user_data, status, credential, error);
}

static void check_close_in_a_callback_is_refused(void) {
    client = new_client(service);
    for (int i = 0; i < 2; i++) {
        struct outcome outcome = {0};
        CHECK_OK(devcred_get_device_credential_start(client, "GID_p@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, close_inside, &outcome,
                                                     NULL, NULL));
        await(&outcome);
        CHECK_OK(outcome.status);
        devcred_credential_free(outcome.credential);
    }
    CHECK_OK(devcred_client_close(client));
    devcred_client_free(client);
}

int main(int count, char **arguments) {
    service = parse_service(count, arguments);
    CHECK(count == 5);
    for (int round = 0; round < atoi(arguments[4]); round++) load_and_unload(round);
    check_close_in_a_callback_is_refused();
    return 0;
}
