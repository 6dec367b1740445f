#include "store/emission_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/lines.h"
#include "store/private.h"
#include "store/query.h"

const char cg_emission_state_none[CG_DIGEST_TEXT_SIZE] =
    "0000000000000000000000000000000000000000000000000000000000000000";

/* ---- billing lines ---- */

static void put_line(struct cg_digest *digest, const struct cg_line_row *line) {
    cg_digest_int(digest, line->timestamp);
    cg_digest_text(digest, line->env_id);
    cg_digest_text(digest, line->resource_id);
    cg_digest_text(digest, line->product_type);
    cg_digest_text(digest, line->product_category);
    cg_digest_text(digest, line->quantity);
    cg_digest_text(digest, line->unit_price);
    cg_digest_text(digest, line->total_cost);
    cg_digest_text(digest, line->currency);
    cg_digest_text(digest, line->granularity);
}

cg_status cg_emission_state_of_billing(struct cg_store *store, int64_t date, char ret[CG_DIGEST_TEXT_SIZE],
                                       struct cg_error *error) {
    const struct cg_line_row *const *lines = NULL;
    size_t count = 0;
    struct cg_digest digest;
    cg_arena_reset(store->scratch);
    cg_status status = cg_line_rows_read(store, date, date + CG_DAY_US, store->scratch, &lines, &count, error);
    if (status != CG_OK)
        return status;
    cg_digest_start(&digest, "emitted billing/1");
    for (size_t i = 0; i < count; i++)
        put_line(&digest, lines[i]);
    cg_digest_end_text(&digest, ret);
    if (!count)
        memcpy(ret, cg_emission_state_none, CG_DIGEST_TEXT_SIZE);
    cg_arena_reset(store->scratch);
    return CG_OK;
}

/* ---- the inventory ---- */

/*
 * The things of a day, as the sum of their digests: a set's sum tells it from every other set, and whoever lived from
 * one day to another is added at the first and subtracted at the second, whatever lies between them.
 */
#define WORDS (CG_DIGEST_BYTES / sizeof(uint64_t))
struct sum {
    uint64_t words[WORDS];
};

/* The digest of the query's row: id, type, display name, and of a resource the parent. */
static struct sum digest_thing(struct cg_query *query, uint32_t texts) {
    struct cg_digest digest;
    unsigned char bytes[CG_DIGEST_BYTES];
    struct sum sum;
    cg_digest_start(&digest, "emitted thing/1");
    for (uint32_t i = 0; i < texts; i++)
        cg_digest_text(&digest, cg_query_peek(query, 2 + i));
    cg_digest_end(&digest, bytes);
    for (size_t i = 0; i < WORDS; i++) {
        sum.words[i] = 0;
        for (size_t k = 0; k < sizeof(uint64_t); k++)
            sum.words[i] = sum.words[i] << 8 | bytes[i * sizeof(uint64_t) + k];
    }
    return sum;
}

/* `changes[i]` becomes what day i has more than the one before it. */
static cg_status add_changes(struct cg_store *store, int32_t identities, const int64_t *days, size_t count,
                             struct sum *changes, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   identities ? "SELECT created_at, deleted_at, identity_id, identity_type, display_name FROM "
                                "identities WHERE ecosystem = ?1 AND tenant_id = ?2"
                              : "SELECT created_at, deleted_at, resource_id, resource_type, display_name, parent_id "
                                "FROM resources WHERE ecosystem = ?1 AND tenant_id = ?2",
                   "looking for changes of the inventory", error);
    cg_query_tenant(&query);
    while (cg_query_row(&query)) {
        const int64_t created = cg_query_time(&query, 0);
        const int64_t deleted = cg_query_time(&query, 1);
        const size_t first = created == CG_TIME_NONE ? 0 : cg_times_before(days, count, created);
        const size_t end = deleted == CG_TIME_NONE ? count : cg_times_before(days, count, deleted);
        if (query.status != CG_OK || first >= end)
            continue;
        const struct sum sum = digest_thing(&query, identities ? 3 : 4);
        for (size_t i = 0; i < WORDS; i++) {
            changes[first].words[i] += sum.words[i];
            changes[end].words[i] -= sum.words[i];
        }
    }
    return cg_query_end(&query);
}

cg_status cg_emission_states_of_inventory(struct cg_store *store, int32_t identities, const int64_t *days, size_t count,
                                          char (*ret)[CG_DIGEST_TEXT_SIZE], struct cg_error *error) {
    struct sum total = {0};
    struct sum *changes = calloc(count + 1, sizeof *changes);
    if (!changes)
        return cg_error_no_memory(error);
    cg_status status = add_changes(store, identities, days, count, changes, error);
    for (size_t day = 0; day < count && status == CG_OK; day++)
        for (size_t i = 0; i < WORDS; i++) {
            total.words[i] += changes[day].words[i];
            snprintf(ret[day] + 16 * i, 17, "%016" PRIx64, total.words[i]);
        }
    free(changes);
    return status;
}
