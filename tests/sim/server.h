/* The HTTP side: one thread, libmicrohttpd on an epoll descriptor that the caller waits on. */
#ifndef CG_SIM_SERVER_H
#define CG_SIM_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "api.h"

/** A running server; opaque. */
struct cg_sim_server;

/**
 * Listens and makes the server ready; nothing is answered before cg_sim_server_run().
 * `world` is borrowed. On failure prints one sentence to stderr and returns NULL.
 */
struct cg_sim_server *cg_sim_server_new(struct cg_sim_world *world);

/** The port it listens on. */
uint16_t cg_sim_server_port(const struct cg_sim_server *server);

/** Answers requests until SIGTERM or SIGINT, which must be blocked in the calling thread. False on a failure. */
bool cg_sim_server_run(struct cg_sim_server *server);

/** Closes all connections and frees the server; NULL is fine. */
void cg_sim_server_free(struct cg_sim_server *server);

#endif
