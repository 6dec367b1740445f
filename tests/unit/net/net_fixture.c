#include "net_fixture.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

const struct cg_http_tuning net_quick = {.backoff_us = 2000, .least_pause_us = 10000};

void net_fixture_init(struct net_fixture *fixture) {
    struct cg_error error = {0};
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(uv_loop_init(&fixture->loop), 0);
    cr_assert_eq(cg_log_new(2, CG_LOG_ERROR, CG_LOG_FORMAT, NULL, 0, &fixture->log), CG_OK);
    cr_assert_eq(cg_net_new(&fixture->loop, fixture->log, &fixture->net, &error), CG_OK, "%s", error.text);
}

void net_fixture_done(struct net_fixture *fixture) {
    cg_net_free(fixture->net);
    cr_assert_eq(uv_loop_close(&fixture->loop), 0, "a handle is still open");
    cg_log_free(fixture->log);
}

void net_result_set(void *user, const struct cg_http_response *response) {
    struct net_result *result = user;
    result->calls++;
    result->status = response->status;
    result->http_status = response->http_status;
    result->attempts = response->attempts;
    result->length = response->length;
    cr_assert_eq(response->struct_size, sizeof *response);
    cr_assert_eq(response->body[response->length], '\0');
    cr_assert_eq(!response->error, response->status == CG_OK);
    snprintf(result->body, sizeof result->body, "%s", response->body);
    snprintf(result->error, sizeof result->error, "%s", response->error ? response->error : "");
}

struct cg_http_client *net_client(struct net_fixture *fixture, const char *url, struct cg_http_options options) {
    struct cg_http_client *client = NULL;
    struct cg_error error = {0};
    options.struct_size = sizeof options;
    options.base_url = url;
    if (!options.label)
        options.label = "Test";
    if (!options.username && !options.bearer_token) {
        options.username = "me";
        options.password = "hush";
    }
    cr_assert_eq(cg_http_client_new_tuned(fixture->net, &options, &net_quick, &client, &error), CG_OK, "%s",
                 error.text);
    return client;
}

struct net_result net_get(struct cg_http_client *client, const char *path) {
    static const struct cg_http_param params[] = {{"secret_param", "hush"}};
    struct net_result result = {0};
    cr_assert_eq(cg_http_client_get(client, path, params, 1, net_result_set, &result), CG_OK);
    cr_assert_eq(cg_http_client_wait(client), CG_OK);
    cr_assert_eq(result.calls, 1);
    cr_assert(!strstr(result.error, "hush") && !strstr(result.error, "secret"), "%s", result.error);
    return result;
}
