/* The test host's HTTP: canned answers, given from inside `wait` in the order of the requests. */
#include "test_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    struct request *next;
    cg_http_done done;
    void *user;
    size_t path_length; /* of target, without the query */
    char target[];
};

struct cg_http_client {
    struct cg_test_impl *impl;
    struct request *first;
    struct request **last;
};

static cg_status http_open(const struct cg_host *host, const struct cg_http_options *options,
                           struct cg_http_client **ret) {
    if (options->base_url == NULL ||
        (strncmp(options->base_url, "https://", 8) != 0 && strncmp(options->base_url, "http://", 7) != 0)) {
        return host->set_error(host, CG_INVALID, "The base URL must start with https://.");
    }
    struct cg_http_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        cg_test_abort("out of memory");
    }
    client->impl = host->impl;
    client->last = &client->first;
    *ret = client;
    return CG_OK;
}

/* Path, "?", and the encoded parameters. */
static struct request *new_request(const char *path, const struct cg_http_param *params, size_t count) {
    size_t size = strlen(path) + 1;
    for (size_t i = 0; i < count; i++) {
        size += 3 * (strlen(params[i].name) + strlen(params[i].value)) + 2;
    }
    struct request *request = calloc(1, sizeof *request + size);
    if (request == NULL) {
        cg_test_abort("out of memory");
    }
    size_t used = request->path_length = strlen(path);
    memcpy(request->target, path, used);
    for (size_t i = 0; i < count; i++) {
        const char *texts[2] = {params[i].name, params[i].value};
        const char marks[2] = {i == 0 ? '?' : '&', '='};
        for (unsigned k = 0; k < 2; k++) {
            request->target[used++] = marks[k];
            if (cg_uri_escape(texts[k], request->target + used, size - used) != CG_OK) {
                cg_test_abort("the query of %s does not fit", path);
            }
            used += strlen(request->target + used);
        }
    }
    return request;
}

static cg_status http_get(struct cg_http_client *client, const char *path, const struct cg_http_param *params,
                          size_t param_count, cg_http_done done, void *user) {
    struct cg_test_impl *impl = client->impl;
    if (path[0] != '/') {
        return impl->test->host.set_error(&impl->test->host, CG_INVALID, "The path '%s' must start with '/'.", path);
    }
    struct request *request = new_request(path, params, param_count);
    request->done = done;
    request->user = user;
    *client->last = request;
    client->last = &request->next;
    return CG_OK;
}

static cg_status status_of(uint32_t http_status) {
    if (http_status >= 200 && http_status <= 299) {
        return CG_OK;
    }
    switch (http_status) {
    case 401:
    case 403:
        return CG_AUTH;
    case 404:
        return CG_NOT_FOUND;
    case 429:
        return CG_RATE_LIMITED;
    case 0:
    case 408:
    case 425:
        return CG_TEMPORARY;
    default:
        return http_status >= 500 ? CG_TEMPORARY : CG_PERMANENT;
    }
}

/* How often the target, or its path alone, stands in the record of earlier requests. */
static size_t count_requests(const char *record, const char *target, size_t length, int with_query) {
    size_t count = 0;
    for (const char *line = record; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t line_length = strcspn(line, with_query ? "\n" : "?\n");
        count += line_length == length && memcmp(line, target, length) == 0;
    }
    return count;
}

/* The answer for this turn among those to exactly this text, or NULL. */
static const struct cg_test_answer *find_answer(const struct cg_test_host *test, const char *target, size_t length,
                                                int with_query) {
    size_t turn = count_requests(test->requests, target, length, with_query);
    const struct cg_test_answer *found = NULL;
    for (size_t i = 0; i < test->answer_count; i++) {
        const struct cg_test_answer *answer = &test->answers[i];
        if (strlen(answer->path) == length && memcmp(answer->path, target, length) == 0) {
            found = answer;
            if (turn == 0) {
                break;
            }
            turn--;
        }
    }
    return found;
}

static void respond(struct cg_test_impl *impl, const struct request *request) {
    struct cg_test_host *test = impl->test;
    const struct cg_test_answer *answer = find_answer(test, request->target, strlen(request->target), 1);
    if (answer == NULL) {
        answer = find_answer(test, request->target, request->path_length, 0);
    }
    cg_test_append(&impl->requests, "%s\n", request->target);
    test->requests = impl->requests.text;

    struct cg_http_response response = {.struct_size = sizeof response,
                                        .http_status = answer != NULL ? answer->http_status : 404,
                                        .attempts = 1,
                                        .body = answer != NULL && answer->body != NULL ? answer->body : ""};
    response.status = status_of(response.http_status);
    response.length = strlen(response.body);
    struct cg_test_text error = {.length = 0};
    if (response.status != CG_OK) {
        cg_test_append(&error, "GET %.*s: HTTP status %u", (int)request->path_length, request->target,
                       response.http_status);
        response.error = error.text;
    }
    request->done(request->user, &response);
    free(error.text);
}

static struct request *take_request(struct cg_http_client *client) {
    struct request *request = client->first;
    if (request != NULL) {
        client->first = request->next;
        if (client->first == NULL) {
            client->last = &client->first;
        }
    }
    return request;
}

static cg_status http_wait(struct cg_http_client *client) {
    struct request *request;
    while ((request = take_request(client)) != NULL) {
        respond(client->impl, request);
        free(request);
    }
    return CG_OK;
}

static void http_close(struct cg_http_client *client) {
    struct request *request;
    while (client != NULL && (request = take_request(client)) != NULL) {
        struct cg_http_response response = {.struct_size = sizeof response,
                                            .status = CG_CANCELLED,
                                            .body = "",
                                            .error = "The client was closed before the request was answered."};
        request->done(request->user, &response);
        free(request);
    }
    free(client);
}

const struct cg_http_api cg_test_http_api = {.struct_size = sizeof(struct cg_http_api),
                                             .open = http_open,
                                             .close = http_close,
                                             .get = http_get,
                                             .wait = http_wait};
