#include "stats.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

/* Different paths that are counted one by one; the rest shares one counter. */
#define CG_SIM_PATHS 8192

/* Longest path kept. */
#define CG_SIM_PATH_SIZE 128

/* Requests of the last second that are remembered per group; more are still counted, up to this rate. */
#define CG_SIM_RING 65536

struct path_count {
    char path[CG_SIM_PATH_SIZE];
    uint64_t requests;
};

/*
 * The clock of arrivals ticks every four milliseconds (see the server), so a window is that much shorter than a second:
 * eleven requests with tenths of a second between them must not look like eleven within one second.
 */
#define CG_SIM_WINDOW_NS 990000000U

/* The instants of the last second's requests. */
struct rate {
    uint64_t *instants;
    size_t first;
    size_t count;
    size_t most;
};

struct credential_stats {
    uint64_t requests;
    struct rate rate;
};

struct group_stats {
    uint64_t requests;
    uint64_t in_flight;
    uint64_t most_in_flight;
    struct rate rate;
};

struct cg_sim_stats {
    struct path_count *paths; /* open addressing; an empty path is a free slot */
    size_t path_count;
    uint64_t other_paths;
    struct group_stats groups[CG_SIM_GROUP_COUNT];
    struct credential_stats credentials[CG_SIM_CREDENTIAL_COUNT];
    struct rate all;
    uint64_t faults[16];
    uint64_t statuses[600];
};

struct cg_sim_stats *cg_sim_stats_new(void) {
    struct cg_sim_stats *stats = calloc(1, sizeof(*stats));
    if (stats == NULL) {
        return NULL;
    }
    bool complete = true;
    stats->paths = calloc(CG_SIM_PATHS, sizeof(*stats->paths));
    stats->all.instants = calloc(CG_SIM_RING, sizeof(uint64_t));
    for (size_t i = 0; i < CG_SIM_GROUP_COUNT; i++) {
        stats->groups[i].rate.instants = calloc(CG_SIM_RING, sizeof(uint64_t));
        complete = complete && stats->groups[i].rate.instants != NULL;
    }
    for (size_t i = 0; i < CG_SIM_CREDENTIAL_COUNT; i++) {
        stats->credentials[i].rate.instants = calloc(CG_SIM_RING, sizeof(uint64_t));
        complete = complete && stats->credentials[i].rate.instants != NULL;
    }
    if (!complete || stats->paths == NULL || stats->all.instants == NULL) {
        cg_sim_stats_free(stats);
        return NULL;
    }
    return stats;
}

void cg_sim_stats_free(struct cg_sim_stats *stats) {
    if (stats == NULL) {
        return;
    }
    free(stats->paths);
    free(stats->all.instants);
    for (size_t i = 0; i < CG_SIM_GROUP_COUNT; i++) {
        free(stats->groups[i].rate.instants);
    }
    for (size_t i = 0; i < CG_SIM_CREDENTIAL_COUNT; i++) {
        free(stats->credentials[i].rate.instants);
    }
    free(stats);
}

static void rate_reset(struct rate *rate) {
    rate->count = 0;
    rate->most = 0;
}

void cg_sim_stats_reset(struct cg_sim_stats *stats) {
    memset(stats->paths, 0, CG_SIM_PATHS * sizeof(*stats->paths));
    stats->path_count = 0;
    stats->other_paths = 0;
    rate_reset(&stats->all);
    for (size_t i = 0; i < CG_SIM_GROUP_COUNT; i++) {
        stats->groups[i].requests = 0;
        stats->groups[i].most_in_flight = stats->groups[i].in_flight;
        rate_reset(&stats->groups[i].rate);
    }
    for (size_t i = 0; i < CG_SIM_CREDENTIAL_COUNT; i++) {
        stats->credentials[i].requests = 0;
        rate_reset(&stats->credentials[i].rate);
    }
    memset(stats->faults, 0, sizeof(stats->faults));
    memset(stats->statuses, 0, sizeof(stats->statuses));
}

static void rate_add(struct rate *rate, uint64_t at_ns) {
    while (rate->count > 0 && (rate->instants[rate->first] + CG_SIM_WINDOW_NS <= at_ns || rate->count == CG_SIM_RING)) {
        rate->first = (rate->first + 1) % CG_SIM_RING;
        rate->count--;
    }
    /* Requests may be read in another order than they arrived in. */
    size_t place = rate->count++;
    for (; place > 0 && rate->instants[(rate->first + place - 1) % CG_SIM_RING] > at_ns; place--) {
        rate->instants[(rate->first + place) % CG_SIM_RING] = rate->instants[(rate->first + place - 1) % CG_SIM_RING];
    }
    rate->instants[(rate->first + place) % CG_SIM_RING] = at_ns;
    rate->most = rate->count > rate->most ? rate->count : rate->most;
}

static void path_add(struct cg_sim_stats *stats, const char *path) {
    if (*path == '\0' || strlen(path) >= CG_SIM_PATH_SIZE) {
        stats->other_paths++;
        return;
    }
    size_t at = (size_t)(cg_sim_hash_string(0, path) % CG_SIM_PATHS);
    while (stats->paths[at].path[0] != '\0' && strcmp(stats->paths[at].path, path) != 0) {
        at = (at + 1) % CG_SIM_PATHS;
    }
    if (stats->paths[at].path[0] == '\0') {
        if (stats->path_count > CG_SIM_PATHS * 3 / 4) {
            stats->other_paths++;
            return;
        }
        stats->path_count++;
        (void)snprintf(stats->paths[at].path, CG_SIM_PATH_SIZE, "%s", path);
    }
    stats->paths[at].requests++;
}

void cg_sim_stats_begin(struct cg_sim_stats *stats, enum cg_sim_group group, enum cg_sim_credential credential,
                        const char *path, uint64_t at_ns) {
    struct group_stats *mine = &stats->groups[group];
    mine->requests++;
    mine->in_flight++;
    mine->most_in_flight = mine->in_flight > mine->most_in_flight ? mine->in_flight : mine->most_in_flight;
    rate_add(&mine->rate, at_ns);
    rate_add(&stats->all, at_ns);
    if (credential != CG_SIM_CREDENTIAL_COUNT) {
        stats->credentials[credential].requests++;
        rate_add(&stats->credentials[credential].rate, at_ns);
    }
    path_add(stats, path);
}

void cg_sim_stats_end(struct cg_sim_stats *stats, enum cg_sim_group group) {
    stats->groups[group].in_flight--;
}

void cg_sim_stats_fault(struct cg_sim_stats *stats, size_t kind) {
    stats->faults[kind % 16]++;
}

void cg_sim_stats_status(struct cg_sim_stats *stats, unsigned status) {
    stats->statuses[status < 600 ? status : 0]++;
}

static int path_compare(const void *a, const void *b) {
    const struct path_count *const *left = a;
    const struct path_count *const *right = b;
    return strcmp((*left)->path, (*right)->path);
}

static void paths_put(const struct cg_sim_stats *stats, struct cg_sim_text *text) {
    const struct path_count **sorted = calloc(stats->path_count + 1, sizeof(const struct path_count *));
    if (sorted == NULL) {
        text->failed = true;
        return;
    }
    size_t count = 0;
    for (size_t i = 0; i < CG_SIM_PATHS; i++) {
        if (stats->paths[i].path[0] != '\0') {
            sorted[count++] = &stats->paths[i];
        }
    }
    qsort(sorted, count, sizeof(const struct path_count *), path_compare);
    cg_sim_text_puts(text, ",\"paths\":{");
    for (size_t i = 0; i < count; i++) {
        cg_sim_text_puts(text, i == 0 ? "" : ",");
        cg_sim_text_json(text, sorted[i]->path);
        cg_sim_text_putc(text, ':');
        cg_sim_text_put_u64(text, sorted[i]->requests);
    }
    free(sorted);
    cg_sim_text_puts(text, "},\"other_paths\":");
    cg_sim_text_put_u64(text, stats->other_paths);
}

static void group_put(const struct cg_sim_stats *stats, enum cg_sim_group group, const char *name,
                      struct cg_sim_text *text) {
    const struct group_stats *mine = &stats->groups[group];
    cg_sim_text_printf(text, ",\"%s\":{\"requests\":%llu,\"max_per_second\":%zu,\"max_in_flight\":%llu}", name,
                       (unsigned long long)mine->requests, mine->rate.most, (unsigned long long)mine->most_in_flight);
}

void cg_sim_stats_put(const struct cg_sim_stats *stats, const char *const *kind_names, size_t kind_count,
                      struct cg_sim_text *text) {
    uint64_t total = 0;
    for (size_t i = 0; i < CG_SIM_GROUP_COUNT; i++) {
        total += stats->groups[i].requests;
    }
    cg_sim_text_puts(text, "{\"requests\":");
    cg_sim_text_put_u64(text, total);
    cg_sim_text_puts(text, ",\"max_per_second\":");
    cg_sim_text_put_u64(text, stats->all.most);
    group_put(stats, CG_SIM_GROUP_CONFLUENT, "confluent", text);
    group_put(stats, CG_SIM_GROUP_PROMETHEUS, "prometheus", text);
    group_put(stats, CG_SIM_GROUP_OTHER, "other", text);
    static const char *const credentials[CG_SIM_CREDENTIAL_COUNT] = {"organization", "flink"};
    for (size_t i = 0; i < CG_SIM_CREDENTIAL_COUNT; i++) {
        cg_sim_text_printf(text, "%s\"%s\":{\"requests\":%llu,\"max_per_second\":%zu}",
                           i == 0 ? ",\"credentials\":{" : ",", credentials[i],
                           (unsigned long long)stats->credentials[i].requests, stats->credentials[i].rate.most);
    }
    cg_sim_text_putc(text, '}');
    paths_put(stats, text);
    cg_sim_text_puts(text, ",\"statuses\":{");
    bool first = true;
    for (size_t i = 0; i < sizeof(stats->statuses) / sizeof(stats->statuses[0]); i++) {
        if (stats->statuses[i] != 0) {
            cg_sim_text_printf(text, "%s\"%zu\":%llu", first ? "" : ",", i, (unsigned long long)stats->statuses[i]);
            first = false;
        }
    }
    uint64_t faults = 0;
    for (size_t i = 0; i < kind_count; i++) {
        faults += stats->faults[i];
    }
    cg_sim_text_puts(text, "},\"faults_fired\":");
    cg_sim_text_put_u64(text, faults);
    cg_sim_text_puts(text, ",\"faults\":{");
    for (size_t i = 0; i < kind_count; i++) {
        cg_sim_text_printf(text, "%s\"%s\":%llu", i == 0 ? "" : ",", kind_names[i],
                           (unsigned long long)stats->faults[i]);
    }
    cg_sim_text_puts(text, "}}");
}
