#include "expose/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expose/families.h"
#include "expose/folder.h"
#include "expose/kept.h"
#include "expose/sample_file.h"

struct cg_expose_writer {
    struct cg_expose_writer_options options;
    const struct cg_exposition_family *const *families;
    size_t family_count;
    struct cg_arena *arena;
    struct cg_sample_family *shown;
    int entry; /* descriptor of the folder */
    struct cg_sample_set set;
    struct cg_buf labels;
    uint64_t bytes[2]; /* that the files of a group take, as far as it is known */
    int pruned[2];     /* old files of the group were looked for */
    int is_open;       /* between begin and finish or abort */
    int group;
    int64_t seconds;
    char pipeline[CG_FOLDER_NAME_SIZE];
    char date[CG_FOLDER_NAME_SIZE];
};

/* ---- life ---- */

/* Definitions are written once; a reader may be at work with those that are there. */
static cg_status write_definitions(const struct cg_expose_writer *writer, struct cg_error *error) {
    return cg_sample_file_write(writer->entry, CG_FOLDER_FAMILIES, 0, writer->shown, writer->family_count, NULL, NULL,
                                error);
}

static cg_status open_writer(struct cg_expose_writer *writer, struct cg_error *error) {
    writer->arena = cg_arena_new();
    if (writer->arena)
        writer->shown = cg_families_shown(writer->families, writer->family_count, writer->arena);
    if (!writer->shown)
        return cg_error_no_memory(error);
    cg_status status = cg_folder_open(writer->options.directory, writer->options.tenant, writer->options.entry, 1,
                                      &writer->entry, error);
    return status == CG_OK ? write_definitions(writer, error) : status;
}

cg_status cg_expose_writer_new(const struct cg_expose_writer_options *options,
                               const struct cg_exposition_family *const *families, size_t count,
                               struct cg_expose_writer **ret, struct cg_error *error) {
    cg_status status = cg_families_check(families, count, error);
    if (status != CG_OK)
        return status;
    struct cg_expose_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return cg_error_no_memory(error);
    writer->options = *options;
    writer->families = families;
    writer->family_count = count;
    writer->entry = -1;
    cg_buf_init(&writer->labels, CG_SAMPLE_LABELS);
    status = open_writer(writer, error);
    if (status != CG_OK) {
        cg_expose_writer_free(writer);
        return status;
    }
    *ret = writer;
    return CG_OK;
}

void cg_expose_writer_free(struct cg_expose_writer *writer) {
    if (!writer)
        return;
    cg_expose_writer_abort(writer);
    cg_buf_done(&writer->labels);
    cg_arena_free(writer->arena);
    if (writer->entry >= 0)
        (void)close(writer->entry);
    free(writer);
}

/* ---- an emission ---- */

/* Midnights only, but never a second too late. */
static int64_t seconds_of(int64_t time) {
    return time >= 0 ? time / 1000000 : -((-time + 999999) / 1000000);
}

cg_status cg_expose_writer_begin(struct cg_expose_writer *writer, const struct cg_emission *emission,
                                 struct cg_error *error) {
    if (writer->is_open)
        return cg_error_set(error, CG_INVALID, "samples of %s are begun while those of %s are not finished",
                            emission->date, writer->date);
    (void)cg_folder_name(emission->pipeline, writer->pipeline);
    (void)cg_folder_name(emission->date, writer->date);
    writer->group = cg_kept_group(emission->pipeline);
    writer->seconds = seconds_of(emission->date_time);
    writer->is_open = 1;
    return CG_OK;
}

cg_status cg_expose_writer_sample(struct cg_expose_writer *writer, uint32_t family, const char *const *values,
                                  const char *amount, struct cg_error *error) {
    struct cg_decimal number;
    if (!writer->is_open)
        return cg_error_set(error, CG_INVALID, "a sample came outside of an emission");
    if (family >= writer->family_count)
        return cg_error_set(error, CG_INVALID, "there is no family %u for a sample, only %zu", family,
                            writer->family_count);
    if (!amount || cg_decimal_parse(amount, strlen(amount), &number) != CG_OK)
        return cg_error_set(error, CG_INVALID, "the amount '%.40s' of a sample of '%s' is no decimal",
                            amount ? amount : "", writer->families[family]->name);
    cg_status status = cg_family_labels(writer->families[family], values, &writer->labels);
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(error);
    if (status != CG_OK)
        return cg_error_set(error, CG_PERMANENT, "a sample of '%s' has labels of more than %zu bytes",
                            writer->families[family]->name, CG_SAMPLE_LABELS);
    return cg_sample_set_add(&writer->set, family, cg_buf_text(&writer->labels), writer->labels.length, &number, error);
}

void cg_expose_writer_abort(struct cg_expose_writer *writer) {
    cg_sample_set_done(&writer->set);
    writer->is_open = 0;
}

/* Size of the file of the open emission before it is replaced; 0 when there is none. */
static uint64_t size_before(const struct cg_expose_writer *writer, int folder) {
    struct stat found;
    return fstatat(folder, writer->date, &found, AT_SYMLINK_NOFOLLOW) == 0 ? (uint64_t)found.st_size : 0;
}

static cg_status show(struct cg_expose_writer *writer, struct cg_error *error) {
    int folder = -1;
    uint64_t size = 0;
    const int make = writer->set.count > 0;
    cg_status status = cg_folder_open_in(writer->entry, writer->pipeline, make, &folder, error);
    if (status != CG_OK)
        return status == CG_NOT_FOUND && !make ? CG_OK : status;
    const uint64_t before = size_before(writer, folder);
    if (make) {
        cg_sample_set_sort(&writer->set);
        status = cg_sample_file_write(folder, writer->date, writer->seconds, writer->shown, writer->family_count,
                                      &writer->set, &size, error);
    } else if (unlinkat(folder, writer->date, 0) == 0) {
        status = cg_sample_folder_sync(folder, error);
    } else if (errno != ENOENT) {
        status =
            cg_folder_error(error, errno, "cannot remove the samples '%s', all of which were withdrawn", writer->date);
    }
    (void)close(folder);
    if (status == CG_OK)
        writer->bytes[writer->group] += size - before;
    return status;
}

cg_status cg_expose_writer_finish(struct cg_expose_writer *writer, size_t *ret_removed, struct cg_error *error) {
    const int group = writer->group;
    *ret_removed = 0;
    if (!writer->is_open)
        return cg_error_set(error, CG_INVALID, "samples are finished that were not begun");
    cg_status status = show(writer, error);
    if (status != CG_OK)
        return cg_error_wrap(error, "'%s'", writer->options.directory);
    cg_expose_writer_abort(writer);
    if (writer->pruned[group] && writer->bytes[group] <= writer->options.max_bytes)
        return CG_OK;
    /* The date is shown; what cannot be removed now is by the next run. */
    struct cg_error ignored = {0};
    if (cg_kept_prune(writer->entry, group, writer->options.keep_days, writer->options.max_bytes, ret_removed,
                      &writer->bytes[group], &ignored) == CG_OK)
        writer->pruned[group] = 1;
    return CG_OK;
}
