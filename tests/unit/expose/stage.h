/*
 * stage.h - samples written as an emitter does, and pages read back.
 *
 * Every function ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TESTS_EXPOSE_STAGE_H
#define CG_TESTS_EXPOSE_STAGE_H

#include "expose/page.h"
#include "expose/plan.h"
#include "expose/writer.h"
#include "support/workdir.h"

/** The families of the stage: cost{a,b} and up{}. */
extern const struct cg_exposition_family *const stage_families[2];

/** A writer of entry `entry` of tenant `tenant` into `folder`; kept for ever. */
struct cg_expose_writer *stage_writer(const char *folder, const char *tenant, const char *entry);

/** One sample of a date. `a` and `b` are labels of family 0 and ignored for family 1. */
struct stage_sample {
    uint32_t family;
    const char *a;
    const char *b;
    const char *amount;
};

/** Emits a date of a pipeline; samples end with a NULL amount. */
void stage_emit(struct cg_expose_writer *writer, const char *pipeline, const char *date,
                const struct stage_sample *samples);

/** The page of entries, or with `names` of these families; to be freed. `ret_warnings` (or NULL) is how many there are.
 */
char *stage_page(const struct cg_expose_entry *entries, size_t count, int format, const char *const *names,
                 size_t open_files, size_t *ret_warnings);

#endif
