/*
 * load.h - clients of the REST API at work: some read whatever there is, some write tags and keep a log of what was
 * answered.
 *
 * Every client is a thread. Half of the readers keep their connections, the others open one for each request. What goes
 * wrong is counted, not told at once, because only the test knows what may.
 */
#ifndef CG_TEST_SUPPORT_LOAD_H
#define CG_TEST_SUPPORT_LOAD_H

#include <stddef.h>

struct cg_test_load;

/** Whom to ask, and how hard. Everything is borrowed until the load is stopped. */
struct cg_test_load_options {
    const char *const *tenants; /**< with data, NULL-terminated */
    const char *resource;       /**< of each tenant's inventory; its tags are written */
    unsigned port;
    unsigned readers;
    unsigned writers;
    unsigned pause_us; /**< of each client after each request */
    int tls;           /**< 1: https, with whatever certificate */
    int tidy;          /**< 1: every tag is taken away again, so that databases do not grow */
    int triggers;      /**< 1: runs are asked for, too */
    int excused;       /**< 1: from the beginning, see cg_test_load_excuse */
};

/** What came of it. */
struct cg_test_load_figures {
    size_t requests;
    size_t good;      /**< answered with 2xx, or a wish for a run with 409 or 503 */
    size_t refused;   /**< no connection, or /health said that the program is about to end */
    size_t broken;    /**< a connection that ended too early */
    size_t late;      /**< no answer within half a minute */
    size_t errors;    /**< answered with another 5xx */
    size_t others;    /**< answered with anything else */
    size_t excused;   /**< of all these, the ones in moments that were excused */
    size_t written;   /**< tag requests that were answered with 2xx */
    size_t unknown;   /**< tag requests that were not */
    long slowest_ms;  /**< of the good ones */
    char first[1024]; /**< the first that went wrong and was not excused, or "" */
};

/** Begins. Ends the running Criterion test when it cannot. */
struct cg_test_load *cg_test_load_start(const struct cg_test_load_options *options);

/** From now on requests go to another port. */
void cg_test_load_move(struct cg_test_load *load, unsigned port);

/** What goes wrong from now on is excused (1), or counts again (0) for requests that begin from now on. An answer of
 * 5xx never is. */
void cg_test_load_excuse(struct cg_test_load *load, int excused);

/** What has gone wrong so far and was not excused. */
size_t cg_test_load_failures(struct cg_test_load *load);

/** Ends all clients. */
void cg_test_load_stop(struct cg_test_load *load, struct cg_test_load_figures *ret);

/**
 * Ends the test unless every tag is in `folder`/`<tenant>.db` as it was answered: one that was not answered may be
 * there or not. Returns how many were looked for. The load has stopped.
 */
size_t cg_test_load_check(const struct cg_test_load *load, const char *folder);

/** Frees one that has stopped. NULL is fine. */
void cg_test_load_free(struct cg_test_load *load);

#endif
