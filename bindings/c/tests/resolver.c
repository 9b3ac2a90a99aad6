/* Host names whose lookup fails temporarily, which is retried, and names whose lookup does not
 * return. Such a lookup cannot be cancelled, so the calls must time out without it, share it, not
 * take a thread each, and not delay the calls of another client to another name. */
#include "check.h"

#include <dirent.h>
#include <netdb.h>

enum { CALLS = 100, NAMES = 10, MAX_LOOKUPS = 4 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int lookups;

/* Replaces the function of the C library, so that the library resolves names here. */
int getaddrinfo(const char *name, const char *port, const struct addrinfo *hints, struct addrinfo **result) {
    (void)port, (void)hints, (void)result;
    bool is_slow = !strncmp(name, "slow", 4), fails = !strncmp(name, "fails", 5);
    if (!is_slow && !fails) return EAI_NONAME;
    pthread_mutex_lock(&lock);
    lookups++;
    pthread_mutex_unlock(&lock);
    /* The result for SERVFAIL. */
    if (fails) return EAI_AGAIN;
    sleep_ms(600 * 1000);
    return EAI_AGAIN;
}

/* Returns how many lookups have started since the last call. */
static int take_lookup_count(void) {
    pthread_mutex_lock(&lock);
    int started = lookups;
    lookups = 0;
    pthread_mutex_unlock(&lock);
    return started;
}

/* All threads of the process except the main one: this program starts none itself. */
static int count_library_threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks);
    int count = 0;
    for (struct dirent *task; (task = readdir(tasks));) count += task->d_name[0] != '.';
    closedir(tasks);
    return count - 1;
}

static devcred_client *client_for(struct service service, const char *endpoint) {
    service.endpoint = endpoint;
    return new_client(service);
}

static void start(devcred_client *client, int timeout_ms, struct outcome *outcome) {
    CHECK_OK(devcred_get_device_credential_start(client, "GID_r@@@d", NULL, timeout_ms, on_complete, outcome, NULL, NULL));
}

static void check_timed_out(struct outcome *outcomes, int count) {
    for (int i = 0; i < count; i++) {
        await(&outcomes[i]);
        CHECK(outcomes[i].status == DEVCRED_TIMEOUT);
        devcred_error_free(outcomes[i].error);
    }
}

static void check_temporary_failure(struct service service) {
    devcred_client *client = client_for(service, "https://fails.test");
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    CHECK(devcred_get_device_credential(client, "GID_r@@@d", NULL, 60000, &credential, &error) == DEVCRED_TRANSPORT);
    CHECK_TEXT(devcred_error_message(error),
               "connecting to fails.test failed: the name could not be resolved (attempt 3 of 3)");
    CHECK(devcred_error_retryable(error));
    CHECK(take_lookup_count() == 3);
    devcred_error_free(error);
    devcred_client_free(client);
}

static void check_one_name(struct service service) {
    static struct outcome outcomes[CALLS];
    devcred_client *slow = client_for(service, "https://slow.test");
    for (int i = 0; i < CALLS; i++) start(slow, 2000, &outcomes[i]);
    /* A call of another client, while all of these wait. */
    devcred_client *other = client_for(service, "https://other.test");
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    CHECK(devcred_get_device_credential(other, "GID_r@@@d", NULL, 60000, &credential, &error) == DEVCRED_TRANSPORT);
    CHECK_TEXT(devcred_error_message(error),
               "connecting to other.test failed: the name could not be resolved (attempt 3 of 3)");
    devcred_error_free(error);
    devcred_client_free(other);
    check_timed_out(outcomes, CALLS);
    CHECK(take_lookup_count() == 1);
    CHECK(count_library_threads() == 2);
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
    CHECK(take_lookup_count() == MAX_LOOKUPS - 1);
    CHECK(count_library_threads() == 1 + MAX_LOOKUPS);
}

int main(int count, char **arguments) {
    struct service service = parse_service(count, arguments);
    CHECK(count_library_threads() == 0);
    check_temporary_failure(service);
    check_one_name(service);
    check_many_names(service);
    return 0;
}
