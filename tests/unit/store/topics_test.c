#include "store/inputs.h"
#include "support.h"

#define FACTS                                                                                                       \
    "SELECT f.timestamp || ' ' || d.cluster_resource_id || ' ' || d.topic_name || ' ' || d.product_type || ' ' || " \
    "d.attribution_method || ' ' || f.amount FROM topic_attribution_facts f JOIN topic_attribution_dimensions d "   \
    "USING (dimension_id) ORDER BY 1"
#define MARKS                                                                                                    \
    "SELECT tracking_date || ' ' || topic_overlay_gathered || topic_attribution_calculated FROM pipeline_state " \
    "ORDER BY 1"

Test(store_topics, a_row_as_it_is_stored) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_topic_fact fact = topic_of("2026-01-10T00:00:00.7", "orders", "KAFKA_STORAGE", "7.200");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", &fact, 1, NULL));
    assert_rows(&stage,
                "SELECT ecosystem || ' ' || tenant_id || ' ' || env_id || ' ' || cluster_resource_id || ' ' || "
                "topic_name || ' ' || product_category || ' ' || product_type || ' ' || attribution_method || ' ' || "
                "resource_id FROM topic_attribution_dimensions",
                "confluent_cloud t-1 env-1 lkc-1 orders KAFKA KAFKA_STORAGE bytes_ratio lkc-1:topic:orders");
    assert_rows(&stage, "SELECT timestamp || ' ' || amount || ' ' || typeof(amount) FROM topic_attribution_facts",
                "2026-01-10 00:00:00 7.200 text");
    assert_rows(&stage, MARKS, "2026-01-10 11");
    assert_rows(&stage,
                "SELECT tracking_date || ' ' || length(rows_digest) || ' ' || coalesce(calculation_id, '-') || ' ' || "
                "metrics_failed || ' ' || coalesce(inputs_digest, '-') FROM cg_topic_dates",
                "2026-01-10 64 - 0 -");
    stage_done(&stage);
}

Test(store_topics, equal_rows_are_added_up_exactly) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_topic_fact facts[] = {topic_of("2026-01-10", "a", "W", "1.0"),
                                          topic_of("2026-01-10", "b", "W", "0.000000000000000003"),
                                          topic_of("2026-01-10", "a", "W", "2.00")};
    const struct cg_topic_result result = {.date = at("2026-01-10"), .facts = facts, .fact_count = 3};
    uint64_t rows = 0;
    int32_t changed = 0;
    assert_ok(&stage, cg_store_write_topics(stage.store, &result, &rows, &changed, &stage.error));
    cr_assert_eq(rows, 2);
    cr_assert_eq(changed, 1);
    assert_rows(&stage, FACTS,
                "2026-01-10 00:00:00 lkc-1 a W bytes_ratio 3.00\n"
                "2026-01-10 00:00:00 lkc-1 b W bytes_ratio 3E-18");
    stage_done(&stage);
}

Test(store_topics, a_date_is_replaced_and_its_rows_do_not_stand_twice) {
    struct stage stage;
    int32_t changed = 9;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_topic_fact facts[] = {topic_of("2026-01-10", "a", "W", "6"), topic_of("2026-01-10", "b", "W", "4"),
                                    topic_of("2026-01-10", "c", "W", "0")};
    const struct cg_topic_fact other_day = topic_of("2026-01-11", "a", "W", "1");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", facts, 3, NULL));
    assert_ok(&stage, stage_attribute(&stage, "2026-01-11", &other_day, 1, NULL));
    stage_run(&stage, "INSERT INTO topic_attribution_dimensions (dimension_id, ecosystem, tenant_id, "
                      "cluster_resource_id, resource_id) VALUES (50, 'other', 't-1', 'x', 'x'); "
                      "INSERT INTO topic_attribution_facts VALUES ('2026-01-10 00:00:00', 50, '9')");
    /* The same rows in another order: nothing to write. */
    const struct cg_topic_fact swapped[] = {facts[2], facts[0], facts[1]};
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", swapped, 3, &changed));
    cr_assert_eq(changed, 0);
    /* Another method, another amount, one topic less. */
    facts[0].attribution_method = "even_split";
    facts[1].amount = number("4.0");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", facts, 2, &changed));
    cr_assert_eq(changed, 1);
    assert_rows(&stage, FACTS,
                "2026-01-10 00:00:00 lkc-1 a W even_split 6\n2026-01-10 00:00:00 lkc-1 b W bytes_ratio 4.0\n"
                "2026-01-10 00:00:00 x    9\n2026-01-11 00:00:00 lkc-1 a W bytes_ratio 1");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", NULL, 0, &changed));
    cr_assert_eq(changed, 1);
    assert_rows(&stage, FACTS, "2026-01-10 00:00:00 x    9\n2026-01-11 00:00:00 lkc-1 a W bytes_ratio 1");
    stage_done(&stage);
}

/* Another engine wrote other rows since: what is stored counts, not what is remembered of it. */
Test(store_topics, rows_that_somebody_changed_are_put_right) {
    struct stage stage;
    int32_t changed = 9;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_topic_fact fact = topic_of("2026-01-10", "a", "W", "6");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", &fact, 1, NULL));
    stage_run(&stage, "UPDATE topic_attribution_facts SET amount = '7'");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", &fact, 1, &changed));
    cr_assert_eq(changed, 1);
    /* A time in another spelling is still that row. */
    stage_run(&stage, "UPDATE topic_attribution_facts SET amount = '8', timestamp = '2026-01-10 00:00:00.000000'");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", &fact, 1, &changed));
    cr_assert_eq(changed, 1);
    assert_rows(&stage, "SELECT amount FROM topic_attribution_facts", "6");
    if (!stage_on_postgres())
        stage_run(&stage, "INSERT INTO topic_attribution_facts VALUES ('2026-01-10 00:00:00', 1, '6')");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", &fact, 1, &changed));
    assert_rows(&stage, "SELECT amount FROM topic_attribution_facts", "6");
    stage_done(&stage);
}

/* The ids of this table are used again by SQLite when its last rows are deleted. */
Test(store_topics, a_dimension_with_a_used_id_is_not_taken_for_the_old_one) {
    struct stage stage;
    if (stage_on_postgres())
        cr_skip_test("a sequence never gives a number twice");
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_topic_fact facts[] = {topic_of("2026-01-10", "a", "W", "1"), topic_of("2026-01-10", "b", "W", "2")};
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", facts, 2, NULL));
    stage_run(&stage, "DELETE FROM topic_attribution_facts; "
                      "UPDATE topic_attribution_dimensions SET topic_name = 'c' WHERE topic_name = 'b'; "
                      "UPDATE topic_attribution_dimensions SET topic_name = 'b' WHERE topic_name = 'a'");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-11", NULL, 0, NULL));
    const struct cg_topic_fact later[] = {topic_of("2026-01-12", "a", "W", "1"), topic_of("2026-01-12", "b", "W", "2")};
    assert_ok(&stage, stage_attribute(&stage, "2026-01-12", later, 2, NULL));
    assert_rows(&stage, FACTS,
                "2026-01-12 00:00:00 lkc-1 a W bytes_ratio 1\n"
                "2026-01-12 00:00:00 lkc-1 b W bytes_ratio 2");
    stage_done(&stage);
}

static cg_status write_pending(struct stage *stage, const struct cg_topic_fact *facts, size_t count,
                               const struct cg_topic_group *pending, size_t pending_count, uint64_t *ret_rows,
                               int32_t *ret_changed) {
    const struct cg_topic_result result = {.date = at("2026-01-10"),
                                           .facts = facts,
                                           .fact_count = count,
                                           .pending = pending,
                                           .pending_count = pending_count,
                                           .inputs_digest = "d",
                                           .questions = "q"};
    return cg_store_write_topics(stage->store, &result, ret_rows, ret_changed, &stage->error);
}

Test(store_topics, groups_that_wait_keep_their_rows) {
    struct stage stage;
    uint64_t rows = 0;
    int32_t changed = 0;
    struct cg_date_inputs inputs;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_topic_fact facts[3] = {topic_of("2026-01-10", "a", "W", "6"), topic_of("2026-01-10", "b", "W", "4.50"),
                                     topic_of("2026-01-10", "b", "W", "1")};
    facts[1].cluster_resource_id = "lkc-2";
    facts[2].env_id = "env-2";
    facts[2].cluster_resource_id = "lkc-2";
    const struct cg_topic_group pending = {"env-1", "lkc-2"};
    assert_ok(&stage, write_pending(&stage, facts, 3, NULL, 0, &rows, &changed));
    cr_assert_eq(rows, 3);
    assert_rows(&stage, MARKS, "2026-01-10 11");
    assert_ok(&stage, cg_store_topic_inputs(stage.store, at("2026-01-10"), stage.arena, &inputs, &stage.error));
    cr_assert_eq(inputs.known, 1);
    char digest[80];
    snprintf(digest, sizeof digest, "%s", stage_rows(&stage, "SELECT rows_digest FROM cg_topic_dates"));

    /* The second cluster waits in one environment; nothing else changed. */
    const struct cg_topic_fact without[] = {facts[0], facts[2]};
    assert_ok(&stage, write_pending(&stage, without, 2, &pending, 1, &rows, &changed));
    cr_assert_eq(rows, 2);
    cr_assert_eq(changed, 0);
    assert_rows(&stage, MARKS, "2026-01-10 10");
    assert_rows(&stage, "SELECT rows_digest FROM cg_topic_dates", digest);
    assert_ok(&stage, cg_store_topic_inputs(stage.store, at("2026-01-10"), stage.arena, &inputs, &stage.error));
    cr_assert_eq(inputs.known, 0);

    /* It still waits, and the others changed. */
    facts[0].amount = number("7");
    assert_ok(&stage, write_pending(&stage, facts, 1, &pending, 1, &rows, &changed));
    cr_assert_eq(changed, 1);
    assert_rows(&stage, FACTS,
                "2026-01-10 00:00:00 lkc-1 a W bytes_ratio 7\n"
                "2026-01-10 00:00:00 lkc-2 b W bytes_ratio 4.50");
    assert_rows(&stage, MARKS, "2026-01-10 10");

    /* A row for it is a mistake. */
    cr_assert_eq(write_pending(&stage, facts, 2, &pending, 1, &rows, &changed), CG_INVALID);
    cr_assert_not_null(strstr(stage.error.text, "waits for its metrics"), "%s", stage.error.text);

    /* It is done: the rows of another method do not stand beside the old ones. */
    facts[1].attribution_method = "even_split";
    assert_ok(&stage, write_pending(&stage, facts, 2, NULL, 0, &rows, &changed));
    assert_rows(&stage, FACTS,
                "2026-01-10 00:00:00 lkc-1 a W bytes_ratio 7\n"
                "2026-01-10 00:00:00 lkc-2 b W even_split 4.50");
    assert_rows(&stage, MARKS, "2026-01-10 11");
    stage_done(&stage);
}

/* Whether rows came of samples is known as long as their record is, whatever happened to the date since. */
Test(store_topics, what_rows_were_computed_with_is_remembered) {
    struct stage stage;
    uint64_t rows = 0;
    int32_t changed = 0;
    struct cg_date_inputs inputs = {0};
    const struct cg_topic_group group = {"env-1", "lkc-1"};
    const struct cg_topic_fact fact = topic_of("2026-01-10", "a", "W", "6");
    struct cg_topic_result result = {.date = at("2026-01-10"),
                                     .facts = &fact,
                                     .fact_count = 1,
                                     .metrics_seen = 1,
                                     .inputs_digest = "d",
                                     .questions = ""};
    stage_init(&stage);
    stage_open(&stage);
    for (int seen = 1; seen >= 0; seen--) {
        result.metrics_seen = seen;
        assert_ok(&stage, cg_store_write_topics(stage.store, &result, &rows, &changed, &stage.error));
        assert_ok(&stage, cg_store_topic_inputs(stage.store, at("2026-01-10"), stage.arena, &inputs, &stage.error));
        cr_assert(inputs.known && inputs.metrics_seen == seen && !inputs.metrics_failed);
        /* Lines that changed are marked like this. */
        stage_run(&stage, "UPDATE pipeline_state SET topic_attribution_calculated = FALSE, calculation_id = 'other'");
        assert_ok(&stage, cg_store_topic_inputs(stage.store, at("2026-01-10"), stage.arena, &inputs, &stage.error));
        cr_assert(!inputs.known && !inputs.digest && !inputs.questions && inputs.metrics_seen == seen);
        stage_run(&stage, "DELETE FROM pipeline_state");
        assert_ok(&stage, cg_store_topic_inputs(stage.store, at("2026-01-10"), stage.arena, &inputs, &stage.error));
        cr_assert(!inputs.known && inputs.metrics_seen == seen);
    }
    result.metrics_seen = 1;
    result.fact_count = 0;
    result.pending = &group;
    result.pending_count = 1;
    assert_ok(&stage, cg_store_write_topics(stage.store, &result, &rows, &changed, &stage.error));
    assert_ok(&stage, cg_store_topic_inputs(stage.store, at("2026-01-10"), stage.arena, &inputs, &stage.error));
    cr_assert(!inputs.known && inputs.metrics_seen);
    stage_done(&stage);
}

struct refusal {
    const char *name;
    const char *time;
    const char *topic;
    const char *cluster;
    const char *method;
    const char *text;
};

static const struct refusal refusals[] = {
    {"wrong day", "2026-01-11", "t", "lkc-1", "m", "a topic row of 2026-01-11 00:00:00 lies outside the date"},
    {"no topic", "2026-01-10", "", "lkc-1", "m", "lacks a text"},
    {"no cluster", "2026-01-10", "t", NULL, "m", "lacks a text"},
    {"no method", "2026-01-10", "t", "lkc-1", NULL, "lacks a text"},
};

Test(store_topics, what_is_refused_leaves_everything_as_it_was) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_topic_fact good = topic_of("2026-01-10", "good", "W", "1");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", &good, 1, NULL));
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *refusal = &refusals[i];
        struct cg_topic_fact facts[] = {topic_of("2026-01-10", "new", "W", "2"),
                                        topic_of(refusal->time, refusal->topic, "W", "1")};
        facts[1].cluster_resource_id = refusal->cluster;
        facts[1].attribution_method = refusal->method;
        cr_assert_eq(stage_attribute(&stage, "2026-01-10", facts, 2, NULL), CG_INVALID, "%s", refusal->name);
        cr_assert_not_null(strstr(stage.error.text, refusal->text), "%s: %s", refusal->name, stage.error.text);
        assert_rows(&stage, FACTS, "2026-01-10 00:00:00 lkc-1 good W bytes_ratio 1");
        assert_rows(&stage, "SELECT count(*) FROM topic_attribution_dimensions", "1");
    }
    cr_assert_eq(stage_attribute(&stage, "2026-01-10T01:00:00", &good, 1, NULL), CG_INVALID);
    /* A failure in the middle of the rows: the table's own rule refuses the second one. */
    stage_refuse(&stage, "INSERT", "topic_attribution_facts", "amount", "13", "no thirteen");
    const struct cg_topic_fact facts[] = {topic_of("2026-01-10", "a", "W", "12"),
                                          topic_of("2026-01-10", "b", "W", "13")};
    cr_assert_eq(stage_attribute(&stage, "2026-01-10", facts, 2, NULL), CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "no thirteen"), "%s", stage.error.text);
    assert_rows(&stage, FACTS, "2026-01-10 00:00:00 lkc-1 good W bytes_ratio 1");
    stage_allow(&stage, "topic_attribution_facts");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", facts, 2, NULL));
    assert_rows(&stage, FACTS,
                "2026-01-10 00:00:00 lkc-1 a W bytes_ratio 12\n"
                "2026-01-10 00:00:00 lkc-1 b W bytes_ratio 13");
    stage_done(&stage);
}

Test(store_topics, counters_survive_a_gather_until_the_line_changes) {
    struct stage stage;
    struct cg_stored_line *stored = NULL;
    size_t count = 0;
    uint64_t rows = 0;
    int32_t changed = 0;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_billing_line lines[] = {line_of("2026-01-10", "e", "r", "A", "1"),
                                      line_of("2026-01-10", "e", "r", "B", "2")};
    const struct cg_billing_line missing = line_of("2026-01-10", "e", "r", "C", "2");
    const struct cg_line_attempt attempts[] = {{&lines[0], 1}, {&lines[1], 2}, {&missing, 1}};
    struct cg_topic_result result = {.date = at("2026-01-10"), .attempts = attempts, .attempt_count = 2};
    stage_bill(&stage, "2026-01-10", lines, 2);
    assert_ok(&stage, cg_store_write_topics(stage.store, &result, &rows, &changed, &stage.error));
    stage_bill(&stage, "2026-01-10", lines, 2);
    assert_ok(&stage, cg_store_lines_of(stage.store, at("2026-01-10"), stage.arena, &stored, &count, &stage.error));
    cr_assert_eq(count, 2);
    cr_assert_eq(stored[0].topic_attribution_attempts, 1);
    cr_assert_eq(stored[1].topic_attribution_attempts, 2);
    cr_assert_eq(stored[1].allocation_attempts, 0);
    lines[1].total_cost = number("3");
    stage_bill(&stage, "2026-01-10", lines, 2);
    assert_rows(&stage, "SELECT product_type || topic_attribution_attempts FROM ccloud_billing ORDER BY 1", "A1\nB0");
    result.attempt_count = 3;
    cr_assert_eq(cg_store_write_topics(stage.store, &result, &rows, &changed, &stage.error), CG_NOT_FOUND);
    assert_rows(&stage, "SELECT product_type || topic_attribution_attempts FROM ccloud_billing ORDER BY 1", "A1\nB0");
    stage_done(&stage);
}

static const char *to_attribute(struct stage *stage, const char *start, const char *end) {
    static char text[256];
    int64_t *dates = NULL;
    size_t count = 0;
    text[0] = '\0';
    assert_ok(stage, cg_store_dates_to_attribute(stage->store, at(start), at(end), stage->arena, &dates, &count,
                                                 &stage->error));
    for (size_t i = 0; i < count; i++) {
        char date[CG_TIME_TEXT_SIZE];
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", cg_time_format_date(dates[i], date));
    }
    return text;
}

Test(store_topics, dates_that_are_due) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    static const char *const days[] = {"2026-01-09", "2026-01-10", "2026-01-12"};
    for (size_t i = 0; i < 3; i++) {
        const struct cg_billing_line line = line_of(days[i], "e", "r", "A", "1");
        stage_bill(&stage, days[i], &line, 1);
    }
    assert_rows(&stage, MARKS, "2026-01-09 00\n2026-01-10 00\n2026-01-12 00");
    cr_assert_str_eq(to_attribute(&stage, "2026-01-01", "2026-02-01"), "");
    /* Only days with lines are marked, and each of them once. */
    assert_ok(&stage, cg_store_mark_topics_gathered(stage.store, at("2026-01-10"), at("2026-01-20"), &stage.error));
    assert_rows(&stage, MARKS, "2026-01-09 00\n2026-01-10 10\n2026-01-12 10");
    char before[4096];
    snprintf(before, sizeof before, "%s", stage_rows(&stage, stage_changes()));
    assert_ok(&stage, cg_store_mark_topics_gathered(stage.store, at("2026-01-10"), at("2026-01-20"), &stage.error));
    assert_rows(&stage, stage_changes(), before);
    cr_assert_str_eq(to_attribute(&stage, "2026-01-01", "2026-02-01"), "2026-01-10 2026-01-12 ");
    cr_assert_str_eq(to_attribute(&stage, "2026-03-01", "2026-04-01"), "2026-01-10 2026-01-12 ");
    /* An attributed one is looked at again only within the range; a revised one anywhere. */
    assert_ok(&stage, stage_attribute(&stage, "2026-01-10", NULL, 0, NULL));
    assert_ok(&stage, stage_attribute(&stage, "2026-01-12", NULL, 0, NULL));
    cr_assert_str_eq(to_attribute(&stage, "2026-01-11", "2026-02-01"), "2026-01-12 ");
    const struct cg_billing_line revised = line_of("2026-01-10", "e", "r", "A", "2");
    stage_bill(&stage, "2026-01-10", &revised, 1);
    cr_assert_str_eq(to_attribute(&stage, "2026-03-01", "2026-04-01"), "2026-01-10 ");
    stage_done(&stage);
}
