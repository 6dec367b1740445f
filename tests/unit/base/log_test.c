#include "base/log.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static char written[3 * CG_LOG_LINE_SIZE];

static void setup(void) {
    cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

static void teardown(void) {
    (void)close(ends[0]);
    (void)close(ends[1]);
}

TestSuite(log, .init = setup, .fini = teardown);

/* What was written since the last call; "" when nothing was. */
static const char *take(void) {
    ssize_t length = read(ends[0], written, sizeof written - 1);
    written[length > 0 ? length : 0] = '\0';
    return written;
}

static struct cg_log *new_log(const char *format) {
    struct cg_log *log = NULL;
    cr_assert_eq(cg_log_new(ends[1], CG_LOG_DEBUG, format, NULL, 0, &log), CG_OK, "%s", format);
    return log;
}

/* ---- formats ---- */

static const struct {
    const char *format;
    const char *expected; /* of a warning "hello" by "core.engine" */
} formats[] = {
    {"%(message)s", "hello\n"},
    {"%(name)s", "core.engine\n"},
    {"%(levelname)s", "WARNING\n"},
    {"%(levelno)s|%(levelno)d", "30|30\n"},
    {"[%(levelname)-9s] %(message)s", "[WARNING  ] hello\n"},
    {"[%(levelname)9s]", "[  WARNING]\n"},
    {"[%(levelname).4s]", "[WARN]\n"},
    {"[%(levelname)6.1s]", "[     W]\n"},
    {"[%(levelname)-6.1s]", "[W     ]\n"},
    {"[%(levelname)3s]", "[WARNING]\n"},
    {"%(name)s %(name)s", "core.engine core.engine\n"},
    {"100%% %(message)s", "100% hello\n"},
    {"%%(message)s %(message)s", "%(message)s hello\n"},
    {"%(filename).4s:%(lineno)d %(module)s", "core:0 core.engine\n"},
    {"%(processName)s/%(threadName)s", "chitragupt/main\n"},
    {"\xc3\xa9 %(message)s", "\xc3\xa9 hello\n"},
    {"a\nb %(message)s", "a\\x0ab hello\n"},
};

Test(log, formats) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct cg_log *log = new_log(formats[i].format);
        cg_log_write(log, "core.engine", CG_LOG_WARNING, "hel%s", "lo");
        cr_assert_str_eq(take(), formats[i].expected, "%s: %s", formats[i].format, written);
        cg_log_free(log);
    }
}

/* "9" stands for one digit, everything else for itself. */
static const struct {
    const char *format;
    const char *pattern;
} clocks[] = {
    {CG_LOG_FORMAT, "9999-99-99 99:99:99,999 - core.engine - WARNING - hello\n"},
    {"%(created).3f %(message)s", "9999999999.999 hello\n"},
    {"%(created)f", "9999999999.999999\n"},
    {"%(msecs)03d", "999\n"},
};

Test(log, clocks) {
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        struct cg_log *log = new_log(clocks[i].format);
        cg_log_write(log, "core.engine", CG_LOG_WARNING, "hello");
        const char *line = take();
        const char *pattern = clocks[i].pattern;
        cr_assert_eq(strlen(line), strlen(pattern), "%s: %s", clocks[i].format, line);
        for (; *pattern; pattern++, line++)
            cr_assert(*pattern == '9' ? isdigit((unsigned char)*line) : *pattern == *line, "%s: %s", clocks[i].format,
                      written);
        cg_log_free(log);
    }
}

Test(log, process_number) {
    struct cg_log *log = new_log("%(process)d");
    char expected[32];
    (void)snprintf(expected, sizeof expected, "%ld\n", (long)getpid());
    cg_log_write(log, "a", CG_LOG_INFO, "x");
    cr_assert_str_eq(take(), expected);
    cg_log_free(log);
}

static const char *const bad_formats[] = {
    "",
    "no field",
    "100%%",
    "%(message)",
    "%(message",
    "%(message)x",
    "%(message)-",
    "%(massage)s",
    "%()s",
    "%(MESSAGE)s",
    "%s %(message)s",
    "%(message)s %",
    "%(message)s %d",
    "%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s"
    "%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s"
    "%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s"
    "%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s"
    "%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s"
    "%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s%(message)s"
    "%(message)s%(message)s%(message)s%(message)s%(message)s",
};

Test(log, refuses_formats) {
    for (size_t i = 0; i < sizeof bad_formats / sizeof *bad_formats; i++) {
        struct cg_log *log = NULL;
        cr_assert_eq(cg_log_new(ends[1], CG_LOG_DEBUG, bad_formats[i], NULL, 0, &log), CG_INVALID, "'%s'",
                     bad_formats[i]);
        cr_assert_null(log, "'%s'", bad_formats[i]);
    }
}

/* ---- levels ---- */

static const struct cg_log_level levels[] = {
    {"core", CG_LOG_WARNING},
    {"core.engine", CG_LOG_DEBUG},
    {"core.engine.quiet", CG_LOG_CRITICAL},
    {"plugin", CG_LOG_ERROR},
};

static const struct {
    const char *name;
    uint32_t least; /* the lowest level that is written */
} loggers[] = {
    {"other", CG_LOG_INFO},
    {"core", CG_LOG_WARNING},
    {"core.config", CG_LOG_WARNING},
    {"corex", CG_LOG_INFO},
    {"core.engine", CG_LOG_DEBUG},
    {"core.engine.orchestrator", CG_LOG_DEBUG},
    {"core.engines", CG_LOG_WARNING},
    {"core.engine.quiet", CG_LOG_CRITICAL},
    {"core.engine.quiet.very", CG_LOG_CRITICAL},
    {"plugin.csv", CG_LOG_ERROR},
    {"", CG_LOG_INFO},
};

Test(log, a_level_holds_for_everything_below_its_name) {
    static const uint32_t all[] = {CG_LOG_DEBUG, CG_LOG_INFO, CG_LOG_WARNING, CG_LOG_ERROR, CG_LOG_CRITICAL};
    struct cg_log *log = NULL;
    cr_assert_eq(cg_log_new(ends[1], CG_LOG_INFO, "%(message)s", levels, sizeof levels / sizeof *levels, &log), CG_OK);
    for (size_t i = 0; i < sizeof loggers / sizeof *loggers; i++) {
        for (size_t j = 0; j < sizeof all / sizeof *all; j++) {
            int expected = all[j] >= loggers[i].least;
            cr_assert_eq(cg_log_enabled(log, loggers[i].name, all[j]), expected, "'%s' %u", loggers[i].name,
                         (unsigned)all[j]);
            cg_log_write(log, loggers[i].name, all[j], "x");
            cr_assert_str_eq(take(), expected ? "x\n" : "", "'%s' %u", loggers[i].name, (unsigned)all[j]);
        }
    }
    cg_log_free(log);
}

static const struct {
    const char *text;
    uint32_t level;
} names[] = {
    {"DEBUG", CG_LOG_DEBUG},
    {"INFO", CG_LOG_INFO},
    {"WARNING", CG_LOG_WARNING},
    {"ERROR", CG_LOG_ERROR},
    {"error", CG_LOG_ERROR},
    {"CRITICAL", CG_LOG_CRITICAL},
    {"Critical", CG_LOG_CRITICAL},
    {"", 0},
    {"WARN", 0},
    {"INFO ", 0},
    {"30", 0},
};

Test(log, level_names) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_assert_eq(cg_log_level_parse(names[i].text), names[i].level, "'%s'", names[i].text);
}

/* ---- one event, one line ---- */

static const struct {
    const char *name;
    const char *message;
    const char *expected;
} messages[] = {
    {"line feed", "a\nb", "a\\x0ab\n"},
    {"forged line", "x\r\n2026 - core - INFO - all is well", "x\\x0d\\x0a2026 - core - INFO - all is well\n"},
    {"escape sequence", "\x1b[2J", "\\x1b[2J\n"},
    {"delete", "a\x7f", "a\\x7f\n"},
    {"tab", "a\tb", "a\\x09b\n"},
    {"control sequence introducer U+009B",
     "a\xc2\x9b"
     "2J",
     "a\\xc2\\x9b2J\n"},
    {"no UTF-8", "a\x9b\xff\xe2\x82", "a\\x9b\\xff\\xe2\\x82\n"},
    {"letters of two bytes stay", "\xc3\xa9\xc2\xa0\xc2\xb5", "\xc3\xa9\xc2\xa0\xc2\xb5\n"},
    {"percent signs stay", "%s %(message)s %n", "%s %(message)s %n\n"},
    {"empty", "", "\n"},
};

Test(log, control_characters_are_made_visible) {
    struct cg_log *log = new_log("%(message)s");
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        cg_log_write(log, "a", CG_LOG_INFO, "%s", messages[i].message);
        cr_assert_str_eq(take(), messages[i].expected, "%s: %s", messages[i].name, written);
    }
    cg_log_write(log, "a", CG_LOG_INFO, "%s", "");
    cg_log_free(log);
}

Test(log, names_cannot_forge_lines_either) {
    struct cg_log *log = new_log("%(name)s");
    cg_log_write(log, "a\nb", CG_LOG_INFO, "x");
    cr_assert_str_eq(take(), "a\\x0ab\n");
    cg_log_free(log);
}

Test(log, cuts_at_whole_characters) {
    struct cg_log *log = new_log("%(message).4s|");
    cg_log_write(log, "a", CG_LOG_INFO, "ab\xe2\x82\xac");
    cr_assert_str_eq(take(), "ab|\n");
    cg_log_write(log, "a", CG_LOG_INFO, "a\xe2\x82\xacxx");
    cr_assert_str_eq(take(), "a\xe2\x82\xac|\n");
    cg_log_write(log, "a", CG_LOG_INFO, "\xf0\x9f\x98\x80xx");
    cr_assert_str_eq(take(), "\xf0\x9f\x98\x80|\n");
    cg_log_free(log);
}

Test(log, a_long_message_is_cut_and_says_so) {
    struct cg_log *log = new_log("%(message)s");
    char text[6000];
    for (size_t shift = 0; shift < 4; shift++) {
        size_t length = shift;
        memset(text, 'a', shift);
        for (; length + 4 < sizeof text; length += 3)
            memcpy(text + length, "\xe2\x82\xac", 3);
        text[length] = '\0';
        cg_log_write(log, "a", CG_LOG_INFO, "%s", text);
        size_t line = strlen(take());
        cr_assert(line > 4000 && line <= 4096, "%zu bytes", line);
        cr_assert_str_eq(written + line - 4, "...\n");
        cr_assert_eq((line - 4 - shift) % 3, 0, "shift %zu: a character is cut", shift);
    }
    cg_log_free(log);
}

Test(log, a_message_of_control_characters_stays_one_line) {
    struct cg_log *log = new_log("%(message)s");
    char text[4000];
    memset(text, '\n', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cg_log_write(log, "a", CG_LOG_INFO, "%s", text);
    size_t line = strlen(take());
    cr_assert(line > CG_LOG_LINE_SIZE - 8 && line <= CG_LOG_LINE_SIZE, "%zu bytes", line);
    cr_assert_eq(strchr(written, '\n'), written + line - 1);
    cr_assert_str_eq(written + line - 8, "\\x0a...\n", "an escape is cut");
    cg_log_free(log);
}

/* One write of at most PIPE_BUF bytes is what keeps lines of several processes apart. */
Test(log, no_line_is_longer_than_a_pipe_keeps_whole) {
    static const char *const all[] = {"%(message)s", "%(message)s %(name)s", "%(message)s%(message)s%(message)s",
                                      "%(levelname)200s%(levelname)-200s%(message)s", "%(name)s %(message)4.4s"};
    char text[2 * CG_LOG_LINE_SIZE];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct cg_log *log = new_log(all[i]);
        for (size_t length = CG_LOG_LINE_SIZE - 600; length < CG_LOG_LINE_SIZE + 20; length++) {
            memset(text, 'a', length);
            text[length] = '\0';
            cg_log_write(log, "b", CG_LOG_INFO, "%s", text);
            size_t line = strlen(take());
            cr_assert(line <= CG_LOG_LINE_SIZE, "%s, %zu: %zu bytes", all[i], length, line);
            cr_assert_eq(strchr(written, '\n'), written + line - 1, "%s, %zu", all[i], length);
            if (line < CG_LOG_LINE_SIZE || i > 0)
                continue;
            int fits = length == CG_LOG_LINE_SIZE - 1;
            cr_assert_str_eq(written + line - 4, fits ? "aaa\n" : "...\n", "%zu", length);
        }
        cg_log_free(log);
    }
}

Test(log, no_log_no_line) {
    cg_log_write(NULL, "a", CG_LOG_CRITICAL, "x");
    cr_assert_eq(cg_log_enabled(NULL, "a", CG_LOG_CRITICAL), 0);
    cg_log_free(NULL);
}
