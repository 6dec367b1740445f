#include "support/api.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/db.h"
#include "support/moment.h"

#define START_MS 30000
#define SETTLE_MS 10000

/* The port is bound here, too, but nobody listens: no other program gets it, and the server still may. */
void cg_test_api_reserve(struct cg_test_api *api, int tls) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int one = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *api = (struct cg_test_api){.port_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    cr_assert_geq(api->port_fd, 0);
    cr_assert_eq(setsockopt(api->port_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
    cr_assert_eq(bind(api->port_fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(getsockname(api->port_fd, (struct sockaddr *)&address, &length), 0);
    api->port = ntohs(address.sin_port);
    (void)snprintf(api->url, sizeof api->url, "%s://127.0.0.1:%u", tls ? "https" : "http", api->port);
}

static void write_config(const char *folder, const struct cg_test_api_options *options, const struct cg_test_api *api) {
    int placed = options->settings && strncmp(options->settings, "  host:", 7) == 0;
    char *text = cg_test_format("api:\n%s  port: %u\n%s%s", placed ? "" : "  host: 127.0.0.1\n", api->port,
                                options->settings ? options->settings : "",
                                options->config ? options->config
                                                : "tenants:\n" CG_TEST_API_TENANT("acme") CG_TEST_API_TENANT("good"));
    cg_test_file_write(folder, "config.yaml", text);
    free(text);
}

void cg_test_api_launch(const char *folder, const struct cg_test_api_options *options, struct cg_test_api *api) {
    const char *arguments[16] = {"--config-file", "config.yaml", "--quiet", "--mode",
                                 options->mode ? options->mode : "api"};
    size_t count = 5;
    if (!api->port)
        cg_test_api_reserve(api, options->tls);
    write_config(folder, options, api);
    for (size_t i = 0; options->arguments && options->arguments[i]; i++)
        arguments[count++] = options->arguments[i];
    arguments[count] = NULL;
    struct rlimit before;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    if (options->crowd) {
        struct rlimit more = {(rlim_t)options->crowd, before.rlim_max};
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &more), 0, "%d descriptors are too many", options->crowd);
    }
    cg_test_program_start(folder, arguments, options->environment, &api->process);
    if (options->crowd)
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}

void cg_test_api_await(struct cg_test_api *api) {
    long long began = cg_test_clock_ms();
    char *url = cg_test_format("%s/health", api->url);
    const struct cg_test_request request = {.url = url, .timeout_ms = START_MS};
    for (long status = 0; status != 200;) {
        struct cg_test_answer answer;
        cg_test_http(&request, &answer);
        status = answer.status;
        cg_test_answer_done(&answer);
        if (status == 200)
            break;
        cr_assert_lt(cg_test_clock_ms() - began, START_MS, "the server does not answer (%ld)", status);
        if (!cg_test_process_runs(&api->process, 2)) {
            struct cg_test_result result;
            cg_test_process_wait(&api->process, &result);
            cr_assert_fail("the server ended with %d: %s", result.exit_status, result.err);
        }
    }
    api->first_ms = cg_test_clock_ms() - began;
    free(url);
}

void cg_test_api_start(const char *folder, const struct cg_test_api_options *options, struct cg_test_api *api) {
    cg_test_api_launch(folder, options, api);
    cg_test_api_await(api);
}

void cg_test_api_stop(struct cg_test_api *api, int seconds, struct cg_test_result *ret) {
    struct cg_test_result result;
    cg_test_process_signal(&api->process, SIGTERM);
    int late = cg_test_process_runs(&api->process, seconds * 1000);
    if (late)
        cg_test_process_signal(&api->process, SIGKILL);
    cg_test_program_wait(&api->process, &result);
    cr_assert(!late, "the server did not end within %d seconds: %.8000s", seconds, result.err);
    cr_assert_eq(result.exit_status, 0, "the server ended with %d (signal %d): %.8000s", result.exit_status,
                 result.signal, result.err);
    cg_test_has_not("the server", result.err, "left open");
    (void)close(api->port_fd);
    *api = (struct cg_test_api){0};
    if (ret)
        *ret = result;
    else
        cg_test_result_done(&result);
}

char *cg_test_api_log(const struct cg_test_api *api) {
    return cg_test_process_log(&api->process);
}

void cg_test_api_ask(const struct cg_test_api *api, const struct cg_test_request *request, struct cg_test_answer *ret) {
    struct cg_test_request whole = *request;
    char *url = cg_test_format("%s%s", api->url, request->url);
    whole.url = url;
    cg_test_http(&whole, ret);
    free(url);
}

long cg_test_api_send(const struct cg_test_api *api, const char *method, const char *path, const char *body,
                      char **ret_body) {
    const struct cg_test_request request = {.url = path, .method = method, .body = body};
    struct cg_test_answer answer;
    cg_test_api_ask(api, &request, &answer);
    long status = answer.code == CURLE_OK ? answer.status : -(long)answer.code;
    if (ret_body) {
        *ret_body = answer.body;
        answer.body = NULL;
    }
    cg_test_answer_done(&answer);
    return status;
}

long cg_test_api_get(const struct cg_test_api *api, const char *path, char **ret_body) {
    return cg_test_api_send(api, NULL, path, NULL, ret_body);
}

json_t *cg_test_api_json(const struct cg_test_api *api, const char *path) {
    const struct cg_test_request request = {.url = path};
    struct cg_test_answer answer;
    cg_test_api_ask(api, &request, &answer);
    json_t *root = cg_test_answer_json(&answer, 200);
    cg_test_answer_done(&answer);
    return root;
}

json_t *cg_test_api_readiness(const struct cg_test_api *api, const char *tenant) {
    json_t *root = cg_test_api_json(api, "/api/v1/readiness");
    json_t *found = NULL;
    json_t *each = NULL;
    size_t index = 0;
    json_array_foreach (json_object_get(root, "tenants"), index, each) {
        if (strcmp(cg_test_json_text(each, "tenant_name"), tenant) == 0)
            found = json_incref(each);
    }
    cr_assert_not_null(found, "readiness does not know the tenant %s", tenant);
    json_decref(root);
    return found;
}

long long cg_test_api_figure(const struct cg_test_api *api, const char *line) {
    char *text = NULL;
    char *begin = cg_test_format("\n%s", line);
    long status = cg_test_api_get(api, "/metrics", &text);
    cr_assert_eq(status, 200, "/metrics: %ld; the server %s", status,
                 cg_test_process_runs(&api->process, 0) ? "runs" : "has ended");
    const char *found = strstr(text, begin);
    cr_assert_not_null(found, "/metrics has no '%s': %s", line, text);
    long long value = strtoll(found + strlen(begin), NULL, 10);
    free(begin);
    free(text);
    return value;
}

void cg_test_api_settle(const struct cg_test_api *api, const char *line, long long most) {
    long long began = cg_test_clock_ms();
    for (long long value = most + 1; value > most;) {
        value = cg_test_api_figure(api, line);
        if (value <= most)
            break;
        cr_assert_lt(cg_test_clock_ms() - began, SETTLE_MS, "%s stays at %lld", line, value);
        (void)usleep(20000);
    }
}

long cg_test_process_kib(const struct cg_test_process *process, const char *line) {
    char path[64];
    char text[256];
    long value = -1;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)process->pid);
    FILE *stream = fopen(path, "re");
    cr_assert_not_null(stream, "the process is gone");
    while (fgets(text, sizeof text, stream))
        if (strncmp(text, line, strlen(line)) == 0)
            value = strtol(text + strlen(line), NULL, 10);
    (void)fclose(stream);
    cr_assert_geq(value, 0, "no %s", line);
    return value;
}

void cg_test_process_forget_peak(const struct cg_test_process *process) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/clear_refs", (int)process->pid);
    FILE *stream = fopen(path, "we");
    cr_assert_not_null(stream);
    cr_assert_geq(fputs("5", stream), 0);
    cr_assert_eq(fclose(stream), 0, "the peak of a process cannot be set back: %s", strerror(errno));
}

int cg_test_is_sanitized(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 1;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return 1;
#else
    return 0;
#endif
#else
    return 0;
#endif
}

void cg_test_api_fill(const char *folder, const char *database, const char *tenant, unsigned dimensions,
                      unsigned hours) {
    char *sql = cg_test_format(
        "BEGIN;"
        "CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < %u) "
        "SELECT i FROM c;"
        "CREATE TEMP TABLE h AS WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < %u) "
        "SELECT strftime('%%Y-%%m-%%d %%H:%%M:%%S.000000', '2026-06-01', i || ' hours') AS at FROM c;"
        "INSERT INTO chargeback_dimensions (ecosystem, tenant_id, resource_id, product_category, product_type, "
        "identity_id, cost_type, allocation_method, env_id) SELECT 'confluent_cloud', '%s', 'lkc-' || (i %% 7), "
        "'KAFKA', 'KAFKA_STORAGE', printf('sa-%%06d', i), 'shared', 'even_split', 'env-1' FROM n;"
        "DROP INDEX ix_chargeback_facts_dimension_timestamp;"
        "INSERT INTO chargeback_facts (timestamp, dimension_id, amount) SELECT h.at, d.dimension_id, '0.12345678' "
        "FROM h, chargeback_dimensions d WHERE d.tenant_id = '%s';"
        "CREATE INDEX ix_chargeback_facts_dimension_timestamp ON chargeback_facts (dimension_id, timestamp);"
        "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type) SELECT 'confluent_cloud', '%s', "
        "'lkc-' || i, 'kafka_cluster' FROM n WHERE i < 7;"
        "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type) SELECT 'confluent_cloud', '%s', "
        "printf('sa-%%06d', i), 'service_account' FROM n;"
        "COMMIT",
        dimensions, hours, tenant, tenant, tenant, tenant);
    cg_test_db_execute(folder, database, sql);
    free(sql);
}
