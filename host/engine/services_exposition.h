/*
 * services_exposition.h - samples of emitters (<chitragupt/exposition.h>) as one module sees them.
 */
#ifndef CG_ENGINE_SERVICES_EXPOSITION_H
#define CG_ENGINE_SERVICES_EXPOSITION_H

#include <chitragupt/exposition.h>

/** The table handed to modules. It reads where samples go from the params of the entry. */
extern const struct cg_exposition_api cg_exposition_api_table;

#endif
