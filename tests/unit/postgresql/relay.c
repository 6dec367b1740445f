#include "relay.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <criterion/criterion.h>

#define ROOM ((size_t)64 * 1024)

static int send_all(int fd, const char *data, size_t length) {
    while (length > 0) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return 0;
        data += sent;
        length -= (size_t)sent;
    }
    return 1;
}

static int open_server(const struct relay *relay) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = relay->server;
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The first message of a client: its length, the version, and settings with their values. Returns the new length. */
static size_t drop_options(char *message, size_t length) {
    char kept[ROOM];
    size_t used = 8;
    memcpy(kept, message, used);
    for (const char *at = message + 8; at < message + length && *at;) {
        const char *value = at + strlen(at) + 1;
        size_t size = (size_t)(value - at) + strlen(value) + 1;
        if (strcmp(at, "options") != 0) {
            memcpy(kept + used, at, size);
            used += size;
        }
        at += size;
    }
    kept[used++] = '\0';
    uint32_t size = htonl((uint32_t)used);
    memcpy(kept, &size, sizeof size);
    memcpy(message, kept, used);
    return used;
}

static int has(const char *data, size_t length, const char *word) {
    return memmem(data, length, word, strlen(word) + 1) != NULL;
}

/* Waits until the server has answered a COMMIT. */
static void hear_commit(int server) {
    char answer[ROOM];
    ssize_t got = 0;
    do
        got = recv(server, answer, sizeof answer, 0);
    while (got > 0 && !has(answer, (size_t)got, "COMMIT"));
}

/* Passes on what the client says. 0 ends the connection. */
static int pass_request(struct relay *relay, int client, int server, int is_first) {
    char data[ROOM];
    ssize_t got = recv(client, data, sizeof data, 0);
    if (got <= 0)
        return 0;
    size_t length = (size_t)got;
    int fault = atomic_load(&relay->fault);
    if (is_first && fault == RELAY_FORGETS_OPTIONS)
        length = drop_options(data, length);
    int breaks = fault >= RELAY_LOSES_COMMIT && has(data, length, "COMMIT");
    if (breaks)
        atomic_store(&relay->fault, RELAY_SOUND);
    if (breaks && fault == RELAY_LOSES_COMMIT)
        return 0;
    if (!send_all(server, data, length))
        return 0;
    if (breaks)
        hear_commit(server);
    return !breaks;
}

static int pass_answer(int server, int client) {
    char data[ROOM];
    ssize_t got = recv(server, data, sizeof data, 0);
    return got > 0 && send_all(client, data, (size_t)got);
}

static void serve(struct relay *relay, int client) {
    int server = open_server(relay);
    int is_first = 1;
    int goes_on = server >= 0;
    while (goes_on) {
        struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0)
            break;
        if (fds[0].revents) {
            goes_on = pass_request(relay, client, server, is_first);
            is_first = 0;
        } else if (fds[1].revents) {
            goes_on = pass_answer(server, client);
        }
    }
    if (server >= 0)
        close(server);
    close(client);
}

static void *work(void *user) {
    struct relay *relay = user;
    int client = -1;
    while ((client = accept(relay->listener, NULL, NULL)) >= 0)
        serve(relay, client);
    return NULL;
}

void relay_start(struct relay *relay, const struct cg_test_postgres *database) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char server[sizeof database->host + 32] = "";
    *relay = (struct relay){.database = *database, .folder = "/tmp/cg-relay-XXXXXX"};
    cr_assert_not_null(mkdtemp(relay->folder));
    relay->server.sun_family = AF_UNIX;
    cr_assert_lt(snprintf(server, sizeof server, "%s/.s.PGSQL.%s", database->host, database->port),
                 (int)sizeof relay->server.sun_path);
    memcpy(relay->server.sun_path, server, sizeof relay->server.sun_path);
    snprintf(relay->path, sizeof relay->path, "%s/.s.PGSQL.%s", relay->folder, database->port);
    snprintf(relay->database.host, sizeof relay->database.host, "%s", relay->folder);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", relay->path);
    relay->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(relay->listener, 0);
    cr_assert_eq(bind(relay->listener, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(relay->listener, 8), 0);
    cr_assert_eq(pthread_create(&relay->thread, NULL, work, relay), 0);
}

void relay_end(struct relay *relay) {
    shutdown(relay->listener, SHUT_RDWR);
    pthread_join(relay->thread, NULL);
    close(relay->listener);
    unlink(relay->path);
    rmdir(relay->folder);
}
