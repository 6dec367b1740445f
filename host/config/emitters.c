#include "config/emitters.h"

#include <string.h>

/* hourly 1, daily 2, monthly 3, anything else 0. */
static uint32_t coarseness(const char *name) {
    static const char *const names[] = {"hourly", "daily", "monthly"};
    for (uint32_t i = 0; name && i < 3; i++)
        if (strcmp(name, names[i]) == 0)
            return i + 1;
    return 0;
}

static void check_aggregation(const struct cg_emitter_settings *emitter, const char *granularity) {
    uint32_t wanted = coarseness(emitter->aggregation);
    if (wanted == 0 || wanted >= coarseness(granularity))
        return;
    struct cg_config *node = cg_config_member(emitter->node, "aggregation");
    char shown[CG_CONFIG_SHOWN_SIZE];
    cg_config_error(node, "Emitter %s requests aggregation '%s' which is finer than chargeback_granularity '%s'.",
                    cg_config_shown(cg_config_member(emitter->node, "type"), shown), emitter->aggregation, granularity);
}

static int32_t name_is_taken(const struct cg_emitter_settings *emitters, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (emitters[i].name && strcmp(emitters[i].name, name) == 0)
            return 1;
    return 0;
}

/* The type itself, or the type with the first number from 2 that nobody has. */
static const char *free_name(const struct cg_emitter_settings *emitters, size_t count, const char *type,
                             struct cg_arena *arena) {
    if (!name_is_taken(emitters, count, type))
        return type;
    for (size_t number = 2;; number++) {
        const char *name = cg_arena_printf(arena, "%s-%zu", type, number);
        if (!name || !name_is_taken(emitters, count, name))
            return name;
    }
}

static void check_name(const struct cg_emitter_settings *emitters, size_t index) {
    if (!emitters[index].name || !name_is_taken(emitters, index, emitters[index].name))
        return;
    struct cg_config *node = cg_config_member(emitters[index].node, "name");
    char shown[CG_CONFIG_SHOWN_SIZE];
    cg_config_error(node, "Emitter name %s is used more than once; each emitter of a tenant needs a name of its own",
                    cg_config_shown(node, shown));
}

static void read_entry(const struct cg_config *node, struct cg_emitter_settings *emitter) {
    const char *name = cg_config_text(node, "name", "");
    const struct cg_config *lookback = cg_config_get(node, "lookback_days");
    *emitter = (struct cg_emitter_settings){
        .type = cg_config_text(node, "type", ""),
        .name = *name ? name : NULL,
        .aggregation = cg_config_text(node, "aggregation", NULL),
        .has_lookback = cg_config_type(lookback) == CG_CONFIG_INT,
        .lookback_days = cg_config_integer(lookback, "", 0),
        .node = node,
        .params = cg_config_get(node, "params"),
    };
}

cg_status cg_emitters_read(const struct cg_config *list, const char *granularity, struct cg_arena *arena,
                           struct cg_emitter_settings **ret, size_t *ret_count) {
    const size_t count = cg_config_count(list);
    if (count > CG_EMITTERS_MAX) {
        cg_config_error(cg_config_mutable(list), "There can be at most %u emitters", CG_EMITTERS_MAX);
        *ret = NULL;
        *ret_count = 0;
        return CG_OK;
    }
    struct cg_emitter_settings *emitters = cg_arena_array(arena, count, sizeof *emitters);
    if (!emitters)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        read_entry(cg_config_at(list, i), &emitters[i]);
    for (size_t i = 0; i < count; i++) {
        if (cg_config_broken(emitters[i].node))
            continue;
        check_name(emitters, i);
        check_aggregation(&emitters[i], granularity);
    }
    for (size_t i = 0; i < count; i++) {
        if (emitters[i].name)
            continue;
        emitters[i].name = free_name(emitters, count, emitters[i].type, arena);
        if (!emitters[i].name)
            return CG_NO_MEMORY;
    }
    *ret = emitters;
    *ret_count = count;
    return CG_OK;
}

/* ---- topic rows ---- */

static const struct {
    const char *type;
    const char *param;
    const char *value;
} topic_defaults[] = {
    {"csv", "output_dir", "/tmp/topic_attribution"},
    {"csv", "filename_template", "topic_attr_{tenant_id}_{date}.csv"},
};

/* Adds a param unless the file gives it. */
static cg_status add_default(struct cg_config *params, const char *key, const char *value) {
    if (cg_config_type(params) != CG_CONFIG_MAP || cg_config_member(params, key))
        return CG_OK;
    struct cg_config *node = cg_config_new(params->document, CG_CONFIG_STRING, 0, 0);
    if (!node)
        return CG_NO_MEMORY;
    cg_config_set_string(node, value, strlen(value));
    node->flags |= CG_NODE_DEFAULTED;
    return cg_config_append(params, key, node);
}

cg_status cg_emitters_default_topics(const struct cg_emitter_settings *emitters, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof topic_defaults / sizeof *topic_defaults; k++) {
            if (!emitters[i].params || strcmp(emitters[i].type, topic_defaults[k].type) != 0)
                continue;
            cg_status status =
                add_default(cg_config_mutable(emitters[i].params), topic_defaults[k].param, topic_defaults[k].value);
            if (status != CG_OK)
                return status;
        }
    return CG_OK;
}
