#include "base/error.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Makes what vsnprintf answered `needed` for a clean text. */
static void clean(char *text, size_t size, int needed) {
    if (needed < 0)
        text[0] = '\0';
    cg_text_clean(text, size, needed < 0 || (size_t)needed >= size);
}

cg_status cg_error_setv(struct cg_error *error, cg_status status, const char *format, va_list args) {
    if (!error)
        return status;
    int needed = vsnprintf(error->text, sizeof error->text, format, args);
    clean(error->text, sizeof error->text, needed);
    error->status = status;
    return status;
}

cg_status cg_error_set(struct cg_error *error, cg_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    cg_error_setv(error, status, format, args);
    va_end(args);
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
    clean(context, sizeof context, needed);
    char cause[CG_ERROR_TEXT_SIZE];
    memcpy(cause, error->text, sizeof cause);
    needed = snprintf(error->text, sizeof error->text, "%s: %s", context, cause);
    clean(error->text, sizeof error->text, needed);
    return error->status;
}

void cg_error_clear(struct cg_error *error) {
    error->status = CG_OK;
    error->text[0] = '\0';
}
