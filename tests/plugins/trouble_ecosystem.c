/* An ecosystem without costs that makes the trouble its settings ask for, in the place they name. */
#include "parts.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESULT_LINE "{\"event\":\"result\",\"calculated\":1}\n"
#define EVENT_FD 3

struct instance {
    const struct cg_host *host;
    const char *trouble;
};

static int is(const char *trouble, const char *name) {
    return strcmp(trouble, name) == 0;
}

static void hang(void) {
    while (pause() != 0)
        continue;
}

static void exit_badly(void) {
    _exit(3);
}

static void linger(void) {
    (void)sleep(60);
}

/* Leaves a process behind that holds what it was given, in the worker's group or out of it; its number is in a file. */
static void leave_child(int daemon) {
    pid_t pid = fork();
    if (pid == 0) {
        if (daemon)
            (void)setsid();
        hang();
    }
    FILE *stream = fopen("child.pid", "we");
    if (stream) {
        (void)fprintf(stream, "%d\n", (int)pid);
        (void)fclose(stream);
    }
}

/* Somebody has what was taken last, so that nobody takes the rest for an oversight. */
static void *volatile eaten;

/* Takes memory until there is no more. */
static void eat_memory(void) {
    const size_t size = (size_t)1024 * 1024;
    for (char *block = malloc(size); block; block = malloc(size)) {
        memset(block, 1, size);
        eaten = block;
    }
}

static const char *trouble_of(const struct cg_host *host, const struct cg_config *settings) {
    return host->config->text(settings, "trouble", "none");
}

static void validate(const struct cg_host *host, const struct cg_config *settings) {
    const char *trouble = trouble_of(host, settings);
    if (is(trouble, "abort in validate"))
        abort();
    if (is(trouble, "hang in validate"))
        hang();
    if (is(trouble, "problem"))
        host->config->problem(host, settings, "trouble", "it has a problem");
}

static cg_status create(const struct cg_host *host, const struct cg_tenant *tenant, void **ret_instance) {
    static struct instance instance;
    instance = (struct instance){.host = host, .trouble = trouble_of(host, tenant->settings)};
    *ret_instance = &instance;
    if (!is(instance.trouble, "http in create"))
        return CG_OK;
    const struct cg_http_options options = {.struct_size = sizeof options, .base_url = "http://127.0.0.1:1"};
    struct cg_http_client *client = NULL;
    cg_status status = host->http->open(host, &options, &client);
    host->http->close(client);
    return status;
}

static void destroy(void *instance) {
    const struct instance *self = instance;
    if (is(self->trouble, "abort in destroy"))
        abort();
}

static cg_status describe(void *instance, struct cg_ecosystem_description *ret) {
    (void)instance;
    ret->services = NULL;
    ret->service_count = 0;
    return CG_OK;
}

static cg_status gather_inventory(void *instance, const struct cg_gather *gather) {
    const struct instance *self = instance;
    (void)gather;
    if (is(self->trouble, "child"))
        leave_child(0);
    if (is(self->trouble, "daemon"))
        leave_child(1);
    if (is(self->trouble, "forged result")) {
        ssize_t written = write(EVENT_FD, RESULT_LINE, sizeof RESULT_LINE - 1);
        _exit(written < 0);
    }
    if (is(self->trouble, "bad exit"))
        (void)atexit(exit_badly);
    if (is(self->trouble, "abort at exit"))
        (void)atexit(abort);
    if (is(self->trouble, "linger"))
        (void)atexit(linger);
    if (is(self->trouble, "hang in gather"))
        hang();
    if (is(self->trouble, "eat memory") || is(self->trouble, "eat memory and crash"))
        eat_memory();
    if (is(self->trouble, "eat memory"))
        return CG_NO_MEMORY;
    if (is(self->trouble, "eat memory and crash"))
        abort();
    while (is(self->trouble, "wait for a file") && access("go", F_OK) != 0) {
        if (self->host->cancelled(self->host))
            return CG_CANCELLED;
        (void)usleep(5000);
    }
    while (is(self->trouble, "wait for a stop")) {
        if (self->host->cancelled(self->host))
            return CG_CANCELLED;
        (void)usleep(10000);
    }
    return CG_OK;
}

static cg_status gather_billing(void *instance, const struct cg_gather *gather) {
    (void)instance;
    return gather->billing(gather, gather->billing_start, gather->billing_end, NULL, 0);
}

static const struct cg_ecosystem ecosystem = {.struct_size = sizeof ecosystem,
                                              .validate = validate,
                                              .create = create,
                                              .destroy = destroy,
                                              .describe = describe,
                                              .gather_inventory = gather_inventory,
                                              .gather_billing = gather_billing};

static const struct cg_option trouble_option = {
    .struct_size = sizeof trouble_option, .type = CG_OPTION_STRING, .key = "trouble", .help = "What to do."};
static const struct cg_option *const options[] = {&trouble_option};

CG_REGISTER(CG_KIND_ECOSYSTEM, "trouble_ecosystem", "1.0.0", "Trouble on demand", &ecosystem, options, 1)
