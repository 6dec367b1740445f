#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cg_buf_init(struct cg_buf *buf, size_t limit) {
    *buf = (struct cg_buf){.limit = limit};
}

void cg_buf_done(struct cg_buf *buf) {
    free(buf->data);
    *buf = (struct cg_buf){.limit = buf->limit};
}

void cg_buf_clear(struct cg_buf *buf) {
    buf->length = 0;
    buf->status = CG_OK;
}

static cg_status fail(struct cg_buf *buf, cg_status status) {
    cg_buf_done(buf);
    buf->status = status;
    return status;
}

/* Room for `extra` more bytes and a NUL. */
static cg_status reserve(struct cg_buf *buf, size_t extra) {
    if (buf->status != CG_OK)
        return buf->status;
    if (extra > buf->limit - buf->length || extra >= SIZE_MAX - buf->length)
        return fail(buf, CG_RANGE);
    size_t needed = buf->length + extra + 1;
    if (needed <= buf->capacity)
        return CG_OK;
    size_t capacity = buf->capacity ? buf->capacity : 64;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    char *data = realloc(buf->data, capacity);
    if (!data)
        return fail(buf, CG_NO_MEMORY);
    buf->data = data;
    buf->capacity = capacity;
    return CG_OK;
}

cg_status cg_buf_add(struct cg_buf *buf, const void *data, size_t length) {
    if (reserve(buf, length) != CG_OK)
        return buf->status;
    if (length)
        memcpy(buf->data + buf->length, data, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
    return CG_OK;
}

cg_status cg_buf_add_text(struct cg_buf *buf, const char *text) {
    return cg_buf_add(buf, text, strlen(text));
}

cg_status cg_buf_add_char(struct cg_buf *buf, char character) {
    return cg_buf_add(buf, &character, 1);
}

cg_status cg_buf_printf(struct cg_buf *buf, const char *format, ...) {
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    cg_status status = length < 0 ? fail(buf, CG_RANGE) : reserve(buf, (size_t)length);
    if (status == CG_OK) {
        vsnprintf(buf->data + buf->length, (size_t)length + 1, format, again);
        buf->length += (size_t)length;
    }
    va_end(again);
    va_end(args);
    return status;
}

const char *cg_buf_text(const struct cg_buf *buf) {
    return buf->length ? buf->data : "";
}
