/* Fault rules: which requests go wrong, how, and how often. */
#ifndef CG_SIM_FAULTS_H
#define CG_SIM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

/** The ways in which a request can go wrong. */
enum cg_sim_fault_kind {
    CG_SIM_FAULT_STATUS,       /**< an HTTP error status */
    CG_SIM_FAULT_STALL,        /**< no answer until `seconds` have passed, then a closed connection */
    CG_SIM_FAULT_TRUNCATE,     /**< the first half of the body, with the Content-Length of that half */
    CG_SIM_FAULT_RESET,        /**< the connection is reset in the middle of the body */
    CG_SIM_FAULT_HTML,         /**< 200 with an HTML page */
    CG_SIM_FAULT_ARRAY,        /**< 200 with `[]` */
    CG_SIM_FAULT_NONJSON,      /**< 200, called JSON, but it is none */
    CG_SIM_FAULT_HUGE,         /**< a body without end, or of `bytes` bytes */
    CG_SIM_FAULT_REPEAT_TOKEN, /**< the next page token is the same for ever */
    CG_SIM_FAULT_SLOW,         /**< the right answer after `ms` milliseconds */
    CG_SIM_FAULT_KINDS,
};

/** Names of the kinds, in their order. */
extern const char *const cg_sim_fault_kind_names[CG_SIM_FAULT_KINDS];

/** Longest header text of a rule, with its NUL. */
#define CG_SIM_HEADER_SIZE 128

/** Most headers of a rule. */
#define CG_SIM_MOST_HEADERS 4

/** One rule. */
struct cg_sim_fault {
    char match[128]; /**< prefix of the path, as the client sent it */
    enum cg_sim_fault_kind kind;
    double rate;          /**< share of the matching requests it fires for, 0..1 */
    uint64_t times;       /**< fires this often at most */
    uint64_t skip;        /**< lets the first so many matching requests pass */
    unsigned status;      /**< CG_SIM_FAULT_STATUS: 400..599 */
    int retry_after;      /**< seconds for the header Retry-After, -1 = no header */
    int retry_after_date; /**< the same as an HTTP date so many seconds ahead, -1 = no header */
    double seconds;       /**< CG_SIM_FAULT_STALL */
    uint64_t ms;          /**< CG_SIM_FAULT_SLOW */
    int64_t from;         /**< fires only while the provider's clock is in [from, until), seconds since 1970 */
    int64_t until;
    uint64_t bytes; /**< CG_SIM_FAULT_HUGE, 0 = without end */
    char header_names[CG_SIM_MOST_HEADERS][CG_SIM_HEADER_SIZE];
    char header_values[CG_SIM_MOST_HEADERS][CG_SIM_HEADER_SIZE];
    size_t header_count;
    uint64_t matched; /**< requests that matched so far */
    uint64_t fired;   /**< how often it fired */
};

/** What the rules say about one request. */
struct cg_sim_fault_decision {
    bool fires;                /**< `fault` holds a fault other than SLOW and REPEAT_TOKEN */
    bool repeat_token;         /**< a REPEAT_TOKEN rule fired */
    uint64_t delay_ms;         /**< sum of the SLOW rules that fired */
    unsigned kinds;            /**< one bit per kind that fired */
    struct cg_sim_fault fault; /**< a copy, so that the rules may change while the request waits */
};

/** The rules; opaque. */
struct cg_sim_faults;

/** No rules; decisions follow from `seed`. NULL when memory is short. */
struct cg_sim_faults *cg_sim_faults_new(uint64_t seed);

/** Frees the rules; NULL is fine. */
void cg_sim_faults_free(struct cg_sim_faults *faults);

/**
 * Replaces all rules by those of a JSON text `{"rules":[...]}`, whose counters begin at 0.
 * On a bad text the old rules stay, and a sentence is written to `complaint`.
 */
bool cg_sim_faults_set(struct cg_sim_faults *faults, const char *json, char *complaint, size_t size);

/**
 * Decides about a request for `path` while the provider's clock says `now`. Rules are tried in order; SLOW and
 * REPEAT_TOKEN add to what follows, the first other rule that fires ends the search.
 */
void cg_sim_faults_decide(struct cg_sim_faults *faults, const char *path, int64_t now,
                          struct cg_sim_fault_decision *ret_decision);

/** Writes the rules with their counters as JSON. */
void cg_sim_faults_put(const struct cg_sim_faults *faults, struct cg_sim_text *text);

#endif
