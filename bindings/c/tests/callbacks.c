/* Started calls: each completes exactly once, whichever thread cancels it and in whatever order the
 * handles are freed, and a blocking call that would never return is refused. The argument after the
 * service is how often a callback frees every handle. */
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

/* --- Cancelling ------------------------------------------------------------------------------- */

/* Checked at the end of the program: a second completion would have happened by then. */
static struct outcome cancelled[8];

static void check_cancel_from_another_thread(void) {
    pthread_t threads[8];
    devcred_call *calls[8];
    for (int i = 0; i < 8; i++) {
        calls[i] = start("GID_c@@@fault-hang", on_complete, &cancelled[i]);
        CHECK(!pthread_create(&threads[i], NULL, cancel_twice, calls[i]));
    }
    for (int i = 0; i < 8; i++) {
        await(&cancelled[i]);
        pthread_join(threads[i], NULL);
        CHECK(cancelled[i].status == DEVCRED_CANCELLED && !cancelled[i].credential && !cancelled[i].error);
        CHECK_OK(devcred_call_cancel(calls[i]));
        devcred_call_free(calls[i]);
    }
    /* Cancelled at once, possibly before the call has begun. */
    struct outcome outcome = {0};
    devcred_call *call = start("GID_c@@@fault-hang", on_complete, &outcome);
    CHECK_OK(devcred_call_cancel(call));
    await(&outcome);
    CHECK(outcome.status == DEVCRED_CANCELLED);
    devcred_call_free(call);
}

static void check_cancel_during_wait(void) {
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
    devcred_call *call = start("GID_c@@@d", on_complete, &outcome);
    await(&outcome);
    CHECK_OK(devcred_call_cancel(call));
    CHECK_OK(outcome.status);
    devcred_credential_free(outcome.credential);
    devcred_call_free(call);

    devcred_credential *credential = NULL;
    call = start("GID_c@@@d", NULL, NULL);
    sleep_ms(50);
    CHECK_OK(devcred_call_cancel(call));
    /* Most likely completed by then, but both outcomes are correct. */
    devcred_status status = devcred_call_wait(call, &credential, NULL);
    CHECK(status == (credential ? DEVCRED_OK : DEVCRED_CANCELLED));
    CHECK_OK(devcred_call_cancel(call));
    devcred_credential_free(credential);
    devcred_call_free(call);
}

/* --- Waiting ---------------------------------------------------------------------------------- */

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
    call = start("GID_c@@@fault-slow-20", on_complete, &outcome);
    CHECK_REFUSED(devcred_call_wait(call, &credential, &error), error, "this call completes through its callback and cannot be waited for");
    await(&outcome);
    CHECK_OK(outcome.status);
    devcred_credential_free(outcome.credential);
    devcred_call_free(call);
    /* No one waits for this call; the sanitizers would report it if it leaked. */
    devcred_call_free(start("GID_c@@@d", NULL, NULL));
}

/* --- Freeing ---------------------------------------------------------------------------------- */

/* Frees the options, client, call and credential in this order. Only the credential has to wait for
 * the completion. */
static void free_in_order(const char *order, int is_waited_for) {
    struct outcome outcome = {0};
    devcred_options *options = new_options(service);
    devcred_client *shared = client;
    CHECK_OK(devcred_client_new(options, &client, NULL));
    devcred_call *call = start("GID_c@@@fault-slow-10", is_waited_for ? NULL : on_complete, &outcome);
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
    client = shared;
}

static void check_permutations(char *order, int length) {
    if (length == 5) {
        int is_valid = strchr(order, 'w') < strchr(order, 'f');
        if (is_valid) free_in_order(order, 0);
        if (is_valid && strchr(order, 'w') < strchr(order, 'c')) free_in_order(order, 1);
        return;
    }
    for (int i = length; i < 5; i++) {
        char first = order[length];
        order[length] = order[i], order[i] = first;
        check_permutations(order, length + 1);
        order[i] = order[length], order[length] = first;
    }
}

/* An error outlives its client. */
static void check_error_after_client(void) {
    devcred_client *shared = client;
    client = new_client(service);
    struct outcome outcome = {0};
    devcred_call *call = start("GID_c@@@fault-DeviceCredentialNotFound", on_complete, &outcome);
    await(&outcome);
    devcred_client_free(client);
    devcred_call_free(call);
    client = shared;
    CHECK(outcome.status == DEVCRED_NOT_FOUND && !outcome.credential);
    CHECK_TEXT(devcred_error_code(outcome.error), "DeviceCredentialNotFound");
    devcred_error_free(outcome.error);
}

/* What a C program typically stores for a request, and frees in the callback. */
struct request {
    devcred_call *call;
    devcred_error *error;
    devcred_client *client;
    struct outcome *outcome;
};

static void free_all_in_callback(void *user_data, devcred_status status, devcred_credential *credential, devcred_error *error) {
    struct request *request = user_data;
    struct outcome *outcome = request->outcome;
    CHECK(request->call && !request->error);
    devcred_call_free(request->call);
    devcred_client_free(request->client);
    devcred_credential_free(credential);
    devcred_error_free(error);
    /* The library must not write to these any more: the program may have freed them. */
    request->call = (devcred_call *)request;
    request->error = (devcred_error *)request;
    on_complete(outcome, status, NULL, NULL);
}

static void check_everything_freed_in_callback(int times) {
    for (int i = 0; i < times; i++) {
        struct outcome outcome = {0};
        struct request *request = calloc(1, sizeof *request);
        CHECK(request);
        request->client = new_client(service);
        request->outcome = &outcome;
        /* Most are refused before anything is sent, and complete while they are being started. */
        const char *client_id = i % 100 ? "" : "GID_c@@@d";
        CHECK_OK(devcred_get_device_credential_start(request->client, client_id, NULL, DEVCRED_CLIENT_TIMEOUT,
                                                     free_all_in_callback, request, &request->call, &request->error));
        await(&outcome);
        CHECK(outcome.status == (*client_id ? DEVCRED_OK : DEVCRED_INVALID_PARAMETER));
        CHECK(request->call == (devcred_call *)request && request->error == (devcred_error *)request);
        free(request);
    }
}

/* --- Inside a callback ------------------------------------------------------------------------ */

static struct outcome outer, started_inside, cancelled_inside;
static devcred_call *waited_call, *cancelled_call;

static void call_inside(void *user_data, devcred_status status, devcred_credential *credential, devcred_error *error) {
    const char *why = "a blocking call inside a callback would wait for itself; start the call instead";
    devcred_credential *none = NULL;
    devcred_error *refused = NULL;
    CHECK_REFUSED(devcred_get_device_credential(client, "GID_c@@@d", NULL, DEVCRED_CLIENT_TIMEOUT, &none, &refused), refused, why);
    CHECK_REFUSED(devcred_call_wait(waited_call, &none, &refused), refused, why);
    CHECK(!none);
    CHECK_OK(devcred_call_cancel(cancelled_call));
    devcred_call_free(start("GID_c@@@e", on_complete, &started_inside));
    on_complete(user_data, status, credential, error);
}

static void check_inside_a_callback(void) {
    waited_call = start("GID_c@@@f", NULL, NULL);
    cancelled_call = start("GID_c@@@fault-hang", on_complete, &cancelled_inside);
    devcred_call *call = start("GID_c@@@d", call_inside, &outer);
    await(&outer);
    await(&started_inside);
    await(&cancelled_inside);
    CHECK_OK(outer.status);
    CHECK_TEXT(devcred_credential_client_id(outer.credential), "GID_c@@@d");
    CHECK_OK(started_inside.status);
    CHECK_TEXT(devcred_credential_client_id(started_inside.credential), "GID_c@@@e");
    CHECK(cancelled_inside.status == DEVCRED_CANCELLED);
    /* The refused wait has not taken the outcome: the call is billed, and its result must not be
     * lost. */
    devcred_credential *credential = NULL;
    CHECK_OK(devcred_call_wait(waited_call, &credential, NULL));
    CHECK_TEXT(devcred_credential_client_id(credential), "GID_c@@@f");
    devcred_credential_free(credential);
    devcred_credential_free(outer.credential);
    devcred_credential_free(started_inside.credential);
    devcred_call_free(waited_call);
    devcred_call_free(cancelled_call);
    devcred_call_free(call);
}

int main(int count, char **arguments) {
    service = parse_service(count, arguments);
    CHECK(count == 5);
    client = new_client(service);
    check_cancel_from_another_thread();
    check_cancel_during_wait();
    check_cancel_after_completion();
    check_wait();
    char order[] = "olcwf";
    check_permutations(order, 0);
    check_error_after_client();
    check_everything_freed_in_callback(atoi(arguments[4]));
    check_inside_a_callback();
    pthread_mutex_lock(&outcome_lock);
    for (int i = 0; i < 8; i++) CHECK(cancelled[i].times == 1);
    pthread_mutex_unlock(&outcome_lock);
    devcred_client_free(client);
    return 0;
}
