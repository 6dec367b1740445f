#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "number.h"

/* Most rules at a time. */
#define CG_SIM_MOST_RULES 64

const char *const cg_sim_fault_kind_names[CG_SIM_FAULT_KINDS] = {
    "status", "stall", "truncate", "reset", "html", "array", "nonjson", "huge", "repeat_token", "slow"};

struct cg_sim_faults {
    uint64_t seed;
    struct cg_sim_fault rules[CG_SIM_MOST_RULES];
    size_t count;
};

struct cg_sim_faults *cg_sim_faults_new(uint64_t seed) {
    struct cg_sim_faults *faults = calloc(1, sizeof(*faults));
    if (faults != NULL) {
        faults->seed = cg_sim_hash(seed, 0x666c74);
    }
    return faults;
}

void cg_sim_faults_free(struct cg_sim_faults *faults) {
    free(faults);
}

/* A reader of one rule: where it is, and the first thing wrong with it. */
struct rule_reader {
    json_t *object;
    size_t number;
    char *complaint;
    size_t size;
    bool bad;
};

static void complain(struct rule_reader *reader, const char *key, const char *expected) {
    if (!reader->bad) {
        (void)snprintf(reader->complaint, reader->size, "rules[%zu].%s must be %s", reader->number, key, expected);
    }
    reader->bad = true;
}

/* Reads an optional whole number of [least, most]. */
static int64_t whole_read(struct rule_reader *reader, const char *key, int64_t least, int64_t most, int64_t usual) {
    json_t *value = json_object_get(reader->object, key);
    if (value == NULL) {
        return usual;
    }
    if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most) {
        char expected[96];
        (void)snprintf(expected, sizeof(expected), "a whole number from %lld to %lld", (long long)least,
                       (long long)most);
        complain(reader, key, expected);
        return usual;
    }
    return json_integer_value(value);
}

/* Reads an optional number of [least, most]. */
static double real_read(struct rule_reader *reader, const char *key, double least, double most, double usual) {
    json_t *value = json_object_get(reader->object, key);
    if (value == NULL) {
        return usual;
    }
    if (!json_is_number(value) || json_number_value(value) < least || json_number_value(value) > most) {
        char expected[96];
        (void)snprintf(expected, sizeof(expected), "a number from %g to %g", least, most);
        complain(reader, key, expected);
        return usual;
    }
    return json_number_value(value);
}

/* Reads an optional instant as seconds since 1970. */
static int64_t instant_read(struct rule_reader *reader, const char *key, int64_t usual) {
    int64_t ms = 0;
    json_t *value = json_object_get(reader->object, key);
    if (value == NULL) {
        return usual;
    }
    if (!json_is_string(value) || !cg_sim_instant_parse(json_string_value(value), &ms)) {
        complain(reader, key, "an instant like 2026-06-01T12:00:00Z");
        return usual;
    }
    return ms / 1000;
}

static void kind_read(struct rule_reader *reader, struct cg_sim_fault *rule) {
    const char *name = json_string_value(json_object_get(reader->object, "kind"));
    for (size_t i = 0; name != NULL && i < CG_SIM_FAULT_KINDS; i++) {
        if (strcmp(name, cg_sim_fault_kind_names[i]) == 0) {
            rule->kind = (enum cg_sim_fault_kind)i;
            return;
        }
    }
    complain(reader, "kind", "status, stall, truncate, reset, html, array, nonjson, huge, repeat_token or slow");
}

static bool is_header_text(const char *text, bool name) {
    if (*text == '\0' || strlen(text) >= CG_SIM_HEADER_SIZE) {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < 0x20 || *text > 0x7e || (name && strchr(" :\"(),/;<=>?@[\\]{}", *text) != NULL)) {
            return false;
        }
    }
    return true;
}

static void headers_read(struct rule_reader *reader, struct cg_sim_fault *rule) {
    static const char expected[] = "an object of at most 4 header names and texts";
    json_t *headers = json_object_get(reader->object, "headers");
    if (headers == NULL) {
        return;
    }
    if (!json_is_object(headers) || json_object_size(headers) > CG_SIM_MOST_HEADERS) {
        complain(reader, "headers", expected);
        return;
    }
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach (headers, name, value) {
        if (!json_is_string(value) || !is_header_text(name, true) || !is_header_text(json_string_value(value), false)) {
            complain(reader, "headers", expected);
            return;
        }
        (void)snprintf(rule->header_names[rule->header_count], CG_SIM_HEADER_SIZE, "%s", name);
        (void)snprintf(rule->header_values[rule->header_count], CG_SIM_HEADER_SIZE, "%s", json_string_value(value));
        rule->header_count++;
    }
}

static void keys_check(struct rule_reader *reader) {
    static const char *const known[] = {
        "match",   "kind", "rate",  "times",   "skip", "status", "retry_after", "retry_after_date",
        "seconds", "ms",   "bytes", "headers", "from", "until"};
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach (reader->object, key, value) {
        size_t i = 0;
        while (i < sizeof(known) / sizeof(known[0]) && strcmp(key, known[i]) != 0) {
            i++;
        }
        if (i == sizeof(known) / sizeof(known[0])) {
            char shown[32];
            (void)snprintf(shown, sizeof(shown), "%s", key);
            complain(reader, shown,
                     "left out; known are match, kind, rate, times, skip, status, retry_after, retry_after_date, "
                     "seconds, ms, bytes, headers, from and until");
        }
    }
}

static void rule_read(struct rule_reader *reader, struct cg_sim_fault *rule) {
    *rule = (struct cg_sim_fault){0};
    keys_check(reader);
    const char *match = json_string_value(json_object_get(reader->object, "match"));
    if (match == NULL || match[0] != '/' || strlen(match) >= sizeof(rule->match)) {
        complain(reader, "match", "the beginning of a path, with its slash, of at most 127 characters");
    } else {
        (void)snprintf(rule->match, sizeof(rule->match), "%s", match);
    }
    kind_read(reader, rule);
    rule->rate = real_read(reader, "rate", 0.0, 1.0, 1.0);
    rule->times = (uint64_t)whole_read(reader, "times", 0, INT64_MAX, INT64_MAX);
    rule->skip = (uint64_t)whole_read(reader, "skip", 0, INT64_MAX, 0);
    rule->status = (unsigned)whole_read(reader, "status", 201, 599, 500);
    rule->retry_after = (int)whole_read(reader, "retry_after", 0, 86400, -1);
    rule->retry_after_date = (int)whole_read(reader, "retry_after_date", 0, 86400, -1);
    rule->seconds = real_read(reader, "seconds", 0.0, 86400.0, 60.0);
    rule->ms = (uint64_t)whole_read(reader, "ms", 0, 3600000, 1000);
    rule->bytes = (uint64_t)whole_read(reader, "bytes", 0, INT64_MAX, 0);
    rule->from = instant_read(reader, "from", INT64_MIN);
    rule->until = instant_read(reader, "until", INT64_MAX);
    headers_read(reader, rule);
}

static bool rules_read(json_t *root, struct cg_sim_fault *rules, char *complaint, size_t size) {
    json_t *list = json_object_get(root, "rules");
    if (!json_is_array(list) || json_object_size(root) != 1 || json_array_size(list) > CG_SIM_MOST_RULES) {
        (void)snprintf(complaint, size, "Fault rules must be an object {\"rules\":[...]} with at most %d rules",
                       CG_SIM_MOST_RULES);
        return false;
    }
    size_t index = 0;
    json_t *object = NULL;
    json_array_foreach (list, index, object) {
        struct rule_reader reader = {.object = object, .number = index, .complaint = complaint, .size = size};
        if (!json_is_object(object)) {
            (void)snprintf(complaint, size, "rules[%zu] must be an object", index);
            return false;
        }
        rule_read(&reader, &rules[index]);
        if (reader.bad) {
            return false;
        }
    }
    return true;
}

bool cg_sim_faults_set(struct cg_sim_faults *faults, const char *json, char *complaint, size_t size) {
    json_error_t error;
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        (void)snprintf(complaint, size, "The fault rules are not JSON: %s (line %d)", error.text, error.line);
        return false;
    }
    struct cg_sim_fault *rules = calloc(CG_SIM_MOST_RULES, sizeof(*rules));
    bool good = false;
    if (rules == NULL) {
        (void)snprintf(complaint, size, "The simulator is out of memory");
    } else {
        good = rules_read(root, rules, complaint, size);
    }
    if (good) {
        memcpy(faults->rules, rules, sizeof(faults->rules));
        faults->count = json_array_size(json_object_get(root, "rules"));
    }
    free(rules);
    json_decref(root);
    return good;
}

/* Counts a matching request and tells whether the rule fires for it: a function of seed, rule and count only. */
static bool rule_fires(const struct cg_sim_faults *faults, struct cg_sim_fault *rule, size_t index) {
    uint64_t number = rule->matched++;
    if (number < rule->skip || rule->fired >= rule->times) {
        return false;
    }
    uint64_t hash = cg_sim_hash(cg_sim_hash(faults->seed, index), number) >> 11;
    if ((double)hash >= rule->rate * 9007199254740992.0) {
        return false;
    }
    rule->fired++;
    return true;
}

void cg_sim_faults_decide(struct cg_sim_faults *faults, const char *path, int64_t now,
                          struct cg_sim_fault_decision *ret_decision) {
    ret_decision->fires = false;
    ret_decision->repeat_token = false;
    ret_decision->delay_ms = 0;
    ret_decision->kinds = 0;
    for (size_t i = 0; i < faults->count; i++) {
        struct cg_sim_fault *rule = &faults->rules[i];
        bool matches = strncmp(path, rule->match, strlen(rule->match)) == 0 && now >= rule->from && now < rule->until;
        if (!matches || !rule_fires(faults, rule, i)) {
            continue;
        }
        ret_decision->fault = *rule;
        ret_decision->kinds |= 1U << rule->kind;
        if (rule->kind == CG_SIM_FAULT_SLOW) {
            ret_decision->delay_ms += rule->ms;
        } else if (rule->kind == CG_SIM_FAULT_REPEAT_TOKEN) {
            ret_decision->repeat_token = true;
        } else {
            ret_decision->fires = true;
            return;
        }
    }
}

void cg_sim_faults_put(const struct cg_sim_faults *faults, struct cg_sim_text *text) {
    cg_sim_text_puts(text, "{\"rules\":[");
    for (size_t i = 0; i < faults->count; i++) {
        const struct cg_sim_fault *rule = &faults->rules[i];
        cg_sim_text_puts(text, i == 0 ? "{" : ",{");
        cg_sim_text_field(text, "match", rule->match);
        cg_sim_text_field(text, "kind", cg_sim_fault_kind_names[rule->kind]);
        cg_sim_text_printf(text, ",\"rate\":%.17g,\"matched\":%llu,\"fired\":%llu}", rule->rate,
                           (unsigned long long)rule->matched, (unsigned long long)rule->fired);
    }
    cg_sim_text_puts(text, "]}");
}
