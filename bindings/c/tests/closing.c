/* A plug-in that is unloaded: it closes its client, and frees at once what its callbacks use. A callback that came later would use
 * freed memory, which the sanitizers and valgrind report. After the service: how often. */
#include "check.h"

enum { HANGING = 5, QUICK = 5 };

static struct service service;

/* What the callbacks of the plug-in use. */
struct plugin {
    pthread_mutex_t lock;
    devcred_client *client;
    int events, completed, closed, inside;
};

static void enter(struct plugin *plugin) {
    pthread_mutex_lock(&plugin->lock);
    plugin->inside++;
    pthread_mutex_unlock(&plugin->lock);
    /* As long as the closing thread may need to return too early. */
    sleep_ms(2);
}

static void leave(struct plugin *plugin, int *count) {
    pthread_mutex_lock(&plugin->lock);
    ++*count;
    plugin->inside--;
    pthread_mutex_unlock(&plugin->lock);
}

static void on_event(void *user_data, int32_t level, const char *message) {
    struct plugin *plugin = user_data;
    enter(plugin);
    CHECK(level >= DEVCRED_LOG_ERROR && *message);
    leave(plugin, &plugin->events);
}

static void on_completion(void *user_data, devcred_status status, devcred_credential *credential, devcred_error *error) {
    struct plugin *plugin = user_data;
    enter(plugin);
    CHECK(status == (credential ? DEVCRED_OK : DEVCRED_INVALID_PARAMETER));
    if (error) {
        const char *why = "the client was closed during the call; a request that was already sent may have been billed";
        CHECK(!strcmp(devcred_error_message(error), why) || !strcmp(devcred_error_message(error), "the client is closed"));
        plugin->closed++;
    }
    devcred_credential_free(credential);
    devcred_error_free(error);
    leave(plugin, &plugin->completed);
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
    devcred_options *options = options_of(service);
    CHECK_OK(devcred_options_set_log(options, DEVCRED_LOG_TRACE, on_event, plugin));
    CHECK_OK(devcred_client_new(options, &plugin->client, NULL));
    devcred_options_free(options);
    for (int i = 0; i < HANGING; i++) start(plugin, "GID_p@@@fault-hang");
    for (int i = 0; i < QUICK; i++) {
        /* Each fails once, so that there are log events; of one device, another call would take the success. */
        char client_id[40];
        snprintf(client_id, sizeof client_id, "GID_p%d-%d@@@fault-InternalError-1", round, i);
        start(plugin, client_id);
    }
    sleep_ms(round * 5);
    /* Another thread closes it too: both wait. */
    pthread_t thread;
    CHECK(!pthread_create(&thread, NULL, close_client, plugin->client));
    CHECK_OK(devcred_client_close(plugin->client));
    CHECK(plugin->inside == 0 && plugin->completed == HANGING + QUICK && plugin->closed >= HANGING);
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

/* --- Inside a callback, which closing would wait for ----------------------------------------------------------------------- */

static devcred_client *client;

static void close_inside(void *user_data, devcred_status status, devcred_credential *credential, devcred_error *error) {
    CHECK(devcred_client_close(client) == DEVCRED_INVALID_PARAMETER);
    tell(user_data, status, credential, error);
}

static void check_that_a_callback_cannot_close(void) {
    client = client_of(service);
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
    service = service_of(count, arguments);
    CHECK(count == 5);
    for (int round = 0; round < atoi(arguments[4]); round++) load_and_unload(round);
    check_that_a_callback_cannot_close();
    return 0;
}
