/*
 * topic_inputs.h - what the topic rows of a date follow from, as one short text.
 *
 * The metrics themselves are not asked for again: what a window had does not change once it is over.
 */
#ifndef CG_ENGINE_TOPIC_INPUTS_H
#define CG_ENGINE_TOPIC_INPUTS_H

#include "base/digest.h"
#include "engine/topic_groups.h"
#include "engine/topic_lives.h"

/** What all dates follow from: rules, measures, patterns, where the metrics come from. Secrets are left out. */
void cg_topic_inputs_overlay(const struct cg_runtime *runtime, int32_t has_source, unsigned char ret[CG_DIGEST_BYTES]);

/**
 * The digest of one date: the overlay's, the lines, the topics of each window; of windows that are not over at `now`
 * also its day. Errors: those of cg_topic_lives.
 */
cg_status cg_topic_inputs_date(const unsigned char overlay[CG_DIGEST_BYTES], const struct cg_topic_groups *groups,
                               struct cg_topic_lives *lives, int64_t now, char ret[CG_DIGEST_TEXT_SIZE],
                               struct cg_error *error);

#endif
