/*
 * tables.h - the statements that create our own tables, migration by migration. Tokens as in ddl.h.
 */
#ifndef CG_STORE_TABLES_H
#define CG_STORE_TABLES_H

#include <stddef.h>

/** Migration 1 of our own tables. */
extern const char *const cg_tables_own_1[];
extern const size_t cg_tables_own_1_count;

/** Migration 2: what dates follow from, the topic overlay, revisions of days, families of the inventory. */
extern const char *const cg_tables_own_2[];
extern const size_t cg_tables_own_2_count;

#endif
