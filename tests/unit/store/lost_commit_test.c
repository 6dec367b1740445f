/* A connection that breaks at the worst moment: a commit was sent, and no answer came. Whether it was kept, whoever
 * does the same again ends where he would have been. On PostgreSQL. */
#include "old.h"
#include "postgresql/relay.h"
#include "store/retention.h"

#define DATE "2026-01-10"

struct scene {
    struct stage stage;
    struct relay relay;
};

static void open_scene(struct scene *scene) {
    stage_init(&scene->stage);
    relay_start(&scene->relay, &scene->stage.database);
    scene->stage.query[0].value = scene->relay.database.host;
    stage_open(&scene->stage);
}

static void close_scene(struct scene *scene) {
    cg_store_close(scene->stage.store);
    scene->stage.store = NULL;
    if (scene->stage.outside)
        stage_driver()->close(scene->stage.outside);
    scene->stage.outside = NULL;
    relay_end(&scene->relay);
    stage_done(&scene->stage);
}

/* ---- what is done ---- */

static cg_status bill(struct stage *stage, const char *cost) {
    const struct cg_billing_line lines[] = {line_of(DATE, "e", "r", "A", cost), line_of(DATE, "e", "r", "B", "3")};
    const struct cg_billing_line *const list[] = {&lines[0], &lines[1]};
    return cg_store_replace_billing(stage->store, at(DATE), at(DATE) + DAY, list, 2, at(DATE), NULL, &stage->error);
}

static cg_status revise(struct stage *stage) {
    return bill(stage, "2");
}

static cg_status write(struct stage *stage) {
    const struct cg_fact facts[] = {fact_of(DATE, "e", "r", "A", "ann", "0.25"),
                                    fact_of(DATE, "e", "r", "A", "bob", "0.75"),
                                    fact_of(DATE, "e", "r", "B", "bob", "3")};
    return stage_write(stage, DATE, facts, 3, NULL);
}

static cg_status write_others(struct stage *stage) {
    const struct cg_fact facts[] = {fact_of(DATE, "e", "r", "A", "ann", "1"), fact_of(DATE, "e", "r", "B", "eve", "3")};
    return stage_write(stage, DATE, facts, 2, NULL);
}

static cg_status attribute(struct stage *stage) {
    const struct cg_topic_fact topics[] = {topic_of(DATE, "orders", "A", "1"), topic_of(DATE, "stock", "A", "3")};
    return stage_attribute(stage, DATE, topics, 2, NULL);
}

static cg_status convert(struct stage *stage) {
    cg_store_close(stage->store);
    stage->store = NULL;
    return stage_try(stage, 1, CG_STORE_MONTHLY);
}

static cg_status retain(struct stage *stage) {
    const struct cg_retention retention = {.now = at("2026-06-01"), .days = 30, .topic_days = 30};
    uint64_t deleted = 0;
    return cg_store_retain(stage->store, &retention, &deleted, &stage->error);
}

static cg_status convert_and_retain(struct stage *stage) {
    return stage->store ? retain(stage) : CG_INVALID;
}

static void bill_first(struct stage *stage) {
    assert_ok(stage, bill(stage, "1"));
}

static void write_first(struct stage *stage) {
    bill_first(stage);
    assert_ok(stage, write(stage));
    assert_ok(stage, attribute(stage));
}

static void convert_first(struct stage *stage) {
    write_first(stage);
    assert_ok(stage, convert(stage));
}

static const struct {
    const char *name;
    void (*before)(struct stage *stage);
    cg_status (*act)(struct stage *stage);
} acts[] = {
    {"a bill", NULL, revise},
    {"another bill", bill_first, revise},
    {"a date", bill_first, write},
    {"a date with other rows", write_first, write_others},
    {"a date's topics", bill_first, attribute},
    {"a database that gets partitions", write_first, convert},
    {"old rows that go", write_first, retain},
    {"an old month that goes", convert_first, convert_and_retain},
};

/* Without what differs from one time to the other: numbers of calculations, times, ids. */
static const char state[] =
    "SELECT line FROM ("
    "SELECT 'line ' || product_type || ' ' || total_cost || ' ' || allocation_attempts AS line FROM ccloud_billing "
    "UNION ALL SELECT 'revised ' || product_type || ' ' || old_cost || ' ' || new_cost FROM cg_billing_revisions "
    "UNION ALL SELECT 'day ' || old_total || ' ' || new_total FROM cg_date_revisions "
    "UNION ALL SELECT 'fact ' || d.product_type || ' ' || d.identity_id || ' ' || f.amount FROM chargeback_facts f "
    "JOIN chargeback_dimensions d ON d.dimension_id = f.dimension_id "
    "UNION ALL SELECT 'dimension ' || product_type || ' ' || identity_id FROM chargeback_dimensions "
    "UNION ALL SELECT 'topic ' || d.topic_name || ' ' || f.amount FROM topic_attribution_facts f "
    "JOIN topic_attribution_dimensions d ON d.dimension_id = f.dimension_id "
    "UNION ALL SELECT 'topic of ' || topic_name FROM topic_attribution_dimensions "
    "UNION ALL SELECT 'state ' || tracking_date || ' ' || billing_gathered || ' ' || chargeback_calculated || ' ' || "
    "topic_attribution_calculated FROM pipeline_state "
    "UNION ALL SELECT 'date ' || tracking_date FROM cg_dates "
    "UNION ALL SELECT 'same calculation' FROM cg_dates c JOIN pipeline_state s ON s.calculation_id = c.calculation_id"
    ") AS lines ORDER BY line";

static void state_after(size_t act, enum relay_fault fault, char *ret, size_t size) {
    struct scene scene;
    open_scene(&scene);
    if (acts[act].before)
        acts[act].before(&scene.stage);
    if (fault != RELAY_SOUND) {
        atomic_store(&scene.relay.fault, fault);
        cr_assert_eq(acts[act].act(&scene.stage), CG_TEMPORARY, "%s: %s", acts[act].name, scene.stage.error.text);
        cr_assert_not_null(strstr(scene.stage.error.text, "whether they were is not known"), "%s: %s", acts[act].name,
                           scene.stage.error.text);
        cg_error_clear(&scene.stage.error);
    }
    assert_ok(&scene.stage, acts[act].act(&scene.stage));
    cr_assert_eq(atomic_load(&scene.relay.fault), RELAY_SOUND, "%s: nothing was committed", acts[act].name);
    snprintf(ret, size, "%s", stage_rows(&scene.stage, state));
    close_scene(&scene);
}

Test(store_lost_commit, what_is_done_again_is_done_once, .timeout = 200) {
    static char wanted[16384];
    static char found[16384];
    if (!stage_on_postgres())
        cr_skip_test("there is no connection");
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        state_after(i, RELAY_SOUND, wanted, sizeof wanted);
        for (enum relay_fault fault = RELAY_LOSES_COMMIT; fault <= RELAY_LOSES_ANSWER; fault++) {
            state_after(i, fault, found, sizeof found);
            cr_assert_str_eq(found, wanted, "%s, %s", acts[i].name,
                             fault == RELAY_LOSES_COMMIT ? "which was not kept" : "which was kept");
        }
    }
}
