#include "stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

static const char *const labels[] = {"a", "b"};

static const struct cg_exposition_family cost = {
    .struct_size = sizeof cost, .label_count = 2, .name = "cost", .help = "What it costs \\ here", .labels = labels};
static const struct cg_exposition_family up = {.struct_size = sizeof up, .name = "up", .help = ""};

const struct cg_exposition_family *const stage_families[2] = {&cost, &up};

struct cg_expose_writer *stage_writer(const char *folder, const char *tenant, const char *entry) {
    const struct cg_expose_writer_options options = {
        .directory = folder, .tenant = tenant, .entry = entry, .keep_days = 10, .max_bytes = 1 << 30};
    struct cg_expose_writer *writer = NULL;
    struct cg_error error = {0};
    cr_assert_eq(cg_expose_writer_new(&options, stage_families, 2, &writer, &error), CG_OK, "%s", error.text);
    return writer;
}

void stage_emit(struct cg_expose_writer *writer, const char *pipeline, const char *date,
                const struct stage_sample *samples) {
    struct cg_emission emission = {.struct_size = sizeof emission, .pipeline = pipeline, .date = date};
    struct cg_error error = {0};
    size_t removed = 0;
    cr_assert_eq(cg_time_parse_date(date, &emission.date_time), CG_OK, "%s", date);
    cr_assert_eq(cg_expose_writer_begin(writer, &emission, &error), CG_OK, "%s", error.text);
    for (; samples->amount; samples++) {
        const char *const values[] = {samples->a, samples->b};
        cr_assert_eq(cg_expose_writer_sample(writer, samples->family, values, samples->amount, &error), CG_OK, "%s",
                     error.text);
    }
    cr_assert_eq(cg_expose_writer_finish(writer, &removed, &error), CG_OK, "%s", error.text);
}

char *stage_page(const struct cg_expose_entry *entries, size_t count, int format, const char *const *names,
                 size_t open_files, size_t *ret_warnings) {
    struct cg_scan scan;
    struct cg_page *page = NULL;
    struct cg_error error = {0};
    struct cg_buf out;
    int32_t more = 1;
    size_t name_count = 0;
    while (names && names[name_count])
        name_count++;
    cr_assert_eq(cg_scan_new(entries, count, NULL, &scan, &error), CG_OK, "%s", error.text);
    cr_assert_eq(cg_page_new(&scan, format, names, name_count, open_files, &page, &error), CG_OK, "%s", error.text);
    cg_buf_init(&out, (size_t)256 * 1024 * 1024);
    while (more)
        cr_assert_eq(cg_page_next(page, &out, &more, &error), CG_OK, "%s", error.text);
    if (ret_warnings)
        *ret_warnings = cg_page_scan(page)->warnings;
    char *text = strdup(cg_buf_text(&out));
    cr_assert_not_null(text);
    cg_buf_done(&out);
    cg_page_free(page);
    return text;
}
