/*
 * postgres.h - a real PostgreSQL for tests: databases that are made for one test and dropped after it.
 *
 * The server is the one of the CTest fixture "postgres" (environment variable CG_TEST_POSTGRES: its folder). A program
 * that is run without the fixture starts one when it first needs it and stops it at its end. Its order of texts is
 * that of a language and its time zone is not UTC, as on servers of others. Every function ends the running Criterion
 * test when it cannot do what it says.
 */
#ifndef CG_TEST_SUPPORT_POSTGRES_H
#define CG_TEST_SUPPORT_POSTGRES_H

#include <stddef.h>

#define CG_TEST_POSTGRES_NAME_SIZE 64
#define CG_TEST_POSTGRES_URL_SIZE 512

/** A server of a test's own, see cg_test_postgres_server_start. */
struct cg_test_postgres_server {
    char folder[CG_TEST_POSTGRES_URL_SIZE]; /**< what the script works on: `url`, `log` */
    char url[CG_TEST_POSTGRES_URL_SIZE];    /**< of its database "postgres" */
    unsigned port;                          /**< of 127.0.0.1; 0: sockets of the file system only */
};

/** A database, and how to get at it. */
struct cg_test_postgres {
    char name[CG_TEST_POSTGRES_NAME_SIZE];
    char url[CG_TEST_POSTGRES_URL_SIZE]; /**< postgresql://user:password@/name?host=...&port=... */
    char user[CG_TEST_POSTGRES_NAME_SIZE];
    char password[CG_TEST_POSTGRES_NAME_SIZE]; /**< as it is, with characters that an address must escape */
    char host[CG_TEST_POSTGRES_URL_SIZE];      /**< the folder of the socket */
    char port[8];
    char admin[CG_TEST_POSTGRES_URL_SIZE]; /* address of the database "postgres" */
};

/** 1 when tests that run on any database are to run on PostgreSQL: CG_TEST_DATABASE=postgresql. */
int cg_test_on_postgres(void);

/** Makes a new, empty database on the shared server. A test may have several. To be dropped. */
void cg_test_postgres_create(struct cg_test_postgres *ret);

/** The same on a server of the test's own. */
void cg_test_postgres_create_on(const struct cg_test_postgres_server *server, struct cg_test_postgres *ret);

/** Drops the database; whoever is connected to it is thrown out. Fine for one that is zeroed or already dropped. */
void cg_test_postgres_drop(struct cg_test_postgres *database);

/** Runs statements, separated by ";", on the database. */
void cg_test_postgres_run(const struct cg_test_postgres *database, const char *sql);

/**
 * The first column of all rows of a query, joined by newlines; NULL as "NULL". The session is in UTC, times are written
 * as ISO. The caller frees it.
 */
char *cg_test_postgres_rows(const struct cg_test_postgres *database, const char *sql);

/** The query's only value as a whole number. */
long long cg_test_postgres_number(const struct cg_test_postgres *database, const char *sql);

/** A statement that puts, for the rest of a transaction, a view of the same name in front of each table, whose rows are
 * written as SQLite writes them: times with or without a fraction, dates as texts, flags as numbers, texts in the order
 * of their bytes. */
extern const char cg_test_postgres_alike[];

/** Begins to look at the database that way, in one snapshot each query; ended by cg_test_postgres_look_end. */
struct pg_conn *cg_test_postgres_look(const struct cg_test_postgres *database);
void cg_test_postgres_look_end(struct pg_conn *session);

/** Hands over the rows of a query; NULL is NULL. */
void cg_test_postgres_look_each(struct pg_conn *session, const char *sql,
                                void (*each)(void *user, const char *const *values, int count), void *user);

/** Ends the sessions of all others on the database, as an administrator would; returns how many. */
int cg_test_postgres_kill(const struct cg_test_postgres *database);

/** Starts a server of the test's own, which it may stop; `with_tcp`: it also listens on 127.0.0.1. */
void cg_test_postgres_server_start(int with_tcp, struct cg_test_postgres_server *ret);

/** Stops it at once, as a crash does, or starts it again with the same data. */
void cg_test_postgres_server_kill(struct cg_test_postgres_server *server);
void cg_test_postgres_server_again(struct cg_test_postgres_server *server);

/** Stops it and removes everything. */
void cg_test_postgres_server_done(struct cg_test_postgres_server *server);

#endif
