/*
 * signals.h - SIGTERM and SIGHUP that come before anybody listens to them.
 *
 * A service manager may stop or reload a service at any moment. Until the loop is there such a signal waits, so that it
 * is obeyed and not the end of the process. An interrupt from a terminal still ends the program at once.
 */
#ifndef CG_CLI_SIGNALS_H
#define CG_CLI_SIGNALS_H

/** Has them wait from here on; for the main thread, before there are others. Children do not inherit it. */
void cg_signals_hold(void);

/** Lets them through, to the handlers that are there now. */
void cg_signals_release(void);

#endif
