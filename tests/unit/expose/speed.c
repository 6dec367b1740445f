/* How long a large page takes to write and to make, and the most memory it took. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/time.h"
#include "expose/page.h"
#include "expose/writer.h"

static const char *const labels[] = {"cost_type", "identity_id", "product_type", "resource_id", "tenant_id"};

static double now(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static long memory(void) {
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static int fail(const struct cg_error *error) {
    fprintf(stderr, "expose_speed: %s\n", error->text);
    return 1;
}

static cg_status emit(struct cg_expose_writer *writer, int64_t day, unsigned families, unsigned series,
                      struct cg_error *error) {
    char date[CG_TIME_TEXT_SIZE];
    const int64_t time = (20000 + day) * INT64_C(86400000000);
    size_t removed = 0;
    cg_status status = CG_OK;
    for (unsigned family = 0; family < families && status == CG_OK; family++) {
        char pipeline[16];
        const struct cg_emission emission = {.struct_size = sizeof emission,
                                             .pipeline = pipeline,
                                             .date = cg_time_format_date(time, date),
                                             .date_time = time};
        (void)snprintf(pipeline, sizeof pipeline, "p%u", family);
        status = cg_expose_writer_begin(writer, &emission, error);
        for (unsigned i = 0; i < series && status == CG_OK; i++) {
            char identity[32];
            const char *const values[] = {"usage", identity, "KAFKA_NETWORK_READ", "lkc-abcdef", "acme"};
            (void)snprintf(identity, sizeof identity, "sa-%06u", i);
            status = cg_expose_writer_sample(writer, family, values, "12.3456", error);
        }
        if (status == CG_OK)
            status = cg_expose_writer_finish(writer, &removed, error);
    }
    return status;
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fputs("Usage: expose_speed FOLDER DATES SERIES FAMILIES\n", stderr);
        return 2;
    }
    const unsigned dates = (unsigned)strtoul(argv[2], NULL, 10);
    const unsigned series = (unsigned)strtoul(argv[3], NULL, 10);
    const unsigned count = (unsigned)strtoul(argv[4], NULL, 10);
    struct cg_exposition_family families[16];
    const struct cg_exposition_family *list[16];
    char names[16][16];
    for (unsigned i = 0; i < count && i < 16; i++) {
        (void)snprintf(names[i], sizeof names[i], "family_%u", i);
        families[i] = (struct cg_exposition_family){sizeof families[i], 5, names[i], "Some help", labels};
        list[i] = &families[i];
    }
    const struct cg_expose_writer_options options = {
        .directory = argv[1], .tenant = "t", .entry = "e", .keep_days = 10, .max_bytes = UINT64_C(1) << 40};
    const struct cg_expose_entry entry = {.directory = argv[1], .tenant = "t", .name = "e", .keep_days = 10};
    struct cg_expose_writer *writer = NULL;
    struct cg_error error = {0};
    double start = now();
    if (cg_expose_writer_new(&options, list, count < 16 ? count : 16, &writer, &error) != CG_OK)
        return fail(&error);
    for (unsigned i = 0; i < dates; i++)
        if (emit(writer, i, count, series, &error) != CG_OK)
            return fail(&error);
    cg_expose_writer_free(writer);
    printf("written: %.3f s, %ld KiB\n", now() - start, memory());
    struct cg_scan scan;
    struct cg_page *page = NULL;
    struct cg_buf piece;
    int32_t more = 1;
    size_t bytes = 0;
    start = now();
    if (cg_scan_new(&entry, 1, NULL, &scan, &error) != CG_OK ||
        cg_page_new(&scan, CG_PAGE_OPENMETRICS, NULL, 0, CG_PAGE_OPEN_FILES, &page, &error) != CG_OK)
        return fail(&error);
    cg_buf_init(&piece, (size_t)1 << 24);
    for (; more; bytes += piece.length) {
        cg_buf_clear(&piece);
        if (cg_page_next(page, &piece, &more, &error) != CG_OK)
            return fail(&error);
    }
    cg_page_free(page);
    cg_buf_done(&piece);
    printf("page: %zu bytes, %.3f s, %ld KiB\n", bytes, now() - start, memory());
    return 0;
}
