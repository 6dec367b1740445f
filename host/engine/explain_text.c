/*
 * explain_text.c - lines of text on their way to whoever asked.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/explain_parts.h"

/* What is collected before it is handed over. */
#define PIECE_BYTES 8192

#define STEP 2

void cg_explain_say(struct cg_explanation *explanation, int depth, const char *format, ...) {
    char line[CG_EXPLAIN_LINE_SIZE];
    va_list args;
    if (explanation->status != CG_OK)
        return;
    va_start(args, format);
    int needed = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    cg_text_clean(line, sizeof line, needed < 0 || (size_t)needed >= sizeof line);
    if (cg_buf_printf(&explanation->text, "%*s%s\n", depth * STEP, "", line) != CG_OK)
        explanation->status = cg_error_no_memory(explanation->error);
    else if (explanation->text.length >= PIECE_BYTES)
        cg_explain_flush(explanation);
}

cg_status cg_explain_flush(struct cg_explanation *explanation) {
    const struct cg_buf *text = &explanation->text;
    if (explanation->status != CG_OK || !text->length)
        return explanation->status;
    explanation->status = explanation->writer(explanation->user, cg_buf_text(text), text->length);
    if (explanation->status != CG_OK)
        cg_error_set(explanation->error, explanation->status, "the explanation could not be handed over");
    cg_buf_clear(&explanation->text);
    return explanation->status;
}

void *cg_explain_array(struct cg_explanation *explanation, size_t count, size_t size) {
    void *memory = explanation->status == CG_OK ? cg_arena_array(explanation->arena, count ? count : 1, size) : NULL;
    if (!memory && explanation->status == CG_OK)
        explanation->status = cg_error_no_memory(explanation->error);
    return memory;
}

int cg_explain_lists(const struct cg_explanation *explanation, const char *identity_id) {
    const char *wanted = explanation->question->identity_id;
    return !wanted || strcmp(wanted, identity_id) == 0;
}

void cg_explain_say_more(struct cg_explanation *explanation, int depth, size_t told, size_t total) {
    if (told && told < total)
        cg_explain_say(explanation, depth, "and %zu more", total - told);
    else if (told < total)
        cg_explain_say(explanation, depth, "others: %zu", total - told);
}

const char *cg_explain_number(double value, char *buffer) {
    struct cg_decimal decimal;
    if (cg_decimal_from_double(value, &decimal) != CG_OK) {
        snprintf(buffer, CG_DECIMAL_TEXT_SIZE, "more than a number holds");
        return buffer;
    }
    size_t length = cg_decimal_format(&decimal, buffer);
    if (length > 2 && strcmp(buffer + length - 2, ".0") == 0)
        buffer[length - 2] = '\0';
    return buffer;
}
