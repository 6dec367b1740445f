/*
 * writer.h - the samples of one emitter entry on their way to disk, emission by emission.
 *
 * Each pipeline and date is a file of its own (sample_file.h), so a date that comes again replaces exactly itself, and
 * a writer that is killed leaves the old file or the new one. What is too old, or too much, is removed by `finish`.
 */
#ifndef CG_EXPOSE_WRITER_H
#define CG_EXPOSE_WRITER_H

#include <chitragupt/exposition.h>

#include "base/error.h"

/** Where an entry's samples go, and how much of them is kept. Borrowed as long as the writer lives. */
struct cg_expose_writer_options {
    const char *directory;
    const char *tenant; /**< its name */
    const char *entry;
    int64_t keep_days;
    uint64_t max_bytes;
};

struct cg_expose_writer;

/**
 * Opens the folder of an entry, made if it is missing, and writes the definitions of the families, which live as long
 * as the writer. Errors: CG_INVALID (a family is not well formed), CG_PERMANENT, CG_TEMPORARY, CG_NO_MEMORY.
 */
cg_status cg_expose_writer_new(const struct cg_expose_writer_options *options,
                               const struct cg_exposition_family *const *families, size_t count,
                               struct cg_expose_writer **ret, struct cg_error *error);

/** Ends it; an emission that is open is dropped. NULL is fine. */
void cg_expose_writer_free(struct cg_expose_writer *writer);

/** As in struct cg_exposition_api. */
cg_status cg_expose_writer_begin(struct cg_expose_writer *writer, const struct cg_emission *emission,
                                 struct cg_error *error);
cg_status cg_expose_writer_sample(struct cg_expose_writer *writer, uint32_t family, const char *const *values,
                                  const char *amount, struct cg_error *error);
void cg_expose_writer_abort(struct cg_expose_writer *writer);

/**
 * As in struct cg_exposition_api. `*ret_removed` is how many other dates were removed because all of them together take
 * more than max_bytes.
 */
cg_status cg_expose_writer_finish(struct cg_expose_writer *writer, size_t *ret_removed, struct cg_error *error);

#endif
