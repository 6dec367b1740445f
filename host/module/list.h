/*
 * list.h - what modules there are, for people.
 */
#ifndef CG_MODULE_LIST_H
#define CG_MODULE_LIST_H

#include "module/modules.h"

/**
 * Appends the text of `chitragupt plugins`: a block for every file, with what it is, where it is, what it exports, or
 * why it was refused; then a line that counts them. Errors: those of `out`.
 */
cg_status cg_modules_format(const struct cg_modules *modules, struct cg_buf *out);

/**
 * The text of `chitragupt plugins check FILE...`: each file is probed and loaded by itself, with the probe of
 * `options`; its directories are not looked at. `*ret_refused` is the number of files that were refused. Errors:
 * CG_NO_MEMORY, and those of `out`.
 */
cg_status cg_modules_check(const char *const *files, size_t count, const struct cg_modules_options *options,
                           struct cg_buf *out, size_t *ret_refused);

#endif
