/*
 * graph_stage.h - the routes of the graph on a database that a test fills, and short forms of what they answer.
 */
#ifndef CG_TEST_API_GRAPH_STAGE_H
#define CG_TEST_API_GRAPH_STAGE_H

#include "api/support.h"

/** An empty database with the four routes; "now" is 2026-03-20T12:00:00Z. */
void graph_open(struct api_stage *stage);

/** Rows. Texts are put between quotes as they are; NULL is NULL. */
void graph_resource(struct api_stage *stage, const char *id, const char *type, const char *name, const char *parent,
                    const char *created_at, const char *deleted_at);
void graph_identity(struct api_stage *stage, const char *id, const char *name, const char *created_at,
                    const char *deleted_at);
void graph_tag(struct api_stage *stage, const char *type, const char *id, const char *key, const char *value);

/** A chargeback of 00:00 on a date, or of a time; "" for no environment. */
void graph_fact(struct api_stage *stage, const char *time, const char *env, const char *resource, const char *identity,
                const char *amount);

/** What is attributed to topic `topic` of a cluster, "<cluster>:topic:<topic>". */
void graph_topic_fact(struct api_stage *stage, const char *time, const char *cluster, const char *topic,
                      const char *amount);

/** SQL with %d counted from `first` to `last`, one statement for each. */
void graph_repeat(struct api_stage *stage, int first, int last, const char *sql);

/**
 * The nodes of an answer, one per line: `id type "name" cost`, then `[count total]` for those that stand for others,
 * and `deleted`. Static memory.
 */
const char *graph_nodes(const struct api_stage *stage);

/** Its edges: `source > target type cost`. Static memory. */
const char *graph_edges(const struct api_stage *stage);

/** A member of all elements of a list of the answer, joined by blanks: ("nodes", "id"). Static memory. */
const char *graph_column(const struct api_stage *stage, const char *list, const char *member);

/** Asserts that a GET answers 200 with these nodes, and these edges unless NULL. */
void graph_expect(struct api_stage *stage, const char *target, const char *nodes, const char *edges);

/** The database of the examples: March 2026 of acme-org, 70.10 of which 15 belong to no environment. */
void graph_acme(struct api_stage *stage);

#endif
