/*
 * folder.h - where samples lie: <directory>/<tenant>/<entry>/<pipeline>/<date>, every part made safe as a name.
 *
 * Folders are made for their owner alone. One below the directory that everybody may write is not used: whoever writes
 * there could show any amount.
 */
#ifndef CG_EXPOSE_FOLDER_H
#define CG_EXPOSE_FOLDER_H

#include <sys/types.h>

#include "base/error.h"

/** Size of a name with its NUL. */
#define CG_FOLDER_NAME_SIZE 256

/** The file in an entry's folder that has the definitions of its families. */
#define CG_FOLDER_FAMILIES "families"

/**
 * A name for a text: letters, digits, "-", "_" and dots that are not at its beginning stay, other bytes become "%XX";
 * a long one is cut and ends in "~" and a digest. Different texts have different names. Returns `name`.
 */
const char *cg_folder_name(const char *text, char name[CG_FOLDER_NAME_SIZE]);

/**
 * Opens `directory`/`tenant`/`entry`, the last two being texts. `make` 1: with all parents, made where they are
 * missing. Errors: CG_NOT_FOUND (only without `make`), CG_PERMANENT, CG_NO_MEMORY, with a sentence.
 */
cg_status cg_folder_open(const char *directory, const char *tenant, const char *entry, int make, int *ret_fd,
                         struct cg_error *error);

/** Opens the folder `name` in an open one. Errors as above. */
cg_status cg_folder_open_in(int at, const char *name, int make, int *ret_fd, struct cg_error *error);

/** Reads or writes, and syncs, whatever signals come. Return as the system's calls do. */
ssize_t cg_folder_read(int fd, void *data, size_t length, off_t offset);
int cg_folder_sync(int fd);

/** CG_TEMPORARY for what may pass (no room, input/output), else CG_PERMANENT, with "<what>: <cause>". */
cg_status cg_folder_error(struct cg_error *error, int cause, const char *format, ...) CG_PRINTF(3, 4);

#endif
