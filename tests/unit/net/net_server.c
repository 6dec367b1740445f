#include "net_server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct net_server {
    struct MHD_Daemon *daemon;
    char url[64];
    net_handler handler;
    void *user;
    pthread_mutex_t lock;
    struct net_record records[NET_SERVER_RECORDS];
    size_t count;
    size_t now;
    size_t most;
    atomic_bool stopping;
};

/* A request while its body is read. */
struct visit {
    struct net_record record;
    struct net_answer answer;
    struct net_server *server;
    bool counted;
};

static int64_t monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void nap(unsigned milliseconds) {
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static void hang(struct net_server *server) {
    while (!atomic_load(&server->stopping))
        nap(5);
}

static void copy_text(char *to, size_t size, const char *from) {
    snprintf(to, size, "%s", from ? from : "");
}

static enum MHD_Result add_query(void *user, enum MHD_ValueKind kind, const char *key, const char *value) {
    struct net_record *record = user;
    size_t used = strlen(record->query);
    (void)kind;
    snprintf(record->query + used, sizeof record->query - used, "%s%s=%s", used ? "&" : "", key, value ? value : "");
    return MHD_YES;
}

static ssize_t read_half(void *user, uint64_t position, char *buffer, size_t size) {
    struct visit *visit = user;
    size_t length = visit->answer.length ? visit->answer.length : strlen(visit->answer.body);
    size_t half = length / 2;
    if (position >= half) {
        if (visit->answer.trouble == NET_STALL)
            hang(visit->server);
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t left = half - (size_t)position;
    size = left < size ? left : size;
    memcpy(buffer, visit->answer.body + position, size);
    return (ssize_t)size;
}

static struct MHD_Response *make_response(struct visit *visit) {
    const struct net_answer *answer = &visit->answer;
    size_t length = answer->body && !answer->length ? strlen(answer->body) : answer->length;
    if (answer->trouble == NET_TRUNCATE || answer->trouble == NET_STALL)
        return MHD_create_response_from_callback(length, 4096, read_half, visit, NULL);
    char *copy = malloc(length + 1);
    cr_assert_not_null(copy);
    if (answer->body)
        memcpy(copy, answer->body, length);
    return MHD_create_response_from_buffer(length, copy, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result reply(struct MHD_Connection *connection, struct visit *visit) {
    const struct net_answer *answer = &visit->answer;
    char fat[1001];
    memset(fat, 'x', sizeof fat - 1);
    fat[sizeof fat - 1] = '\0';
    struct MHD_Response *response = make_response(visit);
    cr_assert_not_null(response);
    for (size_t i = 0; i < 2 && answer->header[i][0]; i++)
        MHD_add_response_header(response, answer->header[i][0], answer->header[i][1]);
    for (size_t i = 0; i < answer->fat_headers; i++)
        MHD_add_response_header(response, "X-Fat", fat);
    enum MHD_Result result = MHD_queue_response(connection, answer->status ? answer->status : 200, response);
    MHD_destroy_response(response);
    return result;
}

static void record_visit(struct net_server *server, struct visit *visit) {
    pthread_mutex_lock(&server->lock);
    size_t index = server->count++;
    if (index < NET_SERVER_RECORDS)
        server->records[index] = visit->record;
    if (++server->now > server->most)
        server->most = server->now;
    visit->counted = true;
    visit->server = server;
    server->handler(server->user, index, &visit->record, &visit->answer);
    pthread_mutex_unlock(&server->lock);
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *data, size_t *size, void **state) {
    struct net_server *server = user;
    struct visit *visit = *state;
    (void)version;
    if (!visit) {
        visit = calloc(1, sizeof *visit);
        visit->record.time = monotonic();
        copy_text(visit->record.method, sizeof visit->record.method, method);
        copy_text(visit->record.path, sizeof visit->record.path, path);
        MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query, &visit->record);
        copy_text(visit->record.authorization, sizeof visit->record.authorization,
                  MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization"));
        copy_text(visit->record.encoding, sizeof visit->record.encoding,
                  MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept-Encoding"));
        copy_text(visit->record.scope, sizeof visit->record.scope,
                  MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Scope-OrgID"));
        *state = visit;
        return MHD_YES;
    }
    if (*size > 0) {
        size_t used = strlen(visit->record.body);
        snprintf(visit->record.body + used, sizeof visit->record.body - used, "%.*s", (int)*size, data);
        *size = 0;
        return MHD_YES;
    }
    record_visit(server, visit);
    nap(visit->answer.delay_ms);
    if (visit->answer.trouble == NET_SILENT)
        hang(server);
    if (visit->answer.trouble == NET_RESET) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        return MHD_NO;
    }
    return visit->answer.trouble == NET_CLOSE || visit->answer.trouble == NET_SILENT ? MHD_NO
                                                                                     : reply(connection, visit);
}

static void on_end(void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code) {
    struct net_server *server = user;
    struct visit *visit = *state;
    (void)connection;
    (void)code;
    if (visit && visit->counted) {
        pthread_mutex_lock(&server->lock);
        server->now--;
        pthread_mutex_unlock(&server->lock);
    }
    free(visit);
    *state = NULL;
}

static void read_file(const char *name, char *buffer, size_t size) {
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/tls/%s", CG_TEST_BINARY_DIR, name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    size_t length = fread(buffer, 1, size - 1, file);
    buffer[length] = '\0';
    (void)fclose(file);
}

static struct net_server *start_server(net_handler handler, void *user, bool tls) {
    struct net_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char certificate[4096];
    char key[4096];
    read_file("tls_cert.pem", certificate, sizeof certificate);
    read_file("tls_key.pem", key, sizeof key);
    cr_assert_not_null(server);
    pthread_mutex_init(&server->lock, NULL);
    server->handler = handler;
    server->user = user;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION;
    const struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, certificate}, {MHD_OPTION_HTTPS_MEM_KEY, 0, key}, {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    server->daemon = MHD_start_daemon(tls ? flags | MHD_USE_TLS : flags, 0, NULL, NULL, on_request, server,
                                      MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)&address,
                                      MHD_OPTION_NOTIFY_COMPLETED, on_end, server, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                      (size_t)1024 * 1024, MHD_OPTION_ARRAY, tls ? secure : plain, MHD_OPTION_END);
    cr_assert_not_null(server->daemon, "the test server does not start");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    snprintf(server->url, sizeof server->url, "http%s://127.0.0.1:%u", tls ? "s" : "", info->port);
    return server;
}

struct net_server *net_server_new(net_handler handler, void *user) {
    return start_server(handler, user, false);
}

struct net_server *net_server_new_tls(net_handler handler, void *user) {
    return start_server(handler, user, true);
}

void net_server_free(struct net_server *server) {
    atomic_store(&server->stopping, true);
    MHD_stop_daemon(server->daemon);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

const char *net_server_url(const struct net_server *server) {
    return server->url;
}

size_t net_server_count(struct net_server *server) {
    pthread_mutex_lock(&server->lock);
    size_t count = server->count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

struct net_record net_server_record(struct net_server *server, size_t index) {
    pthread_mutex_lock(&server->lock);
    cr_assert(index < server->count && index < NET_SERVER_RECORDS, "there was no request %zu", index);
    struct net_record record = server->records[index];
    pthread_mutex_unlock(&server->lock);
    return record;
}

size_t net_server_most(struct net_server *server) {
    pthread_mutex_lock(&server->lock);
    size_t most = server->most;
    pthread_mutex_unlock(&server->lock);
    return most;
}

/* ---- raw ---- */

struct net_raw_server {
    int fd;
    char url[64];
    const char *bytes;
    size_t length;
    pthread_t thread;
};

static void *serve(void *user) {
    const struct net_raw_server *server = user;
    char request[4096];
    for (;;) {
        int fd = accept(server->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        if (recv(fd, request, sizeof request, 0) > 0)
            (void)send(fd, server->bytes, server->length, MSG_NOSIGNAL);
        close(fd);
    }
}

struct net_raw_server *net_raw_server_new(const char *bytes, size_t length) {
    struct net_raw_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    cr_assert_not_null(server);
    server->bytes = bytes;
    server->length = length;
    server->fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(server->fd >= 0 && bind(server->fd, (const struct sockaddr *)&address, size) == 0 &&
              listen(server->fd, 16) == 0 && getsockname(server->fd, (struct sockaddr *)&address, &size) == 0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u", ntohs(address.sin_port));
    cr_assert_eq(pthread_create(&server->thread, NULL, serve, server), 0);
    return server;
}

void net_raw_server_free(struct net_raw_server *server) {
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
    free(server);
}

const char *net_raw_server_url(const struct net_raw_server *server) {
    return server->url;
}
