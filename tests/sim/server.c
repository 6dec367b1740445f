#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "exchange.h"

struct cg_sim_server {
    struct cg_sim_world *world;
    struct MHD_Daemon *daemon;
    struct cg_sim_cache *cache;
    struct cg_sim_exchange *waiting; /* suspended requests */
    uint64_t next_peek_ns;           /* when to look again which of their clients have gone */
    struct cg_sim_text key;          /* scratch: key of the cache */
    struct cg_sim_text url;          /* scratch: URL for links */
    char authorization[512];         /* what the Confluent API wants to see */
    char flink_authorization[512];   /* what its regional part wants to see; "" = the same */
    char prom_authorization[512];    /* what the Prometheus API wants to see; "" = anything */
    char own_host[80];               /* for requests without a usable Host */
    uint16_t port;
};

uint64_t cg_sim_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* Suspends a request until `ns` from now. */
static void exchange_suspend(struct cg_sim_server *server, struct cg_sim_exchange *exchange, uint64_t ns) {
    exchange->wake_ns = cg_sim_now_ns() + ns;
    exchange->suspended = true;
    exchange->previous = NULL;
    exchange->next = server->waiting;
    if (server->waiting != NULL) {
        server->waiting->previous = exchange;
    }
    server->waiting = exchange;
    MHD_suspend_connection(exchange->connection);
}

static void exchange_resume(struct cg_sim_server *server, struct cg_sim_exchange *exchange) {
    if (exchange->previous != NULL) {
        exchange->previous->next = exchange->next;
    } else {
        server->waiting = exchange->next;
    }
    if (exchange->next != NULL) {
        exchange->next->previous = exchange->previous;
    }
    exchange->suspended = false;
    exchange->phase = exchange->phase == CG_SIM_PHASE_WAIT ? CG_SIM_PHASE_ANSWER : exchange->phase;
    MHD_resume_connection(exchange->connection);
}

/* A suspended connection is not watched by the daemon, so we look ourselves whether the client has gone. */
static bool client_is_gone(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte = 0;
    if (info == NULL) {
        return false;
    }
    ssize_t got = recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/* Resumes what is due, everything when `all` is set; returns the milliseconds to the next look, -1 = none waits. */
static int waiting_check(struct cg_sim_server *server, bool all) {
    uint64_t now = cg_sim_now_ns();
    int timeout = -1;
    bool peek = now >= server->next_peek_ns;
    if (peek) {
        server->next_peek_ns = now + 200000000;
    }
    struct cg_sim_exchange *next = NULL;
    for (struct cg_sim_exchange *exchange = server->waiting; exchange != NULL; exchange = next) {
        next = exchange->next;
        bool gone = all || (peek && client_is_gone(exchange->connection));
        if (gone) {
            exchange->phase = CG_SIM_PHASE_DROP;
        }
        if (gone || exchange->wake_ns <= now) {
            exchange_resume(server, exchange);
            timeout = 0;
            continue;
        }
        uint64_t left = (exchange->wake_ns - now) / 1000000 + 1;
        int wait = left < 200 ? (int)left : 200;
        timeout = timeout < 0 || wait < timeout ? wait : timeout;
    }
    return timeout;
}

static bool is_authorized(const struct cg_sim_exchange *exchange, const char *expected) {
    const char *header =
        MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    size_t scheme = strcspn(expected, " ");
    return header != NULL && strncasecmp(header, expected, scheme) == 0 &&
           strcmp(header + scheme, expected + scheme) == 0;
}

/* The host the client believes to talk to, for links; our own address when it is missing or strange. */
static const char *host_of(const struct cg_sim_server *server, struct MHD_Connection *connection) {
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]";
    if (host == NULL || host[0] == '\0' || strlen(host) > 255 || host[strspn(host, allowed)] != '\0') {
        return server->own_host;
    }
    return host;
}

/* Calls the handler and makes sure that a lack of memory becomes an honest reply. */
static void handler_call(struct cg_sim_server *server, struct cg_sim_exchange *exchange,
                         const struct cg_sim_route *route, struct cg_sim_reply *reply) {
    const char *query = strchr(exchange->uri, '?');
    size_t path_len = query == NULL ? strlen(exchange->uri) : (size_t)(query - exchange->uri);
    cg_sim_text_clear(&server->url);
    cg_sim_text_puts(&server->url, "http://");
    cg_sim_text_puts(&server->url, host_of(server, exchange->connection));
    cg_sim_text_add(&server->url, exchange->uri, path_len);
    struct cg_sim_request request = {
        .path = route->path,
        .query = query == NULL ? "" : query + 1,
        .body = exchange->body.data == NULL ? "" : exchange->body.data,
        .url = server->url.failed ? "" : server->url.data,
        .repeat_token = exchange->decision.repeat_token,
    };
    if (exchange->too_large) {
        cg_sim_reply_error(reply, MHD_HTTP_CONTENT_TOO_LARGE, "The request body is longer than 1 MiB");
    } else if (!route->known) {
        cg_sim_reply_error(reply, MHD_HTTP_NOT_FOUND, "There is nothing at this path");
    } else if (route->handler == NULL) {
        cg_sim_reply_error(reply, MHD_HTTP_METHOD_NOT_ALLOWED, "This path does not take this method");
    } else {
        route->handler(server->world, &request, reply);
    }
    if (reply->body.failed) {
        cg_sim_text_done(&reply->body);
        cg_sim_reply_error(reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "The simulator is out of memory");
    }
    reply->cacheable = reply->cacheable && !request.repeat_token;
}

/* Whose credentials a request carries. */
static enum cg_sim_credential credential_of(const struct cg_sim_server *server,
                                            const struct cg_sim_exchange *exchange) {
    if (is_authorized(exchange, server->authorization)) {
        return CG_SIM_CREDENTIAL_ORGANIZATION;
    }
    bool flink = server->flink_authorization[0] != '\0' && is_authorized(exchange, server->flink_authorization);
    return flink ? CG_SIM_CREDENTIAL_FLINK : CG_SIM_CREDENTIAL_COUNT;
}

/*
 * When the kernel received a request that was just read. The time at which we come to it says little about its sender:
 * on a busy machine we may come to several at once.
 */
static uint64_t arrival_ns(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct tcp_info tcp = {0};
    socklen_t size = sizeof(tcp);
    uint64_t now = cg_sim_now_ns();
    if (info == NULL || getsockopt(info->connect_fd, IPPROTO_TCP, TCP_INFO, &tcp, &size) != 0) {
        return now;
    }
    return now - (uint64_t)tcp.tcpi_last_data_recv * 1000000U;
}

/* Refuses a request without the credentials its group wants; true when it was refused. */
static bool credentials_refuse(struct cg_sim_server *server, struct cg_sim_exchange *exchange,
                               const struct cg_sim_route *route, struct cg_sim_reply *reply) {
    bool flink = server->flink_authorization[0] != '\0' && strncmp(route->path, "/sql/", 5) == 0;
    if (exchange->group == CG_SIM_GROUP_CONFLUENT &&
        !is_authorized(exchange, flink ? server->flink_authorization : server->authorization)) {
        cg_sim_reply_error(reply, MHD_HTTP_UNAUTHORIZED, "The API key or its secret is wrong");
        return true;
    }
    if (exchange->group == CG_SIM_GROUP_PROMETHEUS && server->prom_authorization[0] != '\0' &&
        !is_authorized(exchange, server->prom_authorization)) {
        cg_sim_reply_prom_error(reply, MHD_HTTP_UNAUTHORIZED, "unauthorized", "The bearer token is wrong");
        return true;
    }
    return false;
}

/* The whole request as the key of the cache; false when memory is short. */
static bool key_make(struct cg_sim_server *server, const struct cg_sim_exchange *exchange, const char *method) {
    cg_sim_text_clear(&server->key);
    cg_sim_text_puts(&server->key, method);
    cg_sim_text_putc(&server->key, ' ');
    cg_sim_text_puts(&server->key, host_of(server, exchange->connection));
    cg_sim_text_puts(&server->key, exchange->uri);
    cg_sim_text_putc(&server->key, '\n');
    cg_sim_text_add(&server->key, exchange->body.data == NULL ? "" : exchange->body.data, exchange->body.len);
    return !server->key.failed;
}

static enum MHD_Result response_queue(struct cg_sim_server *server, struct cg_sim_exchange *exchange, unsigned status,
                                      struct MHD_Response *response) {
    cg_sim_stats_status(server->world->stats, status);
    return MHD_queue_response(exchange->connection, status, response);
}

static enum MHD_Result right_answer(struct cg_sim_server *server, struct cg_sim_exchange *exchange, const char *method,
                                    const struct cg_sim_route *route) {
    struct cg_sim_reply reply = {.status = MHD_HTTP_OK, .content_type = "application/json"};
    bool keyed = false;
    if (!credentials_refuse(server, exchange, route, &reply)) {
        keyed = route->group != CG_SIM_GROUP_OTHER && !exchange->decision.repeat_token && !exchange->too_large &&
                key_make(server, exchange, method);
        struct MHD_Response *kept =
            keyed ? cg_sim_cache_get(server->cache, server->world->generation, server->key.data, server->key.len)
                  : NULL;
        if (kept != NULL) {
            return response_queue(server, exchange, MHD_HTTP_OK, kept);
        }
        handler_call(server, exchange, route, &reply);
    }
    size_t size = reply.body.len;
    struct MHD_Response *response = cg_sim_response_make(&reply);
    cg_sim_text_done(&reply.body);
    if (response == NULL) {
        return MHD_NO;
    }
    if (reply.status == MHD_HTTP_UNAUTHORIZED) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                                      exchange->group == CG_SIM_GROUP_PROMETHEUS ? "Bearer" : "Basic realm=\"sim\"");
    }
    enum MHD_Result result = response_queue(server, exchange, reply.status, response);
    if (!keyed || !reply.cacheable || reply.status != MHD_HTTP_OK ||
        !cg_sim_cache_put(server->cache, server->key.data, server->key.len, response, size)) {
        MHD_destroy_response(response);
    }
    return result;
}

static enum MHD_Result wrong_answer(struct cg_sim_server *server, struct cg_sim_exchange *exchange,
                                    const struct cg_sim_route *route) {
    struct cg_sim_reply reply = {.status = MHD_HTTP_OK, .content_type = "application/json"};
    const struct cg_sim_fault *fault = &exchange->decision.fault;
    if (cg_sim_fault_needs_reply(fault->kind) && !credentials_refuse(server, exchange, route, &reply)) {
        handler_call(server, exchange, route, &reply);
    }
    enum MHD_Result result = cg_sim_fault_respond(exchange->connection, fault, route->group, &reply);
    cg_sim_stats_status(server->world->stats, reply.status);
    cg_sim_text_done(&reply.body);
    return result;
}

/* Everything of the request is here: ask the fault rules, then wait, drop or answer. */
static void exchange_decide(struct cg_sim_server *server, struct cg_sim_exchange *exchange, const char *path,
                            const struct cg_sim_route *route) {
    exchange->phase = CG_SIM_PHASE_ANSWER;
    if (!route->faults) {
        return;
    }
    cg_sim_faults_decide(server->world->faults, path, server->world->now, &exchange->decision);
    for (size_t kind = 0; kind < CG_SIM_FAULT_KINDS; kind++) {
        if ((exchange->decision.kinds >> kind & 1U) != 0) {
            cg_sim_stats_fault(server->world->stats, kind);
        }
    }
    if (exchange->decision.fires && exchange->decision.fault.kind == CG_SIM_FAULT_STALL) {
        exchange->phase = CG_SIM_PHASE_DROP;
        exchange_suspend(server, exchange, (uint64_t)(exchange->decision.fault.seconds * 1e9));
    } else if (exchange->decision.delay_ms > 0) {
        exchange->phase = CG_SIM_PHASE_WAIT;
        exchange_suspend(server, exchange, exchange->decision.delay_ms * 1000000);
    }
}

static void body_take(struct cg_sim_exchange *exchange, const char *data, size_t size) {
    if (exchange->body.len + size > CG_SIM_MOST_BODY) {
        exchange->too_large = true;
        return;
    }
    cg_sim_text_add(&exchange->body, data, size);
    exchange->too_large = exchange->too_large || exchange->body.failed;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload_data,
                                  size_t *upload_data_size, void **request_context) {
    (void)version;
    struct cg_sim_server *server = context;
    struct cg_sim_exchange *exchange = *request_context;
    if (exchange == NULL || exchange->phase == CG_SIM_PHASE_DROP) {
        return MHD_NO;
    }
    struct cg_sim_route route = cg_sim_route_find(server->world->options->prefix, method, path);
    if (exchange->phase == CG_SIM_PHASE_NEW) {
        exchange->phase = CG_SIM_PHASE_BODY;
        exchange->connection = connection;
        exchange->group = route.group;
        exchange->counted = true;
        cg_sim_stats_begin(server->world->stats, route.group, credential_of(server, exchange), path,
                           arrival_ns(connection));
        return MHD_YES;
    }
    if (*upload_data_size > 0) {
        body_take(exchange, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return MHD_YES;
    }
    if (exchange->phase == CG_SIM_PHASE_BODY) {
        exchange_decide(server, exchange, path, &route);
        if (exchange->suspended) {
            return MHD_YES;
        }
    }
    if (exchange->decision.fires) {
        return wrong_answer(server, exchange, &route);
    }
    return right_answer(server, exchange, method, &route);
}

static void *on_uri(void *context, const char *uri, struct MHD_Connection *connection) {
    (void)context;
    (void)connection;
    struct cg_sim_exchange *exchange = calloc(1, sizeof(*exchange));
    if (exchange != NULL) {
        exchange->uri = strdup(uri);
        if (exchange->uri == NULL) {
            free(exchange);
            exchange = NULL;
        }
    }
    return exchange;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode code) {
    (void)connection;
    (void)code;
    struct cg_sim_server *server = context;
    struct cg_sim_exchange *exchange = *request_context;
    if (exchange == NULL) {
        return;
    }
    if (exchange->counted) {
        cg_sim_stats_end(server->world->stats, exchange->group);
    }
    cg_sim_text_done(&exchange->body);
    free(exchange->uri);
    free(exchange);
    *request_context = NULL;
}

/* A listening socket, or -1 after one sentence on stderr. */
static int socket_listen(struct cg_sim_server *server) {
    const struct cg_sim_options *options = server->world->options;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    if (inet_pton(AF_INET, options->bind_address, &address.sin_addr) != 1) {
        (void)fprintf(stderr, "cg-sim: --bind must be an IPv4 address like 127.0.0.1, not '%s'.\n",
                      options->bind_address);
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    socklen_t len = sizeof(address);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (const struct sockaddr *)&address, len) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        (void)fprintf(stderr, "cg-sim: cannot listen on %s port %u: %s.\n", options->bind_address,
                      (unsigned)options->port, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    server->port = ntohs(address.sin_port);
    (void)snprintf(server->own_host, sizeof(server->own_host), "%s:%u", options->bind_address, (unsigned)server->port);
    return fd;
}

/* Writes the header of a key and a secret into 512 bytes; false when they are too long. */
static bool basic_make(const char *key, const char *secret, char *header) {
    char pair[256];
    char encoded[400];
    int len = snprintf(pair, sizeof(pair), "%s:%s", key, secret);
    if (len < 0 || (size_t)len >= sizeof(pair) ||
        !cg_sim_base64_encode((const unsigned char *)pair, (size_t)len, encoded, sizeof(encoded))) {
        return false;
    }
    (void)snprintf(header, 512, "Basic %s", encoded);
    return true;
}

/* Works out the Authorization headers that will be accepted; false when the credentials are too long. */
static bool authorizations_make(struct cg_sim_server *server) {
    const struct cg_sim_options *options = server->world->options;
    bool token_fits = options->prom_bearer == NULL || strlen(options->prom_bearer) < 400;
    if (!token_fits || !basic_make(options->key, options->secret, server->authorization) ||
        (options->flink_key != NULL &&
         !basic_make(options->flink_key, options->flink_secret, server->flink_authorization))) {
        (void)fputs("cg-sim: a key and its secret together may have 254 characters, --prom-bearer 399.\n", stderr);
        return false;
    }
    if (options->prom_bearer != NULL) {
        (void)snprintf(server->prom_authorization, sizeof(server->prom_authorization), "Bearer %s",
                       options->prom_bearer);
    }
    return true;
}

struct cg_sim_server *cg_sim_server_new(struct cg_sim_world *world) {
    struct cg_sim_server *server = calloc(1, sizeof(*server));
    if (server == NULL) {
        (void)fputs("cg-sim: out of memory.\n", stderr);
        return NULL;
    }
    server->world = world;
    server->cache = cg_sim_cache_new();
    if (server->cache == NULL || !authorizations_make(server)) {
        cg_sim_server_free(server);
        return NULL;
    }
    int fd = socket_listen(server);
    if (fd < 0) {
        cg_sim_server_free(server);
        return NULL;
    }
    server->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
                                      MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
                                      MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_CONNECTION_LIMIT,
                                      960U, MHD_OPTION_CONNECTION_TIMEOUT, 120U, MHD_OPTION_END);
    if (server->daemon == NULL) {
        (void)fputs("cg-sim: the HTTP server could not be started.\n", stderr);
        (void)close(fd);
        cg_sim_server_free(server);
        return NULL;
    }
    return server;
}

uint16_t cg_sim_server_port(const struct cg_sim_server *server) {
    return server->port;
}

/* The shorter of two timeouts in milliseconds, of which -1 means none. */
static int timeout_min(int a, int b) {
    if (a < 0 || b < 0) {
        return a < 0 ? b : a;
    }
    return a < b ? a : b;
}

bool cg_sim_server_run(struct cg_sim_server *server) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (info == NULL || signal_fd < 0) {
        (void)fputs("cg-sim: the event loop could not be started.\n", stderr);
        return false;
    }
    struct pollfd watched[2] = {{.fd = info->epoll_fd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};
    bool good = true;
    for (;;) {
        MHD_UNSIGNED_LONG_LONG daemon_ms = 0;
        int timeout = waiting_check(server, false);
        if (MHD_get_timeout(server->daemon, &daemon_ms) == MHD_YES) {
            timeout = timeout_min(timeout, daemon_ms > 60000 ? 60000 : (int)daemon_ms);
        }
        if (poll(watched, 2, timeout) < 0 && errno != EINTR) {
            (void)fprintf(stderr, "cg-sim: waiting for requests failed: %s.\n", strerror(errno));
            good = false;
            break;
        }
        if ((watched[1].revents & POLLIN) != 0) {
            break;
        }
        (void)MHD_run(server->daemon);
    }
    (void)close(signal_fd);
    return good;
}

void cg_sim_server_free(struct cg_sim_server *server) {
    if (server == NULL) {
        return;
    }
    if (server->daemon != NULL) {
        /* Stopping the daemon with a suspended connection would abort the process. */
        while (server->waiting != NULL) {
            (void)waiting_check(server, true);
            (void)MHD_run(server->daemon);
        }
        MHD_stop_daemon(server->daemon);
    }
    cg_sim_cache_free(server->cache);
    cg_sim_text_done(&server->key);
    cg_sim_text_done(&server->url);
    free(server);
}
