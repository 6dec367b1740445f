#include "shared.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/db.h"
#include "support/moment.h"

/* So long it is left to the others before a host is started again, and at most so long clients may be refused after
 * sessions of a database were ended. */
#define AGAIN_MS 7000
#define REFUSAL_MS 2000

#define PATIENCE_SECONDS 3600

/* So that a run takes a while. */
#define SLOW "{\"rules\":[{\"match\":\"/billing\",\"kind\":\"slow\",\"ms\":400}]}"

/* Dates of the bill. */
#define FIRST_DAY 24
#define DAYS 7

#define ORPHANED "Orphaned%"

static const char audit[] =
    "CREATE TABLE cg_test_dates (tracking_date text, run bigint);"
    "CREATE TABLE cg_test_overlaps (what text, run bigint);"
    "CREATE FUNCTION cg_test_date() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "  INSERT INTO cg_test_dates VALUES (NEW.tracking_date::text, NEW.calculation_run_id);"
    "  INSERT INTO cg_test_overlaps SELECT 'written by the dead', NEW.calculation_run_id WHERE NOT EXISTS "
    "    (SELECT 1 FROM pipeline_runs r WHERE r.id = NEW.calculation_run_id AND r.status = 'running');"
    "  RETURN NULL; END $$;"
    "CREATE FUNCTION cg_test_run() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "  INSERT INTO cg_test_overlaps SELECT 'beside', r.id FROM pipeline_runs r "
    "    WHERE r.status = 'running' AND r.id <> NEW.id;"
    "  RETURN NULL; END $$;"
    "CREATE TRIGGER cg_test_date AFTER UPDATE ON pipeline_state FOR EACH ROW WHEN "
    "  (NEW.calculation_id IS NOT NULL AND NEW.calculation_id IS DISTINCT FROM OLD.calculation_id) "
    "  EXECUTE FUNCTION cg_test_date();"
    "CREATE TRIGGER cg_test_run AFTER INSERT ON pipeline_runs FOR EACH ROW EXECUTE FUNCTION cg_test_run()";

/* What must be equal, each as a query whose rows are put in order as texts. */
static const char *const parts[] = {
    "SELECT 'resource', resource_id, resource_type, display_name, parent_id, owner_id, status, deleted_at FROM "
    "resources",
    "SELECT 'identity', identity_id, identity_type, display_name, deleted_at FROM identities",
    "SELECT 'line', timestamp, env_id, resource_id, product_type, product_category, quantity, unit_price, total_cost, "
    "granularity, allocation_attempts FROM ccloud_billing",
    "SELECT 'fact', f.timestamp, d.env_id, d.resource_id, d.product_category, d.product_type, d.identity_id, "
    "d.cost_type, d.allocation_method, d.allocation_detail, f.amount FROM chargeback_facts f "
    "LEFT JOIN chargeback_dimensions d ON d.dimension_id = f.dimension_id",
    "SELECT 'state', tracking_date, billing_gathered, resources_gathered, chargeback_calculated, "
    "calculation_id IS NULL FROM pipeline_state",
    "SELECT 'date', tracking_date, rows_digest, metrics_failed FROM cg_dates",
    "SELECT 'emission', emitter_name, pipeline, date, status FROM emission_records",
};

/* ---- numbers and texts ---- */

unsigned cg_shared_draw(struct cg_shared *shared, unsigned below) {
    shared->random ^= shared->random << 13;
    shared->random ^= shared->random >> 7;
    shared->random ^= shared->random << 17;
    return (unsigned)((shared->random >> 11) % below);
}

unsigned cg_shared_setting(const char *variable, unsigned usual) {
    const char *text = getenv(variable);
    return text && *text ? (unsigned)strtoul(text, NULL, 10) : usual;
}

void cg_shared_tell(const char *name, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)fprintf(stderr, "shared: %s: %s\n", name, text);
}

const char *cg_shared_logs(const struct cg_shared *shared) {
    char *all = cg_test_format("%s", "");
    for (size_t i = 0; i < CG_SHARED_HOSTS; i++) {
        if (!shared->hosts[i].runs)
            continue;
        char *text = cg_test_process_log(&shared->hosts[i].process);
        const size_t length = strlen(text);
        char *longer = cg_test_format("%s---- host %zu\n%s", all, i, text + (length > 3000 ? length - 3000 : 0));
        free(text);
        free(all);
        all = longer;
    }
    return all;
}

/* ---- configurations ---- */

static char *tenant_text(const struct cg_shared *shared, size_t tenant, const struct cg_test_postgres *database) {
    return cg_test_format("  t%zu:\n"
                          "    ecosystem: confluent_cloud\n"
                          "    tenant_id: t%zu\n"
                          "    lookback_days: 9\n"
                          "    cutoff_days: 1\n"
                          "    storage: {connection_string: \"%s\"}\n"
                          "    plugin_settings:\n"
                          "      min_refresh_gap_seconds: 0\n"
                          "      ccloud_api: {key: %s, secret: \"${CC_SECRET}\", base_url: \"%s\", "
                          "request_interval_seconds: 0}\n"
                          "      metrics: {url: \"%s\", auth_type: bearer, bearer_token: \"${PROM_TOKEN}\"}\n"
                          "      emitters: [{type: csv, params: {output_dir: t%zu}}]\n",
                          tenant, tenant, database->url, CG_TEST_SIM_KEY, shared->sim.url, shared->sim.url, tenant);
}

static void write_config(const struct cg_shared *shared, const char *name, unsigned port,
                         const struct cg_test_postgres *databases) {
    char *text = cg_test_format("api: {host: 127.0.0.1, port: %u}\n"
                                "features: {refresh_interval: 1, max_parallel_tenants: 2}\n"
                                "tenants:\n",
                                port ? port : 1);
    for (size_t i = 0; i < CG_SHARED_TENANTS; i++) {
        char *tenant = tenant_text(shared, i, &databases[i]);
        char *longer = cg_test_format("%s%s", text, tenant);
        free(tenant);
        free(text);
        text = longer;
    }
    cg_test_file_write(shared->folder, name, text);
    free(text);
}

/* ---- processes ---- */

static void start_process(const struct cg_shared *shared, const char *config, const char *option,
                          struct cg_test_process *ret) {
    static const char program[] = CG_TEST_BINARY_DIR "/bin/chitragupt";
    static const char clock[] = "CHITRAGUPT_NOW=" CG_TEST_NOW;
    static const char secret[] = "CC_SECRET=" CG_TEST_SIM_SECRET;
    static const char token[] = "PROM_TOKEN=" CG_TEST_SIM_TOKEN;
    const char *const argv[] = {program, "--config-file", config, option, "--quiet", NULL};
    const char *const environment[] = {shared->mark, clock,       secret,      token, "http_proxy",
                                       "HTTP_PROXY", "all_proxy", "ALL_PROXY", NULL};
    const struct cg_test_process_options options = {
        .argv = argv, .environment = environment, .directory = shared->folder, .timeout_seconds = PATIENCE_SECONDS};
    cg_test_process_start(&options, ret);
}

static void start_host(struct cg_shared *shared, size_t index) {
    struct cg_shared_host *host = &shared->hosts[index];
    char name[32];
    (void)snprintf(name, sizeof name, index < CG_SHARED_WORKERS ? "worker.yaml" : "api%zu.yaml", index);
    start_process(shared, name, index < CG_SHARED_WORKERS ? "--mode=worker" : "--mode=api", &host->process);
    host->runs = 1;
}

static void reap(struct cg_shared_host *host, int by_signal) {
    struct cg_test_result result;
    cg_test_process_wait(&host->process, &result);
    host->runs = 0;
    cg_test_has_not("a host's log", result.err, CG_TEST_SIM_SECRET);
    cg_test_has_not("a host's log", result.err, CG_TEST_SIM_TOKEN);
    cr_assert(by_signal ? result.signal == SIGKILL : result.exit_status == 0, "a host ended with %d, %d:\n%s",
              result.exit_status, result.signal, result.err);
    cg_test_result_done(&result);
}

void cg_shared_end_host(struct cg_shared *shared, size_t host, int number) {
    if (!shared->hosts[host].runs)
        return;
    cg_test_process_signal(&shared->hosts[host].process, number);
    reap(&shared->hosts[host], number == SIGKILL);
    shared->hosts[host].again_ms = cg_test_clock_ms() + AGAIN_MS;
}

void cg_shared_restart(struct cg_shared *shared) {
    for (size_t i = 0; i < CG_SHARED_HOSTS; i++) {
        struct cg_shared_host *host = &shared->hosts[i];
        if (host->runs)
            cr_assert(cg_test_process_runs(&host->process, 0), "a host has ended:\n%s",
                      cg_test_process_log(&host->process));
        else if (cg_test_clock_ms() >= host->again_ms)
            start_host(shared, i);
    }
}

static void run_once(const struct cg_shared *shared, const char *config) {
    struct cg_test_process process;
    struct cg_test_result result;
    start_process(shared, config, "--run-once", &process);
    cg_test_process_wait(&process, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_result_done(&result);
}

/* ---- life ---- */

void cg_shared_make(struct cg_shared *shared) {
    static const char *const options[] = {"--days", "7", "--environments", "1", "--clusters", "12", "--faults",
                                          SLOW,     NULL};
    *shared = (struct cg_shared){.random = UINT64_C(0x9E3779B97F4A7C15) + cg_shared_setting("CG_SHARED_SEED", 0)};
    (void)snprintf(shared->mark, sizeof shared->mark, "CG_TEST_SHARED=%d", (int)getpid());
    cg_test_sim_start(options, &shared->sim);
    cg_test_workdir_make(shared->folder);
    for (size_t i = 0; i < CG_SHARED_TENANTS; i++)
        cg_test_postgres_create(&shared->databases[i]);
    write_config(shared, "worker.yaml", 0, shared->databases);
    for (size_t i = CG_SHARED_WORKERS; i < CG_SHARED_HOSTS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "api%zu.yaml", i);
        cg_test_api_reserve(&shared->hosts[i].api, 0);
        write_config(shared, name, shared->hosts[i].api.port, shared->databases);
    }
    run_once(shared, "worker.yaml");
    for (size_t i = 0; i < CG_SHARED_TENANTS; i++)
        cg_test_postgres_run(&shared->databases[i], audit);
}

void cg_shared_done(struct cg_shared *shared) {
    for (size_t i = 0; i < CG_SHARED_TENANTS; i++)
        cg_test_postgres_drop(&shared->databases[i]);
    for (size_t i = CG_SHARED_WORKERS; i < CG_SHARED_HOSTS; i++)
        (void)close(shared->hosts[i].api.port_fd);
    cg_test_workdir_remove(shared->folder);
    cg_test_sim_stop(&shared->sim);
}

void cg_shared_start(struct cg_shared *shared) {
    for (size_t i = 0; i < CG_SHARED_HOSTS; i++)
        start_host(shared, i);
    for (size_t i = CG_SHARED_WORKERS; i < CG_SHARED_HOSTS; i++) {
        shared->hosts[i].api.process = shared->hosts[i].process;
        cg_test_api_await(&shared->hosts[i].api);
    }
}

void cg_shared_stop(struct cg_shared *shared) {
    for (size_t i = 0; i < CG_SHARED_HOSTS; i++)
        if (shared->hosts[i].runs)
            cg_test_process_signal(&shared->hosts[i].process, SIGTERM);
    for (size_t i = 0; i < CG_SHARED_HOSTS; i++)
        if (shared->hosts[i].runs)
            reap(&shared->hosts[i], 0);
    cr_assert_geq(cg_test_proc_silence(shared->mark, 0, 5000), 0, "somebody is left behind");
    run_once(shared, "worker.yaml");
}

void cg_shared_revise(struct cg_shared *shared) {
    char *body = cg_test_format("{\"date\":\"2026-06-%u\",\"factor\":\"1.%02u\",\"add\":\"0.%02u\"}",
                                FIRST_DAY + cg_shared_draw(shared, DAYS), cg_shared_draw(shared, 100),
                                cg_shared_draw(shared, 100));
    cg_test_sim_revise(&shared->sim, body);
    shared->revisions++;
    char *sql = cg_test_format("INSERT INTO cg_test_dates VALUES ('%.10s', NULL)", strstr(body, "2026"));
    for (size_t i = 0; i < CG_SHARED_TENANTS; i++)
        cg_test_postgres_run(&shared->databases[i], sql);
    free(sql);
    free(body);
}

/* ---- looking into databases ---- */

long long cg_shared_running(const struct cg_shared *shared, size_t tenant, long long *ret_pid) {
    char *text = cg_test_postgres_rows(&shared->databases[tenant],
                                       "SELECT r.id || ' ' || o.pid FROM pipeline_runs r JOIN cg_run_owners o "
                                       "ON o.run_id = r.id WHERE r.status = 'running' ORDER BY r.id DESC LIMIT 1");
    char *rest = text;
    const long long run = strtoll(text, &rest, 10);
    *ret_pid = strtoll(rest, NULL, 10);
    free(text);
    return run;
}

long long cg_shared_newest(const struct cg_shared *shared, size_t tenant) {
    return cg_test_postgres_number(&shared->databases[tenant], "SELECT COALESCE(MAX(id), 0) FROM pipeline_runs");
}

int cg_shared_is_completed(const struct cg_shared *shared, size_t tenant, long long run) {
    char *sql = cg_test_format("SELECT COUNT(*) FROM pipeline_runs WHERE id = %lld AND status = 'completed'", run);
    const long long count = cg_test_postgres_number(&shared->databases[tenant], sql);
    free(sql);
    return count == 1;
}

void cg_shared_books(const struct cg_shared *shared, struct cg_shared_books *ret) {
    *ret = (struct cg_shared_books){0};
    for (size_t i = 0; i < CG_SHARED_TENANTS; i++) {
        const struct cg_test_postgres *database = &shared->databases[i];
        ret->runs += cg_test_postgres_number(database, "SELECT COUNT(*) FROM pipeline_runs");
        ret->completed +=
            cg_test_postgres_number(database, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'");
        ret->orphaned += cg_test_postgres_number(
            database, "SELECT COUNT(*) FROM pipeline_runs WHERE error_message LIKE '" ORPHANED "'");
        ret->stopped += cg_test_postgres_number(
            database, "SELECT COUNT(*) FROM pipeline_runs WHERE error_message ILIKE '%the run was stopped%'");
        ret->computed += cg_test_postgres_number(database, "SELECT COUNT(run) FROM cg_test_dates");
        ret->repeated += cg_test_postgres_number(
            database, "SELECT COALESCE(SUM(GREATEST(computed - changed, 0)), 0)::bigint FROM (SELECT COUNT(run) AS "
                      "computed, COUNT(*) - COUNT(run) AS changed FROM cg_test_dates GROUP BY tracking_date) t");
        ret->overlaps += cg_test_postgres_number(database, "SELECT COUNT(*) FROM cg_test_overlaps");
    }
}

static char *dump(const struct cg_test_postgres *database) {
    char *text = cg_test_format("%s", "");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *sql = cg_test_format("SELECT line FROM (SELECT replace(q::text, E'\\n', ' ') AS line FROM (%s) q) l "
                                   "ORDER BY line COLLATE \"C\"",
                                   parts[i]);
        char *rows = cg_test_postgres_rows(database, sql);
        char *longer = cg_test_format("%s%s\n", text, rows);
        free(rows);
        free(sql);
        free(text);
        text = longer;
    }
    return text;
}

void cg_shared_compare(struct cg_shared *shared) {
    struct cg_test_postgres fresh[CG_SHARED_TENANTS];
    for (size_t i = 0; i < CG_SHARED_TENANTS; i++)
        cg_test_postgres_create(&fresh[i]);
    write_config(shared, "fresh.yaml", 0, fresh);
    run_once(shared, "fresh.yaml");
    for (size_t i = 0; i < CG_SHARED_TENANTS; i++) {
        char *got = dump(&shared->databases[i]);
        char *wanted = dump(&fresh[i]);
        cr_assert_gt(strlen(wanted), 10000);
        cg_test_dumps_equal("a tenant", got, wanted);
        free(got);
        free(wanted);
        cg_test_postgres_drop(&fresh[i]);
    }
}

/* ---- clients ---- */

/* A GET; NULL when it was refused, which only a blow to the sessions excuses. */
static json_t *get(struct cg_shared *shared, const struct cg_shared_host *host, const char *path) {
    char *body = NULL;
    const long status = cg_test_api_get(&host->api, path, &body);
    json_t *json = status == 200 ? json_loads(body, 0, NULL) : NULL;
    shared->answers++;
    if (!json) {
        const long long since = cg_test_clock_ms() - shared->sessions_ended_ms;
        cr_assert(since < REFUSAL_MS && (status == 500 || status == 503), "%s: %ld, %lld ms after a blow: %s", path,
                  status, since, body ? body : "");
        shared->refused++;
    }
    free(body);
    return json;
}

/* Where the table of runs says the same before and after, the answer in between must say that, too. */
static void ask_status(struct cg_shared *shared, const struct cg_shared_host *host, size_t tenant) {
    long long pids[2];
    char *path = cg_test_format("/api/v1/tenants/t%zu/pipeline/status", tenant);
    const long long before = cg_shared_running(shared, tenant, &pids[0]);
    const long long newest = cg_shared_newest(shared, tenant);
    const int lived = before && cg_test_proc_lives((pid_t)pids[0]);
    json_t *status = get(shared, host, path);
    const long long after = cg_shared_running(shared, tenant, &pids[1]);
    const int lives = after && cg_test_proc_lives((pid_t)pids[1]);
    if (status && before == after && lived == lives && cg_shared_newest(shared, tenant) == newest) {
        cr_assert_eq(json_is_true(json_object_get(status, "is_running")), lived, "%s: run %lld, process %lld", path,
                     before, pids[0]);
        shared->truths++;
    }
    json_decref(status);
    free(path);
}

void cg_shared_ask(struct cg_shared *shared) {
    for (size_t i = CG_SHARED_WORKERS; i < CG_SHARED_HOSTS; i++) {
        const size_t tenant = cg_shared_draw(shared, CG_SHARED_TENANTS);
        char *path =
            cg_test_format("/api/v1/tenants/t%zu/chargebacks?start_date=2026-06-24&end_date=2026-06-30", tenant);
        json_decref(get(shared, &shared->hosts[i], path));
        json_decref(get(shared, &shared->hosts[i], "/api/v1/readiness"));
        ask_status(shared, &shared->hosts[i], tenant);
        free(path);
    }
}
