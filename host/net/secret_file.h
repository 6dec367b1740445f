/*
 * secret_file.h - a secret that stands in a file, where others put a new one from time to time.
 */
#ifndef CG_NET_SECRET_FILE_H
#define CG_NET_SECRET_FILE_H

#include <stddef.h>

#include "base/error.h"

/** Longest secret with its NUL. */
#define CG_SECRET_FILE_SIZE ((size_t)16 * 1024)

/**
 * Reads the secret of a file into `buffer` (CG_SECRET_FILE_SIZE bytes), without blanks and line ends around it. Links
 * are followed. Error: CG_TEMPORARY with a sentence that names the file (`what` says what it is for): it is missing,
 * unreadable, no regular file, empty, too long, or has characters that no secret has. The caller wipes the buffer.
 */
cg_status cg_secret_file_read(const char *path, const char *what, char *buffer, struct cg_error *error);

#endif
