#include "cli/progress.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/text.h"
#include "config/settings.h"
#include "said.h"

#define MOST 3

static struct cg_tenant_settings tenants[MOST];
static struct cg_progress_tenant states[MOST];
static const struct cg_settings settings = {.tenants = tenants, .tenant_count = MOST};

static struct cg_progress new_progress(void) {
    static const char *const names[MOST] = {"acme", "other", "th\xc3\xafrd"};
    for (size_t i = 0; i < MOST; i++) {
        tenants[i].name = names[i];
        states[i] = (struct cg_progress_tenant){0};
    }
    return (struct cg_progress){.settings = &settings, .tenants = states};
}

/* ---- the line of a terminal ---- */

static const struct {
    const char *name;
    struct cg_progress_tenant tenants[MOST];
    size_t columns;
    const char *line;
} lines[] = {
    {"nobody", {{0}}, 80, ""},
    {"one",
     {{.active = 1, .what = "dates", .done = 12, .total = 30, .percent = 40}},
     80,
     "acme: dates [############..................] 12/30"},
    {"one that does not know its end", {{0}, {.active = 1, .what = "billing", .done = 7}}, 80, "other: billing 7"},
    {"several",
     {{.active = 1, .what = "dates", .done = 12, .total = 30, .percent = 40},
      {.active = 1, .what = "billing", .done = 7},
      {.active = 1, .what = "dates", .done = 3, .total = 3, .percent = 100}},
     80,
     "acme: dates 40%, other: billing 7, th\xc3\xafrd: dates 100%"},
    {"as wide as the terminal allows",
     {{0}, {.active = 1, .what = "billing of ju", .done = 77}},
     26,
     "other: billing of ju 77"},
    {"just too wide", {{0}, {.active = 1, .what = "billing of ju", .done = 77}}, 23, "other: billing of j..."},
    {"cut at whole characters",
     {{0},
      {0},
      {.active = 1,
       .what = "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
       .done = 1234567890}},
     20,
     "th\xc3\xafrd: \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac 12..."},
};

Test(progress, one_line_for_all) {
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct cg_progress progress = new_progress();
        char line[CG_PROGRESS_LINE_SIZE];
        memcpy(states, lines[i].tenants, sizeof states);
        cr_assert_str_eq(cg_progress_line(&progress, lines[i].columns, line), lines[i].line, "%s: '%s'", lines[i].name,
                         line);
        cr_assert_lt(cg_text_count(line), lines[i].columns, "%s wraps", lines[i].name);
    }
}

Test(progress, the_line_of_many_tenants_does_not_wrap) {
    enum { MANY = 400 };
    static struct cg_tenant_settings many[MANY];
    static struct cg_progress_tenant at_work[MANY];
    static const struct cg_settings all = {.tenants = many, .tenant_count = MANY};
    for (size_t i = 0; i < MANY; i++) {
        many[i].name = "a-tenant-with-a-name";
        at_work[i] = (struct cg_progress_tenant){.active = 1, .what = "dates", .total = 3};
    }
    struct cg_progress progress = {.settings = &all, .tenants = at_work};
    static const size_t widths[] = {0, 20, 80, 200, 1000, 5000};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char line[CG_PROGRESS_LINE_SIZE];
        size_t count = cg_text_count(cg_progress_line(&progress, widths[i], line));
        cr_assert(count < (widths[i] < 20 ? 20 : widths[i]), "%zu columns: %zu", widths[i], count);
        cr_assert_str_eq(line + strlen(line) - 3, "...");
    }
}

/* ---- plain lines ---- */

enum action { END, SHOW, FINISH };

struct step {
    enum action action;
    size_t tenant;
    const char *what;
    int64_t done;
    int64_t total;
};

static const struct {
    const char *name;
    int32_t terminal;
    struct step steps[8];
    const char *expected;
} stories[] = {
    {"a line for every quarter",
     0,
     {{SHOW, 0, "dates", 1, 8},
      {SHOW, 0, "dates", 2, 8},
      {SHOW, 0, "dates", 3, 8},
      {SHOW, 0, "dates", 4, 8},
      {SHOW, 0, "dates", 8, 8}},
     "acme: dates 1 of 8\nacme: dates 2 of 8\nacme: dates 4 of 8\nacme: dates 8 of 8\n"},
    {"tenants do not disturb each other",
     0,
     {{SHOW, 0, "dates", 1, 9},
      {SHOW, 1, "dates", 1, 9},
      {SHOW, 0, "dates", 2, 9},
      {SHOW, 1, "dates", 2, 9},
      {SHOW, 0, "dates", 3, 9}},
     "acme: dates 1 of 9\nother: dates 1 of 9\nacme: dates 3 of 9\n"},
    {"no known end", 0, {{SHOW, 0, "billing", 1, 0}, {SHOW, 0, "billing", 2, 0}}, "acme: billing 1\n"},
    {"a text of a module", 0, {{SHOW, 0, "\x1b[31mbil\xffling\n", 1, 2}}, "acme: ?[31mbil?ling? 1 of 2\n"},
    {"numbers that make no sense",
     0,
     {{SHOW, 0, "x", 5, 3}, {SHOW, 1, "x", -1, 3}, {SHOW, 2, "x", INT64_MAX, INT64_MAX}},
     "acme: x 5 of 3\nother: x -1 of 3\nth\xc3\xafrd: x 9223372036854775807 of 9223372036854775807\n"},
    {"a terminal has one line",
     1,
     {{SHOW, 0, "dates", 1, 2}, {SHOW, 1, "billing", 7, 0}, {FINISH, 0, NULL, 0, 0}, {FINISH, 1, NULL, 0, 0}},
     "\r\033[Kacme: dates [###############...............] 1/2\r"
     "\r\033[Kacme: dates 50%, other: billing 7\r"
     "\r\033[Kother: billing 7\r"
     "\r\033[K"},
};

Test(progress, stories) {
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        struct cg_progress progress = new_progress();
        progress.terminal = stories[i].terminal;
        char said[2048] = "";
        struct said kept;
        said_begin(&kept);
        for (const struct step *step = stories[i].steps; step->action != END; step++) {
            if (step->action == SHOW)
                cg_progress_show(&progress, step->tenant, step->what, step->done, step->total);
            else
                cg_progress_finished(&progress, step->tenant);
        }
        said_end(&kept, said, sizeof said);
        cr_assert_str_eq(said, stories[i].expected, "%s: '%s'", stories[i].name, said);
    }
}

Test(progress, quiet_says_nothing) {
    struct cg_progress progress;
    new_progress();
    cg_progress_init(&progress, &settings, 1);
    cr_assert_null(progress.tenants);
    cg_progress_show(&progress, 0, "dates", 1, 2);
    cg_progress_finished(&progress, 0);
    cg_progress_done(&progress);
    cg_progress_init(&progress, &settings, 0);
    cr_assert_not_null(progress.tenants);
    cg_progress_done(&progress);
    cg_progress_done(&progress);
}

Test(progress, json_lines_have_the_log_for_themselves) {
    struct cg_settings json = settings;
    struct cg_progress progress;
    struct said kept;
    char said[256] = "";
    new_progress();
    json.log_json = 1;
    said_begin(&kept);
    cg_progress_init(&progress, &json, 0);
    cg_progress_show(&progress, 0, "dates", 1, 2);
    cg_progress_finished(&progress, 0);
    said_end(&kept, said, sizeof said);
    cr_assert_str_eq(said, "");
    cg_progress_done(&progress);
}
