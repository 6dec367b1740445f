/*
 * problem.h - a sentence about what went wrong, kept until the host asks for it.
 */
#ifndef CSV_PROBLEM_H
#define CSV_PROBLEM_H

#include <chitragupt/error.h>

/** Size of a buffer for any sentence of this module; longer ones are cut. */
#define CSV_PROBLEM_SIZE 1024

/** Writes the sentence into `problem` (CSV_PROBLEM_SIZE bytes); returns `status`. */
cg_status csv_problem_set(char *problem, cg_status status, const char *format, ...) CG_PRINTF(3, 4);

/**
 * The same for a call that the system refused: ": " and errno's text go behind the sentence. Returns CG_TEMPORARY when
 * the cause may go away by itself (disk full, input/output), else CG_PERMANENT.
 */
cg_status csv_problem_errno(char *problem, const char *format, ...) CG_PRINTF(2, 3);

#endif
