#include "cli/service_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "api/api.h"
#include "api/auth.h"
#include "api/pool.h"
#include "base/time.h"
#include "cli/service_metrics.h"

/* Logger of what is told about the listener. */
#define LOGGER "core.api.app"

/* Room for an address as it is told, a name cut where it is too long to be one. */
#define ADDRESS_SIZE 320

struct part {
    struct cg_service_host *service;
    struct cg_api *api;
    struct cg_api_candidate *candidate; /* between `prepare` and `applied` */
    char told[ADDRESS_SIZE];            /* the address that was told last */
    uint32_t threads;                   /* of the start */
    uint32_t wanted;                    /* by the configuration in effect */
    void (*stopped)(void *service);
};

/* ---- what the API asks about runs ---- */

static size_t tenant_of(const struct cg_scheduler *scheduler, const char *name) {
    return cg_generation_find(cg_scheduler_generation(scheduler), name);
}

static enum cg_api_trigger on_trigger(void *user, const char *tenant) {
    const struct part *part = user;
    struct cg_scheduler *scheduler = cg_service_scheduler(part->service);
    struct cg_service_look look;
    cg_service_look(part->service, &look);
    if (!scheduler)
        return look.checked ? CG_API_TRIGGER_STOPPING : CG_API_TRIGGER_STARTING;
    switch (cg_scheduler_trigger(scheduler, tenant_of(scheduler, tenant))) {
    case CG_TRIGGER_STARTED:
        return CG_API_TRIGGER_STARTED;
    case CG_TRIGGER_BUSY_API:
        return CG_API_TRIGGER_BUSY_API;
    case CG_TRIGGER_BUSY_SCHEDULE:
        return CG_API_TRIGGER_BUSY_SCHEDULE;
    case CG_TRIGGER_SUSPENDED:
        return CG_API_TRIGGER_SUSPENDED;
    case CG_TRIGGER_STOPPING:
        break;
    }
    return CG_API_TRIGGER_STOPPING;
}

static void on_look(void *user, const char *tenant, struct cg_api_look *ret) {
    const struct part *part = user;
    const struct cg_scheduler *scheduler = cg_service_scheduler(part->service);
    struct cg_tenant_look look;
    *ret = (struct cg_api_look){.date = CG_TIME_NONE};
    if (!scheduler || cg_scheduler_look(scheduler, tenant_of(scheduler, tenant), &look) != CG_OK)
        return;
    ret->running = look.state == CG_TENANT_RUNNING;
    ret->waiting = look.state == CG_TENANT_WAITING;
    ret->held = look.held;
    ret->stage = look.stage;
    ret->date = look.stage_date;
    ret->failure = look.suspended ? look.suspended : look.left_out;
    ret->unrecorded = look.last && look.last->status != CG_OK && !look.last->run_id;
}

static void on_metrics(void *user, struct cg_buf *out) {
    const struct part *part = user;
    cg_service_metrics(part->service, out);
}

/* ---- configurations ---- */

static void release(void *owner) {
    cg_generation_unref(owner);
}

static cg_status make_candidate(struct part *part, struct cg_generation *generation, struct cg_error *error) {
    const struct cg_api_settings_loan loan = {
        .settings = generation->settings, .owner = cg_generation_ref(generation), .release = release};
    cg_status status = cg_api_prepare(part->api, &loan, &part->candidate, error);
    if (status != CG_OK)
        cg_generation_unref(generation);
    return status;
}

/* Tells the address when it is another one than before, and every time when it is open to everybody. */
static void tell_address(struct part *part, const struct cg_api_settings *settings) {
    const struct cg_log *log = cg_service_context(part->service)->log;
    char address[ADDRESS_SIZE];
    char text[CG_AUTH_WARNING_SIZE];
    const char *warning = cg_auth_warning(settings, text);
    const char *six = strchr(settings->host, ':');
    (void)snprintf(address, sizeof address, "%s://%s%.255s%s:%u", settings->tls_certificate ? "https" : "http",
                   six ? "[" : "", settings->host, six ? "]" : "", cg_api_port(part->api));
    if (strcmp(address, part->told) != 0)
        cg_log_write(log, LOGGER, CG_LOG_INFO, "The REST API listens on %s", address);
    memcpy(part->told, address, strlen(address) + 1);
    if (warning)
        cg_log_write(log, LOGGER, CG_LOG_WARNING, "%s", warning);
}

static void put_into_effect(struct part *part, const struct cg_generation *generation) {
    if (!part->candidate)
        return;
    cg_api_apply(part->api, part->candidate);
    part->candidate = NULL;
    tell_address(part, &generation->settings->api);
}

static cg_status on_prepare(void *user, struct cg_generation *next, struct cg_error *error) {
    return make_candidate(user, next, error);
}

static void on_abandon(void *user, struct cg_generation *next) {
    struct part *part = user;
    (void)next;
    cg_api_abandon(part->candidate);
    part->candidate = NULL;
}

/* The threads are those of the start for ever; a reload changes only how many connections are kept for them. */
static void tell_threads(struct part *part, const struct cg_settings *settings) {
    const uint32_t wanted = cg_pool_threads(settings->api.threads);
    if (wanted != part->wanted && wanted != part->threads)
        cg_log_write(cg_service_context(part->service)->log, LOGGER, CG_LOG_WARNING,
                     "api.threads asks for %u threads now: the REST API goes on with the %u of the start until the "
                     "program is started again",
                     wanted, part->threads);
    part->wanted = wanted;
}

static void on_applied(void *user, struct cg_generation *now) {
    put_into_effect(user, now);
    tell_threads(user, now->settings);
}

/* ---- beginning and end ---- */

/* Each connection is a descriptor; where that is refused, fewer clients are served at once. */
static void allow_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* libuv reads the number once, when the first job is given to its threads. */
static int set_threads(struct part *part, const struct cg_settings *settings) {
    char number[16];
    part->threads = cg_pool_threads(settings->api.threads);
    part->wanted = part->threads;
    snprintf(number, sizeof number, "%u", part->threads);
    return setenv("UV_THREADPOOL_SIZE", number, 1);
}

static int on_start(void *user, struct cg_service_host *service) {
    struct part *part = user;
    const struct cg_context *context = cg_service_context(service);
    struct cg_generation *generation = cg_service_generation(service);
    const int has_runs = strcmp(context->options->mode, "both") == 0;
    struct cg_api_options options = {
        .loop = cg_service_loop(service),
        .mode = context->options->mode,
        .version = CG_VERSION,
        .modules = context->modules,
        .log = context->log,
        .hooks = {.user = part, .metrics = on_metrics},
    };
    struct cg_error error = {0};
    allow_descriptors();
    if (has_runs) {
        options.hooks.trigger = on_trigger;
        options.hooks.look = on_look;
    }
    cg_status status = set_threads(part, generation->settings) == 0 ? cg_api_new(&options, &part->api) : CG_NO_MEMORY;
    if (status != CG_OK)
        cg_error_no_memory(&error);
    else
        status = make_candidate(part, generation, &error);
    if (status == CG_OK) {
        put_into_effect(part, generation);
        return CG_EXIT_OK;
    }
    fprintf(stderr, "chitragupt: the REST API cannot be served: %s\n", error.text);
    cg_api_close(part->api, NULL, NULL);
    return status == CG_TEMPORARY ? CG_EXIT_BIND : CG_EXIT_FAILED;
}

static void on_quiesce(void *user) {
    const struct part *part = user;
    cg_log_write(cg_service_context(part->service)->log, LOGGER, CG_LOG_INFO,
                 "Chitragupta API shutting down \xe2\x80\x94 disposing backends");
    cg_api_drain(part->api);
}

static void on_closed(void *user) {
    const struct part *part = user;
    cg_log_write(cg_service_context(part->service)->log, LOGGER, CG_LOG_INFO, "Chitragupta API shutdown complete");
    part->stopped(part->service);
}

static void on_stop(void *user, void (*stopped)(void *service), void *service) {
    struct part *part = user;
    (void)service; /* the one it knows */
    part->stopped = stopped;
    cg_api_abandon(part->candidate);
    part->candidate = NULL;
    cg_api_close(part->api, on_closed, part);
}

cg_status cg_service_add_api(struct cg_service_host *service, struct cg_arena *arena) {
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
