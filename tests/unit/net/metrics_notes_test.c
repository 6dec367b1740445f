#include "net/metrics_notes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const labels[] = {"principal", "topic"};
static const struct cg_metric_query per_topic = {
    .struct_size = sizeof per_topic, .key = "bytes", .expression = "sum(x{})\nby (topic)", .labels = {labels, 2}};
static const struct cg_metric_query total = {.struct_size = sizeof total, .key = "total", .expression = "sum(y)"};

static int fd;
static struct cg_log *log_;
static struct cg_metrics_notes *notes;
static char text[8192];

static void set_up(void) {
    fd = memfd_create("log", MFD_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(cg_log_new(fd, CG_LOG_DEBUG, "%(levelname)s %(message)s", NULL, 0, &log_), CG_OK);
    notes = cg_metrics_notes_new(log_);
    cr_assert_not_null(notes);
}

static void tear_down(void) {
    cg_log_free(log_);
    (void)close(fd);
}

TestSuite(metrics_notes, .init = set_up, .fini = tear_down);

/* All that was logged so far. */
static const char *logged(void) {
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    cr_assert_geq(length, 0);
    text[length] = '\0';
    return text;
}

Test(metrics_notes, a_missing_label_is_told_once) {
    struct cg_prometheus_answer answer = {
        .seen = 2, .found = 2, .lacking = 1, .names = {"broker", "topic"}, .name_count = 2};
    cg_metrics_notes_answer(notes, &per_topic, &answer);
    cg_metrics_notes_answer(notes, &per_topic, &answer);
    answer = (struct cg_prometheus_answer){.seen = 2, .found = 3, .lacking = 3};
    cg_metrics_notes_answer(notes, &per_topic, &answer);
    cg_metrics_notes_answer(notes, &per_topic, &answer);
    cg_metrics_notes_free(notes);
    cr_assert_str_eq(logged(),
                     "WARNING query 'bytes' (sum(x{}) by (topic)): the label 'principal' is missing; the series have: "
                     "broker, topic\n"
                     "DEBUG query 'bytes' (sum(x{}) by (topic)): some series lack the label 'principal'\n"
                     "DEBUG query 'bytes' (sum(x{}) by (topic)): some series lack the label 'topic'\n",
                     "%s", text);
}

Test(metrics_notes, series_without_labels) {
    const struct cg_prometheus_answer answer = {.seen = 1, .lacking = 1};
    cg_metrics_notes_answer(notes, &per_topic, &answer);
    cg_metrics_notes_free(notes);
    cr_assert_str_eq(logged(), "WARNING query 'bytes' (sum(x{}) by (topic)): the label 'principal' is missing; the "
                               "series have no labels\n");
}

Test(metrics_notes, empty_queries_and_ignored_samples_are_told_at_the_end) {
    const struct cg_prometheus_answer none = {0};
    const struct cg_prometheus_answer some = {.seen = 1, .ignored = 3};
    cg_metrics_notes_answer(notes, &per_topic, &none);
    cg_metrics_notes_answer(notes, &per_topic, &none);
    cg_metrics_notes_answer(notes, &total, &none);
    cg_metrics_notes_answer(notes, &total, &some);
    cg_metrics_notes_answer(notes, &total, &some);
    cr_assert_str_eq(logged(), "");
    cg_metrics_notes_free(notes);
    cr_assert_str_eq(logged(),
                     "WARNING query 'bytes' (sum(x{}) by (topic)): no series; of 2 answers none had any, so look "
                     "whether the metric exists under this name and with these labels\n"
                     "DEBUG query 'total' (sum(y)): no series in 1 of 3 answers\n"
                     "WARNING query 'total' (sum(y)): 6 samples were left out, because they are not finite numbers or "
                     "were repeated\n",
                     "%s", text);
}

Test(metrics_notes, warnings_are_told_once_and_not_without_end) {
    struct cg_prometheus_answer answer = {.seen = 1, .warnings = {"store a is away"}, .warning_count = 1};
    cg_metrics_notes_answer(notes, &total, &answer);
    cg_metrics_notes_answer(notes, &per_topic, &answer);
    cr_assert_str_eq(logged(), "WARNING query 'total' (sum(y)): the metrics source warns: store a is away\n");
    for (int i = 0; i < 200; i++) {
        char other[32];
        snprintf(other, sizeof other, "no %d", i);
        answer.warnings[0] = other;
        cg_metrics_notes_answer(notes, &total, &answer);
    }
    size_t lines = 0;
    for (const char *at = logged(); *at; at++)
        lines += *at == '\n';
    cr_assert_eq(lines, 50);
    cr_assert(strstr(text, "no 48 (further warnings are not told)\n"), "%s", text);
    cg_metrics_notes_free(notes);
}

Test(metrics_notes, more_queries_than_are_watched) {
    const struct cg_prometheus_answer none = {0};
    for (int i = 0; i < 2000; i++) {
        char key[32];
        snprintf(key, sizeof key, "k%d", i);
        const struct cg_metric_query query = {.struct_size = sizeof query, .key = key, .expression = "x"};
        cg_metrics_notes_answer(notes, &query, &none);
    }
    cg_metrics_notes_free(notes);
}
