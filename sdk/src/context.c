/* What an identity resolver left for the allocator. */
#include <chitragupt/allocator.h>

#include <string.h>

const char *cg_context_text(const struct cg_allocation_context *context, const char *map, const char *key) {
    size_t low = 0, high = context->entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct cg_context_entry *entry = context->entries[middle];
        int order = strcmp(entry->map, map);
        if (order == 0) {
            order = strcmp(entry->key, key);
        }
        if (order == 0) {
            return entry->text;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}
