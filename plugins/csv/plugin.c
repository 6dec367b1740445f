/*
 * The module `csv`: one file for each date (or month) with that date's chargeback rows, or topic rows.
 */
#include <stdlib.h>
#include <string.h>

#include <chitragupt/plugin.h>

#include "csv.h"
#include "file.h"
#include "problem.h"
#include "template.h"

#define DEFAULT_TEMPLATE "{tenant_id}_{date}.csv"
/* As long as a date, and unlike every one of them in each place. */
#define NO_DATE "----------"

struct csv_emitter {
    const struct cg_host *host;
    const char *tenant_id;
    const char *output_dir;
    const char *pattern;
    int32_t topics; /* 1: the current date's rows are topic rows */
    struct csv_file file;
    char name[PATH_MAX]; /* of the current date, below output_dir */
};

static const char *pattern_of(const struct cg_host *host, const struct cg_config *params) {
    return host->config->text(params, "filename_template", DEFAULT_TEMPLATE);
}

static void validate(const struct cg_host *host, const struct cg_config *params) {
    char problem[CSV_PROBLEM_SIZE];
    if (csv_template_check(pattern_of(host, params), problem) != CG_OK)
        host->config->problem(host, params, "filename_template", "%s", problem);
}

static cg_status create(const struct cg_host *host, const struct cg_emitter_spec *spec, void **ret_instance) {
    const char *output_dir = host->config->text(spec->params, "output_dir", "");
    if (!*output_dir)
        return host->set_error(host, CG_INVALID, "the CSV emitter '%s' needs params.output_dir", spec->name);
    struct csv_emitter *emitter = calloc(1, sizeof *emitter);
    if (!emitter)
        return host->set_error(host, CG_NO_MEMORY, "out of memory for the CSV emitter '%s'", spec->name);
    emitter->host = host;
    emitter->tenant_id = spec->tenant_id;
    emitter->output_dir = output_dir;
    emitter->pattern = pattern_of(host, spec->params);
    csv_file_init(&emitter->file);
    *ret_instance = emitter;
    return CG_OK;
}

static void destroy(void *instance) {
    struct csv_emitter *emitter = instance;
    if (!emitter)
        return;
    csv_file_discard(&emitter->file);
    free(emitter);
}

static cg_status begin(void *instance, const struct cg_emission *emission) {
    struct csv_emitter *emitter = instance;
    const struct cg_host *host = emitter->host;
    emitter->topics = strcmp(emission->pipeline, CG_PIPELINE_TOPICS) == 0;
    if (!emitter->topics && strcmp(emission->pipeline, CG_PIPELINE_CHARGEBACK) != 0)
        return host->set_error(host, CG_INVALID,
                               "CSV files are written for chargeback and topic rows only, not for "
                               "'%s'",
                               emission->pipeline);
    char problem[CSV_PROBLEM_SIZE];
    cg_status status = csv_template_expand(emitter->pattern, emitter->tenant_id, emission->date, emitter->name,
                                           sizeof emitter->name, problem);
    if (status != CG_OK)
        return host->set_error(host, status, "the CSV file of %s has no usable name (filename_template): %s",
                               emission->date, problem);
    return CG_OK;
}

/* The file is opened with the first row, so a date without rows makes none. */
static cg_status open_file(struct csv_emitter *emitter) {
    if (csv_file_is_open(&emitter->file))
        return CG_OK;
    cg_status status = csv_file_open(&emitter->file, emitter->output_dir, emitter->name);
    if (status != CG_OK)
        return status;
    return emitter->topics ? csv_write_topic_header(&emitter->file) : csv_write_header(&emitter->file);
}

/* What the host gets for a status of the file. */
static cg_status answer(const struct csv_emitter *emitter, cg_status status) {
    if (status == CG_OK)
        return CG_OK;
    return emitter->host->set_error(emitter->host, status, "%s", emitter->file.problem);
}

static cg_status rows(void *instance, const struct cg_emitted_row *const *batch, size_t count) {
    struct csv_emitter *emitter = instance;
    cg_status status = open_file(emitter);
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = csv_write_row(&emitter->file, batch[i]);
    return answer(emitter, status);
}

static cg_status topic_rows(void *instance, const struct cg_emitted_topic_row *const *batch, size_t count) {
    struct csv_emitter *emitter = instance;
    cg_status status = open_file(emitter);
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = csv_write_topic_row(&emitter->file, batch[i]);
    return answer(emitter, status);
}

/* A name without the date is shared by all dates: the file there is another date's. */
static int32_t is_shared(struct csv_emitter *emitter) {
    char other[PATH_MAX];
    char problem[CSV_PROBLEM_SIZE];
    return csv_template_expand(emitter->pattern, emitter->tenant_id, NO_DATE, other, sizeof other, problem) == CG_OK &&
           strcmp(other, emitter->name) == 0;
}

static cg_status finish(void *instance) {
    struct csv_emitter *emitter = instance;
    cg_status status = CG_OK;
    if (csv_file_is_open(&emitter->file))
        status = csv_file_commit(&emitter->file);
    else if (!is_shared(emitter))
        status = csv_file_remove(&emitter->file, emitter->output_dir, emitter->name);
    return answer(emitter, status);
}

static void drop(void *instance) {
    struct csv_emitter *emitter = instance;
    csv_file_discard(&emitter->file);
}

static const struct cg_option output_dir_option = {
    .struct_size = sizeof(struct cg_option),
    .type = CG_OPTION_STRING,
    .flags = CG_OPTION_REQUIRED | CG_OPTION_NON_EMPTY,
    .key = "output_dir",
    .help = "Folder of the files, relative to the working directory; it is created with its parents.",
};

static const struct cg_option filename_template_option = {
    .struct_size = sizeof(struct cg_option),
    .type = CG_OPTION_STRING,
    .flags = CG_OPTION_NON_EMPTY,
    .key = "filename_template",
    .default_text = DEFAULT_TEMPLATE,
    .help = "Name of a file, with the placeholders {tenant_id} and {date}.",
};

#define OPTION_COUNT 2
static const struct cg_option *const options[OPTION_COUNT] = {&output_dir_option, &filename_template_option};

static const struct cg_emitter factory = {
    .struct_size = sizeof(struct cg_emitter),
    .validate = validate,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .rows = rows,
    .finish = finish,
    .abort = drop,
    .topic_rows = topic_rows,
};

CG_REGISTER(CG_KIND_EMITTER, "csv", "1.0.0", "Chargeback and topic rows as CSV files, one for each date or month",
            &factory, options, OPTION_COUNT)
