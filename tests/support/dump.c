#include "support/db.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/query.h"

/** One part of a dump. */
struct part {
    const char *name;
    const char *sql;
};

static const struct part parts[] = {
    {"alembic_version", "SELECT version_num FROM alembic_version ORDER BY 1"},
    {"resources", "SELECT ecosystem, tenant_id, resource_id, resource_type, display_name, parent_id, owner_id, status, "
                  "cloud, region, created_at, deleted_at, metadata_json FROM resources ORDER BY 1, 2, 3"},
    {"identities", "SELECT ecosystem, tenant_id, identity_id, identity_type, display_name, created_at, deleted_at, "
                   "metadata_json FROM identities ORDER BY 1, 2, 3"},
    {"billing", "SELECT * FROM billing ORDER BY 1, 2, 3, 4, 5, 6"},
    {"ccloud_billing", "SELECT * FROM ccloud_billing ORDER BY 1, 2, 3, 4, 5, 6, 7"},
    {"chargeback_facts",
     "SELECT f.timestamp, d.ecosystem, d.tenant_id, d.env_id, d.resource_id, d.product_category, d.product_type, "
     "d.identity_id, d.cost_type, d.allocation_method, d.allocation_detail, f.amount, f.tags_json "
     "FROM chargeback_facts f LEFT JOIN chargeback_dimensions d ON d.dimension_id = f.dimension_id "
     "ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13"},
    {"topic_attribution_facts",
     "SELECT f.timestamp, d.ecosystem, d.tenant_id, d.env_id, d.cluster_resource_id, d.topic_name, d.product_category, "
     "d.product_type, d.attribution_method, d.resource_id, f.amount FROM topic_attribution_facts f "
     "LEFT JOIN topic_attribution_dimensions d ON d.dimension_id = f.dimension_id "
     "ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"},
    {"pipeline_state",
     "SELECT ecosystem, tenant_id, tracking_date, billing_gathered, resources_gathered, chargeback_calculated, "
     "topic_overlay_gathered, topic_attribution_calculated, calculation_id IS NULL, calculation_completed_at IS NULL, "
     "calculation_run_id IS NULL FROM pipeline_state ORDER BY 1, 2, 3"},
    {"tags", "SELECT tenant_id, entity_type, entity_id, tag_key, tag_value, created_by FROM tags ORDER BY 1, 2, 3, 4"},
    {"emission_records", "SELECT ecosystem, tenant_id, emitter_name, pipeline, date, status, attempt_count "
                         "FROM emission_records ORDER BY 1, 2, 3, 4, 5"},
    {"cg_dates", "SELECT ecosystem, tenant_id, tracking_date, rows_digest, metrics_failed FROM cg_dates "
                 "ORDER BY 1, 2, 3"},
    {"cg_topic_dates", "SELECT ecosystem, tenant_id, tracking_date, rows_digest, metrics_failed FROM cg_topic_dates "
                       "ORDER BY 1, 2, 3"},
    {"cg_families", "SELECT ecosystem, tenant_id, family, is_identity, empty_gathers FROM cg_families WHERE "
                    "empty_gathers > 0 ORDER BY 1, 2, 3, 4"},
    {"cg_date_revisions", "SELECT ecosystem, tenant_id, tracking_date, old_total, new_total FROM cg_date_revisions "
                          "ORDER BY 1, 2, 3, id"},
    {"cg_emissions", "SELECT * FROM cg_emissions ORDER BY 1, 2, 3, 4, 5"},
    {"cg_billing_revisions",
     "SELECT ecosystem, tenant_id, timestamp, env_id, resource_id, product_type, product_category, old_cost, new_cost "
     "FROM cg_billing_revisions ORDER BY 1, 2, 3, 4, 5, 6, 7, id"},
};

/* Where lines of a dump go. */
struct writer {
    const char *name; /* of the part */
    FILE *stream;
    char *text;
    size_t size;
};

/* One row as a line; NULL and texts cannot be mistaken for each other. */
static void dump_row(void *user, const char *const *values, int count) {
    struct writer *writer = user;
    (void)fputs(writer->name, writer->stream);
    for (int i = 0; i < count; i++) {
        const char *text = values[i];
        (void)fputs(" | ", writer->stream);
        if (!text) {
            (void)fputs("NULL", writer->stream);
            continue;
        }
        (void)fputc('\'', writer->stream);
        for (; *text; text++)
            (void)fputc(*text == '\n' ? '\x01' : *text, writer->stream);
        (void)fputc('\'', writer->stream);
    }
    (void)fputc('\n', writer->stream);
}

static void begin(struct writer *writer) {
    *writer = (struct writer){.name = NULL};
    writer->stream = open_memstream(&writer->text, &writer->size);
    cr_assert_not_null(writer->stream);
}

static char *end(struct writer *writer) {
    int failed = ferror(writer->stream);
    cr_assert(fclose(writer->stream) == 0 && !failed, "out of memory");
    return writer->text;
}

static void dump_statement(struct writer *writer, sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    while (cg_test_db_step(db, statement)) {
        const char *values[64];
        int count = sqlite3_column_count(statement);
        cr_assert_leq((size_t)count, sizeof values / sizeof *values);
        for (int i = 0; i < count; i++)
            values[i] = (const char *)sqlite3_column_text(statement, i);
        dump_row(writer, values, count);
    }
    sqlite3_finalize(statement);
}

char *cg_test_db_dump(const char *folder, const char *name) {
    struct writer writer;
    sqlite3 *db = cg_test_db_open(folder, name);
    begin(&writer);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        writer.name = parts[i].name;
        dump_statement(&writer, db, parts[i].sql);
    }
    cg_test_db_close(db);
    return end(&writer);
}

char *cg_test_postgres_dump(const struct cg_test_postgres *database) {
    struct writer writer;
    struct pg_conn *session = cg_test_postgres_look(database);
    begin(&writer);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        writer.name = parts[i].name;
        cg_test_postgres_look_each(session, parts[i].sql, dump_row, &writer);
    }
    cg_test_postgres_look_end(session);
    return end(&writer);
}

static int compare_lines(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

char *cg_test_dump_sorted(const char *dump) {
    size_t count = 0;
    struct writer writer;
    char *copy = strdup(dump);
    cr_assert_not_null(copy);
    for (const char *at = strchr(dump, '\n'); at; at = strchr(at + 1, '\n'))
        count++;
    char **lines = calloc(count + 1, sizeof *lines);
    cr_assert_not_null(lines);
    char *at = copy;
    for (size_t i = 0; i < count; i++) {
        lines[i] = at;
        at = strchr(at, '\n');
        *at++ = '\0';
    }
    if (count)
        qsort(lines, count, sizeof *lines, compare_lines);
    begin(&writer);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(writer.stream, "%s\n", lines[i]);
    free(lines);
    free(copy);
    return end(&writer);
}

char *cg_test_dump_lines(const char *dump, const char *with, const char *without) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert_not_null(stream);
    while (*dump) {
        size_t length = strcspn(dump, "\n");
        char *line = strndup(dump, length);
        cr_assert_not_null(line);
        if (strstr(line, with) && !(without && strstr(line, without)))
            (void)fprintf(stream, "%s\n", line);
        free(line);
        dump += length + (dump[length] != '\0');
    }
    int failed = ferror(stream);
    cr_assert(fclose(stream) == 0 && !failed, "out of memory");
    return text;
}

void cg_test_dumps_equal(const char *what, const char *got, const char *wanted) {
    size_t line = 1;
    while (*got || *wanted) {
        int length = (int)strcspn(got, "\n");
        int wanted_length = (int)strcspn(wanted, "\n");
        int same = length == wanted_length && memcmp(got, wanted, (size_t)length) == 0;
        cr_assert(same, "%s, line %zu:\n  %.*s\ninstead of\n  %.*s", what, line, length, got, wanted_length, wanted);
        got += length + (got[length] != '\0');
        wanted += wanted_length + (wanted[wanted_length] != '\0');
        line++;
    }
}
