#include "expose/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expose/cursor.h"
#include "expose/value_text.h"

/* Bytes of all windows together, and of one at least and at most. */
#define WINDOWS ((size_t)4 * 1024 * 1024)
#define LEAST_WINDOW ((size_t)1024)
#define GREATEST_WINDOW ((size_t)32 * 1024)

/* The samples of a family in a file. */
struct section {
    size_t file;
    off_t start;
    off_t end;
};

struct family {
    struct section *sections;
    size_t count;
    size_t room;
    int shown;
};

struct cg_page {
    struct cg_scan scan;
    int format;
    struct family *families; /* as those of the scan */
    size_t family_room;
    int64_t *seconds; /* of each file */
    int *fds;         /* of each file; -1: not kept open */
    size_t at;        /* the family that is being shown */
    int begun;        /* its head is written, its cursors are open */
    struct cg_cursor *cursors;
    size_t cursor_count;
    struct cg_cursor **heap;
    size_t heap_count;
    struct cg_buf last; /* labels of the sample that was shown last in this family */
    int64_t last_seconds;
    int has_last;
};

/* ---- sections ---- */

static int is_wanted(const char *name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return 1;
    return names == NULL;
}

/* Room for as many families as the scan has. */
static cg_status grow_families(struct cg_page *page) {
    if (page->scan.family_count <= page->family_room)
        return CG_OK;
    size_t room = page->scan.family_count * 2;
    struct family *families = realloc(page->families, room * sizeof *families);
    if (!families)
        return CG_NO_MEMORY;
    memset(families + page->family_room, 0, (room - page->family_room) * sizeof *families);
    page->families = families;
    page->family_room = room;
    return CG_OK;
}

static cg_status add_section(struct cg_page *page, size_t file, const struct cg_sample_section *found) {
    size_t index = cg_scan_family(&page->scan, &found->family);
    if (index == SIZE_MAX || grow_families(page) != CG_OK)
        return CG_NO_MEMORY;
    struct family *family = &page->families[index];
    if (family->count == family->room) {
        size_t room = family->room ? family->room * 2 : 64;
        struct section *sections = realloc(family->sections, room * sizeof *sections);
        if (!sections)
            return CG_NO_MEMORY;
        family->sections = sections;
        family->room = room;
    }
    family->sections[family->count++] = (struct section){file, found->start, found->end};
    return CG_OK;
}

/* Reads the head of a file, and keeps it open if it may. */
static cg_status add_file(struct cg_page *page, size_t index, int keep, struct cg_arena *arena,
                          struct cg_error *error) {
    const struct cg_scan_file *file = &page->scan.files[index];
    struct cg_sample_head head;
    int fd = -1;
    cg_status status = cg_scan_file_open(file, &fd, error);
    if (status == CG_PERMANENT) { /* it may not be read: the others may */
        cg_scan_warn(&page->scan, "%s", error->text);
        return CG_OK;
    }
    if (status != CG_OK)
        return status;
    cg_arena_reset(arena);
    status = cg_sample_head_read(fd, (off_t)file->size, arena, &head, error);
    if (status == CG_INVALID) {
        cg_scan_warn(&page->scan, "the samples '%s' are not shown: %s", file->path, error->text);
        (void)close(fd);
        return CG_OK;
    }
    for (size_t i = 0; status == CG_OK && i < head.count; i++)
        if (head.sections[i].end > head.sections[i].start && add_section(page, index, &head.sections[i]) != CG_OK)
            status = cg_error_no_memory(error);
    if (status == CG_OK)
        page->seconds[index] = head.seconds;
    if (status == CG_OK && keep)
        page->fds[index] = fd;
    else
        (void)close(fd);
    return status;
}

static cg_status read_heads(struct cg_page *page, size_t open_files, struct cg_error *error) {
    struct cg_arena *arena = cg_arena_new();
    const size_t count = page->scan.count;
    page->seconds = calloc(count + 1, sizeof *page->seconds);
    page->fds = malloc((count + 1) * sizeof *page->fds);
    for (size_t i = 0; i < count && page->fds; i++)
        page->fds[i] = -1;
    if (!arena || !page->seconds || !page->fds) {
        cg_arena_free(arena);
        return cg_error_no_memory(error);
    }
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = add_file(page, i, i < open_files, arena, error);
    if (status == CG_OK && grow_families(page) != CG_OK)
        status = cg_error_no_memory(error);
    cg_arena_free(arena);
    return status;
}

cg_status cg_page_new(struct cg_scan *scan, int format, const char *const *names, size_t name_count, size_t open_files,
                      struct cg_page **ret, struct cg_error *error) {
    struct cg_page *page = calloc(1, sizeof *page);
    if (!page) {
        cg_scan_done(scan);
        return cg_error_no_memory(error);
    }
    page->scan = *scan;
    page->format = format;
    *scan = (struct cg_scan){0};
    cg_buf_init(&page->last, CG_SAMPLE_LINE);
    cg_status status = read_heads(page, open_files, error);
    if (status != CG_OK) {
        cg_page_free(page);
        return status;
    }
    for (size_t i = 0; i < page->scan.family_count; i++)
        page->families[i].shown = is_wanted(page->scan.families[i].name, names, name_count);
    *ret = page;
    return CG_OK;
}

static void close_cursors(struct cg_page *page) {
    for (size_t i = 0; i < page->cursor_count; i++)
        free(page->cursors[i].window);
    free(page->cursors);
    free(page->heap);
    page->cursors = NULL;
    page->heap = NULL;
    page->cursor_count = 0;
    page->heap_count = 0;
}

void cg_page_free(struct cg_page *page) {
    if (!page)
        return;
    close_cursors(page);
    for (size_t i = 0; i < page->family_room; i++)
        free(page->families[i].sections);
    for (size_t i = 0; page->fds && i < page->scan.count; i++)
        if (page->fds[i] >= 0)
            (void)close(page->fds[i]);
    free(page->families);
    free(page->seconds);
    free(page->fds);
    cg_buf_done(&page->last);
    cg_scan_done(&page->scan);
    free(page);
}

const struct cg_scan *cg_page_scan(const struct cg_page *page) {
    return &page->scan;
}

/* ---- merging ---- */

static void sift_down(struct cg_page *page, size_t at) {
    struct cg_cursor **heap = page->heap;
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < page->heap_count; child++)
            if (cg_cursor_compare(heap[child], heap[least]) < 0)
                least = child;
        if (least == at)
            return;
        struct cg_cursor *cursor = heap[at];
        heap[at] = heap[least];
        heap[least] = cursor;
        at = least;
    }
}

/* Moves a cursor; one that is damaged ends there, and is told of. */
static cg_status advance(struct cg_page *page, struct cg_cursor *cursor, int *ret_has, struct cg_error *error) {
    cg_status status = cg_cursor_next(cursor, ret_has, error);
    if (status != CG_INVALID)
        return status;
    cg_scan_warn(&page->scan, "%s; the rest of them is not shown", error->text);
    *ret_has = 0;
    return CG_OK;
}

static cg_status open_cursors(struct cg_page *page, const struct family *family, struct cg_error *error) {
    size_t window = WINDOWS / (family->count + 1);
    window = window < LEAST_WINDOW ? LEAST_WINDOW : window > GREATEST_WINDOW ? GREATEST_WINDOW : window;
    page->cursors = calloc(family->count + 1, sizeof *page->cursors);
    page->heap = calloc(family->count + 1, sizeof(struct cg_cursor *));
    if (!page->cursors || !page->heap)
        return cg_error_no_memory(error);
    page->cursor_count = family->count;
    for (size_t i = 0; i < family->count; i++) {
        const struct section *section = &family->sections[i];
        struct cg_cursor *cursor = &page->cursors[i];
        int has = 0;
        *cursor = (struct cg_cursor){.file = &page->scan.files[section->file],
                                     .fd = page->fds[section->file],
                                     .order = i,
                                     .seconds = page->seconds[section->file],
                                     .next = section->start,
                                     .end = section->end,
                                     .room = window};
        cg_status status = advance(page, cursor, &has, error);
        if (status != CG_OK)
            return status;
        if (has)
            page->heap[page->heap_count++] = cursor;
    }
    for (size_t i = page->heap_count / 2; i-- > 0;)
        sift_down(page, i);
    return CG_OK;
}

/* ---- text ---- */

static void put_time(const struct cg_page *page, int64_t seconds, struct cg_buf *out) {
    char text[32];
    const char *rest = page->format == CG_PAGE_OPENMETRICS ? ".0" : seconds ? "000" : "";
    int length = snprintf(text, sizeof text, " %lld%s\n", (long long)seconds, rest);
    cg_buf_add(out, text, (size_t)length);
}

/* Whether another entry has shown this sample already. */
static int is_repeated(const struct cg_page *page, const struct cg_cursor *cursor) {
    return page->has_last && page->last_seconds == cursor->seconds && page->last.length == cursor->labels_length &&
           (!cursor->labels_length || memcmp(page->last.data, cursor->labels, cursor->labels_length) == 0);
}

static void put_sample(struct cg_page *page, const struct cg_cursor *cursor, struct cg_buf *out) {
    const char *name = page->scan.families[page->at].name;
    struct cg_decimal amount;
    char text[CG_VALUE_TEXT_SIZE];
    if (is_repeated(page, cursor))
        return;
    if (cg_decimal_parse(cursor->amount, cursor->amount_length, &amount) != CG_OK) {
        cg_scan_warn(&page->scan, "the samples '%s' have an amount that is no decimal", cursor->file->path);
        return;
    }
    cg_buf_add_text(out, name);
    cg_buf_add(out, cursor->labels, cursor->labels_length);
    cg_buf_add_char(out, ' ');
    cg_buf_add(out, text, cg_value_text(&amount, text));
    put_time(page, cursor->seconds, out);
    cg_buf_clear(&page->last);
    cg_buf_add(&page->last, cursor->labels, cursor->labels_length);
    page->last_seconds = cursor->seconds;
    page->has_last = page->last.status == CG_OK;
}

static cg_status begin_family(struct cg_page *page, struct cg_buf *out, struct cg_error *error) {
    const struct cg_sample_family *family = &page->scan.families[page->at];
    if (*family->help)
        cg_buf_printf(out, "# HELP %s %s\n", family->name, family->help);
    cg_buf_printf(out, "# TYPE %s gauge\n", family->name);
    page->begun = 1;
    page->has_last = 0;
    return open_cursors(page, &page->families[page->at], error);
}

/* Samples of the family at work until the piece is full, or the family at its end. */
static cg_status put_samples(struct cg_page *page, struct cg_buf *out, size_t full, struct cg_error *error) {
    while (page->heap_count && out->length < full && out->status == CG_OK) {
        struct cg_cursor *cursor = page->heap[0];
        int has = 0;
        if (!cursor)
            break;
        put_sample(page, cursor, out);
        cg_status status = advance(page, cursor, &has, error);
        if (status != CG_OK)
            return status;
        if (!has)
            page->heap[0] = page->heap[--page->heap_count];
        sift_down(page, 0);
    }
    return CG_OK;
}

cg_status cg_page_next(struct cg_page *page, struct cg_buf *out, int32_t *ret_more, struct cg_error *error) {
    const size_t full = out->length + CG_PAGE_PIECE;
    cg_status status = CG_OK;
    while (page->at < page->scan.family_count && out->length < full && status == CG_OK && out->status == CG_OK) {
        if (!page->families[page->at].shown) {
            page->at++;
            continue;
        }
        if (!page->begun)
            status = begin_family(page, out, error);
        if (status == CG_OK)
            status = put_samples(page, out, full, error);
        if (status == CG_OK && !page->heap_count) {
            close_cursors(page);
            page->begun = 0;
            page->at++;
        }
    }
    if (status != CG_OK)
        return status;
    *ret_more = page->at < page->scan.family_count;
    if (!*ret_more && page->format == CG_PAGE_OPENMETRICS)
        cg_buf_add_text(out, "# EOF\n");
    return out->status == CG_OK ? CG_OK : cg_error_no_memory(error);
}
