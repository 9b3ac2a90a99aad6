/* Stands before the C library's pthread_create: a system that gives no threads. */
#include <errno.h>

int pthread_create(void *thread, const void *attributes, void *(*start)(void *), void *argument) {
    (void)thread, (void)attributes, (void)start, (void)argument;
    return EAGAIN;
}
