#include "engine/alive.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/stamp.h"

/* Where a window lies among the beginnings and ends of all lives. Windows of equal place see the same people. */
struct place {
    size_t born;    /* lives that began before its end */
    size_t gone;    /* that ended before or at its start */
    size_t leaving; /* that ended before its end */
};

struct people {
    struct place place;               /* `leaving` 0: it makes no difference for who lives */
    const struct cg_identity **items; /* room for everybody; NULL: the slot was never used */
    size_t count;
};

struct sum {
    struct place place;
    unsigned char digest[CG_DIGEST_BYTES];
};

struct cg_alive {
    struct cg_arena *arena;
    struct cg_identity_list everybody;
    struct cg_stamp *stamps; /* of everybody, in the same order */
    int64_t *births;         /* ascending, known ones only */
    size_t birth_count;
    int64_t *deaths;
    size_t death_count;
    struct people people[CG_ALIVE_WINDOWS];
    size_t people_used; /* lists that were made; the slot of one is its number modulo CG_ALIVE_WINDOWS */
    struct sum sums[CG_ALIVE_WINDOWS];
    size_t sums_used;
};

static int compare_times(const void *left, const void *right) {
    const int64_t *a = left;
    const int64_t *b = right;
    return (*a > *b) - (*a < *b);
}

static cg_status index_lives(struct cg_alive *alive) {
    size_t count = alive->everybody.count;
    alive->stamps = cg_arena_array(alive->arena, count, sizeof *alive->stamps);
    alive->births = cg_arena_array(alive->arena, count, sizeof *alive->births);
    alive->deaths = cg_arena_array(alive->arena, count, sizeof *alive->deaths);
    if (!alive->stamps || !alive->births || !alive->deaths)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        struct cg_stamp *stamp = &alive->stamps[i];
        cg_stamp_identity(alive->everybody.items[i], stamp);
        if (stamp->created_at != CG_TIME_NONE)
            alive->births[alive->birth_count++] = stamp->created_at;
        if (stamp->deleted_at != CG_TIME_NONE)
            alive->deaths[alive->death_count++] = stamp->deleted_at;
    }
    qsort(alive->births, alive->birth_count, sizeof *alive->births, compare_times);
    qsort(alive->deaths, alive->death_count, sizeof *alive->deaths, compare_times);
    return CG_OK;
}

cg_status cg_alive_new(struct cg_store *store, struct cg_alive **ret, struct cg_error *error) {
    struct cg_alive *alive = calloc(1, sizeof *alive);
    if (!alive)
        return cg_error_no_memory(error);
    alive->arena = cg_arena_new();
    cg_status status = alive->arena ? cg_store_identities_in(store, CG_TIME_FIRST, CG_TIME_LAST, alive->arena,
                                                             &alive->everybody, error)
                                    : cg_error_no_memory(error);
    if (status == CG_OK && index_lives(alive) != CG_OK)
        status = cg_error_no_memory(error);
    if (status != CG_OK) {
        cg_alive_free(alive);
        return status;
    }
    *ret = alive;
    return CG_OK;
}

void cg_alive_free(struct cg_alive *alive) {
    if (!alive)
        return;
    cg_arena_free(alive->arena);
    free(alive);
}

const struct cg_identity_list *cg_alive_everybody(const struct cg_alive *alive) {
    return &alive->everybody;
}

static struct place place_of(const struct cg_alive *alive, int64_t start, int64_t end) {
    return (struct place){
        .born = cg_times_before(alive->births, alive->birth_count, end),
        .gone = cg_times_before(alive->deaths, alive->death_count, start + 1),
        .leaving = cg_times_before(alive->deaths, alive->death_count, end),
    };
}

static int same_place(const struct place *left, const struct place *right) {
    return left->born == right->born && left->gone == right->gone && left->leaving == right->leaving;
}

cg_status cg_alive_in(struct cg_alive *alive, int64_t start, int64_t end, struct cg_identity_list *ret) {
    struct place place = place_of(alive, start, end);
    place.leaving = 0;
    for (size_t i = 0; i < CG_ALIVE_WINDOWS && i < alive->people_used; i++) {
        const struct people *known = &alive->people[i];
        if (same_place(&known->place, &place)) {
            *ret = (struct cg_identity_list){known->items, known->count};
            return CG_OK;
        }
    }
    struct people *people = &alive->people[alive->people_used % CG_ALIVE_WINDOWS];
    if (!people->items)
        people->items = cg_arena_array(alive->arena, alive->everybody.count, sizeof(const struct cg_identity *));
    if (!people->items)
        return CG_NO_MEMORY;
    alive->people_used++;
    people->place = place;
    people->count = 0;
    for (size_t i = 0; i < alive->everybody.count; i++)
        if (cg_stamp_lives(&alive->stamps[i], start, end))
            people->items[people->count++] = alive->everybody.items[i];
    *ret = (struct cg_identity_list){people->items, people->count};
    return CG_OK;
}

const unsigned char *cg_alive_digest(struct cg_alive *alive, int64_t start, int64_t end) {
    const struct place place = place_of(alive, start, end);
    for (size_t i = 0; i < CG_ALIVE_WINDOWS && i < alive->sums_used; i++)
        if (same_place(&alive->sums[i].place, &place))
            return alive->sums[i].digest;
    struct sum *sum = &alive->sums[alive->sums_used++ % CG_ALIVE_WINDOWS];
    struct cg_digest digest;
    cg_digest_start(&digest, "alive");
    for (size_t i = 0; i < alive->everybody.count; i++)
        if (cg_stamp_lives(&alive->stamps[i], start, end))
            cg_stamp_put(&digest, &alive->stamps[i], end);
    cg_digest_end(&digest, sum->digest);
    sum->place = place;
    return sum->digest;
}
