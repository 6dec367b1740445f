#include "config/coerce.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\n\r\v\f"

/* What is to be done with one value. */
struct job {
    struct cg_config *node;
    const struct cg_option *option;
    uint32_t rules;
    const char *text; /* the message */
};

static cg_status refuse(struct job *job, const char *text) {
    job->text = text;
    return CG_INVALID;
}

/* The value's text without blanks around it. */
static const char *trimmed(const struct cg_config *node, size_t *ret_length) {
    const char *start = node->text + strspn(node->text, BLANKS);
    size_t length = node->length - (size_t)(start - node->text);
    while (length > 0 && strchr(BLANKS, start[length - 1]))
        length--;
    *ret_length = length;
    return start;
}

/* ---- bounds ---- */

static cg_status out_of_bounds(struct job *job, const char *relation, int64_t bound) {
    const char *text = cg_arena_printf(job->node->document->arena, "Input should be %s %" PRId64, relation, bound);
    return text ? refuse(job, text) : CG_NO_MEMORY;
}

static cg_status below_minimum(struct job *job) {
    if (job->rules & CG_COERCE_POSITIVE)
        return out_of_bounds(job, "greater than", job->option->minimum - 1);
    return out_of_bounds(job, "greater than or equal to", job->option->minimum);
}

static cg_status above_maximum(struct job *job) {
    return out_of_bounds(job, "less than or equal to",
                         job->option->flags & CG_OPTION_MAX ? job->option->maximum : INT64_MAX);
}

/* An integer that is beyond int64_t breaks the bound on its side, whichever that is. */
static cg_status too_large(struct job *job, int32_t negative) {
    if (!negative)
        return above_maximum(job);
    if (job->option->flags & CG_OPTION_MIN)
        return below_minimum(job);
    return out_of_bounds(job, "greater than or equal to", INT64_MIN);
}

/* ---- integers ---- */

static cg_status set_integer(struct job *job, int64_t value) {
    if ((job->option->flags & CG_OPTION_MIN) && value < job->option->minimum)
        return below_minimum(job);
    if ((job->option->flags & CG_OPTION_MAX) && value > job->option->maximum)
        return above_maximum(job);
    if (job->node->type == CG_CONFIG_INT)
        return CG_OK;
    return cg_config_set_integer(job->node, value);
}

static cg_status integer_from_number(struct job *job) {
    const struct cg_config *node = job->node;
    if (node->flags & CG_NODE_NOT_FINITE)
        return refuse(job, "Input should be a finite number");
    if (node->flags & CG_NODE_TOO_LARGE)
        return too_large(job, *node->text == '-');
    struct cg_decimal whole;
    if (cg_decimal_quantize(&node->number, 0, CG_ROUND_DOWN, &whole) != CG_OK)
        return too_large(job, node->number.negative != 0);
    if (cg_decimal_compare(&whole, &node->number) != 0)
        return refuse(job, "Input should be a valid integer, got a number with a fractional part");
    if (whole.high || whole.low > (uint64_t)INT64_MAX)
        return too_large(job, whole.negative != 0);
    return set_integer(job, whole.negative ? -(int64_t)whole.low : (int64_t)whole.low);
}

/* Sign, digits with single `_` between them, and perhaps ".000". */
static cg_status integer_from_string(struct job *job) {
    static const char message[] = "Input should be a valid integer, unable to parse string as an integer";
    size_t length = 0;
    const char *at = trimmed(job->node, &length);
    const char *end = at + length;
    const int32_t negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    int64_t value = 0;
    int32_t overflow = 0;
    int32_t digit_before = 0;
    for (; at < end && *at != '.'; at++) {
        if (*at == '_' && digit_before) {
            digit_before = 0;
            continue;
        }
        if (*at < '0' || *at > '9')
            return refuse(job, message);
        digit_before = 1;
        if (!overflow && (__builtin_mul_overflow(value, INT64_C(10), &value) ||
                          __builtin_add_overflow(value, (negative ? -1 : 1) * (int64_t)(*at - '0'), &value)))
            overflow = 1;
    }
    if (!digit_before)
        return refuse(job, message);
    if (at < end && (at + 1 == end || strspn(at + 1, "0") < (size_t)(end - at - 1)))
        return refuse(job, message);
    return overflow ? too_large(job, negative) : set_integer(job, value);
}

static cg_status to_integer(struct job *job) {
    const struct cg_config *node = job->node;
    if (node->flags & CG_NODE_DATE)
        return refuse(job, "Input should be a valid integer");
    switch (node->type) {
    case CG_CONFIG_BOOL:
        return set_integer(job, node->integer);
    case CG_CONFIG_INT:
        return node->flags & CG_NODE_TOO_LARGE ? too_large(job, node->integer < 0) : set_integer(job, node->integer);
    case CG_CONFIG_DECIMAL:
        return integer_from_number(job);
    case CG_CONFIG_STRING:
        return integer_from_string(job);
    default:
        return refuse(job, "Input should be a valid integer");
    }
}

/* ---- booleans ---- */

static cg_status set_bool(struct job *job, int32_t value) {
    if (job->node->type != CG_CONFIG_BOOL)
        cg_config_set_bool(job->node, value);
    return CG_OK;
}

static cg_status boolean_from_string(struct job *job) {
    static const char *const words[] = {"0", "1", "f", "t", "n", "y", "no", "yes", "false", "true", "off", "on"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(job->node->text, words[i]) == 0)
            return set_bool(job, (int32_t)(i & 1u));
    return refuse(job, "Input should be a valid boolean, unable to interpret input");
}

static cg_status to_boolean(struct job *job) {
    static const char wrong_type[] = "Input should be a valid boolean";
    static const char wrong_value[] = "Input should be a valid boolean, unable to interpret input";
    const struct cg_config *node = job->node;
    if (node->flags & (CG_NODE_DATE | CG_NODE_NOT_FINITE))
        return refuse(job, wrong_type);
    if (node->flags & CG_NODE_TOO_LARGE)
        return refuse(job, wrong_value);
    if (node->type == CG_CONFIG_BOOL)
        return CG_OK;
    if (node->type == CG_CONFIG_STRING)
        return boolean_from_string(job);
    if (node->type == CG_CONFIG_INT)
        return node->integer == 0 || node->integer == 1 ? set_bool(job, node->integer == 1) : refuse(job, wrong_value);
    if (node->type != CG_CONFIG_DECIMAL)
        return refuse(job, wrong_type);
    struct cg_decimal whole;
    if (cg_decimal_quantize(&node->number, 0, CG_ROUND_DOWN, &whole) != CG_OK)
        return refuse(job, wrong_value);
    if (cg_decimal_compare(&whole, &node->number) != 0)
        return refuse(job, wrong_type);
    const struct cg_decimal one = cg_decimal_from_int64(1);
    if (cg_decimal_is_zero(&whole))
        return set_bool(job, 0);
    return cg_decimal_compare(&whole, &one) == 0 ? set_bool(job, 1) : refuse(job, wrong_value);
}

/* ---- decimals ---- */

static cg_status set_decimal(struct job *job, const struct cg_decimal *value) {
    const struct cg_decimal minimum = cg_decimal_from_int64(job->option->minimum);
    const struct cg_decimal maximum = cg_decimal_from_int64(job->option->maximum);
    if ((job->option->flags & CG_OPTION_MIN) && cg_decimal_compare(value, &minimum) < 0)
        return below_minimum(job);
    if ((job->option->flags & CG_OPTION_MAX) && cg_decimal_compare(value, &maximum) > 0)
        return above_maximum(job);
    return cg_config_set_decimal(job->node, value);
}

/* "NaN", "sNaN12", "-Infinity"... */
static int32_t is_valueless(const char *text) {
    if (*text == '-' || *text == '+')
        text++;
    if (strcasecmp(text, "inf") == 0 || strcasecmp(text, "infinity") == 0)
        return 1;
    if (*text == 's' || *text == 'S')
        text++;
    return strncasecmp(text, "nan", 3) == 0 && text[3 + strspn(text + 3, "0123456789")] == '\0';
}

/* The spellings ".5", "5." and "1_000" that other readers of decimals take, as cg_decimal_parse wants them. */
static char *plain_decimal(const struct cg_config *node) {
    size_t length = 0;
    const char *at = trimmed(node, &length);
    char *text = cg_arena_alloc(node->document->arena, length + 2);
    if (!text)
        return NULL;
    char *out = text;
    int32_t digits = 0;
    for (const char *end = at + length; at < end; at++) {
        if (*at == '_')
            continue;
        if (*at == '.' && !digits && at + 1 < end && at[1] >= '0' && at[1] <= '9')
            *out++ = '0';
        if (*at == '.' && digits && (at + 1 == end || at[1] == 'e' || at[1] == 'E'))
            continue;
        if (*at >= '0' && *at <= '9')
            digits = 1;
        if (*at == '.' || *at == 'e' || *at == 'E')
            digits = 1; /* nothing is to be put in front of what follows */
        *out++ = *at;
    }
    *out = '\0';
    return text;
}

static cg_status decimal_from_string(struct job *job) {
    char *text = plain_decimal(job->node);
    if (!text)
        return CG_NO_MEMORY;
    if (is_valueless(text))
        return refuse(job, "Input should be a finite number");
    struct cg_decimal value;
    cg_status status = cg_decimal_parse(text, strlen(text), &value);
    if (status == CG_OK)
        return set_decimal(job, &value);
    return refuse(job, status == CG_RANGE ? "Input should be a decimal with at most 38 digits"
                                          : "Input should be a valid decimal");
}

static cg_status to_decimal(struct job *job) {
    const struct cg_config *node = job->node;
    if (node->flags & CG_NODE_NOT_FINITE)
        return refuse(job, "Input should be a finite number");
    if (node->type == CG_CONFIG_STRING && !(node->flags & CG_NODE_DATE))
        return decimal_from_string(job);
    if (node->type == CG_CONFIG_INT || node->type == CG_CONFIG_DECIMAL) {
        if (node->flags & CG_NODE_TOO_LARGE && node->number.low == 0 && node->number.high == 0)
            return refuse(job, "Input should be a decimal with at most 38 digits");
        struct cg_decimal value = node->number;
        if (node->type == CG_CONFIG_INT && !(node->flags & CG_NODE_TOO_LARGE))
            value = cg_decimal_from_int64(node->integer);
        return set_decimal(job, &value);
    }
    return refuse(job, "Decimal input should be an integer, float, string or Decimal object");
}

/* ---- texts ---- */

/* The text to check: as it is, or trimmed and in lower case. NULL when out of memory. */
static const char *text_to_check(const struct job *job) {
    const struct cg_config *node = job->node;
    if (!(job->option->flags & CG_OPTION_LOWER))
        return node->text;
    size_t length = 0;
    const char *start = trimmed(node, &length);
    char *text = cg_arena_copy(node->document->arena, start, length);
    for (char *at = text; at && *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + ('a' - 'A'));
    return text;
}

static cg_status take_text(struct job *job, const char *text) {
    if (text != job->node->text)
        cg_config_set_string(job->node, text, strlen(text));
    return CG_OK;
}

static int32_t is_string(const struct cg_config *node) {
    return node->type == CG_CONFIG_STRING && !(node->flags & CG_NODE_DATE);
}

static cg_status to_string(struct job *job, int32_t is_url) {
    if (!is_string(job->node))
        return refuse(job, job->rules & CG_COERCE_PATH ? "Input is not a valid path for <class 'pathlib.Path'>"
                                                       : "Input should be a valid string");
    const char *text = text_to_check(job);
    if (!text)
        return CG_NO_MEMORY;
    if ((job->option->flags & CG_OPTION_NON_EMPTY) && !*text)
        return refuse(job, "String should have at least 1 character");
    const char *problem = is_url ? cg_url_secure_problem(text) : NULL;
    return problem ? refuse(job, problem) : take_text(job, text);
}

/* "Input should be 'a', 'b' or 'c'" */
static cg_status refuse_choice(struct job *job) {
    struct cg_buf buf;
    cg_buf_init(&buf, CG_PROBLEM_TEXT_MAX);
    cg_buf_add_text(&buf, "Input should be ");
    for (const char *at = job->option->choices; at && *at;) {
        size_t length = strcspn(at, "|");
        const char *next = at[length] ? at + length + 1 : NULL;
        cg_buf_printf(&buf, "'%.*s'", (int)length, at);
        if (next)
            cg_buf_add_text(&buf, strchr(next, '|') ? ", " : " or ");
        at = next;
    }
    const char *text = cg_arena_string(job->node->document->arena, cg_buf_text(&buf));
    cg_buf_done(&buf);
    return text ? refuse(job, text) : CG_NO_MEMORY;
}

static cg_status to_choice(struct job *job) {
    if (!is_string(job->node))
        return refuse_choice(job);
    const char *text = text_to_check(job);
    if (!text)
        return CG_NO_MEMORY;
    const size_t wanted = strlen(text);
    for (const char *at = job->option->choices; at && *at;) {
        size_t length = strcspn(at, "|");
        if (length == wanted && memcmp(at, text, length) == 0)
            return take_text(job, text);
        at = at[length] ? at + length + 1 : NULL;
    }
    return refuse_choice(job);
}

static cg_status to_scalar(struct job *job) {
    const struct cg_config *node = job->node;
    if (node->type < CG_CONFIG_BOOL || node->type > CG_CONFIG_STRING || node->flags & CG_NODE_DATE)
        return refuse(job, "Input should be a valid number, string or boolean");
    return CG_OK;
}

cg_status cg_coerce(struct cg_config *node, uint32_t type, const struct cg_option *option, uint32_t rules,
                    const char **ret_text) {
    struct job job = {.node = node, .option = option, .rules = rules};
    cg_status status = CG_OK;
    switch (type) {
    case CG_OPTION_STRING:
        status = to_string(&job, 0);
        break;
    case CG_OPTION_URL:
        status = to_string(&job, 1);
        break;
    case CG_OPTION_INT:
        status = to_integer(&job);
        break;
    case CG_OPTION_BOOL:
        status = to_boolean(&job);
        break;
    case CG_OPTION_DECIMAL:
        status = to_decimal(&job);
        break;
    case CG_OPTION_CHOICE:
        status = to_choice(&job);
        break;
    default:
        status = to_scalar(&job);
        break;
    }
    if (status == CG_INVALID)
        *ret_text = job.text;
    return status;
}
