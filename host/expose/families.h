/*
 * families.h - the families of an entry as they are shown: checked, and the texts around their samples.
 */
#ifndef CG_EXPOSE_FAMILIES_H
#define CG_EXPOSE_FAMILIES_H

#include <chitragupt/exposition.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "expose/sample_file.h"

/** Most labels of a family. */
#define CG_FAMILY_LABELS 32u

/** Checks every family: name, labels, their order, no name twice. CG_INVALID with a sentence that says which one. */
cg_status cg_families_check(const struct cg_exposition_family *const *families, size_t count, struct cg_error *error);

/** The same as they stand in files, in `arena`; NULL when out of memory. */
struct cg_sample_family *cg_families_shown(const struct cg_exposition_family *const *families, size_t count,
                                           struct cg_arena *arena);

/**
 * Writes {a="x",b="y"} in place of what is in `out`; a missing value is "", and bytes that are no UTF-8 become U+FFFD.
 * Returns the buffer's status.
 */
cg_status cg_family_labels(const struct cg_exposition_family *family, const char *const *values, struct cg_buf *out);

#endif
