/* Memory that lives as long as an instance. */
#include <chitragupt/metered.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct cg_metered_block {
    struct cg_metered_block *next;
    max_align_t start[];
};

void *cg_metered_alloc(struct cg_metered_memory *memory, size_t size) {
    size_t bytes;
    if (__builtin_add_overflow(sizeof(struct cg_metered_block), size, &bytes)) {
        return NULL;
    }
    struct cg_metered_block *block = calloc(1, bytes);
    if (block == NULL) {
        return NULL;
    }
    block->next = memory->blocks;
    memory->blocks = block;
    return block->start;
}

char *cg_metered_printf(struct cg_metered_memory *memory, const char *format, ...) {
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : cg_metered_alloc(memory, (size_t)length + 1);
    if (text != NULL) {
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    va_end(arguments);
    return text;
}

void cg_metered_memory_done(struct cg_metered_memory *memory) {
    while (memory->blocks != NULL) {
        struct cg_metered_block *next = memory->blocks->next;
        free(memory->blocks);
        memory->blocks = next;
    }
}
