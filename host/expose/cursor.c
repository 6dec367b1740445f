#include "expose/cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expose/folder.h"

static cg_status read_more(struct cg_cursor *cursor, struct cg_error *error) {
    int fd = cursor->fd;
    size_t room = cursor->room - cursor->used;
    const size_t left = (size_t)(cursor->end - cursor->next);
    cg_status status = fd >= 0 ? CG_OK : cg_scan_file_open(cursor->file, &fd, error);
    if (status != CG_OK)
        return status;
    ssize_t got = cg_folder_read(fd, cursor->window + cursor->used, room < left ? room : left, cursor->next);
    int cause = errno;
    if (cursor->fd < 0)
        (void)close(fd);
    if (got < 0)
        return cg_folder_error(error, cause, "cannot read the samples '%s'", cursor->file->path);
    if (got == 0)
        return cg_error_set(error, CG_INVALID, "the samples '%s' end too early", cursor->file->path);
    cursor->used += (size_t)got;
    cursor->next += got;
    return CG_OK;
}

/* Moves what is left to the window's beginning, and makes it larger where even that does not do. */
static cg_status make_room(struct cg_cursor *cursor, struct cg_error *error) {
    if (cursor->window && cursor->at) {
        memmove(cursor->window, cursor->window + cursor->at, cursor->used - cursor->at);
        cursor->used -= cursor->at;
        cursor->at = 0;
    }
    if (cursor->window && cursor->used < cursor->room)
        return CG_OK;
    if (cursor->used >= CG_SAMPLE_LINE)
        return cg_error_set(error, CG_INVALID, "the samples '%s' have a line that is too long", cursor->file->path);
    size_t room = cursor->window ? cursor->room * 2 : cursor->room;
    if (!room)
        room = CG_DECIMAL_TEXT_SIZE;
    char *window = realloc(cursor->window, room);
    if (!window)
        return cg_error_no_memory(error);
    cursor->window = window;
    cursor->room = room;
    return CG_OK;
}

/* Takes the line up to `end` apart: labels, a blank, the amount. */
static cg_status take_line(struct cg_cursor *cursor, const char *end, struct cg_error *error) {
    const char *line = cursor->window + cursor->at;
    const char *blank = memrchr(line, ' ', (size_t)(end - line));
    if (!blank || (blank > line && (*line != '{' || blank[-1] != '}')))
        return cg_error_set(error, CG_INVALID, "the samples '%s' have a damaged line", cursor->file->path);
    cursor->labels = line;
    cursor->labels_length = (size_t)(blank - line);
    cursor->amount = blank + 1;
    cursor->amount_length = (size_t)(end - blank - 1);
    cursor->at += (size_t)(end - line) + 1;
    return CG_OK;
}

cg_status cg_cursor_next(struct cg_cursor *cursor, int *ret_has, struct cg_error *error) {
    size_t looked = 0; /* bytes behind `at` without a line's end */
    *ret_has = 0;
    for (;;) {
        const char *from = cursor->used > cursor->at ? cursor->window + cursor->at + looked : NULL;
        const char *end = from ? memchr(from, '\n', cursor->used - cursor->at - looked) : NULL;
        if (end) {
            *ret_has = 1;
            return take_line(cursor, end, error);
        }
        looked = cursor->used - cursor->at;
        if (cursor->next == cursor->end)
            return looked ? cg_error_set(error, CG_INVALID, "the samples '%s' end too early", cursor->file->path)
                          : CG_OK;
        cg_status status = make_room(cursor, error);
        if (status == CG_OK)
            status = read_more(cursor, error);
        if (status != CG_OK)
            return status;
    }
}

int cg_cursor_compare(const struct cg_cursor *left, const struct cg_cursor *right) {
    size_t length = left->labels_length < right->labels_length ? left->labels_length : right->labels_length;
    int order = memcmp(left->labels, right->labels, length);
    if (order)
        return order;
    if (left->labels_length != right->labels_length)
        return left->labels_length < right->labels_length ? -1 : 1;
    if (left->seconds != right->seconds)
        return left->seconds < right->seconds ? -1 : 1;
    return left->order < right->order ? -1 : left->order > right->order;
}
