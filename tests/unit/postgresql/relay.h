/*
 * relay.h - what may stand between a program and its server: it passes on what both say, and does what poolers and bad
 * networks do.
 */
#ifndef CG_TEST_POSTGRESQL_RELAY_H
#define CG_TEST_POSTGRESQL_RELAY_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/un.h>

#include "support/postgres.h"

enum relay_fault {
    RELAY_SOUND,
    RELAY_FORGETS_OPTIONS, /**< as poolers that were told to ignore them */
    RELAY_LOSES_COMMIT,    /**< the connection breaks before the server hears of it */
    RELAY_LOSES_ANSWER     /**< the connection breaks when the server has committed */
};

/** One connection at a time. Must not move. */
struct relay {
    struct cg_test_postgres database; /**< the one given, through this relay */
    struct sockaddr_un server;
    char folder[32];
    char path[64];
    int listener;
    pthread_t thread;
    atomic_int fault; /**< enum relay_fault; a connection that was broken puts RELAY_SOUND */
};

void relay_start(struct relay *relay, const struct cg_test_postgres *database);
void relay_end(struct relay *relay);

#endif
