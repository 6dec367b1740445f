#include "config/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

struct cg_problems {
    struct cg_arena *arena;
    struct cg_problem *items;
    size_t count;
    size_t capacity;
    size_t errors;
    size_t warnings;
};

struct cg_problems *cg_problems_new(void) {
    struct cg_problems *problems = calloc(1, sizeof *problems);
    if (!problems)
        return NULL;
    problems->arena = cg_arena_new();
    if (!problems->arena) {
        free(problems);
        return NULL;
    }
    return problems;
}

void cg_problems_free(struct cg_problems *problems) {
    if (!problems)
        return;
    cg_arena_free(problems->arena);
    free(problems->items);
    free(problems);
}

/* Takes away what could move the cursor, and the half character that a cut may have left at the end. */
static void clean(char *text, int32_t was_cut) {
    if (was_cut)
        text[cg_text_whole(text, strlen(text))] = '\0';
    cg_text_replace(text, ' ');
}

/* An earlier text of the same file is used again. */
static const char *copy_file(struct cg_problems *problems, const char *file) {
    for (size_t i = 0; i < problems->count; i++)
        if (strcmp(problems->items[i].file, file) == 0)
            return problems->items[i].file;
    char *copy = cg_arena_string(problems->arena, file);
    if (copy)
        clean(copy, 0);
    return copy;
}

/* Where a problem of this file and line belongs: behind all of the same or an earlier line. */
static size_t place_of(const struct cg_problems *problems, const char *file, uint32_t line) {
    size_t end = problems->count;
    while (end > 0 && problems->items[end - 1].file != file)
        end--;
    if (end == 0)
        return problems->count;
    while (end > 0 && problems->items[end - 1].file == file && problems->items[end - 1].line > line)
        end--;
    return end;
}

static int32_t same(const struct cg_problem *left, const struct cg_problem *right) {
    return left->warning == right->warning && left->line == right->line && strcmp(left->file, right->file) == 0 &&
           strcmp(left->path, right->path) == 0 && strcmp(left->text, right->text) == 0;
}

static cg_status reserve(struct cg_problems *problems) {
    if (problems->count < problems->capacity)
        return CG_OK;
    size_t capacity = problems->capacity ? problems->capacity * 2 : 16;
    struct cg_problem *items = realloc(problems->items, capacity * sizeof *items);
    if (!items)
        return CG_NO_MEMORY;
    problems->items = items;
    problems->capacity = capacity;
    return CG_OK;
}

static void count(struct cg_problems *problems, int32_t warning) {
    if (warning)
        problems->warnings++;
    else
        problems->errors++;
}

void cg_problems_add(struct cg_problems *problems, int32_t warning, const char *file, uint32_t line, const char *path,
                     const char *format, ...) {
    if (!problems)
        return;
    if (cg_problems_full(problems)) {
        count(problems, warning);
        return;
    }
    char text[CG_PROBLEM_TEXT_MAX];
    va_list args;
    va_start(args, format);
    int needed = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (needed < 0)
        text[0] = '\0';
    clean(text, needed >= (int)sizeof text);

    char place[CG_PROBLEM_TEXT_MAX];
    needed = snprintf(place, sizeof place, "%s", path);
    clean(place, needed >= (int)sizeof place);

    struct cg_problem problem = {.warning = warning ? 1 : 0, .file = file, .line = line, .path = place, .text = text};
    for (size_t i = 0; i < problems->count; i++)
        if (same(&problems->items[i], &problem))
            return;
    count(problems, warning);
    problem.file = copy_file(problems, file);
    problem.path = cg_arena_string(problems->arena, place);
    problem.text = cg_arena_string(problems->arena, text);
    if (!problem.file || !problem.path || !problem.text || reserve(problems) != CG_OK)
        return;
    size_t at = place_of(problems, problem.file, line);
    memmove(problems->items + at + 1, problems->items + at, (problems->count - at) * sizeof *problems->items);
    problems->items[at] = problem;
    problems->count++;
}

size_t cg_problems_errors(const struct cg_problems *problems) {
    return problems->errors;
}

size_t cg_problems_warnings(const struct cg_problems *problems) {
    return problems->warnings;
}

size_t cg_problems_count(const struct cg_problems *problems) {
    return problems->count;
}

const struct cg_problem *cg_problems_at(const struct cg_problems *problems, size_t index) {
    return index < problems->count ? &problems->items[index] : NULL;
}

int32_t cg_problems_full(const struct cg_problems *problems) {
    return problems->count >= CG_PROBLEMS_MAX;
}

cg_status cg_problems_format(const struct cg_problems *problems, int32_t warnings, struct cg_buf *buf) {
    size_t shown = 0;
    for (size_t i = 0; i < problems->count; i++) {
        const struct cg_problem *problem = &problems->items[i];
        if (problem->warning != (warnings ? 1 : 0))
            continue;
        shown++;
        cg_buf_add_text(buf, problem->file);
        if (problem->line)
            cg_buf_printf(buf, ":%u", (unsigned)problem->line);
        cg_buf_add_text(buf, ": ");
        if (*problem->path)
            cg_buf_printf(buf, "%s: ", problem->path);
        cg_buf_add_text(buf, problem->text);
        cg_buf_add_char(buf, '\n');
    }
    size_t all = warnings ? problems->warnings : problems->errors;
    if (all > shown)
        cg_buf_printf(buf, "... and %zu more\n", all - shown);
    return buf->status;
}
