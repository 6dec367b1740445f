#include "cli/context.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/exposition_plan.h"
#include "engine/check.h"

/* Modules lie beside the program, in the build tree and after installation: ../lib/chitragupt/plugins. */
static void find_bundled_dir(char *path, size_t size) {
    char program[PATH_MAX];
    ssize_t length = readlink(CG_SELF, program, sizeof program - 1);
    path[0] = '\0';
    if (length <= 0)
        return;
    program[length] = '\0';
    for (int level = 0; level < 2; level++) {
        char *slash = strrchr(program, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
    int needed = snprintf(path, size, "%s/lib/chitragupt/plugins", program);
    if (needed < 0 || (size_t)needed >= size)
        path[0] = '\0';
}

int cg_context_scan(struct cg_context *context, const char *plugins_path) {
    struct cg_error error = {0};
    find_bundled_dir(context->bundled_dir, sizeof context->bundled_dir);
    struct cg_modules_options options = {
        .bundled_dir = context->bundled_dir,
        .plugins_path = plugins_path,
        .probe_program = CG_SELF,
        .log = context->log,
    };
    if (cg_modules_scan(&options, &context->modules, &error) == CG_OK)
        return CG_EXIT_OK;
    fprintf(stderr, "chitragupt: modules cannot be loaded: %s\n", error.text);
    return CG_EXIT_FAILED;
}

static int out_of_memory(void) {
    fputs("chitragupt: out of memory\n", stderr);
    return CG_EXIT_FAILED;
}

/* The files that passed the probe, for workers. */
static cg_status list_files(const struct cg_context *context, const char *const **ret_files, size_t *ret_count) {
    size_t count = 0;
    const char **files = cg_arena_array(context->arena, cg_modules_count(context->modules) + 1, sizeof *files);
    if (!files)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < cg_modules_count(context->modules); i++)
        if (cg_modules_at(context->modules, i)->loaded)
            files[count++] = cg_modules_at(context->modules, i)->path;
    *ret_files = files;
    *ret_count = count;
    return CG_OK;
}

uint32_t cg_context_flags(const struct cg_options *options) {
    const int run = options->command == CG_COMMAND_RUN;
    if (run && strcmp(options->mode, "api") == 0 && !options->validate && !options->emit_once)
        return CG_SETTINGS_READER;
    if (options->command == CG_COMMAND_REPORT || options->command == CG_COMMAND_PLUGINS)
        return CG_SETTINGS_READER | CG_SETTINGS_NO_FILES;
    /* Whoever serves no REST API need not be able to read its keys; --validate looks at everything. */
    return run && (strcmp(options->mode, "both") == 0 || options->validate) ? 0 : CG_SETTINGS_NO_FILES;
}

/* Both files, as they are at this moment. `ret_settings` is NULL when they are not valid. Error: CG_NO_MEMORY. */
static cg_status load(const struct cg_options *options, struct cg_problems *problems, struct cg_snapshot **ret_snapshot,
                      struct cg_settings **ret_settings) {
    *ret_settings = NULL;
    *ret_snapshot = NULL;
    cg_status status = cg_snapshot_take(options->config_file, options->env_file, problems, ret_snapshot);
    if (status == CG_OK)
        status = cg_snapshot_load(*ret_snapshot, cg_context_flags(options), problems, ret_settings);
    if (status == CG_OK)
        return CG_OK;
    cg_snapshot_free(*ret_snapshot);
    *ret_snapshot = NULL;
    return status == CG_NO_MEMORY ? status : CG_OK;
}

/* Listeners of emitters' samples that cannot be there together, or not beside the REST API. */
static cg_status check_listeners(const struct cg_context *context, struct cg_settings *settings,
                                 struct cg_problems *problems) {
    const struct cg_options *options = context->options;
    struct cg_expose_plan *plan = NULL;
    if (options->command != CG_COMMAND_RUN)
        return CG_OK;
    const int with_api = strcmp(options->mode, "both") == 0 || options->validate;
    cg_status status = cg_exposition_plan(settings, context->modules, with_api, problems, &plan);
    cg_expose_plan_unref(status == CG_OK ? plan : NULL);
    return status;
}

/* Puts settings and modules together, when the modules are known. */
static cg_status combine(const struct cg_context *context, struct cg_snapshot *snapshot, struct cg_settings *settings,
                         struct cg_problems *problems, struct cg_generation **ret) {
    const char *const *files = NULL;
    size_t count = 0;
    cg_status status = cg_check_options(settings, NULL, context->modules, problems);
    if (status == CG_OK)
        status = check_listeners(context, settings, problems);
    if (status == CG_OK)
        status = list_files(context, &files, &count);
    return status == CG_OK ? cg_generation_new(snapshot, settings, files, count, ret) : status;
}

static int open_with(struct cg_context *context, struct cg_snapshot *snapshot) {
    const struct cg_settings *settings = context->settings;
    const struct cg_log_setup setup = cg_settings_log(settings);
    cg_status status = cg_log_open(STDERR_FILENO, &setup, &context->log);
    if (status == CG_NO_MEMORY)
        return out_of_memory();
    if (status != CG_OK) {
        cg_problems_add(context->problems, 0, settings->file, cg_config_line(settings->root, "logging.format"),
                        "logging.format", "Invalid format '%s' for '%%' style; it needs at least one known %%(field)s",
                        settings->log_format);
        return CG_EXIT_OK;
    }
    int exit_status = cg_context_scan(context, settings->plugins_path);
    if (exit_status == CG_EXIT_OK &&
        combine(context, snapshot, context->settings, context->problems, &context->generation) != CG_OK)
        exit_status = out_of_memory();
    return exit_status;
}

int cg_context_open(const struct cg_options *options, struct cg_context *ret) {
    struct cg_snapshot *snapshot = NULL;
    *ret = (struct cg_context){.options = options, .problems = cg_problems_new(), .arena = cg_arena_new()};
    if (!ret->problems || !ret->arena || load(options, ret->problems, &snapshot, &ret->settings) != CG_OK)
        return out_of_memory();
    if (!ret->settings)
        return CG_EXIT_OK;
    int exit_status = open_with(ret, snapshot);
    if (!ret->generation)
        cg_snapshot_free(snapshot);
    return exit_status;
}

cg_status cg_context_reload(const struct cg_context *context, struct cg_problems *problems,
                            struct cg_generation **ret) {
    struct cg_snapshot *snapshot = NULL;
    struct cg_settings *settings = NULL;
    struct cg_generation *generation = NULL;
    cg_status status = load(context->options, problems, &snapshot, &settings);
    if (status != CG_OK || !settings)
        return status == CG_OK ? CG_INVALID : status;
    status = combine(context, snapshot, settings, problems, &generation);
    if (status != CG_OK) {
        cg_settings_free(settings);
        cg_snapshot_free(snapshot);
        return status;
    }
    if (cg_problems_errors(problems)) {
        cg_generation_unref(generation);
        return CG_INVALID;
    }
    *ret = generation;
    return CG_OK;
}

void cg_context_done(struct cg_context *context) {
    cg_modules_free(context->modules);
    if (!context->generation)
        cg_settings_free(context->settings);
    cg_generation_unref(context->generation);
    cg_problems_free(context->problems);
    cg_log_free(context->log);
    cg_arena_free(context->arena);
}

/* Whoever reads the log as JSON should find no other lines in it while all is well. */
static void log_warnings(const struct cg_context *context) {
    for (size_t i = 0; i < cg_problems_count(context->problems); i++) {
        const struct cg_problem *problem = cg_problems_at(context->problems, i);
        if (problem->warning)
            cg_log_write(context->log, "core.config.loader", CG_LOG_WARNING, "%s:%u: %s%s%s", problem->file,
                         (unsigned)problem->line, problem->path, *problem->path ? ": " : "", problem->text);
    }
}

void cg_context_print_problems(const struct cg_context *context) {
    const int as_json = context->log && context->settings && context->settings->log_json;
    if (as_json)
        log_warnings(context);
    for (int warnings = !as_json; warnings >= 0; warnings--) {
        struct cg_buf text;
        cg_buf_init(&text, (size_t)4 * 1024 * 1024);
        cg_problems_format(context->problems, warnings, &text);
        if (text.length && warnings)
            fprintf(stderr, "warnings:\n%s", cg_buf_text(&text));
        else
            fputs(cg_buf_text(&text), stderr);
        cg_buf_done(&text);
    }
}

int cg_context_broken(const struct cg_context *context) {
    return !context->settings || cg_problems_errors(context->problems) > 0;
}
