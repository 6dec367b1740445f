/*
 * loader.h - libltdl, with a loader of our own inside.
 *
 * The stock loader binds lazily (a missing function ends the process at its first call) and forgets the true text of an
 * error. Ours binds at once and locally, keeps the text, and takes the stock one's place. What is opened stays open.
 *
 * The library's state belongs to the process: call this from the main thread only, before there are others.
 */
#ifndef CG_MODULE_LOADER_H
#define CG_MODULE_LOADER_H

#include <chitragupt/plugin.h>

#include "base/error.h"

/** The type of the function behind the symbol `register`. */
typedef const struct cg_registration *(*cg_register_function)(void);

/**
 * Opens the shared object at an absolute path, or finds it when it is open already. Errors: CG_PERMANENT with the
 * dynamic linker's own text, CG_NO_MEMORY.
 */
cg_status cg_loader_open(const char *path, void **ret_handle, struct cg_error *error);

/** The function `register` of an open object, or NULL. */
cg_register_function cg_loader_register_function(void *handle);

/** The address of a data symbol of an open object, or NULL. */
const void *cg_loader_data(void *handle, const char *symbol);

/** Zeroed memory that lives until the process ends, like the code it describes; NULL when out of memory. */
void *cg_loader_keep(size_t size);

#endif
