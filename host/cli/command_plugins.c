#include <stdio.h>

#include "cli/commands.h"
#include "cli/context.h"
#include "module/list.h"

/** Longest listing. */
#define LISTING_LIMIT ((size_t)8 * 1024 * 1024)

static int print(struct cg_buf *text, int exit_status) {
    if (text->status != CG_OK) {
        fputs("chitragupt: out of memory\n", stderr);
        exit_status = CG_EXIT_FAILED;
    } else {
        fputs(cg_buf_text(text), stdout);
    }
    cg_buf_done(text);
    return exit_status;
}

int cg_command_plugins(const struct cg_options *options) {
    struct cg_context context = {.options = options};
    const char *path = options->plugins_path;
    int exit_status = CG_EXIT_OK;
    context.problems = cg_problems_new();
    if (!context.problems) {
        fputs("chitragupt: out of memory\n", stderr);
        return CG_EXIT_FAILED;
    }
    if (options->config_file && cg_settings_load(options->config_file, options->env_file, cg_context_flags(options),
                                                 context.problems, &context.settings) != CG_OK) {
        cg_context_print_problems(&context);
        exit_status = CG_EXIT_FAILED;
    }
    if (exit_status == CG_EXIT_OK && !path && context.settings)
        path = context.settings->plugins_path;
    if (exit_status == CG_EXIT_OK)
        exit_status = cg_context_scan(&context, path);
    if (exit_status == CG_EXIT_OK) {
        struct cg_buf text;
        cg_buf_init(&text, LISTING_LIMIT);
        cg_status status = cg_modules_format(context.modules, &text);
        exit_status = print(&text, status == CG_OK ? CG_EXIT_OK : CG_EXIT_FAILED);
    }
    cg_context_done(&context);
    return exit_status;
}

int cg_command_plugins_check(const struct cg_options *options) {
    struct cg_modules_options check = {.probe_program = CG_SELF};
    struct cg_buf text;
    size_t refused = 0;
    cg_buf_init(&text, LISTING_LIMIT);
    cg_status status =
        cg_modules_check((const char *const *)options->files, options->file_count, &check, &text, &refused);
    return print(&text, refused || status != CG_OK ? CG_EXIT_FAILED : CG_EXIT_OK);
}
