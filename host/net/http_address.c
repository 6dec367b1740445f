#include "net/http_address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LONGEST_URL 4096

void cg_http_wipe(char *secret) {
    if (secret)
        explicit_bzero(secret, strlen(secret));
}

void cg_http_address_done(struct cg_http_address *address) {
    cg_http_wipe(address->username);
    cg_http_wipe(address->password);
    cg_http_wipe(address->query);
    free(address->query);
    free(address->base);
    free(address->host);
    free(address->peer);
    free(address->username);
    free(address->password);
    *address = (struct cg_http_address){0};
}

static bool is_loopback(const char *host) {
    struct in_addr v4;
    struct in6_addr v6;
    char bare[64];
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    size_t length = strlen(host);
    if (length < 3 || length > sizeof bare || host[0] != '[' || host[length - 1] != ']')
        return false;
    memcpy(bare, host + 1, length - 2);
    bare[length - 2] = '\0';
    return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* A part as a string of ours; "" when the URL has none. */
static cg_status get_part(CURLU *url, CURLUPart part, unsigned flags, char **ret) {
    char *text = NULL;
    CURLUcode code = curl_url_get(url, part, &text, flags);
    if (code == CURLUE_OUT_OF_MEMORY)
        return CG_NO_MEMORY;
    if (code != CURLUE_OK && code != CURLUE_NO_USER && code != CURLUE_NO_PASSWORD && code != CURLUE_NO_QUERY &&
        code != CURLUE_NO_FRAGMENT)
        return CG_INVALID;
    char *copy = strdup(text ? text : "");
    cg_http_wipe(text);
    curl_free(text);
    if (!copy)
        return CG_NO_MEMORY;
    *ret = copy;
    return CG_OK;
}

/* The parts that only this file looks at. */
struct parts {
    char *scheme;
    char *port;
    char *path;
    char *fragment;
};

static cg_status check(const struct cg_http_address *address, const struct parts *parts, bool allow_plain,
                       bool keep_query, struct cg_error *error) {
    bool https = strcmp(parts->scheme, "https") == 0;
    if (!https && strcmp(parts->scheme, "http") != 0)
        return cg_error_set(error, CG_INVALID, "the URL's scheme must be https%s", allow_plain ? " or http" : "");
    if (!https && !allow_plain && !address->loopback)
        return cg_error_set(error, CG_INVALID,
                            "the URL must start with https://, because credentials are sent; plain http is only for "
                            "loopback hosts, which \"%s\" is not",
                            address->host);
    if (!keep_query && (*address->query || *parts->fragment))
        return cg_error_set(error, CG_INVALID, "the URL must have no query and no fragment");
    return CG_OK;
}

/* Puts base and peer together. */
static cg_status compose(struct cg_http_address *address, struct parts *parts) {
    size_t length = strlen(parts->path);
    while (length > 0 && parts->path[length - 1] == '/')
        parts->path[--length] = '\0';
    size_t size = strlen(parts->scheme) + strlen(address->host) + strlen(parts->port) + length + sizeof "://:";
    address->base = malloc(size);
    address->peer = malloc(size);
    if (!address->base || !address->peer)
        return CG_NO_MEMORY;
    snprintf(address->peer, size, "%s:%s", address->host, parts->port);
    snprintf(address->base, size, "%s://%s%s", parts->scheme, address->peer, parts->path);
    return CG_OK;
}

static cg_status take_apart(CURLU *url, struct cg_http_address *address, struct parts *parts) {
    const struct {
        CURLUPart part;
        unsigned flags;
        char **ret;
    } table[] = {
        {CURLUPART_SCHEME, 0, &parts->scheme},
        {CURLUPART_HOST, 0, &address->host},
        {CURLUPART_PORT, CURLU_DEFAULT_PORT, &parts->port},
        {CURLUPART_PATH, 0, &parts->path},
        {CURLUPART_QUERY, 0, &address->query},
        {CURLUPART_FRAGMENT, 0, &parts->fragment},
        {CURLUPART_USER, CURLU_URLDECODE, &address->username},
        {CURLUPART_PASSWORD, CURLU_URLDECODE, &address->password},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        cg_status status = get_part(url, table[i].part, table[i].flags, table[i].ret);
        if (status != CG_OK)
            return status;
    }
    if (!*address->username && !*address->password) {
        free(address->username);
        free(address->password);
        address->username = address->password = NULL;
    }
    address->loopback = is_loopback(address->host);
    return CG_OK;
}

cg_status cg_http_address_init(struct cg_http_address *ret, const char *url, bool allow_plain, bool keep_query,
                               struct cg_error *error) {
    struct cg_http_address address = {0};
    struct parts parts = {0};
    if (!url || !*url)
        return cg_error_set(error, CG_INVALID, "the URL is empty");
    if (strlen(url) > LONGEST_URL)
        return cg_error_set(error, CG_INVALID, "the URL is longer than %d characters", LONGEST_URL);
    CURLU *handle = curl_url();
    if (!handle)
        return cg_error_no_memory(error);
    cg_status status = CG_OK;
    CURLUcode code = curl_url_set(handle, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_OUT_OF_MEMORY)
        status = cg_error_no_memory(error);
    else if (code != CURLUE_OK)
        status = cg_error_set(error, CG_INVALID, "this is not an absolute URL such as https://host (%s)",
                              curl_url_strerror(code));
    if (status == CG_OK) {
        status = take_apart(handle, &address, &parts);
        if (status != CG_OK)
            cg_error_set(error, status, status == CG_NO_MEMORY ? "out of memory" : "the URL cannot be read");
    }
    if (status == CG_OK)
        status = check(&address, &parts, allow_plain, keep_query, error);
    if (status == CG_OK && compose(&address, &parts) != CG_OK)
        status = cg_error_no_memory(error);
    curl_url_cleanup(handle);
    free(parts.scheme);
    free(parts.port);
    free(parts.path);
    free(parts.fragment);
    if (status == CG_OK)
        *ret = address;
    else
        cg_http_address_done(&address);
    return status;
}
