#include "api/auth_limit.h"

#include <string.h>

#define UNIT INT64_C(1000)

void cg_auth_limit_init(struct cg_auth_limit *limit) {
    randombytes_buf(limit->key, sizeof limit->key);
    limit->total = (struct cg_auth_bucket){.level = CG_AUTH_TOTAL_BURST * UNIT};
    for (size_t i = 0; i < CG_AUTH_BUCKETS; i++)
        limit->clients[i] = (struct cg_auth_bucket){.level = CG_AUTH_CLIENT_BURST * UNIT};
}

size_t cg_auth_limit_slot(const struct cg_auth_limit *limit, const char *client) {
    unsigned char hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, (const unsigned char *)client, strlen(client), limit->key);
    return hash[0] % CG_AUTH_BUCKETS;
}

/* What has come in since the last look. One attempt per second is one thousandth per millisecond. */
static void fill(struct cg_auth_bucket *bucket, uint64_t now, int64_t burst, int64_t rate) {
    const int64_t full = burst * UNIT;
    if (now > bucket->at) {
        uint64_t passed = now - bucket->at;
        bucket->at = now;
        /* Long before this everything is full again. */
        int64_t most = (full + CG_AUTH_DEBT_MAX * UNIT) / rate + 1;
        bucket->level += (passed < (uint64_t)most ? (int64_t)passed : most) * rate;
    }
    if (bucket->level > full)
        bucket->level = full;
}

int32_t cg_auth_limit_closed(struct cg_auth_limit *limit, size_t slot, uint64_t now) {
    struct cg_auth_bucket *client = &limit->clients[slot];
    fill(client, now, CG_AUTH_CLIENT_BURST, CG_AUTH_CLIENT_RATE);
    return client->level < -CG_AUTH_DEBT_CLOSED * UNIT;
}

int32_t cg_auth_limit_take(struct cg_auth_limit *limit, size_t slot, uint64_t now) {
    struct cg_auth_bucket *client = &limit->clients[slot];
    fill(client, now, CG_AUTH_CLIENT_BURST, CG_AUTH_CLIENT_RATE);
    fill(&limit->total, now, CG_AUTH_TOTAL_BURST, CG_AUTH_TOTAL_RATE);
    if (client->level < UNIT) {
        client->level -= UNIT;
        if (client->level < -CG_AUTH_DEBT_MAX * UNIT)
            client->level = -CG_AUTH_DEBT_MAX * UNIT;
        return 0;
    }
    if (limit->total.level < UNIT)
        return 0;
    client->level -= UNIT;
    limit->total.level -= UNIT;
    return 1;
}

void cg_auth_limit_give_back(struct cg_auth_limit *limit, size_t slot) {
    limit->clients[slot].level += UNIT;
    limit->total.level += UNIT;
}
