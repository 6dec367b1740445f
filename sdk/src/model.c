/* Look-ups in the plain records. */
#include <chitragupt/model.h>

#include <string.h>

const char *cg_field_value(const struct cg_field *fields, size_t count, const char *key) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].key, key) == 0) {
            return fields[i].value;
        }
    }
    return NULL;
}

const struct cg_identity *cg_identity_list_find(const struct cg_identity_list *list, const char *id) {
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(list->items[middle]->id, id);
        if (order == 0) {
            return list->items[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}
