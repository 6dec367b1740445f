#include "run/generation.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Longest list of names in a difference. */
#define NAMES_BYTES ((size_t)2048)

cg_status cg_generation_new(struct cg_snapshot *snapshot, struct cg_settings *settings, const char *const *module_files,
                            size_t module_file_count, struct cg_generation **ret) {
    struct cg_arena *arena = cg_arena_new();
    if (!arena)
        return CG_NO_MEMORY;
    struct cg_generation *generation = cg_arena_alloc(arena, sizeof *generation);
    const char **left_out = cg_arena_array(arena, settings->tenant_count + 1, sizeof *left_out);
    if (!generation || !left_out) {
        cg_arena_free(arena);
        return CG_NO_MEMORY;
    }
    generation->number = 1;
    generation->settings = settings;
    generation->snapshot = snapshot;
    generation->module_files = module_files;
    generation->module_file_count = module_file_count;
    generation->left_out = left_out;
    generation->arena = arena;
    atomic_init(&generation->references, 1);
    *ret = generation;
    return CG_OK;
}

struct cg_generation *cg_generation_ref(struct cg_generation *generation) {
    atomic_fetch_add_explicit(&generation->references, 1, memory_order_relaxed);
    return generation;
}

void cg_generation_unref(struct cg_generation *generation) {
    if (!generation || atomic_fetch_sub_explicit(&generation->references, 1, memory_order_acq_rel) != 1)
        return;
    cg_settings_free(generation->settings);
    cg_snapshot_free(generation->snapshot);
    cg_arena_free(generation->arena); /* the generation itself lies in it */
}

size_t cg_generation_find(const struct cg_generation *generation, const char *tenant) {
    const struct cg_settings *settings = generation->settings;
    for (size_t i = 0; i < settings->tenant_count; i++)
        if (strcmp(settings->tenants[i].name, tenant) == 0)
            return i;
    return SIZE_MAX;
}

/* ---- what differs ---- */

static int same_scalar(const struct cg_config *left, const struct cg_config *right) {
    return left->length == right->length && (!left->length || memcmp(left->text, right->text, left->length) == 0);
}

static const struct cg_config *member(const struct cg_config *map, const struct cg_config *like) {
    const struct cg_config *at = like->position < map->count ? map->items[like->position] : NULL;
    if (at && at->key_type == like->key_type && strcmp(at->key, like->key) == 0)
        return at;
    for (uint32_t i = 0; i < map->count; i++)
        if (map->items[i]->key_type == like->key_type && strcmp(map->items[i]->key, like->key) == 0)
            return map->items[i];
    return NULL;
}

/* The depth is that of the file, which is bounded. */
int cg_config_same(const struct cg_config *left, const struct cg_config *right) {
    uint32_t type = cg_config_type(left);
    if (!left || !right || type != cg_config_type(right))
        return left == right;
    if (type != CG_CONFIG_MAP && type != CG_CONFIG_LIST)
        return same_scalar(left, right);
    if (left->count != right->count)
        return 0;
    for (uint32_t i = 0; i < left->count; i++) {
        const struct cg_config *other = type == CG_CONFIG_LIST ? right->items[i] : member(right, left->items[i]);
        if (!other || !cg_config_same(left->items[i], other)) /* NOLINT(misc-no-recursion) */
            return 0;
    }
    return 1;
}

static void add_name(struct cg_generation_difference *difference, struct cg_buf *names, const char *name) {
    difference->count++;
    /* A list that gets too long ends with the last name that fits. */
    if (names->length + strlen(name) + 2 < NAMES_BYTES)
        cg_buf_printf(names, "%s%s", names->length ? ", " : "", name);
}

static void compare_tenants(const struct cg_generation *before, const struct cg_generation *after,
                            struct cg_generation_difference *difference) {
    for (size_t i = 0; i < after->settings->tenant_count; i++) {
        const struct cg_tenant_settings *tenant = &after->settings->tenants[i];
        size_t old = cg_generation_find(before, tenant->name);
        if (old == SIZE_MAX)
            add_name(difference, &difference->added, tenant->name);
        else if (!cg_config_same(before->settings->tenants[old].node, tenant->node))
            add_name(difference, &difference->changed, tenant->name);
    }
    for (size_t i = 0; i < before->settings->tenant_count; i++)
        if (cg_generation_find(after, before->settings->tenants[i].name) == SIZE_MAX)
            add_name(difference, &difference->removed, before->settings->tenants[i].name);
}

static int same_text(const char *left, const char *right) {
    return left == right || (left && right && strcmp(left, right) == 0);
}

/* What the files hold that the section `api` only names: keys, certificates and accounts. */
static int same_api_files(const struct cg_api_settings *before, const struct cg_api_settings *after) {
    if (before->account_count != after->account_count || !same_text(before->tls_certificate, after->tls_certificate) ||
        !same_text(before->tls_key, after->tls_key))
        return 0;
    for (size_t i = 0; i < before->account_count; i++) {
        const struct cg_api_account *left = &before->accounts[i];
        const struct cg_api_account *right = &after->accounts[i];
        if (!same_text(left->name, right->name) || !same_text(left->hash, right->hash) ||
            !same_text(left->plain, right->plain) || left->role != right->role)
            return 0;
    }
    return 1;
}

static void compare_sections(const struct cg_config *before, const struct cg_config *after,
                             struct cg_generation_difference *difference) {
    for (uint32_t i = 0; i < cg_config_count(after); i++) {
        const struct cg_config *section = after->items[i];
        if (strcmp(section->key, "tenants") != 0 && !cg_config_same(member(before, section), section))
            add_name(difference, &difference->sections, section->key);
    }
    for (uint32_t i = 0; i < cg_config_count(before); i++)
        if (!member(after, before->items[i]))
            add_name(difference, &difference->sections, before->items[i]->key);
}

static void compare_api_files(const struct cg_settings *before, const struct cg_settings *after,
                              struct cg_generation_difference *difference) {
    static const char name[] = "api";
    const int told = !cg_config_same(cg_config_member(before->root, name), cg_config_member(after->root, name));
    if (!told && !same_api_files(&before->api, &after->api))
        add_name(difference, &difference->sections, name);
}

static void end_list(struct cg_buf *names) {
    if (!names->length)
        cg_buf_add_text(names, "none");
}

cg_status cg_generation_compare(const struct cg_generation *before, const struct cg_generation *after,
                                struct cg_generation_difference *ret) {
    *ret = (struct cg_generation_difference){.count = 0};
    cg_buf_init(&ret->added, NAMES_BYTES);
    cg_buf_init(&ret->removed, NAMES_BYTES);
    cg_buf_init(&ret->changed, NAMES_BYTES);
    cg_buf_init(&ret->sections, NAMES_BYTES);
    compare_tenants(before, after, ret);
    compare_sections(before->settings->root, after->settings->root, ret);
    compare_api_files(before->settings, after->settings, ret);
    end_list(&ret->added);
    end_list(&ret->removed);
    end_list(&ret->changed);
    int failed = ret->added.status != CG_OK || ret->removed.status != CG_OK || ret->changed.status != CG_OK ||
                 ret->sections.status != CG_OK;
    return failed ? CG_NO_MEMORY : CG_OK;
}

void cg_generation_difference_done(struct cg_generation_difference *difference) {
    cg_buf_done(&difference->added);
    cg_buf_done(&difference->removed);
    cg_buf_done(&difference->changed);
    cg_buf_done(&difference->sections);
}
