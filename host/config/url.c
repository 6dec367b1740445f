/* What a URL in the configuration must look like; see coerce.h. */
#include "config/coerce.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define MAX_HOST 255u

/* The parts of a URL that decide where a credential goes. */
struct url {
    int32_t https;
    char host[MAX_HOST + 1];
};

/* Anything but visible ASCII, and what different readers of URLs understand differently. */
static int32_t has_doubtful_character(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7F || strchr("\\\"<>^`{|}", *text))
            return 1;
    return 0;
}

/* "host", "host:port", "[v6]" or "[v6]:port"; 0 when it is none of them. */
static int32_t split_authority(const char *text, size_t length, struct url *url) {
    const char *end = text + length;
    const char *host = text;
    const char *host_end = NULL;
    if (*text == '[') {
        host++;
        host_end = memchr(host, ']', length - 1);
        text = host_end ? host_end + 1 : end;
    } else {
        host_end = memchr(text, ':', length);
        if (!host_end)
            host_end = end;
        text = host_end;
    }
    if (!host_end || host_end == host || (size_t)(host_end - host) > MAX_HOST)
        return 0;
    memcpy(url->host, host, (size_t)(host_end - host));
    url->host[host_end - host] = '\0';
    if (text == end)
        return 1;
    uint32_t port = 0;
    if (*text++ != ':' || text == end)
        return 0;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return 0;
        port = port * 10 + (uint32_t)(*text - '0');
        if (port > 65535)
            return 0;
    }
    return port > 0;
}

/* `with_user`: a name and password before the host are fine. */
static const char *read_url(const char *text, int with_user, struct url *url) {
    if (has_doubtful_character(text))
        return "Input should be a valid URL, without blanks and special characters";
    if (strncasecmp(text, "https://", 8) == 0) {
        url->https = 1;
        text += 8;
    } else if (strncasecmp(text, "http://", 7) == 0) {
        url->https = 0;
        text += 7;
    } else {
        return "Input should be a URL that starts with https:// or http://";
    }
    size_t length = strcspn(text, "/?#");
    const char *at = memrchr(text, '@', length);
    if (at && with_user) {
        length -= (size_t)(at + 1 - text);
        text = at + 1;
    } else if (at) {
        return "Input should be a URL without user name and password; credentials have keys of their own";
    }
    if (length == 0 || !split_authority(text, length, url))
        return "Input should be a valid URL with a host, and a port from 1 to 65535 if one is given";
    return NULL;
}

const char *cg_url_problem(const char *text) {
    struct url url;
    return read_url(text, 1, &url);
}

/* Only names and addresses that cannot leave this machine. */
static int32_t is_loopback(const char *host) {
    struct in_addr v4;
    struct in6_addr v6;
    if (strcasecmp(host, "localhost") == 0)
        return 1;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

const char *cg_url_secure_problem(const char *text) {
    struct url url;
    const char *problem = read_url(text, 0, &url);
    if (problem)
        return problem;
    if (!url.https && !is_loopback(url.host))
        return "Input should be a URL that starts with https://; http:// would send credentials unencrypted and is "
               "accepted only for this machine (localhost, 127.0.0.0/8, [::1])";
    return NULL;
}
