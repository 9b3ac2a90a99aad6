/* A process that is busy with calls is forked again and again, and every child has a working client of its own: it makes a call, is
 * refused the calls of its parent, and frees what it has inherited. A child that hangs is ended by its alarm. After the
 * service: how many forks, and how many seconds a child may take. */
#include "check.h"

#include <sys/wait.h>

enum { IN_FLIGHT = 8 };

static struct service service;
static devcred_client *client;
static unsigned limit_of_a_child_s;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int is_over;

static int over(void) {
    pthread_mutex_lock(&lock);
    int result = is_over;
    pthread_mutex_unlock(&lock);
    return result;
}

static void *keep_calling(void *argument) {
    (void)argument;
    while (!over()) {
        devcred_credential *credential = NULL;
        CHECK_OK(devcred_get_device_credential(client, "GID_f@@@fault-slow-30", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
        devcred_credential_free(credential);
    }
    return NULL;
}

static void *keep_replacing_the_key(void *argument) {
    (void)argument;
    while (!over()) CHECK_OK(devcred_client_set_access_key(client, service.key_id, service.key_secret, NULL, NULL));
    return NULL;
}

static void wait_and_free(devcred_call *call) {
    devcred_credential *credential = NULL;
    CHECK_OK(devcred_call_wait(call, &credential, NULL));
    devcred_credential_free(credential);
    devcred_call_free(call);
}

/* Not a line of it takes a lock of this program, which another thread may have held. */
static void child(int number, devcred_options *options, devcred_call *waited_for, devcred_call *told) {
    const char *why = "this call was started before the process was forked and belongs to the parent process";
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    alarm(limit_of_a_child_s);
    CHECK_REFUSED(devcred_call_wait(waited_for, &credential, &error), error, why);
    CHECK(devcred_call_cancel(waited_for) == DEVCRED_INVALID_PARAMETER);
    CHECK(devcred_call_cancel(told) == DEVCRED_INVALID_PARAMETER);
    /* Freed before the child has used anything in one half, afterwards in the other. */
    if (number % 2) devcred_call_free(waited_for), devcred_call_free(told);
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
        /* A started call too, and a client of the child's own. */
        devcred_client *own = NULL;
        devcred_call *call = NULL;
        CHECK_OK(devcred_client_new(options, &own, NULL));
        CHECK_OK(devcred_get_device_credential_start(own, client_id, NULL, DEVCRED_CLIENT_TIMEOUT, NULL, NULL, &call, NULL));
        devcred_client_free(own);
        wait_and_free(call);
    }
    if (number % 2 == 0) devcred_call_free(waited_for), devcred_call_free(told);
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
    devcred_call *waited_for = NULL, *told = NULL;
    CHECK_OK(devcred_get_device_credential_start(client, "GID_f@@@fault-slow-30", NULL, -1, NULL, NULL, &waited_for, NULL));
    CHECK_OK(devcred_get_device_credential_start(client, "GID_f@@@fault-slow-30", NULL, -1, tell, &outcome, &told, NULL));
    double begun = now();
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) child(number, options, waited_for, told);
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    double took = now() - begun;
    if (WIFSIGNALED(status)) fprintf(stderr, "child %d was ended by signal %d after %.1f s\n", number, WTERMSIG(status), took);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    /* The parent's calls are its own still. */
    wait_and_free(waited_for);
    await(&outcome);
    CHECK_OK(outcome.status);
    devcred_credential_free(outcome.credential);
    devcred_call_free(told);
    return took;
}

int main(int count, char **arguments) {
    service = service_of(count, arguments);
    CHECK(count == 6);
    int forks = atoi(arguments[4]);
    limit_of_a_child_s = (unsigned)atoi(arguments[5]);
    devcred_options *options = options_of(service);
    CHECK_OK(devcred_client_new(options, &client, NULL));
    pthread_t threads[IN_FLIGHT + 1];
    for (int i = 0; i < IN_FLIGHT; i++) CHECK(!pthread_create(&threads[i], NULL, keep_calling, NULL));
    CHECK(!pthread_create(&threads[IN_FLIGHT], NULL, keep_replacing_the_key, NULL));
    double slowest = 0, sum = 0;
    for (int i = 0; i < forks; i++) {
        double took = fork_once(i, options);
        if (took > slowest) slowest = took;
        sum += took;
    }
    pthread_mutex_lock(&lock);
    is_over = 1;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i <= IN_FLIGHT; i++) pthread_join(threads[i], NULL);
    printf("the slowest of %d children took %.3f s, one on average %.3f s\n", forks, slowest, sum / forks);
    devcred_client_free(client);
    devcred_options_free(options);
    return 0;
}
