/* Started calls: each completes exactly once, whoever cancels and in whatever order things are freed, and nothing that blocks is
 * let in where it would block for ever. After the service: how often a completion frees all. */
#include "check.h"

static struct service service;
static devcred_client *client;

static devcred_call *start(const char *client_id, devcred_completion completion, void *user_data) {
    devcred_call *call = NULL;
    devcred_error *error = NULL;
    CHECK_OK(devcred_get_device_credential_start(client, client_id, NULL, DEVCRED_CLIENT_TIMEOUT, completion, user_data, &call,
                                                 &error));
    CHECK(call && !error);
    return call;
}

static void *cancel_twice(void *argument) {
    sleep_ms(20);
    CHECK_OK(devcred_call_cancel(argument));
    CHECK_OK(devcred_call_cancel(argument));
    return NULL;
}

/* --- Cancelling ------------------------------------------------------------------------------------------------------------ */

/* Looked at when the program ends: a second completion would have come by then. */
static struct outcome cancelled[8];

static void check_cancel_from_another_thread(void) {
    pthread_t threads[8];
    devcred_call *calls[8];
    for (int i = 0; i < 8; i++) {
        calls[i] = start("GID_c@@@fault-hang", tell, &cancelled[i]);
        CHECK(!pthread_create(&threads[i], NULL, cancel_twice, calls[i]));
    }
    for (int i = 0; i < 8; i++) {
        await(&cancelled[i]);
        pthread_join(threads[i], NULL);
        CHECK(cancelled[i].status == DEVCRED_CANCELLED && !cancelled[i].credential && !cancelled[i].error);
        CHECK_OK(devcred_call_cancel(calls[i]));
        devcred_call_free(calls[i]);
    }
    /* At once, where the call may not even have begun. */
    struct outcome outcome = {0};
    devcred_call *call = start("GID_c@@@fault-hang", tell, &outcome);
    CHECK_OK(devcred_call_cancel(call));
    await(&outcome);
    CHECK(outcome.status == DEVCRED_CANCELLED);
    devcred_call_free(call);
}

static void check_cancel_of_one_that_is_waited_for(void) {
    devcred_call *call = start("GID_c@@@fault-hang", NULL, NULL);
    pthread_t thread;
    CHECK(!pthread_create(&thread, NULL, cancel_twice, call));
    devcred_credential *credential = (devcred_credential *)call;
    devcred_error *error = (devcred_error *)call;
    CHECK(devcred_call_wait(call, &credential, &error) == DEVCRED_CANCELLED);
    CHECK(!credential && !error);
    pthread_join(thread, NULL);
    devcred_call_free(call);
}

static void check_cancel_after_completion(void) {
    struct outcome outcome = {0};
    devcred_call *call = start("GID_c@@@d", tell, &outcome);
    await(&outcome);
    CHECK_OK(devcred_call_cancel(call));
    CHECK_OK(outcome.status);
    devcred_credential_free(outcome.credential);
    devcred_call_free(call);

    devcred_credential *credential = NULL;
    call = start("GID_c@@@d", NULL, NULL);
    sleep_ms(50);
    CHECK_OK(devcred_call_cancel(call));
    /* Completed by then, most likely; either way it is one of the two, once. */
    devcred_status status = devcred_call_wait(call, &credential, NULL);
    CHECK(status == (credential ? DEVCRED_OK : DEVCRED_CANCELLED));
    CHECK_OK(devcred_call_cancel(call));
    devcred_credential_free(credential);
    devcred_call_free(call);
}

/* --- Waiting --------------------------------------------------------------------------------------------------------------- */

static void check_wait(void) {
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    devcred_call *call = start("GID_c@@@fault-slow-20", NULL, NULL);
    CHECK_OK(devcred_call_wait(call, &credential, &error));
    CHECK(credential && !error);
    devcred_credential_free(credential);
    CHECK_REFUSED(devcred_call_wait(call, &credential, &error), error, "the outcome of this call was already taken");
    CHECK(!credential);
    devcred_call_free(call);

    struct outcome outcome = {0};
    call = start("GID_c@@@fault-slow-20", tell, &outcome);
    CHECK_REFUSED(devcred_call_wait(call, &credential, &error), error, "this call completes through its callback and cannot be waited for");
    await(&outcome);
    CHECK_OK(outcome.status);
    devcred_credential_free(outcome.credential);
    devcred_call_free(call);
    /* Nobody waits for this one, which the sanitizers would count as lost if it were. */
    devcred_call_free(start("GID_c@@@d", NULL, NULL));
}

/* --- Freeing --------------------------------------------------------------------------------------------------------------- */

/* The outcome is freed after the completion; the client, the options and the call whenever one likes. */
static void free_in_this_order(const char *order, int is_waited_for) {
    struct outcome outcome = {0};
    devcred_options *options = options_of(service);
    devcred_client *others = client;
    CHECK_OK(devcred_client_new(options, &client, NULL));
    devcred_call *call = start("GID_c@@@fault-slow-10", is_waited_for ? NULL : tell, &outcome);
    for (; *order; order++) {
        switch (*order) {
            case 'o': devcred_options_free(options); break;
            case 'l': devcred_client_free(client); break;
            case 'c': devcred_call_free(call); break;
            case 'w':
                if (is_waited_for) outcome.status = devcred_call_wait(call, &outcome.credential, &outcome.error);
                else await(&outcome);
                CHECK_OK(outcome.status);
                break;
            case 'f': devcred_credential_free(outcome.credential); break;
        }
    }
    client = others;
}

static void check_every_order(char *order, int length) {
    if (length == 5) {
        int is_legal = strchr(order, 'w') < strchr(order, 'f');
        if (is_legal) free_in_this_order(order, 0);
        if (is_legal && strchr(order, 'w') < strchr(order, 'c')) free_in_this_order(order, 1);
        return;
    }
    for (int i = length; i < 5; i++) {
        char first = order[length];
        order[length] = order[i], order[i] = first;
        check_every_order(order, length + 1);
        order[i] = order[length], order[length] = first;
    }
}

/* An error lives on by itself too. */
static void check_error_after_client(void) {
    devcred_client *others = client;
    client = client_of(service);
    struct outcome outcome = {0};
    devcred_call *call = start("GID_c@@@fault-DeviceCredentialNotFound", tell, &outcome);
    await(&outcome);
    devcred_client_free(client);
    devcred_call_free(call);
    client = others;
    CHECK(outcome.status == DEVCRED_NOT_FOUND && !outcome.credential);
    CHECK_TEXT(devcred_error_code(outcome.error), "DeviceCredentialNotFound");
    devcred_error_free(outcome.error);
}

/* A request of a program that frees itself when it has completed, as a C program writes it. */
struct own {
    devcred_call *call;
    devcred_error *error;
    devcred_client *client;
    struct outcome *outcome;
};

static void free_all_in_callback(void *user_data, devcred_status status, devcred_credential *credential, devcred_error *error) {
    struct own *own = user_data;
    struct outcome *outcome = own->outcome;
    CHECK(own->call && !own->error);
    devcred_call_free(own->call);
    devcred_client_free(own->client);
    devcred_credential_free(credential);
    devcred_error_free(error);
    /* What is written here afterwards was written by the library to memory that is not its own any more. */
    own->call = (devcred_call *)own;
    own->error = (devcred_error *)own;
    tell(outcome, status, NULL, NULL);
}

static void check_everything_freed_in_callback(int times) {
    for (int i = 0; i < times; i++) {
        struct outcome outcome = {0};
        struct own *own = calloc(1, sizeof *own);
        CHECK(own);
        own->client = client_of(service);
        own->outcome = &outcome;
        /* Some are refused before anything is sent, and complete while they are being started. */
        const char *client_id = i % 100 ? "" : "GID_c@@@d";
        CHECK_OK(devcred_get_device_credential_start(own->client, client_id, NULL, DEVCRED_CLIENT_TIMEOUT,
                                                     free_all_in_callback, own, &own->call, &own->error));
        await(&outcome);
        CHECK(outcome.status == (*client_id ? DEVCRED_OK : DEVCRED_INVALID_PARAMETER));
        CHECK(own->call == (devcred_call *)own && own->error == (devcred_error *)own);
        free(own);
    }
}

/* --- Inside a callback ----------------------------------------------------------------------------------------------------- */

static struct outcome outer, started_inside, cancelled_inside;
static devcred_call *waited_for_later, *cancelled_call;

static void misbehave(void *user_data, devcred_status status, devcred_credential *credential, devcred_error *error) {
    const char *why = "a blocking call inside a callback would wait for itself; start the call instead";
    devcred_credential *none = NULL;
    devcred_error *refused = NULL;
    CHECK_REFUSED(devcred_get_device_credential(client, "GID_c@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, &none, &refused), refused, why);
    CHECK_REFUSED(devcred_call_wait(waited_for_later, &none, &refused), refused, why);
    CHECK(!none);
    CHECK_OK(devcred_call_cancel(cancelled_call));
    devcred_call_free(start("GID_c@@@e", tell, &started_inside));
    tell(user_data, status, credential, error);
}

static void check_inside_a_callback(void) {
    waited_for_later = start("GID_c@@@f", NULL, NULL);
    cancelled_call = start("GID_c@@@fault-hang", tell, &cancelled_inside);
    devcred_call *call = start("GID_c@@@d", misbehave, &outer);
    await(&outer);
    await(&started_inside);
    await(&cancelled_inside);
    CHECK_OK(outer.status);
    CHECK_TEXT(devcred_credential_client_id(outer.credential), "GID_c@@@d");
    CHECK_OK(started_inside.status);
    CHECK_TEXT(devcred_credential_client_id(started_inside.credential), "GID_c@@@e");
    CHECK(cancelled_inside.status == DEVCRED_CANCELLED);
    /* A wait that was refused has not taken the outcome away: it is billed, and there is no other. */
    devcred_credential *credential = NULL;
    CHECK_OK(devcred_call_wait(waited_for_later, &credential, NULL));
    CHECK_TEXT(devcred_credential_client_id(credential), "GID_c@@@f");
    devcred_credential_free(credential);
    devcred_credential_free(outer.credential);
    devcred_credential_free(started_inside.credential);
    devcred_call_free(waited_for_later);
    devcred_call_free(cancelled_call);
    devcred_call_free(call);
}

int main(int count, char **arguments) {
    service = service_of(count, arguments);
    CHECK(count == 5);
    client = client_of(service);
    check_cancel_from_another_thread();
    check_cancel_of_one_that_is_waited_for();
    check_cancel_after_completion();
    check_wait();
    char order[] = "olcwf";
    check_every_order(order, 0);
    check_error_after_client();
    check_everything_freed_in_callback(atoi(arguments[4]));
    check_inside_a_callback();
    pthread_mutex_lock(&outcome_lock);
    for (int i = 0; i < 8; i++) CHECK(cancelled[i].times == 1);
    pthread_mutex_unlock(&outcome_lock);
    devcred_client_free(client);
    return 0;
}
