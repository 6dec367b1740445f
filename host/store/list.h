/*
 * list.h - lists that grow while rows are read and end up in an arena.
 */
#ifndef CG_STORE_LIST_H
#define CG_STORE_LIST_H

#include "base/arena.h"
#include "base/error.h"

/** Pointers, in heap memory until they are moved. Starts zeroed. */
struct cg_list {
    const void **items;
    size_t count;
    size_t room;
};

/** Appends. Error: CG_NO_MEMORY, which frees the list. */
cg_status cg_list_add(struct cg_list *list, const void *item, struct cg_error *error);

/** Copies the pointers into `arena` (one at least, so that the answer is never NULL on success) and frees the list. */
const void **cg_list_move(struct cg_list *list, struct cg_arena *arena);

/** Frees the list. */
void cg_list_done(struct cg_list *list);

#endif
