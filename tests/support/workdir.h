/*
 * workdir.h - a folder of its own for each test, and text files in it.
 *
 * Every function ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TEST_SUPPORT_WORKDIR_H
#define CG_TEST_SUPPORT_WORKDIR_H

#include <stddef.h>

/** Longest path of the test support library, with its NUL. */
#define CG_TEST_PATH_SIZE 4096

/** Makes an empty folder below $TMPDIR (else /tmp) and writes its absolute path to `path` (CG_TEST_PATH_SIZE bytes). */
void cg_test_workdir_make(char *path);

/** Removes a folder with everything in it; what cannot be removed stays. */
void cg_test_workdir_remove(const char *path);

/** `folder`/`name` in `buffer` of CG_TEST_PATH_SIZE bytes; returns `buffer`. */
const char *cg_test_path(const char *folder, const char *name, char *buffer);

/** Makes a folder in a folder. */
void cg_test_folder_make(const char *folder, const char *name);

/** Writes a text file, in place of one that is there. */
void cg_test_file_write(const char *folder, const char *name, const char *text);

/** Reads a file whole; the caller frees the text, which ends with a NUL. NULL when there is no such file. */
char *cg_test_file_read(const char *folder, const char *name);

/** Number of entries of a folder whose names end in `suffix` ("" = all, hidden ones included); 0 when there is none. */
size_t cg_test_folder_count(const char *folder, const char *suffix);

/** `text` with every `from` replaced by `to`; the caller frees it. */
char *cg_test_replace(const char *text, const char *from, const char *to);

/** How often `part` is in `text`. */
size_t cg_test_occurrences(const char *text, const char *part);

/** A formatted text; the caller frees it. */
char *cg_test_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
