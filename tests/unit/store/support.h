/*
 * support.h - stores on real databases, for the tests of this folder and of those above it.
 *
 * The same tests run on SQLite files and, with CG_TEST_DATABASE=postgresql, on a real PostgreSQL. SQL of tests is what
 * both understand, or says with stage_on_postgres() what it is. What stage_rows() shows is written alike: times and
 * dates as texts, flags as 0 and 1, texts in the order of their bytes.
 */
#ifndef CG_TEST_STORE_SUPPORT_H
#define CG_TEST_STORE_SUPPORT_H

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "store/billing.h"
#include "store/emission.h"
#include "store/facts.h"
#include "store/inventory.h"
#include "store/report.h"
#include "store/runs.h"
#include "store/store.h"
#include "store/topics.h"
#include "support/postgres.h"

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define DAY CG_DAY_US

/** A database of its own, an open store, and a plain connection to look at it from outside. */
struct stage {
    char folder[64];     /* of the file, empty on PostgreSQL */
    char path[PATH_MAX]; /* the file; on PostgreSQL none is there */
    struct cg_test_postgres database;
    struct cg_sql_target target; /* what the store is opened with */
    struct cg_field query[2];
    const char *partitioning; /* NULL: as the database has it */
    struct cg_store *store;
    struct cg_sql_connection *outside;
    struct pg_conn *session; /* on PostgreSQL */
    struct cg_arena *arena;
    struct cg_error error;
    char log[4096]; /* filled by stage_log */
    int log_fd;
    struct cg_log *logger;
};

/** The driver of the database that is tested. */
const struct cg_sql_driver *stage_driver(void);

/** 1 when that is PostgreSQL. */
int stage_on_postgres(void);

/** A new folder with a path for a database that does not exist yet; on PostgreSQL a new, empty database. */
void stage_init(struct stage *stage);

/** Opens the store; asserts that it works. */
void stage_open(struct stage *stage);

/** Opens it for the given ecosystem and flags, answering the status; the text is in stage->error. */
cg_status stage_try(struct stage *stage, int32_t has_environments, uint32_t flags);

/** Closes everything and removes the files. */
void stage_done(struct stage *stage);

/** Runs SQL from outside; asserts that it works. "$time(x)" makes a time of a text. */
void stage_run(struct stage *stage, const char *text);

/** The first column of all rows of a query from outside, joined by newlines; NULL as "NULL". Static memory. */
const char *stage_rows(struct stage *stage, const char *sql);

/** A query for the names of all tables. */
const char *stage_tables(void);

/** A query of the database's own look at itself; its answer is "ok". */
const char *stage_soundness(void);

/** A query whose answer changes with whatever is written. */
const char *stage_changes(void);

/**
 * Makes the database refuse an INSERT into or DELETE from (`event`) a table, with a text of its own: of rows whose
 * `column` is `value`, or of all (NULL). stage_allow ends that.
 */
void stage_refuse(struct stage *stage, const char *event, const char *table, const char *column, const char *value,
                  const char *text);
void stage_allow(struct stage *stage, const char *table);

/** Takes the write lock from outside, as another process would, and gives it back. */
void stage_lock(struct stage *stage);
void stage_unlock(struct stage *stage);

/** What the store logged so far. */
const char *stage_log(struct stage *stage);

/** Asserts that a query gives these rows. */
#define assert_rows(stage_, sql_, wanted_) cr_assert_str_eq(stage_rows((stage_), (sql_)), (wanted_), "%s", (sql_))

/** Asserts that a call of the store works. */
#define assert_ok(stage_, call_) cr_assert_eq((call_), CG_OK, "%s: %s", #call_, (stage_)->error.text)

/** Midnight of a date, "2026-01-31"; or a time. */
int64_t at(const char *text);

/** A decimal. */
struct cg_decimal number(const char *text);

/** A daily line: cost in dollars, quantity 1. */
struct cg_billing_line line_of(const char *time, const char *env, const char *resource, const char *product,
                               const char *cost);

/** A fact that belongs to such a line. */
struct cg_fact fact_of(const char *time, const char *env, const char *resource, const char *product,
                       const char *identity, const char *amount);

/** Replaces the lines of one date; `count` lines. */
void stage_bill(struct stage *stage, const char *date, const struct cg_billing_line *lines, size_t count);

/** Makes sure that there is a run of that number, of another tenant; a calculation refers to one. */
void stage_add_run(struct stage *stage, int run_id);

/** The run that writes dates. */
#define STAGE_RUN 7

/** Writes a date's facts, in STAGE_RUN, and answers the status; `ret_changed` may be NULL. */
cg_status stage_write(struct stage *stage, const char *date, const struct cg_fact *facts, size_t count,
                      int32_t *ret_changed);

/** The same when the run is there already: through the store alone, so that a process of its own may do it. */
cg_status stage_write_again(struct stage *stage, const char *date, const struct cg_fact *facts, size_t count,
                            int32_t *ret_changed);

/** A topic's row of cluster "lkc-1" in environment "env-1", method "bytes_ratio". */
struct cg_topic_fact topic_of(const char *time, const char *topic, const char *product, const char *amount);

/** Writes a date's topic rows with nothing pending, and answers the status; `ret_changed` may be NULL. */
cg_status stage_attribute(struct stage *stage, const char *date, const struct cg_topic_fact *facts, size_t count,
                          int32_t *ret_changed);

#endif
