/* PromQL: durations, names, selectors, and the windows in an expression that somebody else wrote. */
#include <chitragupt/metered.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_NAME 255u
#define INTERVAL_LENGTH (sizeof CG_METERED_INTERVAL - 1)
/* A window beyond this is a mistake, and far from overflowing. */
#define LONGEST_WINDOW_MS INT64_C(31536000000000)

/* ---- durations ---- */

int64_t cg_metered_step(int64_t step_seconds) {
    int64_t step = step_seconds < 1 ? 1 : step_seconds > CG_METERED_DAY_SECONDS ? CG_METERED_DAY_SECONDS : step_seconds;
    while (CG_METERED_DAY_SECONDS % step != 0) {
        step--;
    }
    return step;
}

const char *cg_metered_duration(int64_t seconds, char *buffer) {
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;
    while (seconds % units[i].seconds != 0) {
        i++;
    }
    (void)snprintf(buffer, CG_METERED_DURATION_SIZE, "%" PRId64 "%c", seconds / units[i].seconds, units[i].unit);
    return buffer;
}

/* ---- names ---- */

static int is_letter(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character == '_';
}

static int is_digit(char character) {
    return character >= '0' && character <= '9';
}

static int32_t is_name(const char *text, char extra) {
    size_t length = 0;
    for (; text[length] != '\0' && length <= LONGEST_NAME; length++) {
        char character = text[length];
        if (!is_letter(character) && character != extra && (length == 0 || !is_digit(character))) {
            return 0;
        }
    }
    return length > 0 && length <= LONGEST_NAME;
}

int32_t cg_metered_is_metric_name(const char *text) {
    return is_name(text, ':');
}

int32_t cg_metered_is_label_name(const char *text) {
    return is_name(text, '_');
}

/* ---- selectors ---- */

/* Longest text of one byte of a value: "\x7b". */
#define ESCAPED_BYTE 4u

/* Writes a value as the inside of a double-quoted PromQL string. Braces are escaped, too, because a pair of them has a
 * meaning of its own in a query. */
static char *escape(char *out, const char *value) {
    static const char hex[] = "0123456789abcdef";
    for (; *value != '\0'; value++) {
        unsigned char byte = (unsigned char)*value;
        if (byte == '"' || byte == '\\') {
            *out++ = '\\';
            *out++ = (char)byte;
        } else if (byte < 0x20 || byte == 0x7f || byte == '{' || byte == '}') {
            *out++ = '\\';
            *out++ = 'x';
            *out++ = hex[byte >> 4];
            *out++ = hex[byte & 15];
        } else {
            *out++ = (char)byte;
        }
    }
    return out;
}

static char *append(char *out, const char *text) {
    size_t length = strlen(text);
    memcpy(out, text, length + 1);
    return out + length;
}

const char *cg_metered_selector(struct cg_metered_memory *memory, const struct cg_config_api *config,
                                const char *metric, const struct cg_config *filter) {
    size_t count = filter == NULL ? 0 : config->count(filter);
    size_t size = strlen(metric) + sizeof "{}";
    for (size_t i = 0; i < count; i++) {
        size += strlen(config->key_at(filter, i)) + ESCAPED_BYTE * strlen(config->text(config->at(filter, i), "", "")) +
                sizeof "=\"\",";
    }
    char *text = cg_metered_alloc(memory, size);
    if (text == NULL) {
        return NULL;
    }
    char *out = append(text, metric);
    for (size_t i = 0; i < count; i++) {
        *out++ = i == 0 ? '{' : ',';
        out = append(out, config->key_at(filter, i));
        out = append(out, "=\"");
        out = escape(out, config->text(config->at(filter, i), "", ""));
        *out++ = '"';
    }
    if (count > 0) {
        *out++ = '}';
    }
    *out = '\0';
    return text;
}

/* ---- windows ---- */

/* Behind a string that begins at `at`; NULL when it has no end. */
static const char *skip_string(const char *at) {
    char quote = *at++;
    while (*at != '\0' && *at != quote) {
        if (*at == '\\' && quote != '`' && at[1] != '\0') {
            at++;
        }
        at++;
    }
    return *at == '\0' ? NULL : at + 1;
}

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " \t\r\n");
}

/* The next "[" that is part of the expression, or NULL. */
static const char *next_window(const char *at) {
    while (at != NULL && *at != '\0') {
        if (*at == '[') {
            return at;
        }
        if (*at == '"' || *at == '\'' || *at == '`') {
            at = skip_string(at);
        } else if (*at == '#') {
            at += strcspn(at, "\n");
        } else {
            at++;
        }
    }
    return NULL;
}

/* The length of a unit in milliseconds, and how many bytes it has; 0 for none. */
static int64_t unit_ms(const char *at, size_t *ret_length) {
    static const struct {
        const char *text;
        int64_t ms;
    } units[] = {{"ms", 1},       {"s", 1000},      {"m", 60000},      {"h", 3600000},
                 {"d", 86400000}, {"w", 604800000}, {"y", 31536000000}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t length = strlen(units[i].text);
        if (strncmp(at, units[i].text, length) == 0) {
            *ret_length = length;
            return units[i].ms;
        }
    }
    return 0;
}

/* Reads a duration such as 1h30m; a bare number is one of seconds. NULL when there is none of whole seconds. */
static const char *read_duration(const char *at, int64_t *ret_seconds) {
    int64_t total = 0;
    if (!is_digit(*at)) {
        return NULL;
    }
    while (is_digit(*at)) {
        int64_t number = 0;
        size_t length = 0;
        for (; is_digit(*at); at++) {
            number = number * 10 + (*at - '0');
            if (number > LONGEST_WINDOW_MS) {
                return NULL;
            }
        }
        int64_t ms = unit_ms(at, &length);
        ms = ms == 0 ? 1000 : ms;
        int64_t part = 0;
        if (__builtin_mul_overflow(number, ms, &part) || part > LONGEST_WINDOW_MS) {
            return NULL;
        }
        total += part;
        at += length;
    }
    if (total == 0 || total > LONGEST_WINDOW_MS || total % 1000 != 0) {
        return NULL;
    }
    *ret_seconds = total / 1000;
    return at;
}

/* The kind of one window, which begins behind its "[". */
static uint32_t read_window(const char *at, int64_t *ret_seconds) {
    at = skip_blanks(at);
    uint32_t kind = CG_METERED_WINDOW_ONE;
    if (strncmp(at, CG_METERED_INTERVAL, INTERVAL_LENGTH) == 0) {
        at += INTERVAL_LENGTH;
        kind = CG_METERED_WINDOW_INTERVAL;
    } else {
        at = read_duration(at, ret_seconds);
    }
    at = at == NULL ? NULL : skip_blanks(at);
    return at != NULL && (*at == ']' || *at == ':') ? kind : CG_METERED_WINDOW_UNREAD;
}

uint32_t cg_metered_window(const char *query, int64_t *ret_seconds) {
    uint32_t kind = CG_METERED_WINDOW_NONE;
    int64_t seconds = 0;
    *ret_seconds = 0;
    for (const char *at = next_window(query); at != NULL; at = next_window(at + 1)) {
        int64_t length = 0;
        uint32_t found = read_window(at + 1, &length);
        if (found == CG_METERED_WINDOW_UNREAD) {
            return found;
        }
        if (kind != CG_METERED_WINDOW_NONE && (found != kind || length != seconds)) {
            return CG_METERED_WINDOW_SEVERAL;
        }
        kind = found;
        seconds = length;
    }
    *ret_seconds = seconds;
    return kind;
}

const char *cg_metered_with_interval(struct cg_metered_memory *memory, const char *query, int64_t seconds) {
    char duration[CG_METERED_DURATION_SIZE];
    size_t count = 0;
    for (const char *at = strstr(query, CG_METERED_INTERVAL); at != NULL;
         at = strstr(at + INTERVAL_LENGTH, CG_METERED_INTERVAL)) {
        count++;
    }
    (void)cg_metered_duration(seconds, duration);
    char *text = cg_metered_alloc(memory, strlen(query) + count * strlen(duration) + 1);
    if (text == NULL) {
        return NULL;
    }
    char *out = text;
    while (*query != '\0') {
        const char *at = strstr(query, CG_METERED_INTERVAL);
        size_t length = at == NULL ? strlen(query) : (size_t)(at - query);
        memcpy(out, query, length);
        out += length;
        query += length;
        if (at != NULL) {
            out = append(out, duration);
            query += INTERVAL_LENGTH;
        }
    }
    *out = '\0';
    return text;
}
