#include "cli/context.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

int cg_context_open(const struct cg_options *options, struct cg_context *ret) {
    *ret = (struct cg_context){.options = options, .problems = cg_problems_new()};
    if (!ret->problems)
        return out_of_memory();
    cg_status status = cg_settings_load(options->config_file, options->env_file, ret->problems, &ret->settings);
    if (status == CG_NO_MEMORY)
        return out_of_memory();
    if (!ret->settings)
        return CG_EXIT_OK;
    const struct cg_settings *settings = ret->settings;
    status = cg_log_new(STDERR_FILENO, settings->log_level, settings->log_format, settings->log_levels,
                        settings->log_level_count, &ret->log);
    if (status == CG_NO_MEMORY)
        return out_of_memory();
    if (status != CG_OK) {
        cg_problems_add(ret->problems, 0, settings->file, cg_config_line(settings->root, "logging.format"),
                        "logging.format", "Invalid format '%s' for '%%' style: it needs at least one known %%(field)s",
                        settings->log_format);
        return CG_EXIT_OK;
    }
    int exit_status = cg_context_scan(ret, settings->plugins_path);
    if (exit_status == CG_EXIT_OK && cg_check_options(ret->settings, NULL, ret->modules, ret->problems) != CG_OK)
        exit_status = out_of_memory();
    return exit_status;
}

cg_status cg_context_module_files(const struct cg_context *context, struct cg_arena *arena,
                                  const char *const **ret_files, size_t *ret_count) {
    size_t count = 0;
    const char **files = cg_arena_array(arena, cg_modules_count(context->modules) + 1, sizeof *files);
    if (!files)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < cg_modules_count(context->modules); i++)
        if (cg_modules_at(context->modules, i)->loaded)
            files[count++] = cg_modules_at(context->modules, i)->path;
    *ret_files = files;
    *ret_count = count;
    return CG_OK;
}

void cg_context_done(struct cg_context *context) {
    cg_modules_free(context->modules);
    cg_settings_free(context->settings);
    cg_problems_free(context->problems);
    cg_log_free(context->log);
}

void cg_context_print_problems(const struct cg_context *context) {
    for (int warnings = 1; warnings >= 0; warnings--) {
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
