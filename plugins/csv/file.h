/*
 * file.h - a file that appears whole or not at all.
 *
 * The text is collected in a temporary file beside the final one and takes its name when it is complete and on disk;
 * until then, and when anything fails, an older file of that name stays as it is. The temporary file ".NAME.N.tmp" is
 * locked while it is written: one without a lock was left by a process that was killed, and the next writer of NAME
 * removes it.
 */
#ifndef CSV_FILE_H
#define CSV_FILE_H

#include <limits.h>

#include <chitragupt/error.h>

#include "problem.h"

#define CSV_FILE_BUFFER ((size_t)64 * 1024)

/** One file at a time. `problem` holds a sentence after an error. */
struct csv_file {
    int fd;     /**< of the temporary file; -1: no file is open */
    int dir_fd; /**< of its folder */
    size_t used;
    char path[PATH_MAX]; /**< of the final file, as messages show it */
    char name[NAME_MAX + 1];
    char temporary[NAME_MAX + 1];
    char problem[CSV_PROBLEM_SIZE];
    char buffer[CSV_FILE_BUFFER];
};

/** A file that is not open. */
void csv_file_init(struct csv_file *file);

/** True between a good open and commit or discard. */
int32_t csv_file_is_open(const struct csv_file *file);

/**
 * Starts the file `output_dir`/`name`. Creates output_dir with its parents, but no folder named in `name`. Errors:
 * CG_TEMPORARY (disk full, input/output), CG_PERMANENT (anything else that the system refuses), CG_RANGE (path too
 * long); the file is then not open.
 */
cg_status csv_file_open(struct csv_file *file, const char *output_dir, const char *name);

/** Appends bytes. Errors as above; the file stays open and is to be discarded. */
cg_status csv_file_write(struct csv_file *file, const char *data, size_t length);

/** Makes the file visible under its name, on disk. Errors as above; the file is to be discarded then. */
cg_status csv_file_commit(struct csv_file *file);

/**
 * Removes the file `output_dir`/`name`, and temporary files of it that a killed process left; fine when there is none.
 * No file may be open. Errors as for csv_file_open.
 */
cg_status csv_file_remove(struct csv_file *file, const char *output_dir, const char *name);

/** Removes what was written. Does nothing when no file is open. */
void csv_file_discard(struct csv_file *file);

#endif
