/*
 * pipeline_stages.h - the stages of a run, in the order in which they are written here.
 *
 * Each tells the observer what it could not do and goes on; a status other than CG_OK ends the run. The counters of a
 * stage are in the run's result.
 */
#ifndef CG_ENGINE_PIPELINE_STAGES_H
#define CG_ENGINE_PIPELINE_STAGES_H

#include "engine/pipeline_run.h"

/** Inventory, bill and topics. Nothing to do in a run that goes on for a dead one. */
cg_status cg_stage_gather(struct cg_pipeline_run *run, struct cg_error *error);

/** The chargeback rows of the dates that changed. */
cg_status cg_stage_calculate(struct cg_pipeline_run *run, struct cg_error *error);

/** The topic rows of the dates that changed; nothing when the ecosystem describes no overlay. */
cg_status cg_stage_topics(struct cg_pipeline_run *run, struct cg_error *error);

/** Hands over what is due; with `topics` also the overlay's rows. */
cg_status cg_stage_emit(struct cg_pipeline_run *run, int32_t topics, struct cg_error *error);

/** Deletes what is older than it is to be kept. */
cg_status cg_stage_retain(struct cg_pipeline_run *run, struct cg_error *error);

#endif
