/* 100 calls to a host whose name is never resolved: a look-up cannot be cancelled, so the calls must end without it, and must
 * not take a thread each. */
#include "check.h"

#include <dirent.h>
#include <netdb.h>

enum { CALLS = 100, THREADS_OF_THE_LIBRARY = 8 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int look_ups;

/* The library's look-ups come here, since a program's own functions go before those of the C library. */
int getaddrinfo(const char *name, const char *port, const struct addrinfo *hints, struct addrinfo **found) {
    (void)port, (void)hints, (void)found;
    CHECK_TEXT(name, "name.test");
    pthread_mutex_lock(&lock);
    look_ups++;
    pthread_mutex_unlock(&lock);
    sleep_ms(600 * 1000);
    return EAI_AGAIN;
}

/* All of this process: the library's and, as this program makes no other, the main one. */
static int threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks);
    int count = 0;
    for (struct dirent *task; (task = readdir(tasks));) count += task->d_name[0] != '.';
    closedir(tasks);
    return count;
}

int main(int count, char **arguments) {
    struct service service = service_of(count, arguments);
    service.endpoint = "https://name.test";
    devcred_client *client = client_of(service);
    CHECK(threads() == 1);

    static struct outcome outcomes[CALLS];
    for (int i = 0; i < CALLS; i++) {
        char client_id[32];
        snprintf(client_id, sizeof client_id, "GID_r@@@%d", i);
        CHECK_OK(devcred_get_device_credential_start(client, client_id, NULL, 1000, tell, &outcomes[i], NULL, NULL));
    }
    int most = 0;
    for (int i = 0; i < CALLS; i++) {
        await(&outcomes[i]);
        int now = threads() - 1;
        if (now > most) most = now;
    }
    pthread_mutex_lock(&lock);
    int begun = look_ups;
    pthread_mutex_unlock(&lock);
    printf("%d threads of the library at most, %d look-ups begun\n", most, begun);
    CHECK(begun > 0 && most > begun && most <= THREADS_OF_THE_LIBRARY);
    for (int i = 0; i < CALLS; i++) {
        CHECK(outcomes[i].status == DEVCRED_TIMEOUT);
        devcred_error_free(outcomes[i].error);
    }
    devcred_client_free(client);
    return 0;
}
