/* An emitter that takes all rows and writes a line for each call to a file: "begin billing 2026-01-01", "billing_rows
 * 3". It fails in, or dies of, the rows of a pipeline when its params say so. */
#include "parts.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct recorder {
    const struct cg_host *host;
    const char *file;
    const char *fails; /* a function, or "" */
    const char *dies;
};

static cg_status write_line(const struct recorder *recorder, const char *line, size_t length) {
    int fd = open(recorder->file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    ssize_t written = fd < 0 ? -1 : write(fd, line, length);
    if (fd >= 0)
        close(fd);
    if (written != (ssize_t)length)
        return recorder->host->set_error(recorder->host, CG_TEMPORARY, "cannot write '%s'", recorder->file);
    return CG_OK;
}

static cg_status create(const struct cg_host *host, const struct cg_emitter_spec *spec, void **ret_instance) {
    struct recorder *recorder = calloc(1, sizeof *recorder);
    if (!recorder)
        return CG_NO_MEMORY;
    recorder->host = host;
    recorder->file = host->config->text(spec->params, "file", "");
    recorder->fails = host->config->text(spec->params, "fails", "");
    recorder->dies = host->config->text(spec->params, "dies", "");
    *ret_instance = recorder;
    return CG_OK;
}

static cg_status begin(void *instance, const struct cg_emission *emission) {
    char line[128];
    int length = snprintf(line, sizeof line, "begin %s %s\n", emission->pipeline, emission->date);
    return write_line(instance, line, (size_t)length);
}

static cg_status take(const struct recorder *recorder, const char *function, size_t count) {
    char line[128];
    if (strcmp(recorder->dies, function) == 0)
        abort();
    if (strcmp(recorder->fails, function) == 0)
        return recorder->host->set_error(recorder->host, CG_TEMPORARY, "no %s today", function);
    int length = snprintf(line, sizeof line, "%s %zu\n", function, count);
    return write_line(recorder, line, (size_t)length);
}

static cg_status rows(void *instance, const struct cg_emitted_row *const *batch, size_t count) {
    (void)batch;
    return take(instance, "rows", count);
}

static cg_status topic_rows(void *instance, const struct cg_emitted_topic_row *const *batch, size_t count) {
    (void)batch;
    return take(instance, "topic_rows", count);
}

static cg_status billing_rows(void *instance, const struct cg_emitted_billing_row *const *batch, size_t count) {
    (void)batch;
    return take(instance, "billing_rows", count);
}

static cg_status resource_rows(void *instance, const struct cg_emitted_resource *const *batch, size_t count) {
    (void)batch;
    return take(instance, "resource_rows", count);
}

static cg_status identity_rows(void *instance, const struct cg_emitted_identity *const *batch, size_t count) {
    (void)batch;
    return take(instance, "identity_rows", count);
}

static cg_status finish(void *instance) {
    return write_line(instance, "finish\n", 7);
}

static void drop(void *instance) {
    (void)write_line(instance, "abort\n", 6);
}

static const struct cg_emitter emitter = {.struct_size = sizeof emitter,
                                          .create = create,
                                          .destroy = free,
                                          .begin = begin,
                                          .rows = rows,
                                          .finish = finish,
                                          .abort = drop,
                                          .topic_rows = topic_rows,
                                          .billing_rows = billing_rows,
                                          .resource_rows = resource_rows,
                                          .identity_rows = identity_rows};

static const struct cg_option file_option = {.struct_size = sizeof file_option,
                                             .type = CG_OPTION_STRING,
                                             .flags = CG_OPTION_REQUIRED,
                                             .key = "file",
                                             .help = "Where calls are written down."};
static const struct cg_option fails_option = {
    .struct_size = sizeof fails_option, .type = CG_OPTION_STRING, .key = "fails", .help = "A function that fails."};
static const struct cg_option dies_option = {
    .struct_size = sizeof dies_option, .type = CG_OPTION_STRING, .key = "dies", .help = "A function that crashes."};
static const struct cg_option *const options[] = {&file_option, &fails_option, &dies_option};

CG_REGISTER(CG_KIND_EMITTER, "recording_emitter", "1.0.0", "Writes down how it is called", &emitter, options, 3)
