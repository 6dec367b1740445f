/*
 * net.h - outgoing transfers on the event loop.
 *
 * One cg_net carries all HTTP clients of a process: a libcurl multi handle whose sockets and timer are libuv handles.
 * Everything here runs on the thread of the loop. The program must ignore SIGPIPE.
 */
#ifndef CG_NET_NET_H
#define CG_NET_NET_H

#include <uv.h>

#include "base/error.h"
#include "base/log.h"

struct cg_net;

/**
 * Attaches outgoing transfers to `loop`, which must outlive them. `log` may be NULL; retries are told there under
 * "net.http". Errors: CG_NO_MEMORY, CG_PERMANENT (libcurl or the loop cannot be set up).
 */
cg_status cg_net_new(uv_loop_t *loop, const struct cg_log *log, struct cg_net **ret, struct cg_error *error);

/**
 * Ends it: closes its handles and runs the loop until they are closed, which may call back other handles of that loop
 * too. All clients must have been freed before. Not from a callback of the loop. NULL is fine.
 */
void cg_net_free(struct cg_net *net);

/**
 * From now on every queued or running request, and every later one, ends with CG_CANCELLED. The callbacks come from the
 * loop, not from this call, so it may be called anywhere on the loop's thread.
 */
void cg_net_cancel(struct cg_net *net);

#endif
