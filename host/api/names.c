#include "api/names.h"

#include <stdlib.h>
#include <string.h>

/* More than a message can hold. */
#define LIST_LIMIT ((size_t)1024 * 1024)

const struct cg_name *cg_name_find(const struct cg_name *table, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

static int compare_names(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

const char *cg_names_list(struct cg_call *call, const char **names, size_t count) {
    struct cg_buf list;
    cg_buf_init(&list, LIST_LIMIT);
    if (count)
        qsort(names, count, sizeof *names, compare_names);
    cg_buf_add_char(&list, '[');
    for (size_t i = 0; i < count && list.length < CG_ERROR_TEXT_SIZE; i++) {
        if (i && strcmp(names[i - 1], names[i]) == 0)
            continue;
        cg_buf_add_text(&list, i ? ", " : "");
        cg_buf_add_text(&list, cg_call_quoted(call, names[i]));
    }
    cg_buf_add_char(&list, ']');
    const char *copy = list.status == CG_OK ? cg_arena_string(call->arena, cg_buf_text(&list)) : NULL;
    cg_buf_done(&list);
    return copy ? copy : "";
}
