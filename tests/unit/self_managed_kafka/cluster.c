#include "cluster.h"

#include <criterion/criterion.h>
#include <string.h>

#define MOST 64

static const struct cg_test_setting usual[] = {
    {"cluster_id", "kafka-1", 0},
    {"broker_count", "3", CG_CONFIG_INT},
    {"region", "us-west-2", 0},
    {"cost_model.compute_hourly_rate", "0.10", CG_CONFIG_DECIMAL},
    {"cost_model.storage_per_gib_hourly", "0.0001", CG_CONFIG_DECIMAL},
    {"cost_model.network_ingress_per_gib", "0.01", CG_CONFIG_DECIMAL},
    {"cost_model.network_egress_per_gib", "0.02", CG_CONFIG_DECIMAL},
    {"cost_model.region_overrides.us-west-2.compute_hourly_rate", "0.12", CG_CONFIG_DECIMAL},
    {"cost_model.region_overrides.us-west-2.network_egress_per_gib", "0", CG_CONFIG_DECIMAL},
    {"metrics.url", "http://prom:9090", 0},
};

/* The usual settings but those that `more` replaces, then `more`. */
static size_t merge(const struct cg_test_setting *more, size_t count, struct cg_test_setting all[MOST]) {
    size_t used = 0;
    cr_assert_leq(count + STAGE_COUNT(usual), (size_t)MOST);
    for (size_t i = 0; i < STAGE_COUNT(usual); i++) {
        size_t k = 0;
        while (k < count && strcmp(more[k].path, usual[i].path) != 0) {
            k++;
        }
        if (k == count) {
            all[used++] = usual[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        all[used++] = more[i];
    }
    return used;
}

const struct cg_config *cluster_settings(struct cg_test_host *test, const struct cg_test_setting *more, size_t count) {
    struct cg_test_setting all[MOST];
    size_t used = merge(more, count, all);
    return cg_test_config(test, all, used);
}

void cluster_open(struct stage *stage, const struct cg_test_setting *settings, size_t count) {
    struct cg_test_setting all[MOST];
    size_t used = merge(settings, count, all);
    stage_open(stage, cg_plugin_register_self_managed_kafka(), all, used);
}
