/*
 * crumb.h - a note of what a worker is about to do, in memory that outlives it.
 *
 * The worker writes into a page it shares with the host process before it calls into a module, so that the host can say
 * which module, symbol and line were at work when the worker died. Plain memory, no locks: it is read only after the
 * writer is gone.
 */
#ifndef CG_ENGINE_CRUMB_H
#define CG_ENGINE_CRUMB_H

#include <chitragupt/model.h>

/** In place of a module's name while the files of all modules are opened. */
#define CG_CRUMB_LOADING "(loading)"

/** Values of `stop`. */
#define CG_STOP_WANTED 1    /**< somebody wants the run to end */
#define CG_STOP_TIME_OVER 2 /**< it has used up its tenant_execution_timeout_seconds */

/** Which line of the bill. Texts are cut to fit. */
struct cg_crumb_line {
    int64_t timestamp;
    char env_id[128];
    char resource_id[256];
    char product_type[128];
    char product_category[128];
};

/** What the worker is doing. */
struct cg_crumb {
    uint32_t in_module; /**< 1 while a module's function runs */
    uint32_t has_line;  /**< 1 while `line` says which one it works on */
    char module[64];
    char symbol[256];  /**< the allocator's, resolver's or emitter entry's name; "" for ecosystems */
    char function[32]; /**< what was called: "allocate", "gather_billing" */
    char what[32];     /**< "allocator", "identity resolver", "ecosystem", "emitter", "module" */
    struct cg_crumb_line line;
    volatile int32_t stop;          /**< written by the host process: CG_STOP_ asks the worker to stop */
    volatile int32_t out_of_memory; /**< the worker's limit in MiB, if it was about to die for want of memory */
};

/** Notes that a module's function is about to run. `crumb` may be NULL, here and below; `line` may be NULL. */
void cg_crumb_enter(struct cg_crumb *crumb, const char *what, const char *module, const char *symbol,
                    const char *function, const struct cg_billing_line *line);

/** Notes that it returned. */
void cg_crumb_leave(struct cg_crumb *crumb);

/** True when a symbol that a crumb has noted, cut if it was long, is this one. */
int32_t cg_crumb_symbol_is(const char *noted, const char *symbol);

/** Fills `ret` with a line's key, cut as a crumb cuts it. */
void cg_crumb_line_of(const struct cg_billing_line *line, struct cg_crumb_line *ret);

#endif
