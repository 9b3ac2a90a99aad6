/* If the system refuses to start a thread, the calls that need one fail at once, and later calls
 * work. */
#include "check.h"

#include <dlfcn.h>
#include <errno.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int to_refuse, refused;

/* Replaces the function of the C library, so that the library's threads are started here. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    pthread_mutex_lock(&lock);
    int refuse = to_refuse > 0;
    if (refuse) to_refuse--, refused++;
    pthread_mutex_unlock(&lock);
    if (refuse) return EAGAIN;
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    return create(thread, attributes, start, argument);
}

static void refuse_threads(int times) {
    pthread_mutex_lock(&lock);
    to_refuse = times;
    pthread_mutex_unlock(&lock);
}

/* Returns how many threads were refused since the last call. */
static int take_refusal_count(void) {
    pthread_mutex_lock(&lock);
    int times = refused;
    refused = to_refuse = 0;
    pthread_mutex_unlock(&lock);
    return times;
}

static void check_thread_error(devcred_status status, devcred_credential *credential, devcred_error *error) {
    CHECK(status == DEVCRED_INTERNAL && !credential);
    CHECK_TEXT(devcred_error_message(error), "cannot start a thread");
    CHECK_TEXT(devcred_error_advice(error), "Check the process's limits on threads and open files.");
    devcred_error_free(error);
}

static void check_blocking_call_works(devcred_client *client) {
    devcred_credential *credential = NULL;
    CHECK_OK(devcred_get_device_credential(client, "GID_n@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
    devcred_credential_free(credential);
}

static void start(devcred_client *client, struct outcome *outcome) {
    CHECK_OK(devcred_get_device_credential_start(client, "GID_n@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, on_complete, outcome, NULL, NULL));
    await(outcome);
}

static void check_calls_work(devcred_client *client) {
    check_blocking_call_works(client);
    struct outcome outcome = {0};
    start(client, &outcome);
    CHECK_OK(outcome.status);
    devcred_credential_free(outcome.credential);
}

static void check_runtime_thread(devcred_client *client) {
    /* A blocking call runs on the thread that makes it. */
    refuse_threads(100);
    check_blocking_call_works(client);
    CHECK(take_refusal_count() == 0);

    refuse_threads(2);
    struct outcome outcome = {0};
    start(client, &outcome);
    check_thread_error(outcome.status, outcome.credential, outcome.error);
    devcred_call *call = NULL;
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    CHECK_OK(devcred_get_device_credential_start(client, "GID_n@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, NULL, NULL, &call, NULL));
    devcred_status status = devcred_call_wait(call, &credential, &error);
    check_thread_error(status, credential, error);
    devcred_call_free(call);
    CHECK(take_refusal_count() == 2);
}

static void check_lookup_thread(struct service service) {
    service.endpoint = "https://name.test";
    devcred_client *client = new_client(service);
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    refuse_threads(100);
    devcred_status status = devcred_get_device_credential(client, "GID_n@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, &error);
    CHECK(take_refusal_count() == 3);
    CHECK(status == DEVCRED_TRANSPORT && !credential && devcred_error_retryable(error));
    CHECK_TEXT(devcred_error_message(error),
               "connecting to name.test failed: the name could not be resolved: cannot start a thread (attempt 3 of 3)");
    devcred_error_free(error);
    devcred_client_free(client);
}

int main(int count, char **arguments) {
    struct service service = parse_service(count, arguments);
    /* Ends a call that hangs; the program itself takes far less. */
    alarm(60);
    devcred_client *client = new_client(service);
    check_runtime_thread(client);
    check_calls_work(client);
    check_lookup_thread(service);
    check_calls_work(client);
    devcred_client_free(client);
    return 0;
}
