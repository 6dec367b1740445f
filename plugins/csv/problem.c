#include "problem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

cg_status csv_problem_set(char *problem, cg_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(problem, CSV_PROBLEM_SIZE, format, args);
    va_end(args);
    return status;
}

cg_status csv_problem_errno(char *problem, const char *format, ...) {
    int cause = errno;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(problem, CSV_PROBLEM_SIZE, format, args);
    va_end(args);
    if (length >= 0 && length < CSV_PROBLEM_SIZE)
        (void)snprintf(problem + length, CSV_PROBLEM_SIZE - (size_t)length, ": %s", strerror(cause));
    return cause == ENOSPC || cause == EDQUOT || cause == EIO || cause == EAGAIN ? CG_TEMPORARY : CG_PERMANENT;
}
