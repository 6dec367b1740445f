#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/http_server.h"

/* Clients that wait while the loop is busy; the system lowers it to its own limit. */
#define BACKLOG 4096

static uint16_t port_of(int fd) {
    union {
        struct sockaddr any;
        struct sockaddr_in short_one;
        struct sockaddr_in6 long_one;
    } address = {.long_one = {0}};
    socklen_t length = sizeof address;
    if (getsockname(fd, &address.any, &length) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.long_one.sin6_port : address.short_one.sin_port);
}

/* A listening socket for one address, or -1 with errno. */
static int listen_at(const struct addrinfo *address) {
    const int yes = 1;
    const int no = 0;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int failed = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    /* "::" is every interface, whatever the system's default is. */
    if (!failed && address->ai_family == AF_INET6)
        failed = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (!failed)
        failed = bind(fd, address->ai_addr, address->ai_addrlen);
    if (!failed)
        failed = listen(fd, BACKLOG);
    if (!failed)
        return fd;
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

static const char *cause_text(int cause) {
    switch (cause) {
    case EADDRINUSE:
        return "the address is in use";
    case EADDRNOTAVAIL:
        return "this machine does not have the address";
    case EACCES:
        return "ports below 1024 need a privilege";
    case EMFILE:
    case ENFILE:
        return "there is no file descriptor left";
    default:
        return "the system refuses it";
    }
}

cg_status cg_http_listen(const char *host, uint16_t port, int *ret_fd, uint16_t *ret_port, struct cg_error *error) {
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    int failed = getaddrinfo(host, service, &hints, &addresses);
    if (failed == EAI_MEMORY)
        return cg_error_no_memory(error);
    if (failed)
        return cg_error_set(error, CG_INVALID,
                            "cannot listen on host \"%s\": it is neither an address nor a name that can be resolved",
                            host);
    int fd = -1;
    for (const struct addrinfo *address = addresses; address && fd < 0; address = address->ai_next)
        fd = listen_at(address);
    int cause = errno;
    freeaddrinfo(addresses);
    if (fd < 0)
        return cg_error_set(error, CG_TEMPORARY, "cannot listen on %s port %u: %s (%s)", host, (unsigned)port,
                            cause_text(cause), strerrordesc_np(cause));
    *ret_port = port_of(fd);
    *ret_fd = fd;
    return CG_OK;
}
