/*
 * buf.h - a growing byte buffer with a ceiling.
 *
 * Every buffer is given its largest size at the start; reaching it is an error like running out of memory. After a
 * failure the buffer is empty and stays failed, so a writer may check once at the end.
 */
#ifndef CG_BASE_BUF_H
#define CG_BASE_BUF_H

#include <chitragupt/error.h>

struct cg_buf {
    char *data; /**< always NUL-terminated when length > 0; may be NULL when empty */
    size_t length;
    size_t capacity;
    size_t limit;
    cg_status status; /**< CG_OK, CG_RANGE (ceiling) or CG_NO_MEMORY */
};

/** An empty buffer that holds at most `limit` bytes. */
void cg_buf_init(struct cg_buf *buf, size_t limit);

/** Frees the memory; the buffer may be used again. */
void cg_buf_done(struct cg_buf *buf);

/** Empties the buffer, keeps its memory, forgets a failure. */
void cg_buf_clear(struct cg_buf *buf);

/** Appends; each returns the buffer's status. */
cg_status cg_buf_add(struct cg_buf *buf, const void *data, size_t length);
cg_status cg_buf_add_text(struct cg_buf *buf, const char *text);
cg_status cg_buf_add_char(struct cg_buf *buf, char character);
cg_status cg_buf_printf(struct cg_buf *buf, const char *format, ...) CG_PRINTF(2, 3);

/** The text so far, "" when empty. */
const char *cg_buf_text(const struct cg_buf *buf);

#endif
