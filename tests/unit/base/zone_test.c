#include "base/zone.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/time.h"

#define SECOND INT64_C(1000000)

static struct cg_arena *arena;

static void set_up(void) {
    arena = cg_arena_new();
    cr_assert_not_null(arena);
    unsetenv("TZDIR");
}

static void tear_down(void) {
    cg_arena_free(arena);
}

static const struct cg_zone *zone_of(const char *name) {
    const struct cg_zone *zone = NULL;
    cr_assert_eq(cg_zone_find(name, arena, &zone), CG_OK, "%s", name);
    return zone;
}

static int64_t at(const char *text) {
    int64_t time = 0;
    cr_assert_eq(cg_time_parse(text, &time), CG_OK, "%s", text);
    return time;
}

TestSuite(zone, .init = set_up, .fini = tear_down);

/* ---- midnights ---- */

static const struct {
    const char *zone;
    const char *day;
    const char *midnight;
} midnights[] = {
    {"UTC", "2026-03-01", "2026-03-01T00:00:00Z"},
    {"America/Denver", "2026-03-08", "2026-03-08T07:00:00Z"}, /* 23 hours */
    {"America/Denver", "2026-03-09", "2026-03-09T06:00:00Z"},
    {"America/Denver", "2026-11-01", "2026-11-01T06:00:00Z"}, /* 25 hours */
    {"America/Denver", "2026-11-02", "2026-11-02T07:00:00Z"},
    {"America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"}, /* does not exist: the offset before the jump */
    {"America/Santiago", "2026-09-07", "2026-09-07T03:00:00Z"},
    {"Asia/Kolkata", "2026-03-01", "2026-02-28T18:30:00Z"},
    {"Asia/Kolkata", "2026-03-02", "2026-03-01T18:30:00Z"},
    {"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"}, /* comes twice: the first one */
    {"America/Havana", "2026-11-02", "2026-11-02T05:00:00Z"},
    {"America/Havana", "2026-03-08", "2026-03-08T05:00:00Z"}, /* does not exist */
    {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},   /* a day that does not exist */
    {"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
    {"Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00:00Z"},
    {"Etc/GMT+12", "2026-01-01", "2026-01-01T12:00:00Z"},
    {"Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z"}, /* half an hour of summer time */
    {"Australia/Lord_Howe", "2026-10-05", "2026-10-04T13:00:00Z"},
    {"Asia/Kathmandu", "2026-05-05", "2026-05-04T18:15:00Z"},
    {"Africa/Monrovia", "1960-01-01", "1960-01-01T00:44:30Z"}, /* offsets have seconds */
    {"Europe/Dublin", "2100-07-01", "2100-06-30T23:00:00Z"},   /* winter is the exception, by the rule */
    {"Europe/Dublin", "2100-12-31", "2100-12-31T00:00:00Z"},
    {"America/Nuuk", "2050-06-01", "2050-06-01T01:00:00Z"}, /* quoted names, a negative time */
    {"America/Nuuk", "2050-12-01", "2050-12-01T02:00:00Z"},
    {"Europe/Berlin", "0001-01-01", "0000-12-31T23:06:32Z"},
    {"Europe/Berlin", "9999-12-31", "9999-12-30T23:00:00Z"},
};

Test(zone, midnights) {
    for (size_t i = 0; i < sizeof midnights / sizeof *midnights; i++) {
        const struct cg_zone *zone = zone_of(midnights[i].zone);
        int64_t day = at(midnights[i].day);
        int64_t midnight = cg_zone_midnight(zone, day);
        char text[CG_TIME_TEXT_SIZE];
        int64_t wanted = 0;
        if (cg_time_parse(midnights[i].midnight, &wanted) != CG_OK) /* year 0 */
            wanted = day - 3208 * SECOND;
        cr_assert_eq(midnight, wanted, "%s %s: %s", midnights[i].zone, midnights[i].day,
                     cg_time_format_iso(midnight, text));
    }
}

/* ---- names ---- */

static const char *const no_zones[] = {
    "",
    ".",
    "..",
    "../x",
    "../../../etc/passwd",
    "America/../UTC",
    "/usr/share/zoneinfo/UTC",
    "/UTC",
    "UTC/",
    "America//Denver",
    "America",
    "America/",
    "america/denver",
    "AMERICA/DENVER",
    "UTC ",
    " UTC",
    "UTC\n",
    "UTC\\x",
    "US/Nowhere",
    "UTC/x",
    "zone.tab",
    "zone1970.tab",
    "iso3166.tab",
    "tzdata.zi",
    "leap-seconds.list",
    "leapseconds",
    "posixrules",
    "localtime",
    "posix/UTC",
    "right/UTC",
    "posix",
    "right",
    "+VERSION",
    "Europe/Z\xc3\xbcrich",
    "Europe/Zurich;x",
    "%2e%2e",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
};

Test(zone, names_that_are_none) {
    for (size_t i = 0; i < sizeof no_zones / sizeof *no_zones; i++) {
        const struct cg_zone *zone = NULL;
        cg_status status = cg_zone_find(no_zones[i], arena, &zone);
        cr_assert(status == CG_NOT_FOUND || status == CG_INVALID, "'%s': %d", no_zones[i], (int)status);
        cr_assert_null(zone, "'%s'", no_zones[i]);
    }
}

Test(zone, names_of_all_forms) {
    static const char *const names[] = {"UTC",
                                        "Etc/GMT+12",
                                        "Etc/GMT-14",
                                        "GMT0",
                                        "America/Argentina/Buenos_Aires",
                                        "EST5EDT",
                                        "America/Port-au-Prince",
                                        "Factory"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        zone_of(names[i]);
}

/* ---- another folder ---- */

struct folder {
    char path[64];
};

static void folder_init(struct folder *folder) {
    snprintf(folder->path, sizeof folder->path, "/tmp/cg-zone-XXXXXX");
    cr_assert_not_null(mkdtemp(folder->path));
    cr_assert_eq(setenv("TZDIR", folder->path, 1), 0);
}

static void folder_write(const struct folder *folder, const char *name, const char *bytes, size_t length,
                         size_t repeat) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    for (size_t i = 0; i < repeat; i++)
        cr_assert_eq(fwrite(bytes, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
}

static void folder_remove(const struct folder *folder, const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    remove(path);
}

Test(zone, files_of_another_folder) {
    /* One type: an hour and a half east; a block for old readers, one for new ones, and a rule. */
    static const char header[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4";
    static const char type[] = "\0\0\x15\x18\0\0XYZ\0";
    struct folder folder;
    struct cg_buf whole;
    folder_init(&folder);
    cg_buf_init(&whole, 1024);
    for (int i = 0; i < 2; i++) {
        cg_buf_add(&whole, header, sizeof header - 1);
        cg_buf_add(&whole, type, sizeof type - 1);
    }
    cg_buf_add_text(&whole, "\nXYZ-1:30\n");
    folder_write(&folder, "Mine", whole.data, whole.length, 1);
    folder_write(&folder, "Large", whole.data, whole.length, 700);
    folder_write(&folder, "Empty", whole.data, 0, 1);
    folder_write(&folder, "Text", "no zone\n", 8, 1);
    folder_write(&folder, "Short", whole.data, whole.length - 1, 1);
    cg_buf_done(&whole);

    const struct cg_zone *zone = zone_of("Mine");
    cr_assert_eq(cg_zone_offset(zone, at("2026-03-01")), 5400);
    cr_assert_eq(cg_zone_day(zone, at("2026-02-28T22:29:59Z")), at("2026-02-28"));
    cr_assert_eq(cg_zone_day(zone, at("2026-02-28T22:30:00Z")), at("2026-03-01"));

    static const char *const damaged[] = {"Large", "Empty", "Text", "Short"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        cr_assert_eq(cg_zone_find(damaged[i], arena, &zone), CG_INVALID, "%s", damaged[i]);
    cr_assert_eq(cg_zone_find("UTC", arena, &zone), CG_NOT_FOUND);

    /* A pipe would keep the reader waiting. */
    char path[128];
    snprintf(path, sizeof path, "%s/Pipe", folder.path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(cg_zone_find("Pipe", arena, &zone), CG_NOT_FOUND);

    /* A folder that depends on where the process is does not count. */
    cr_assert_eq(setenv("TZDIR", "relative", 1), 0);
    zone_of("UTC");
    static const char *const names[] = {"Mine", "Large", "Empty", "Text", "Short", "Pipe"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        folder_remove(&folder, names[i]);
    cr_assert_eq(rmdir(folder.path), 0);
}

/* ---- the C library agrees ---- */

static const char *const compared[] = {
    "UTC",
    "America/Denver",
    "America/Santiago",
    "America/Havana",
    "America/Nuuk",
    "America/Scoresbysund",
    "America/St_Johns",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "Antarctica/Troll",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Chatham",
    "EST5EDT",
};

static int64_t library_offset(int64_t seconds, const char *name) {
    time_t time = (time_t)seconds;
    struct tm local;
    cr_assert_not_null(localtime_r(&time, &local), "%s %lld", name, (long long)seconds);
    return local.tm_gmtoff;
}

static void compare(const struct cg_zone *zone, const char *name, int64_t seconds) {
    int64_t offset = cg_zone_offset(zone, seconds * SECOND);
    int64_t wanted = library_offset(seconds, name);
    cr_assert_eq(offset, wanted, "%s %lld: %lld, not %lld", name, (long long)seconds, (long long)offset,
                 (long long)wanted);
}

/* Both sides of every change between two times, found by halving. */
static void compare_change(const struct cg_zone *zone, const char *name, int64_t low, int64_t high) {
    int64_t before = cg_zone_offset(zone, low * SECOND);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (cg_zone_offset(zone, middle * SECOND) == before)
            low = middle;
        else
            high = middle;
    }
    compare(zone, name, low);
    compare(zone, name, high);
}

/* Every test is a process of its own, so the variable is of no concern to others. */
Test(zone, the_library_agrees) {
    int64_t start = at("1900-01-01") / SECOND;
    int64_t end = at("2100-01-01") / SECOND;
    for (size_t i = 0; i < sizeof compared / sizeof *compared; i++) {
        const struct cg_zone *zone = zone_of(compared[i]);
        cr_assert_eq(setenv("TZ", compared[i], 1), 0);
        tzset();
        int64_t step = 35 * 3600 + 1801;
        for (int64_t seconds = start; seconds < end; seconds += step) {
            compare(zone, compared[i], seconds);
            if (cg_zone_offset(zone, seconds * SECOND) != cg_zone_offset(zone, (seconds + step) * SECOND))
                compare_change(zone, compared[i], seconds, seconds + step);
        }
    }
}

/* ---- every midnight is the first moment of its day ---- */

/* A midnight that exists is what it is called, and no moment before it is; one that does not exist is where the clock
 * would have shown it without the jump. */
static void check_midnight(const struct cg_zone *zone, const char *name, int64_t day) {
    int64_t midnight = cg_zone_midnight(zone, day);
    int64_t shown = midnight + cg_zone_offset(zone, midnight) * SECOND;
    if (shown != day)
        cr_assert_gt(shown, day, "%s %lld: not behind a jump", name, (long long)(day / SECOND));
    for (int64_t back = SECOND; back <= 27 * 3600 * SECOND; back += 1800 * SECOND) {
        int64_t offset = cg_zone_offset(zone, midnight - back);
        int64_t other = day - offset * SECOND;
        cr_assert(other >= midnight || other + cg_zone_offset(zone, other) * SECOND != day, "%s %lld: not the first",
                  name, (long long)(day / SECOND));
    }
    int64_t next = cg_zone_midnight(zone, day + CG_DAY_US);
    cr_assert(next >= midnight, "%s %lld: the next one is earlier", name, (long long)(day / SECOND));
}

Test(zone, midnights_are_the_first_of_their_kind) {
    for (size_t i = 0; i < sizeof compared / sizeof *compared; i++) {
        const struct cg_zone *zone = zone_of(compared[i]);
        for (int64_t day = at("2005-01-01"); day < at("2035-01-01"); day += CG_DAY_US)
            check_midnight(zone, compared[i], day);
    }
}
