#include "cli/service_exposition.h"

#include <stdio.h>
#include <string.h>

#include "cli/exposition_plan.h"
#include "expose/listeners.h"

struct part {
    struct cg_service_host *service;
    struct cg_listeners *listeners;
    void (*stopped)(void *service);
};

/* Opens what a configuration shows. Problems were told when it was read. */
static cg_status prepare(struct part *part, struct cg_generation *generation, struct cg_error *error) {
    const struct cg_context *context = cg_service_context(part->service);
    struct cg_problems *problems = cg_problems_new();
    struct cg_expose_plan *plan = NULL;
    const int with_api = strcmp(context->options->mode, "both") == 0;
    cg_status status =
        problems ? cg_exposition_plan(generation->settings, context->modules, with_api, problems, &plan) : CG_NO_MEMORY;
    if (status == CG_OK && cg_problems_errors(problems))
        status = cg_error_set(error, CG_INVALID, "%s", cg_problems_at(problems, 0)->text);
    else if (status == CG_OK)
        status = cg_listeners_prepare(part->listeners, plan, error);
    else
        cg_error_no_memory(error);
    cg_problems_free(problems);
    cg_expose_plan_unref(plan);
    return status;
}

static int on_start(void *user, struct cg_service_host *service) {
    struct part *part = user;
    struct cg_error error = {0};
    cg_status status = cg_listeners_new(cg_service_loop(service), cg_service_context(service)->log, &part->listeners);
    if (status != CG_OK)
        cg_error_no_memory(&error);
    else
        status = prepare(part, cg_service_generation(service), &error);
    if (status == CG_OK) {
        cg_listeners_apply(part->listeners);
        return CG_EXIT_OK;
    }
    fprintf(stderr, "chitragupt: the samples of emitters cannot be served: %s\n", error.text);
    cg_listeners_close(part->listeners, NULL, NULL);
    part->listeners = NULL;
    return status == CG_TEMPORARY ? CG_EXIT_BIND : CG_EXIT_FAILED;
}

static cg_status on_prepare(void *user, struct cg_generation *next, struct cg_error *error) {
    cg_status status = prepare(user, next, error);
    return status == CG_OK ? status : cg_error_wrap(error, "the samples of emitters cannot be served");
}

static void on_abandon(void *user, struct cg_generation *next) {
    const struct part *part = user;
    (void)next;
    cg_listeners_abandon(part->listeners);
}

static void on_applied(void *user, struct cg_generation *now) {
    const struct part *part = user;
    (void)now;
    cg_listeners_apply(part->listeners);
}

static void on_quiesce(void *user) {
    const struct part *part = user;
    cg_listeners_quiesce(part->listeners);
}

static void on_closed(void *user) {
    const struct part *part = user;
    part->stopped(part->service);
}

static void on_stop(void *user, void (*stopped)(void *service), void *service) {
    struct part *part = user;
    (void)service; /* the one it knows */
    part->stopped = stopped;
    cg_listeners_close(part->listeners, on_closed, part);
}

cg_status cg_service_add_exposition(struct cg_service_host *service, struct cg_arena *arena) {
    struct part *part = cg_arena_alloc(arena, sizeof *part);
    if (!part)
        return CG_NO_MEMORY;
    part->service = service;
    const struct cg_service_part description = {
        .user = part,
        .start = on_start,
        .quiesce = on_quiesce,
        .stop = on_stop,
        .prepare = on_prepare,
        .abandon = on_abandon,
        .applied = on_applied,
    };
    cg_service_add(service, &description);
    return CG_OK;
}
