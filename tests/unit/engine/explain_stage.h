/*
 * explain_stage.h - a tenant with a billing line of each kind, for tests of what is told of them.
 *
 * All lines are of one cluster and of EXPLAIN_DATE, one for each product type: NETWORK (a chain of tiers), EVERYBODY
 * (the same without a resolver), NOBODY, CKU (a composition), BROKEN, OVERRIDDEN, and UNCLAIMED by any service. The
 * metrics source is replaced when linking.
 */
#ifndef CG_TEST_ENGINE_EXPLAIN_STAGE_H
#define CG_TEST_ENGINE_EXPLAIN_STAGE_H

#include "engine/explain.h"

#include "bench.h"

#define EXPLAIN_DATE "2026-06-01"

/** Longest answer. */
#define EXPLAIN_TEXT_BYTES 65536

/** A tenant, and how its metrics source behaves. It must not move. */
struct explain_stage {
    struct bench bench;
    struct cg_settings *settings; /**< with the overrides */
    struct cg_problems *problems;
    char text[EXPLAIN_TEXT_BYTES]; /**< the last answer */
    size_t used;
    uint64_t lines;   /**< that it told */
    cg_status status; /**< of taking the text; CG_OK at first */
};

/** 1: the source cannot be read; 1: it has more series than are listed. Set to 0 by explain_stage_open. */
extern int explain_fetch_fails;
extern int explain_many_series;

/** Opens a tenant; without people its inventory is empty. */
void explain_stage_open(struct explain_stage *stage, int with_people);

/** Ends it. */
void explain_stage_close(struct explain_stage *stage);

/** Asks; `date` 0 in the question is EXPLAIN_DATE. */
cg_status explain_stage_ask(struct explain_stage *stage, const struct cg_explain_question *question);

#endif
