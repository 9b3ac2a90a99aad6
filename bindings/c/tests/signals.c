/* The library leaves the signals of the process to the program: its threads block them, a thread
 * that makes a blocking call receives them meanwhile, and the SIGPIPE of a TLS connection that was
 * reset ends the program on neither. A cancelled thread completes its call. The argument after the
 * service is the certificate of its CA. The service resets every second connection. */
#include "check.h"

#include <dirent.h>
#include <netdb.h>
#include <signal.h>
#include <sys/time.h>

enum { CALLS = 40 };

static const int ASYNCHRONOUS[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD, SIGPIPE};
static const int SYNCHRONOUS[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static struct outcome lookup;

/* Replaces the function of the C library, and runs on a thread of the library. */
int getaddrinfo(const char *name, const char *port, const struct addrinfo *hints, struct addrinfo **result) {
    (void)name, (void)port, (void)hints, (void)result;
    sigset_t blocked;
    CHECK(!pthread_sigmask(SIG_SETMASK, NULL, &blocked));
    for (size_t i = 0; i < LENGTH(ASYNCHRONOUS); i++) CHECK(sigismember(&blocked, ASYNCHRONOUS[i]) == 1);
    for (size_t i = 0; i < LENGTH(SYNCHRONOUS); i++) CHECK(sigismember(&blocked, SYNCHRONOUS[i]) == 0);
    on_complete(&lookup, DEVCRED_OK, NULL, NULL);
    return EAI_NONAME;
}

static void check_lookup_thread(struct service service) {
    service.endpoint = "https://name.test";
    devcred_client *client = new_client(service);
    devcred_credential *credential = NULL;
    CHECK(devcred_get_device_credential(client, "GID_s@@@d", NULL, 1000, &credential, NULL) == DEVCRED_TRANSPORT);
    CHECK(lookup.times > 0);
    devcred_client_free(client);
}

/* Checks the signal mask of every thread but the main one, and returns how many there are. */
static int check_library_threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks);
    int threads = 0;
    for (struct dirent *task; (task = readdir(tasks));) {
        char path[300], line[200];
        if (task->d_name[0] == '.' || atoi(task->d_name) == (int)getpid()) continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", task->d_name);
        FILE *status = fopen(path, "r");
        if (!status) continue; /* The thread has ended. */
        unsigned long long blocked = 0;
        while (fgets(line, sizeof line, status)) sscanf(line, "SigBlk: %llx", &blocked);
        fclose(status);
        for (size_t i = 0; i < LENGTH(ASYNCHRONOUS); i++) CHECK(blocked >> (ASYNCHRONOUS[i] - 1) & 1);
        for (size_t i = 0; i < LENGTH(SYNCHRONOUS); i++) CHECK(!(blocked >> (SYNCHRONOUS[i] - 1) & 1));
        threads++;
    }
    closedir(tasks);
    return threads;
}

/* A program that waits for signals blocks them first, perhaps after the library has started its
 * threads. */
static void check_program_receives_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    CHECK(!pthread_sigmask(SIG_BLOCK, &signals, NULL));
    for (int i = 0; i < 20; i++) {
        struct timespec limit = {30, 0};
        CHECK(!kill(getpid(), SIGTERM));
        CHECK(sigtimedwait(&signals, NULL, &limit) == SIGTERM);
    }
}

static void check_program_mask_is_unchanged(void) {
    sigset_t blocked;
    CHECK(!pthread_sigmask(SIG_SETMASK, NULL, &blocked));
    for (size_t i = 0; i < LENGTH(ASYNCHRONOUS); i++) CHECK(sigismember(&blocked, ASYNCHRONOUS[i]) == 0);
}

static devcred_client *tls_client(struct service service, const char *authority) {
    devcred_options *options = new_options(service);
    CHECK_OK(devcred_options_set_root_certificates_pem(options, authority));
    devcred_client *client = NULL;
    CHECK_OK(devcred_client_new(options, &client, NULL));
    devcred_options_free(options);
    return client;
}

static void check_reset_is_retried_by_blocking_calls(devcred_client *client) {
    for (int i = 0; i < CALLS; i++) {
        devcred_credential *credential = NULL;
        CHECK_OK(devcred_get_device_credential(client, "GID_s@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
        devcred_credential_free(credential);
        check_program_mask_is_unchanged();
    }
    sigset_t pending;
    CHECK(!sigpending(&pending) && sigismember(&pending, SIGPIPE) == 0);
}

static void check_reset_is_retried_by_started_calls(devcred_client *client) {
    for (int i = 0; i < CALLS; i++) {
        struct outcome outcome = {0};
        CHECK_OK(devcred_get_device_credential_start(client, "GID_s@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, on_complete, &outcome, NULL, NULL));
        await(&outcome);
        CHECK_OK(outcome.status);
        devcred_credential_free(outcome.credential);
    }
}

static volatile sig_atomic_t is_calling, handled_during_call;

static void on_signal(int number) {
    (void)number;
    if (is_calling) handled_during_call++;
}

/* The call takes longer than the timer, and continues after the handler. */
static void check_handler_runs_during_a_blocking_call(devcred_client *client) {
    struct sigaction action = {.sa_handler = on_signal};
    CHECK(!sigaction(SIGALRM, &action, NULL));
    struct itimerval timer = {.it_value = {.tv_usec = 50 * 1000}};
    CHECK(!setitimer(ITIMER_REAL, &timer, NULL));
    is_calling = 1;
    devcred_credential *credential = NULL;
    CHECK_OK(devcred_get_device_credential(client, "GID_s@@@fault-slow-400", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
    is_calling = 0;
    devcred_credential_free(credential);
    CHECK(handled_during_call == 1);
}

/* The call ends normally, and the thread afterwards. */
static void *call_and_wait_for_cancellation(void *argument) {
    devcred_credential *credential = NULL;
    CHECK_OK(devcred_get_device_credential(argument, "GID_s@@@fault-slow-400", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
    devcred_credential_free(credential);
    is_calling = 0;
    for (;;) pause();
}

static void check_cancelled_thread_completes_its_call(devcred_client *client) {
    pthread_t thread;
    void *result = NULL;
    is_calling = 1;
    CHECK(!pthread_create(&thread, NULL, call_and_wait_for_cancellation, client));
    sleep_ms(100);
    CHECK(!pthread_cancel(thread));
    CHECK(!pthread_join(thread, &result));
    CHECK(result == PTHREAD_CANCELED && !is_calling);
}

int main(int count, char **arguments) {
    struct service service = parse_service(count, arguments);
    CHECK(count == 5);
    devcred_client *client = tls_client(service, arguments[4]);
    check_reset_is_retried_by_blocking_calls(client);
    CHECK(check_library_threads() == 0);
    check_reset_is_retried_by_started_calls(client);
    CHECK(check_library_threads() == 1);
    check_handler_runs_during_a_blocking_call(client);
    check_program_mask_is_unchanged();
    check_cancelled_thread_completes_its_call(client);
    check_lookup_thread(service);
    check_library_threads();
    check_program_receives_signals();
    devcred_client_free(client);
    return 0;
}
