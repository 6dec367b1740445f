#include "net/server_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h> /* has more members than <netinet/tcp.h>, and cannot be included together with it */
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

uint64_t cg_server_peer_taken(int fd) {
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
        return 0;
    return info.tcpi_bytes_acked;
}

bool cg_server_peer_is_gone(int fd) {
    struct pollfd look = {.fd = fd, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool cg_server_peer_has_said_all(int fd) {
    char byte;
    ssize_t length = recv(fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
    return length == 0 || (length < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void cg_server_peer_text(const struct sockaddr *address, char *text, size_t size) {
    struct sockaddr_in6 long_one;
    struct sockaddr_in short_one;
    int family = address ? address->sa_family : AF_UNSPEC;
    const void *bytes = NULL;
    if (family == AF_INET) {
        memcpy(&short_one, address, sizeof short_one);
        bytes = &short_one.sin_addr;
    } else if (family == AF_INET6) {
        memcpy(&long_one, address, sizeof long_one);
        bytes = &long_one.sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&long_one.sin6_addr)) {
            bytes = &long_one.sin6_addr.s6_addr[12];
            family = AF_INET;
        }
    }
    if (!bytes || !inet_ntop(family, bytes, text, (socklen_t)size))
        text[0] = '\0';
}
