#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts an over-long text so that it ends in "..." and in no half UTF-8 character. */
static void cut(char *text, int needed) {
    if (needed >= 0 && needed < CG_ERROR_TEXT_SIZE)
        return;
    size_t end = CG_ERROR_TEXT_SIZE - 4;
    while (end > 0 && ((unsigned char)text[end] & 0xC0u) == 0x80u)
        end--;
    memcpy(text + end, "...", 4);
}

cg_status cg_error_set(struct cg_error *error, cg_status status, const char *format, ...) {
    if (!error)
        return status;
    va_list args;
    va_start(args, format);
    int needed = vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    cut(error->text, needed);
    error->status = status;
    return status;
}

cg_status cg_error_no_memory(struct cg_error *error) {
    return cg_error_set(error, CG_NO_MEMORY, "out of memory");
}

cg_status cg_error_wrap(struct cg_error *error, const char *format, ...) {
    if (!error)
        return CG_PERMANENT;
    char context[CG_ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    int needed = vsnprintf(context, sizeof context, format, args);
    va_end(args);
    cut(context, needed);
    char whole[2 * CG_ERROR_TEXT_SIZE];
    needed = snprintf(whole, sizeof whole, "%s: %s", context, error->text);
    memcpy(error->text, whole, CG_ERROR_TEXT_SIZE - 1);
    error->text[CG_ERROR_TEXT_SIZE - 1] = '\0';
    cut(error->text, needed);
    return error->status;
}

void cg_error_clear(struct cg_error *error) {
    error->status = CG_OK;
    error->text[0] = '\0';
}
