#include "chaos.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/db.h"
#include "support/moment.h"
#include "support/program.h"

#define WAIT_MS 30000
#define SEED UINT64_C(0x2545F4914F6CDD1D)

/* Parts of a dump that differ when there was a disturbance, and may. */
static const char *const left_out[] = {"tags |", "cg_date_revisions |", "cg_billing_revisions |"};

/* ---- the configuration ---- */

static const char tenant_text[] = "  %s:\n"
                                  "    ecosystem: confluent_cloud\n"
                                  "    tenant_id: %s\n"
                                  "    lookback_days: 9\n"
                                  "    cutoff_days: 1\n"
                                  "%s"
                                  "    storage: {connection_string: \"sqlite:///%s\"}\n"
                                  "    plugin_settings:\n"
                                  "      min_refresh_gap_seconds: 0\n"
                                  "      ccloud_api:\n"
                                  "        key: " CG_TEST_SIM_KEY "\n"
                                  "        secret: \"${CC_SECRET}\"\n"
                                  "        base_url: \"%s\"\n"
                                  "        request_interval_seconds: 0\n"
                                  "      metrics:\n"
                                  "        url: \"%s\"\n"
                                  "        auth_type: bearer\n"
                                  "        bearer_token: \"${PROM_TOKEN}\"\n"
                                  "%s%s"
                                  "      emitters:\n%s"
                                  "        - type: csv\n"
                                  "          params: {output_dir: %s-csv}\n";

static const char *text_of(const char *text) {
    return text ? text : "";
}

static void put_tenant(FILE *stream, const struct cg_chaos *chaos, const struct cg_chaos_tenant *tenant) {
    static const char topics[] = "      topic_attribution: {enabled: true, retention_days: 365}\n";
    char *database = tenant->database ? cg_test_format("%s", tenant->database) : cg_test_format("%s.db", tenant->name);
    (void)fprintf(stream, tenant_text, tenant->name, tenant->name, text_of(tenant->lines), database, chaos->sim.url,
                  chaos->sim.url, tenant->topics ? topics : "", text_of(tenant->settings), text_of(tenant->emitters),
                  tenant->name);
    free(database);
}

static char *text_of_config(const struct cg_chaos *chaos) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert_not_null(stream);
    if (!chaos->bare)
        (void)fprintf(stream, "plugins_path: \"%s\"\n", CG_CHAOS_TROUBLE);
    (void)fputs(text_of(chaos->head), stream);
    (void)fprintf(stream, "features:\n  refresh_interval: 1\n%s", text_of(chaos->features));
    (void)fprintf(stream, "api:\n  host: 127.0.0.1\n  port: %u\n%s", chaos->api.port, text_of(chaos->api_lines));
    (void)fputs("tenants:\n", stream);
    for (size_t i = 0; i < chaos->tenant_count; i++)
        if (!chaos->tenants[i].absent)
            put_tenant(stream, chaos, &chaos->tenants[i]);
    cr_assert_eq(fclose(stream), 0);
    return text;
}

void cg_chaos_write(const struct cg_chaos *chaos) {
    char path[2][CG_TEST_PATH_SIZE];
    char *text = text_of_config(chaos);
    cg_test_file_write(chaos->folder, "new.yaml", text);
    cr_assert_eq(
        rename(cg_test_path(chaos->folder, "new.yaml", path[0]), cg_test_path(chaos->folder, "config.yaml", path[1])),
        0);
    free(text);
}

/* ---- beginning and end ---- */

void cg_chaos_usual(struct cg_chaos *chaos) {
    chaos->tenants[0] = (struct cg_chaos_tenant){.name = "acme", .topics = 1};
    chaos->tenants[1] = (struct cg_chaos_tenant){.name = "beta"};
    chaos->tenant_count = 2;
}

void cg_chaos_make(struct cg_chaos *chaos) {
    static const char *const options[] = {"--days", "7", "--environments", "1", "--clusters", "6", NULL};
    cg_test_sim_start(options, &chaos->sim);
    cg_test_workdir_make(chaos->folder);
    cg_test_api_reserve(&chaos->api, chaos->tls);
    cg_test_manager_start(&chaos->manager, chaos->folder);
    (void)snprintf(chaos->mark, sizeof chaos->mark, "CG_TEST_CHAOS=%d", (int)getpid());
    chaos->random = SEED + cg_chaos_setting("CG_CHAOS_SEED", 0);
}

void cg_chaos_done(struct cg_chaos *chaos) {
    cg_test_manager_stop(&chaos->manager);
    cg_test_sim_stop(&chaos->sim);
    cg_test_workdir_remove(chaos->folder);
    (void)close(chaos->api.port_fd);
}

/* ---- the program ---- */

void cg_chaos_launch(struct cg_chaos *chaos, const char *mode) {
    const char *const arguments[] = {"--config-file", "config.yaml", "--quiet", "--mode", mode, NULL};
    const char *inherited = getenv("ASAN_OPTIONS");
    /* Modules that crash: a sanitizer leaves their signals alone. */
    char *options = cg_test_format("ASAN_OPTIONS=%s:handle_segv=0:handle_abort=0", inherited ? inherited : "");
    char *watchdog = cg_test_format("WATCHDOG_USEC=%ld", chaos->watchdog_ms * 1000);
    const char *const environment[] = {chaos->mark, chaos->manager.variable, options, "WATCHDOG_PID", watchdog, NULL};
    cg_test_manager_forget(&chaos->manager);
    cg_test_program_start(chaos->folder, arguments, environment, &chaos->api.process);
    /* Longer than any form of these tests. */
    chaos->api.process.deadline_ms += 3600000;
    free(options);
    free(watchdog);
}

void cg_chaos_reap(struct cg_chaos *chaos, struct cg_test_result *ret) {
    cg_test_program_wait(&chaos->api.process, ret);
    cg_test_has_not("the service", ret->err, "left open");
}

static void run_in(const char *folder) {
    static const char *const arguments[] = {"--config-file", "config.yaml", "--run-once", "--mode", "worker", NULL};
    struct cg_test_process process;
    struct cg_test_result result;
    cg_test_program_start(folder, arguments, NULL, &process);
    cg_test_program_wait(&process, &result);
    cr_assert_eq(result.exit_status, 0, "the run ended with %d:\n%.8000s", result.exit_status, result.err);
    cg_test_result_done(&result);
}

void cg_chaos_run(struct cg_chaos *chaos) {
    run_in(chaos->folder);
    sqlite3 *db = cg_test_db_open(chaos->folder, "acme.db");
    char *resource = cg_test_db_text(
        db, "SELECT resource_id FROM resources WHERE resource_type = 'kafka_cluster' ORDER BY 1 LIMIT 1");
    cr_assert(resource && strlen(resource) < sizeof chaos->resource);
    (void)snprintf(chaos->resource, sizeof chaos->resource, "%s", resource);
    cg_test_db_close(db);
    free(resource);
}

void cg_chaos_revise(struct cg_chaos *chaos) {
    char *body = cg_test_format("{\"date\":\"2026-06-2%u\",\"factor\":\"1.%02u\",\"add\":\"0.%02u\"}",
                                4 + cg_chaos_draw(chaos, 6), cg_chaos_draw(chaos, 100), cg_chaos_draw(chaos, 100));
    cg_test_sim_revise(&chaos->sim, body);
    free(body);
}

/* ---- comparison ---- */

/* Without lines that may differ, and without how often a date was emitted. */
static char *essence(char *dump) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert_not_null(stream);
    for (const char *line = dump; *line;) {
        size_t length = strcspn(line, "\n");
        int kept = 1;
        for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
            kept &= strncmp(line, left_out[i], strlen(left_out[i])) != 0;
        size_t shown = length;
        if (strncmp(line, "emission_records |", 18) == 0)
            while (shown && line[shown] != '|')
                shown--;
        if (kept)
            (void)fprintf(stream, "%.*s\n", (int)shown, line);
        line += length + (line[length] != '\0');
    }
    cr_assert_eq(fclose(stream), 0);
    free(dump);
    return text;
}

static void compare_tenant(const struct cg_chaos *chaos, const struct cg_chaos_tenant *tenant, const char *other,
                           const char *what) {
    static const char running[] = "SELECT (SELECT COUNT(*) FROM pipeline_runs WHERE status = 'running') + (SELECT "
                                  "COUNT(*) FROM cg_run_owners)";
    char csv[CG_TEST_PATH_SIZE];
    char *name = tenant->database ? cg_test_format("%s", tenant->database) : cg_test_format("%s.db", tenant->name);
    char *files = cg_test_format("%s-csv", tenant->name);
    char *label = cg_test_format("%s, %s", what, tenant->name);
    char *got = essence(cg_test_db_dump(chaos->folder, name));
    char *wanted = essence(cg_test_db_dump(other, name));
    cg_test_dumps_equal(label, got, wanted);
    sqlite3 *db = cg_test_db_open(chaos->folder, name);
    cg_test_db_check(db);
    cg_test_db_balance(db);
    cg_test_csv_follows(db, cg_test_path(chaos->folder, files, csv));
    cr_assert_eq(cg_test_db_number(db, running), 0, "%s: a run is said to go on", label);
    cg_test_db_close(db);
    free(got);
    free(wanted);
    free(label);
    free(files);
    free(name);
}

void cg_chaos_compare(struct cg_chaos *chaos, const char *what) {
    struct cg_chaos other = *chaos;
    cg_test_workdir_make(other.folder);
    for (size_t i = 0; i < other.tenant_count; i++)
        if (other.tenants[i].database && strchr(other.tenants[i].database, '/')) {
            char *below = strdup(other.tenants[i].database);
            *strrchr(below, '/') = '\0';
            cg_test_folder_make(other.folder, below);
            free(below);
        }
    cg_chaos_write(&other);
    run_in(other.folder);
    for (size_t i = 0; i < chaos->tenant_count; i++)
        if (!chaos->tenants[i].absent)
            compare_tenant(chaos, &chaos->tenants[i], other.folder, what);
    cg_test_workdir_remove(other.folder);
}

/* ---- looking ---- */

size_t cg_chaos_count_log(const struct cg_chaos *chaos, const char *part) {
    char *text = cg_test_api_log(&chaos->api);
    size_t count = cg_test_occurrences(text, part);
    free(text);
    return count;
}

void cg_chaos_wait_log(const struct cg_chaos *chaos, const char *part, size_t times) {
    long long began = cg_test_clock_ms();
    while (cg_chaos_count_log(chaos, part) < times) {
        if (cg_test_process_runs(&chaos->api.process, 5) && cg_test_clock_ms() - began < WAIT_MS)
            continue;
        char *text = cg_test_api_log(&chaos->api);
        size_t length = strlen(text);
        cr_assert_fail("'%s' does not come %zu times:\n%s", part, times, text + (length > 6000 ? length - 6000 : 0));
    }
}

long long cg_chaos_number(const struct cg_chaos *chaos, const char *tenant, const char *sql) {
    char name[CG_TEST_PATH_SIZE];
    (void)snprintf(name, sizeof name, "%s.db", tenant);
    for (size_t i = 0; i < chaos->tenant_count; i++)
        if (strcmp(chaos->tenants[i].name, tenant) == 0 && chaos->tenants[i].database)
            (void)snprintf(name, sizeof name, "%s", chaos->tenants[i].database);
    sqlite3 *db = cg_test_db_open(chaos->folder, name);
    long long number = cg_test_db_number(db, sql);
    cg_test_db_close(db);
    return number;
}

unsigned cg_chaos_draw(struct cg_chaos *chaos, unsigned below) {
    chaos->random ^= chaos->random << 13;
    chaos->random ^= chaos->random >> 7;
    chaos->random ^= chaos->random << 17;
    return (unsigned)((chaos->random >> 33) % below);
}

unsigned cg_chaos_setting(const char *variable, unsigned usual) {
    const char *text = getenv(variable);
    return text && *text ? (unsigned)strtoul(text, NULL, 10) : usual;
}

/* ---- figures ---- */

void cg_chaos_tell(const char *name, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)fprintf(stderr, "chaos: %s: %s\n", name, text);
}

void cg_chaos_tell_load(const char *name, const struct cg_test_load_figures *figures) {
    cg_chaos_tell(
        name,
        "%zu requests: %zu good, %zu refused, %zu broken off, %zu late, %zu with 5xx, %zu others; %zu of these "
        "excused; slowest good one %ld ms; %zu tag writes answered, %zu not",
        figures->requests, figures->good, figures->refused, figures->broken, figures->late, figures->errors,
        figures->others, figures->excused, figures->slowest_ms, figures->written, figures->unknown);
}
