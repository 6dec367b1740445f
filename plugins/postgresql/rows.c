#include "rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "value.h"

/* A row lies as its size in bytes, and for each column a length, or NONE, and the text with its NUL. */
#define NONE UINT32_MAX

static cg_status make_room(struct cg_pg_bytes *bytes, size_t length) {
    if (bytes->start == bytes->end)
        bytes->start = bytes->end = 0;
    if (bytes->end + length <= bytes->room)
        return CG_OK;
    size_t used = bytes->end - bytes->start;
    if (bytes->start > 0) {
        memmove(bytes->data, bytes->data + bytes->start, used);
        bytes->start = 0;
        bytes->end = used;
    }
    if (used + length <= bytes->room)
        return CG_OK;
    size_t room = bytes->room < 4096 ? 4096 : bytes->room;
    while (room < used + length)
        room *= 2;
    char *data = realloc(bytes->data, room);
    if (!data)
        return CG_NO_MEMORY;
    bytes->data = data;
    bytes->room = room;
    return CG_OK;
}

/* Room was made before. */
static void put(struct cg_pg_bytes *bytes, const void *data, size_t length) {
    if (length > 0)
        memcpy(bytes->data + bytes->end, data, length);
    bytes->end += length;
}

static void forget(struct cg_pg_bytes *bytes) {
    if (bytes->room > CG_PG_ROWS_BATCH * 2) {
        free(bytes->data);
        *bytes = (struct cg_pg_bytes){0};
    }
    bytes->start = bytes->end = 0;
}

void cg_pg_rows_clear(struct cg_pg_rows *rows) {
    forget(&rows->waiting);
    forget(&rows->unwritten);
    forget(&rows->row);
    if (rows->fd > 0)
        close(rows->fd);
    rows->fd = 0;
    rows->written = rows->read = 0;
}

void cg_pg_rows_done(struct cg_pg_rows *rows) {
    cg_pg_rows_clear(rows);
    free(rows->waiting.data);
    free(rows->unwritten.data);
    free(rows->row.data);
    free(rows->kinds);
    free(rows->cells);
    *rows = (struct cg_pg_rows){0};
}

cg_status cg_pg_rows_columns(struct cg_pg_rows *rows, const PGresult *result) {
    uint32_t columns = (uint32_t)PQnfields(result);
    if (columns != rows->columns) {
        free(rows->kinds);
        free(rows->cells);
        rows->columns = 0;
        rows->kinds = calloc(columns ? columns : 1, sizeof *rows->kinds);
        rows->cells = calloc(columns ? columns : 1, sizeof *rows->cells);
        if (!rows->kinds || !rows->cells)
            return CG_NO_MEMORY;
        rows->columns = columns;
    }
    for (uint32_t i = 0; i < columns; i++)
        rows->kinds[i] = cg_pg_value_kind(PQftype(result, (int)i));
    return CG_OK;
}

size_t cg_pg_rows_size(const struct cg_pg_rows *rows) {
    return rows->waiting.end - rows->waiting.start;
}

/* ---- the file ---- */

static cg_status say_file(struct cg_pg_rows *rows, int number) {
    snprintf(rows->reason, sizeof rows->reason, "a result does not fit in the folder for temporary files: %s",
             strerror(number));
    return CG_PERMANENT;
}

static cg_status open_file(struct cg_pg_rows *rows) {
    const char *folder = getenv("TMPDIR");
    folder = folder && *folder ? folder : "/tmp";
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        char *name = NULL;
        if (asprintf(&name, "%s/chitragupt-XXXXXX", folder) < 0)
            return CG_NO_MEMORY;
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0)
            unlink(name);
        free(name);
    }
    if (fd == 0) {
        /* The program was started without standard input; 0 stands for no file here. */
        fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
        int number = errno;
        close(0);
        errno = number;
    }
    if (fd < 0)
        return say_file(rows, errno);
    rows->fd = fd;
    return CG_OK;
}

static cg_status write_out(struct cg_pg_rows *rows) {
    struct cg_pg_bytes *bytes = &rows->unwritten;
    while (bytes->start < bytes->end) {
        ssize_t written = pwrite(rows->fd, bytes->data + bytes->start, bytes->end - bytes->start, rows->written);
        if (written < 0 && errno != EINTR)
            return say_file(rows, errno);
        if (written > 0) {
            bytes->start += (size_t)written;
            rows->written += written;
        }
    }
    return CG_OK;
}

/* Brings bytes from the file, or those that were not written to it yet. */
static cg_status read_in(struct cg_pg_rows *rows, size_t wanted) {
    struct cg_pg_bytes *bytes = &rows->waiting;
    wanted = wanted < CG_PG_ROWS_BATCH ? CG_PG_ROWS_BATCH : wanted;
    if (rows->read == rows->written && rows->unwritten.end > rows->unwritten.start) {
        cg_status status = write_out(rows);
        if (status != CG_OK)
            return status;
    }
    cg_status status = make_room(bytes, wanted);
    if (status != CG_OK)
        return status;
    off_t left = rows->written - rows->read;
    size_t length = left < (off_t)wanted ? (size_t)left : wanted;
    while (length > 0) {
        ssize_t got = pread(rows->fd, bytes->data + bytes->end, length, rows->read);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return say_file(rows, got < 0 ? errno : EIO);
        bytes->end += (size_t)got;
        rows->read += got;
        length -= (size_t)got;
    }
    return CG_OK;
}

/* ---- adding ---- */

static cg_status say_value(struct cg_pg_rows *rows, cg_status status, const char *text) {
    snprintf(rows->reason, sizeof rows->reason, "'%.60s' cannot be added up: %s", text,
             status == CG_RANGE ? "the sum has more than 38 digits"
                                : "it is not a decimal number of at most 38 digits");
    return CG_PERMANENT;
}

static cg_status add_cell(struct cg_pg_rows *rows, struct cg_pg_bytes *bytes, const PGresult *result, int row,
                          uint32_t column) {
    char buffer[CG_PG_VALUE_SIZE];
    uint32_t length = NONE;
    const char *text = PQgetvalue(result, row, (int)column);
    if (!PQgetisnull(result, row, (int)column)) {
        size_t size = (size_t)PQgetlength(result, row, (int)column);
        if (rows->kinds[column] != CG_PG_PLAIN) {
            cg_status status = cg_pg_value(rows->kinds[column], text, size, buffer, &size);
            if (status != CG_OK)
                return say_value(rows, status, text);
            text = buffer;
        }
        length = (uint32_t)size;
    }
    cg_status status = make_room(bytes, sizeof length + (length == NONE ? 0 : (size_t)length + 1));
    if (status != CG_OK)
        return status;
    put(bytes, &length, sizeof length);
    if (length != NONE)
        put(bytes, text, (size_t)length + 1);
    return CG_OK;
}

static cg_status add_row(struct cg_pg_rows *rows, const PGresult *result, int row) {
    int is_far = rows->fd > 0 || cg_pg_rows_size(rows) > CG_PG_ROWS_MEMORY;
    struct cg_pg_bytes *bytes = is_far ? &rows->unwritten : &rows->waiting;
    uint32_t size = 0;
    cg_status status = is_far && rows->fd == 0 ? open_file(rows) : CG_OK;
    if (status == CG_OK)
        status = make_room(bytes, sizeof size);
    if (status != CG_OK)
        return status;
    size_t before = bytes->end - bytes->start;
    put(bytes, &size, sizeof size);
    for (uint32_t column = 0; column < rows->columns && status == CG_OK; column++)
        status = add_cell(rows, bytes, result, row, column);
    size_t length = bytes->end - bytes->start - before - sizeof size;
    if (status == CG_OK && length > UINT32_MAX)
        status = CG_NO_MEMORY;
    if (status != CG_OK) {
        bytes->end = bytes->start + before;
        return status;
    }
    size = (uint32_t)length;
    memcpy(bytes->data + bytes->start + before, &size, sizeof size);
    return is_far && bytes->end - bytes->start > CG_PG_ROWS_BATCH ? write_out(rows) : CG_OK;
}

cg_status cg_pg_rows_add(struct cg_pg_rows *rows, const PGresult *result) {
    cg_status status = CG_OK;
    int count = PQntuples(result);
    for (int row = 0; row < count && status == CG_OK; row++)
        status = add_row(rows, result, row);
    return status;
}

/* ---- taking ---- */

static void find_cells(struct cg_pg_rows *rows) {
    const char *at = rows->row.data;
    for (uint32_t i = 0; i < rows->columns; i++) {
        uint32_t length = 0;
        memcpy(&length, at, sizeof length);
        at += sizeof length;
        rows->cells[i] = (struct cg_pg_cell){length == NONE ? NULL : at, length == NONE ? 0 : length};
        at += length == NONE ? 0 : (size_t)length + 1;
    }
}

cg_status cg_pg_rows_take(struct cg_pg_rows *rows, int *ret) {
    struct cg_pg_bytes *bytes = &rows->waiting;
    uint32_t size = 0;
    size_t wanted = sizeof size;
    while (cg_pg_rows_size(rows) < wanted) {
        if (rows->read == rows->written && rows->unwritten.start == rows->unwritten.end) {
            *ret = 0;
            return CG_OK;
        }
        cg_status status = read_in(rows, wanted);
        if (status != CG_OK)
            return status;
    }
    memcpy(&size, bytes->data + bytes->start, sizeof size);
    wanted += size;
    if (cg_pg_rows_size(rows) < wanted) {
        cg_status status = read_in(rows, wanted);
        if (status != CG_OK)
            return status;
    }
    rows->row.start = rows->row.end = 0;
    cg_status status = make_room(&rows->row, size ? size : 1);
    if (status != CG_OK)
        return status;
    put(&rows->row, bytes->data + bytes->start + sizeof size, size);
    bytes->start += wanted;
    find_cells(rows);
    *ret = 1;
    return CG_OK;
}
