/*
 * explain_people.c - who was found and where.
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/explain_parts.h"
#include "store/inventory.h"

static void say_identity(struct cg_explanation *explanation, const struct cg_identity *identity) {
    const struct cg_identity *stored = NULL;
    struct cg_error *error = explanation->error;
    cg_status status = cg_store_find_identity(explanation->store, identity->id, explanation->arena, &stored, error);
    if (status != CG_OK && status != CG_NOT_FOUND) {
        explanation->status = status;
        return;
    }
    if (status == CG_NOT_FOUND)
        cg_error_clear(error);
    char text[CG_TIME_TEXT_SIZE];
    int is_deleted = stored && stored->deleted_at != CG_TIME_NONE;
    cg_explain_say(explanation, 2, "%s (%s%s%s), %s%s%s", identity->id, identity->type,
                   identity->display_name ? ", " : "", identity->display_name ? identity->display_name : "",
                   stored ? "in the inventory" : "a stand-in: the inventory does not know it",
                   is_deleted ? ", deleted " : "", is_deleted ? cg_time_format_seconds(stored->deleted_at, text) : "");
}

static void say_list(struct cg_explanation *explanation, const struct cg_identity *const *items, size_t count) {
    size_t told = 0;
    for (size_t i = 0; i < count && told < CG_EXPLAIN_LIST_LIMIT; i++) {
        if (!cg_explain_lists(explanation, items[i]->id))
            continue;
        say_identity(explanation, items[i]);
        told++;
    }
    cg_explain_say_more(explanation, 2, told, count);
}

/* ---- everybody in the tenant ---- */

static int compare_texts(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* "service_account 3, user 2", or "" when nobody is there. */
static void count_types(struct cg_explanation *explanation, const struct cg_identity_list *list, struct cg_buf *text) {
    const char **types = cg_explain_array(explanation, list->count, sizeof *types);
    for (size_t i = 0; i < list->count && types; i++)
        types[i] = list->items[i]->type;
    if (!types || !list->count)
        return;
    qsort(types, list->count, sizeof *types, compare_texts);
    for (size_t first = 0, next = 0; first < list->count; first = next) {
        while (next < list->count && strcmp(types[next], types[first]) == 0)
            next++;
        cg_buf_printf(text, "%s%s %zu", first ? ", " : "", types[first], next - first);
    }
}

static int compare_identities(const void *left, const void *right) {
    const struct cg_identity *const *a = left;
    const struct cg_identity *const *b = right;
    return strcmp((*a)->id, (*b)->id);
}

/* Those with a row who were found in no other way. */
static void say_used(struct cg_explanation *explanation, const struct cg_line_story *story) {
    const struct cg_identity **used =
        cg_explain_array(explanation, story->row_count, sizeof(const struct cg_identity *));
    size_t found = 0;
    size_t count = 0;
    for (size_t i = 0; i < story->row_count && used; i++) {
        const char *id = story->rows[i].fact->identity_id;
        const struct cg_identity *identity = cg_identity_list_find(&story->tenant_period, id);
        if (identity && !(story->resolution && cg_identity_list_find(&story->resolution->merged, id)))
            used[found++] = identity;
    }
    if (!found)
        return;
    qsort(used, found, sizeof(const struct cg_identity *), compare_identities);
    for (size_t i = 0; i < found; i++)
        if (!count || used[count - 1] != used[i])
            used[count++] = used[i];
    cg_explain_say(explanation, 1, "of them with a row, although found in no other way: %zu", count);
    say_list(explanation, used, count);
}

static void say_everybody(struct cg_explanation *explanation, const struct cg_line_story *story) {
    const struct cg_identity_list *all = &story->tenant_period;
    struct cg_buf types;
    cg_buf_init(&types, CG_EXPLAIN_LINE_SIZE / 2);
    count_types(explanation, all, &types);
    cg_explain_say(explanation, 1, "everybody in the tenant in that window: %zu%s%s%s", all->count,
                   types.length ? " (" : "", cg_buf_text(&types), types.length ? ")" : "");
    cg_buf_done(&types);
    say_used(explanation, story);
}

/* ---- what the resolver left ---- */

static int is_wanted(const struct cg_explanation *explanation, const struct cg_context_entry *entry) {
    return cg_explain_lists(explanation, entry->key) || (entry->text && cg_explain_lists(explanation, entry->text));
}

static void say_entries(struct cg_explanation *explanation, const struct cg_resolution *resolution) {
    size_t told = 0;
    char number[CG_DECIMAL_TEXT_SIZE];
    if (!resolution->entry_count)
        return;
    cg_explain_say(explanation, 1, "resolver entries: %zu", resolution->entry_count);
    for (size_t i = 0; i < resolution->entry_count && told < CG_EXPLAIN_LIST_LIMIT; i++) {
        const struct cg_context_entry *entry = resolution->entries[i];
        if (!is_wanted(explanation, entry))
            continue;
        cg_explain_say(explanation, 2, "%s: %s -> %s", entry->map, entry->key,
                       entry->text ? entry->text : cg_explain_number(entry->number, number));
        told++;
    }
    cg_explain_say_more(explanation, 2, told, resolution->entry_count);
}

void cg_explain_people(struct cg_explanation *explanation, const struct cg_line_story *story) {
    const struct cg_resolution *resolution = story->resolution;
    int has_resolver = story->binding && story->binding->resolver;
    if (resolution) {
        cg_explain_say(explanation, 1, "holders of credentials: %zu", resolution->active.count);
        say_list(explanation, resolution->active.items, resolution->active.count);
        cg_explain_say(explanation, 1, "seen in the metrics: %zu", resolution->derived.count);
        say_list(explanation, resolution->derived.items, resolution->derived.count);
    } else {
        cg_explain_say(explanation, 1, "identities: %s",
                       has_resolver ? "none, because the identity resolver gave no answer"
                                    : "none were looked for, because there is no identity resolver");
    }
    say_everybody(explanation, story);
    if (resolution)
        say_entries(explanation, resolution);
}
