/*
 * main.c - picks the command.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "module/probe.h"
#include "run/worker.h"

int main(int argc, char **argv) {
    struct cg_options options;
    int exit_status = cg_options_parse(argc, argv, &options);
    if (exit_status != CG_EXIT_OK)
        return exit_status;
    switch (options.command) {
    case CG_COMMAND_HELP:
        cg_options_help();
        return CG_EXIT_OK;
    case CG_COMMAND_VERSION:
        puts("chitragupt " CG_VERSION);
        return CG_EXIT_OK;
    case CG_COMMAND_WORKER:
        return cg_worker_main();
    case CG_COMMAND_PLUGINS_PROBE:
        return cg_module_probe_main(options.files[0]);
    case CG_COMMAND_PLUGINS:
        return cg_command_plugins(&options);
    case CG_COMMAND_PLUGINS_CHECK:
        return cg_command_plugins_check(&options);
    case CG_COMMAND_REPORT:
        return cg_command_report(&options);
    case CG_COMMAND_RUN:
        return cg_command_run(&options);
    }
    return CG_EXIT_USAGE;
}
