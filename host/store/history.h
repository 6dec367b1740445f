/*
 * history.h - the revisions of the shared tables, and the steps between them that changed data.
 *
 * Each step is one statement over a whole table and does nothing where it was done before.
 */
#ifndef CG_STORE_HISTORY_H
#define CG_STORE_HISTORY_H

#include "store/ddl.h"

/** The revision that gave lines with an environment a table of their own. */
#define CG_HISTORY_ENVIRONMENT_BILLING "ddebea2fe0a8"
/** The one that gave dimensions their environment. */
#define CG_HISTORY_DIMENSION_ENVIRONMENT "009"
/** The one that replaced custom_tags by tags. */
#define CG_HISTORY_TAGS "011"
/** The last one that touched a shared table: from here on all of them are as they stay. */
#define CG_HISTORY_FINAL "029"

/** The place of a revision in the history, from 1; 0 for an unknown one. */
int32_t cg_history_position(const char *revision);

/**
 * Refuses (CG_PERMANENT) a table billing from before CG_HISTORY_ENVIRONMENT_BILLING in which lines of another ecosystem
 * than the store's have an environment: they could not be moved.
 */
cg_status cg_history_check_billing(struct cg_store *store, const struct cg_ddl_columns *columns,
                                   struct cg_error *error);

/** Gives dimensions without an environment the greatest one that ccloud_billing has for their resource. */
cg_status cg_history_fill_environments(struct cg_store *store, struct cg_error *error);

/** Gives topics without a resource id theirs: "<cluster>:topic:<name>". */
cg_status cg_history_name_topics(struct cg_store *store, struct cg_error *error);

/** Drops custom_tags, if it is there; `*ret_rows` is how many rows it had. */
cg_status cg_history_drop_labels(struct cg_store *store, int64_t *ret_rows, struct cg_error *error);

#endif
