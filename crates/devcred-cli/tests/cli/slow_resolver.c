/* Replaces getaddrinfo of the C library: a look-up that sends nothing and does not return during a test. */
#include <unistd.h>

int getaddrinfo(const char *node, const char *service, const void *hints, void **result) {
    (void)node, (void)service, (void)hints, (void)result;
    sleep(120);
    return -3; /* EAI_AGAIN */
}
