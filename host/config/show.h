/*
 * show.h - the resolved settings as JSON, for --show-config.
 */
#ifndef CG_CONFIG_SHOW_H
#define CG_CONFIG_SHOW_H

#include "base/buf.h"
#include "config/settings.h"

/**
 * Appends JSON with an indent of two blanks and a newline at its end: `logging`, `features`, `api`, `preview`,
 * `tenants`, `plugins_path`. Secrets are "**********"; plugin_settings is left out; texts in the sections this program
 * does not know
 * (`preview`, `focus_preview`) are masked too. Errors: CG_NO_MEMORY, CG_RANGE (the buffer's ceiling).
 */
cg_status cg_settings_show(const struct cg_settings *settings, struct cg_buf *buf);

#endif
