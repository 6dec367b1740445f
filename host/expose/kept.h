/*
 * kept.h - the files of samples of an entry: which there are, and which have to go.
 */
#ifndef CG_EXPOSE_KEPT_H
#define CG_EXPOSE_KEPT_H

#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "base/arena.h"
#include "base/error.h"

/** One date of a pipeline. */
struct cg_kept_file {
    const char *pipeline; /**< name of its folder */
    const char *name;
    struct timespec emitted;
    uint64_t size;
    dev_t device;
    ino_t inode;
};

/** Files in the order of pipeline and name. */
struct cg_kept {
    struct cg_kept_file *files;
    size_t count;
    size_t room;
    uint64_t bytes;
    struct cg_arena *arena; /**< of the list and its texts; of the caller */
};

/** The pipelines of an entry: those of rows, or that of topics, which may have an entry of the same name. */
#define CG_KEPT_ROWS 0
#define CG_KEPT_TOPICS 1

/** CG_KEPT_ value of a pipeline. */
int cg_kept_group(const char *pipeline);

/**
 * Lists the files in an entry's folder, appending to `list`. A file that everybody may write is left out, and counted
 * in `*refused` (may be NULL). Errors: CG_TEMPORARY, CG_PERMANENT, CG_NO_MEMORY.
 */
cg_status cg_kept_list(int entry, int group, struct cg_kept *list, size_t *refused, struct cg_error *error);

/** True when a file was emitted longer than so many days before `now`. */
int cg_kept_is_over(const struct cg_kept_file *file, int64_t keep_days, const struct timespec *now);

/**
 * Removes what was emitted longer than `keep_days` ago, and of the rest what was emitted first until it takes at most
 * `max_bytes`, but never the last one. `*ret_removed` is how many the latter were, `*ret_bytes` what is left. Also
 * removes what killed writers left an hour ago. Errors as above.
 */
cg_status cg_kept_prune(int entry, int group, int64_t keep_days, uint64_t max_bytes, size_t *ret_removed,
                        uint64_t *ret_bytes, struct cg_error *error);

#endif
