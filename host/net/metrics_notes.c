#include "net/metrics_notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/intern.h"

#define LOGGER "net.metrics"

/* Most queries that are watched, and most different warnings that are told. */
#define MOST_QUERIES 512u
#define MOST_WARNINGS 50u

/* An expression is shown to this length. */
#define SHOWN_EXPRESSION 200

/* What became of one query, whatever its windows and resources. */
struct watch {
    uint64_t hash;
    char *name; /* "query 'key' (expression)" */
    uint64_t answers;
    uint64_t empty;
    uint64_t ignored;
    uint64_t told_missing; /* bits of labels */
    uint64_t told_lacking;
};

struct cg_metrics_notes {
    const struct cg_log *log;
    struct watch *watches;
    size_t count;
    size_t room;
    uint64_t warnings[MOST_WARNINGS]; /* hashes of those that were told */
    size_t warning_count;
};

struct cg_metrics_notes *cg_metrics_notes_new(const struct cg_log *log) {
    struct cg_metrics_notes *notes = calloc(1, sizeof *notes);
    if (notes)
        notes->log = log;
    return notes;
}

/* ---- queries ---- */

static uint64_t hash_query(const struct cg_metric_query *query) {
    const uint64_t parts[2] = {cg_hash_bytes(query->key, strlen(query->key)),
                               cg_hash_bytes(query->expression, strlen(query->expression))};
    return cg_hash_bytes(parts, sizeof parts);
}

/* Line ends of an expression would break the line of the log. */
static char *name_query(const struct cg_metric_query *query) {
    char *name = NULL;
    bool cut = strlen(query->expression) > SHOWN_EXPRESSION;
    if (asprintf(&name, "query '%.100s' (%.*s%s)", query->key, SHOWN_EXPRESSION, query->expression, cut ? "..." : "") <
        0)
        return NULL;
    for (char *at = name; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            *at = ' ';
    return name;
}

static struct watch *watch_query(struct cg_metrics_notes *notes, const struct cg_metric_query *query) {
    uint64_t hash = hash_query(query);
    for (size_t i = 0; i < notes->count; i++)
        if (notes->watches[i].hash == hash)
            return &notes->watches[i];
    if (notes->count == MOST_QUERIES)
        return NULL;
    if (notes->count == notes->room) {
        size_t room = notes->room ? notes->room * 2 : 16;
        struct watch *grown = realloc(notes->watches, room * sizeof *grown);
        if (!grown)
            return NULL;
        notes->watches = grown;
        notes->room = room;
    }
    char *name = name_query(query);
    if (!name)
        return NULL;
    notes->watches[notes->count] = (struct watch){.hash = hash, .name = name};
    return &notes->watches[notes->count++];
}

/* ---- labels ---- */

static void tell_missing(const struct cg_metrics_notes *notes, const struct watch *watch, const char *label,
                         const struct cg_prometheus_answer *answer) {
    struct cg_buf names;
    cg_buf_init(&names, 4096);
    for (size_t i = 0; i < answer->name_count; i++)
        cg_buf_printf(&names, "%s%s", i ? ", " : "", answer->names[i]);
    cg_log_write(notes->log, LOGGER, CG_LOG_WARNING, "%s: the label '%.100s' is missing; the series have%s %s%s",
                 watch->name, label, names.length ? ":" : "", names.length ? cg_buf_text(&names) : "no labels",
                 answer->name_count == CG_PROMETHEUS_NAMES_MAX ? ", ..." : "");
    cg_buf_done(&names);
}

static void note_labels(const struct cg_metrics_notes *notes, struct watch *watch, const struct cg_metric_query *query,
                        const struct cg_prometheus_answer *answer) {
    for (size_t i = 0; i < query->labels.count && i < 64; i++) {
        uint64_t bit = UINT64_C(1) << i;
        if (!(answer->lacking & bit))
            continue;
        if (!(answer->found & bit) && !(watch->told_missing & bit)) {
            watch->told_missing |= bit;
            tell_missing(notes, watch, query->labels.items[i], answer);
        } else if ((answer->found & bit) && !(watch->told_lacking & bit)) {
            watch->told_lacking |= bit;
            cg_log_write(notes->log, LOGGER, CG_LOG_DEBUG, "%s: some series lack the label '%.100s'", watch->name,
                         query->labels.items[i]);
        }
    }
}

/* ---- warnings ---- */

static void tell_warning(struct cg_metrics_notes *notes, const char *name, const char *text) {
    uint64_t hash = cg_hash_bytes(text, strlen(text));
    for (size_t i = 0; i < notes->warning_count; i++)
        if (notes->warnings[i] == hash)
            return;
    if (notes->warning_count == MOST_WARNINGS)
        return;
    notes->warnings[notes->warning_count++] = hash;
    cg_log_write(notes->log, LOGGER, CG_LOG_WARNING, "%s: the metrics source warns: %s%s", name, text,
                 notes->warning_count == MOST_WARNINGS ? " (further warnings are not told)" : "");
}

void cg_metrics_notes_answer(struct cg_metrics_notes *notes, const struct cg_metric_query *query,
                             const struct cg_prometheus_answer *answer) {
    struct watch *watch = watch_query(notes, query);
    for (size_t i = 0; i < answer->warning_count; i++)
        tell_warning(notes, watch ? watch->name : "a query", answer->warnings[i]);
    if (!watch)
        return;
    watch->answers++;
    watch->empty += answer->seen == 0;
    watch->ignored += answer->ignored;
    note_labels(notes, watch, query, answer);
}

/* ---- the end ---- */

static void tell_rest(const struct cg_metrics_notes *notes, const struct watch *watch) {
    if (watch->empty == watch->answers)
        cg_log_write(notes->log, LOGGER, CG_LOG_WARNING,
                     "%s: no series; of %" PRIu64 " answers none had any, so look whether the metric exists under this "
                     "name and with these labels",
                     watch->name, watch->answers);
    else if (watch->empty)
        cg_log_write(notes->log, LOGGER, CG_LOG_DEBUG, "%s: no series in %" PRIu64 " of %" PRIu64 " answers",
                     watch->name, watch->empty, watch->answers);
    if (watch->ignored)
        cg_log_write(notes->log, LOGGER, CG_LOG_WARNING,
                     "%s: %" PRIu64 " samples were left out, because they are not finite numbers or were repeated",
                     watch->name, watch->ignored);
}

void cg_metrics_notes_free(struct cg_metrics_notes *notes) {
    if (!notes)
        return;
    for (size_t i = 0; i < notes->count; i++) {
        tell_rest(notes, &notes->watches[i]);
        free(notes->watches[i].name);
    }
    free(notes->watches);
    free(notes);
}
