/* Stands before the C library's getaddrinfo: a look-up that asks nobody and does not return in the time of a test. */
#include <unistd.h>

int getaddrinfo(const char *node, const char *service, const void *hints, void **result) {
    (void)node, (void)service, (void)hints, (void)result;
    sleep(120);
    return -3; /* EAI_AGAIN */
}
