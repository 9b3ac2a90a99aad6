/* Eight threads make 500 calls each with one client, and each call returns the credential of its
 * device, while another thread keeps replacing the AccessKey with the same one. */
#include "check.h"

enum { THREADS = 8, CALLS = 500 };

static struct service service;
static devcred_client *client;
static char *secrets[THREADS], *passwords[THREADS];

static devcred_credential *fetch(int device) {
    char client_id[32];
    devcred_credential *credential = NULL;
    devcred_error *error = NULL;
    snprintf(client_id, sizeof client_id, "GID_t@@@%d", device);
    devcred_status status = devcred_get_device_credential(client, client_id, NULL, DEVCRED_CLIENT_TIMEOUT, &credential, &error);
    if (status != DEVCRED_OK) fprintf(stderr, "%s\n", devcred_error_text(error));
    CHECK(status == DEVCRED_OK && !error);
    CHECK_TEXT(devcred_credential_client_id(credential), client_id);
    return credential;
}

static void *make_calls(void *argument) {
    int thread = *(int *)argument;
    for (int i = 0; i < CALLS; i++) {
        /* Cycle through the devices, so that the threads request different ones at any time. */
        int device = (thread + i) % THREADS;
        devcred_credential *credential = fetch(device);
        CHECK_TEXT(devcred_credential_device_access_key_secret(credential), secrets[device]);
        CHECK_TEXT(devcred_credential_mqtt_password(credential), passwords[device]);
        devcred_credential_free(credential);
    }
    return NULL;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int is_ended;

static void *replace_key(void *argument) {
    long *times = argument;
    for (;; ++*times) {
        pthread_mutex_lock(&lock);
        int ended = is_ended;
        pthread_mutex_unlock(&lock);
        if (ended) return NULL;
        CHECK_OK(devcred_client_set_access_key(client, service.key_id, service.key_secret, NULL, NULL));
    }
}

int main(int count, char **arguments) {
    service = parse_service(count, arguments);
    client = new_client(service);
    for (int i = 0; i < THREADS; i++) {
        devcred_credential *credential = fetch(i);
        secrets[i] = strdup(devcred_credential_device_access_key_secret(credential));
        passwords[i] = strdup(devcred_credential_mqtt_password(credential));
        CHECK(i == 0 || strcmp(secrets[i], secrets[i - 1]));
        devcred_credential_free(credential);
    }
    pthread_t threads[THREADS], replacer;
    int numbers[THREADS];
    long times = 0;
    CHECK(!pthread_create(&replacer, NULL, replace_key, &times));
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(!pthread_create(&threads[i], NULL, make_calls, &numbers[i]));
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    pthread_mutex_lock(&lock);
    is_ended = 1;
    pthread_mutex_unlock(&lock);
    pthread_join(replacer, NULL);
    CHECK(times > 0);
    printf("the key was replaced %ld times\n", times);
    for (int i = 0; i < THREADS; i++) free(secrets[i]), free(passwords[i]);
    devcred_client_free(client);
    return 0;
}
