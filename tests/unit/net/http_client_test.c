#include "net/http_client.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "net_fixture.h"
#include "net_server.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void say_hello(void *user, size_t index, const struct net_record *record, struct net_answer *ret) {
    (void)user;
    (void)index;
    (void)record;
    ret->body = "hello";
}

static void be_slow(void *user, size_t index, const struct net_record *record, struct net_answer *ret) {
    say_hello(user, index, record, ret);
    ret->delay_ms = 30;
}

Test(http_client, a_get_carries_path_query_and_credentials) {
    static const struct cg_http_param params[] = {{"page_size", "99"}, {"page_token", "a+b=="}};
    struct net_fixture fixture;
    struct net_result result = {0};
    char url[128];
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(say_hello, NULL);
    snprintf(url, sizeof url, "%s/prefix/", net_server_url(server));
    struct cg_http_client *client = net_client(&fixture, url, (struct cg_http_options){0});
    cr_assert_eq(cg_http_client_get(client, "/iam/v2/users", params, COUNT(params), net_result_set, &result), CG_OK);
    cr_assert_eq(result.calls, 0, "nothing is called back before the loop runs");
    cr_assert_eq(cg_http_client_wait(client), CG_OK);
    cr_assert_eq(result.status, CG_OK, "%s", result.error);
    cr_assert_eq(result.http_status, 200);
    cr_assert_eq(result.attempts, 1);
    cr_assert_str_eq(result.body, "hello");
    struct net_record record = net_server_record(server, 0);
    cr_assert_str_eq(record.method, "GET");
    cr_assert_str_eq(record.path, "/prefix/iam/v2/users");
    cr_assert_str_eq(record.query, "page_size=99&page_token=a+b==");
    cr_assert_str_eq(record.authorization, "Basic bWU6aHVzaA==");
    cr_assert(strstr(record.encoding, "gzip"));
    struct cg_http_stats stats = cg_http_client_stats(client);
    cr_assert_eq(stats.requests, 1);
    cr_assert_eq(stats.retries, 0);
    cr_assert_eq(stats.bytes, 5);
    cg_http_client_free(client);
    net_server_free(server);
    net_fixture_done(&fixture);
}

Test(http_client, a_post_carries_a_form_and_a_get_may_follow) {
    static const struct cg_http_param params[] = {{"query", "a{b=\"c\"}"}, {"step", "60"}};
    const struct cg_http_client_request request = {.method = "POST", .path = "/q", .params = params, .param_count = 2};
    struct net_fixture fixture;
    struct net_result result = {0};
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(say_hello, NULL);
    struct cg_http_client *client = net_client(&fixture, net_server_url(server), (struct cg_http_options){0});
    cr_assert_eq(cg_http_client_send(client, &request, net_result_set, &result), CG_OK);
    cr_assert_eq(cg_http_client_wait(client), CG_OK);
    cr_assert_eq(result.status, CG_OK, "%s", result.error);
    cr_assert_eq(net_get(client, "/g").status, CG_OK);
    cr_assert_str_eq(net_server_record(server, 0).method, "POST");
    cr_assert_str_eq(net_server_record(server, 0).body, "query=a%7Bb%3D%22c%22%7D&step=60");
    cr_assert_str_eq(net_server_record(server, 0).query, "");
    cr_assert_str_eq(net_server_record(server, 1).method, "GET");
    cr_assert_str_eq(net_server_record(server, 1).body, "");
    cg_http_client_free(client);
    net_server_free(server);
    net_fixture_done(&fixture);
}

static const struct {
    const char *name;
    const char *user_info;
    const char *username;
    const char *bearer;
    const char *header;
} credentials[] = {
    {"none", "", NULL, NULL, ""},
    {"token", "", NULL, "tok.en~1", "Bearer tok.en~1"},
    {"user info", "u:p%40w@", NULL, NULL, "Basic dTpwQHc="},
    {"user info before a token", "u:p%40w@", NULL, "tok", "Basic dTpwQHc="},
    {"explicit before user info", "u:p%40w@", "me", NULL, "Basic bWU6"},
};

Test(http_client, credentials) {
    struct net_fixture fixture;
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(say_hello, NULL);
    for (size_t i = 0; i < COUNT(credentials); i++) {
        char url[128];
        struct cg_http_client *client = NULL;
        snprintf(url, sizeof url, "http://%s%s", credentials[i].user_info, net_server_url(server) + strlen("http://"));
        struct cg_http_options options = {.struct_size = sizeof options,
                                          .base_url = url,
                                          .username = credentials[i].username,
                                          .bearer_token = credentials[i].bearer};
        cr_assert_eq(cg_http_client_new(fixture.net, &options, &client, NULL), CG_OK, "%s", credentials[i].name);
        cr_assert_eq(net_get(client, "/x").status, CG_OK, "%s", credentials[i].name);
        cr_assert_str_eq(net_server_record(server, i).authorization, credentials[i].header, "%s", credentials[i].name);
        cg_http_client_free(client);
    }
    net_server_free(server);
    net_fixture_done(&fixture);
}

Test(http_client, bad_options_and_requests_are_refused) {
    static const struct cg_http_param no_value[] = {{"a", NULL}};
    static const struct cg_http_param no_name[] = {{NULL, "a"}};
    const struct cg_http_client_request requests[] = {
        {.method = "PUT", .path = "/a"},
        {.method = NULL, .path = "/a"},
        {.method = "GET", .path = "a"},
        {.method = "GET", .path = NULL},
        {.method = "GET", .path = "/a\r\nX: y"},
        {.method = "GET", .path = "/a?b"},
        {.method = "GET", .path = "/a", .param_count = 1},
        {.method = "GET", .path = "/a", .params = no_value, .param_count = 1},
        {.method = "GET", .path = "/a", .params = no_name, .param_count = 1},
    };
    const struct cg_http_options options[] = {
        {.struct_size = 8, .base_url = "https://host"},
        {.struct_size = sizeof options[0], .base_url = NULL},
        {.struct_size = sizeof options[0], .base_url = "http://example.com"},
        {.struct_size = sizeof options[0], .base_url = "https://host", .bearer_token = "a\r\nX: y"},
        {.struct_size = sizeof options[0], .base_url = "https://host", .bearer_token = "a b"},
    };
    struct net_fixture fixture;
    struct net_result result = {0};
    net_fixture_init(&fixture);
    struct cg_http_client *client = net_client(&fixture, "http://127.0.0.1:1", (struct cg_http_options){0});
    for (size_t i = 0; i < COUNT(requests); i++)
        cr_assert_eq(cg_http_client_send(client, &requests[i], net_result_set, &result), CG_INVALID, "row %zu", i);
    cr_assert_eq(cg_http_client_wait(client), CG_OK);
    cr_assert_eq(result.calls, 0);
    cg_http_client_free(client);
    for (size_t i = 0; i < COUNT(options); i++) {
        struct cg_http_client *none = NULL;
        struct cg_error error = {0};
        cr_assert_eq(cg_http_client_new(fixture.net, &options[i], &none, &error), CG_INVALID, "row %zu", i);
        cr_assert(error.text[0] && !none, "row %zu", i);
    }
    cg_http_client_free(NULL);
    net_fixture_done(&fixture);
}

Test(http_client, concurrency_reaches_its_limit_and_not_more) {
    struct net_fixture fixture;
    struct net_result results[24] = {0};
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(be_slow, NULL);
    struct cg_http_client *client =
        net_client(&fixture, net_server_url(server), (struct cg_http_options){.max_in_flight = 4});
    for (size_t i = 0; i < COUNT(results); i++)
        cr_assert_eq(cg_http_client_get(client, "/x", NULL, 0, net_result_set, &results[i]), CG_OK);
    cr_assert_eq(cg_http_client_wait(client), CG_OK);
    for (size_t i = 0; i < COUNT(results); i++)
        cr_assert(results[i].calls == 1 && results[i].status == CG_OK, "%zu: %s", i, results[i].error);
    cr_assert_eq(net_server_most(server), 4);
    cg_http_client_free(client);
    net_server_free(server);
    net_fixture_done(&fixture);
}

/* Half of the answers make the client try again. */
static void be_flaky(void *user, size_t index, const struct net_record *record, struct net_answer *ret) {
    say_hello(user, index, record, ret);
    ret->status = index % 2 ? 200 : 503;
}

Test(http_client, starts_are_never_closer_than_the_interval) {
    enum { REQUESTS = 15, SPAN = 5 };
    const int64_t interval = 20000;
    struct net_fixture fixture;
    struct net_result results[REQUESTS] = {0};
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(be_flaky, NULL);
    struct cg_http_options options = {.min_interval_us = interval, .max_in_flight = 10};
    struct cg_http_client *client = net_client(&fixture, net_server_url(server), options);
    for (size_t i = 0; i < REQUESTS; i++)
        cr_assert_eq(cg_http_client_get(client, "/x", NULL, 0, net_result_set, &results[i]), CG_OK);
    cr_assert_eq(cg_http_client_wait(client), CG_OK);
    size_t count = net_server_count(server);
    cr_assert(count > REQUESTS, "nothing was retried");
    cr_assert_eq(cg_http_client_stats(client).requests, count);
    cr_assert_eq(cg_http_client_stats(client).retries, count - REQUESTS);
    /* A request may reach the server later than it started, so one distance may shrink; several together hardly do. */
    for (size_t i = SPAN; i < count; i++) {
        int64_t passed = net_server_record(server, i).time - net_server_record(server, i - SPAN).time;
        cr_assert(passed > (SPAN - 1) * interval, "%d requests in %lld us", SPAN + 1, (long long)passed);
    }
    cg_http_client_free(client);
    net_server_free(server);
    net_fixture_done(&fixture);
}

/* ---- callbacks ---- */

struct chain {
    struct cg_http_client *client;
    unsigned left;
    unsigned calls;
    cg_status last;
    cg_status inner_wait;
};

static void go_on(void *user, const struct cg_http_response *response) {
    struct chain *chain = user;
    chain->calls++;
    chain->last = response->status;
    chain->inner_wait = cg_http_client_wait(chain->client);
    if (chain->left > 0) {
        chain->left--;
        cr_assert_eq(cg_http_client_get(chain->client, "/next", NULL, 0, go_on, chain), CG_OK);
    }
}

Test(http_client, callbacks_may_queue_more_but_not_wait) {
    struct net_fixture fixture;
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(say_hello, NULL);
    struct chain chain = {.client = net_client(&fixture, net_server_url(server), (struct cg_http_options){0}),
                          .left = 9};
    cr_assert_eq(cg_http_client_get(chain.client, "/first", NULL, 0, go_on, &chain), CG_OK);
    cr_assert_eq(cg_http_client_wait(chain.client), CG_OK);
    cr_assert_eq(chain.calls, 10);
    cr_assert_eq(chain.inner_wait, CG_INVALID);
    cr_assert_eq(net_server_count(server), 10);
    cg_http_client_free(chain.client);
    net_server_free(server);
    net_fixture_done(&fixture);
}

static void close_client(void *user, const struct cg_http_response *response) {
    struct chain *chain = user;
    chain->calls++;
    chain->last = response->status;
    if (chain->client) {
        struct cg_http_client *client = chain->client;
        chain->client = NULL;
        cg_http_client_free(client);
        cr_assert_eq(cg_http_client_get(client, "/x", NULL, 0, close_client, chain), CG_INVALID);
    }
}

Test(http_client, a_callback_may_close_its_client) {
    struct net_fixture fixture;
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(say_hello, NULL);
    struct cg_http_client *client =
        net_client(&fixture, net_server_url(server), (struct cg_http_options){.max_in_flight = 3});
    struct chain chain = {.client = client};
    for (int i = 0; i < 8; i++)
        cr_assert_eq(cg_http_client_get(client, "/x", NULL, 0, close_client, &chain), CG_OK);
    cr_assert_eq(cg_http_client_wait(client), CG_OK);
    cr_assert_eq(chain.calls, 8);
    cr_assert_eq(chain.last, CG_CANCELLED);
    net_server_free(server);
    net_fixture_done(&fixture);
}

static void be_silent(void *user, size_t index, const struct net_record *record, struct net_answer *ret) {
    say_hello(user, index, record, ret);
    ret->trouble = NET_SILENT;
}

Test(http_client, closing_cancels_what_is_pending) {
    struct net_fixture fixture;
    struct net_result results[5] = {0};
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(be_silent, NULL);
    struct cg_http_client *client =
        net_client(&fixture, net_server_url(server), (struct cg_http_options){.max_in_flight = 2});
    for (size_t i = 0; i < COUNT(results); i++)
        cr_assert_eq(cg_http_client_get(client, "/x", NULL, 0, net_result_set, &results[i]), CG_OK);
    while (net_server_count(server) < 2)
        uv_run(&fixture.loop, UV_RUN_NOWAIT);
    cg_http_client_free(client);
    for (size_t i = 0; i < COUNT(results); i++) {
        cr_assert(results[i].calls == 1 && results[i].status == CG_CANCELLED, "%zu", i);
        cr_assert_str_eq(results[i].error, "Test: GET /x: cancelled");
    }
    net_server_free(server);
    net_fixture_done(&fixture);
}

/* ---- cancel ---- */

static void cancel_net(uv_timer_t *timer) {
    cg_net_cancel(timer->data);
    uv_close((uv_handle_t *)timer, NULL);
}

Test(http_client, cancel_ends_running_queued_waiting_and_later_requests) {
    struct net_fixture fixture;
    struct net_result results[5] = {0};
    struct net_result waiting = {0};
    struct net_result later = {0};
    uv_timer_t timer;
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(be_silent, NULL);
    struct cg_http_client *client =
        net_client(&fixture, net_server_url(server), (struct cg_http_options){.max_in_flight = 2});
    struct cg_http_client *retrying = NULL;
    struct cg_http_options options = {.struct_size = sizeof options, .base_url = "http://127.0.0.1:1"};
    cr_assert_eq(cg_http_client_new(fixture.net, &options, &retrying, NULL), CG_OK);
    cr_assert_eq(cg_http_client_get(retrying, "/w", NULL, 0, net_result_set, &waiting), CG_OK);
    for (size_t i = 0; i < COUNT(results); i++)
        cr_assert_eq(cg_http_client_get(client, "/x", NULL, 0, net_result_set, &results[i]), CG_OK);
    uv_timer_init(&fixture.loop, &timer);
    timer.data = fixture.net;
    uv_timer_start(&timer, cancel_net, 100, 0);
    cr_assert_eq(cg_http_client_wait(client), CG_CANCELLED);
    cr_assert_eq(cg_http_client_wait(retrying), CG_CANCELLED);
    for (size_t i = 0; i < COUNT(results); i++)
        cr_assert(results[i].calls == 1 && results[i].status == CG_CANCELLED, "%zu", i);
    cr_assert(waiting.calls == 1 && waiting.status == CG_CANCELLED);
    cr_assert_eq(cg_http_client_get(client, "/later", NULL, 0, net_result_set, &later), CG_OK);
    cr_assert_eq(cg_http_client_wait(client), CG_CANCELLED);
    cr_assert(later.calls == 1 && later.status == CG_CANCELLED);
    cr_assert_eq(net_server_count(server), 2);
    cg_http_client_free(client);
    cg_http_client_free(retrying);
    net_server_free(server);
    net_fixture_done(&fixture);
}
