/* JSON lines, and what lines are about. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static int ends[2];
static char written[3 * CG_LOG_LINE_SIZE];

static void setup(void) {
    cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

static void teardown(void) {
    (void)close(ends[0]);
    (void)close(ends[1]);
}

TestSuite(log_json, .init = setup, .fini = teardown);

static const char *take(void) {
    ssize_t length = read(ends[0], written, sizeof written - 1);
    written[length > 0 ? length : 0] = '\0';
    return written;
}

static struct cg_log *open_log(int32_t json, const char *format) {
    const struct cg_log_setup setup = {.json = json, .level = CG_LOG_DEBUG, .format = format};
    struct cg_log *log = NULL;
    cr_assert_eq(cg_log_open(ends[1], &setup, &log), CG_OK);
    return log;
}

/* The line that was written, which must be one object and nothing else. */
static json_t *take_object(const char *name) {
    json_error_t error;
    size_t length = strlen(take());
    cr_assert(length > 1 && length <= CG_LOG_LINE_SIZE, "%s: %zu bytes", name, length);
    cr_assert_eq(strchr(written, '\n'), written + length - 1, "%s: %s", name, written);
    json_t *object = json_loads(written, JSON_REJECT_DUPLICATES, &error);
    cr_assert(json_is_object(object), "%s: %s: %s", name, error.text, written);
    return object;
}

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "(none)";
}

Test(log_json, fields_in_their_order) {
    struct cg_log *log = open_log(1, CG_LOG_FORMAT);
    cg_log_write(log, "core.engine", CG_LOG_WARNING, "hel%s", "lo");
    json_t *object = take_object("fields");
    static const char *const keys[] = {"time", "level", "logger", "message", "process"};
    size_t found = 0;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach (object, key, value) {
        cr_assert(found < 5);
        cr_assert_str_eq(key, keys[found++]);
    }
    cr_assert_eq(found, 5);
    cr_assert_str_eq(text_of(object, "level"), "WARNING");
    cr_assert_str_eq(text_of(object, "logger"), "core.engine");
    cr_assert_str_eq(text_of(object, "message"), "hello");
    cr_assert_eq(json_integer_value(json_object_get(object, "process")), (json_int_t)getpid());
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
    char zone = '\0';
    const char *time = text_of(object, "time");
    cr_assert_eq(strlen(time), strlen("2026-01-31T13:05:09.000123Z"), "%s", time);
    cr_assert_eq(
        sscanf(time, "%4d-%2d-%2dT%2d:%2d:%2d.%6d%c", &year, &month, &day, &hour, &minute, &second, &micros, &zone), 8,
        "%s", time);
    cr_assert_eq(zone, 'Z');
    json_decref(object);
    cg_log_free(log);
}

static const struct {
    const char *name;
    const char *message;
    const char *expected; /* as JSON means it */
} messages[] = {
    {"plain", "a", "a"},
    {"empty", "", ""},
    {"quote and backslash", "say \"x\\y\"", "say \"x\\y\""},
    {"line feed", "a\nb\r\tc", "a\nb\r\tc"},
    {"forged end", "x\"}\n{\"level\":\"INFO", "x\"}\n{\"level\":\"INFO"},
    {"escape sequence", "\x1b[2J", "\x1b[2J"},
    {"delete", "a\x7f", "a\x7f"},
    {"lowest and highest control", "\x01\x1f", "\x01\x1f"},
    {"control character of two bytes", "a\xc2\x9bz", "a\xc2\x9bz"},
    {"no UTF-8", "a\xffz", "a\xef\xbf\xbdz"},
    {"cut character", "a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd"},
    {"overlong", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"lead byte of a control at the end", "a\xc2", "a\xef\xbf\xbd"},
    {"letters", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
};

Test(log_json, messages) {
    struct cg_log *log = open_log(1, CG_LOG_FORMAT);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        cg_log_write(log, "a", CG_LOG_INFO, "%s", messages[i].message);
        json_t *object = take_object(messages[i].name);
        cr_assert_str_eq(text_of(object, "message"), messages[i].expected, "%s", messages[i].name);
        for (const char *at = written; at[1]; at++)
            cr_assert((unsigned char)*at >= 0x20 && *at != 0x7f, "%s: a raw control character", messages[i].name);
        json_decref(object);
        cg_log_write(log, messages[i].message, CG_LOG_INFO, "x");
        object = take_object(messages[i].name);
        cr_assert_str_eq(text_of(object, "logger"), messages[i].expected, "%s as a name", messages[i].name);
        json_decref(object);
    }
    cg_log_free(log);
}

/* Every length around the limit, with characters of every size, with and without a context. */
Test(log_json, long_lines_stay_valid_and_bounded) {
    static const char *const fillings[] = {"a", "\"", "\x01", "\xff", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    struct cg_log *log = open_log(1, CG_LOG_FORMAT);
    char text[2 * CG_LOG_LINE_SIZE];
    char tenant[3000];
    memset(tenant, '"', sizeof tenant - 1);
    tenant[sizeof tenant - 1] = '\0';
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++) {
            size_t step = strlen(fillings[i]);
            size_t length = 0;
            while (length + step < sizeof text) {
                memcpy(text + length, fillings[i], step);
                length += step;
            }
            text[length] = '\0';
            for (size_t shift = 0; shift < 8; shift++) {
                cg_log_write(log, text, CG_LOG_INFO, "%.*s%s", (int)shift, "12345678", text);
                json_t *object = take_object(fillings[i]);
                const char *message = text_of(object, "message");
                cr_assert_str_eq(message + strlen(message) - 3, "...");
                cr_assert(round || strlen(written) > CG_LOG_LINE_SIZE - 16, "%zu bytes", strlen(written));
                cr_assert_eq(json_is_string(json_object_get(object, "tenant")), round);
                cr_assert_eq(json_is_integer(json_object_get(object, "process")), 1);
                json_decref(object);
            }
        }
        cg_log_set_tenant(log, tenant);
        cg_log_set_stage(log, tenant);
        cg_log_set_run(log, INT64_MIN);
    }
    cg_log_free(log);
}

/* ---- the context ---- */

Test(log_json, a_context_is_fields_of_a_json_line) {
    struct cg_log *log = open_log(1, CG_LOG_FORMAT);
    cg_log_set_tenant(log, "acme \"eu\"");
    cg_log_set_run(log, 42);
    cg_log_set_stage(log, "gathering");
    cg_log_write(log, "a", CG_LOG_INFO, "x");
    json_t *object = take_object("all");
    cr_assert_str_eq(text_of(object, "tenant"), "acme \"eu\"");
    cr_assert_eq(json_integer_value(json_object_get(object, "run")), 42);
    cr_assert_str_eq(text_of(object, "stage"), "gathering");
    cr_assert_str_eq(text_of(object, "message"), "x");
    json_decref(object);
    cg_log_set_stage(log, NULL);
    cg_log_set_run(log, 0);
    cg_log_set_tenant(log, NULL);
    cg_log_write(log, "a", CG_LOG_INFO, "x");
    object = take_object("none");
    cr_assert_eq(json_object_size(object), 5);
    json_decref(object);
    cg_log_free(log);
    cg_log_set_tenant(NULL, "a");
    cg_log_set_run(NULL, 1);
    cg_log_set_stage(NULL, "a");
}

#define SIXTY "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

static const struct {
    const char *name;
    const char *tenant;
    int64_t run;
    const char *stage;
    const char *message;
    const char *expected;
} contexts[] = {
    {"nothing", NULL, 0, NULL, "m", "m\n"},
    {"everything", "acme", 7, "gathering", "m", "m tenant_name=acme pipeline_run_id=7 stage=gathering\n"},
    {"a tenant alone", "acme", 0, NULL, "m", "m tenant_name=acme\n"},
    {"the message says it", "acme", 7, "gathering", "m tenant_name=acme stage=x",
     "m tenant_name=acme stage=x pipeline_run_id=7\n"},
    {"encoded", "a b", 0, NULL, "m", "m tenant_name=a%20b\n"},
    {"encoded by bytes", "\xc3\xa9", 0, NULL, "m", "m tenant_name=%C3%A9\n"},
    {"left alone", "a._-:/9Z", 0, NULL, "m", "m tenant_name=a._-:/9Z\n"},
    {"nothing is forged", "a=b&c\n", 0, NULL, "m", "m tenant_name=a%3Db%26c%0A\n"},
    {"160 characters", SIXTY SIXTY "gggggggggghhhhhhhhhhiiiiiiiiiijjjjjjjjjj", 0, NULL, "m",
     "m tenant_name=" SIXTY SIXTY "gggggggggghhhhhhhhhhiiiiiiiiiijjjjjjjjjj\n"},
    {"161 characters", SIXTY SIXTY "gggggggggghhhhhhhhhhiiiiiiiiiijjjjjjjjjjk", 0, NULL, "m",
     "m tenant_name=" SIXTY SIXTY "gggggggggghhhhhhhhhhiiiiiiiiiijjjjjjj...\n"},
};

Test(log_json, a_context_stands_behind_a_text) {
    for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++) {
        struct cg_log *log = open_log(0, "%(message)s");
        cg_log_set_tenant(log, contexts[i].tenant);
        cg_log_set_run(log, contexts[i].run);
        cg_log_set_stage(log, contexts[i].stage);
        cg_log_write(log, "a", CG_LOG_INFO, "%s", contexts[i].message);
        cr_assert_str_eq(take(), contexts[i].expected, "%s: %s", contexts[i].name, written);
        cg_log_free(log);
    }
}

/* ---- at run time ---- */

Test(log_json, reconfigured) {
    static const struct cg_log_level levels[] = {{"core", CG_LOG_DEBUG}};
    const struct cg_log_setup text = {
        .level = CG_LOG_ERROR, .format = "%(name)s %(message)s", .levels = levels, .level_count = 1};
    const struct cg_log_setup json = {.json = 1, .level = CG_LOG_INFO, .format = "%(message)s"};
    const struct cg_log_setup bad = {.level = CG_LOG_INFO, .format = "plain"};
    struct cg_log *log = open_log(0, "%(message)s");
    cg_log_set_tenant(log, "acme");
    cr_assert_eq(cg_log_reconfigure(log, &text), CG_OK);
    cr_assert(cg_log_enabled(log, "core.engine", CG_LOG_DEBUG));
    cr_assert_not(cg_log_enabled(log, "other", CG_LOG_WARNING));
    cg_log_write(log, "core.engine", CG_LOG_DEBUG, "x");
    cr_assert_str_eq(take(), "core.engine x tenant_name=acme\n");
    cr_assert_eq(cg_log_reconfigure(log, &bad), CG_INVALID);
    cg_log_write(log, "core.engine", CG_LOG_DEBUG, "x");
    cr_assert_str_eq(take(), "core.engine x tenant_name=acme\n");
    cr_assert_eq(cg_log_reconfigure(log, &json), CG_OK);
    cg_log_write(log, "core.engine", CG_LOG_DEBUG, "x");
    cr_assert_str_eq(take(), "");
    cg_log_write(log, "core.engine", CG_LOG_INFO, "x");
    json_t *object = take_object("json");
    cr_assert_str_eq(text_of(object, "tenant"), "acme");
    json_decref(object);
    cg_log_free(log);
}

/* ---- names ---- */

/* What operators set levels for: each is a name of its own, and lies below the ones in front of its points. */
static const char *const loggers[] = {
    "__main__",
    "workflow_runner",
    "core.engine.orchestrator",
    "core.engine.topic_attribution",
    "core.metrics.prometheus",
    "core.emitters.runner",
    "core.emitters.drivers",
    "core.emitters.registry",
    "emitters.csv_emitter",
    "emitters.prometheus_emitter",
    "core.storage.registry",
    "core.storage.backends.sqlmodel.engine",
    "core.storage.backends.sqlmodel.unit_of_work",
    "core.storage.backends.sqlmodel.repositories",
    "core.storage.tenant_lifecycle",
    "core.plugin.loader",
    "core.plugin.registry",
    "core.api.app",
    "core.api.routes.pipeline",
    "core.api.exception_handler",
    "core.config.loader",
    "plugins.confluent_cloud.handlers.kafka",
    "plugins.self_managed_kafka.gathering.prometheus",
    "plugins.generic_metrics_only.cost_input",
    "httpx",
};

Test(log_json, levels_of_every_logger_and_of_what_it_lies_below) {
    for (size_t i = 0; i < sizeof loggers / sizeof *loggers; i++) {
        for (size_t length = 1; length <= strlen(loggers[i]); length++) {
            char name[128];
            if (loggers[i][length] && loggers[i][length] != '.')
                continue;
            snprintf(name, sizeof name, "%.*s", (int)length, loggers[i]);
            const struct cg_log_level level = {name, CG_LOG_DEBUG};
            struct cg_log *log = NULL;
            cr_assert_eq(cg_log_new(ends[1], CG_LOG_ERROR, CG_LOG_FORMAT, &level, 1, &log), CG_OK);
            cr_assert(cg_log_enabled(log, loggers[i], CG_LOG_DEBUG), "%s for %s", name, loggers[i]);
            cr_assert_not(cg_log_enabled(log, "x", CG_LOG_WARNING));
            cg_log_free(log);
        }
    }
}
