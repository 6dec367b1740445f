/*
 * What there is: the cluster of the settings, brokers and topics, and who uses them. What metrics show is never a
 * complete listing, since an idle topic has no fresh samples; so nothing is taken as deleted because of it.
 */
#include "self_kafka.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
/* A series is visible for five minutes after its last sample, so that this step misses none. */
#define FINEST_STEP INT64_C(300)
#define MOST_STEPS INT64_C(288)

/* ---- resources ---- */

static cg_status put_cluster(const struct self_kafka *self, const struct cg_gather *gather) {
    char count[32];
    (void)snprintf(count, sizeof count, "%" PRId64, self->broker_count);
    const struct cg_field fields[] = {{.key = "broker_count", .value = count, .kind = CG_FIELD_NUMBER}};
    const struct cg_resource cluster = {.struct_size = sizeof cluster,
                                        .field_count = 1,
                                        .id = self->cluster_id,
                                        .type = "cluster",
                                        .display_name = self->cluster_id,
                                        .region = self->region,
                                        .created_at = CG_TIME_NONE,
                                        .deleted_at = CG_TIME_NONE,
                                        .fields = fields};
    cg_status status = gather->resource(gather, &cluster);
    return status == CG_OK ? gather->family(gather, "cluster", CG_OK, NULL) : status;
}

cg_status self_kafka_put(const struct self_kafka *self, const struct cg_gather *gather, const char *type,
                         const char *name, const char *display_name, const char *broker_id) {
    const struct cg_host *host = gather->host;
    const struct cg_field fields[] = {{.key = "cluster_id", .value = self->cluster_id, .kind = CG_FIELD_STRING},
                                      {.key = "broker_id", .value = broker_id, .kind = CG_FIELD_STRING}};
    size_t size = strlen(self->cluster_id) + strlen(type) + strlen(name) + sizeof "::";
    char *id = host->scratch(host, size);
    if (id == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "There was not enough memory for the %ss of the cluster.", type);
    }
    (void)snprintf(id, size, "%s:%s:%s", self->cluster_id, type, name);
    const struct cg_resource resource = {.struct_size = sizeof resource,
                                         .field_count = broker_id == NULL ? 1 : 2,
                                         .id = id,
                                         .type = type,
                                         .display_name = display_name,
                                         .parent_id = self->cluster_id,
                                         .created_at = CG_TIME_NONE,
                                         .deleted_at = CG_TIME_NONE,
                                         .fields = fields};
    return gather->resource(gather, &resource);
}

static cg_status put_all(const struct self_kafka *self, const struct cg_gather *gather, const char *type,
                         const struct cg_text_list *names) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < names->count && status == CG_OK; i++) {
        status = self_kafka_put(self, gather, type, names->items[i], names->items[i], NULL);
    }
    return status;
}

/* ---- discovery ---- */

/* What the metrics of the last hours show, by label. */
struct seen {
    struct cg_text_list values[SELF_KAFKA_LABELS];
};

/* One answer made of two: the series of both directions. */
static cg_status join(const struct cg_host *host, const struct cg_metrics_answer *const *answers,
                      struct cg_metrics_answer *ret) {
    size_t count = answers[0]->series_count + answers[1]->series_count;
    const struct cg_metric_series **series = host->scratch(host, (count + 1) * sizeof(const struct cg_metric_series *));
    if (series == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "There was not enough memory for what the metrics show.");
    }
    size_t at = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < answers[i]->series_count; k++) {
            series[at++] = answers[i]->series[k];
        }
    }
    *ret = (struct cg_metrics_answer){.struct_size = sizeof *ret, .series = series, .series_count = count};
    return CG_OK;
}

/* A grouped answer does not show which labels its series had before. So the series themselves are asked for, once, and
 * the program tells which labels they lack and which they have. */
static cg_status show_labels(const struct self_kafka *self, const struct cg_metrics_question *question) {
    const struct cg_host *host = self->host;
    const struct cg_metrics_answer *const *answers = NULL;
    struct cg_metrics_question bare = *question;
    int64_t start = question->end - 2 * question->step_seconds * SECOND_US;
    bare.query = &self->queries[SELF_KAFKA_QUERY_BARE];
    bare.start = start > question->start ? start : question->start;
    const struct cg_metrics_question *const list[] = {&bare};
    return host->metrics->fetch(host, list, 1, &answers);
}

/* Says what is missing, and what follows from it. */
static cg_status explain(const struct self_kafka *self, const struct cg_metrics_question *question,
                         const struct cg_metrics_answer *answer, const struct seen *seen) {
    static const char *const effects[SELF_KAFKA_LABELS] = {
        [SELF_KAFKA_LABEL_BROKER] = "no brokers are listed",
        [SELF_KAFKA_LABEL_TOPIC] = "no topics are listed",
        [SELF_KAFKA_LABEL_PRINCIPAL] = "nobody is charged by use",
    };
    const struct cg_host *host = self->host;
    if (answer->series_count == 0) {
        host->log(host, CG_LOG_WARNING,
                  "There are no series of %s in the last %" PRId64 " hour(s), so no brokers, topics and principals are "
                  "known from metrics; check metric_names, metrics_filter and whether the brokers are scraped.",
                  self->queries[SELF_KAFKA_QUERY_BARE].expression, self->discovery_hours);
        return CG_OK;
    }
    int lacks = 0;
    for (size_t i = 0; i < SELF_KAFKA_LABELS; i++) {
        int is_wanted = i == SELF_KAFKA_LABEL_PRINCIPAL ? self->people.from_metrics : !self->asks_brokers;
        if (!is_wanted || seen->values[i].count > 0) {
            continue;
        }
        lacks = 1;
        host->log(host, CG_LOG_WARNING,
                  "The series of %s have no label '%s', so %s; name the label in label_names, or have the exporter add "
                  "it.",
                  self->queries[SELF_KAFKA_QUERY_BARE].expression, self->labels[i], effects[i]);
    }
    return lacks ? show_labels(self, question) : CG_OK;
}

static cg_status take_answers(const struct self_kafka *self, const struct cg_gather *gather,
                              const struct cg_metrics_question *question,
                              const struct cg_metrics_answer *const *answers, struct seen *ret) {
    const struct cg_host *host = gather->host;
    struct cg_metrics_answer all;
    for (size_t i = 0; i < 2; i++) {
        if (answers[i]->status != CG_OK) {
            /* Nothing is known then of who is there: half a picture would look like a whole one. */
            return gather->family(gather, "metrics", answers[i]->status, answers[i]->error);
        }
    }
    cg_status status = join(host, answers, &all);
    for (size_t i = 0; i < SELF_KAFKA_LABELS && status == CG_OK; i++) {
        status = cg_metered_values(host, &all, self->labels[i], &ret->values[i]);
    }
    return status == CG_OK ? explain(self, question, &all, ret) : status;
}

/* Asks what was there in the last hours. A query that fails is the family's failure and leaves `ret` empty. */
static cg_status discover(const struct self_kafka *self, const struct cg_gather *gather, struct seen *ret) {
    const struct cg_host *host = gather->host;
    int64_t seconds = self->discovery_hours * 3600;
    int64_t step = seconds / MOST_STEPS > FINEST_STEP ? seconds / MOST_STEPS : FINEST_STEP;
    int64_t now = gather->now - gather->now % SECOND_US;
    if (cg_metered_source(host) == NULL) {
        return host->set_error(host, CG_INVALID, "There is no metrics source; set plugin_settings.metrics.");
    }
    struct cg_metrics_question questions[2];
    for (size_t i = 0; i < 2; i++) {
        questions[i] = (struct cg_metrics_question){
            .struct_size = sizeof questions[i],
            .query = &self->queries[i == 0 ? SELF_KAFKA_QUERY_SEEN_IN : SELF_KAFKA_QUERY_SEEN_OUT],
            .start = now - seconds * SECOND_US,
            .end = now,
            .step_seconds = step};
    }
    const struct cg_metrics_question *const list[] = {&questions[0], &questions[1]};
    const struct cg_metrics_answer *const *answers = NULL;
    cg_status status = host->metrics->fetch(host, list, 2, &answers);
    return status == CG_OK ? take_answers(self, gather, &questions[0], answers, ret) : status;
}

/* ---- the whole ---- */

cg_status self_kafka_gather_inventory(void *instance, const struct cg_gather *gather) {
    const struct self_kafka *self = instance;
    struct seen seen = {.values = {{NULL, 0}}};
    cg_status status = put_cluster(self, gather);
    if (status == CG_OK && (!self->asks_brokers || self->people.from_metrics)) {
        status = discover(self, gather, &seen);
    }
    if (status == CG_OK && self->asks_brokers) {
        status = self_kafka_gather_admin(self, gather);
    } else if (status == CG_OK) {
        status = put_all(self, gather, "broker", &seen.values[SELF_KAFKA_LABEL_BROKER]);
        if (status == CG_OK) {
            status = put_all(self, gather, "topic", &seen.values[SELF_KAFKA_LABEL_TOPIC]);
        }
    }
    if (!self->people.from_metrics) {
        seen.values[SELF_KAFKA_LABEL_PRINCIPAL].count = 0;
    }
    if (status == CG_OK) {
        status = cg_metered_people_gather(gather, &self->people, &seen.values[SELF_KAFKA_LABEL_PRINCIPAL]);
    }
    return status;
}
