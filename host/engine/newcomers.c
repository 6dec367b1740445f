#include "engine/newcomers.h"

#include <stdlib.h>

#include "base/intern.h"

struct cg_newcomers {
    struct cg_intern *met; /* ids of those taken in this run, stored by now or about to be; NULL: none */
    const struct cg_identity **items;
    size_t count;
    size_t room;
};

struct cg_newcomers *cg_newcomers_new(void) {
    return calloc(1, sizeof(struct cg_newcomers));
}

void cg_newcomers_free(struct cg_newcomers *newcomers) {
    if (!newcomers)
        return;
    cg_intern_free(newcomers->met);
    free(newcomers->items);
    free(newcomers);
}

size_t cg_newcomers_count(const struct cg_newcomers *newcomers) {
    return newcomers->count;
}

/* Those that were stored before are forgotten, too: storing them once more does no harm, leaving somebody out does. */
void cg_newcomers_forget(struct cg_newcomers *newcomers) {
    if (!newcomers->count)
        return;
    newcomers->count = 0;
    cg_intern_free(newcomers->met);
    newcomers->met = NULL;
}

void cg_newcomers_kept(struct cg_newcomers *newcomers) {
    newcomers->count = 0;
}

static cg_status make_room(struct cg_newcomers *newcomers) {
    if (!newcomers->met)
        newcomers->met = cg_intern_new();
    if (!newcomers->met)
        return CG_NO_MEMORY;
    if (newcomers->count < newcomers->room)
        return CG_OK;
    size_t room = newcomers->room ? newcomers->room * 2 : 64;
    const struct cg_identity **items = realloc(newcomers->items, room * sizeof(const struct cg_identity *));
    if (!items)
        return CG_NO_MEMORY;
    newcomers->items = items;
    newcomers->room = room;
    return CG_OK;
}

cg_status cg_newcomers_add(struct cg_newcomers *newcomers, const struct cg_identity_list *found,
                           const struct cg_identity_list *known, struct cg_error *error) {
    for (size_t i = 0; i < found->count; i++) {
        const struct cg_identity *identity = found->items[i];
        uint32_t number = 0;
        if (cg_identity_list_find(known, identity->id))
            continue;
        if (make_room(newcomers) != CG_OK)
            return cg_error_no_memory(error);
        uint32_t before = cg_intern_count(newcomers->met);
        if (cg_intern_add(newcomers->met, identity->id, &number) != CG_OK)
            return cg_error_no_memory(error);
        if (number > before)
            newcomers->items[newcomers->count++] = identity;
    }
    return CG_OK;
}

cg_status cg_newcomers_store(const struct cg_newcomers *newcomers, struct cg_store *store, int64_t now,
                             struct cg_error *error) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < newcomers->count && status == CG_OK; i++)
        status = cg_store_put_identity(store, newcomers->items[i], now, error);
    return status;
}
