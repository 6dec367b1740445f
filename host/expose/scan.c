#include "expose/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "expose/folder.h"
#include "expose/kept.h"

struct work {
    struct cg_scan *scan;
    const struct timespec *after;
    struct timespec now;
    struct cg_digest digest;
    struct cg_error *error;
};

void cg_scan_warn(struct cg_scan *scan, const char *format, ...) {
    va_list args;
    if (scan->warnings++)
        return;
    va_start(args, format);
    (void)vsnprintf(scan->warning, sizeof scan->warning, format, args);
    va_end(args);
}

static int is_later(const struct timespec *left, const struct timespec *right) {
    return left->tv_sec != right->tv_sec ? left->tv_sec > right->tv_sec : left->tv_nsec > right->tv_nsec;
}

/* A list in the arena with room for one more; NULL when out of memory. */
static void *grow(struct cg_arena *arena, void *list, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return list;
    size_t wanted = *room ? *room * 2 : 64;
    void *grown = cg_arena_array(arena, wanted, size);
    if (grown && count)
        memcpy(grown, list, count * size);
    if (grown)
        *room = wanted;
    return grown;
}

/* ---- families ---- */

size_t cg_scan_family(struct cg_scan *scan, const struct cg_sample_family *family) {
    for (size_t i = 0; i < scan->family_count; i++)
        if (strcmp(scan->families[i].name, family->name) == 0)
            return i;
    struct cg_sample_family *families =
        grow(scan->arena, scan->families, scan->family_count, &scan->family_room, sizeof *families);
    const struct cg_sample_family copy = {cg_arena_string(scan->arena, family->name),
                                          cg_arena_string(scan->arena, family->help)};
    if (!families || !copy.name || !copy.help)
        return SIZE_MAX;
    scan->families = families;
    families[scan->family_count] = copy;
    return scan->family_count++;
}

static cg_status add_families(struct work *work, const struct cg_sample_head *head) {
    for (size_t i = 0; i < head->count; i++) {
        cg_digest_text(&work->digest, head->sections[i].family.name);
        cg_digest_text(&work->digest, head->sections[i].family.help);
        if (cg_scan_family(work->scan, &head->sections[i].family) == SIZE_MAX)
            return cg_error_no_memory(work->error);
    }
    return CG_OK;
}

/* The families that an entry defines, so that they are shown before they have samples. */
static cg_status read_definitions(struct work *work, int folder, const struct cg_expose_entry *entry) {
    struct cg_error error = {0};
    struct cg_sample_head head;
    struct stat found;
    int fd = openat(folder, CG_FOLDER_FAMILIES, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return CG_OK;
    struct cg_arena *arena = cg_arena_new();
    cg_status status = arena ? CG_OK : CG_NO_MEMORY;
    if (status == CG_OK && (fstat(fd, &found) < 0 || !S_ISREG(found.st_mode) || (found.st_mode & S_IWOTH)))
        status = cg_error_set(&error, CG_INVALID, "it is no file, or everybody may write to it");
    if (status == CG_OK)
        status = cg_sample_head_read(fd, found.st_size, arena, &head, &error);
    if (status == CG_OK)
        status = add_families(work, &head);
    else if (status != CG_NO_MEMORY)
        cg_scan_warn(work->scan, "the definitions of emitter '%s' of tenant '%s' are not used: %s", entry->name,
                     entry->tenant, error.text);
    cg_arena_free(arena);
    (void)close(fd);
    return status == CG_NO_MEMORY ? cg_error_no_memory(work->error) : CG_OK;
}

/* ---- files ---- */

static cg_status add_file(struct work *work, const struct cg_expose_entry *entry, const struct cg_kept_file *kept) {
    struct cg_scan *scan = work->scan;
    char tenant[CG_FOLDER_NAME_SIZE];
    char name[CG_FOLDER_NAME_SIZE];
    if (cg_kept_is_over(kept, entry->keep_days, &work->now))
        return CG_OK;
    if (is_later(&kept->emitted, &scan->newest))
        scan->newest = kept->emitted;
    struct cg_scan_file *files = grow(scan->arena, scan->files, scan->count, &scan->room, sizeof *files);
    const char *path =
        cg_arena_printf(scan->arena, "%s/%s/%s/%s/%s", entry->directory, cg_folder_name(entry->tenant, tenant),
                        cg_folder_name(entry->name, name), kept->pipeline, kept->name);
    if (!files || !path)
        return cg_error_no_memory(work->error);
    scan->files = files;
    cg_digest_text(&work->digest, path);
    cg_digest_int(&work->digest, (int64_t)kept->size);
    cg_digest_int(&work->digest, kept->emitted.tv_sec);
    cg_digest_int(&work->digest, kept->emitted.tv_nsec);
    cg_digest_int(&work->digest, (int64_t)kept->inode);
    if (!work->after || is_later(&kept->emitted, work->after))
        files[scan->count++] = (struct cg_scan_file){path, kept->emitted, kept->size, kept->device, kept->inode};
    return CG_OK;
}

static cg_status scan_entry(struct work *work, const struct cg_expose_entry *entry) {
    struct cg_error error = {0};
    struct cg_kept list = {.arena = cg_arena_new()};
    size_t refused = 0;
    int folder = -1;
    cg_status status = list.arena ? cg_folder_open(entry->directory, entry->tenant, entry->name, 0, &folder, &error)
                                  : cg_error_no_memory(&error);
    if (status == CG_OK)
        status = read_definitions(work, folder, entry);
    if (status == CG_OK)
        status = cg_kept_list(folder, entry->group, &list, &refused, &error);
    if (refused)
        cg_scan_warn(work->scan,
                     "%zu files of emitter '%s' of tenant '%s' are not shown, because everybody may write "
                     "to them; take that right away (chmod o-w)",
                     refused, entry->name, entry->tenant);
    if (status != CG_OK && status != CG_NOT_FOUND && status != CG_NO_MEMORY)
        cg_scan_warn(work->scan, "samples of emitter '%s' of tenant '%s' are not shown: %s", entry->name, entry->tenant,
                     error.text);
    /* What could be listed before is as good as ever. */
    for (size_t i = 0; i < list.count && status != CG_NO_MEMORY; i++)
        status = add_file(work, entry, &list.files[i]);
    if (folder >= 0)
        (void)close(folder);
    cg_arena_free(list.arena);
    return status == CG_NO_MEMORY ? cg_error_no_memory(work->error) : CG_OK;
}

cg_status cg_scan_new(const struct cg_expose_entry *entries, size_t count, const struct timespec *after,
                      struct cg_scan *ret, struct cg_error *error) {
    struct cg_scan scan = {.arena = cg_arena_new()};
    struct work work = {.scan = &scan, .after = after, .error = error};
    char text[CG_DIGEST_TEXT_SIZE];
    if (!scan.arena)
        return cg_error_no_memory(error);
    (void)clock_gettime(CLOCK_REALTIME, &work.now);
    if (after && is_later(after, &work.now)) /* the clock was put back: what was emitted since has an earlier time */
        work.after = NULL;
    cg_digest_start(&work.digest, "samples/1");
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = scan_entry(&work, &entries[i]);
    cg_digest_end_text(&work.digest, text);
    (void)snprintf(scan.tag, sizeof scan.tag, "W/\"%.32s\"", text);
    work.now.tv_sec -= CG_SCAN_SLACK;
    if (is_later(&scan.newest, &work.now))
        scan.newest = work.now;
    if (status != CG_OK)
        cg_scan_done(&scan);
    else
        *ret = scan;
    return status;
}

void cg_scan_done(struct cg_scan *scan) {
    cg_arena_free(scan->arena);
    *scan = (struct cg_scan){0};
}

cg_status cg_scan_file_open(const struct cg_scan_file *file, int *ret_fd, struct cg_error *error) {
    struct stat found;
    int fd = -1;
    do
        fd = open(file->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0 && errno != ENOENT)
        return cg_folder_error(error, errno, "cannot read the samples '%s'", file->path);
    if (fd >= 0 && fstat(fd, &found) == 0 && found.st_dev == file->device && found.st_ino == file->inode &&
        (uint64_t)found.st_size == file->size && found.st_mtim.tv_sec == file->emitted.tv_sec &&
        found.st_mtim.tv_nsec == file->emitted.tv_nsec) {
        *ret_fd = fd;
        return CG_OK;
    }
    if (fd >= 0)
        (void)close(fd);
    return cg_error_set(error, CG_NOT_FOUND, "the samples '%s' were replaced while they were being read", file->path);
}
