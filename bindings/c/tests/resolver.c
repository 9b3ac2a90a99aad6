/* Names whose look-up fails for now, which is tried again, and names whose look-up does not end. It cannot be cancelled, so the calls must end without it, must share it, must not take a
 * thread each, and must not hold up the calls of another client to another name. */
#include "check.h"

#include <dirent.h>
#include <netdb.h>

enum { CALLS = 100, NAMES = 10, LOOK_UPS_AT_A_TIME = 4 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int look_ups;

/* The library's look-ups come here, since a program's own functions go before those of the C library. */
int getaddrinfo(const char *name, const char *port, const struct addrinfo *hints, struct addrinfo **found) {
    (void)port, (void)hints, (void)found;
    bool is_slow = !strncmp(name, "slow", 4), fails = !strncmp(name, "fails", 5);
    if (!is_slow && !fails) return EAI_NONAME;
    pthread_mutex_lock(&lock);
    look_ups++;
    pthread_mutex_unlock(&lock);
    /* What SERVFAIL, a name server's error, comes as. */
    if (fails) return EAI_AGAIN;
    sleep_ms(600 * 1000);
    return EAI_AGAIN;
}

/* How many have begun since this was asked before. */
static int take_look_ups(void) {
    pthread_mutex_lock(&lock);
    int begun = look_ups;
    look_ups = 0;
    pthread_mutex_unlock(&lock);
    return begun;
}

/* All of this process: the library's and, as this program makes no other, the main one. */
static int threads_of_the_library(void) {
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks);
    int count = 0;
    for (struct dirent *task; (task = readdir(tasks));) count += task->d_name[0] != '.';
    closedir(tasks);
    return count - 1;
}

static devcred_client *client_for(struct service service, const char *endpoint) {
    service.endpoint = endpoint;
    return client_of(service);
}

static void start(devcred_client *client, int timeout_ms, struct outcome *outcome) {
    CHECK_OK(devcred_get_device_credential_start(client, "GID_r@@@d", NULL, timeout_ms, tell, outcome, NULL, NULL));
}

static void check_timed_out(struct outcome *outcomes, int count) {
    for (int i = 0; i < count; i++) {
        await(&outcomes[i]);
        CHECK(outcomes[i].status == DEVCRED_TIMEOUT);
        devcred_error_free(outcomes[i].error);
    }
}

static void check_failing(struct service service) {
    devcred_client *client = client_for(service, "https://fails.test");
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    CHECK(devcred_get_device_credential(client, "GID_r@@@d", NULL, 60000, &credential, &error) == DEVCRED_TRANSPORT);
    CHECK_TEXT(devcred_error_message(error),
               "connecting to fails.test failed: the name could not be resolved (attempt 3 of 3)");
    CHECK(devcred_error_retryable(error));
    CHECK(take_look_ups() == 3);
    devcred_error_free(error);
    devcred_client_free(client);
}

static void check_one_name(struct service service) {
    static struct outcome outcomes[CALLS];
    devcred_client *slow = client_for(service, "https://slow.test");
    for (int i = 0; i < CALLS; i++) start(slow, 2000, &outcomes[i]);
    /* Another client's, while all of them wait. */
    devcred_client *other = client_for(service, "https://other.test");
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    CHECK(devcred_get_device_credential(other, "GID_r@@@d", NULL, 60000, &credential, &error) == DEVCRED_TRANSPORT);
    CHECK_TEXT(devcred_error_message(error),
               "connecting to other.test failed: the name could not be resolved (attempt 3 of 3)");
    devcred_error_free(error);
    devcred_client_free(other);
    check_timed_out(outcomes, CALLS);
    CHECK(take_look_ups() == 1);
    CHECK(threads_of_the_library() == 2);
    devcred_client_free(slow);
}

static void check_many_names(struct service service) {
    static struct outcome outcomes[NAMES];
    for (int i = 0; i < NAMES; i++) {
        char endpoint[40];
        snprintf(endpoint, sizeof endpoint, "https://slow-%d.test", i);
        devcred_client *slow = client_for(service, endpoint);
        start(slow, 1000, &outcomes[i]);
        devcred_client_free(slow);
    }
    check_timed_out(outcomes, NAMES);
    CHECK(take_look_ups() == LOOK_UPS_AT_A_TIME - 1);
    CHECK(threads_of_the_library() == 1 + LOOK_UPS_AT_A_TIME);
}

int main(int count, char **arguments) {
    struct service service = service_of(count, arguments);
    CHECK(threads_of_the_library() == 0);
    check_failing(service);
    check_one_name(service);
    check_many_names(service);
    return 0;
}
