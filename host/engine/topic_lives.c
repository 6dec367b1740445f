#include "engine/topic_lives.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "engine/alive.h"
#include "engine/stamp.h"
#include "engine/topic_usage.h"
#include "store/inventory.h"
#include "store/topics.h"

/* A topic, with the ends of its life. */
struct life {
    const char *name;
    int64_t created_at; /* or CG_TIME_NONE: always there */
    int64_t deleted_at; /* or CG_TIME_NONE */
};

struct cluster {
    const char *id;
    struct life *topics;
    size_t count;
    int64_t *births; /* ascending; without those that are not known */
    size_t birth_count;
    int64_t *deaths; /* likewise */
    size_t death_count;
    /* The last digest, and for which numbers of births and deaths it holds. */
    int32_t has_digest;
    size_t births_before;
    size_t deaths_before;
    unsigned char digest[CG_DIGEST_BYTES];
};

struct cg_topic_lives {
    struct cg_store *store;
    struct cg_arena *arena;
    struct cg_arena *scratch; /* of the reading of one cluster */
    struct cluster *clusters; /* by id */
    size_t count;
    size_t room;
};

struct cg_topic_lives *cg_topic_lives_new(struct cg_store *store) {
    struct cg_topic_lives *lives = calloc(1, sizeof *lives);
    if (!lives)
        return NULL;
    lives->store = store;
    lives->arena = cg_arena_new();
    lives->scratch = cg_arena_new();
    if (lives->arena && lives->scratch)
        return lives;
    cg_topic_lives_free(lives);
    return NULL;
}

void cg_topic_lives_free(struct cg_topic_lives *lives) {
    if (!lives)
        return;
    free(lives->clusters);
    cg_arena_free(lives->scratch);
    cg_arena_free(lives->arena);
    free(lives);
}

/* ---- reading ---- */

/* The topic's name behind "<cluster>:topic:", or NULL when the id is of another form or the name cannot be kept. */
static const char *name_of(const char *id, const char *cluster_id) {
    static const char between[] = ":" CG_RESOURCE_TYPE_TOPIC ":";
    size_t length = strlen(cluster_id);
    if (strncmp(id, cluster_id, length) != 0 || strncmp(id + length, between, sizeof between - 1) != 0)
        return NULL;
    const char *name = id + length + sizeof between - 1;
    return *name && cg_text_is_clean(name, CG_TOPIC_NAME_BYTES) ? name : NULL;
}

static int compare_times(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void sort_times(int64_t *times, size_t count) {
    if (count)
        qsort(times, count, sizeof *times, compare_times);
}

static cg_status keep(struct cg_topic_lives *lives, const struct cg_resource *resource, struct cluster *cluster) {
    const char *name = name_of(resource->id, cluster->id);
    if (!name)
        return CG_OK;
    struct life *life = &cluster->topics[cluster->count];
    *life = (struct life){cg_arena_string(lives->arena, name), resource->created_at, resource->deleted_at};
    if (!life->name)
        return CG_NO_MEMORY;
    cluster->count++;
    if (life->created_at != CG_TIME_NONE)
        cluster->births[cluster->birth_count++] = life->created_at;
    if (life->deleted_at != CG_TIME_NONE)
        cluster->deaths[cluster->death_count++] = life->deleted_at;
    return CG_OK;
}

static cg_status read_cluster(struct cg_topic_lives *lives, const char *cluster_id, struct cluster *ret,
                              struct cg_error *error) {
    const struct cg_resource *const *resources = NULL;
    size_t count = 0;
    cg_arena_reset(lives->scratch);
    cg_status status = cg_store_resources_in(lives->store, CG_TIME_FIRST, CG_TIME_LAST, CG_RESOURCE_TYPE_TOPIC,
                                             cluster_id, lives->scratch, &resources, &count, error);
    if (status != CG_OK)
        return status;
    struct cluster cluster = {
        .id = cg_arena_string(lives->arena, cluster_id),
        .topics = cg_arena_array(lives->arena, count, sizeof *cluster.topics),
        .births = cg_arena_array(lives->arena, count, sizeof *cluster.births),
        .deaths = cg_arena_array(lives->arena, count, sizeof *cluster.deaths),
    };
    if (!cluster.id || !cluster.topics || !cluster.births || !cluster.deaths)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        if (keep(lives, resources[i], &cluster) != CG_OK)
            return cg_error_no_memory(error);
    sort_times(cluster.births, cluster.birth_count);
    sort_times(cluster.deaths, cluster.death_count);
    *ret = cluster;
    return CG_OK;
}

/* Where the cluster is, or would have to be. */
static size_t place_of(const struct cg_topic_lives *lives, const char *cluster_id) {
    size_t low = 0;
    size_t high = lives->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(lives->clusters[middle].id, cluster_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static cg_status make_room(struct cg_topic_lives *lives, struct cg_error *error) {
    if (lives->count < lives->room)
        return CG_OK;
    size_t room = lives->room ? lives->room * 2 : 16;
    struct cluster *grown = realloc(lives->clusters, room * sizeof *grown);
    if (!grown)
        return cg_error_no_memory(error);
    lives->clusters = grown;
    lives->room = room;
    return CG_OK;
}

/* The cluster, read now if it is the first time. NULL with `*ret_status` after a failure. */
static struct cluster *find_cluster(struct cg_topic_lives *lives, const char *cluster_id, cg_status *ret_status,
                                    struct cg_error *error) {
    size_t place = place_of(lives, cluster_id);
    if (place < lives->count && strcmp(lives->clusters[place].id, cluster_id) == 0)
        return &lives->clusters[place];
    struct cluster cluster;
    *ret_status = make_room(lives, error);
    if (*ret_status == CG_OK)
        *ret_status = read_cluster(lives, cluster_id, &cluster, error);
    if (*ret_status != CG_OK)
        return NULL;
    struct cluster *found = lives->clusters + place;
    memmove(found + 1, found, (lives->count - place) * sizeof *found);
    *found = cluster;
    lives->count++;
    return found;
}

/* ---- asking ---- */

static int lives_in(const struct life *life, int64_t start, int64_t end) {
    return cg_life_overlaps(life->created_at, life->deleted_at, start, end);
}

cg_status cg_topic_lives_in(struct cg_topic_lives *lives, const char *cluster_id, int64_t start, int64_t end,
                            struct cg_arena *arena, const char *const **ret_names, size_t *ret_count,
                            struct cg_error *error) {
    cg_status status = CG_NO_MEMORY;
    struct cluster *cluster = find_cluster(lives, cluster_id, &status, error);
    if (!cluster)
        return status;
    const char **names = cg_arena_array(arena, cluster->count, sizeof(const char *));
    if (!names)
        return cg_error_no_memory(error);
    size_t count = 0;
    for (size_t i = 0; i < cluster->count; i++)
        if (lives_in(&cluster->topics[i], start, end))
            names[count++] = cluster->topics[i].name;
    *ret_names = names;
    *ret_count = count;
    return CG_OK;
}

cg_status cg_topic_lives_digest(struct cg_topic_lives *lives, const char *cluster_id, int64_t start, int64_t end,
                                unsigned char ret[CG_DIGEST_BYTES], struct cg_error *error) {
    cg_status status = CG_NO_MEMORY;
    struct cluster *cluster = find_cluster(lives, cluster_id, &status, error);
    if (!cluster)
        return status;
    size_t births = cg_times_before(cluster->births, cluster->birth_count, end);
    size_t deaths = cg_times_before(cluster->deaths, cluster->death_count, start == INT64_MAX ? start : start + 1);
    if (!cluster->has_digest || cluster->births_before != births || cluster->deaths_before != deaths) {
        struct cg_digest digest;
        cg_digest_start(&digest, "topics");
        for (size_t i = 0; i < cluster->count; i++)
            if (lives_in(&cluster->topics[i], start, end))
                cg_digest_text(&digest, cluster->topics[i].name);
        cg_digest_end(&digest, cluster->digest);
        cluster->has_digest = 1;
        cluster->births_before = births;
        cluster->deaths_before = deaths;
    }
    memcpy(ret, cluster->digest, CG_DIGEST_BYTES);
    return CG_OK;
}
