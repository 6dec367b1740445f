/* Who ran the statements of a compute pool, and what each of them pays. */
#include "troupe.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define PEOPLE "sa-1 sa-2 u-1"
/* A statement as it is gathered: resource id, pool, name, owner. */
#define STATEMENT(id_, pool_, name_, owner_)                                                                 \
    id_ " flink_statement parent=env-1 owner=" owner_ " name=" name_ " compute_pool_id=" pool_ " statement_" \
        "name=" name_
#define BY_USAGE "usage_ratio usage_ratio_allocation 0 -"
#define BY_CFU(id_, amount_) id_ " usage " amount_ " " BY_USAGE
#define EVEN(id_, amount_, detail_) id_ " usage " amount_ " even_split " detail_ " 1 -"
#define NO_USAGE "no_usage_for_active_identities"
#define FAILED "metrics_fetch_failed"
#define NOBODY "flink_stmt_owner_unknown"

static const struct {
    const char *name;
    const char *statements;
    const char *usage;
    int fetch_failed;
    const char *rows; /* of 10 */
} pools[] = {
    {"owners by the sum of their statements",
     STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "p", "b", "sa-2") ";" STATEMENT("u3", "p", "c", "sa-1"),
     "cfu p/a 1 1;cfu p/b 4;cfu p/c 2", 0, BY_CFU("sa-1", "5.0000") "; " BY_CFU("sa-2", "5.0000")},
    {"two series of one statement", STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "p", "b", "sa-2"),
     "cfu p/a 1;cfu p/b 2;cfu p/a 1", 0, BY_CFU("sa-1", "5.0000") "; " BY_CFU("sa-2", "5.0000")},
    {"each pool has its own statements of one name",
     STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "other", "a", "sa-2"), "cfu p/a 1", 0,
     BY_CFU("sa-1", "10.0000")},
    {"another pool's usage does not count", STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "p", "b", "sa-2"),
     "cfu p/a 1;cfu other/b 5;cfu /b 5", 0, BY_CFU("sa-1", "10.0000")},
    {"a series that names no pool", STATEMENT("u1", "p", "a", "sa-1"), "cfu a 5;cfu p/ 7;cfu p/a 1", 0,
     BY_CFU("sa-1", "10.0000")},
    {"a statement that nobody knows", STATEMENT("u1", "p", "a", "sa-1"), "cfu p/a 1;cfu p/ghost 3", 0,
     BY_CFU(NOBODY, "7.5000") "; " BY_CFU("sa-1", "2.5000")},
    {"a statement without owner", STATEMENT("u1", "p", "a", "") ";" STATEMENT("u2", "p", "b", "u-1"),
     "cfu p/a 1;cfu p/b 1", 0, BY_CFU(NOBODY, "5.0000") "; " BY_CFU("u-1", "5.0000")},
    {"only unknown statements", NULL, "cfu p/a 1;cfu p/b 1", 0, BY_CFU(NOBODY, "10.0000")},
    {"an owner that is in no table", STATEMENT("u1", "p", "a", "sa-9"), "cfu p/a 1", 0, BY_CFU("sa-9", "10.0000")},
    {"an owner in the metadata", STATEMENT("u1", "p", "a", "") " owner_id=sa-2", "cfu p/a 1", 0,
     BY_CFU("sa-2", "10.0000")},
    {"a name only in the metadata", "u1 flink_statement parent=env-1 owner=sa-1 compute_pool_id=p statement_name=a",
     "cfu p/a 1", 0, BY_CFU("sa-1", "10.0000")},
    {"the display name comes first",
     "u1 flink_statement parent=env-1 owner=sa-1 name=b compute_pool_id=p statement_name=a", "cfu p/a 1;cfu p/b 1", 0,
     BY_CFU(NOBODY, "5.0000") "; " BY_CFU("sa-1", "5.0000")},
    {"of one name the greatest id counts",
     STATEMENT("u3", "p", "a", "sa-1") ";" STATEMENT("u9", "p", "a", "sa-2") ";" STATEMENT("u10", "p", "a", "u-1"),
     "cfu p/a 1", 0, BY_CFU("sa-2", "10.0000")},
    {"a statement of no pool", "u1 flink_statement parent=env-1 owner=sa-1 name=a compute_pool_id=null", "cfu p/a 1", 0,
     BY_CFU(NOBODY, "10.0000")},
    {"a statement of another environment", "u1 flink_statement parent=env-2 owner=sa-1 name=a compute_pool_id=p",
     "cfu p/a 1", 0, BY_CFU(NOBODY, "10.0000")},
    {"a statement before and one after the window",
     STATEMENT("u1", "p", "a", "sa-1") " gone;" STATEMENT("u2", "p", "b", "sa-2") " later", "cfu p/a 1;cfu p/b 1", 0,
     BY_CFU(NOBODY, "10.0000")},
    {"a stopped statement that ran in the window", STATEMENT("u1", "p", "a", "sa-1") " is_stopped=true", "cfu p/a 1", 0,
     BY_CFU("sa-1", "10.0000")},
    {"strange samples", STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "p", "b", "sa-2"),
     "cfu p/a nan 1 -5 inf -inf 0;cfu p/b nan -3 0 3", 0, BY_CFU("sa-1", "2.5000") "; " BY_CFU("sa-2", "7.5000")},
    {"only strange samples: as if there were none",
     STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "p", "b", "sa-2"), "cfu p/a nan inf -inf;cfu2 p/b 1", 0,
     BY_CFU("sa-2", "10.0000")},
    {"usage that no number holds", STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "p", "b", "sa-2"),
     "cfu p/a huge huge;cfu p/b 1", 0, EVEN("sa-1", "5.0000", NO_USAGE) "; " EVEN("sa-2", "5.0000", NO_USAGE)},
    {"the second metric", STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "p", "b", "sa-2"),
     "cfu2 p/a 1;cfu2 p/b 3", 0, BY_CFU("sa-1", "2.5000") "; " BY_CFU("sa-2", "7.5000")},
    {"the second metric does not count beside the first",
     STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "p", "b", "sa-2"), "cfu2 p/b 5;cfu p/a 1", 0,
     BY_CFU("sa-1", "10.0000")},
    {"the first metric without samples", STATEMENT("u1", "p", "a", "sa-1"), "cfu p/b;cfu2 p/a 1", 0,
     BY_CFU("sa-1", "10.0000")},
    {"the first metric with zeros: running statements count",
     STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "p", "b", "sa-2"), "cfu p/a 0 0;cfu2 p/a 5", 0,
     BY_CFU("sa-1", "5.0000") "; " BY_CFU("sa-2", "5.0000")},
    {"no metrics: owners by the number of running statements",
     STATEMENT("u1", "p", "a", "sa-1") " is_stopped=false;" STATEMENT("u2", "p", "b", "sa-1") ";" STATEMENT(
         "u3", "p", "c",
         "sa-2") ";" STATEMENT("u4", "p", "d",
                               "u-1") " is_stopped=true;" STATEMENT("u5", "p", "e",
                                                                    "sa-1") ";" STATEMENT("u6", "other", "f",
                                                                                          "u-1") ";" STATEMENT("u7",
                                                                                                               "p", "g",
                                                                                                               ""),
     NULL, 0, BY_CFU("sa-1", "7.5000") "; " BY_CFU("sa-2", "2.5000")},
    {"all stopped", STATEMENT("u1", "p", "a", "sa-1") " is_stopped=true", NULL, 0,
     "sa-1 shared 3.3334 even_split no_active_identities_located 2 -; "
     "sa-2 shared 3.3333 even_split no_active_identities_located 2 -; "
     "u-1 shared 3.3333 even_split no_active_identities_located 2 -"},
    {"running, but without owner", STATEMENT("u1", "p", "a", ""), NULL, 0,
     "sa-1 shared 3.3334 even_split no_active_identities_located 2 -; "
     "sa-2 shared 3.3333 even_split no_active_identities_located 2 -; "
     "u-1 shared 3.3333 even_split no_active_identities_located 2 -"},
    {"a failed fetch: running statements, evenly",
     STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "p", "b", "sa-1") ";" STATEMENT("u3", "p", "c", "sa-2"),
     NULL, 1, EVEN("sa-1", "5.0000", FAILED) "; " EVEN("sa-2", "5.0000", FAILED)},
    {"a failed fetch and no statements", NULL, NULL, 1,
     "sa-1 shared 3.3334 even_split metrics_fetch_failed 2 -; sa-2 shared 3.3333 even_split metrics_fetch_failed 2 -; "
     "u-1 shared 3.3333 even_split metrics_fetch_failed 2 -"},
};

static void check_pool(size_t i) {
    struct troupe troupe = {.row_count = 0};
    troupe_init(&troupe, NULL, i % 2 == 0 ? "FLINK_NUM_CFU" : "FLINK_NUM_CFUS", "p", "10");
    troupe_add(&troupe, &troupe.period, PEOPLE);
    troupe_stock(&troupe, pools[i].statements);
    troupe_measure(&troupe, pools[i].usage);
    if (pools[i].fetch_failed) {
        troupe.has_metrics = 1;
        troupe.metrics.flags = CG_METRICS_FETCH_FAILED;
    }
    cr_assert_eq(troupe_resolve(&troupe), CG_OK, "%s: %s", pools[i].name, stage_text_get(&troupe.stage.error));
    cr_assert_eq(troupe_allocate(&troupe), CG_OK, "%s: %s", pools[i].name, stage_text_get(&troupe.stage.error));
    cr_expect_str_eq(stage_text_get(&troupe.rows), pools[i].rows, "%s:\n  got  %s\n  want %s", pools[i].name,
                     stage_text_get(&troupe.rows), pools[i].rows);
    cr_expect_eq(troupe.derived.count, 0, "%s", pools[i].name);
    troupe_done(&troupe);
}

Test(flink, pools) {
    for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++) {
        check_pool(i);
    }
}

/* A line that names no environment: statements of any environment count. */
Test(flink, without_environment) {
    struct troupe troupe = {.row_count = 0};
    troupe_init(&troupe, NULL, "FLINK_NUM_CFU", "p", "10");
    troupe.line.env_id = "";
    troupe_stock(&troupe, "u1 flink_statement parent=env-2 owner=sa-1 name=a compute_pool_id=p");
    troupe_measure(&troupe, "cfu p/a 1");
    cr_assert_eq(troupe_resolve(&troupe), CG_OK);
    cr_assert_eq(troupe_allocate(&troupe), CG_OK);
    cr_expect_str_eq(stage_text_get(&troupe.rows), BY_CFU("sa-1", "10.0000"));
    troupe_done(&troupe);
}

/* Identities and weights as they are handed to the allocator. */
Test(flink, what_the_resolver_leaves) {
    struct troupe troupe = {.row_count = 0};
    struct stage_text found = {NULL, 0};
    troupe_init(&troupe, NULL, "FLINK_NUM_CFU", "p", "10");
    troupe_add(&troupe, &troupe.period, PEOPLE);
    troupe_add(&troupe, &troupe.absent, "sa-old:retired");
    troupe_stock(&troupe, STATEMENT("u1", "p", "a", "sa-old") ";" STATEMENT("u2", "p", "b", "pool-3"));
    troupe_measure(&troupe, "cfu p/b 0.5;cfu p/a 1 2;cfu p/c 4");
    cr_assert_eq(troupe_resolve(&troupe), CG_OK);
    for (size_t i = 0; i < troupe.active.count; i++) {
        const struct cg_identity *identity = troupe.active.items[i];
        stage_append(&found, "%s %s \"%s\"; ", identity->id, identity->type, identity->display_name);
    }
    for (size_t i = 0; i < troupe.entries.count; i++) {
        const struct cg_context_entry *entry = troupe.entries.items[i];
        stage_append(&found, "%s[%s] = %g; ", entry->map, entry->key, entry->number);
    }
    cr_expect_str_eq(stage_text_get(&found),
                     "flink_stmt_owner_unknown flink_statement_owner \"Flink Statement Owner Unknown\"; "
                     "pool-3 identity_pool \"Unknown identity_pool\"; sa-old retired \"Unknown service_account\"; "
                     "stmt_owner_cfu[flink_stmt_owner_unknown] = 4; stmt_owner_cfu[pool-3] = 0.5; "
                     "stmt_owner_cfu[sa-old] = 3; ",
                     "got %s", stage_text_get(&found));
    free(found.text);
    troupe_done(&troupe);
}

/* Sums of doubles depend on their order; the weights must not depend on that of the series or the statements. */
Test(flink, weights_are_the_same_in_any_order) {
    static const char *const orders[] = {
        "cfu p/a 0.1;cfu p/a 0.2;cfu p/a 0.3;cfu p/b 0.7;cfu p/c 1E-9",
        "cfu p/a 0.3;cfu p/b 0.7;cfu p/a 0.2;cfu p/c 1E-9;cfu p/a 0.1",
        "cfu p/c 1E-9;cfu p/b 0.7;cfu p/a 0.3;cfu p/a 0.2;cfu p/a 0.1",
        "cfu p/b 0.7;cfu p/a 0.2;cfu p/a 0.3;cfu p/c 1E-9;cfu p/a 0.1",
    };
    double first = 0;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct troupe troupe = {.row_count = 0};
        troupe_init(&troupe, NULL, "FLINK_NUM_CFU", "p", "1");
        troupe_stock(&troupe, STATEMENT("u1", "p", "a", "sa-1") ";" STATEMENT("u2", "p", "b", "sa-1") ";" STATEMENT(
                                  "u3", "p", "c", "sa-1"));
        troupe_measure(&troupe, orders[i]);
        cr_assert_eq(troupe_resolve(&troupe), CG_OK);
        cr_assert_eq(troupe.entries.count, 1);
        const struct cg_context_entry *entry = troupe.entries.items[0];
        first = i == 0 ? entry->number : first;
        cr_expect(first == entry->number, "order %zu", i);
        troupe_done(&troupe);
    }
}
