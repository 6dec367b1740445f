#include "api/csv.h"

#include <string.h>

static int needs_quotes(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (text[i] == ',' || text[i] == '"' || text[i] == '\r' || text[i] == '\n')
            return 1;
    return 0;
}

static int looks_like_formula(const char *text, size_t length) {
    return length > 0 && text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
}

void cg_csv_add_text(struct cg_buf *out, const char *text, size_t length) {
    const char *prefix = looks_like_formula(text, length) ? "'" : "";
    if (!needs_quotes(text, length)) {
        cg_buf_add_text(out, prefix);
        cg_buf_add(out, text, length);
        return;
    }
    cg_buf_add_char(out, '"');
    cg_buf_add_text(out, prefix);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            cg_buf_add_char(out, '"');
        cg_buf_add_char(out, text[i]);
    }
    cg_buf_add_char(out, '"');
}
