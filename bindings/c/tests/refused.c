/* A system that refuses threads costs the calls that need one, at once and with an error, and no call afterwards. After the
 * service: an endpoint whose name nobody needs to know. */
#include "check.h"

#include <dlfcn.h>
#include <errno.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int refusals, refused;

/* The library's threads come here, since a program's own functions go before those of the C library. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    pthread_mutex_lock(&lock);
    int refuse = refusals > 0;
    if (refuse) refusals--, refused++;
    pthread_mutex_unlock(&lock);
    if (refuse) return EAGAIN;
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    return create(thread, attributes, start, argument);
}

static void refuse(int times) {
    pthread_mutex_lock(&lock);
    refusals = times;
    pthread_mutex_unlock(&lock);
}

/* How many threads have been refused since the last time. */
static int were_refused(void) {
    pthread_mutex_lock(&lock);
    int times = refused;
    refused = refusals = 0;
    pthread_mutex_unlock(&lock);
    return times;
}

static void check_no_threads(devcred_status status, devcred_credential *credential, devcred_error *error) {
    CHECK(status == DEVCRED_INTERNAL && !credential);
    CHECK_TEXT(devcred_error_message(error), "cannot start a thread");
    CHECK_TEXT(devcred_error_advice(error), "Check the process's limits on threads and open files.");
    devcred_error_free(error);
}

static void check_the_first_thread(devcred_client *client) {
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    refuse(2);
    devcred_status status = devcred_get_device_credential(client, "GID_n@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, &error);
    check_no_threads(status, credential, error);
    struct outcome outcome = {0};
    CHECK_OK(devcred_get_device_credential_start(client, "GID_n@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, tell, &outcome, NULL, NULL));
    await(&outcome);
    check_no_threads(outcome.status, outcome.credential, outcome.error);
    CHECK(were_refused() == 2);
}

static void check_that_calls_work(devcred_client *client) {
    devcred_credential *credential = NULL;
    CHECK_OK(devcred_get_device_credential(client, "GID_n@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
    devcred_credential_free(credential);
}

static void check_the_thread_of_a_look_up(struct service service) {
    service.endpoint = "https://name.test";
    devcred_client *client = client_of(service);
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    refuse(100);
    devcred_status status = devcred_get_device_credential(client, "GID_n@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, &error);
    CHECK(were_refused() == 3);
    CHECK(status == DEVCRED_TRANSPORT && !credential && devcred_error_retryable(error));
    CHECK_TEXT(devcred_error_message(error),
               "connecting to name.test failed: the name could not be resolved: cannot start a thread (attempt 3 of 3)");
    devcred_error_free(error);
    devcred_client_free(client);
}

int main(int count, char **arguments) {
    struct service service = service_of(count, arguments);
    /* Far more than it takes, and far less than a call that never ends. */
    alarm(60);
    devcred_client *client = client_of(service);
    check_the_first_thread(client);
    check_that_calls_work(client);
    check_the_thread_of_a_look_up(service);
    check_that_calls_work(client);
    devcred_client_free(client);
    return 0;
}
