/* Calls by blocking sockets, the least that a C program can do; ../README.md documents its
 * arguments. Each thread keeps a connection. Of the response, only the status and the length are
 * read. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <gnu/libc-version.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_AT_ONCE = 256 };

/* 0 for a thread that has made no call. */
static int connections[MOST_AT_ONCE];
static long calls_of_each;

static struct sockaddr_in address;
static char request[4096];
static size_t request_length;

static void check(int is_fine, const char *what) {
    if (is_fine) return;
    fprintf(stderr, "bench: ");
    perror(what);
    exit(1);
}

static int open_connection(void) {
    int connection = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    check(connection >= 0, "socket");
    check(!setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "setsockopt");
    check(!connect(connection, (struct sockaddr *)&address, sizeof address), "connect");
    return connection;
}

static int is_complete(const char *response) {
    const char *end = strstr(response, "\r\n\r\n"), *length = strstr(response, "\r\ncontent-length: ");
    if (!end) return 0;
    check(!strncmp(response, "HTTP/1.1 200 ", 13) && length && length < end, "unexpected response");
    return strlen(end + 4) >= strtoul(length + 18, NULL, 10);
}

static void call(int connection) {
    check(send(connection, request, request_length, 0) == (ssize_t)request_length, "send");
    char response[4096];
    size_t length = 0;
    do {
        ssize_t count = recv(connection, response + length, sizeof response - 1 - length, 0);
        check(count > 0, "recv");
        length += count;
        response[length] = 0;
    } while (!is_complete(response));
}

static void *make_calls(void *argument) {
    int *connection = argument;
    if (!*connection) *connection = open_connection();
    for (long i = 0; i < calls_of_each; i++) call(*connection);
    return NULL;
}

static void run(int at_once) {
    if (at_once == 1) {
        make_calls(&connections[0]);
        return;
    }
    pthread_t threads[MOST_AT_ONCE];
    for (int i = 0; i < at_once; i++)
        check(!pthread_create(&threads[i], NULL, make_calls, &connections[i]), "pthread_create");
    for (int i = 0; i < at_once; i++) pthread_join(threads[i], NULL);
}

static void build_request(const char *headers, const char *endpoint, const char *instance_id, const char *client_id) {
    const char *host = endpoint + strlen("http://"), *port = strchr(host, ':');
    check(port != NULL, "the endpoint has no port");
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(port + 1));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    char *at = request + sprintf(request, "POST /?ClientId=");
    for (; *client_id; client_id++) at += sprintf(at, *client_id == '@' ? "%%40" : "%c", *client_id);
    at += sprintf(at, "&InstanceId=%s HTTP/1.1\r\nhost: %s\r\ncontent-length: 0\r\n", instance_id, host);
    FILE *file = fopen(headers, "r");
    check(file != NULL, headers);
    char line[512];
    while (fgets(line, sizeof line, file)) at += sprintf(at, "%.*s\r\n", (int)strcspn(line, "\n"), line);
    fclose(file);
    at += sprintf(at, "\r\n");
    request_length = at - request;
}

static long long now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments) {
    if (count == 4 && !strcmp(arguments[3], "--version")) {
        printf("blocking sockets, glibc %s, gcc %s\n", gnu_get_libc_version(), __VERSION__);
        return 0;
    }
    if (count != 8) return 2;
    build_request(arguments[1], arguments[3], arguments[6], arguments[7]);

    long calls;
    int at_once;
    while (scanf("%ld %d", &calls, &at_once) == 2 && at_once > 0 && at_once <= MOST_AT_ONCE) {
        calls_of_each = 20; /* Opens connections and fills caches. */
        run(at_once);
        calls_of_each = calls / at_once;
        long long cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
        run(at_once);
        printf("%lld %lld\n", now(CLOCK_PROCESS_CPUTIME_ID) - cpu, now(CLOCK_MONOTONIC) - wall);
        fflush(stdout);
    }
    return 0;
}
