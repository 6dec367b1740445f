/*
 * manager.h - a service manager for tests: a datagram socket that keeps what a service says, and when.
 *
 * A thread listens from cg_test_manager_start to cg_test_manager_stop, so nothing is missed while a test does something
 * else. Every function ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TEST_SUPPORT_MANAGER_H
#define CG_TEST_SUPPORT_MANAGER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

/** What is counted. */
enum cg_test_said {
    CG_TEST_SAID_READY,
    CG_TEST_SAID_RELOADING,
    CG_TEST_SAID_WATCHDOG,
    CG_TEST_SAID_STOPPING,
    CG_TEST_SAID_COUNT
};

/** A manager that listens. */
struct cg_test_manager {
    char variable[128]; /**< "NOTIFY_SOCKET=path", for the service's environment */
    int fd;
    pthread_t thread;
    atomic_int ended;
    atomic_size_t said[CG_TEST_SAID_COUNT];
    /** Milliseconds: the longest silence between two watchdog messages since cg_test_manager_forget. */
    atomic_llong longest_gap;
    atomic_llong last_watchdog;
    atomic_size_t wrong_order; /**< READY before RELOADING, RELOADING twice, anything but watchdogs after STOPPING */
    int reloading;
    int stopping;
    int ready;
};

/** Begins to listen on a socket in `folder`. The manager stays where it is until it is stopped. */
void cg_test_manager_start(struct cg_test_manager *manager, const char *folder);

/** How often something was said. */
size_t cg_test_manager_count(const struct cg_test_manager *manager, enum cg_test_said what);

/** Waits until something was said so many times, for ten seconds. */
void cg_test_manager_await(const struct cg_test_manager *manager, enum cg_test_said what, size_t times);

/** Another life of the service begins: counts and orders from here on. Nobody may be speaking. */
void cg_test_manager_forget(struct cg_test_manager *manager);

/** Ends it. */
void cg_test_manager_stop(struct cg_test_manager *manager);

#endif
