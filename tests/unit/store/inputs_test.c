#include <stdlib.h>

#include "store/inputs.h"
#include "support.h"

#define DATE "2026-01-10"

static struct cg_date_inputs read_inputs(struct stage *stage, int of_topics) {
    struct cg_date_inputs inputs = {.known = 9, .metrics_failed = 9};
    if (of_topics)
        assert_ok(stage, cg_store_topic_inputs(stage->store, at(DATE), stage->arena, &inputs, &stage->error));
    else
        assert_ok(stage, cg_store_date_inputs(stage->store, at(DATE), stage->arena, &inputs, &stage->error));
    return inputs;
}

static void assert_unknown(struct stage *stage, int of_topics, const char *name) {
    const struct cg_date_inputs inputs = read_inputs(stage, of_topics);
    cr_assert(inputs.known == 0 && inputs.metrics_failed == 0 && !inputs.digest && !inputs.questions, "%s", name);
}

static void assert_known(struct stage *stage, int of_topics, const char *digest, const char *questions,
                         int32_t metrics_failed) {
    const struct cg_date_inputs inputs = read_inputs(stage, of_topics);
    cr_assert_eq(inputs.known, 1, "%s", digest);
    cr_assert_str_eq(inputs.digest, digest);
    cr_assert_str_eq(inputs.questions, questions);
    cr_assert_eq(inputs.metrics_failed, metrics_failed);
}

static void write_date(struct stage *stage, const char *digest, const char *questions, int32_t metrics_failed) {
    const struct cg_fact fact = fact_of(DATE, "e", "r", "A", "x", "1");
    const struct cg_date_result result = {.date = at(DATE),
                                          .facts = &fact,
                                          .fact_count = 1,
                                          .metrics_failed = metrics_failed,
                                          .inputs_digest = digest,
                                          .questions = questions};
    uint64_t rows = 0;
    int32_t changed = 0;
    assert_ok(stage, cg_store_write_date(stage->store, &result, &rows, &changed, &stage->error));
}

static void write_topics(struct stage *stage, const char *digest, const char *questions) {
    const struct cg_topic_fact fact = topic_of(DATE, "t", "A", "1");
    const struct cg_topic_result result = {
        .date = at(DATE), .facts = &fact, .fact_count = 1, .inputs_digest = digest, .questions = questions};
    uint64_t rows = 0;
    int32_t changed = 0;
    assert_ok(stage, cg_store_write_topics(stage->store, &result, &rows, &changed, &stage->error));
}

static void furnish(struct stage *stage, const char *cost) {
    const struct cg_billing_line line = line_of(DATE, "e", "r", "A", cost);
    stage_bill(stage, DATE, &line, 1);
}

Test(store_inputs, of_a_date) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    furnish(&stage, "1");
    assert_unknown(&stage, 0, "never calculated");
    write_date(&stage, NULL, NULL, 1);
    assert_unknown(&stage, 0, "nothing given");
    /* Also when the rows are equal. */
    write_date(&stage, "d1", "", 0);
    assert_known(&stage, 0, "d1", "", 0);
    write_date(&stage, "d2", "q2", 1);
    assert_known(&stage, 0, "d2", "q2", 1);
    assert_unknown(&stage, 1, "topics are another matter");
    /* An equal bill leaves it, a revised one does not. */
    furnish(&stage, "1");
    assert_known(&stage, 0, "d2", "q2", 1);
    furnish(&stage, "2");
    assert_unknown(&stage, 0, "marked as changed");
    furnish(&stage, "1");
    write_date(&stage, "d3", "q3", 0);
    assert_known(&stage, 0, "d3", "q3", 0);
    write_date(&stage, "d4", NULL, 0);
    assert_unknown(&stage, 0, "half of it given");
    write_date(&stage, "d5", "q5", 0);
    stage_run(&stage, "UPDATE pipeline_state SET calculation_id = 'theirs'");
    assert_unknown(&stage, 0, "calculated by somebody else");
    stage_done(&stage);
}

Test(store_inputs, of_topics) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    furnish(&stage, "1");
    assert_unknown(&stage, 1, "never attributed");
    /* The overlay does not wait for the calculation. */
    write_topics(&stage, "t1", "q1");
    assert_known(&stage, 1, "t1", "q1", 0);
    assert_unknown(&stage, 0, "rows are another matter");
    write_date(&stage, "d1", "", 0);
    assert_unknown(&stage, 1, "calculated since");
    write_topics(&stage, "t1", "q1");
    assert_known(&stage, 1, "t1", "q1", 0);
    /* Calculated again to the same rows: still the same calculation. */
    write_date(&stage, "d2", "", 0);
    assert_known(&stage, 1, "t1", "q1", 0);
    furnish(&stage, "2");
    assert_unknown(&stage, 1, "marked as changed");
    write_topics(&stage, NULL, "q1");
    assert_unknown(&stage, 1, "nothing given");
    stage_done(&stage);
}

Test(store_inputs, questions_have_a_limit) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    furnish(&stage, "1");
    char *questions = malloc(CG_INPUTS_QUESTIONS_LIMIT + 2);
    cr_assert_not_null(questions);
    memset(questions, 'q', CG_INPUTS_QUESTIONS_LIMIT + 1);
    questions[CG_INPUTS_QUESTIONS_LIMIT + 1] = '\0';
    write_date(&stage, "d", questions, 0);
    assert_unknown(&stage, 0, "too long");
    questions[CG_INPUTS_QUESTIONS_LIMIT] = '\0';
    write_date(&stage, "d", questions, 0);
    assert_known(&stage, 0, "d", questions, 0);
    free(questions);
    stage_done(&stage);
}

/* Neither of the two things that are recorded of metrics takes the other's place. */
Test(store_inputs, of_metrics) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    furnish(&stage, "1");
    for (int i = 0; i < 4; i++) {
        const struct cg_fact fact = fact_of(DATE, "e", "r", "A", "x", "1");
        const struct cg_date_result result = {.date = at(DATE),
                                              .facts = &fact,
                                              .fact_count = 1,
                                              .metrics_failed = i & 1,
                                              .metrics_seen = i & 2,
                                              .inputs_digest = "d",
                                              .questions = ""};
        uint64_t rows = 0;
        int32_t changed = 0;
        int64_t *dates = NULL;
        size_t count = 0;
        assert_ok(&stage, cg_store_write_date(stage.store, &result, &rows, &changed, &stage.error));
        const struct cg_date_inputs inputs = read_inputs(&stage, 0);
        cr_assert(inputs.known && inputs.metrics_failed == (i & 1) && inputs.metrics_seen == (i & 2) / 2, "%d", i);
        /* A date whose metrics failed is due, in the window or not. */
        assert_ok(&stage, cg_store_dates_to_calculate(stage.store, at("2026-03-01"), at("2026-03-02"), stage.arena,
                                                      &dates, &count, &stage.error));
        cr_assert_eq(count, (size_t)(i & 1), "%d", i);
    }
    stage_done(&stage);
}

Test(store_inputs, rows_of_a_date) {
    struct stage stage;
    struct cg_intern *texts = cg_intern_new();
    struct cg_fact *facts = NULL;
    size_t count = 9;
    stage_init(&stage);
    stage_open(&stage);
    assert_ok(&stage, cg_store_date_rows(stage.store, at(DATE), texts, stage.arena, &facts, &count, &stage.error));
    cr_assert_eq(count, 0);
    const struct cg_billing_line lines[] = {line_of(DATE, "e", "r", "A", "3"), line_of(DATE, "e", "s", "A", "4")};
    stage_bill(&stage, DATE, lines, 2);
    struct cg_fact written[] = {fact_of(DATE, "e", "r", "A", "x", "1"), fact_of(DATE, "e", "r", "A", "y", "2.50"),
                                fact_of(DATE, "e", "r", "A", "z", "-0.5"), fact_of(DATE, "e", "s", "A", "x", "4")};
    written[1].allocation_method = NULL;
    written[1].allocation_detail = "why";
    const struct cg_date_result result = {.date = at(DATE), .facts = written, .fact_count = 4};
    uint64_t rows = 0;
    int32_t changed = 0;
    assert_ok(&stage, cg_store_write_date(stage.store, &result, &rows, &changed, &stage.error));
    stage_run(&stage, "UPDATE chargeback_facts SET amount = 'odd' WHERE amount = '1'");
    assert_ok(&stage, cg_store_date_rows(stage.store, at(DATE), texts, stage.arena, &facts, &count, &stage.error));
    cr_assert_eq(count, 3);
    for (size_t i = 0; i < count; i++) {
        const struct cg_fact *wanted = strcmp(facts[i].resource_id, "s") == 0   ? &written[3]
                                       : strcmp(facts[i].identity_id, "y") == 0 ? &written[1]
                                                                                : &written[2];
        cr_assert(facts[i].timestamp == at(DATE) && cg_decimal_compare(&facts[i].amount, &wanted->amount) == 0);
        cr_assert_str_eq(facts[i].identity_id, wanted->identity_id);
        cr_assert_str_eq(facts[i].env_id, "e");
        cr_assert_str_eq(facts[i].cost_type, wanted->cost_type);
        cr_assert_str_eq(facts[i].product_type, "A");
        cr_assert_eq(facts[i].allocation_method == NULL, wanted->allocation_method == NULL);
        cr_assert_eq(facts[i].allocation_detail == NULL, wanted->allocation_detail == NULL);
    }
    cg_intern_free(texts);
    stage_done(&stage);
}
