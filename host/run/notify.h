/*
 * notify.h - tells a service manager how the service is: the datagrams of sd_notify(3), whose format is promised to
 * stay. Without a manager every function does nothing.
 */
#ifndef CG_RUN_NOTIFY_H
#define CG_RUN_NOTIFY_H

#include <chitragupt/error.h>
#include <uv.h>

struct cg_notify;

/**
 * Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no worker and no module sees
 * them; for the main thread, before there are others. `*ret` is NULL when nobody wants to be told, or cannot be
 * reached. Error: CG_NO_MEMORY.
 */
cg_status cg_notify_new(struct cg_notify **ret);

/** Ends it, and the watchdog; from then on the loop may be closed once it was turned. NULL is fine, here and below. */
void cg_notify_free(struct cg_notify *notify);

/** Tells every half of the manager's time that this loop turns, if the manager wants to know. */
void cg_notify_watch(struct cg_notify *notify, uv_loop_t *loop);

void cg_notify_ready(struct cg_notify *notify);
void cg_notify_reloading(struct cg_notify *notify);
void cg_notify_stopping(struct cg_notify *notify);

/** One line for people. */
void cg_notify_status(struct cg_notify *notify, const char *format, ...) CG_PRINTF(2, 3);

#endif
