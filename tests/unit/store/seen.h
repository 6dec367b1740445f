/*
 * seen.h - a PostgreSQL database as stage_run() and stage_rows() see it, through a session of its own.
 */
#ifndef CG_TEST_STORE_SEEN_H
#define CG_TEST_STORE_SEEN_H

#include "support.h"

/** Runs statements. */
void stage_postgres_run(struct stage *stage, const char *sql);

/**
 * The first column of all rows, joined by newlines. The tables are seen as SQLite would show them: times as texts with
 * or without a fraction, dates as texts, flags as numbers, texts ordered by their bytes.
 */
void stage_postgres_rows(struct stage *stage, const char *sql, char *rows, size_t size);

/** Ends the session and drops the database. Fine without them. */
void stage_postgres_done(struct stage *stage);

#endif
