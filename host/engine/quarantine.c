#include "engine/quarantine.h"

#include <string.h>

cg_status cg_quarantine_check(const struct cg_calculation_options *options, const struct cg_callee *callee,
                              const char *what, const struct cg_billing_line *line, struct cg_error *error) {
    if (!options->quarantine_count)
        return CG_OK;
    struct cg_crumb_line key = {0};
    cg_crumb_line_of(line, &key);
    for (size_t i = 0; i < options->quarantine_count; i++) {
        const struct cg_quarantine *entry = &options->quarantine[i];
        if (strcmp(entry->module, callee->module->name) != 0 || !cg_crumb_symbol_is(entry->symbol, callee->symbol))
            continue;
        if (entry->whole_symbol || memcmp(&entry->line, &key, sizeof key) == 0)
            return cg_error_set(error, CG_PERMANENT, "%s '%s' of module '%s' %s", what, callee->symbol,
                                callee->module->name, entry->reason);
    }
    return CG_OK;
}
