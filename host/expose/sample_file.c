#include "expose/sample_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "expose/folder.h"
#include "expose/sample_file_text.h"

#define BUFFER ((size_t)64 * 1024)
#define HEAD_LIMIT ((size_t)1024 * 1024)

#define LEFT_SUFFIX ".tmp"

/* A file that is being written. */
struct output {
    int folder;
    int fd;
    const char *name;
    char temporary[2 * CG_FOLDER_NAME_SIZE];
    char *buffer;
    size_t used;
    uint64_t length;
    struct cg_error *error;
};

/* ---- bytes ---- */

static cg_status flush(struct output *output) {
    const char *data = output->buffer;
    while (output->used) {
        ssize_t written = write(output->fd, data, output->used);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return cg_folder_error(output->error, written ? errno : EIO, "cannot write the samples '%s'", output->name);
        data += written;
        output->used -= (size_t)written;
    }
    return CG_OK;
}

static cg_status put(struct output *output, const char *data, size_t length) {
    cg_status status = CG_OK;
    output->length += length;
    while (length && status == CG_OK) {
        size_t piece = length < BUFFER - output->used ? length : BUFFER - output->used;
        memcpy(output->buffer + output->used, data, piece);
        output->used += piece;
        data += piece;
        length -= piece;
        if (output->used == BUFFER)
            status = flush(output);
    }
    return status;
}

/* ---- contents ---- */

/* A sample's line; returns its length. */
static size_t amount_text(const struct cg_sample *sample, char text[CG_DECIMAL_TEXT_SIZE + 2]) {
    text[0] = ' ';
    size_t length = 1 + cg_decimal_format(&sample->amount, text + 1);
    text[length++] = '\n';
    return length;
}

static void add_section(struct cg_buf *head, const struct cg_sample_family *family, uint32_t number,
                        const struct cg_sample_set *set, size_t *next) {
    char text[CG_DECIMAL_TEXT_SIZE + 2];
    uint64_t bytes = 0;
    size_t first = *next;
    for (; set && *next < set->count && set->samples[*next].family == number; ++*next)
        bytes += set->samples[*next].length + amount_text(&set->samples[*next], text);
    if (set && *next == first)
        return;
    cg_buf_printf(head, CG_SAMPLE_WORD_FAMILY "%s\n" CG_SAMPLE_WORD_HELP "%s\n" CG_SAMPLE_WORD_SECTION "%llu %zu\n",
                  family->name, family->help, (unsigned long long)bytes, *next - first);
}

static cg_status put_head(struct output *output, int64_t seconds, const struct cg_sample_family *families, size_t count,
                          const struct cg_sample_set *set) {
    struct cg_buf head;
    size_t next = 0;
    cg_buf_init(&head, HEAD_LIMIT);
    cg_buf_add_text(&head, CG_SAMPLE_FIRST_LINE);
    if (set)
        cg_buf_printf(&head, CG_SAMPLE_WORD_TIME "%lld\n", (long long)seconds);
    for (uint32_t i = 0; i < count; i++)
        add_section(&head, &families[i], i, set, &next);
    cg_buf_add_text(&head, CG_SAMPLE_LAST_OF_HEAD);
    cg_status status = head.status == CG_OK ? put(output, head.data, head.length) : cg_error_no_memory(output->error);
    cg_buf_done(&head);
    return status;
}

static cg_status put_all(struct output *output, int64_t seconds, const struct cg_sample_family *families, size_t count,
                         const struct cg_sample_set *set) {
    char text[CG_DECIMAL_TEXT_SIZE + 2];
    cg_status status = put_head(output, seconds, families, count, set);
    for (size_t i = 0; set && i < set->count && status == CG_OK; i++) {
        status = put(output, set->samples[i].labels, set->samples[i].length);
        if (status == CG_OK)
            status = put(output, text, amount_text(&set->samples[i], text));
    }
    if (status != CG_OK)
        return status;
    int length = snprintf(text, sizeof text, CG_SAMPLE_WORD_END "%llu\n", (unsigned long long)output->length);
    status = put(output, text, (size_t)length);
    return status == CG_OK ? flush(output) : status;
}

/* ---- the file ---- */

static cg_status open_temporary(struct output *output) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(output->temporary, sizeof output->temporary, ".%s.%lx-%llx" LEFT_SUFFIX, output->name,
                   (unsigned long)getpid(), (unsigned long long)now.tv_sec * 1000000000u + (unsigned long)now.tv_nsec);
    do
        output->fd =
            openat(output->folder, output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    while (output->fd < 0 && errno == EINTR);
    if (output->fd < 0)
        return cg_folder_error(output->error, errno, "cannot create a file for the samples '%s'", output->name);
    return CG_OK;
}

cg_status cg_sample_folder_sync(int folder, struct cg_error *error) {
    /* Some file systems cannot sync a folder; there the name is as safe as it can be. */
    if (cg_folder_sync(folder) < 0 && errno != EINVAL)
        return cg_folder_error(error, errno, "cannot write a folder with samples to disk");
    return CG_OK;
}

/* The contents are on disk before the name is; the time of the file is that of its appearance, as near as can be. */
static cg_status commit(const struct output *output) {
    if (cg_folder_sync(output->fd) < 0)
        return cg_folder_error(output->error, errno, "cannot write the samples '%s' to disk", output->name);
    if (futimens(output->fd, NULL) < 0)
        return cg_folder_error(output->error, errno, "cannot set the time of the samples '%s'", output->name);
    if (renameat(output->folder, output->temporary, output->folder, output->name) < 0)
        return cg_folder_error(output->error, errno, "cannot give the complete samples their name '%s'", output->name);
    return cg_sample_folder_sync(output->folder, output->error);
}

cg_status cg_sample_file_write(int folder, const char *name, int64_t seconds, const struct cg_sample_family *families,
                               size_t family_count, const struct cg_sample_set *set, uint64_t *ret_size,
                               struct cg_error *error) {
    struct output output = {.folder = folder, .fd = -1, .name = name, .error = error};
    output.buffer = malloc(BUFFER);
    if (!output.buffer)
        return cg_error_no_memory(error);
    cg_status status = open_temporary(&output);
    if (status == CG_OK) {
        status = put_all(&output, seconds, families, family_count, set);
        if (status == CG_OK)
            status = commit(&output);
        if (status != CG_OK)
            (void)unlinkat(folder, output.temporary, 0);
        (void)close(output.fd);
    }
    free(output.buffer);
    if (status == CG_OK && ret_size)
        *ret_size = output.length;
    return status;
}

int cg_sample_file_is_left(const char *name) {
    size_t length = strlen(name);
    const size_t suffix = sizeof LEFT_SUFFIX - 1;
    return name[0] == '.' && length > suffix && strcmp(name + length - suffix, LEFT_SUFFIX) == 0;
}
