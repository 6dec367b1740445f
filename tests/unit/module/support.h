/*
 * support.h - directories full of modules, for the tests of this folder.
 */
#ifndef CG_TEST_UNIT_MODULE_SUPPORT_H
#define CG_TEST_UNIT_MODULE_SUPPORT_H

#include "module/modules.h"

/** Longest path in these tests. */
#define PATH_SIZE 4096

/** A new directory of this test's own. Ends the test when there can be none. */
void directory_make(char path[PATH_SIZE]);

/** Removes a directory with all it holds. */
void directory_remove(const char *path);

/** Copies a test module ("good/good_overrides") to `directory/name`, at most `limit` bytes of it (0: all). */
void module_copy(const char *module, const char *directory, const char *name, size_t limit);

/** Writes a text file. */
void file_write(const char *directory, const char *name, const char *text);

/** Options of a scan with the probe program and a time-out of 30 s, so that a busy machine fails no test. */
struct cg_modules_options scan_options(const char *bundled_dir, const char *plugins_path);

/** A scan that must succeed. */
struct cg_modules *scan(const struct cg_modules_options *options);

/** `text` with every `from` replaced by `to`; to be freed. */
char *replace_all(const char *text, const char *from, const char *to);

#endif
