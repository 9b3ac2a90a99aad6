/* A process forks repeatedly while it makes calls, and the client works in every child: the child
 * makes a call, cannot use the calls of its parent, and frees the handles it has inherited. An
 * alarm ends a child that hangs. The arguments after the service are the number of forks and the
 * time limit of a child in seconds. */
#include "check.h"

#include <sys/wait.h>

enum { IN_FLIGHT = 8 };

static struct service service;
static devcred_client *client;
static unsigned child_limit_s;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int is_ended;

static int has_ended(void) {
    pthread_mutex_lock(&lock);
    int result = is_ended;
    pthread_mutex_unlock(&lock);
    return result;
}

static void *keep_calling(void *argument) {
    (void)argument;
    while (!has_ended()) {
        devcred_credential *credential = NULL;
        CHECK_OK(devcred_get_device_credential(client, "GID_f@@@fault-slow-30", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
        devcred_credential_free(credential);
    }
    return NULL;
}

static void *keep_replacing_key(void *argument) {
    (void)argument;
    while (!has_ended()) CHECK_OK(devcred_client_set_access_key(client, service.key_id, service.key_secret, NULL, NULL));
    return NULL;
}

static void wait_and_free(devcred_call *call) {
    devcred_credential *credential = NULL;
    CHECK_OK(devcred_call_wait(call, &credential, NULL));
    devcred_credential_free(credential);
    devcred_call_free(call);
}

/* Must not take a lock of this program: another thread may have held it during the fork. */
static void run_child(int number, devcred_options *options, devcred_call *waited_call, devcred_call *callback_call) {
    const char *why = "this call was started before the process was forked and belongs to the parent process";
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    alarm(child_limit_s);
    CHECK_REFUSED(devcred_call_wait(waited_call, &credential, &error), error, why);
    CHECK(devcred_call_cancel(waited_call) == DEVCRED_INVALID_PARAMETER);
    CHECK(devcred_call_cancel(callback_call) == DEVCRED_INVALID_PARAMETER);
    /* Half of the children free the calls before they use the client, the other half afterwards. */
    if (number % 2) devcred_call_free(waited_call), devcred_call_free(callback_call);
    if (number % 3 == 0) CHECK_OK(devcred_client_set_access_key(client, service.key_id, service.key_secret, NULL, NULL));
    if (number % 10) {
        char client_id[32];
        snprintf(client_id, sizeof client_id, "GID_f@@@child-%d", number);
        devcred_status status =
            devcred_get_device_credential(client, client_id, NULL, DEVCRED_CLIENT_TIMEOUT, &credential, &error);
        if (status != DEVCRED_OK) fprintf(stderr, "child %d: %s\n", number, devcred_error_text(error));
        CHECK(status == DEVCRED_OK);
        CHECK_TEXT(devcred_credential_client_id(credential), client_id);
        devcred_credential_free(credential);
        /* Also a started call, with a client that the child opens. */
        devcred_client *child_client = NULL;
        devcred_call *call = NULL;
        CHECK_OK(devcred_client_new(options, &child_client, NULL));
        CHECK_OK(devcred_get_device_credential_start(child_client, client_id, NULL, DEVCRED_CLIENT_TIMEOUT, NULL, NULL, &call, NULL));
        devcred_client_free(child_client);
        wait_and_free(call);
    }
    if (number % 2 == 0) devcred_call_free(waited_call), devcred_call_free(callback_call);
    devcred_client_free(client);
    devcred_options_free(options);
    _exit(0);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double fork_once(int number, devcred_options *options) {
    struct outcome outcome = {0};
    devcred_call *waited_call = NULL, *callback_call = NULL;
    CHECK_OK(devcred_get_device_credential_start(client, "GID_f@@@fault-slow-30", NULL, -1, NULL, NULL, &waited_call, NULL));
    CHECK_OK(devcred_get_device_credential_start(client, "GID_f@@@fault-slow-30", NULL, -1, on_complete, &outcome, &callback_call, NULL));
    double start = now();
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) run_child(number, options, waited_call, callback_call);
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    double elapsed = now() - start;
    if (WIFSIGNALED(status)) fprintf(stderr, "child %d was ended by signal %d after %.1f s\n", number, WTERMSIG(status), elapsed);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    /* The parent can still use its calls. */
    wait_and_free(waited_call);
    await(&outcome);
    CHECK_OK(outcome.status);
    devcred_credential_free(outcome.credential);
    devcred_call_free(callback_call);
    return elapsed;
}

int main(int count, char **arguments) {
    service = parse_service(count, arguments);
    CHECK(count == 6);
    int forks = atoi(arguments[4]);
    child_limit_s = (unsigned)atoi(arguments[5]);
    devcred_options *options = new_options(service);
    CHECK_OK(devcred_client_new(options, &client, NULL));
    pthread_t threads[IN_FLIGHT + 1];
    for (int i = 0; i < IN_FLIGHT; i++) CHECK(!pthread_create(&threads[i], NULL, keep_calling, NULL));
    CHECK(!pthread_create(&threads[IN_FLIGHT], NULL, keep_replacing_key, NULL));
    double slowest = 0, sum = 0;
    for (int i = 0; i < forks; i++) {
        double elapsed = fork_once(i, options);
        if (elapsed > slowest) slowest = elapsed;
        sum += elapsed;
    }
    pthread_mutex_lock(&lock);
    is_ended = 1;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i <= IN_FLIGHT; i++) pthread_join(threads[i], NULL);
    printf("the slowest of %d children took %.3f s, one on average %.3f s\n", forks, slowest, sum / forks);
    devcred_client_free(client);
    devcred_options_free(options);
    return 0;
}
