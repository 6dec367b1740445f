#include "api/metrics_text.h"

void cg_metrics_head(struct cg_buf *out, const char *name, const char *type, const char *help) {
    cg_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void cg_metrics_one(struct cg_buf *out, const char *name, const char *type, const char *help, uint64_t value) {
    cg_metrics_head(out, name, type, help);
    cg_buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

void cg_metrics_label(struct cg_buf *out, const char *text) {
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            cg_buf_add_char(out, '\\');
        if (*text == '\n')
            cg_buf_add_text(out, "\\n");
        else
            cg_buf_add_char(out, *text);
    }
}
