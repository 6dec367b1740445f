/*
 * cursor.h - the samples of one section of a file, one after the other, through a small window.
 */
#ifndef CG_EXPOSE_CURSOR_H
#define CG_EXPOSE_CURSOR_H

#include "expose/scan.h"

struct cg_cursor {
    const struct cg_scan_file *file;
    int fd; /**< of the file, borrowed; -1: it is opened for each window */
    size_t order;
    int64_t seconds;
    off_t next; /**< where the window ends in the file */
    off_t end;
    char *window;
    size_t room;
    size_t used;
    size_t at;          /**< behind the current sample */
    const char *labels; /**< of the current sample, in the window */
    size_t labels_length;
    const char *amount;
    size_t amount_length;
};

/**
 * Goes to the next sample. `*ret_has` 0: there is none. Errors: CG_INVALID (the section is damaged), CG_NOT_FOUND (the
 * file was replaced meanwhile), CG_TEMPORARY, CG_PERMANENT, CG_NO_MEMORY.
 */
cg_status cg_cursor_next(struct cg_cursor *cursor, int *ret_has, struct cg_error *error);

/** The order on a page: labels, then time, then the order of the files. */
int cg_cursor_compare(const struct cg_cursor *left, const struct cg_cursor *right);

#endif
