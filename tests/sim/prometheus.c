/* The query endpoints of a Prometheus server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "metrics.h"
#include "number.h"

/* Points per series that Prometheus allows. */
#define CG_SIM_MOST_POINTS 11000

/* Longest answer, in bytes. */
#define CG_SIM_MOST_ANSWER ((size_t)256 << 20)

/* One instant of a query, with the text that begins its point. */
struct tick {
    int64_t ms;
    char head[24]; /* `[1780272000,"` */
    size_t len;
};

struct answer {
    struct cg_sim_text *text;
    struct tick *ticks;
    size_t count;
    size_t written;
    bool range;
    bool too_long;
};

static void tick_make(struct tick *tick, int64_t ms) {
    tick->ms = ms;
    size_t len = 0;
    tick->head[len++] = '[';
    len += cg_sim_u64_format((uint64_t)(ms / 1000), tick->head + len);
    if (ms % 1000 != 0) {
        static const int64_t places[] = {100, 10, 1};
        tick->head[len++] = '.';
        for (size_t i = 0; i < 3; i++) {
            tick->head[len++] = (char)('0' + (int)(ms % 1000 / places[i] % 10));
        }
        while (tick->head[len - 1] == '0') {
            len--;
        }
    }
    tick->head[len++] = ',';
    tick->head[len++] = '"';
    tick->len = len;
}

/* Writes the points of a series; returns how many. */
static size_t points_put(struct answer *answer, const struct cg_sim_series *series) {
    struct cg_sim_text *text = answer->text;
    /* room for all points at once, so that the loop only copies */
    if (!cg_sim_text_reserve(text, answer->count * (sizeof(answer->ticks[0].head) + CG_SIM_VALUE_SIZE + 3))) {
        return 0;
    }
    char *at = text->data + text->len;
    size_t count = 0;
    for (size_t i = 0; i < answer->count; i++) {
        char value[CG_SIM_VALUE_SIZE];
        size_t len = cg_sim_series_value(series, answer->ticks[i].ms, value);
        if (len == 0) {
            continue;
        }
        if (count++ > 0) {
            *at++ = ',';
        }
        memcpy(at, answer->ticks[i].head, answer->ticks[i].len);
        at += answer->ticks[i].len;
        memcpy(at, value, len);
        at += len;
        *at++ = '"';
        *at++ = ']';
    }
    text->len = (size_t)(at - text->data);
    *at = '\0';
    return count;
}

static void series_put(void *context, const struct cg_sim_series *series) {
    struct answer *answer = context;
    struct cg_sim_text *text = answer->text;
    if (answer->too_long || text->len > CG_SIM_MOST_ANSWER) {
        answer->too_long = true;
        return;
    }
    size_t before = text->len;
    cg_sim_text_puts(text, answer->written == 0 ? "{\"metric\":{\"" : ",{\"metric\":{\"");
    cg_sim_text_puts(text, series->first_label);
    cg_sim_text_puts(text, "\":\"");
    cg_sim_text_puts(text, series->first_value);
    cg_sim_text_puts(text, "\",\"");
    cg_sim_text_puts(text, series->second_label);
    cg_sim_text_puts(text, "\":\"");
    cg_sim_text_puts(text, series->second_value);
    cg_sim_text_puts(text, answer->range ? "\"},\"values\":[" : "\"},\"value\":");
    if (points_put(answer, series) == 0) {
        /* a series without samples is not listed */
        text->len = before;
        return;
    }
    cg_sim_text_puts(text, answer->range ? "]}" : "}");
    answer->written++;
}

/* Reads a form field from the body, else from the query string. */
static bool field_read(const struct cg_sim_request *request, const char *name, char *ret_value, size_t size) {
    return cg_sim_form_get(cg_sim_form_has(request->body, name) ? request->body : request->query, name, ret_value,
                           size);
}

/* Reads a step: seconds with an optional fraction, or a duration like 5m; in milliseconds. */
static bool step_read(const char *text, int64_t *ret_ms) {
    char number[24];
    size_t len = strlen(text);
    static const char units[] = "smhdw";
    static const int64_t seconds[] = {1, 60, 3600, 86400, 604800};
    if (len == 0 || len >= sizeof(number)) {
        return false;
    }
    const char *unit = strchr(units, text[len - 1]);
    int64_t factor = unit == NULL ? 1 : seconds[unit - units];
    (void)snprintf(number, sizeof(number), "%.*s", (int)(unit == NULL ? len : len - 1), text);
    int64_t ms = 0;
    if (strchr(number, '-') != NULL || !cg_sim_instant_parse(number, &ms) || ms > INT64_MAX / 604800) {
        return false;
    }
    *ret_ms = ms * factor;
    return *ret_ms > 0;
}

/* Answers an expression over the ticks. */
static void answer_put(const struct cg_sim_world *world, const char *expression, struct answer *answer,
                       struct cg_sim_reply *reply) {
    cg_sim_text_puts(answer->text, "{\"status\":\"success\",\"data\":{\"resultType\":\"");
    cg_sim_text_puts(answer->text, answer->range ? "matrix" : "vector");
    cg_sim_text_puts(answer->text, "\",\"result\":[");
    cg_sim_series_visit(world->scenario, world->now, expression, series_put, answer);
    cg_sim_text_puts(answer->text, "]}}");
    reply->cacheable = true;
    if (answer->too_long) {
        cg_sim_reply_prom_error(reply, 422, "execution", "query processing would load too many samples into memory");
    }
}

void cg_sim_query_range(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    char expression[1024];
    char text[64];
    int64_t start = 0;
    int64_t end = 0;
    int64_t step = 0;
    if (!field_read(request, "query", expression, sizeof(expression)) || expression[0] == '\0') {
        cg_sim_reply_prom_error(reply, 400, "bad_data", "invalid parameter \"query\": unknown position: parse error");
    } else if (!field_read(request, "start", text, sizeof(text)) || !cg_sim_instant_parse(text, &start)) {
        cg_sim_reply_prom_error(reply, 400, "bad_data",
                                "invalid parameter \"start\": cannot parse to a valid timestamp");
    } else if (!field_read(request, "end", text, sizeof(text)) || !cg_sim_instant_parse(text, &end)) {
        cg_sim_reply_prom_error(reply, 400, "bad_data", "invalid parameter \"end\": cannot parse to a valid timestamp");
    } else if (end < start) {
        cg_sim_reply_prom_error(reply, 400, "bad_data",
                                "invalid parameter \"end\": end timestamp must not be before start time");
    } else if (!field_read(request, "step", text, sizeof(text)) || !step_read(text, &step)) {
        cg_sim_reply_prom_error(reply, 400, "bad_data",
                                "invalid parameter \"step\": zero or negative query resolution step widths are not "
                                "accepted");
    } else if ((end - start) / step >= CG_SIM_MOST_POINTS) {
        cg_sim_reply_prom_error(reply, 400, "bad_data",
                                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
                                "resolution (?step=XX)");
    } else {
        struct answer answer = {.text = &reply->body, .range = true, .count = (size_t)((end - start) / step) + 1};
        answer.ticks = calloc(answer.count, sizeof(*answer.ticks));
        if (answer.ticks == NULL) {
            cg_sim_reply_prom_error(reply, 503, "internal", "out of memory");
            return;
        }
        for (size_t i = 0; i < answer.count; i++) {
            tick_make(&answer.ticks[i], start + (int64_t)i * step);
        }
        answer_put(world, expression, &answer, reply);
        free(answer.ticks);
    }
}

void cg_sim_query(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    char expression[1024];
    char text[64];
    /* Without a time our own "now" counts, so that the answer does not depend on the clock. */
    int64_t at = world->now * 1000;
    bool has_time = cg_sim_form_has(request->body, "time") || cg_sim_form_has(request->query, "time");
    if (!field_read(request, "query", expression, sizeof(expression)) || expression[0] == '\0') {
        cg_sim_reply_prom_error(reply, 400, "bad_data", "invalid parameter \"query\": unknown position: parse error");
    } else if (has_time && (!field_read(request, "time", text, sizeof(text)) || !cg_sim_instant_parse(text, &at))) {
        cg_sim_reply_prom_error(reply, 400, "bad_data",
                                "invalid parameter \"time\": cannot parse to a valid timestamp");
    } else {
        struct tick tick;
        tick_make(&tick, at);
        struct answer answer = {.text = &reply->body, .ticks = &tick, .count = 1};
        answer_put(world, expression, &answer, reply);
    }
}

void cg_sim_ready(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    (void)world;
    (void)request;
    reply->content_type = "text/plain; charset=utf-8";
    cg_sim_text_puts(&reply->body, "Prometheus Server is Ready.\n");
}
