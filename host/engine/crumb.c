#include "engine/crumb.h"

#include <string.h>

#include "module/elf_file.h"

_Static_assert(sizeof((struct cg_crumb *)0)->symbol > CG_ELF_NAME_MAX, "a crumb has room for every override's symbol");

/* Cut at a whole character, because the text travels on as JSON. */
static void copy_cut(char *target, size_t size, const char *text) {
    size_t length = text ? strnlen(text, size) : 0;
    if (length == size) {
        length--;
        while (length && ((unsigned char)text[length] & 0xC0u) == 0x80u)
            length--;
    }
    if (length)
        memcpy(target, text, length);
    memset(target + length, 0, size - length);
}

void cg_crumb_line_of(const struct cg_billing_line *line, struct cg_crumb_line *ret) {
    ret->timestamp = line->timestamp;
    copy_cut(ret->env_id, sizeof ret->env_id, line->env_id);
    copy_cut(ret->resource_id, sizeof ret->resource_id, line->resource_id);
    copy_cut(ret->product_type, sizeof ret->product_type, line->product_type);
    copy_cut(ret->product_category, sizeof ret->product_category, line->product_category);
}

void cg_crumb_enter(struct cg_crumb *crumb, const char *what, const char *module, const char *symbol,
                    const char *function, const struct cg_billing_line *line) {
    if (!crumb)
        return;
    copy_cut(crumb->what, sizeof crumb->what, what);
    copy_cut(crumb->module, sizeof crumb->module, module);
    copy_cut(crumb->symbol, sizeof crumb->symbol, symbol);
    copy_cut(crumb->function, sizeof crumb->function, function);
    crumb->has_line = line != NULL;
    if (line)
        cg_crumb_line_of(line, &crumb->line);
    crumb->in_module = 1;
}

void cg_crumb_leave(struct cg_crumb *crumb) {
    if (crumb)
        crumb->in_module = 0;
}

int32_t cg_crumb_symbol_is(const char *noted, const char *symbol) {
    char cut[sizeof((struct cg_crumb *)0)->symbol];
    copy_cut(cut, sizeof cut, symbol);
    return strncmp(noted, cut, sizeof cut) == 0;
}
