/*
 * Feeds any bytes to the reader of files with samples: as one file of a page, and as its head. A page that is made of
 * it must hold together: whole lines, in order, ended.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expose/cursor.h"
#include "expose/page.h"

/* Greatest input: a few windows. */
#define MOST ((size_t)128 * 1024)

/* Of the cursors, so that they have to grow. */
#define WINDOW 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
    if (!truth)
        abort();
}

static int write_file(const uint8_t *data, size_t size) {
    int fd = memfd_create("samples", MFD_CLOEXEC);
    require(fd >= 0 && (!size || pwrite(fd, data, size, 0) == (ssize_t)size));
    return fd;
}

/* Every sample lies in its section, and the section is used up or refused. */
static void check_section(int fd, const struct cg_scan_file *file, const struct cg_sample_section *section) {
    struct cg_cursor cursor = {.file = file, .fd = fd, .next = section->start, .end = section->end, .room = WINDOW};
    struct cg_error error = {0};
    size_t taken = 0;
    int has = 1;
    cg_status status = CG_OK;
    while (has && status == CG_OK) {
        status = cg_cursor_next(&cursor, &has, &error);
        if (status != CG_OK || !has)
            break;
        require(!cursor.labels_length || (*cursor.labels == '{' && cursor.labels[cursor.labels_length - 1] == '}'));
        require(!memchr(cursor.labels, '\n', cursor.labels_length) &&
                !memchr(cursor.amount, '\n', cursor.amount_length));
        require(cg_cursor_compare(&cursor, &cursor) == 0);
        taken += cursor.labels_length + cursor.amount_length + 2;
    }
    require(status == CG_OK || status == CG_INVALID);
    require(status != CG_OK || taken == (size_t)(section->end - section->start));
    free(cursor.window);
}

static void check_head(int fd, const struct cg_scan_file *file) {
    struct cg_arena *arena = cg_arena_new();
    struct cg_sample_head head = {0};
    struct cg_error error = {0};
    off_t before = 0;
    require(arena != NULL);
    cg_status status = cg_sample_head_read(fd, (off_t)file->size, arena, &head, &error);
    require(status == CG_OK || status == CG_INVALID);
    require(status == CG_OK || error.text[0]);
    for (size_t i = 0; i < head.count; i++) {
        const struct cg_sample_section *section = &head.sections[i];
        require(section->start >= before && section->end >= section->start && section->end <= (off_t)file->size);
        require(!strchr(section->family.name, '\n') && !strchr(section->family.help, '\n'));
        before = section->end;
        check_section(fd, file, section);
    }
    cg_arena_free(arena);
}

/* A page of the same file twice. */
static void check_page(const struct cg_scan_file *file, int format) {
    struct cg_scan_file files[2] = {*file, *file};
    struct cg_scan scan = {.arena = cg_arena_new(), .files = files, .count = 2};
    struct cg_page *page = NULL;
    struct cg_error error = {0};
    struct cg_buf out;
    int32_t more = 1;
    require(scan.arena != NULL);
    require(cg_page_new(&scan, format, NULL, 0, 1, &page, &error) == CG_OK);
    cg_buf_init(&out, 16 * MOST);
    while (more)
        require(cg_page_next(page, &out, &more, &error) == CG_OK);
    require(!out.length || out.data[out.length - 1] == '\n');
    require(format != CG_PAGE_OPENMETRICS || strcmp(cg_buf_text(&out) + out.length - 6, "# EOF\n") == 0);
    cg_buf_done(&out);
    cg_page_free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    struct stat found;
    if (size > MOST)
        return 0;
    int fd = write_file(data, size);
    /* The descriptor's own name in /proc is a link, which would be refused. */
    (void)snprintf(path, sizeof path, "/tmp/cg-samples-fuzz-%ld", (long)getpid());
    int named = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(named >= 0 && (!size || write(named, data, size) == (ssize_t)size) && fstat(named, &found) == 0);
    const struct cg_scan_file file = {
        .path = path, .emitted = found.st_mtim, .size = size, .device = found.st_dev, .inode = found.st_ino};
    check_head(fd, &file);
    check_page(&file, CG_PAGE_TEXT);
    check_page(&file, CG_PAGE_OPENMETRICS);
    require(unlink(path) == 0 && close(named) == 0 && close(fd) == 0);
    return 0;
}
