/*
 * folder.h - a folder of its own for each test, and what is in it.
 */
#ifndef CSV_TEST_FOLDER_H
#define CSV_TEST_FOLDER_H

#include <stddef.h>

#define FOLDER_PATH_SIZE 512

/** Makes an empty folder; `path` has FOLDER_PATH_SIZE bytes. Fails the test when it cannot. */
void folder_make(char *path);

/** Removes a folder with everything in it. */
void folder_remove(const char *path);

/** `folder`/`name` in `buffer` of FOLDER_PATH_SIZE bytes; returns `buffer`. */
const char *folder_path(const char *folder, const char *name, char *buffer);

/** Number of entries, hidden ones included. */
size_t folder_count(const char *folder);

/** Writes a file. */
void folder_write(const char *folder, const char *name, const char *text);

/** Reads a file of at most `size` - 1 bytes and ends it with a NUL; returns its length, or -1 when there is none. */
long folder_read(const char *folder, const char *name, char *buffer, size_t size);

#endif
