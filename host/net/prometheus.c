#include "net/prometheus.h"

#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "net/json_scan.h"
#include "net/number.h"
#include "net/prometheus_notes.h"

/* So many series that lack a label are looked at to tell which ones there are. */
#define LOOKED_AT 8u

/* One reading. The scratch lists grow to the largest series and are copied to the arena in one piece. */
struct reading {
    struct cg_json_scan scan;
    const struct cg_prometheus_question *question;
    const struct cg_metric_query *query; /* NULL: data is skipped */
    struct cg_arena *arena;
    struct cg_error *error;
    struct cg_metric_point *points;
    size_t point_capacity;
    struct cg_metric_series **series;
    uint64_t *identities;
    size_t series_capacity;
    size_t point_total;
    size_t looked_at;
    struct cg_prometheus_answer answer; /* its series are not set while it is read */
};

/* The labels and points of the series being read. */
struct draft {
    struct cg_field *labels;   /* one for each of the query's labels; value NULL when absent */
    struct cg_json_scan place; /* of the labels; at NULL when there are none */
    uint64_t identity;
    size_t point_count;
    bool unordered;
};

static cg_status not_json(struct reading *reading) {
    return cg_error_set(reading->error, CG_PERMANENT, "answered with something that is not JSON");
}

static cg_status wrong_shape(struct reading *reading, const char *what) {
    return cg_error_set(reading->error, CG_PERMANENT, "answered with JSON of an unexpected shape: %s", what);
}

/* Takes the opening bracket of a list or object; otherwise tells JSON of another shape from no JSON. */
static cg_status open_value(struct reading *reading, char bracket, const char *expected) {
    if (cg_json_take(&reading->scan, bracket))
        return CG_OK;
    return cg_json_skip(&reading->scan) ? wrong_shape(reading, expected) : not_json(reading);
}

static cg_status skip_value(struct reading *reading) {
    return cg_json_skip(&reading->scan) ? CG_OK : not_json(reading);
}

/* ---- points ---- */

static cg_status add_point(struct reading *reading, struct draft *draft, struct cg_metric_point point) {
    if (++reading->point_total > CG_PROMETHEUS_POINTS_MAX)
        return cg_error_set(reading->error, CG_PERMANENT, "answered with more than %zu samples",
                            CG_PROMETHEUS_POINTS_MAX);
    if (draft->point_count == reading->point_capacity) {
        size_t capacity = reading->point_capacity ? reading->point_capacity * 2 : 256;
        struct cg_metric_point *points = realloc(reading->points, capacity * sizeof *points);
        if (!points)
            return cg_error_no_memory(reading->error);
        reading->points = points;
        reading->point_capacity = capacity;
    }
    if (draft->point_count > 0 && point.time <= reading->points[draft->point_count - 1].time)
        draft->unordered = true;
    reading->points[draft->point_count++] = point;
    return CG_OK;
}

/* A number, plain or as a string. */
static bool take_figure(struct cg_json_scan *scan, struct cg_json_text *ret) {
    if (cg_json_peek(scan) == '"')
        return cg_json_string(scan, ret) && !ret->escaped;
    return cg_json_number(scan, ret);
}

static bool take_pair(struct cg_json_scan *scan, struct cg_metric_point *ret) {
    struct cg_json_text time;
    struct cg_json_text value;
    return cg_json_take(scan, '[') && take_figure(scan, &time) && cg_json_take(scan, ',') &&
           take_figure(scan, &value) && cg_json_take(scan, ']') &&
           cg_number_parse_seconds(time.data, time.length, &ret->time) &&
           cg_number_parse(value.data, value.length, &ret->value);
}

static cg_status read_point(struct reading *reading, struct draft *draft) {
    struct cg_json_scan before = reading->scan;
    struct cg_metric_point point;
    if (!take_pair(&reading->scan, &point)) {
        reading->scan = before;
        reading->answer.ignored++;
        return skip_value(reading);
    }
    if (point.time < reading->question->start || point.time >= reading->question->end)
        return CG_OK;
    point.time -= reading->question->shift;
    return add_point(reading, draft, point);
}

static cg_status read_points(struct reading *reading, struct draft *draft) {
    bool first = true;
    bool more = true;
    cg_status status = open_value(reading, '[', "\"values\" is not a list");
    while (status == CG_OK && more) {
        if (!cg_json_next_item(&reading->scan, &first, &more))
            return not_json(reading);
        if (more)
            status = read_point(reading, draft);
    }
    return status;
}

static int compare_points(const void *left, const void *right) {
    int64_t a = ((const struct cg_metric_point *)left)->time;
    int64_t b = ((const struct cg_metric_point *)right)->time;
    return (a > b) - (a < b);
}

/* Points in ascending time, each time once. */
static void order_points(struct reading *reading, struct draft *draft) {
    struct cg_metric_point *points = reading->points;
    size_t kept = 1;
    qsort(points, draft->point_count, sizeof *points, compare_points);
    for (size_t i = 1; i < draft->point_count; i++) {
        if (points[i].time != points[kept - 1].time)
            points[kept++] = points[i];
        else
            reading->answer.ignored++;
    }
    draft->point_count = kept;
}

/* ---- series ---- */

static cg_status read_label(struct reading *reading, const struct cg_json_text *name, struct draft *draft) {
    const struct cg_text_list *wanted = &reading->query->labels;
    size_t index = 0;
    while (index < wanted->count && !cg_json_equals(name, wanted->items[index]))
        index++;
    if (index == wanted->count)
        return skip_value(reading);
    struct cg_json_text text;
    if (cg_json_peek(&reading->scan) != '"')
        return cg_json_skip(&reading->scan) ? wrong_shape(reading, "a label is not a string") : not_json(reading);
    if (!cg_json_string(&reading->scan, &text))
        return not_json(reading);
    char *value = cg_arena_alloc(reading->arena, text.length + 1);
    if (!value)
        return cg_error_no_memory(reading->error);
    size_t length = cg_json_unescape(&text, value);
    if (memchr(value, '\0', length))
        return wrong_shape(reading, "a label has a NUL character");
    draft->labels[index] = (struct cg_field){.key = wanted->items[index], .value = value, .kind = CG_FIELD_STRING};
    return CG_OK;
}

/* What is added up does not depend on the order of the labels. */
static uint64_t label_hash(const struct cg_json_text *name, const char *value, const char *end) {
    const uint64_t parts[2] = {cg_hash_bytes(name->data, name->length), cg_hash_bytes(value, (size_t)(end - value))};
    return cg_hash_bytes(parts, sizeof parts);
}

static cg_status read_labels(struct reading *reading, struct draft *draft) {
    struct cg_json_text name;
    bool first = true;
    bool more = true;
    draft->place = reading->scan;
    cg_status status = open_value(reading, '{', "\"metric\" is not an object");
    while (status == CG_OK && more) {
        if (!cg_json_next_member(&reading->scan, &first, &more, &name))
            return not_json(reading);
        if (!more)
            break;
        (void)cg_json_peek(&reading->scan);
        const char *value = reading->scan.at;
        status = read_label(reading, &name, draft);
        draft->identity += label_hash(&name, value, reading->scan.at);
    }
    return status;
}

/* Remembers which labels of the query the series has, and which others when one is missing. */
static cg_status note_labels(struct reading *reading, const struct draft *draft) {
    size_t count = reading->query->labels.count < 64 ? reading->query->labels.count : 64;
    uint64_t found = 0;
    for (size_t i = 0; i < count; i++)
        found |= (uint64_t)(draft->labels[i].value != NULL) << i;
    uint64_t lacking = ~found & (count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1);
    reading->answer.seen++;
    reading->answer.found |= found;
    reading->answer.lacking |= lacking;
    if (!lacking || !draft->place.at || reading->looked_at == LOOKED_AT)
        return CG_OK;
    reading->looked_at++;
    if (cg_prometheus_note_names(draft->place, reading->arena, &reading->answer) != CG_OK)
        return cg_error_no_memory(reading->error);
    return CG_OK;
}

/* Room for one series more. */
static cg_status grow_series(struct reading *reading) {
    if (reading->answer.count == CG_PROMETHEUS_SERIES_MAX)
        return cg_error_set(reading->error, CG_PERMANENT, "answered with more than %zu series",
                            CG_PROMETHEUS_SERIES_MAX);
    if (reading->answer.count < reading->series_capacity)
        return CG_OK;
    size_t capacity = reading->series_capacity ? reading->series_capacity * 2 : 64;
    struct cg_metric_series **list = realloc(reading->series, capacity * sizeof(struct cg_metric_series *));
    if (!list)
        return cg_error_no_memory(reading->error);
    reading->series = list;
    uint64_t *identities = realloc(reading->identities, capacity * sizeof *identities);
    if (!identities)
        return cg_error_no_memory(reading->error);
    reading->identities = identities;
    reading->series_capacity = capacity;
    return CG_OK;
}

static cg_status add_series(struct reading *reading, struct draft *draft) {
    cg_status status = note_labels(reading, draft);
    if (status != CG_OK || draft->point_count == 0)
        return status;
    if (draft->unordered)
        order_points(reading, draft);
    status = grow_series(reading);
    if (status != CG_OK)
        return status;
    struct cg_metric_series *series = cg_arena_alloc(reading->arena, sizeof *series);
    struct cg_metric_point *points = cg_arena_array(reading->arena, draft->point_count, sizeof *points);
    if (!series || !points)
        return cg_error_no_memory(reading->error);
    memcpy(points, reading->points, draft->point_count * sizeof *points);
    uint32_t labels = 0;
    for (size_t i = 0; i < reading->query->labels.count; i++) {
        if (draft->labels[i].value)
            draft->labels[labels++] = draft->labels[i];
    }
    *series = (struct cg_metric_series){.struct_size = sizeof *series,
                                        .label_count = labels,
                                        .key = reading->query->key,
                                        .labels = draft->labels,
                                        .points = points,
                                        .point_count = draft->point_count};
    reading->identities[reading->answer.count] = draft->identity;
    reading->series[reading->answer.count++] = series;
    return CG_OK;
}

static cg_status read_series(struct reading *reading) {
    struct draft draft = {.labels =
                              cg_arena_array(reading->arena, reading->query->labels.count, sizeof(struct cg_field))};
    struct cg_json_text name;
    bool first = true;
    bool more = true;
    if (!draft.labels)
        return cg_error_no_memory(reading->error);
    cg_status status = open_value(reading, '{', "an item of \"result\" is not an object");
    while (status == CG_OK && more) {
        if (!cg_json_next_member(&reading->scan, &first, &more, &name))
            return not_json(reading);
        if (!more)
            break;
        if (cg_json_equals(&name, "metric"))
            status = read_labels(reading, &draft);
        else if (cg_json_equals(&name, "values"))
            status = read_points(reading, &draft);
        else if (cg_json_equals(&name, "value"))
            status = read_point(reading, &draft);
        else
            status = skip_value(reading);
    }
    return status == CG_OK ? add_series(reading, &draft) : status;
}

/* ---- the answer ---- */

static cg_status read_result(struct reading *reading) {
    bool first = true;
    bool more = true;
    cg_status status = open_value(reading, '[', "\"result\" is not a list");
    while (status == CG_OK && more) {
        if (!cg_json_next_item(&reading->scan, &first, &more))
            return not_json(reading);
        if (more)
            status = read_series(reading);
    }
    return status;
}

static cg_status read_data(struct reading *reading, bool *ret_found) {
    struct cg_json_text name;
    bool first = true;
    bool more = true;
    cg_status status = open_value(reading, '{', "\"data\" is not an object");
    while (status == CG_OK && more) {
        if (!cg_json_next_member(&reading->scan, &first, &more, &name))
            return not_json(reading);
        if (!more)
            break;
        if (!cg_json_equals(&name, "result")) {
            status = skip_value(reading);
        } else if (*ret_found) {
            status = wrong_shape(reading, "\"result\" occurs twice");
        } else {
            status = read_result(reading);
            *ret_found = status == CG_OK;
        }
    }
    return status;
}

/* The length of the server's own word for an error, if it looks like one ("bad_data"). */
static int error_word(const struct cg_json_text *text) {
    if (text->length == 0 || text->length > 40)
        return 0;
    for (size_t i = 0; i < text->length; i++) {
        char c = text->data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return 0;
    }
    return (int)text->length;
}

static cg_status read_warnings(struct reading *reading) {
    bool json = true;
    if (cg_prometheus_note_warnings(&reading->scan, reading->arena, &reading->answer, &json) != CG_OK)
        return cg_error_no_memory(reading->error);
    return json ? CG_OK : not_json(reading);
}

/* What the outermost object says besides its data. */
struct envelope {
    struct cg_json_text status;
    struct cg_json_text error_type;
    struct cg_json_text error;
    bool has_result;
};

static cg_status read_envelope(struct reading *reading, struct envelope *envelope) {
    struct cg_json_text name;
    bool first = true;
    bool more = true;
    cg_status status = open_value(reading, '{', "it is not an object");
    while (status == CG_OK && more) {
        if (!cg_json_next_member(&reading->scan, &first, &more, &name))
            return not_json(reading);
        if (!more)
            break;
        char next = cg_json_peek(&reading->scan);
        if (cg_json_equals(&name, "status") && next == '"')
            status = cg_json_string(&reading->scan, &envelope->status) ? CG_OK : not_json(reading);
        else if (cg_json_equals(&name, "errorType") && next == '"')
            status = cg_json_string(&reading->scan, &envelope->error_type) ? CG_OK : not_json(reading);
        else if (cg_json_equals(&name, "error") && next == '"')
            status = cg_json_string(&reading->scan, &envelope->error) ? CG_OK : not_json(reading);
        else if (cg_json_equals(&name, "data") && next == '{' && reading->query)
            status = read_data(reading, &envelope->has_result);
        else if ((cg_json_equals(&name, "warnings") || cg_json_equals(&name, "infos")) && reading->query)
            status = read_warnings(reading);
        else
            status = skip_value(reading);
    }
    if (status == CG_OK && !cg_json_at_end(&reading->scan))
        return not_json(reading);
    return status;
}

static cg_status read_answer(struct reading *reading) {
    struct envelope envelope = {0};
    cg_status status = read_envelope(reading, &envelope);
    if (status != CG_OK)
        return status;
    if (cg_json_equals(&envelope.status, "error")) {
        int length = error_word(&envelope.error_type);
        return cg_error_set(reading->error, CG_PERMANENT, "reports an error%s%.*s%s", length ? " (" : "", length,
                            length ? envelope.error_type.data : "", length ? ")" : "");
    }
    if (!cg_json_equals(&envelope.status, "success"))
        return wrong_shape(reading, "\"status\" is neither \"success\" nor \"error\"");
    if (!envelope.has_result)
        return wrong_shape(reading, "there is no \"data.result\"");
    return CG_OK;
}

/* Moves the lists of series to the arena. */
static cg_status keep_series(struct reading *reading) {
    size_t count = reading->answer.count;
    struct cg_metric_series **series = cg_arena_array(reading->arena, count, sizeof(struct cg_metric_series *));
    uint64_t *identities = cg_arena_array(reading->arena, count, sizeof *identities);
    if (!series || !identities)
        return cg_error_no_memory(reading->error);
    for (size_t i = 0; i < count; i++) {
        series[i] = reading->series[i];
        identities[i] = reading->identities[i];
    }
    reading->answer.series = series;
    reading->answer.identities = identities;
    return CG_OK;
}

cg_status cg_prometheus_parse(const char *body, size_t length, const struct cg_prometheus_question *question,
                              struct cg_arena *arena, struct cg_prometheus_answer *ret, struct cg_error *error) {
    struct reading reading = {.scan = {.at = body, .end = body + length},
                              .question = question,
                              .query = question->query,
                              .arena = arena,
                              .error = error};
    cg_status status = read_answer(&reading);
    if (status == CG_OK)
        status = keep_series(&reading);
    if (status == CG_OK)
        *ret = reading.answer;
    free(reading.series);
    free(reading.identities);
    free(reading.points);
    return status;
}

/* A copy of the server's sentence; NULL when out of memory. */
static char *copy_sentence(const struct cg_json_text *text) {
    char *copy = malloc(text->length + 1);
    if (!copy)
        return NULL;
    size_t length = cg_json_unescape(text, copy);
    for (size_t i = 0; i < length; i++)
        if (!copy[i])
            copy[i] = ' ';
    copy[length] = '\0';
    return copy;
}

cg_status cg_prometheus_read_failure(const char *body, size_t length, struct cg_prometheus_failure *ret) {
    struct reading reading = {.scan = {.at = body, .end = body + length}};
    struct envelope envelope = {0};
    struct cg_prometheus_failure failure = {0};
    if (read_envelope(&reading, &envelope) != CG_OK) {
        *ret = failure;
        return CG_OK;
    }
    failure.reported = cg_json_equals(&envelope.status, "error");
    size_t word = (size_t)error_word(&envelope.error_type);
    if (word && word < sizeof failure.type)
        memcpy(failure.type, envelope.error_type.data, word);
    if (envelope.error.length) {
        failure.text = copy_sentence(&envelope.error);
        if (!failure.text)
            return CG_NO_MEMORY;
    }
    *ret = failure;
    return CG_OK;
}
