/* The signals of the process are the program's: a thread of the library takes none of them, and SIGPIPE, which a TLS connection
 * that was reset raises there, does not end the program. After the service: the certificate of its authority. The service
 * resets the connection of every second request. */
#include "check.h"

#include <dirent.h>
#include <netdb.h>
#include <signal.h>

enum { CALLS = 40 };

static const int ASYNCHRONOUS[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD, SIGPIPE};
static const int SYNCHRONOUS[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static struct outcome looked_up;

/* On a thread of the library. */
int getaddrinfo(const char *name, const char *port, const struct addrinfo *hints, struct addrinfo **found) {
    (void)name, (void)port, (void)hints, (void)found;
    sigset_t blocked;
    CHECK(!pthread_sigmask(SIG_SETMASK, NULL, &blocked));
    for (size_t i = 0; i < LENGTH(ASYNCHRONOUS); i++) CHECK(sigismember(&blocked, ASYNCHRONOUS[i]) == 1);
    for (size_t i = 0; i < LENGTH(SYNCHRONOUS); i++) CHECK(sigismember(&blocked, SYNCHRONOUS[i]) == 0);
    tell(&looked_up, DEVCRED_OK, NULL, NULL);
    return EAI_NONAME;
}

static void check_a_look_up(struct service service) {
    service.endpoint = "https://name.test";
    devcred_client *client = client_of(service);
    devcred_credential *credential = NULL;
    CHECK(devcred_get_device_credential(client, "GID_s@@@d", NULL, 1000, &credential, NULL) == DEVCRED_TRANSPORT);
    CHECK(looked_up.times > 0);
    devcred_client_free(client);
}

/* What every thread but the main one blocks. */
static void check_the_threads_of_the_library(void) {
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks);
    int threads = 0;
    for (struct dirent *task; (task = readdir(tasks));) {
        char path[300], line[200];
        if (task->d_name[0] == '.' || atoi(task->d_name) == (int)getpid()) continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", task->d_name);
        FILE *status = fopen(path, "r");
        if (!status) continue; /* It has ended. */
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

/* A program that waits for its signals blocks them first, perhaps after the library has started its threads. */
static void check_that_the_program_gets_its_signals(void) {
    sigset_t waited_for;
    sigemptyset(&waited_for);
    sigaddset(&waited_for, SIGTERM);
    CHECK(!pthread_sigmask(SIG_BLOCK, &waited_for, NULL));
    for (int i = 0; i < 20; i++) {
        struct timespec limit = {30, 0};
        CHECK(!kill(getpid(), SIGTERM));
        CHECK(sigtimedwait(&waited_for, NULL, &limit) == SIGTERM);
    }
}

static void check_that_the_mask_of_the_program_is_its_own(void) {
    sigset_t blocked;
    CHECK(!pthread_sigmask(SIG_SETMASK, NULL, &blocked));
    for (size_t i = 0; i < LENGTH(ASYNCHRONOUS); i++) CHECK(sigismember(&blocked, ASYNCHRONOUS[i]) == 0);
}

static void check_that_a_reset_ends_an_attempt_only(struct service service, const char *authority) {
    devcred_options *options = options_of(service);
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
    struct service service = service_of(count, arguments);
    CHECK(count == 5);
    check_that_a_reset_ends_an_attempt_only(service, arguments[4]);
    check_that_the_mask_of_the_program_is_its_own();
    check_a_look_up(service);
    check_the_threads_of_the_library();
    check_that_the_program_gets_its_signals();
    return 0;
}
