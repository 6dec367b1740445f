/*
 * prometheus_notes.h - what an answer says besides its series: which labels there are, and what the server warns of.
 */
#ifndef CG_NET_PROMETHEUS_NOTES_H
#define CG_NET_PROMETHEUS_NOTES_H

#include "net/json_scan.h"
#include "net/prometheus.h"

/** Adds the names of a series' labels; `labels` stands before its object, which was read before. Error: CG_NO_MEMORY.
 */
cg_status cg_prometheus_note_names(struct cg_json_scan labels, struct cg_arena *arena,
                                   struct cg_prometheus_answer *answer);

/** Adds the texts of a list of warnings, each once, and steps over the list. `*ret_json` is false when it is no JSON.
 * Error: CG_NO_MEMORY. */
cg_status cg_prometheus_note_warnings(struct cg_json_scan *scan, struct cg_arena *arena,
                                      struct cg_prometheus_answer *answer, bool *ret_json);

#endif
