#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

#define IDENTITIES 2000
#define KILLS 25

/* One line of 2000 x `share`, split evenly. The run is there already: the writer that is killed must not touch the
 * connection from outside, which belongs to whoever looks at what it leaves. */
static cg_status write_version(struct stage *stage, int share) {
    static struct cg_fact facts[IDENTITIES];
    static char names[IDENTITIES][32];
    char amount[32];
    char cost[32];
    snprintf(amount, sizeof amount, "%d.000000000000000001", share);
    snprintf(cost, sizeof cost, "%d.000000000000002000", share * IDENTITIES);
    const struct cg_billing_line line = line_of("2026-01-10", "e", "r", "A", cost);
    const struct cg_billing_line *lines[] = {&line};
    for (size_t i = 0; i < IDENTITIES; i++) {
        snprintf(names[i], sizeof names[i], "u-%d-%zu", share % 3, i);
        facts[i] = fact_of("2026-01-10", "e", "r", "A", names[i], amount);
    }
    cg_status status =
        cg_store_replace_billing(stage->store, at("2026-01-10"), at("2026-01-11"), lines, 1, 0, NULL, &stage->error);
    return status == CG_OK ? stage_write_again(stage, "2026-01-10", facts, IDENTITIES, NULL) : status;
}

/* Topics of one cluster; the inputs say which version it is. */
static cg_status write_topics(struct stage *stage, int share) {
    static struct cg_topic_fact facts[IDENTITIES];
    static char names[IDENTITIES][32];
    char amount[32];
    uint64_t rows = 0;
    int32_t changed = 0;
    snprintf(amount, sizeof amount, "%d.000000000000000001", share);
    for (size_t i = 0; i < IDENTITIES; i++) {
        snprintf(names[i], sizeof names[i], "t-%d-%zu", share % 3, i);
        facts[i] = topic_of("2026-01-10", names[i], "W", amount);
    }
    const struct cg_topic_result result = {
        .date = at("2026-01-10"), .facts = facts, .fact_count = IDENTITIES, .inputs_digest = amount, .questions = ""};
    return cg_store_write_topics(stage->store, &result, &rows, &changed, &stage->error);
}

static void kill_a_writer(struct stage *stage, cg_status (*write)(struct stage *, int), long microseconds) {
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        stage->store = NULL;
        if (stage_try(stage, 1, 0) != CG_OK)
            _exit(1);
        for (int share = 1;; share++)
            if (write(stage, share) != CG_OK)
                _exit(1);
    }
    const struct timespec pause = {0, microseconds * 1000};
    nanosleep(&pause, NULL);
    cr_assert_eq(kill(child, SIGKILL), 0);
    int state = 0;
    cr_assert_eq(waitpid(child, &state, 0), child);
    cr_assert(WIFSIGNALED(state), "the writer ended by itself");
}

Test(store_crash, a_killed_writer_leaves_the_old_date_or_the_new_one, .timeout = 110) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    stage_add_run(&stage, STAGE_RUN);
    cr_assert_eq(write_version(&stage, 1), CG_OK);
    cg_store_close(stage.store);
    stage.store = NULL;
    for (long i = 0; i < KILLS; i++) {
        kill_a_writer(&stage, write_version, 5000 + i * 7919 % 60000);
        assert_rows(&stage, stage_soundness(), "ok");
        /* All rows are of one version, and it is that of the line, or the date is known to be outdated. */
        assert_rows(&stage, "SELECT count(*) || ' ' || count(DISTINCT amount) FROM chargeback_facts", "2000 1");
        assert_rows(
            &stage,
            "SELECT CASE WHEN (SELECT cg_sum(amount) FROM chargeback_facts) = (SELECT total_cost FROM "
            "ccloud_billing) THEN 'good' WHEN (SELECT chargeback_calculated FROM pipeline_state) = 0 THEN 'good' "
            "ELSE 'lost' END",
            "good");
        assert_rows(&stage,
                    "SELECT count(*) FROM chargeback_facts WHERE dimension_id NOT IN (SELECT dimension_id FROM "
                    "chargeback_dimensions)",
                    "0");
    }
    /* The next run repairs what is left. */
    stage_open(&stage);
    cr_assert_eq(write_version(&stage, 1), CG_OK);
    assert_rows(&stage,
                "SELECT (SELECT cg_sum(amount) FROM chargeback_facts) || ' ' || chargeback_calculated FROM "
                "pipeline_state",
                "2000.000000000000002000 1");
    stage_done(&stage);
}

Test(store_crash, a_killed_writer_leaves_the_old_topics_or_the_new_ones, .timeout = 110) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    cr_assert_eq(write_topics(&stage, 1), CG_OK);
    cg_store_close(stage.store);
    stage.store = NULL;
    for (long i = 0; i < KILLS; i++) {
        kill_a_writer(&stage, write_topics, 5000 + i * 7919 % 60000);
        assert_rows(&stage, stage_soundness(), "ok");
        assert_rows(&stage,
                    "SELECT count(*) || ' ' || count(DISTINCT amount) || ' ' || CASE WHEN max(amount) = (SELECT "
                    "inputs_digest FROM cg_topic_dates) THEN 1 ELSE 0 END FROM topic_attribution_facts JOIN "
                    "topic_attribution_dimensions USING "
                    "(dimension_id)",
                    "2000 1 1");
    }
    stage_done(&stage);
}

Test(store_crash, two_processes_create_one_database) {
    struct stage stage;
    pid_t children[4];
    stage_init(&stage);
    for (size_t i = 0; i < 4; i++) {
        children[i] = fork();
        cr_assert_geq(children[i], 0);
        if (children[i] == 0)
            _exit(stage_try(&stage, 1, 0) == CG_OK ? 0 : 1);
    }
    for (size_t i = 0; i < 4; i++) {
        int state = 0;
        cr_assert_eq(waitpid(children[i], &state, 0), children[i]);
        cr_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0, "process %zu could not open the database", i);
    }
    assert_rows(&stage, "SELECT version_num FROM alembic_version", "032");
    assert_rows(&stage, "SELECT version FROM cg_schema ORDER BY 1", "1\n2");
    stage_done(&stage);
}
