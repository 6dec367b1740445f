#include "troupe.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct resolution {
    const char *name;
    const char *product;
    const char *resource;
    const char *period;
    const char *usage;
    const char *found; /* "active | derived | key=owner" with types */
};

static const struct resolution resolutions[] = {
    {"no keys, no metrics", "KAFKA_BASE", "lkc-1", "sa-1 u-1", NULL, "| |"},
    {"keys of the resource only", "KAFKA_BASE", "lkc-1",
     "sa-1 sa-2 K1:api_key:sa-1:lkc-1 K2:api_key:sa-2:lkc-2 K3:api_key:u-9:lkc-1 K4:api_key::lkc-1", NULL,
     "sa-1:service_account u-9:user | |"},
    {"an owner that is in no table", "SCHEMA_REGISTRY", "lsrc-1", "K1:api_key:pool-7:lsrc-1 K2:api_key:x9:lsrc-1", NULL,
     "pool-7:identity_pool x9:unknown | |"},
    {"several keys of one owner", "KAFKA_BASE", "lkc-1", "sa-1 K1:api_key:sa-1:lkc-1 K2:api_key:sa-1:lkc-1", NULL,
     "sa-1:service_account | |"},
    {"principals", "KAFKA_NETWORK_READ", "lkc-1", "sa-1 u-1 K1:api_key:sa-1:lkc-9 K2:api_key::lkc-1",
     "out u-1 0;in K1 5;out K1 5;out K2 7;in KEY9 1;out - 4;out sa-7 1",
     "| KEY9:unknown sa-1:service_account sa-7:service_account u-1:user | K1=sa-1"},
    {"a service without resolver", "SUPPORT", "x", "sa-1 K1:api_key:sa-1:x", NULL, "| |"},
};

static void write_list(struct stage_text *text, const struct troupe_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        const struct cg_identity *identity = list->items[i];
        stage_append(text, "%s:%s ", identity->id, identity->type);
    }
    stage_append(text, "|");
}

Test(resolver, resolutions) {
    for (size_t i = 0; i < sizeof resolutions / sizeof resolutions[0]; i++) {
        const struct resolution *row = &resolutions[i];
        struct troupe troupe = {.row_count = 0};
        struct stage_text found = {NULL, 0};
        troupe_init(&troupe, NULL, row->product, row->resource, "1");
        troupe_add(&troupe, &troupe.period, row->period);
        troupe_measure(&troupe, row->usage);
        cr_assert_eq(troupe_resolve(&troupe), CG_OK, "%s", row->name);
        write_list(&found, &troupe.active);
        stage_append(&found, " ");
        write_list(&found, &troupe.derived);
        for (size_t k = 0; k < troupe.entries.count; k++) {
            const struct cg_context_entry *entry = troupe.entries.items[k];
            stage_append(&found, " %s=%s", entry->key, entry->text);
        }
        cr_expect_str_eq(stage_text_get(&found), row->found, "%s: got %s", row->name, stage_text_get(&found));
        free(found.text);
        troupe_done(&troupe);
    }
}

/* One day of a small tenant, from identities and metrics to rows. */
static const struct {
    const char *product;
    const char *resource;
    const char *amount;
    const char *usage;
    const char *rows;
} day[] = {
    {"KAFKA_NUM_CKU", "lkc-1", "10", "out sa-1 100 200;out KEY9 100;in u-1 400",
     "KEY9 usage 0.8750 usage_ratio usage_ratio_allocation 0 0; sa-1 usage 2.6250 usage_ratio usage_ratio_allocation 0 "
     "0; "
     "u-1 usage 3.5000 usage_ratio usage_ratio_allocation 0 0; KEY9 usage 1.0000 even_split - 0 1; "
     "sa-1 usage 1.0000 even_split - 0 1; u-1 usage 1.0000 even_split - 0 1"},
    {"KAFKA_NETWORK_READ", "lkc-1", "3", "out sa-1 100 200;out KEY9 100;in u-1 400",
     "KEY9 usage 0.7500 usage_ratio usage_ratio_allocation 0 -; sa-1 usage 2.2500 usage_ratio usage_ratio_allocation 0 "
     "-"},
    {"KAFKA_STORAGE", "lkc-1", "2", "out sa-1 100 200;out KEY9 100;in u-1 400",
     "KEY9 shared 0.6666 even_split no_metrics_located - -; sa-1 shared 0.6667 even_split no_metrics_located - -; "
     "u-1 shared 0.6667 even_split no_metrics_located - -"},
    {"SCHEMA_REGISTRY", "lsrc-1", "1", NULL, "sa-2 usage 1.0000 even_split - 0 -"},
    {"SUPPORT", "unresolved_billing_x", "6", NULL,
     "pool-1 shared 1.5000 even_split - 0 -; sa-1 shared 1.5000 even_split - 0 -; sa-2 shared 1.5000 even_split - 0 -; "
     "u-1 shared 1.5000 even_split - 0 -"},
    {"CLUSTER_LINKING_READ", "lkc-1", "1", NULL, "lkc-1 usage 1 cluster_linking cluster_linking_cost - -"},
    {"TABLEFLOW_STORAGE", "lkc-1", "1", NULL, "lkc-1 shared 1 default using_default_allocator - -"},
    {"FOO_NEW", "zzz", "1", NULL, "zzz shared 1 unknown using_unknown_allocator - -"},
};

Test(resolver, one_day) {
    for (size_t i = 0; i < sizeof day / sizeof day[0]; i++) {
        struct troupe troupe = {.row_count = 0};
        troupe_init(&troupe, NULL, day[i].product, day[i].resource, day[i].amount);
        troupe_add(&troupe, &troupe.period, "sa-1 sa-2 u-1 pool-1 KEY1:api_key:sa-1:lkc-1 KEY2:api_key:sa-2:lsrc-1");
        troupe_measure(&troupe, day[i].usage);
        cr_assert_eq(troupe_resolve(&troupe), CG_OK);
        cr_assert_eq(troupe_allocate(&troupe), CG_OK, "%s", stage_text_get(&troupe.stage.error));
        cr_expect_str_eq(stage_text_get(&troupe.rows), day[i].rows, "%s: got %s", day[i].product,
                         stage_text_get(&troupe.rows));
        troupe_done(&troupe);
    }
}
