#include "engine/border.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"

const char *cg_border_name(const char *text, size_t limit, char *buffer) {
    if (!text || cg_text_is_clean(text, limit))
        return text;
    const size_t room = limit - CG_BORDER_MARK_BYTES;
    size_t length = strnlen(text, room + 1);
    if (length > room)
        length = cg_text_whole(text, room);
    memcpy(buffer, text, length);
    buffer[length] = '\0';
    cg_text_replace(buffer, '?');
    struct cg_digest digest;
    char mark[CG_DIGEST_TEXT_SIZE];
    cg_digest_start(&digest, "name/1");
    cg_digest_text(&digest, text);
    cg_digest_end_text(&digest, mark);
    snprintf(buffer + strlen(buffer), CG_BORDER_MARK_BYTES + 1, "~%.12s", mark);
    return buffer;
}

void cg_border_count(struct cg_border_mended *mended, const char *what, const char *name) {
    if (mended->count++)
        return;
    int needed = snprintf(mended->first, sizeof mended->first, "the %s '%.120s'", what, name);
    cg_text_clean(mended->first, sizeof mended->first, needed < 0 || (size_t)needed >= sizeof mended->first);
}

const char *cg_border_mend(struct cg_arena *arena, struct cg_border_mended *mended, const char *what, const char *text,
                           size_t limit) {
    if (!text || cg_text_is_clean(text, limit))
        return text;
    char *buffer = cg_arena_alloc(arena, limit + 1);
    if (!buffer)
        return NULL;
    const char *name = cg_border_name(text, limit, buffer);
    cg_border_count(mended, what, name);
    return name;
}

/* ---- lines ---- */

static const struct {
    const char *what;
    size_t place; /* of the text in a line */
    size_t limit;
} line_texts[] = {
    {"environment of the billing line", offsetof(struct cg_billing_line, env_id), CG_BORDER_WORD_BYTES},
    {"resource id of the billing line", offsetof(struct cg_billing_line, resource_id), CG_BORDER_RESOURCE_BYTES},
    {"product category of the billing line", offsetof(struct cg_billing_line, product_category), CG_BORDER_WORD_BYTES},
    {"product type of the billing line", offsetof(struct cg_billing_line, product_type), CG_BORDER_WORD_BYTES},
    {"currency of the billing line", offsetof(struct cg_billing_line, currency), CG_BORDER_WORD_BYTES},
    {"granularity of the billing line", offsetof(struct cg_billing_line, granularity), CG_BORDER_WORD_BYTES},
};

#define LINE_TEXTS (sizeof line_texts / sizeof *line_texts)

static const char *text_at(const struct cg_billing_line *line, size_t place) {
    const char *text;
    memcpy(&text, (const char *)line + place, sizeof text);
    return text;
}

static int is_fit(const struct cg_billing_line *line) {
    for (size_t i = 0; i < LINE_TEXTS; i++) {
        const char *text = text_at(line, line_texts[i].place);
        if (text && !cg_text_is_clean(text, line_texts[i].limit))
            return 0;
    }
    return 1;
}

/* A copy of the line with names for its texts, or NULL when out of memory. */
static const struct cg_billing_line *mend_line(struct cg_arena *arena, struct cg_border_mended *mended,
                                               const struct cg_billing_line *line) {
    struct cg_billing_line *copy = cg_arena_alloc(arena, sizeof *copy);
    if (!copy)
        return NULL;
    memcpy(copy, line, line->struct_size < sizeof *copy ? line->struct_size : sizeof *copy);
    copy->struct_size = sizeof *copy;
    for (size_t i = 0; i < LINE_TEXTS; i++) {
        const char *text = text_at(line, line_texts[i].place);
        const char *name = cg_border_mend(arena, mended, line_texts[i].what, text, line_texts[i].limit);
        if (text && !name)
            return NULL;
        memcpy((char *)copy + line_texts[i].place, &name, sizeof name);
    }
    return copy;
}

cg_status cg_border_lines(struct cg_arena *arena, struct cg_border_mended *mended,
                          const struct cg_billing_line *const *lines, size_t count,
                          const struct cg_billing_line *const **ret, struct cg_error *error) {
    const struct cg_billing_line **fit = NULL;
    for (size_t i = 0; i < count; i++) {
        if (is_fit(lines[i]))
            continue;
        if (!fit) {
            fit = cg_arena_array(arena, count, sizeof(const struct cg_billing_line *));
            if (!fit)
                return cg_error_no_memory(error);
            memcpy(fit, lines, count * sizeof(const struct cg_billing_line *));
        }
        fit[i] = mend_line(arena, mended, lines[i]);
        if (!fit[i])
            return cg_error_no_memory(error);
    }
    *ret = fit ? (const struct cg_billing_line *const *)fit : lines;
    return CG_OK;
}
