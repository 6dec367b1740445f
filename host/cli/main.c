/*
 * main.c - picks the command.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "cli/commands.h"
#include "module/probe.h"
#include "run/worker.h"

/* A file opened in the place of a stream that the caller closed would get what was meant for that one. Standard output
 * is opened for reading, so that writing to it still fails. */
static int hold_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return CG_EXIT_FAILED;
    return CG_EXIT_OK;
}

/* What was printed may still be on its way: a result that nobody got is a failure. */
static int finish(int exit_status) {
    errno = 0;
    int lost = fflush(stdout) == EOF;
    if (!lost && !ferror(stdout))
        return exit_status;
    fprintf(stderr, "chitragupt: standard output cannot be written%s%s\n", lost ? ": " : "",
            lost ? strerror(errno) : "");
    return exit_status == CG_EXIT_OK ? CG_EXIT_FAILED : exit_status;
}

static int run(const struct cg_options *options) {
    switch (options->command) {
    case CG_COMMAND_HELP:
        cg_options_help();
        return CG_EXIT_OK;
    case CG_COMMAND_VERSION:
        puts("chitragupt " CG_VERSION);
        return CG_EXIT_OK;
    case CG_COMMAND_WORKER:
        return cg_worker_main();
    case CG_COMMAND_PLUGINS_PROBE:
        return cg_module_probe_main((const char *const *)options->files, options->file_count);
    case CG_COMMAND_PLUGINS:
        return cg_command_plugins(options);
    case CG_COMMAND_PLUGINS_CHECK:
        return cg_command_plugins_check(options);
    case CG_COMMAND_REPORT:
        return cg_command_report(options);
    case CG_COMMAND_EXPLAIN:
        return cg_command_explain(options);
    case CG_COMMAND_HASH_PASSWORD:
    case CG_COMMAND_HASH_TOKEN:
        return cg_command_hash(options);
    case CG_COMMAND_RUN:
        return cg_command_run(options);
    }
    return CG_EXIT_USAGE;
}

int main(int argc, char **argv) {
    struct cg_options options;
    if (hold_streams() != CG_EXIT_OK)
        return CG_EXIT_FAILED;
    int exit_status = cg_options_parse(argc, argv, &options);
    if (exit_status != CG_EXIT_OK)
        return exit_status;
    exit_status = run(&options);
    /* Ends the threads of the loop while the libraries that modules use can still clean up behind each of them. */
    uv_library_shutdown();
    /* What a module prints inside a worker or a probe is not the program's output. */
    if (options.command == CG_COMMAND_WORKER || options.command == CG_COMMAND_PLUGINS_PROBE)
        return exit_status;
    return finish(exit_status);
}
