/*
 * file.h - may this file be loaded at all?
 *
 * A module runs with all rights of the program, so neither it nor its directory may be somebody else's, or writable by
 * everybody.
 */
#ifndef CG_MODULE_FILE_H
#define CG_MODULE_FILE_H

#include "base/error.h"

/** What tells a file from another one, and from a changed one. */
struct cg_module_file {
    uint64_t device;
    uint64_t inode;
    int64_t size;
    int64_t modified_ns; /**< since 1970 */
};

/**
 * Checks that `path` is a regular file, that it and the directories it is in (as named, and as links resolve) belong to
 * root or to the user of this process, and that not everybody may write to them. Errors: CG_PERMANENT with the reason.
 */
cg_status cg_module_file_check(const char *path, struct cg_module_file *ret, struct cg_error *error);

/** True when both are the same inode. */
int32_t cg_module_file_same(const struct cg_module_file *left, const struct cg_module_file *right);

/** True when both are the same inode with the same size and time. */
int32_t cg_module_file_unchanged(const struct cg_module_file *left, const struct cg_module_file *right);

#endif
