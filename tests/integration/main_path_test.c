/* One tenant, every product, forty days: the books balance, files follow, a second run changes nothing. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/program.h"

/* The days of a run: [2026-07-01 - 40 days, 2026-07-01 - 1 day). */
#define FIRST_DAY "2026-05-22"
#define END_DAY "2026-06-30"
#define DAYS 39

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];
static char csv_folder[CG_TEST_PATH_SIZE];

static void start(void) {
    /* One malformed item a day, backwards from June 30, which is not billed yet: seven are left, one of each kind. */
    static const char *const options[] = {"--seed", "7", "--malformed", "8", NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    cg_test_path(folder, CG_TEST_CSV, csv_folder);
    struct cg_test_config config = {.url = sim.url, .whole = 1};
    cg_test_config_write(folder, &config);
}

static void stop(void) {
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(main_path, .init = start, .fini = stop);

/* The total is what the simulator says it billed, however the items were written. */
static void check_total(sqlite3 *db) {
    json_t *bill = cg_test_sim_bill(&sim, FIRST_DAY, END_DAY);
    struct cg_decimal wanted = cg_test_decimal(cg_test_json_text(bill, "total"));
    struct cg_decimal billed = cg_test_db_billed(db, "");
    struct cg_decimal charged = cg_test_db_charged(db, "");
    json_decref(bill);
    cg_test_decimal_equal("billed in all", &billed, &wanted);
    cg_test_decimal_equal("charged in all", &charged, &wanted);
}

/* A date's total; dates whose malformed items have no readable date are compared without `bill`. */
static void check_dates(sqlite3 *db) {
    json_t *bill = cg_test_sim_bill(&sim, FIRST_DAY, END_DAY);
    const char *date = NULL;
    json_t *sums = NULL;
    size_t count = 0;
    json_object_foreach (json_object_get(bill, "dates"), date, sums) {
        struct cg_decimal billed = cg_test_db_billed(db, date);
        struct cg_decimal charged = cg_test_db_charged(db, date);
        cg_test_decimal_equal(date, &charged, &billed);
        /* Items without a date are kept at the start of the window that they came with, June 21. */
        if (strcmp(date, "2026-06-21") < 0) {
            struct cg_decimal wanted = cg_test_decimal(cg_test_json_text(sums, "total"));
            cg_test_decimal_equal(date, &billed, &wanted);
        }
        count++;
    }
    json_decref(bill);
    cr_assert_eq(count, DAYS);
}

/* Forms of lines that are easily lost, each with the number of lines it must have at least. */
static const struct {
    const char *name;
    const char *sql;
    long long least;
} forms[] = {
    {"several tiers in one line",
     "SELECT COUNT(*) FROM ccloud_billing WHERE json_array_length(metadata_json, '$.tiers') > 1 AND unit_price = '0'",
     DAYS},
    {"credits", "SELECT COUNT(*) FROM ccloud_billing WHERE product_type = 'PROMO_CREDIT' AND total_cost LIKE '-%'", 10},
    {"credits charged",
     "SELECT COUNT(*) FROM chargeback_facts f JOIN chargeback_dimensions d USING (dimension_id) "
     "WHERE d.product_type = 'PROMO_CREDIT' AND f.amount LIKE '-%'",
     10},
    {"lines of nothing", "SELECT COUNT(*) FROM ccloud_billing WHERE CAST(total_cost AS REAL) = 0", DAYS},
    {"rows of nothing", "SELECT COUNT(*) FROM chargeback_facts WHERE CAST(amount AS REAL) = 0", DAYS},
    {"eighteen decimals",
     "SELECT COUNT(*) FROM ccloud_billing WHERE total_cost LIKE '%.%' AND length(total_cost) - instr(total_cost, '.') "
     "= 18",
     10},
    {"costs without a resource", "SELECT COUNT(*) FROM ccloud_billing WHERE resource_id LIKE 'unresolved_billing_%'",
     2LL * DAYS},
    {"usage split by metrics",
     "SELECT COUNT(*) FROM chargeback_facts f JOIN chargeback_dimensions d USING (dimension_id) "
     "WHERE d.allocation_method = 'usage_ratio' AND d.product_type = 'KAFKA_NETWORK_READ'",
     2LL * DAYS},
};

/* Who pays for what runs beside Kafka, each with the number of rows it must have at least. */
#define ROWS_OF "SELECT COUNT(*) FROM chargeback_facts f JOIN chargeback_dimensions d USING (dimension_id) WHERE "
static const struct {
    const char *name;
    const char *sql;
    long long least;
} services[] = {
    {"connectors of service accounts",
     ROWS_OF "d.product_type = 'CONNECT_NUM_TASKS' AND d.identity_id GLOB 'sa-*' AND d.cost_type = 'usage'", DAYS},
    {"connectors with a masked key",
     ROWS_OF "d.product_type = 'CONNECT_CAPACITY' AND d.identity_id = 'connector_api_key_masked'", DAYS},
    {"connectors with a key that nobody has",
     ROWS_OF "d.product_type GLOB '*CONNECT_*' AND d.identity_id = 'connector_api_key_not_found'", DAYS},
    {"connectors that are billed and not listed",
     ROWS_OF "d.product_type GLOB '*CONNECT_*' AND d.identity_id = 'connector_credentials_masked'", DAYS},
    {"ksqlDB clusters of service accounts", ROWS_OF "d.product_type GLOB 'KSQL_*' AND d.identity_id GLOB 'sa-*'", DAYS},
    {"ksqlDB clusters that are billed and not listed",
     ROWS_OF "d.product_type GLOB 'KSQL_*' AND d.identity_id = 'ksqldb_deleted_when_calc_started'", DAYS},
    {"Flink by statement",
     ROWS_OF "d.product_type GLOB 'FLINK_*' AND d.identity_id GLOB 'sa-*' AND d.allocation_method = 'usage_ratio'",
     DAYS},
    {"Flink statements of nobody",
     ROWS_OF "d.product_type GLOB 'FLINK_*' AND d.identity_id = 'flink_stmt_owner_unknown'", DAYS},
};

static void check_services(sqlite3 *db) {
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        long long count = cg_test_db_number(db, services[i].sql);
        cr_expect_geq(count, services[i].least, "%s: %lld", services[i].name, count);
    }
    long long unknown = cg_test_db_number(db, ROWS_OF "d.allocation_detail = 'resource_not_gathered'");
    cr_expect_eq(unknown, 0, "%lld rows of resources that were not gathered", unknown);
}

/* Unreadable items are kept with what of them can be read. A resource that is null is no resource, and not malformed.
 */
static void check_malformed(sqlite3 *db, const char *err) {
    long long kept = cg_test_db_number(
        db, "SELECT COUNT(*) FROM ccloud_billing WHERE resource_id LIKE 'malformed_billing_%' AND "
            "json_extract(metadata_json, '$.malformed') = 1 AND json_extract(metadata_json, '$.parse_error') <> ''");
    cr_assert_eq(kept, 6);
    cg_test_has("malformed items", err, "6 billing items were malformed");
    cg_test_has("malformed items", err, "Invalid billing date format");
    cg_test_has("malformed items", err, "Invalid billing amount");
    cg_test_has("malformed items", err, "expected object");
}

Test(main_path, books_balance_to_the_last_digit) {
    char *err = NULL;
    cr_assert_eq(cg_test_run_once(folder, &err), 0, "%s", err);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_db_check(db);
    check_total(db);
    check_dates(db);
    cg_test_db_balance(db);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        long long count = cg_test_db_number(db, forms[i].sql);
        cr_assert(count >= forms[i].least, "%s: %lld", forms[i].name, count);
    }
    check_services(db);
    cg_test_db_topics_balance(db);
    check_malformed(db, err);
    cg_test_csv_follows(db, csv_folder);
    char path[CG_TEST_PATH_SIZE];
    cg_test_topics_follow(db, cg_test_path(folder, CG_TEST_TOPICS, path));
    long long runs = cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed' AND "
                                           "tenant_name = 'acme' AND dates_calculated = 39 AND error_message IS NULL");
    cr_assert_eq(runs, 1);
    cg_test_db_close(db);
    free(err);
}

Test(main_path, second_run_changes_nothing) {
    cg_test_run_well(folder);
    char *first = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_run_well(folder);
    char *second = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_dumps_equal("after the second run", second, first);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_db_balance(db);
    cg_test_csv_follows(db, csv_folder);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM chargeback_dimensions WHERE dimension_id NOT IN "
                                       "(SELECT dimension_id FROM chargeback_facts)"),
                 0);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM cg_billing_revisions"), 0);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs"), 2);
    cg_test_db_close(db);
    free(first);
    free(second);
}

/* Other bills: nothing hangs on one seed, on metrics being there, or on samples being numbers. */
static const struct {
    const char *name;
    const char *options[8];
} scenarios[] = {
    {"another seed", {"--seed", "1"}},
    {"Kafka and Schema Registry only", {"--seed", "2", "--products", "plain"}},
    {"one of everything", {"--environments", "1", "--clusters", "1", "--principals", "1"}},
    {"more malformed items than days", {"--seed", "3", "--malformed", "60"}},
    {"metrics of nobody", {"--no-metrics-for", "0", "--no-metrics-for", "1", "--no-metrics-for", "2"}},
    {"samples that are no numbers", {"--seed", "4", "--odd-samples", "300"}},
};

Test(main_path, other_bills_balance) {
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        char *database = cg_test_format("case-%zu.db", i);
        char *connection = cg_test_format("sqlite:///%s", database);
        cg_test_sim_stop(&sim);
        cg_test_sim_start(scenarios[i].options, &sim);
        struct cg_test_config config = {.url = sim.url, .database = connection, .whole = 1};
        cg_test_config_write(folder, &config);
        cg_test_run_well(folder);
        sqlite3 *db = cg_test_db_open(folder, database);
        check_total(db);
        cg_test_db_balance(db);
        cg_test_db_topics_balance(db);
        cg_test_csv_follows(db, csv_folder);
        cg_test_db_close(db);
        free(connection);
        free(database);
    }
}

/* Adds up the ninth column of a file without quoted fields. */
static struct cg_decimal sum_of_file(const char *name) {
    struct cg_decimal sum = {0};
    char *text = cg_test_file_read(csv_folder, name);
    cr_assert_not_null(text, "there is no file %s", name);
    cr_assert_null(strchr(text, '"'), "%s has quoted fields", name);
    const char *line = strchr(text, '\n');
    for (line = line ? line + 1 : ""; *line; line += strcspn(line, "\n") + 1) {
        const char *field = line;
        for (int i = 0; i < 8; i++)
            field += strcspn(field, ",\n") + 1;
        char *amount = strndup(field, strcspn(field, ",\n"));
        cr_assert_not_null(amount);
        struct cg_decimal value = cg_test_decimal(amount);
        cr_assert_eq(cg_decimal_add(&sum, &value, &sum), CG_OK);
        free(amount);
    }
    free(text);
    return sum;
}

/* Adding up does not cost a digit either, and a month is written whole whenever one of its days changes. */
Test(main_path, aggregated_files_balance) {
    char *config = cg_test_file_read(folder, "config.yaml");
    char *text = cg_test_format("%s"
                                "        - type: csv\n          name: by-day\n          aggregation: daily\n"
                                "          params: {output_dir: csv, filename_template: \"day-{date}.csv\"}\n"
                                "        - type: csv\n          name: by-month\n          aggregation: monthly\n"
                                "          params: {output_dir: csv, filename_template: \"month-{date}.csv\"}\n",
                                config);
    cg_test_file_write(folder, "config.yaml", text);
    for (int round = 0; round < 2; round++) {
        cg_test_run_well(folder);
        sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
        struct cg_decimal charged = cg_test_db_charged(db, "2026-06-10");
        struct cg_decimal written = sum_of_file("day-2026-06-10.csv");
        cg_test_decimal_equal("a day", &written, &charged);
        charged = cg_test_db_sum(db, "SELECT amount FROM chargeback_facts WHERE date(timestamp) >= '2026-06-01'");
        written = sum_of_file("month-2026-06-01.csv");
        cg_test_decimal_equal("a month", &written, &charged);
        charged = cg_test_db_sum(db, "SELECT amount FROM chargeback_facts WHERE date(timestamp) < '2026-06-01'");
        written = sum_of_file("month-2026-05-01.csv");
        cg_test_decimal_equal("the month before", &written, &charged);
        cg_test_db_close(db);
        cg_test_sim_revise(&sim, "{\"date\":\"2026-06-10\",\"add\":\"0.000000000000000001\"}");
    }
    free(text);
    free(config);
}

/* The bill of a date as the simulator has it now against the database and its file. */
static void check_date(sqlite3 *db, const char *date, const char *day_after) {
    json_t *bill = cg_test_sim_bill(&sim, date, day_after);
    struct cg_decimal wanted = cg_test_decimal(cg_test_json_text(bill, "total"));
    struct cg_decimal billed = cg_test_db_billed(db, date);
    struct cg_decimal charged = cg_test_db_charged(db, date);
    json_decref(bill);
    cg_test_decimal_equal("billed", &billed, &wanted);
    cg_test_decimal_equal("charged", &charged, &wanted);
    cg_test_db_balance(db);
    cg_test_csv_follows(db, csv_folder);
}

static void check_others_untouched(const char *before, const char *after, const char *date) {
    char *lines[2] = {cg_test_dump_lines(before, "", date), cg_test_dump_lines(after, "", date)};
    cg_test_dumps_equal("other dates", lines[1], lines[0]);
    free(lines[0]);
    free(lines[1]);
}

Test(main_path, revised_amounts_follow) {
    cg_test_run_well(folder);
    char *before = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_sim_revise(&sim, "{\"date\":\"2026-06-10\",\"factor\":\"1.10\",\"add\":\"0.37\"}");
    cg_test_run_well(folder);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    check_date(db, "2026-06-10", "2026-06-11");
    long long lines = cg_test_db_number(db, "SELECT COUNT(*) FROM ccloud_billing WHERE date(timestamp) = '2026-06-10'");
    long long revisions = cg_test_db_number(
        db, "SELECT COUNT(*) FROM cg_billing_revisions r JOIN ccloud_billing l USING (ecosystem, tenant_id, timestamp, "
            "env_id, resource_id, product_type, product_category) WHERE date(r.timestamp) = '2026-06-10' AND "
            "r.new_cost = l.total_cost AND r.old_cost <> r.new_cost");
    cr_assert_gt(lines, 0);
    cr_assert_eq(revisions, lines, "%lld revisions of %lld lines", revisions, lines);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM cg_billing_revisions"), lines);
    cg_test_db_close(db);
    char *after = cg_test_db_dump(folder, CG_TEST_DATABASE);
    check_others_untouched(before, after, "2026-06-10");

    /* The correction is taken back: the rows are those of the beginning. */
    cg_test_sim_revise(&sim, "{\"date\":\"2026-06-10\",\"reset\":true}");
    cg_test_run_well(folder);
    char *last = cg_test_db_dump(folder, CG_TEST_DATABASE);
    char *rows[2] = {cg_test_dump_lines(before, "chargeback_facts", NULL),
                     cg_test_dump_lines(last, "chargeback_facts", NULL)};
    cg_test_dumps_equal("after the correction of the correction", rows[1], rows[0]);
    free(rows[0]);
    free(rows[1]);
    free(before);
    free(after);
    free(last);
}

Test(main_path, withdrawn_line_disappears) {
    cg_test_run_well(folder);
    char *before = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_sim_revise(&sim, "{\"date\":\"2026-06-11\",\"withdraw\":true}");
    cg_test_run_well(folder);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    check_date(db, "2026-06-11", "2026-06-12");
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM ccloud_billing WHERE date(timestamp) = '2026-06-11' AND "
                                       "product_type = 'SUPPORT'"),
                 0);
    cr_assert_eq(
        cg_test_db_number(db, "SELECT COUNT(*) FROM chargeback_facts f JOIN chargeback_dimensions d USING "
                              "(dimension_id) WHERE date(f.timestamp) = '2026-06-11' AND d.product_type = 'SUPPORT'"),
        0);
    cg_test_db_close(db);
    char *csv = cg_test_file_read(csv_folder, "acme_2026-06-11.csv");
    cr_assert_not_null(csv);
    cg_test_has_not("the file of the date", csv, ",SUPPORT,");
    char *after = cg_test_db_dump(folder, CG_TEST_DATABASE);
    check_others_untouched(before, after, "2026-06-11");
    free(csv);
    free(before);
    free(after);
}
