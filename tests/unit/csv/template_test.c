#include "template.h"

#include <criterion/criterion.h>
#include <string.h>

/* Expected names were made with str.format of Python 3.11. */
static const struct {
    const char *name;
    const char *pattern;
    const char *tenant_id;
    const char *expected;
} good[] = {
    {"default", "{tenant_id}_{date}.csv", "acme", "acme_2026-01-15.csv"},
    {"no placeholder", "all.csv", "acme", "all.csv"},
    {"literal braces", "{{{date}}}.csv", "acme", "{2026-01-15}.csv"},
    {"only braces", "{{}}", "acme", "{}"},
    {"precision", "{date:.7}.csv", "acme", "2026-01.csv"},
    {"precision zero", "x{date:.0}.csv", "acme", "x.csv"},
    {"precision beyond", "{date:.20}", "acme", "2026-01-15"},
    {"width left", "{tenant_id:8}|", "acme", "acme    |"},
    {"width right", "{tenant_id:>10}", "acme", "      acme"},
    {"fill right", "{tenant_id:_>10}", "acme", "______acme"},
    {"fill centre", "{tenant_id:*^9}", "acme", "**acme***"},
    {"fill left", "{tenant_id:-<6}", "acme", "acme--"},
    {"zero fill", "{tenant_id:06}", "acme", "acme00"},
    {"fill before zero", "{tenant_id:x>06}", "acme", "xxacme"},
    {"width and precision", "{date:>8.7}", "acme", " 2026-01"},
    {"type s", "{date:.4s}.csv", "acme", "2026.csv"},
    {"conversion s", "{date!s}.csv", "acme", "2026-01-15.csv"},
    {"conversion and format", "{date!s:.4}.csv", "acme", "2026.csv"},
    {"empty format", "{date:}.csv", "acme", "2026-01-15.csv"},
    {"too narrow", "{tenant_id:2}", "acme", "acme"},
    {"fill is an align sign", "{tenant_id:<>6}", "acme", "<<acme"},
    {"characters, not bytes", "{tenant_id:>3.2}", "\xc3\xa9\xc3\xa9\xc3\xa9", " \xc3\xa9\xc3\xa9"},
    {"fill of two bytes", "{tenant_id:\xc3\xa9^6}", "ab",
     "\xc3\xa9\xc3\xa9"
     "ab\xc3\xa9\xc3\xa9"},
    {"subfolder in the pattern", "{date:.4}/{date}.csv", "acme", "2026/2026-01-15.csv"},
    {"the operator may climb", "../{date}.csv", "acme", "../2026-01-15.csv"},
    {"dots around a dot", "{tenant_id}.csv", ".", "..csv"},
    {"a slash cut off", "{tenant_id:.1}.csv", "a/b", "a.csv"},
};

Test(template, expands_like_python) {
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char buffer[256];
        char problem[CSV_PROBLEM_SIZE] = "";
        cr_assert_eq(csv_template_check(good[i].pattern, problem), CG_OK, "%s: %s", good[i].name, problem);
        cg_status status =
            csv_template_expand(good[i].pattern, good[i].tenant_id, "2026-01-15", buffer, sizeof buffer, problem);
        cr_assert_eq(status, CG_OK, "%s: %s", good[i].name, problem);
        cr_assert_str_eq(buffer, good[i].expected, "%s: %s", good[i].name, buffer);
    }
}

static const struct {
    const char *name;
    const char *pattern;
    const char *part_of_problem;
} wrong[] = {
    {"unknown name", "{foo}.csv", "{foo} is unknown; the placeholders are {tenant_id} and {date}"},
    {"tenant", "{tenant}.csv", "{tenant} is unknown"},
    {"longer name", "{dates}.csv", "{dates} is unknown"},
    {"no name", "{}.csv", "{} is unknown"},
    {"position", "{0}.csv", "{0} is unknown"},
    {"blank", "{ date}.csv", "{ date} is unknown"},
    {"attribute", "{date.year}.csv", "{date.year} is unknown"},
    {"item", "{date[0]}.csv", "{date[0]} is unknown"},
    {"open brace", "{date", "'{date' has no closing brace"},
    {"open brace at the end", "x{", "'{' has no closing brace"},
    {"single closing brace", "date}.csv", "a single '}'"},
    {"closing brace behind a field", "{date}}.csv", "a single '}'"},
    {"nested", "{date:{tenant_id}}.csv", "a brace opens inside '{date:'"},
    {"strftime", "{date:%Y}.csv", "the format in {date:%Y} is not known"},
    {"number type", "{date:d}.csv", "{date:d}"},
    {"align of numbers", "{date:=10}.csv", "{date:=10}"},
    {"sign", "{date:+5}.csv", "{date:+5}"},
    {"group", "{date:,}.csv", "{date:,}"},
    {"precision without number", "{date:.}.csv", "{date:.}"},
    {"width too big", "{date:256}.csv", "numbers up to 255"},
    {"huge width", "{date:99999999999999999999}.csv", "numbers up to 255"},
    {"conversion r", "{date!r}.csv", "the conversion in {date!r} is unknown"},
    {"conversion empty", "{date!}.csv", "the conversion in {date!} is unknown"},
    {"conversion too long", "{date!sx}.csv", "the conversion in {date!sx} is unknown"},
    {"fill makes a folder", "{date:/>20}.csv", "fills with '/'"},
    {"absolute", "/tmp/{date}.csv", "absolute path"},
    {"ends in a folder", "{date}/", "ends without a file name"},
    {"empty", "", "ends without a file name"},
};

Test(template, refuses_wrong_patterns) {
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char problem[CSV_PROBLEM_SIZE] = "";
        cr_assert_eq(csv_template_check(wrong[i].pattern, problem), CG_INVALID, "%s", wrong[i].name);
        cr_assert(strstr(problem, wrong[i].part_of_problem), "%s: %s", wrong[i].name, problem);
    }
}

static const struct {
    const char *name;
    const char *pattern;
    const char *tenant_id;
    cg_status status;
} refused[] = {
    {"climbs out", "{tenant_id}_{date}.csv", "../x", CG_INVALID},
    {"folder", "{tenant_id}.csv", "a/b", CG_INVALID},
    {"absolute value", "{tenant_id}", "/etc/passwd", CG_INVALID},
    {"dot", "{tenant_id}", ".", CG_INVALID},
    {"dot dot", "{tenant_id}", "..", CG_INVALID},
    {"two dots from two fields", "{tenant_id}{tenant_id}", ".", CG_INVALID},
    {"empty", "{tenant_id}", "", CG_INVALID},
    {"cut to nothing", "{date:.0}", "acme", CG_INVALID},
    {"folder dot dot", "{tenant_id}/{date}.csv", "..", CG_INVALID},
    {"folder empty", "{tenant_id}/{date}.csv", "", CG_INVALID},
    {"last part is a dot", "{date}/.", "acme", CG_INVALID},
    {"last part is empty", "{date}/", "acme", CG_INVALID},
    {"too long", "{tenant_id:255}{date}", "acme", CG_RANGE},
};

Test(template, refuses_values_that_are_no_names) {
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char buffer[256];
        char problem[CSV_PROBLEM_SIZE] = "";
        cg_status status =
            csv_template_expand(refused[i].pattern, refused[i].tenant_id, "2026-01-15", buffer, sizeof buffer, problem);
        cr_assert_eq(status, refused[i].status, "%s: %d", refused[i].name, (int)status);
        cr_assert(*problem, "%s", refused[i].name);
    }
}

Test(template, fits_to_the_last_byte) {
    char buffer[11];
    char problem[CSV_PROBLEM_SIZE] = "";
    cr_assert_eq(csv_template_expand("{date}", "acme", "2026-01-15", buffer, sizeof buffer, problem), CG_OK);
    cr_assert_eq(csv_template_expand("{date}", "acme", "2026-01-15", buffer, sizeof buffer - 1, problem), CG_RANGE);
    cr_assert_eq(csv_template_expand("", "acme", "2026-01-15", buffer, 0, problem), CG_RANGE);
}
