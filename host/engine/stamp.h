/*
 * stamp.h - one short value for all that a calculation can see of a record.
 *
 * What changes without meaning anything for a window in the past is left out: when a record was last seen, and a
 * deletion after the window's end.
 */
#ifndef CG_ENGINE_STAMP_H
#define CG_ENGINE_STAMP_H

#include <chitragupt/model.h>

#include "base/digest.h"

/** A resource or identity: everything but its deletion as a digest, and the two ends of its life. */
struct cg_stamp {
    unsigned char digest[CG_DIGEST_BYTES];
    int64_t created_at;
    int64_t deleted_at;
};

/** The stamp of a record. */
void cg_stamp_identity(const struct cg_identity *identity, struct cg_stamp *ret);
void cg_stamp_resource(const struct cg_resource *resource, struct cg_stamp *ret);

/** True when a life overlaps [start, end): created before the end, not deleted at or before the start. */
int32_t cg_life_overlaps(int64_t created_at, int64_t deleted_at, int64_t start, int64_t end);

/** The same for a record. */
int32_t cg_stamp_lives(const struct cg_stamp *stamp, int64_t start, int64_t end);

/** Puts a record into a digest as it looks at `end`: a deletion at that time or later has not happened. */
void cg_stamp_put(struct cg_digest *digest, const struct cg_stamp *stamp, int64_t end);

/**
 * Puts the day of `now` into a digest while a window that ends at `end` is not over: what is measured in it still
 * grows, so that a new day means another digest, and so does the end of the window.
 */
void cg_stamp_put_open_window(struct cg_digest *digest, int64_t end, int64_t now);

/** Puts metadata into a digest, in its order. */
void cg_stamp_put_fields(struct cg_digest *digest, const struct cg_field *fields, size_t count);

#endif
