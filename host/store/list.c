#include "store/list.h"

#include <stdlib.h>
#include <string.h>

cg_status cg_list_add(struct cg_list *list, const void *item, struct cg_error *error) {
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        const void **items = realloc(list->items, room * sizeof *items);
        if (!items) {
            cg_list_done(list);
            return cg_error_no_memory(error);
        }
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
    return CG_OK;
}

const void **cg_list_move(struct cg_list *list, struct cg_arena *arena) {
    const void **items = cg_arena_array(arena, list->count ? list->count : 1, sizeof *items);
    if (items && list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    cg_list_done(list);
    return items;
}

void cg_list_done(struct cg_list *list) {
    free(list->items);
    *list = (struct cg_list){0};
}
