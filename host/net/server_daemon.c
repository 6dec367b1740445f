#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/server_internal.h"

/* Beside the header that the client sends, a connection's memory holds a record of each line and the answer's header.
 */
#define MEMORY_BESIDE ((size_t)8 * 1024)

/* TLS 1.2 and later. */
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

CG_PRINTF(2, 0)
static void log_line(void *user, const char *format, va_list args) {
    struct cg_http_server *server = user;
    char text[256];
    bool starting = !server->daemon && !server->stopped && !server->start_text[0];
    if (!starting && !cg_log_enabled(server->options.log, CG_SERVER_LOGGER, CG_LOG_DEBUG))
        return;
    if (vsnprintf(text, sizeof text, format, args) < 0)
        return;
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    if (starting)
        memcpy(server->start_text, text, sizeof text);
    cg_log_write(server->options.log, CG_SERVER_LOGGER, CG_LOG_DEBUG, "%s", text);
}

/* Targets are read as they were sent. */
static size_t keep_escapes(void *user, struct MHD_Connection *connection, char *text) {
    (void)user;
    (void)connection;
    return strlen(text);
}

/* A value of an option list that libmicrohttpd only reads. */
static void *option_text(const char *text) {
    union {
        const char *given;
        void *taken;
    } pointer = {.given = text};
    return pointer.taken;
}

static cg_status check_tls(const struct cg_http_server_options *options, struct cg_error *error) {
    if (!options->tls_certificate && !options->tls_key)
        return CG_OK;
    if (!options->tls_certificate)
        return cg_error_set(error, CG_INVALID, "there is a TLS key, but no certificate that belongs to it");
    if (!options->tls_key)
        return cg_error_set(error, CG_INVALID, "there is a TLS certificate, but no key that belongs to it");
    if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
        return cg_error_set(error, CG_INVALID, "the installed libmicrohttpd has no TLS");
    return CG_OK;
}

static struct MHD_Daemon *start(struct cg_http_server *server, const struct cg_http_server_options *options) {
    const size_t memory = server->options.header_limit + MEMORY_BESIDE;
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, option_text(options->tls_certificate)},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, option_text(options->tls_key)},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, option_text(PRIORITIES)},
        {MHD_OPTION_END, 0, NULL},
    };
    const bool secure = options->tls_certificate != NULL;
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (secure)
        flags |= MHD_USE_TLS;
    /* The logger comes first, or the first lines go to stderr. */
    return MHD_start_daemon(flags, 0, NULL, NULL, cg_server_request_serve, server, MHD_OPTION_EXTERNAL_LOGGER, log_line,
                            server, MHD_OPTION_LISTEN_SOCKET, options->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)server->options.connection_limit, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
                            MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_URI_LOG_CALLBACK, cg_server_request_begin,
                            server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, server, MHD_OPTION_NOTIFY_COMPLETED,
                            cg_server_request_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
                            cg_server_connection_notify, server, MHD_OPTION_ARRAY, secure ? tls : plain,
                            MHD_OPTION_END);
}

static cg_status start_error(const struct cg_http_server *server, bool secure, struct cg_error *error) {
    const char *said = server->start_text;
    const char *cause = strrchr(said, ':');
    if (secure && strstr(said, "certificate"))
        return cg_error_set(error, CG_INVALID, "the TLS certificate or its key cannot be used:%s",
                            cause ? cause + 1 : " it is no PEM text");
    return cg_error_set(error, CG_PERMANENT, "the HTTP server cannot be started: %s",
                        *said ? said : "libmicrohttpd does not say why");
}

cg_status cg_server_daemon_start(struct cg_http_server *server, const struct cg_http_server_options *options,
                                 struct cg_error *error) {
    struct stat before;
    struct stat after;
    int fd = options->listen_fd;
    bool known = fstat(fd, &before) == 0;
    server->in_place = MHD_get_version()[0] == '0';
    cg_status status = check_tls(options, error);
    if (status == CG_OK) {
        server->daemon = start(server, options);
        if (server->daemon)
            return CG_OK;
        status = start_error(server, options->tls_certificate != NULL, error);
    }
    /* libmicrohttpd closes the socket of a daemon that cannot be started, but not after every error. */
    if (known && fstat(fd, &after) == 0 && before.st_dev == after.st_dev && before.st_ino == after.st_ino)
        close(fd);
    return status;
}
