#include "kafka_servers.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT 9092L
#define MOST_PORT 65535L
#define HOST_SIZE 256u
#define BLANKS " \t\r\n"

/* One entry, cut out of the list. */
struct entry {
    char host[HOST_SIZE]; /* an IPv6 address without its brackets */
    long port;
    int is_ipv6;
};

static cg_status refuse(struct cg_kafka_servers *servers, const char *format, ...) CG_PRINTF(2, 3);

static cg_status refuse(struct cg_kafka_servers *servers, const char *format, ...) {
    va_list args;
    va_start(args, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(servers->problem, sizeof servers->problem, format, args);
    va_end(args);
    servers->count = 0;
    servers->list[0] = '\0';
    return CG_INVALID;
}

/* What of an entry is shown in a sentence: long ones are cut. */
static int shown(size_t length) {
    return length < 80 ? (int)length : 80;
}

/* An entry as it is shown: a name and a password that somebody put in front of the host are left out. */
static const char *without_login(const char *text, size_t *length) {
    const char *at = memrchr(text, '@', *length);
    if (at == NULL) {
        return text;
    }
    *length -= (size_t)(at + 1 - text);
    return at + 1;
}

static int is_host_name(const char *host) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    return host[0] != '\0' && host[strspn(host, allowed)] == '\0';
}

/* An IPv6 address, with a zone ("%eth0") or without. */
static int is_ipv6(const char *host) {
    char address[HOST_SIZE];
    struct in6_addr parsed;
    size_t length = strcspn(host, "%");
    if (host[length] == '%' && !is_host_name(host + length + 1)) {
        return 0;
    }
    memcpy(address, host, length);
    address[length] = '\0';
    return inet_pton(AF_INET6, address, &parsed) == 1;
}

static int is_port(const char *text, size_t length, long *ret_port) {
    char digits[8];
    if (length == 0 || length >= sizeof digits || strspn(text, "0123456789") < length) {
        return 0;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    long port = strtol(digits, NULL, 10);
    if (port < 1 || port > MOST_PORT) {
        return 0;
    }
    *ret_port = port;
    return 1;
}

/* Finds where the host ends and the port begins (NULL: there is none) in `text` of `length` bytes. */
static const char *split(const char *text, size_t length, const char **ret_host, size_t *ret_host_length) {
    const char *end = text + length;
    *ret_host = text;
    *ret_host_length = length;
    if (text[0] == '[') {
        const char *closing = memchr(text, ']', length);
        if (closing == NULL || (closing + 1 < end && closing[1] != ':')) {
            return NULL;
        }
        *ret_host = text + 1;
        *ret_host_length = (size_t)(closing - text) - 1;
        return closing + 1 < end ? closing + 2 : NULL;
    }
    const char *colon = memchr(text, ':', length);
    if (colon == NULL || memchr(colon + 1, ':', (size_t)(end - colon) - 1) != NULL) {
        return NULL;
    }
    *ret_host_length = (size_t)(colon - text);
    return colon + 1;
}

static cg_status read_entry(struct cg_kafka_servers *servers, const char *text, size_t length, struct entry *ret) {
    const char *host = NULL;
    size_t host_length = 0;
    const char *port = split(text, length, &host, &host_length);
    ret->port = DEFAULT_PORT;
    if (port != NULL && !is_port(port, (size_t)(text + length - port), &ret->port)) {
        text = without_login(text, &length);
        return refuse(servers, "has the server \"%.*s\", whose port is no number from 1 to 65535", shown(length), text);
    }
    if (host_length < sizeof ret->host) {
        memcpy(ret->host, host, host_length);
        ret->host[host_length] = '\0';
        ret->is_ipv6 = is_ipv6(ret->host);
        if (ret->is_ipv6 || (text[0] != '[' && is_host_name(ret->host))) {
            return CG_OK;
        }
    }
    text = without_login(text, &length);
    return refuse(servers, "has the server \"%.*s\"; expected host or host:port, such as kafka-1.example.com:9092",
                  shown(length), text);
}

static cg_status append(struct cg_kafka_servers *servers, size_t *used, const struct entry *entry) {
    size_t left = sizeof servers->list - *used;
    int written = snprintf(servers->list + *used, left, entry->is_ipv6 ? "%s[%s]:%ld" : "%s%s:%ld",
                           servers->count == 0 ? "" : ",", entry->host, entry->port);
    if (written < 0 || (size_t)written >= left) {
        return refuse(servers, "is too long; a few servers are enough, they name the others");
    }
    *used += (size_t)written;
    servers->count++;
    return CG_OK;
}

cg_status cg_kafka_servers_parse(const char *text, struct cg_kafka_servers *ret) {
    size_t used = 0;
    ret->count = 0;
    ret->list[0] = '\0';
    ret->problem[0] = '\0';
    for (const char *at = text; at != NULL && *at != '\0';) {
        size_t whole = strcspn(at, ",");
        const char *start = at + strspn(at, BLANKS);
        size_t length = start < at + whole ? (size_t)(at + whole - start) : 0;
        while (length > 0 && strchr(BLANKS, start[length - 1]) != NULL) {
            length--;
        }
        if (length > 0) {
            struct entry entry = {.is_ipv6 = 0};
            cg_status status = read_entry(ret, start, length, &entry);
            if (status == CG_OK) {
                status = append(ret, &used, &entry);
            }
            if (status != CG_OK) {
                return status;
            }
        }
        at += whole + (at[whole] == ',' ? 1 : 0);
    }
    if (ret->count == 0) {
        return refuse(ret, "names no server; expected host[:port], several with commas between them");
    }
    return CG_OK;
}
