/*
 * sample_file.h - the samples of one emission as a file that is there whole or not at all.
 *
 *     chitragupt samples 1
 *     time 1768435200
 *     family acme_cost_amount
 *     help What it costs
 *     section 34 1
 *     samples
 *     {cluster="a",tenant_id="acme"} 1.5
 *     end 152
 *
 * A section is so many bytes and samples of the family above it; sections follow each other behind "samples", each
 * sorted by its labels, which are written as on a page. The last line says how many bytes are in front of it: a file
 * for which that is not so is not whole. A file of definitions has empty sections only, and no time.
 */
#ifndef CG_EXPOSE_SAMPLE_FILE_H
#define CG_EXPOSE_SAMPLE_FILE_H

#include <sys/types.h>

#include "expose/sample_set.h"

/** Most families of a file, and longest text of one's help. */
#define CG_SAMPLE_FAMILIES 256u
#define CG_SAMPLE_HELP_LENGTH 1024u

/** Most bytes of a sample's labels. */
#define CG_SAMPLE_LABELS ((size_t)32 * 1024)

/** Most bytes of a line of samples, its end included. */
#define CG_SAMPLE_LINE (CG_SAMPLE_LABELS + CG_DECIMAL_TEXT_SIZE + 8)

/** A family as it is shown; `help` is escaped. */
struct cg_sample_family {
    const char *name;
    const char *help;
};

/** Where the samples of a family lie. */
struct cg_sample_section {
    struct cg_sample_family family;
    off_t start;
    off_t end;
};

/** The head of a file. */
struct cg_sample_head {
    int64_t seconds; /**< the samples' time */
    struct cg_sample_section *sections;
    size_t count;
};

/**
 * Writes the file `name` into an open folder in place of one that is there, on disk when it returns. `set` is sorted,
 * or NULL for definitions; of `families` those without samples are left out, unless `set` is NULL. `*ret_size` (may be
 * NULL) is its size. What a failed or killed writer leaves has a name of its own. Errors: CG_TEMPORARY, CG_PERMANENT,
 * CG_NO_MEMORY; the old file stays.
 */
cg_status cg_sample_file_write(int folder, const char *name, int64_t seconds, const struct cg_sample_family *families,
                               size_t family_count, const struct cg_sample_set *set, uint64_t *ret_size,
                               struct cg_error *error);

/** Puts a folder's names on disk. Errors: CG_TEMPORARY, CG_PERMANENT. */
cg_status cg_sample_folder_sync(int folder, struct cg_error *error);

/** True for the name of a file that a writer left unfinished. */
int cg_sample_file_is_left(const char *name);

/**
 * Reads the head of an open file of `size` bytes; texts live in `arena`. Errors: CG_INVALID (not such a file, or not
 * whole), CG_TEMPORARY, CG_NO_MEMORY.
 */
cg_status cg_sample_head_read(int fd, off_t size, struct cg_arena *arena, struct cg_sample_head *ret,
                              struct cg_error *error);

#endif
