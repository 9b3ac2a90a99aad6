/* The library leaves the signals of the process to the program: its threads block them, and the
 * SIGPIPE of a TLS connection that was reset does not end the program. The argument after the
 * service is the certificate of its CA. The service resets every second connection. */
#include "check.h"

#include <dirent.h>
#include <netdb.h>
#include <signal.h>

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

/* Checks the signal mask of every thread but the main one. */
static void check_library_threads(void) {
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
    CHECK(threads > 0);
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

static void check_reset_is_retried(struct service service, const char *authority) {
    devcred_options *options = new_options(service);
    CHECK_OK(devcred_options_set_root_certificates_pem(options, authority));
    devcred_client *client = NULL;
    CHECK_OK(devcred_client_new(options, &client, NULL));
    devcred_options_free(options);
    for (int i = 0; i < CALLS; i++) {
        devcred_credential *credential = NULL;
        CHECK_OK(devcred_get_device_credential(client, "GID_s@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, &credential, NULL));
        devcred_credential_free(credential);
    }
    devcred_client_free(client);
}

int main(int count, char **arguments) {
    struct service service = parse_service(count, arguments);
    CHECK(count == 5);
    check_reset_is_retried(service, arguments[4]);
    check_program_mask_is_unchanged();
    check_lookup_thread(service);
    check_library_threads();
    check_program_receives_signals();
    return 0;
}
