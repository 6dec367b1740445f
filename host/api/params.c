#include "api/params.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/moment.h"
#include "base/text.h"

/* Bytes of all problems of one request. */
#define PROBLEMS_LIMIT ((size_t)1024 * 1024)

void cg_params_init(struct cg_params *params, struct cg_call *call) {
    *params = (struct cg_params){.call = call};
    cg_buf_init(&params->problems, PROBLEMS_LIMIT);
    cg_json_init(&params->json, &params->problems);
}

int32_t cg_params_fine(struct cg_params *params) {
    struct cg_reply *reply = &params->call->reply;
    if (!params->count) {
        cg_buf_done(&params->problems);
        return 1;
    }
    reply->status = 422;
    cg_buf_clear(&reply->body);
    cg_buf_add_text(&reply->body, "{\"detail\":[");
    cg_buf_add(&reply->body, cg_buf_text(&params->problems), params->problems.length);
    cg_buf_add_text(&reply->body, "]}");
    if (params->problems.status != CG_OK)
        reply->body.status = params->problems.status;
    cg_buf_done(&params->problems);
    return 0;
}

void cg_params_problem(struct cg_params *params, const char *type, const char *place, const char *name,
                       const char *message, const char *input, const char *context) {
    struct cg_json *json = &params->json;
    params->count++;
    cg_json_object(json);
    cg_json_put_text(json, "type", type);
    cg_json_key(json, "loc");
    cg_json_list(json);
    cg_json_text(json, place);
    cg_json_text(json, name);
    cg_json_list_end(json);
    cg_json_put_text(json, "msg", message);
    cg_json_key(json, "input");
    cg_json_raw(json, input, "null");
    if (context) {
        cg_json_key(json, "ctx");
        cg_json_raw(json, context, "{}");
    }
    cg_json_object_end(json);
}

/* The rejected value as JSON, cut to what helps to recognise it. In the call's arena; NULL without memory. */
static const char *echo(struct cg_params *params, const char *text) {
    struct cg_buf out;
    struct cg_json json;
    size_t length = cg_text_prefix(text, CG_PARAM_ECHO);
    cg_buf_init(&out, (size_t)64 * 1024);
    cg_json_init(&json, &out);
    cg_json_text_n(&json, text, length);
    const char *copy = out.status == CG_OK ? cg_arena_copy(params->call->arena, out.data, out.length) : NULL;
    cg_buf_done(&out);
    return copy;
}

static void reject(struct cg_params *params, const char *type, const char *name, const char *message, const char *value,
                   const char *context) {
    cg_params_problem(params, type, "query", name, message, value ? echo(params, value) : NULL, context);
}

const char *cg_param_text(struct cg_params *params, const char *name) {
    const struct cg_call *call = params->call;
    for (size_t i = call->query_count; i > 0; i--)
        if (strcmp(call->query[i - 1].name, name) == 0)
            return call->query[i - 1].value;
    return NULL;
}

const char *cg_param_needed_text(struct cg_params *params, const char *name, size_t least) {
    const char *text = cg_param_text(params, name);
    char message[96];
    char context[48];
    if (!text) {
        reject(params, "missing", name, "Field required", NULL, NULL);
        return NULL;
    }
    if (cg_text_count(text) >= least)
        return text;
    snprintf(message, sizeof message, "String should have at least %zu character%s", least, least == 1 ? "" : "s");
    snprintf(context, sizeof context, "{\"min_length\":%zu}", least);
    reject(params, "string_too_short", name, message, text, context);
    return NULL;
}

/* ---- whole numbers ---- */

#define BLANKS " \t\n\v\f\r"

/* The digits of a number without what is allowed around and between them: blanks, a sign, "_", ".0". 0: no number. */
static int clean_number(const char *text, char *ret, size_t size) {
    size_t count = 0;
    text += strspn(text, BLANKS);
    if (*text == '+' || *text == '-') {
        if (*text == '-')
            ret[count++] = '-';
        text++;
    }
    const char *digits = text;
    for (; (*text >= '0' && *text <= '9') || *text == '_'; text++) {
        if (*text == '_' && (text == digits || text[-1] == '_' || text[1] < '0' || text[1] > '9'))
            return 0;
        if (*text == '_')
            continue;
        if (count + 1 >= size)
            return 0;
        ret[count++] = *text;
    }
    ret[count] = '\0';
    if (text == digits)
        return 0;
    if (*text == '.' && text[1] == '0') {
        text++;
        text += strspn(text, "0");
    }
    text += strspn(text, BLANKS);
    return *text == '\0';
}

/* A number of 64 bits; one that is larger is the largest, and `errno` ERANGE. 0: no number. */
static int parse_int(const char *text, int64_t *ret) {
    char digits[4096];
    if (!clean_number(text, digits, sizeof digits))
        return 0;
    errno = 0;
    *ret = strtoll(digits, NULL, 10);
    return 1;
}

#define NO_INTEGER "Input should be a valid integer, unable to parse string as an integer"

static void reject_bound(struct cg_params *params, const char *place, const char *name, const char *text, int64_t bound,
                         int is_least) {
    char message[96];
    char context[48];
    snprintf(message, sizeof message, "Input should be %s than or equal to %lld", is_least ? "greater" : "less",
             (long long)bound);
    snprintf(context, sizeof context, "{\"%s\":%lld}", is_least ? "ge" : "le", (long long)bound);
    cg_params_problem(params, is_least ? "greater_than_equal" : "less_than_equal", place, name, message,
                      echo(params, text), context);
}

int64_t cg_param_int(struct cg_params *params, const char *name, int64_t otherwise, int64_t minimum, int64_t maximum) {
    const char *text = cg_param_text(params, name);
    int64_t value = otherwise;
    if (!text)
        return otherwise;
    if (!parse_int(text, &value))
        reject(params, "int_parsing", name, NO_INTEGER, text, NULL);
    else if (value < minimum)
        reject_bound(params, "query", name, text, minimum, 1);
    else if (value > maximum)
        reject_bound(params, "query", name, text, maximum, 0);
    else
        return value;
    return otherwise;
}

int64_t cg_param_path_int(struct cg_params *params, size_t index, const char *name) {
    const char *text = params->call->values[index];
    int64_t value = 0;
    if (!parse_int(text, &value))
        cg_params_problem(params, "int_parsing", "path", name, NO_INTEGER, echo(params, text), NULL);
    else if (errno == ERANGE)
        reject_bound(params, "path", name, text, value, value < 0);
    else
        return value;
    return 0;
}

/* ---- dates, instants, choices ---- */

static void reject_moment(struct cg_params *params, const char *name, const char *text,
                          const struct cg_moment_problem *problem) {
    char context[160] = "";
    if (*problem->reason) /* our own words: nothing to escape */
        snprintf(context, sizeof context, "{\"error\":\"%s\"}", problem->reason);
    reject(params, problem->type, name, problem->message, text, *context ? context : NULL);
}

int64_t cg_param_date(struct cg_params *params, const char *name, int32_t needed) {
    struct cg_moment_problem problem;
    const char *text = cg_param_text(params, name);
    int64_t date = CG_TIME_NONE;
    if (!text && needed)
        reject(params, "missing", name, "Field required", NULL, NULL);
    if (!text || cg_moment_date(text, &date, &problem))
        return date;
    reject_moment(params, name, text, &problem);
    return CG_TIME_NONE;
}

struct cg_instant cg_param_instant(struct cg_params *params, const char *name) {
    struct cg_instant instant = {.time = CG_TIME_NONE};
    struct cg_moment_problem problem;
    const char *text = cg_param_text(params, name);
    if (!text || cg_moment_instant(text, &instant.time, &instant.has_zone, &problem))
        return instant;
    reject_moment(params, name, text, &problem);
    return (struct cg_instant){.time = CG_TIME_NONE};
}

int32_t cg_instant_check(struct cg_call *call, const char *name, const struct cg_instant *instant) {
    if (instant->time == CG_TIME_NONE || instant->has_zone)
        return 1;
    cg_reply_detail(call, 400, "%s must include timezone (e.g., 2026-02-24T00:00:00Z)", name);
    return 0;
}

const char *cg_param_choice(struct cg_params *params, const char *name, const char *const *choices) {
    const char *text = cg_param_text(params, name);
    char expected[256];
    char message[320];
    char context[320];
    size_t length = 0;
    if (!text)
        return NULL;
    for (size_t i = 0; choices[i]; i++) {
        if (strcmp(choices[i], text) == 0)
            return choices[i];
        const char *joint = !i ? "" : choices[i + 1] ? ", " : " or ";
        int added = snprintf(expected + length, sizeof expected - length, "%s'%s'", joint, choices[i]);
        if (added > 0 && (size_t)added < sizeof expected - length)
            length += (size_t)added;
    }
    snprintf(message, sizeof message, "Input should be %s", expected);
    snprintf(context, sizeof context, "{\"expected\":\"%s\"}", expected);
    reject(params, "literal_error", name, message, text, context);
    return NULL;
}

/* ---- pages and ranges ---- */

struct cg_page cg_params_page(struct cg_params *params) {
    /* So that no offset overflows; no list is that long. */
    struct cg_page page = {
        .page = cg_param_int(params, "page", 1, 1, INT64_MAX / 1000),
        .page_size = cg_param_int(params, "page_size", 100, 1, 1000),
    };
    page.offset = (page.page - 1) * page.page_size;
    return page;
}

struct cg_range_given cg_params_range(struct cg_params *params) {
    return (struct cg_range_given){
        .start_date = cg_param_date(params, "start_date", 0),
        .end_date = cg_param_date(params, "end_date", 0),
        .timezone = cg_param_text(params, "timezone"),
    };
}
