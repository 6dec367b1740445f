#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <chitragupt/plugin.h>

#include "folder.h"

#define HEADER                                                                                              \
    "ecosystem,tenant_id,timestamp,resource_id,product_category,product_type,identity_id,cost_type,amount," \
    "allocation_method,allocation_detail\r\n"
#define SMK "self_managed_kafka"
#define DAY INT64_C(1768435200000000) /* 2026-01-15 */

/* ---- a host with two settings ---- */

struct cg_config {
    const char *output_dir;
    const char *filename_template;
};

static char said[1200];
static size_t problem_count;

static const char *config_text(const struct cg_config *node, const char *path, const char *fallback) {
    const char *value = strcmp(path, "output_dir") == 0 ? node->output_dir : node->filename_template;
    return value ? value : fallback;
}

static void config_problem(const struct cg_host *host, const struct cg_config *node, const char *path,
                           const char *format, ...) CG_PRINTF(4, 5);
static cg_status set_error(const struct cg_host *host, cg_status status, const char *format, ...) CG_PRINTF(3, 4);

static void config_problem(const struct cg_host *host, const struct cg_config *node, const char *path,
                           const char *format, ...) {
    (void)host;
    (void)node;
    cr_assert_str_eq(path, "filename_template");
    va_list args;
    va_start(args, format);
    (void)vsnprintf(said, sizeof said, format, args);
    va_end(args);
    problem_count++;
}

static cg_status set_error(const struct cg_host *host, cg_status status, const char *format, ...) {
    (void)host;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(said, sizeof said, format, args);
    va_end(args);
    return status;
}

static const struct cg_config_api config_api = {
    .struct_size = sizeof(struct cg_config_api), .text = config_text, .problem = config_problem};
static const struct cg_host host = {
    .struct_size = sizeof(struct cg_host), .config = &config_api, .set_error = set_error};

static const struct cg_emitter *emitter(void) {
    return cg_plugin_register_csv()->factory;
}

static char folder[FOLDER_PATH_SIZE];
static struct cg_config params;
static struct cg_emitter_spec spec;

static void setup(void) {
    folder_make(folder);
    params = (struct cg_config){.output_dir = folder};
    spec = (struct cg_emitter_spec){.struct_size = sizeof spec,
                                    .name = "csv",
                                    .tenant_name = "tenant-a",
                                    .tenant_id = "acme",
                                    .ecosystem = SMK,
                                    .params = &params};
}

static void teardown(void) {
    folder_remove(folder);
}

TestSuite(emitter, .init = setup, .fini = teardown);

static void *create(void) {
    void *instance = NULL;
    cr_assert_eq(emitter()->create(&host, &spec, &instance), CG_OK, "%s", said);
    return instance;
}

static cg_status begin_of(void *instance, const char *pipeline, const char *date) {
    const struct cg_emission emission = {.struct_size = sizeof emission, .pipeline = pipeline, .date = date};
    return emitter()->begin(instance, &emission);
}

static cg_status begin(void *instance, const char *date) {
    return begin_of(instance, "chargeback", date);
}

static cg_status add(void *instance, const struct cg_emitted_row *rows, size_t count) {
    const struct cg_emitted_row *list[16];
    for (size_t i = 0; i < count; i++)
        list[i] = &rows[i];
    return emitter()->rows(instance, list, count);
}

/* Emits one date from `rows`, `batch` of them at a time, and compares the file. */
static void emit_and_compare(const char *name, const struct cg_emitted_row *rows, size_t count, size_t batch,
                             const char *expected) {
    void *instance = create();
    char text[4096];
    cr_assert_eq(begin(instance, "2026-01-15"), CG_OK, "%s", said);
    for (size_t i = 0; i < count; i += batch)
        cr_assert_eq(add(instance, rows + i, count - i < batch ? count - i : batch), CG_OK, "%s", said);
    cr_assert_eq(emitter()->finish(instance), CG_OK, "%s", said);
    emitter()->destroy(instance);
    long length = folder_read(folder, "acme_2026-01-15.csv", text, sizeof text);
    cr_assert_eq(length, (long)strlen(expected), "%s: %ld bytes: %s", name, length, text);
    cr_assert_str_eq(text, expected, "%s: %s", name, text);
}

/* ---- bytes ---- */

#define ROW(time_, resource_, type_, identity_, cost_type_, amount_, method_, detail_)                              \
    {                                                                                                               \
        .struct_size = sizeof(struct cg_emitted_row), .ecosystem = SMK, .tenant_id = "acme", .timestamp = (time_),  \
        .env_id = "env-1", .resource_id = (resource_), .product_category = "kafka", .product_type = (type_),        \
        .identity_id = (identity_), .cost_type = (cost_type_), .amount = (amount_), .allocation_method = (method_), \
        .allocation_detail = (detail_)                                                                              \
    }

static const struct cg_emitted_row stored[] = {
    ROW(DAY, NULL, "SELF_KAFKA_NETWORK_INGRESS", "User:\xc3\xa9\nx", "usage", "1000000.00", NULL, NULL),
    ROW(DAY, "kafka-1", "SELF_KAFKA_COMPUTE", "UNALLOCATED", "shared", "1.23456789012345678E-7", "terminal",
        "no_identities_located"),
    ROW(DAY, "kafka-1", "SELF_KAFKA_COMPUTE", "User:alice", "usage", "5.0000", "even_split", NULL),
    ROW(DAY, "kafka-1", "SELF_KAFKA_COMPUTE", "User:alice", "usage", "6.0000", "even_split", "no_metrics_located"),
    ROW(DAY, "kafka-1", "SELF_KAFKA_NETWORK_INGRESS", "User:alice", "usage", "0.1000", "usage_ratio",
        "usage_ratio_allocation"),
    ROW(DAY + INT64_C(3600000000), "kafka-1", "SELF_KAFKA_NETWORK_INGRESS", "User:alice", "usage", "0.2000",
        "usage_ratio", "usage_ratio_allocation"),
};

static const char stored_bytes[] = HEADER SMK
    ",acme,2026-01-15T00:00:00+00:00,,kafka,SELF_KAFKA_NETWORK_INGRESS,\"User:\xc3\xa9\nx\",usage,"
    "1000000.00,,\r\n" SMK ",acme,2026-01-15T00:00:00+00:00,kafka-1,kafka,SELF_KAFKA_COMPUTE,UNALLOCATED,shared,"
    "1.23456789012345678E-7,terminal,no_identities_located\r\n" SMK
    ",acme,2026-01-15T00:00:00+00:00,kafka-1,kafka,SELF_KAFKA_COMPUTE,User:alice,usage,5.0000,even_split,\r\n" SMK
    ",acme,2026-01-15T00:00:00+00:00,kafka-1,kafka,SELF_KAFKA_COMPUTE,User:alice,usage,6.0000,even_split,"
    "no_metrics_located\r\n" SMK
    ",acme,2026-01-15T00:00:00+00:00,kafka-1,kafka,SELF_KAFKA_NETWORK_INGRESS,User:alice,usage,0.1000,"
    "usage_ratio,usage_ratio_allocation\r\n" SMK
    ",acme,2026-01-15T01:00:00+00:00,kafka-1,kafka,SELF_KAFKA_NETWORK_INGRESS,User:alice,usage,0.2000,"
    "usage_ratio,usage_ratio_allocation\r\n";

Test(emitter, stored_rows_byte_for_byte) {
    emit_and_compare("in one batch", stored, 6, 6, stored_bytes);
    emit_and_compare("in batches of two", stored, 6, 2, stored_bytes);
    emit_and_compare("one by one", stored, 6, 1, stored_bytes);
    cr_assert_eq(folder_count(folder), 1);
}

static const struct {
    const char *name;
    const char *identity_id;
    const char *expected;
} fields[] = {
    {"plain", "User:alice", "User:alice"},
    {"absent", NULL, ""},
    {"empty", "", ""},
    {"comma and quotes", "User:bob, \"Bob\"", "\"User:bob, \"\"Bob\"\"\""},
    {"only a quote", "\"", "\"\"\"\""},
    {"only quotes", "\"\"", "\"\"\"\"\"\""},
    {"carriage return", "a\rb", "\"a\rb\""},
    {"line feed at the end", "a\n", "\"a\n\""},
    {"blanks stay bare", " a b ", " a b "},
    {"semicolon and tab stay bare", "a;b\tc'", "a;b\tc'"},
    {"formula stays as it is", "=1+1", "=1+1"},
};

Test(emitter, quotes_only_where_needed) {
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct cg_emitted_row row = ROW(DAY, "r", "T", fields[i].identity_id, "usage", "1", "m", "d");
        char expected[512];
        (void)snprintf(expected, sizeof expected,
                       "%s" SMK ",acme,2026-01-15T00:00:00+00:00,r,kafka,T,%s,usage,1,m,d\r\n", HEADER,
                       fields[i].expected);
        emit_and_compare(fields[i].name, &row, 1, 1, expected);
    }
}

static const struct {
    int64_t time;
    const char *expected;
} times[] = {
    {0, "1970-01-01T00:00:00+00:00"},
    {-1, "1969-12-31T23:59:59+00:00"},
    {-CG_DAY_US, "1969-12-31T00:00:00+00:00"},
    {DAY + 999999, "2026-01-15T00:00:00+00:00"},
    {INT64_C(1709164800000000), "2024-02-29T00:00:00+00:00"},
    {INT64_C(1767225599000000), "2025-12-31T23:59:59+00:00"},
    {INT64_C(253402300799000000), "9999-12-31T23:59:59+00:00"},
    {INT64_C(-62135596800000000), "0001-01-01T00:00:00+00:00"},
};

Test(emitter, timestamps) {
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const struct cg_emitted_row row = ROW(times[i].time, "r", "T", "i", "usage", "1", "m", "d");
        char expected[512];
        (void)snprintf(expected, sizeof expected, "%s" SMK ",acme,%s,r,kafka,T,i,usage,1,m,d\r\n", HEADER,
                       times[i].expected);
        emit_and_compare(times[i].expected, &row, 1, 1, expected);
    }
}

/* ---- topic rows ---- */

#define TOPIC_HEADER                                                                                     \
    "ecosystem,tenant_id,timestamp,env_id,cluster_resource_id,topic_name,product_category,product_type," \
    "attribution_method,amount\r\n"

#define TOPIC_ROW(env_, topic_, amount_)                                                                       \
    {                                                                                                          \
        .struct_size = sizeof(struct cg_emitted_topic_row), .ecosystem = "confluent_cloud", .tenant_id = "t1", \
        .timestamp = INT64_C(1794441600000000), .env_id = (env_), .cluster_resource_id = "lkc-1",              \
        .topic_name = (topic_), .product_category = "KAFKA", .product_type = "KAFKA_NETWORK_WRITE",            \
        .attribution_method = "bytes_ratio", .amount = (amount_)                                               \
    }

static const struct cg_emitted_topic_row topic_rows[] = {
    TOPIC_ROW("env-1", "a,\"x\"", "3.3333"),
    TOPIC_ROW("env-1", "b", "6.6667"),
    TOPIC_ROW("", "__UNATTRIBUTED__", "1.23456"),
};

static const char topic_bytes[] = TOPIC_HEADER
    "confluent_cloud,t1,2026-11-12T00:00:00+00:00,env-1,lkc-1,\"a,\"\"x\"\"\",KAFKA,KAFKA_NETWORK_WRITE,bytes_ratio,"
    "3.3333\r\n"
    "confluent_cloud,t1,2026-11-12T00:00:00+00:00,env-1,lkc-1,b,KAFKA,KAFKA_NETWORK_WRITE,bytes_ratio,6.6667\r\n"
    "confluent_cloud,t1,2026-11-12T00:00:00+00:00,,lkc-1,__UNATTRIBUTED__,KAFKA,KAFKA_NETWORK_WRITE,bytes_ratio,"
    "1.23456\r\n";

static void emit_topics(void *instance, size_t count, size_t batch) {
    const struct cg_emitted_topic_row *list[] = {&topic_rows[0], &topic_rows[1], &topic_rows[2]};
    cr_assert_eq(begin_of(instance, "topic_attribution", "2026-11-12"), CG_OK, "%s", said);
    for (size_t i = 0; i < count; i += batch)
        cr_assert_eq(emitter()->topic_rows(instance, list + i, count - i < batch ? count - i : batch), CG_OK, "%s",
                     said);
    cr_assert_eq(emitter()->finish(instance), CG_OK, "%s", said);
}

Test(emitter, topic_rows_byte_for_byte) {
    char text[4096];
    params.filename_template = "topic_attr_{tenant_id}_{date}.csv";
    spec.tenant_id = "t1";
    void *instance = create();
    for (size_t batch = 1; batch <= 3; batch++) {
        emit_topics(instance, 3, batch);
        cr_assert_eq(folder_read(folder, "topic_attr_t1_2026-11-12.csv", text, sizeof text), (long)strlen(topic_bytes));
        cr_assert_str_eq(text, topic_bytes);
    }
    emit_topics(instance, 0, 1);
    cr_assert_eq(folder_count(folder), 0, "a date without rows loses its file");
    emitter()->destroy(instance);
}

Test(emitter, each_emission_has_the_columns_of_its_pipeline) {
    char text[4096];
    params.filename_template = "x-{date}.csv";
    void *instance = create();
    emit_topics(instance, 3, 3);
    cr_assert_eq(begin(instance, "2026-01-15"), CG_OK);
    cr_assert_eq(add(instance, stored, 6), CG_OK);
    cr_assert_eq(emitter()->finish(instance), CG_OK);
    emitter()->destroy(instance);
    cr_assert_gt(folder_read(folder, "x-2026-11-12.csv", text, sizeof text), 0);
    cr_assert_str_eq(text, topic_bytes);
    cr_assert_gt(folder_read(folder, "x-2026-01-15.csv", text, sizeof text), 0);
    cr_assert_str_eq(text, stored_bytes);
}

/* ---- what becomes visible ---- */

Test(emitter, no_rows_no_file) {
    void *instance = create();
    cr_assert_eq(begin(instance, "2026-01-15"), CG_OK);
    cr_assert_eq(emitter()->finish(instance), CG_OK);
    cr_assert_eq(begin(instance, "2026-01-16"), CG_OK);
    emitter()->abort(instance);
    emitter()->destroy(instance);
    cr_assert_eq(folder_count(folder), 0);
}

/* What a date without rows makes of a file that is there. */
static const struct {
    const char *name;
    const char *pattern;
    const char *file;
    int32_t stays;
} withdrawals[] = {
    {"the usual name", NULL, "acme_2026-01-15.csv", 0},
    {"a part of the date", "{date:.7}.csv", "2026-01.csv", 0},
    {"another date's file", NULL, "acme_2026-01-16.csv", 1},
    {"a name that all dates share", "all-{tenant_id}.csv", "all-acme.csv", 1},
    {"a name with nothing of the date", "x{date:.0}.csv", "x.csv", 1},
    {"a left temporary file", NULL, ".acme_2026-01-15.csv.2.tmp", 0},
};

Test(emitter, a_date_without_rows_loses_its_file) {
    for (size_t i = 0; i < sizeof withdrawals / sizeof *withdrawals; i++) {
        params.filename_template = withdrawals[i].pattern;
        folder_write(folder, withdrawals[i].file, "old");
        void *instance = create();
        cr_assert_eq(begin(instance, "2026-01-15"), CG_OK);
        emitter()->abort(instance);
        cr_assert_eq(folder_count(folder), 1, "%s: after an abort", withdrawals[i].name);
        for (int again = 0; again < 2; again++) {
            cr_assert_eq(begin(instance, "2026-01-15"), CG_OK);
            cr_assert_eq(emitter()->finish(instance), CG_OK, "%s: %s", withdrawals[i].name, said);
            cr_assert_eq(folder_count(folder), (size_t)withdrawals[i].stays, "%s", withdrawals[i].name);
        }
        emitter()->destroy(instance);
        folder_remove(folder);
        folder_make(folder);
        params.output_dir = folder;
    }
}

/* Rows, none, rows: with one instance, as a run has it. */
Test(emitter, rows_come_and_go) {
    void *instance = create();
    for (int round = 0; round < 2; round++) {
        cr_assert_eq(begin(instance, "2026-01-15"), CG_OK);
        cr_assert_eq(add(instance, stored, 6), CG_OK);
        cr_assert_eq(emitter()->finish(instance), CG_OK);
        cr_assert_eq(folder_count(folder), 1);
        cr_assert_eq(begin(instance, "2026-01-15"), CG_OK);
        cr_assert_eq(emitter()->finish(instance), CG_OK, "%s", said);
        cr_assert_eq(folder_count(folder), 0);
    }
    emitter()->destroy(instance);
}

Test(emitter, nothing_is_created_to_remove_a_file) {
    char missing[FOLDER_PATH_SIZE];
    params.output_dir = folder_path(folder, "missing", missing);
    void *instance = create();
    cr_assert_eq(begin(instance, "2026-01-15"), CG_OK);
    cr_assert_eq(emitter()->finish(instance), CG_OK, "%s", said);
    emitter()->destroy(instance);
    cr_assert_eq(folder_count(folder), 0);
}

Test(emitter, what_cannot_be_removed_is_told) {
    char path[FOLDER_PATH_SIZE];
    cr_assert_eq(mkdir(folder_path(folder, "acme_2026-01-15.csv", path), 0700), 0);
    void *instance = create();
    cr_assert_eq(begin(instance, "2026-01-15"), CG_OK);
    cr_assert_eq(emitter()->finish(instance), CG_PERMANENT);
    cr_assert(strstr(said, "cannot remove '"), "%s", said);
    cr_assert(strstr(said, "acme_2026-01-15.csv', whose rows were all withdrawn: Is a directory"), "%s", said);
    emitter()->abort(instance);
    emitter()->destroy(instance);
}

Test(emitter, abort_and_destroy_leave_the_old_file) {
    char text[4096];
    folder_write(folder, "acme_2026-01-15.csv", "old");
    void *instance = create();
    cr_assert_eq(begin(instance, "2026-01-15"), CG_OK);
    cr_assert_eq(add(instance, stored, 6), CG_OK);
    emitter()->abort(instance);
    cr_assert_eq(begin(instance, "2026-01-15"), CG_OK);
    cr_assert_eq(add(instance, stored, 6), CG_OK);
    emitter()->destroy(instance);
    cr_assert_eq(folder_read(folder, "acme_2026-01-15.csv", text, sizeof text), 3);
    cr_assert_eq(folder_count(folder), 1);
}

Test(emitter, one_instance_writes_many_dates) {
    void *instance = create();
    char text[4096];
    static const char *const dates[] = {"2026-01-15", "2026-01-16", "2026-01-15"};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(begin(instance, dates[i]), CG_OK);
        cr_assert_eq(add(instance, stored, 6), CG_OK);
        cr_assert_eq(emitter()->finish(instance), CG_OK);
    }
    emitter()->destroy(instance);
    cr_assert_eq(folder_count(folder), 2);
    cr_assert_eq(folder_read(folder, "acme_2026-01-16.csv", text, sizeof text), (long)strlen(stored_bytes));
    cr_assert_str_eq(text, stored_bytes);
}

Test(emitter, own_file_name) {
    params.filename_template = "{date:.7}-{tenant_id}.csv";
    void *instance = create();
    char text[4096];
    cr_assert_eq(begin(instance, "2026-01-01"), CG_OK);
    cr_assert_eq(add(instance, stored, 1), CG_OK);
    cr_assert_eq(emitter()->finish(instance), CG_OK);
    emitter()->destroy(instance);
    cr_assert_gt(folder_read(folder, "2026-01-acme.csv", text, sizeof text), 0);
}

Test(emitter, a_failed_date_does_not_stop_the_next) {
    params.filename_template = "{date}/x.csv";
    void *instance = create();
    char path[FOLDER_PATH_SIZE];
    cr_assert_eq(begin(instance, "2026-01-15"), CG_OK);
    cr_assert_eq(add(instance, stored, 6), CG_PERMANENT);
    cr_assert(strstr(said, "2026-01-15' must exist, only output_dir is created: No such file"), "%s", said);
    emitter()->abort(instance);
    (void)folder_path(folder, "2026-01-16", path);
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_assert_eq(begin(instance, "2026-01-16"), CG_OK);
    cr_assert_eq(add(instance, stored, 6), CG_OK, "%s", said);
    cr_assert_eq(emitter()->finish(instance), CG_OK);
    emitter()->destroy(instance);
}

/* ---- refusals ---- */

Test(emitter, a_tenant_id_cannot_leave_the_folder) {
    spec.tenant_id = "../x";
    void *instance = create();
    cr_assert_eq(begin(instance, "2026-01-15"), CG_INVALID);
    cr_assert(strstr(said, "'../x' of {tenant_id} holds a '/'"), "%s", said);
    emitter()->destroy(instance);
}

Test(emitter, other_pipelines_are_refused) {
    void *instance = create();
    cr_assert_eq(begin_of(instance, "weather", "2026-01-15"), CG_INVALID);
    cr_assert(strstr(said, "weather"), "%s", said);
    emitter()->destroy(instance);
}

Test(emitter, settings_are_checked_at_the_start) {
    emitter()->validate(&host, &params);
    cr_assert_eq(problem_count, 0);
    params.filename_template = "{tenant}.csv";
    emitter()->validate(&host, &params);
    cr_assert_eq(problem_count, 1);
    cr_assert_str_eq(said, "the placeholder {tenant} is unknown; the placeholders are {tenant_id} and {date}");
}

Test(emitter, the_folder_is_needed) {
    void *instance = &params;
    params.output_dir = NULL;
    cr_assert_eq(emitter()->create(&host, &spec, &instance), CG_INVALID);
    cr_assert_eq(instance, &params, "the result is written only on success");
    emitter()->destroy(NULL);
}

Test(emitter, registration) {
    const struct cg_registration *registration = cg_plugin_register_csv();
    cr_assert_eq(registration->magic, CG_MODULE_MAGIC);
    cr_assert_eq(registration->kind, CG_KIND_EMITTER);
    cr_assert_str_eq(registration->name, "csv");
    cr_assert_eq(registration->option_count, 2);
    cr_assert_str_eq(registration->options[0]->key, "output_dir");
    cr_assert_str_eq(registration->options[1]->key, "filename_template");
    cr_assert_str_eq(registration->options[1]->default_text, "{tenant_id}_{date}.csv");
}
