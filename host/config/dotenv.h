/*
 * dotenv.h - where ${VAR} looks: the process's environment, then a .env file.
 */
#ifndef CG_CONFIG_DOTENV_H
#define CG_CONFIG_DOTENV_H

#include "config/problems.h"

/** Longest .env file in bytes, most variables in it, longest value as written, and most bytes of all names and values.
 */
#define CG_DOTENV_MAX_BYTES ((size_t)1024 * 1024)
#define CG_DOTENV_MAX_VARIABLES 10000u
#define CG_DOTENV_MAX_VALUE ((size_t)32 * 1024)
#define CG_DOTENV_MAX_TOTAL ((size_t)16 * 1024 * 1024)

/** Variables by name. The process's environment itself is never changed. */
struct cg_environment;

/** An empty set, or NULL when out of memory. `process` non-zero: the process's environment counts too, and wins. */
struct cg_environment *cg_environment_new(int32_t process);

/** Ends a set. NULL is fine. */
void cg_environment_free(struct cg_environment *environment);

/** Sets a variable, replacing an earlier one. Both texts are copied. Errors: CG_NO_MEMORY, CG_RANGE (too many
 * variables). */
cg_status cg_environment_set(struct cg_environment *environment, const char *name, const char *value);

/** Value of a variable, or NULL. Lives as long as the set, or until the process's environment changes. */
const char *cg_environment_get(const struct cg_environment *environment, const char *name);

/**
 * Reads the text of a .env file: KEY=value lines with optional `export`, comments, single quotes (raw), double quotes
 * (escapes),
 * ${OTHER:-default} in any of them. A line that cannot be read is a warning and has no effect. No value is ever
 * repeated in a problem. Errors: CG_INVALID (not UTF-8, too large), CG_NO_MEMORY.
 */
cg_status cg_dotenv_parse(const char *text, size_t length, const char *file, struct cg_environment *environment,
                          struct cg_problems *problems);

/**
 * Loads the file `path`, an error when there is none; or, with `path` NULL, the `.env` beside `config_file` if it is a
 * regular file. `*ret_path`, unless NULL, is the file that was loaded ("" = none) in memory of the environment. Errors:
 * CG_INVALID (told in `problems`), CG_NO_MEMORY.
 */
cg_status cg_dotenv_load(const char *path, const char *config_file, struct cg_environment *environment,
                         struct cg_problems *problems, const char **ret_path);

/**
 * Reads a regular file, pipe or device of at most `limit` bytes into `buf`. Errors: CG_INVALID with the reason in
 * *ret_reason (a constant text), CG_NO_MEMORY.
 */
cg_status cg_file_read(const char *path, size_t limit, struct cg_buf *buf, const char **ret_reason);

/**
 * The same for a regular file only; `*ret_mode` are its permission bits (07777). Never waits.
 */
cg_status cg_file_read_regular(const char *path, size_t limit, struct cg_buf *buf, uint32_t *ret_mode,
                               const char **ret_reason);

#endif
