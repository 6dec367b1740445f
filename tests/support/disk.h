/*
 * disk.h - a small disk for a test: a tmpfs in a mount namespace of the test's own, so nothing is left behind.
 */
#ifndef CG_TEST_SUPPORT_DISK_H
#define CG_TEST_SUPPORT_DISK_H

/** Puts a disk of `size` ("64k") in the place of a folder, for this test and what it starts. 0 when it may not. */
int cg_test_disk_make(const char *path, const char *size);

/** Changes its size; the test ends when that is refused. */
void cg_test_disk_resize(const char *path, const char *size);

/** Takes it away. */
void cg_test_disk_remove(const char *path);

#endif
