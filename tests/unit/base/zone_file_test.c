#include "base/zone_file.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/buf.h"
#include "base/zone.h"

/* A file under construction. */
struct file {
    const char *name;
    int version;       /* 0: the first one */
    int64_t times[4];  /* changes to type 1, 2, 1, ... */
    size_t time_count; /* of both blocks */
    int32_t offsets[3];
    uint32_t type_count;
    uint32_t leaps;
    const char *footer; /* with its line ends; NULL: none */
    size_t cut;         /* bytes missing at the end */
    cg_status wanted;
};

static void put(struct cg_buf *buf, int64_t value, unsigned bytes) {
    while (bytes-- > 0)
        cg_buf_add_char(buf, (char)((uint64_t)value >> (8 * bytes)));
}

static void put_block(struct cg_buf *buf, const struct file *file, unsigned time_size) {
    cg_buf_add(buf, "TZif", 4);
    cg_buf_add_char(buf, (char)(file->version ? '0' + file->version : 0));
    put(buf, 0, 8);
    put(buf, 0, 7);
    put(buf, 0, 4);
    put(buf, 0, 4);
    put(buf, file->leaps, 4);
    put(buf, (int64_t)file->time_count, 4);
    put(buf, file->type_count, 4);
    put(buf, 4, 4);
    for (size_t i = 0; i < file->time_count; i++)
        put(buf, file->times[i], time_size);
    for (size_t i = 0; i < file->time_count; i++)
        put(buf, i % 2 ? 2 : 1, 1);
    for (size_t i = 0; i < file->type_count && i < 3; i++) {
        put(buf, file->offsets[i], 4);
        put(buf, 0, 2);
    }
    cg_buf_add(buf, "XYZ", 4);
    for (uint32_t i = 0; i < file->leaps; i++) {
        put(buf, 1000, time_size);
        put(buf, 1, 4);
    }
}

static cg_status read_file(const struct file *file, struct cg_arena *arena, const struct cg_zone **ret) {
    struct cg_buf buf;
    cg_buf_init(&buf, 4096);
    put_block(&buf, file, 4);
    if (file->version)
        put_block(&buf, file, 8);
    if (file->footer)
        cg_buf_add_text(&buf, file->footer);
    cr_assert(buf.status == CG_OK && buf.length > file->cut, "%s", file->name);
    cg_status status = cg_zone_file_read(buf.data, buf.length - file->cut, arena, ret);
    cg_buf_done(&buf);
    return status;
}

#define PLAIN .times = {-100, 5000}, .time_count = 2, .offsets = {60, 3600, -7200}, .type_count = 3

static const struct file files[] = {
    {"version 1", 0, PLAIN, .wanted = CG_OK},
    {"version 1 does not need a footer", 0, PLAIN, .footer = "\nnonsense\n", .wanted = CG_OK},
    {"version 2", 2, PLAIN, .footer = "\n\n", .wanted = CG_OK},
    {"version 3", 3, PLAIN, .footer = "\nXYZ2\n", .wanted = CG_OK},
    {"version 4", 4, PLAIN, .footer = "\nXYZ2\n", .wanted = CG_OK},
    {"a version to come", 7, PLAIN, .footer = "\nXYZ2\n", .wanted = CG_OK},
    {"no changes", 2, .offsets = {60}, .type_count = 1, .footer = "\n\n", .wanted = CG_OK},
    {"no footer", 2, PLAIN, .wanted = CG_INVALID},
    {"a footer without an end", 2, PLAIN, .footer = "\nXYZ2", .wanted = CG_INVALID},
    {"a footer without a start", 2, PLAIN, .footer = "XYZ2\n", .wanted = CG_INVALID},
    {"a footer that is no rule", 2, PLAIN, .footer = "\nXYZ\n", .wanted = CG_INVALID},
    {"cut in the second block", 2, PLAIN, .cut = 1, .wanted = CG_INVALID},
    {"cut in the first block", 0, PLAIN, .cut = 1, .wanted = CG_INVALID},
    {"a strange version", -'0' + 1, PLAIN, .footer = "\n\n", .wanted = CG_INVALID},
    {"no types", 0, .type_count = 0, .wanted = CG_INVALID},
    {"types without end", 0, .type_count = 0x7fffffff, .wanted = CG_INVALID},
    {"a type that is not there", 0, .times = {1}, .time_count = 1, .offsets = {0}, .type_count = 1,
     .wanted = CG_INVALID},
    {"times not ascending", 0, .times = {5, 5}, .time_count = 2, .offsets = {0, 1, 2}, .type_count = 3,
     .wanted = CG_INVALID},
    {"times descending", 0, .times = {5, 4}, .time_count = 2, .offsets = {0, 1, 2}, .type_count = 3,
     .wanted = CG_INVALID},
    {"a time beyond all bounds", 2, .times = {INT64_MIN}, .time_count = 1, .offsets = {0, 1}, .type_count = 2,
     .footer = "\n\n", .wanted = CG_INVALID},
    {"an offset beyond all bounds", 0, .offsets = {93600}, .type_count = 1, .wanted = CG_INVALID},
    {"an offset beyond all bounds, west", 0, .offsets = {INT32_MIN}, .type_count = 1, .wanted = CG_INVALID},
    {"leap seconds", 2, .offsets = {0}, .type_count = 1, .leaps = 1, .footer = "\n\n", .wanted = CG_INVALID},
};

Test(zone_file, forms) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct cg_arena *arena = cg_arena_new();
        const struct cg_zone *zone = NULL;
        cg_status status = read_file(&files[i], arena, &zone);
        cr_assert_eq(status, files[i].wanted, "%s: %d", files[i].name, (int)status);
        cr_assert_eq(zone != NULL, status == CG_OK, "%s", files[i].name);
        cg_arena_free(arena);
    }
}

Test(zone_file, every_cut_is_noticed) {
    struct file file = {"cut", 2, PLAIN, .footer = "\nXYZ2ABC,M3.2.0,M11.1.0\n", .wanted = CG_INVALID};
    struct cg_arena *arena = cg_arena_new();
    for (file.cut = 1; file.cut < 150; file.cut++) {
        const struct cg_zone *zone = NULL;
        cr_assert_eq(read_file(&file, arena, &zone), CG_INVALID, "%zu", file.cut);
    }
    cg_arena_free(arena);
}

Test(zone_file, offsets_over_time) {
    static const struct file file = {"all", 2, PLAIN, .footer = "\nXYZ2ABC,M3.2.0,M11.1.0\n", .wanted = CG_OK};
    static const struct {
        int64_t time; /* seconds */
        int64_t offset;
    } rows[] = {
        {INT64_C(-62135596800), 60},
        {-101, 60},
        {-100, 3600},
        {4999, 3600},
        {5000, -7200},
        {5001, -7200},
        {5716799, -7200},
        {5716800, -3600}, /* 1970-03-08T02:00-02:00: the rule has its say */
        {20000000, -3600},
        {INT64_C(253402300799), -7200},
    };
    struct cg_arena *arena = cg_arena_new();
    const struct cg_zone *zone = NULL;
    cr_assert_eq(read_file(&file, arena, &zone), CG_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t offset = cg_zone_offset(zone, rows[i].time * 1000000);
        cr_assert_eq(offset, rows[i].offset, "%lld: %lld", (long long)rows[i].time, (long long)offset);
    }
    /* In the middle of a second. */
    cr_assert_eq(cg_zone_offset(zone, -100000001), 60);
    cr_assert_eq(cg_zone_offset(zone, -100000000), 3600);
    cg_arena_free(arena);
}

Test(zone_file, a_rule_alone_holds_for_ever) {
    static const struct file file = {
        "rule", 2, .offsets = {60}, .type_count = 1, .footer = "\nXYZ-1ABC,M3.2.0,M11.1.0\n", .wanted = CG_OK};
    struct cg_arena *arena = cg_arena_new();
    const struct cg_zone *zone = NULL;
    cr_assert_eq(read_file(&file, arena, &zone), CG_OK);
    cr_assert_eq(cg_zone_offset(zone, INT64_C(-62135596800000000)), 3600);
    cr_assert_eq(cg_zone_offset(zone, INT64_C(-62115596800000000)), 7200);
    cr_assert_eq(cg_zone_offset(zone, 0), 3600);
    cg_arena_free(arena);
}

Test(zone_file, size_is_bounded) {
    static char large[CG_ZONE_FILE_LIMIT + 1] = "TZif";
    struct cg_arena *arena = cg_arena_new();
    const struct cg_zone *zone = NULL;
    cr_assert_eq(cg_zone_file_read(large, sizeof large, arena, &zone), CG_INVALID);
    cr_assert_eq(cg_zone_file_read(large, 0, arena, &zone), CG_INVALID);
    cg_arena_free(arena);
}
