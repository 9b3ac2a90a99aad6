/* Helpers of the test programs. A program takes the arguments `ENDPOINT KEY_ID KEY_SECRET`. It
 * exits with 0, or prints the first failed check and exits with 1. */
#ifndef CHECK_H
#define CHECK_H

#define _POSIX_C_SOURCE 200809L
#include <devcred.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INSTANCE "post-cn-test"

/* _exit instead of exit: other threads are still running, and only the first failure counts. */
#define CHECK(condition)                                                          \
    do {                                                                          \
        if (!(condition)) {                                                       \
            fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
            _exit(1);                                                             \
        }                                                                         \
    } while (0)

#define CHECK_OK(call)                                                                                                 \
    do {                                                                                                               \
        devcred_status status_ = (call);                                                                               \
        if (status_ != DEVCRED_OK) {                                                                                   \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, devcred_status_name(status_));               \
            _exit(1);                                                                                                  \
        }                                                                                                              \
    } while (0)

static inline void check_text(const char *file, int line, const char *text, const char *expected) {
    if (text && expected && !strcmp(text, expected)) return;
    fprintf(stderr, "%s:%d: \"%s\" should be \"%s\"\n", file, line, text ? text : "(NULL)", expected);
    _exit(1);
}
#define CHECK_TEXT(text, expected) check_text(__FILE__, __LINE__, text, expected)

static inline void check_refused(const char *file, int line, devcred_status status, devcred_error *error, const char *why) {
    if (status != DEVCRED_INVALID_PARAMETER) {
        fprintf(stderr, "%s:%d: status %d instead of \"%s\"\n", file, line, (int)status, why);
        _exit(1);
    }
    check_text(file, line, devcred_error_message(error), why);
    CHECK(devcred_error_status(error) == status);
    devcred_error_free(error);
}
/* Evaluates `call` before `error`, because the call writes the error. */
#define CHECK_REFUSED(call, error, why)              \
    do {                                             \
        devcred_status status_ = (call);             \
        check_refused(__FILE__, __LINE__, status_, error, why); \
    } while (0)

struct service {
    const char *endpoint, *key_id, *key_secret;
};

static inline struct service parse_service(int count, char **arguments) {
    CHECK(count >= 4);
    struct service service = {arguments[1], arguments[2], arguments[3]};
    return service;
}

/* Options with which a call succeeds, without a rate limit that a test could reach. */
static inline devcred_options *new_options(struct service service) {
    devcred_options *options = devcred_options_new();
    CHECK(options);
    CHECK_OK(devcred_options_set_access_key(options, service.key_id, service.key_secret, NULL));
    CHECK_OK(devcred_options_set_endpoint(options, service.endpoint));
    CHECK_OK(devcred_options_set_instance_id(options, INSTANCE));
    CHECK_OK(devcred_options_set_max_requests_per_second(options, 1000000));
    /* Long enough for a busy machine: no test checks this timeout. */
    CHECK_OK(devcred_options_set_timeout(options, 60000));
    return options;
}

static inline devcred_client *new_client(struct service service) {
    devcred_options *options = new_options(service);
    devcred_client *client = NULL;
    CHECK_OK(devcred_client_new(options, &client, NULL));
    devcred_options_free(options);
    return client;
}

static inline void sleep_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* --- The outcome of one started call: on_complete stores it, await waits for it --------------- */

struct outcome {
    int times;
    devcred_status status;
    devcred_credential *credential;
    devcred_error *error;
};

static pthread_mutex_t outcome_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t outcome_stored = PTHREAD_COND_INITIALIZER;

static inline void on_complete(void *user_data, devcred_status status, devcred_credential *credential, devcred_error *error) {
    struct outcome *outcome = user_data;
    pthread_mutex_lock(&outcome_lock);
    outcome->times++;
    outcome->status = status;
    outcome->credential = credential;
    outcome->error = error;
    pthread_cond_broadcast(&outcome_stored);
    pthread_mutex_unlock(&outcome_lock);
}

static inline void await(struct outcome *outcome) {
    pthread_mutex_lock(&outcome_lock);
    while (!outcome->times) pthread_cond_wait(&outcome_stored, &outcome_lock);
    pthread_mutex_unlock(&outcome_lock);
}

#endif
