#include <string.h>
#include <strings.h>

#include "net/server_internal.h"

#define REFUSE(status_, detail_) ((struct cg_server_refusal){status_, detail_})

bool cg_server_check_token(const char *text) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    if (!*text)
        return false;
    for (; *text; text++) {
        char c = *text;
        bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alphanumeric && !strchr(others, c))
            return false;
    }
    return true;
}

bool cg_server_check_value(const char *text) {
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* Where the path begins in "http://host/path", or NULL for another form. */
static const char *skip_authority(const char *target) {
    if (strncasecmp(target, "http://", 7) == 0)
        target += 7;
    else if (strncasecmp(target, "https://", 8) == 0)
        target += 8;
    else
        return NULL;
    return target + strcspn(target, "/?");
}

bool cg_server_check_target(struct cg_http_request *request, struct cg_arena *arena) {
    for (const char *at = request->target; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c <= ' ' || c == 0x7f)
            return false;
    }
    const char *path = request->target;
    if (*path != '/' && strcmp(path, "*") != 0) {
        path = skip_authority(path);
        if (!path)
            return false;
    }
    size_t length = strcspn(path, "?");
    request->query = path[length] ? path + length + 1 : "";
    if (length == 0)
        request->path = "/";
    else
        request->path = path[length] ? cg_arena_copy(arena, path, length) : path;
    return request->path != NULL;
}

/* libmicrohttpd has seen to it that it is a number; a larger one than fits is the largest. */
static uint64_t read_length(const char *digits) {
    uint64_t length = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++) {
        uint64_t digit = (uint64_t)(*digits - '0');
        if (length > (UINT64_MAX - digit) / 10)
            return UINT64_MAX;
        length = length * 10 + digit;
    }
    return length;
}

struct cg_server_refusal cg_server_check_headers(struct cg_http_request *request, const char *version,
                                                 uint64_t *ret_length) {
    const char *coding = NULL;
    const char *length = NULL;
    size_t hosts = 0;
    size_t bodies = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct cg_http_pair *header = &request->headers[i];
        if (!cg_server_check_token(header->name) || !cg_server_check_value(header->value))
            return REFUSE(400, "A header has characters that it cannot have");
        if (strcasecmp(header->name, "Host") == 0) {
            hosts++;
        } else if (strcasecmp(header->name, "Transfer-Encoding") == 0) {
            coding = header->value;
            bodies++;
        } else if (strcasecmp(header->name, "Content-Length") == 0) {
            length = header->value;
            bodies++;
        }
    }
    bool old = strcmp(version, "HTTP/1.0") == 0;
    if (hosts > 1 || (hosts == 0 && !old))
        return REFUSE(400, "The request needs one Host header");
    if (bodies > 1)
        return REFUSE(400, "The length of the body is given more than once");
    if (coding && old)
        return REFUSE(400, "HTTP/1.0 has no Transfer-Encoding");
    if (coding && strcasecmp(coding, "chunked") != 0)
        return REFUSE(501, "The only Transfer-Encoding understood is chunked");
    uint64_t announced = length ? read_length(length) : 0;
    request->has_body = coding || announced > 0;
    *ret_length = announced;
    return REFUSE(0, NULL);
}
