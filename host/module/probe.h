/*
 * probe.h - trying a file in a process that may die of it.
 *
 * A file that is cut short kills its reader inside the dynamic linker; a module's code may crash, exit or hang. So the
 * first one to load a file is a child process, and the program loads only what a child survived.
 */
#ifndef CG_MODULE_PROBE_H
#define CG_MODULE_PROBE_H

#include <stddef.h>

#include "base/error.h"

/** How long a probe may take unless the options say otherwise. */
#define CG_PROBE_TIMEOUT_US INT64_C(10000000)

/** How long a probe of several files may take: sound ones take milliseconds, and the others are tried again alone. */
#define CG_PROBE_TOGETHER_TIMEOUT_US INT64_C(2000000)

/** Most files of one probe. */
#define CG_PROBE_TOGETHER_MAX 32u

/**
 * Body of the hidden command `plugins probe FILE...`: loads the files and answers one JSON line for each on standard
 * output, which has "ok": true, or "ok": false and "reason". A line is written piece by piece, a key for every step
 * that begins, so that a reader knows how far a child came that did not live to finish it. What the modules themselves
 * print goes to standard error. Returns the exit status of the process: 0 when it could answer.
 */
int cg_module_probe_main(const char *const *files, size_t count);

/**
 * Runs `program plugins probe FILE` and waits at most `timeout_us`. Errors: CG_PERMANENT with the reason not to load
 * the file (it was refused, the child died or was killed, the program could not be started).
 */
cg_status cg_module_probe_run(const char *program, const char *file, int64_t timeout_us, struct cg_error *error);

/**
 * Runs `program plugins probe FILE...` with at most CG_PROBE_TOGETHER_MAX files, and waits at most `timeout_us`. Sets
 * `ret_sound[i]` to 1 when the child loaded that file and came to a good end. 0 says nothing about a file, since any of
 * the others may have spoiled the child: such a file must be probed alone.
 */
void cg_module_probe_together(const char *program, const char *const *files, size_t count, int64_t timeout_us,
                              int32_t *ret_sound);

#endif
