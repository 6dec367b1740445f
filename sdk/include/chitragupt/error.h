/*
 * error.h - what a call across the border answers.
 *
 * A status tells the host what to do (retry, report, give up); the sentence for people is set with cg_host.set_error,
 * which returns its status so that `return host->set_error(host, CG_PERMANENT, "...")` reads naturally.
 *
 * Since ABI 1.0.
 */
#ifndef CHITRAGUPT_ERROR_H
#define CHITRAGUPT_ERROR_H

#include <chitragupt/abi.h>

/** A status code: one of the CG_ values below. Unknown values are treated as CG_PERMANENT. */
typedef int32_t cg_status;

#define CG_OK 0           /**< done */
#define CG_INVALID 1      /**< the caller's or the user's input is wrong: configuration, text that is no number */
#define CG_AUTH 2         /**< the other side refused the credentials (401, 403) */
#define CG_RATE_LIMITED 3 /**< the other side asked us to slow down, and retries are used up */
#define CG_TEMPORARY 4    /**< may work later: time-outs, connection failures, 5xx, a locked database */
#define CG_PERMANENT 5    /**< will not work by trying again: a malformed answer, a broken module */
#define CG_CANCELLED 6    /**< the run is being stopped; unwind without further work */
#define CG_NO_MEMORY 7    /**< an allocation failed */
#define CG_NOT_FOUND 8    /**< what was asked for does not exist (404, no such row) */
#define CG_RANGE 9        /**< a number does not fit: too many digits, overflow, division by zero */

#endif
