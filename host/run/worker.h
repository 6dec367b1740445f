/*
 * worker.h - the process that does one job for one tenant.
 *
 * It is the same program, started by the supervisor with the hidden command `worker`: a job on standard input, events
 * on descriptor 3, a page shared with the host process on descriptor 4, the bytes of the configuration files on
 * descriptors 5 and 6. A plugin that crashes, hangs or leaks takes only this process with it.
 */
#ifndef CG_RUN_WORKER_H
#define CG_RUN_WORKER_H

/** Body of the hidden command. Returns the exit status: 0 when a result was delivered, 2 when it was started by hand.
 */
int cg_worker_main(void);

#endif
