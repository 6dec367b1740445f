/*
 * scan.h - which files a page is made of, at this moment, and what tells one state of them from another.
 */
#ifndef CG_EXPOSE_SCAN_H
#define CG_EXPOSE_SCAN_H

#include <sys/stat.h>
#include <time.h>

#include "expose/plan.h"
#include "expose/sample_file.h"

/** Room for the sentence about what was left out. */
#define CG_SCAN_WARNING_SIZE 512

/** Room for an entity tag with its NUL. */
#define CG_SCAN_TAG_SIZE 48

/** Seconds by which the newest emission that is told stays behind the present: see cg_scan.newest. */
#define CG_SCAN_SLACK 5

/** A file of samples. */
struct cg_scan_file {
    const char *path;
    struct timespec emitted;
    uint64_t size;
    dev_t device;
    ino_t inode;
};

struct cg_scan {
    struct cg_arena *arena;
    struct cg_scan_file *files; /**< in the order of entries, pipelines and dates */
    size_t count;
    size_t room;
    struct cg_sample_family *families; /**< as the entries define them, each once */
    size_t family_count;
    size_t family_room;
    char tag[CG_SCAN_TAG_SIZE]; /**< W/"...": of all files, also those that `after` leaves out */
    /** When the last file was emitted, but at least CG_SCAN_SLACK seconds ago: whoever asks next for what was emitted
     * after it misses nothing that was given an earlier time than what is here and appears later. 0: no file. */
    struct timespec newest;
    size_t warnings;                    /**< places and files that were left out */
    char warning[CG_SCAN_WARNING_SIZE]; /**< about the first of them */
};

/**
 * Looks at the folders of entries, on any thread. `after` (or NULL): only files that were emitted later are listed; one
 * in the future is no bound. An entry that has emitted nothing yet has no folder, and nothing is shown of it. Error:
 * CG_NO_MEMORY.
 */
cg_status cg_scan_new(const struct cg_expose_entry *entries, size_t count, const struct timespec *after,
                      struct cg_scan *ret, struct cg_error *error);

/** Frees it. */
void cg_scan_done(struct cg_scan *scan);

/** Notes that something is left out; the sentence is formatted. */
void cg_scan_warn(struct cg_scan *scan, const char *format, ...) CG_PRINTF(2, 3);

/** Index of a family by name, added to the end if it is not there yet; SIZE_MAX when out of memory. */
size_t cg_scan_family(struct cg_scan *scan, const struct cg_sample_family *family);

/**
 * Opens a file of the scan if it is still the one that was listed. Errors: CG_NOT_FOUND (it was replaced or removed
 * meanwhile), CG_TEMPORARY, CG_PERMANENT, with a sentence.
 */
cg_status cg_scan_file_open(const struct cg_scan_file *file, int *ret_fd, struct cg_error *error);

#endif
