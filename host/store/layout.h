/*
 * layout.h - the two ways in which a database can hold facts: as the shared schema has them, or in one partition for
 * each month.
 *
 * A database with monthly partitions is one of the shared schema that was converted, at its creation or later. Then
 * facts know their tenant, too, and the tenant is part of every key of the tables that grow, so that a cluster of
 * servers can be given a part of the tenants each.
 */
#ifndef CG_STORE_LAYOUT_H
#define CG_STORE_LAYOUT_H

#include "store/private.h"

/** Finds out whether the facts lie in monthly partitions, into `store->is_monthly`. 0 when there are no tables yet. */
cg_status cg_layout_look(struct cg_store *store, struct cg_error *error);

/** Whether the database has to be converted to what was asked for. To be asked after cg_layout_look. */
int32_t cg_layout_is_due(const struct cg_store *store);

/**
 * Refuses with CG_INVALID what cannot be had: partitions on a database without them, or a database without partitions
 * when it has some. To be asked after cg_layout_look.
 */
cg_status cg_layout_check(struct cg_store *store, struct cg_error *error);

/**
 * Puts the facts into monthly partitions, inside the transaction that holds the lock of the schema. Rows are moved by
 * statements over whole tables.
 */
cg_status cg_layout_convert(struct cg_store *store, struct cg_error *error);

#endif
