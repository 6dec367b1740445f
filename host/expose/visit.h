/*
 * visit.h - one request for a page, from its arrival to the last byte of the answer.
 */
#ifndef CG_EXPOSE_VISIT_H
#define CG_EXPOSE_VISIT_H

#include "base/buf.h"
#include "expose/page.h"
#include "expose/question.h"
#include "expose/squeeze.h"

/** What the visits of all listeners share. Of the loop's thread. */
struct cg_visitors {
    uv_loop_t *loop;
    const struct cg_log *log;
    uint32_t count;              /**< visits that have not ended */
    uint32_t running;            /**< of them on a thread */
    struct cg_page_visit *first; /**< waiting for a thread, in their order */
    struct cg_page_visit *last;
    size_t open_files;               /**< that a page may keep open */
    int priority;                    /**< of the threads that read */
    int64_t told_at;                 /**< when a warning was logged, in seconds of the loop */
    char told[CG_SCAN_WARNING_SIZE]; /**< which one */
    void (*idle)(void *user);        /**< called whenever a visit has ended */
    void *user;
};

/**
 * Answers a request of a listener that serves this site of this plan, of which a reference is kept. The exchange's user
 * pointer belongs to the visit.
 */
void cg_page_visit_begin(struct cg_visitors *visitors, struct cg_expose_plan *plan, const struct cg_expose_site *site,
                         struct cg_http_exchange *exchange);

/** The exchange has ended. */
void cg_page_visit_ended(struct cg_http_exchange *exchange);

#endif
