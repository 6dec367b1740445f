/*
 * quarantine.h - what brought an earlier worker down is not called again.
 */
#ifndef CG_ENGINE_QUARANTINE_H
#define CG_ENGINE_QUARANTINE_H

#include "engine/calculate.h"

/** CG_PERMANENT with a sentence when `callee` (`what`: "allocator", "identity resolver") must not get this line. */
cg_status cg_quarantine_check(const struct cg_calculation_options *options, const struct cg_callee *callee,
                              const char *what, const struct cg_billing_line *line, struct cg_error *error);

#endif
