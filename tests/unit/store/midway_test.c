#include "old.h"

#define COMBINATIONS 32

/* Dates of January 2026 as the Python engine left them when it was stopped: billing_gathered, resources_gathered,
 * chargeback_calculated, topic_overlay_gathered and topic_attribution_calculated are the bits of the day minus one. */
static void leave_dates(struct stage *stage, int32_t has_topics) {
    stage_run(stage, "DELETE FROM pipeline_state");
    for (int i = 0; i < COMBINATIONS; i++) {
        static const char *const flags[] = {"FALSE", "TRUE"};
        char sql[512];
        char date[CG_TIME_TEXT_SIZE];
        int length = snprintf(sql, sizeof sql,
                              "INSERT INTO pipeline_state (ecosystem, tenant_id, tracking_date, billing_gathered, "
                              "resources_gathered, chargeback_calculated%s) VALUES ('confluent_cloud', 't-1', "
                              "'%s', %s, %s, %s",
                              has_topics ? ", topic_overlay_gathered, topic_attribution_calculated" : "",
                              cg_time_format_date(at("2026-03-01") + i * DAY, date), flags[i & 1], flags[i >> 1 & 1],
                              flags[i >> 2 & 1]);
        if (has_topics)
            length +=
                snprintf(sql + length, sizeof sql - (size_t)length, ", %s, %s", flags[i >> 3 & 1], flags[i >> 4 & 1]);
        snprintf(sql + length, sizeof sql - (size_t)length, ")");
        stage_run(stage, sql);
    }
}

/* The dates to calculate, as texts. */
static const char *pending(struct stage *stage, const char *start, const char *end) {
    static char text[4096];
    int64_t *dates = NULL;
    size_t count = 0;
    size_t used = 0;
    text[0] = '\0';
    assert_ok(stage, cg_store_dates_to_calculate(stage->store, at(start), at(end), stage->arena, &dates, &count,
                                                 &stage->error));
    for (size_t i = 0; i < count; i++) {
        char date[CG_TIME_TEXT_SIZE];
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "\n" : "",
                                 cg_time_format_date(dates[i], date));
        cr_assert_lt(used, sizeof text);
    }
    return text;
}

static const char *const revisions[] = {"001", "ddebea2fe0a8", "010", "017", "028", "031", "032"};

Test(store_midway, dates_with_any_flags) {
    for (size_t i = 0; i < sizeof revisions / sizeof revisions[0]; i++) {
        struct stage stage;
        int32_t has_topics = strcmp(revisions[i], "017") >= 0 && revisions[i][0] == '0';
        stage_init(&stage);
        old_make(&stage, revisions[i]);
        leave_dates(&stage, has_topics);
        stage_open(&stage);
        cr_assert_str_eq(pending(&stage, "2026-05-01", "2026-05-02"),
                         stage_rows(&stage, "SELECT tracking_date FROM pipeline_state WHERE billing_gathered = 1 AND "
                                            "resources_gathered = 1 AND chargeback_calculated = 0 ORDER BY 1"),
                         "%s", revisions[i]);
        assert_rows(&stage, "SELECT count(*) FROM pipeline_state", "32");
        assert_rows(&stage,
                    "SELECT count(DISTINCT '' || billing_gathered || resources_gathered || chargeback_calculated || "
                    "topic_overlay_gathered || topic_attribution_calculated) FROM pipeline_state",
                    has_topics ? "32" : "8");
        /* The first of them, 2026-03-04, is continued; its topic flags are not ours to change. */
        const struct cg_billing_line line = line_of("2026-03-04", "e", "r", "A", "3");
        const struct cg_fact fact = fact_of("2026-03-04", "e", "r", "A", "u", "3");
        stage_bill(&stage, "2026-03-04", &line, 1);
        assert_ok(&stage, stage_write(&stage, "2026-03-04", &fact, 1, NULL));
        cr_assert_null(strstr(pending(&stage, "2026-05-01", "2026-05-02"), "2026-03-04"), "%s", revisions[i]);
        stage_done(&stage);
    }
}

/* A date, what is there of it, and whether it is looked at from a window that holds it and from one that does not. */
struct date {
    const char *name;
    const char *state; /* the three flags, NULL without a row */
    int32_t has_lines;
    int32_t has_facts;
    int32_t inside;
    int32_t outside;
};

static const struct date dates[] = {
    {"gathered, not calculated", "TRUE, TRUE, FALSE", 1, 0, 1, 1},
    {"gathered, not calculated, lines withdrawn", "TRUE, TRUE, FALSE", 0, 0, 1, 1},
    {"gathered, calculated, chargebacks missing", "TRUE, TRUE, TRUE", 1, 0, 1, 0},
    {"killed between facts and flag", "TRUE, TRUE, FALSE", 1, 1, 1, 1},
    {"marked for recalculation", "TRUE, TRUE, FALSE", 0, 1, 1, 1},
    {"whole", "TRUE, TRUE, TRUE", 1, 1, 1, 0},
    {"billing only", "TRUE, FALSE, FALSE", 1, 0, 1, 0},
    {"facts with all flags false", "FALSE, FALSE, FALSE", 1, 1, 1, 0},
    {"facts and lines without a state", NULL, 1, 1, 1, 0},
    {"lines without a state", NULL, 1, 0, 1, 0},
    {"facts without a state", NULL, 0, 1, 1, 0},
    {"nothing", NULL, 0, 0, 0, 0},
};

Test(store_midway, dates_with_missing_rows) {
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        struct stage stage;
        char sql[256];
        stage_init(&stage);
        old_make(&stage, "032");
        stage_run(&stage, "DELETE FROM pipeline_state");
        if (dates[i].state) {
            snprintf(sql, sizeof sql,
                     "INSERT INTO pipeline_state (ecosystem, tenant_id, tracking_date, billing_gathered, "
                     "resources_gathered, chargeback_calculated) VALUES ('confluent_cloud', 't-1', '2026-03-01', %s)",
                     dates[i].state);
            stage_run(&stage, sql);
        }
        if (dates[i].has_lines)
            stage_run(&stage,
                      "INSERT INTO ccloud_billing VALUES ('confluent_cloud', 't-1', '2026-03-01 00:00:00', 'e', "
                      "'r', 'A', 'KAFKA', '1', '1', '1', 'USD', 'daily', 0, NULL, 0)");
        if (dates[i].has_facts)
            stage_run(&stage, "INSERT INTO chargeback_facts VALUES ('2026-03-01 00:00:00', 7, '1', '{}')");
        stage_open(&stage);
        cr_assert_str_eq(pending(&stage, "2026-03-01", "2026-03-02"), dates[i].inside ? "2026-03-01" : "", "%s",
                         dates[i].name);
        cr_assert_str_eq(pending(&stage, "2026-05-01", "2026-05-02"), dates[i].outside ? "2026-03-01" : "", "%s",
                         dates[i].name);
        stage_done(&stage);
    }
}

Test(store_midway, a_run_that_nobody_ended) {
    static const char *const with_runs[] = {"004", "006", "007", "019", "031", "032"};
    for (size_t i = 0; i < sizeof with_runs / sizeof with_runs[0]; i++) {
        struct stage stage;
        int64_t alive = -1;
        int64_t id = 0;
        stage_init(&stage);
        old_make(&stage, with_runs[i]);
        stage_open(&stage);
        assert_ok(&stage, cg_store_run_recover(stage.store, at("2026-01-12T01:02:03"), &alive, &stage.error));
        cr_assert_eq(alive, 0, "%s", with_runs[i]);
        assert_rows(&stage,
                    "SELECT id || status || ended_at || coalesce(stage, '-') || coalesce(\"current_date\", '-') || "
                    "error_message FROM pipeline_runs",
                    "5failed2026-01-12 01:02:03.000000--Orphaned \xe2\x80\x94 process restarted before completion");
        assert_ok(&stage, cg_store_run_start(stage.store, at("2026-01-12"), &id, &stage.error));
        cr_assert_gt(id, 5, "%s", with_runs[i]);
        stage_done(&stage);
    }
}
