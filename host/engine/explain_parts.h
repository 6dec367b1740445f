/*
 * explain_parts.h - the parts of an explanation, in the order in which they are told; explain.c and its parts share it.
 */
#ifndef CG_ENGINE_EXPLAIN_PARTS_H
#define CG_ENGINE_EXPLAIN_PARTS_H

#include "engine/explain.h"
#include "store/stored.h"

/** Longest line of the text; a longer one is cut and ends in "...". */
#define CG_EXPLAIN_LINE_SIZE 4096

/** Most identities, entries or differences that are listed; how many more there are is told. */
#define CG_EXPLAIN_LIST_LIMIT ((size_t)100)

/** "s" behind a noun, unless there is one. */
#define CG_EXPLAIN_PLURAL(count_) ((count_) == 1 ? "" : "s")

/** An answer while it is told. */
struct cg_explanation {
    struct cg_runtime *runtime;
    struct cg_store *store;
    const struct cg_explain_question *question;
    cg_explain_writer writer;
    void *user;
    struct cg_arena *arena; /**< emptied for every line */
    struct cg_calculated calculated;
    struct cg_buf text;   /**< whole lines that were not handed over yet */
    struct cg_buf others; /**< lines that were not asked for, a few of them, for the case that none was */
    uint64_t seen;        /**< lines of the date */
    uint64_t fitting;     /**< those of the wanted resource and product type */
    uint64_t told;
    cg_status status; /**< the first failure; nothing is said after it */
    struct cg_error *error;
};

/** Says one line, `depth` steps indented. Control characters and bytes that are no UTF-8 become '?'. */
void cg_explain_say(struct cg_explanation *explanation, int depth, const char *format, ...) CG_PRINTF(3, 4);

/** Hands over what was said; returns the explanation's status. */
cg_status cg_explain_flush(struct cg_explanation *explanation);

/** Takes memory from the explanation's arena; NULL makes the explanation fail. */
void *cg_explain_array(struct cg_explanation *explanation, size_t count, size_t size);

/** True when an identity is to be listed: no identity is asked for, or this one is. */
int cg_explain_lists(const struct cg_explanation *explanation, const char *identity_id);

/** Says how many of `total` things were not listed, if any. */
void cg_explain_say_more(struct cg_explanation *explanation, int depth, size_t told, size_t total);

/** A number of a metric as text, "12" rather than "12.0"; `buffer` has CG_DECIMAL_TEXT_SIZE bytes. */
const char *cg_explain_number(double value, char *buffer);

/** The bill, the window, the functions in effect. */
void cg_explain_line(struct cg_explanation *explanation, const struct cg_line_story *story);

/** What the metrics source was asked and answered, or why it was not. */
void cg_explain_metrics(struct cg_explanation *explanation, const struct cg_line_story *story);

/** Who was found, and where; what the resolver left for the allocator. */
void cg_explain_people(struct cg_explanation *explanation, const struct cg_line_story *story);

/** The rows, and whether they sum to the cost. */
void cg_explain_rows(struct cg_explanation *explanation, const struct cg_line_story *story);

/** How the rows were rounded, split by split: rows that follow each other and differ only in identity and amount. */
void cg_explain_rounding(struct cg_explanation *explanation, const struct cg_line_story *story);

/** How the stored rows compare. */
void cg_explain_stored(struct cg_explanation *explanation, const struct cg_line_story *story);

#endif
