/*
 * auth.h - who sends a request, and what they may do.
 *
 * One object per configuration. A request is answered at once where the answer is known (tokens; passwords that were
 * right before); checking a password takes some 50 ms and 64 MiB on purpose and is done by a thread of the pool:
 *
 *     enum cg_auth_verdict verdict = cg_auth_quick(auth, &request, &answer, &check);
 *     if (verdict == CG_AUTH_CHECK)      // on any thread: cg_auth_verify(check);
 *         cg_auth_settle(check, &answer) // on the loop's thread again, always
 *
 * Everything but cg_auth_verify is for the loop's thread alone. Who guesses is slowed down: wrong answers take from an
 * allowance of the client's address and from one of the process; what was right before, from the same address, needs
 * neither. At most CG_AUTH_CHECKS_MAX checks wait at a time.
 */
#ifndef CG_API_AUTH_H
#define CG_API_AUTH_H

#include "base/error.h"
#include "config/settings.h"

/** Longest Authorization header that is looked into. */
#define CG_AUTH_HEADER_MAX 4096u

/** Passwords that are checked, or wait for it, at a time. */
#define CG_AUTH_CHECKS_MAX 20u

struct cg_auth;
struct cg_auth_check;

/** What is known of a request. */
struct cg_auth_request {
    const char *authorization; /**< the header's value, or NULL */
    const char *client;        /**< address of the peer */
    uint32_t needed;           /**< CG_ROLE_READ or CG_ROLE_WRITE */
    uint64_t now;              /**< milliseconds of a clock that never goes back, like uv_now() */
};

/** The answer. Texts are constant, but for `name`, which lives as long as the settings. */
struct cg_auth_answer {
    uint32_t status;       /**< 0: the request may go on; else 401, 403, 429 or 503 */
    uint32_t role;         /**< CG_ROLE_ of who sent it, CG_ROLE_NONE when nobody is known */
    const char *name;      /**< of the account, "" when nobody is known */
    const char *detail;    /**< one sentence for the body, NULL with status 0 */
    const char *challenge; /**< value of WWW-Authenticate, or NULL */
    uint32_t retry_after;  /**< seconds for Retry-After, or 0 */
};

enum cg_auth_verdict {
    CG_AUTH_KNOWN, /**< the answer is there */
    CG_AUTH_CHECK  /**< a password has to be checked first */
};

/** The accounts of a configuration; `api` outlives the object and its checks. Errors: CG_NO_MEMORY, CG_PERMANENT (no
 * random numbers). */
cg_status cg_auth_new(const struct cg_api_settings *api, struct cg_auth **ret);

/** Ends the object, once its last check is settled. NULL is fine. */
void cg_auth_free(struct cg_auth *auth);

/** Answers, or makes a check. Only the one that is told by the verdict is written. */
enum cg_auth_verdict cg_auth_quick(struct cg_auth *auth, const struct cg_auth_request *request,
                                   struct cg_auth_answer *ret_answer, struct cg_auth_check **ret_check);

/** Checks the password. Any thread. */
void cg_auth_verify(struct cg_auth_check *check);

/** Ends a check and answers; one that was not verified is put off (503), and was no guess. */
void cg_auth_settle(struct cg_auth_check *check, struct cg_auth_answer *ret);

/** Room for the sentence below. */
#define CG_AUTH_WARNING_SIZE 512

/**
 * A sentence for the log when the API can be reached from other machines and neither asks who they are nor encrypts;
 * else NULL. Written into `buffer` (CG_AUTH_WARNING_SIZE bytes).
 */
const char *cg_auth_warning(const struct cg_api_settings *api, char *buffer);

#endif
