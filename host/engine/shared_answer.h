/*
 * shared_answer.h - one resolver's answer for the lines that follow each other and share it.
 *
 * They share resource, environment, window and service. The answer of an override is for one product type, because that
 * may be all its author looked at.
 */
#ifndef CG_ENGINE_SHARED_ANSWER_H
#define CG_ENGINE_SHARED_ANSWER_H

#include "engine/alive.h"
#include "engine/line_group.h"
#include "engine/resolve.h"

/** What an answer is made of. Everything is borrowed. */
struct cg_answer_context {
    const struct cg_calculation_options *options;
    struct cg_alive *alive;
    struct cg_arena *arena;         /**< of the date */
    struct cg_questions *questions; /**< or NULL */
    struct cg_listings *listings;   /**< of the arena */
};

/** The last answer. Starts zeroed. */
struct cg_shared_answer {
    const struct cg_line_group *group;
    const struct cg_service *service;
    const struct cg_identity_resolver *resolver;
    const char *product_type; /**< NULL: any of the service */
    const char *env_id;
    struct cg_identity_list tenant_period;
    struct cg_resolution resolution;
    cg_status status;
    int32_t own; /**< 1: a failure is the program's own, not the resolver's */
};

/**
 * Makes `answer` that of a line with binding and group, asking the resolver when the last one does not fit. The error
 * of a resolver is its own sentence; `answer->own` tells the program's own errors apart.
 */
cg_status cg_shared_answer_get(const struct cg_answer_context *context, const struct cg_line_work *item,
                               struct cg_shared_answer *answer, struct cg_error *error);

#endif
