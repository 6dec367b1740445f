/*
 * topic_discovery.c - which topics each live cluster had in the last hour.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/alive.h"
#include "engine/topic_usage.h"
#include "engine/topics.h"
#include "net/metrics_source.h"
#include "store/inventory.h"

#define LOGGER "core.engine.topic_overlay"
#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)

/* Clusters that are asked for at once, and topics that are written in one transaction. */
#define CLUSTERS_AT_ONCE 64
#define TOPICS_AT_ONCE 500

struct discovery {
    const struct cg_topics_options *options;
    struct cg_topics_result *result;
    struct cg_topic_rules rules;
    struct cg_arena *arena;       /* of the discovery */
    struct cg_arena *batch_arena; /* of the clusters that are asked for at once */
    int64_t start;
    int64_t end;
};

static void tell_failure(struct discovery *discovery, const char *cluster_id, const char *reason) {
    const struct cg_observer *observer = discovery->options->observer;
    const struct cg_runtime *runtime = discovery->options->runtime;
    char text[2 * CG_ERROR_TEXT_SIZE];
    discovery->result->clusters_failed++;
    cg_log_write(runtime->shared.log, LOGGER, CG_LOG_WARNING, "topic_discovery_failed tenant_name=%s cluster=%s: %s",
                 runtime->tenant->name, cluster_id, reason);
    snprintf(text, sizeof text, "the topics of %.200s could not be discovered: %s", cluster_id, reason);
    if (observer->note)
        observer->note(observer->user, text);
}

/* ---- one cluster ---- */

static int compare_names(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The names in a cluster's series, ascending, each once. */
static cg_status find_names(struct discovery *discovery, const struct cg_metrics *metrics, const char ***ret,
                            size_t *ret_count) {
    const char **names = cg_arena_array(discovery->batch_arena, metrics->series_count, sizeof(const char *));
    size_t count = 0;
    size_t kept = 0;
    if (!names)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < metrics->series_count; i++) {
        const char *name = cg_topic_of_series(discovery->rules.overlay, metrics->series[i]);
        if (name)
            names[count++] = name;
    }
    if (count)
        qsort(names, count, sizeof(const char *), compare_names);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[kept - 1]) != 0)
            names[kept++] = names[i];
    *ret = names;
    *ret_count = kept;
    return CG_OK;
}

/* Some topics in a transaction of their own: others may want to write as well. */
static cg_status store_some(struct discovery *discovery, const char *cluster_id, const char *const *names, size_t count,
                            struct cg_error *error) {
    struct cg_store *store = discovery->options->store;
    cg_status status = cg_store_begin(store, error);
    if (status != CG_OK)
        return status;
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = cg_store_put_topic(store, cluster_id, names[i], discovery->options->now, error);
    if (status == CG_OK)
        return cg_store_commit(store, error);
    cg_store_rollback(store);
    return status;
}

static cg_status store_cluster(struct discovery *discovery, const struct cg_metrics_request *request,
                               struct cg_error *error) {
    const struct cg_topics_options *options = discovery->options;
    const char **names = NULL;
    size_t count = 0;
    if (find_names(discovery, request->result, &names, &count) != CG_OK)
        return cg_error_no_memory(error);
    if (count > CG_TOPIC_LIMIT) {
        tell_failure(discovery, request->resource_id, "the metrics source names more topics than are taken");
        return CG_OK;
    }
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i += TOPICS_AT_ONCE)
        status = store_some(discovery, request->resource_id, names + i,
                            count - i < TOPICS_AT_ONCE ? count - i : TOPICS_AT_ONCE, error);
    uint64_t deleted = 0;
    if (status == CG_OK)
        status = cg_store_delete_absent_topics(options->store, request->resource_id, options->now - CG_TOPIC_ABSENCE_US,
                                               options->now, &deleted, error);
    discovery->result->topics_seen += count;
    discovery->result->topics_deleted += deleted;
    return status;
}

/* ---- clusters ---- */

/* Asks for some clusters; when all answers are there, writes. */
static cg_status discover_some(struct discovery *discovery, const struct cg_resource *const *clusters, size_t count,
                               struct cg_error *error) {
    cg_arena_reset(discovery->batch_arena);
    struct cg_metrics_request *requests = cg_arena_array(discovery->batch_arena, count, sizeof *requests);
    if (!requests)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        requests[i] = (struct cg_metrics_request){
            .resource_id = clusters[i]->id,
            .start = discovery->start,
            .end = discovery->end,
            .queries = discovery->rules.queries,
            .query_count = discovery->rules.overlay->metric_count,
        };
    cg_status status =
        cg_metrics_source_fetch(discovery->options->metrics, requests, count, discovery->batch_arena, error);
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        if (requests[i].result->flags & CG_METRICS_FETCH_FAILED)
            tell_failure(discovery, requests[i].resource_id, requests[i].error ? requests[i].error : "no reason given");
        else
            status = store_cluster(discovery, &requests[i], error);
    }
    return status;
}

static cg_status discover_all(struct discovery *discovery, struct cg_error *error) {
    const struct cg_topics_options *options = discovery->options;
    const struct cg_observer *observer = options->observer;
    const struct cg_resource *const *clusters = NULL;
    size_t count = 0;
    cg_status status =
        cg_store_resources_in(options->store, options->now, CG_TIME_LAST, discovery->rules.overlay->cluster_type, NULL,
                              discovery->arena, &clusters, &count, error);
    for (size_t i = 0; i < count && status == CG_OK; i += CLUSTERS_AT_ONCE) {
        size_t some = count - i < CLUSTERS_AT_ONCE ? count - i : CLUSTERS_AT_ONCE;
        if (cg_services_is_stopped(&options->runtime->shared))
            return cg_error_set(error, CG_CANCELLED, "the run was stopped");
        status = discover_some(discovery, clusters + i, some, error);
        if (status == CG_OK && observer->progress)
            observer->progress(observer->user, "topics of clusters", i + some, count);
    }
    return status;
}

cg_status cg_topics_discover(const struct cg_topics_options *options, struct cg_topics_result *result,
                             struct cg_error *error) {
    int64_t end = options->now - ((options->now % SECOND) + SECOND) % SECOND;
    struct discovery discovery = {
        .options = options,
        .result = result,
        .arena = cg_arena_new(),
        .batch_arena = cg_arena_new(),
        .start = end - HOUR,
        .end = end,
    };
    uint64_t orphans = 0;
    cg_status status = CG_OK;
    if (!discovery.arena || !discovery.batch_arena)
        status = cg_error_no_memory(error);
    if (status == CG_OK)
        status = cg_topic_rules_init(&discovery.rules, options->runtime->description.topics, discovery.arena, error);
    if (status == CG_OK && options->metrics)
        status = discover_all(&discovery, error);
    if (status == CG_OK)
        status = cg_store_delete_orphaned_topics(options->store, options->now, &orphans, error);
    if (status == CG_OK)
        status = cg_store_mark_topics_gathered(options->store, options->start, options->end, error);
    result->topics_deleted += orphans;
    cg_arena_free(discovery.batch_arena);
    cg_arena_free(discovery.arena);
    return status;
}
