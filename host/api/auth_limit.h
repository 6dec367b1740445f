/*
 * auth_limit.h - how often somebody may be wrong.
 *
 * Every address has an allowance of wrong answers that fills up again with time; addresses share CG_AUTH_BUCKETS of
 * them by a keyed hash, so memory is bounded and nobody can choose whose allowance to use up. Whoever goes on without
 * one runs into debt, and is not answered at all until it is paid by waiting.
 */
#ifndef CG_API_AUTH_LIMIT_H
#define CG_API_AUTH_LIMIT_H

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

/** Allowances of addresses; the process has one more. */
#define CG_AUTH_BUCKETS 256u

/** Wrong answers at once, and per second later on, of an address and of the process. */
#define CG_AUTH_CLIENT_BURST 20
#define CG_AUTH_CLIENT_RATE 1
#define CG_AUTH_TOTAL_BURST 40
#define CG_AUTH_TOTAL_RATE 20

/** Attempts without an allowance until an address is not answered any more, and the most that it can owe. */
#define CG_AUTH_DEBT_CLOSED 40
#define CG_AUTH_DEBT_MAX 60

/** An allowance, in thousandths of an attempt. */
struct cg_auth_bucket {
    int64_t level;
    uint64_t at; /**< milliseconds; when `level` was right */
};

struct cg_auth_limit {
    unsigned char key[crypto_shorthash_KEYBYTES];
    struct cg_auth_bucket clients[CG_AUTH_BUCKETS];
    struct cg_auth_bucket total;
};

/** Full allowances. */
void cg_auth_limit_init(struct cg_auth_limit *limit);

/** The allowance of an address: 0..CG_AUTH_BUCKETS-1. */
size_t cg_auth_limit_slot(const struct cg_auth_limit *limit, const char *client);

/** True when the address owes too much to be answered. */
int32_t cg_auth_limit_closed(struct cg_auth_limit *limit, size_t slot, uint64_t now);

/** Takes one attempt from the address and the process, or returns 0: there is none; the address then owes one more. */
int32_t cg_auth_limit_take(struct cg_auth_limit *limit, size_t slot, uint64_t now);

/** Gives an attempt back, because it was right. */
void cg_auth_limit_give_back(struct cg_auth_limit *limit, size_t slot);

#endif
