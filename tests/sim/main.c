/* cg-sim: invents an organization and serves it until told to stop. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "faults.h"
#include "options.h"
#include "server.h"
#include "stats.h"

/* Writes the port and a newline to a new file and moves it into place. */
static bool port_file_write(const char *path, uint16_t port) {
    char temporary[4096];
    char text[16];
    int path_len = snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", path, (long)getpid());
    int text_len = snprintf(text, sizeof(text), "%u\n", (unsigned)port);
    if (path_len < 0 || (size_t)path_len >= sizeof(temporary) || text_len < 0) {
        (void)fputs("cg-sim: the path of --port-file is too long.\n", stderr);
        return false;
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool good = fd >= 0 && write(fd, text, (size_t)text_len) == text_len;
    if (fd >= 0) {
        good = close(fd) == 0 && good;
    }
    if (!good || rename(temporary, path) != 0) {
        (void)fprintf(stderr, "cg-sim: cannot write the port file %s: %s.\n", path, strerror(errno));
        (void)unlink(temporary);
        return false;
    }
    return true;
}

/* SIGTERM and SIGINT are read from a descriptor; writing to a gone client must not end us. */
static void signals_prepare(void) {
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static bool serve(struct cg_sim_world *world) {
    struct cg_sim_server *server = cg_sim_server_new(world);
    if (server == NULL) {
        return false;
    }
    bool good = true;
    if (world->options->port_file != NULL) {
        good = port_file_write(world->options->port_file, cg_sim_server_port(server));
    }
    if (good) {
        (void)printf("cg-sim listens on http://%s:%u\n", world->options->bind_address,
                     (unsigned)cg_sim_server_port(server));
        (void)fflush(stdout);
        good = cg_sim_server_run(server);
    }
    cg_sim_server_free(server);
    return good;
}

int main(int argc, char **argv) {
    struct cg_sim_options options;
    enum cg_sim_options_outcome outcome = cg_sim_options_read(argc, argv, &options);
    if (outcome != CG_SIM_OPTIONS_RUN) {
        return outcome == CG_SIM_OPTIONS_QUIT ? EXIT_SUCCESS : 2;
    }
    signals_prepare();
    int status = EXIT_FAILURE;
    struct cg_sim_scenario *scenario = cg_sim_scenario_new(&options);
    struct cg_sim_world *world = calloc(1, sizeof(*world));
    struct cg_sim_faults *faults = cg_sim_faults_new(options.seed);
    struct cg_sim_stats *stats = cg_sim_stats_new();
    struct cg_sim_bill *bill = scenario == NULL ? NULL : cg_sim_bill_new(scenario, &options);
    char complaint[320];
    if (world == NULL || faults == NULL || stats == NULL || bill == NULL) {
        (void)fputs("cg-sim: out of memory.\n", stderr);
    } else if (options.faults != NULL && !cg_sim_faults_set(faults, options.faults, complaint, sizeof(complaint))) {
        (void)fprintf(stderr, "cg-sim: --faults: %s.\n", complaint);
        status = 2;
    } else {
        world->options = &options;
        world->scenario = scenario;
        world->bill = bill;
        world->now = options.now;
        world->faults = faults;
        world->stats = stats;
        status = serve(world) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    cg_sim_bill_free(bill);
    cg_sim_stats_free(stats);
    cg_sim_faults_free(faults);
    free(world);
    cg_sim_scenario_free(scenario);
    return status;
}
