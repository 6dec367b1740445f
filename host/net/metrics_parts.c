/* A window that is too long for one query: cut, and put together again. */
#include <stdlib.h>
#include <string.h>

#include "net/metrics_jobs.h"

#define SECOND INT64_C(1000000)

/* Times from 1970 to the year 9999, in seconds. */
#define LAST_SECOND INT64_C(253402300799)

/* Most parts of a window. */
#define MOST_PARTS 1000

/* ---- cutting ---- */

static int64_t seconds_up(int64_t time) {
    return time / SECOND + (time % SECOND > 0);
}

/* A server includes both ends. A sample at the end of a window belongs to the next one, unless it tells of the step
 * before it; then the one at the start belongs to the window before. */
static void find_samples(const struct cg_metrics_job *job, int64_t *ret_first, int64_t *ret_last) {
    bool trailing = job->query->flags & CG_METRIC_TRAILING;
    *ret_first = seconds_up(job->start) + (trailing ? job->step : 0);
    *ret_last = trailing ? job->end / SECOND : seconds_up(job->end) - 1;
}

static void fill_part(struct cg_metrics_job *job, size_t index, int64_t first, int64_t last, int64_t length) {
    bool trailing = job->query->flags & CG_METRIC_TRAILING;
    struct cg_metrics_part *part = &job->parts[index];
    bool is_last = index + 1 == job->part_count;
    int64_t end = trailing ? job->end + 1 : job->end;
    *part = (struct cg_metrics_part){.job = job, .first = first, .last = is_last ? last : first + length - 1};
    part->question = (struct cg_prometheus_question){
        .query = job->query,
        .start = index || trailing ? first * SECOND : job->start,
        .end = is_last ? end : (first + length) * SECOND,
        .shift = trailing ? job->step * SECOND : 0,
    };
}

cg_status cg_metrics_job_cut(struct cg_metrics_job *job, uint32_t most_points, struct cg_arena *arena) {
    int64_t first = 0;
    int64_t last = 0;
    if (job->start >= job->end)
        return CG_OK;
    if (job->start < 0 || job->end > LAST_SECOND * SECOND || job->step > INT32_MAX)
        return CG_INVALID;
    find_samples(job, &first, &last);
    if (first > last)
        return CG_OK;
    int64_t length = job->step * (int64_t)most_points;
    int64_t count = (last - first) / length + 1;
    if (count > MOST_PARTS)
        return CG_INVALID;
    job->parts = cg_arena_array(arena, (size_t)count, sizeof *job->parts);
    if (!job->parts)
        return CG_NO_MEMORY;
    job->part_count = job->parts_left = (size_t)count;
    for (int64_t i = 0; i < count; i++)
        fill_part(job, (size_t)i, first + i * length, last, length);
    return CG_OK;
}

/* ---- joining ---- */

/* A series on its way: pieces from several parts. */
struct piece {
    uint64_t identity;
    size_t order; /* among all pieces, so that the server's order is kept */
    struct cg_metric_series *series;
};

static int compare_pieces(const void *left, const void *right) {
    const struct piece *a = left;
    const struct piece *b = right;
    if (a->identity != b->identity)
        return a->identity < b->identity ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

static int compare_order(const void *left, const void *right) {
    const struct piece *a = left;
    const struct piece *b = right;
    return (a->order > b->order) - (a->order < b->order);
}

static bool follows(const struct cg_metric_series *series, const struct cg_metric_series *next) {
    return next->points[0].time > series->points[series->point_count - 1].time;
}

/* Makes one series of `count` pieces, which lie one after the other in time. */
static cg_status merge(const struct piece *pieces, size_t count, struct cg_arena *arena) {
    struct cg_metric_series *series = pieces[0].series;
    size_t total = 0;
    if (count == 1)
        return CG_OK;
    for (size_t i = 0; i < count; i++)
        total += pieces[i].series->point_count;
    struct cg_metric_point *points = cg_arena_array(arena, total, sizeof *points);
    if (!points)
        return CG_NO_MEMORY;
    total = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(&points[total], pieces[i].series->points, pieces[i].series->point_count * sizeof *points);
        total += pieces[i].series->point_count;
    }
    series->points = points;
    series->point_count = total;
    return CG_OK;
}

/* Merges what belongs together and moves what is left to the front; returns how many series that are, 0 when out of
 * memory. */
static size_t merge_all(struct piece *pieces, size_t count, struct cg_arena *arena) {
    size_t kept = 0;
    for (size_t at = 0; at < count;) {
        size_t end = at + 1;
        while (end < count && pieces[end].identity == pieces[at].identity &&
               follows(pieces[end - 1].series, pieces[end].series))
            end++;
        if (merge(&pieces[at], end - at, arena) != CG_OK)
            return 0;
        pieces[kept++] = pieces[at];
        at = end;
    }
    return kept;
}

/* What the parts say besides their series. */
static void add_notes(struct cg_prometheus_answer *whole, const struct cg_prometheus_answer *part) {
    whole->ignored += part->ignored;
    whole->seen += part->seen;
    whole->found |= part->found;
    whole->lacking |= part->lacking;
    if (!whole->name_count) {
        memcpy(whole->names, part->names, sizeof whole->names);
        whole->name_count = part->name_count;
    }
    for (size_t i = 0; i < part->warning_count && whole->warning_count < CG_PROMETHEUS_WARNINGS_MAX; i++)
        whole->warnings[whole->warning_count++] = part->warnings[i];
}

cg_status cg_metrics_job_join(struct cg_metrics_job *job, struct cg_arena *arena) {
    size_t count = 0;
    if (job->part_count == 1) {
        job->answer = job->parts[0].answer;
        return CG_OK;
    }
    for (size_t i = 0; i < job->part_count; i++) {
        add_notes(&job->answer, &job->parts[i].answer);
        count += job->parts[i].answer.count;
    }
    struct piece *pieces = cg_arena_array(arena, count, sizeof *pieces);
    struct cg_metric_series **series = cg_arena_array(arena, count, sizeof(struct cg_metric_series *));
    if (!pieces || !series)
        return CG_NO_MEMORY;
    size_t at = 0;
    for (size_t i = 0; i < job->part_count; i++) {
        const struct cg_prometheus_answer *answer = &job->parts[i].answer;
        for (size_t j = 0; j < answer->count; j++, at++)
            pieces[at] = (struct piece){.identity = answer->identities[j], .order = at, .series = answer->series[j]};
    }
    if (count) {
        qsort(pieces, count, sizeof *pieces, compare_pieces);
        count = merge_all(pieces, count, arena);
        if (!count)
            return CG_NO_MEMORY;
        qsort(pieces, count, sizeof *pieces, compare_order);
    }
    for (size_t i = 0; i < count; i++)
        series[i] = pieces[i].series;
    job->answer.series = series;
    job->answer.count = count;
    return CG_OK;
}
