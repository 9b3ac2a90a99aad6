/* The C program of `cargo xtask bench`. `bench blocking|callback ENDPOINT ACCESS_KEY_ID
 * ACCESS_KEY_SECRET INSTANCE_ID CLIENT_ID` reads lines `CALLS AT_ONCE` and prints `CPU WALL`, both
 * in nanoseconds, for each. `bench blocking|callback --version` prints versions. */
#define _POSIX_C_SOURCE 200809L
#include <devcred.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static devcred_client *client;
static const char *client_id;
static long calls_of_each;

static void check(int32_t status, devcred_error *error) {
    if (status == DEVCRED_OK) return;
    fprintf(stderr, "bench: %s\n", error ? devcred_error_text(error) : devcred_status_name(status));
    exit(1);
}

/* --- Blocking: each thread makes sequential calls --------------------------------------------- */

static void *make_calls(void *argument) {
    for (long i = 0; i < calls_of_each; i++) {
        devcred_credential *credential = NULL;
        devcred_error *error = NULL;
        check(devcred_get_device_credential(client, client_id, NULL, DEVCRED_CLIENT_TIMEOUT, &credential, &error), error);
        devcred_credential_free(credential);
    }
    return argument;
}

static void run_blocking(int at_once) {
    if (at_once == 1) {
        make_calls(NULL);
        return;
    }
    pthread_t threads[256];
    for (int i = 0; i < at_once; i++)
        if (pthread_create(&threads[i], NULL, make_calls, NULL)) exit(1);
    for (int i = 0; i < at_once; i++) pthread_join(threads[i], NULL);
}

/* --- Callback: each completion starts the next call ------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_ended = PTHREAD_COND_INITIALIZER;
static int running_count;

static void start(long *remaining);

static void on_complete(void *argument, int32_t status, devcred_credential *credential, devcred_error *error) {
    long *remaining = argument;
    check(status, error);
    devcred_credential_free(credential);
    if (--*remaining > 0) {
        start(remaining);
        return;
    }
    pthread_mutex_lock(&lock);
    if (--running_count == 0) pthread_cond_signal(&all_ended);
    pthread_mutex_unlock(&lock);
}

static void start(long *remaining) {
    devcred_error *error = NULL;
    check(devcred_get_device_credential_start(client, client_id, NULL, DEVCRED_CLIENT_TIMEOUT, on_complete, remaining, NULL, &error), error);
}

static void run_callback(int at_once) {
    long remaining[256];
    running_count = at_once;
    for (int i = 0; i < at_once; i++) remaining[i] = calls_of_each, start(&remaining[i]);
    pthread_mutex_lock(&lock);
    while (running_count > 0) pthread_cond_wait(&all_ended, &lock);
    pthread_mutex_unlock(&lock);
}

/* --- Clocks ----------------------------------------------------------------------------------- */

static long long now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments) {
    if (count == 3 && !strcmp(arguments[2], "--version")) {
        printf("devcred %s, gcc %s\n", devcred_version(), __VERSION__);
        return 0;
    }
    if (count != 7) return 2;
    void (*run)(int) = strcmp(arguments[1], "blocking") ? run_callback : run_blocking;
    client_id = arguments[6];
    devcred_error *error = NULL;
    devcred_options *options = devcred_options_new();
    devcred_options_set_endpoint(options, arguments[2]);
    devcred_options_set_access_key(options, arguments[3], arguments[4], NULL);
    devcred_options_set_instance_id(options, arguments[5]);
    devcred_options_set_max_requests_per_second(options, 1000000);
    check(devcred_client_new(options, &client, &error), error);
    devcred_options_free(options);

    long calls;
    int at_once;
    while (scanf("%ld %d", &calls, &at_once) == 2 && at_once > 0 && at_once <= 256) {
        calls_of_each = 20; /* Opens connections and fills caches. */
        run(at_once);
        calls_of_each = calls / at_once;
        long long cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
        run(at_once);
        printf("%lld %lld\n", now(CLOCK_PROCESS_CPUTIME_ID) - cpu, now(CLOCK_MONOTONIC) - wall);
        fflush(stdout);
    }
    devcred_client_free(client);
    return 0;
}
