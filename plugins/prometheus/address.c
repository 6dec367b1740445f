#include "address.h"

#include <arpa/inet.h>
#include <string.h>

/* Longest name. Source: RFC 1035, section 2.3.4. */
#define LONGEST_NAME 253u

#define DIGITS "0123456789"
#define NAME_CHARACTERS DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-."

static int is_address(const char *text) {
    struct in6_addr address; /* large enough for both */
    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

const char *prometheus_address_problem(const char *address) {
    const size_t length = strlen(address);
    if (is_address(address))
        return NULL;
    if (strstr(address, "://"))
        return "it is a URL; write the address alone, as in 127.0.0.1, and the port as `port`";
    if (*address == '[')
        return "write an IPv6 address without brackets, as in ::1";
    if (strchr(address, ':'))
        return "it is no IPv6 address; when it ends with a port, write that as `port`";
    if (strspn(address, DIGITS ".") == length)
        return "it is no IPv4 address, which has four numbers up to 255, as 127.0.0.1 has";
    if (strspn(address, NAME_CHARACTERS) != length || *address == '.' || *address == '-')
        return "a name consists of letters, digits, '-' and '.'";
    if (length > LONGEST_NAME)
        return "a name has 253 characters at most";
    return NULL;
}
