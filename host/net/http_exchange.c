#include <stdlib.h>
#include <string.h>

#include "net/form.h"
#include "net/http_internal.h"

#define LONGEST_QUERY ((size_t)64 * 1024)
#define LONGEST_FORM ((size_t)1024 * 1024)

static bool is_valid(const struct cg_http_client_request *request, bool *ret_post) {
    if (!request->method || !cg_form_path_valid(request->path) || (request->param_count > 0 && !request->params))
        return false;
    for (size_t i = 0; i < request->param_count; i++) {
        if (!request->params[i].name || !request->params[i].value)
            return false;
    }
    *ret_post = strcmp(request->method, "POST") == 0;
    return *ret_post || strcmp(request->method, "GET") == 0;
}

/* Appends the text with its NUL and returns it. */
static char *put(char **at, const char *text, size_t length) {
    char *copy = *at;
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    *at += length + 1;
    return copy;
}

/* Puts the address, the path, the query of the address and that of the request together. */
static char *put_url(char **at, const struct cg_http_address *address, const char *path, const char *query) {
    char *url = put(at, address->base, strlen(address->base));
    const char *const parts[] = {path, *address->query ? "?" : "", address->query,
                                 *query ? (*address->query ? "&" : "?") : "", query};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        --*at; /* over the NUL */
        put(at, parts[i], strlen(parts[i]));
    }
    return url;
}

static struct cg_http_client_exchange *compose(const struct cg_http_client *client,
                                               const struct cg_http_client_request *request,
                                               const struct cg_buf *params, bool post) {
    const struct cg_http_address *address = &client->address;
    size_t path = strlen(request->path);
    size_t size = strlen(address->base) + strlen(address->query) + 2 * path + params->length + 6;
    struct cg_http_client_exchange *exchange = calloc(1, sizeof *exchange + size);
    if (!exchange)
        return NULL;
    char *at = exchange->text;
    exchange->method = post ? "POST" : "GET";
    exchange->path = put(&at, request->path, path);
    exchange->url = put_url(&at, address, request->path, post ? "" : cg_buf_text(params));
    if (post) {
        exchange->body = put(&at, cg_buf_text(params), params->length);
        exchange->body_length = params->length;
    }
    exchange->max_attempts = request->max_attempts ? request->max_attempts : client->options.max_attempts;
    return exchange;
}

cg_status cg_http_exchange_new(const struct cg_http_client *client, const struct cg_http_client_request *request,
                               struct cg_http_client_exchange **ret) {
    struct cg_buf params;
    bool post = false;
    if (!is_valid(request, &post))
        return CG_INVALID;
    cg_buf_init(&params, post ? LONGEST_FORM : LONGEST_QUERY);
    cg_status status = cg_form_add(&params, request->params, request->param_count);
    if (status == CG_OK) {
        struct cg_http_client_exchange *exchange = compose(client, request, &params, post);
        if (exchange)
            *ret = exchange;
        else
            status = CG_NO_MEMORY;
    }
    cg_buf_done(&params);
    return status == CG_RANGE ? CG_INVALID : status;
}
