#include "api/body.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/moment.h"
#include "base/text.h"

/* So that a body of wrong items is answered shortly. */
#define PROBLEMS 100u

/* Deepest place: body, list, element, member. */
#define DEPTH 8

/* Bytes in which the echo of a value finds room: characters of four bytes, and what is cut off behind them. */
#define ECHO_BYTES (CG_PARAM_ECHO * 4 + 8)

/* ---- problems ---- */

/* Bytes of the first characters of an echo, and whether they are all of it. */
static size_t echo_length(const char *text, size_t length, int *ret_whole) {
    size_t characters = 0;
    size_t bytes = 0;
    for (; bytes < length; bytes++) {
        if (((unsigned char)text[bytes] & 0xC0u) != 0x80u && characters++ == CG_PARAM_ECHO)
            break;
        if (bytes >= CG_PARAM_ECHO * 4u) /* no UTF-8 */
            break;
    }
    *ret_whole = bytes == length;
    return bytes;
}

static void echo_text(struct cg_json *json, const char *text, size_t length) {
    int whole = 0;
    cg_json_text_n(json, text, echo_length(text, length, &whole));
}

/* The beginning of a value written as JSON. */
struct beginning {
    char text[ECHO_BYTES + 1];
    size_t length;
};

/* Stops the writing once there is enough of it. */
static int keep_beginning(const char *piece, size_t size, void *user) {
    struct beginning *beginning = user;
    size_t room = ECHO_BYTES - beginning->length;
    size_t length = size < room ? size : room;
    memcpy(beginning->text + beginning->length, piece, length);
    beginning->length += length;
    return length == size ? 0 : -1;
}

/* A short value as it is; of a long one the beginning as a text. */
static void echo_value(struct cg_json *json, json_t *value) {
    struct beginning beginning = {.length = 0};
    int whole = 0;
    if (!value) {
        cg_json_null(json);
        return;
    }
    if (json_is_string(value)) {
        echo_text(json, json_string_value(value), json_string_length(value));
        return;
    }
    int ended = json_dump_callback(value, keep_beginning, &beginning,
                                   JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) == 0;
    size_t length = echo_length(beginning.text, beginning.length, &whole);
    beginning.text[length] = '\0';
    if (ended && whole)
        cg_json_raw(json, beginning.text, "null");
    else
        cg_json_text_n(json, beginning.text, length);
}

static void write_place(struct cg_json *json, const struct cg_place *place) {
    const struct cg_place *way[DEPTH];
    size_t depth = 0;
    for (; place && depth < DEPTH; place = place->parent)
        way[depth++] = place;
    cg_json_list(json);
    cg_json_text(json, "body");
    while (depth > 0) {
        const struct cg_place *step = way[--depth];
        if (step->key)
            echo_text(json, step->key, strlen(step->key));
        else
            cg_json_int(json, (int64_t)step->index);
    }
    cg_json_list_end(json);
}

/* Writes a problem up to its input; 0 when there are enough of them. */
static int begin_problem(struct cg_params *params, const char *type, const struct cg_place *place,
                         const char *message) {
    struct cg_json *json = &params->json;
    if (params->count++ >= PROBLEMS)
        return 0;
    cg_json_object(json);
    cg_json_put_text(json, "type", type);
    cg_json_key(json, "loc");
    write_place(json, place);
    cg_json_put_text(json, "msg", message);
    cg_json_key(json, "input");
    return 1;
}

static void end_problem(struct cg_params *params, const char *context) {
    if (context) {
        cg_json_key(&params->json, "ctx");
        cg_json_raw(&params->json, context, "{}");
    }
    cg_json_object_end(&params->json);
}

void cg_body_problem(struct cg_params *params, const char *type, const struct cg_place *place, const char *message,
                     json_t *input, const char *context) {
    if (!begin_problem(params, type, place, message))
        return;
    echo_value(&params->json, input);
    end_problem(params, context);
}

static void missing(struct cg_params *params, const struct cg_place *place, json_t *object) {
    cg_body_problem(params, "missing", place, "Field required", object, NULL);
}

/* ---- the body ---- */

json_t *cg_body_object(struct cg_params *params) {
    static const char message[] = "Input should be a valid dictionary or object to extract fields from";
    const struct cg_call *call = params->call;
    if (json_is_object(call->body))
        return call->body;
    if (call->body ? json_is_null(call->body) : call->request->body_length == 0) {
        missing(params, NULL, NULL);
    } else if (call->body) {
        cg_body_problem(params, "model_attributes_type", NULL, message, call->body, NULL);
    } else if (begin_problem(params, "model_attributes_type", NULL, message)) {
        echo_text(&params->json, call->request->body, call->request->body_length);
        end_problem(params, NULL);
    }
    return NULL;
}

/* ---- texts ---- */

static void bad_length(struct cg_params *params, const struct cg_place *place, json_t *value, size_t bound, int most) {
    char message[96];
    char context[48];
    snprintf(message, sizeof message, "String should have at %s %zu character%s", most ? "most" : "least", bound,
             bound == 1 ? "" : "s");
    snprintf(context, sizeof context, "{\"%s\":%zu}", most ? "max_length" : "min_length", bound);
    cg_body_problem(params, most ? "string_too_long" : "string_too_short", place, message, value, context);
}

/* A refusal in our own words; `reason` is plain ASCII. */
static void bad_value(struct cg_params *params, const struct cg_place *place, json_t *value, const char *reason) {
    char message[160];
    char context[160];
    snprintf(message, sizeof message, "Value error, %s", reason);
    snprintf(context, sizeof context, "{\"error\":\"%s\"}", reason);
    cg_body_problem(params, "value_error", place, message, value, context);
}

static int has_nul(json_t *value) {
    return strlen(json_string_value(value)) != json_string_length(value);
}

/* Characters of a text that may hold NUL; it is well-formed, because it came through the parser. */
static size_t count_characters(json_t *value) {
    const char *text = json_string_value(value);
    size_t count = 0;
    for (size_t i = 0; i < json_string_length(value); i++)
        count += ((unsigned char)text[i] & 0xC0u) != 0x80u;
    return count;
}

const char *cg_body_value(struct cg_params *params, json_t *value, const struct cg_place *place, size_t least,
                          size_t most) {
    if (!json_is_string(value)) {
        cg_body_problem(params, "string_type", place, "Input should be a valid string", value, NULL);
        return NULL;
    }
    size_t count = count_characters(value);
    if (count < least)
        bad_length(params, place, value, least, 0);
    else if (count > most)
        bad_length(params, place, value, most, 1);
    else if (has_nul(value) || !cg_text_is_clean(json_string_value(value), json_string_length(value)))
        bad_value(params, place, value, "the text must not hold control characters");
    else
        return json_string_value(value);
    return NULL;
}

const char *cg_body_text(struct cg_params *params, json_t *object, const struct cg_place *parent, const char *key,
                         int32_t needed, size_t least, size_t most) {
    const struct cg_place place = {.parent = parent, .key = key};
    json_t *value = json_object_get(object, key);
    if (!needed && (!value || json_is_null(value)))
        return NULL;
    if (value)
        return cg_body_value(params, value, &place, least, most);
    missing(params, &place, object);
    return NULL;
}

/* ---- booleans and dates ---- */

/* 1 or 0 as a text says it, or -1. */
static int32_t read_bool(const char *text) {
    static const char *const words[][2] = {{"0", "1"},        {"off", "on"}, {"f", "t"},
                                           {"false", "true"}, {"n", "y"},    {"no", "yes"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int32_t answer = 0; answer < 2; answer++)
            if (strcasecmp(text, words[i][answer]) == 0)
                return answer;
    return -1;
}

int32_t cg_body_bool(struct cg_params *params, json_t *object, const struct cg_place *parent, const char *key,
                     int32_t otherwise) {
    const struct cg_place place = {.parent = parent, .key = key};
    json_t *value = json_object_get(object, key);
    int32_t answer = -1;
    if (!value)
        return otherwise;
    if (json_is_boolean(value))
        return json_is_true(value);
    if (json_is_string(value) && !has_nul(value))
        answer = read_bool(json_string_value(value));
    else if (json_is_number(value) && (json_number_value(value) == 0.0 || json_number_value(value) == 1.0))
        answer = json_number_value(value) == 1.0;
    if (answer >= 0)
        return answer;
    if (json_is_string(value) || json_is_integer(value))
        cg_body_problem(params, "bool_parsing", &place, "Input should be a valid boolean, unable to interpret input",
                        value, NULL);
    else
        cg_body_problem(params, "bool_type", &place, "Input should be a valid boolean", value, NULL);
    return otherwise;
}

/* A number as a text that cg_moment_date reads; what is far beyond its range becomes a number that still is. */
static void write_number(json_t *value, char *ret, size_t size) {
    double real = json_real_value(value);
    if (json_is_integer(value))
        snprintf(ret, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(ret, size, "%.6f", real > 1e17 ? 1e17 : real < -1e17 ? -1e17 : real);
}

int64_t cg_body_date(struct cg_params *params, json_t *object, const struct cg_place *parent, const char *key) {
    const struct cg_place place = {.parent = parent, .key = key};
    struct cg_moment_problem problem = {.type = NULL};
    json_t *value = json_object_get(object, key);
    const char *text = NULL;
    char number[64];
    char context[160];
    int64_t date = CG_TIME_NONE;
    if (!value || json_is_null(value))
        return CG_TIME_NONE;
    if (json_is_string(value) && has_nul(value)) {
        bad_value(params, &place, value, "the text must not hold control characters");
        return CG_TIME_NONE;
    }
    if (json_is_number(value))
        write_number(value, number, sizeof number);
    text = json_is_number(value) ? number : json_string_value(value);
    if (!text) {
        cg_body_problem(params, "date_type", &place, "Input should be a valid date", value, NULL);
        return CG_TIME_NONE;
    }
    if (cg_moment_date(text, &date, &problem))
        return date;
    snprintf(context, sizeof context, "{\"error\":\"%s\"}", problem.reason);
    cg_body_problem(params, problem.type, &place, problem.message, value, *problem.reason ? context : NULL);
    return CG_TIME_NONE;
}

/* The zone's name as it was given: what is wrong with a name is the route's to say. */
static const char *body_zone(struct cg_params *params, json_t *object) {
    const struct cg_place place = {.key = "timezone"};
    json_t *value = json_object_get(object, "timezone");
    if (!value || json_is_null(value))
        return NULL;
    if (json_is_string(value) && !has_nul(value))
        return json_string_value(value);
    return cg_body_value(params, value, &place, 0, SIZE_MAX);
}

struct cg_range_given cg_body_range(struct cg_params *params, json_t *object) {
    struct cg_range_given given = {
        .start_date = cg_body_date(params, object, NULL, "start_date"),
        .end_date = cg_body_date(params, object, NULL, "end_date"),
    };
    given.timezone = body_zone(params, object);
    return given;
}

/* ---- lists and maps ---- */

static void bad_count(struct cg_params *params, const struct cg_place *place, json_t *value, size_t bound, int most) {
    char message[128];
    char context[128];
    size_t count = json_array_size(value);
    snprintf(message, sizeof message, "List should have at %s %zu item%s after validation, not %zu",
             most ? "most" : "least", bound, bound == 1 ? "" : "s", count);
    snprintf(context, sizeof context, "{\"field_type\":\"List\",\"%s\":%zu,\"actual_length\":%zu}",
             most ? "max_length" : "min_length", bound, count);
    cg_body_problem(params, most ? "too_long" : "too_short", place, message, value, context);
}

json_t *cg_body_list(struct cg_params *params, json_t *object, const struct cg_place *parent, const char *key,
                     int32_t needed, size_t least, size_t most) {
    const struct cg_place place = {.parent = parent, .key = key};
    json_t *value = json_object_get(object, key);
    if (!needed && (!value || json_is_null(value)))
        return NULL;
    if (!value)
        missing(params, &place, object);
    else if (!json_is_array(value))
        cg_body_problem(params, "list_type", &place, "Input should be a valid list", value, NULL);
    else if (json_array_size(value) < least)
        bad_count(params, &place, value, least, 0);
    else if (json_array_size(value) > most)
        bad_count(params, &place, value, most, 1);
    else
        return value;
    return NULL;
}

json_t *cg_body_map(struct cg_params *params, json_t *object, const struct cg_place *parent, const char *key) {
    const struct cg_place place = {.parent = parent, .key = key};
    json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value))
        return NULL;
    if (json_is_object(value))
        return value;
    cg_body_problem(params, "dict_type", &place, "Input should be a valid dictionary", value, NULL);
    return NULL;
}
