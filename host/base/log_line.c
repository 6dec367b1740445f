#include "base/log_line.h"

#include <string.h>

void cg_log_line_start(struct cg_log_line *line) {
    line->used = 0;
    line->short_used = 0;
    line->reserved = 0;
    line->cut = 0;
}

void cg_log_line_put(struct cg_log_line *line, const char *bytes, size_t length) {
    const size_t room = sizeof line->text - 1 - line->reserved;
    line->cut |= line->used + length > room;
    if (line->cut)
        return;
    memcpy(line->text + line->used, bytes, length);
    line->used += length;
    if (line->used + strlen("...") <= room)
        line->short_used = line->used;
}

void cg_log_line_mark_cut(struct cg_log_line *line) {
    if (!line->cut)
        return;
    line->used = line->short_used;
    line->cut = 0;
    cg_log_line_put(line, "...", 3);
}
