#include "engine/newcomers.h"

#include <stdlib.h>

#include "base/intern.h"

struct cg_newcomers {
    struct cg_intern *stored; /* ids of those that are in the inventory by now */
    const struct cg_identity **items;
    size_t count;
    size_t room;
};

struct cg_newcomers *cg_newcomers_new(void) {
    struct cg_newcomers *newcomers = calloc(1, sizeof *newcomers);
    if (!newcomers)
        return NULL;
    newcomers->stored = cg_intern_new();
    if (!newcomers->stored) {
        free(newcomers);
        return NULL;
    }
    return newcomers;
}

void cg_newcomers_free(struct cg_newcomers *newcomers) {
    if (!newcomers)
        return;
    cg_intern_free(newcomers->stored);
    free(newcomers->items);
    free(newcomers);
}

void cg_newcomers_forget(struct cg_newcomers *newcomers) {
    newcomers->count = 0;
}

static cg_status take(struct cg_newcomers *newcomers, const struct cg_identity *identity) {
    if (newcomers->count == newcomers->room) {
        size_t room = newcomers->room ? newcomers->room * 2 : 64;
        const struct cg_identity **items = realloc(newcomers->items, room * sizeof(const struct cg_identity *));
        if (!items)
            return CG_NO_MEMORY;
        newcomers->items = items;
        newcomers->room = room;
    }
    newcomers->items[newcomers->count++] = identity;
    return CG_OK;
}

cg_status cg_newcomers_add(struct cg_newcomers *newcomers, const struct cg_identity_list *found,
                           const struct cg_identity_list *known, struct cg_error *error) {
    for (size_t i = 0; i < found->count; i++) {
        const struct cg_identity *identity = found->items[i];
        uint32_t before = cg_intern_count(newcomers->stored);
        uint32_t number = 0;
        if (cg_identity_list_find(known, identity->id))
            continue;
        if (cg_intern_add(newcomers->stored, identity->id, &number) != CG_OK)
            return cg_error_no_memory(error);
        if (number > before && take(newcomers, identity) != CG_OK)
            return cg_error_no_memory(error);
    }
    return CG_OK;
}

cg_status cg_newcomers_store(struct cg_newcomers *newcomers, struct cg_store *store, int64_t now,
                             struct cg_error *error) {
    if (!newcomers->count)
        return CG_OK;
    cg_status status = cg_store_begin(store, error);
    if (status != CG_OK)
        return status;
    for (size_t i = 0; i < newcomers->count && status == CG_OK; i++)
        status = cg_store_put_identity(store, newcomers->items[i], now, error);
    if (status == CG_OK)
        status = cg_store_commit(store, error);
    else
        cg_store_rollback(store);
    newcomers->count = 0;
    return status;
}
