/* How a service comes by a new configuration while it serves; see service.h. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/outcome.h"
#include "cli/service_private.h"

#define LOGGER "__main__"
#define REFUSED "Configuration not reloaded, the old one stays in effect: "

/* ---- the end of a reload ---- */

/* Whoever reloads has looked after what was wrong: tenants that nobody works for get another chance. */
static void resume_tenants(const struct cg_service_host *service) {
    struct cg_tenant_look look;
    for (size_t i = 0; service->scheduler && cg_scheduler_look(service->scheduler, i, &look) == CG_OK; i++) {
        if (!look.suspended && !look.left_out)
            continue;
        cg_log_write(service->context->log, LOGGER, CG_LOG_INFO,
                     "Tenant %s: resumed by the reload; it was left alone: %s", look.name,
                     look.suspended ? look.suspended : look.left_out);
        cg_scheduler_resume(service->scheduler, i);
    }
}

static void finish(struct cg_service_host *service, int succeeded) {
    struct cg_reload *reload = &service->reload;
    const int again = reload->again;
    cg_problems_free(reload->problems);
    cg_generation_unref(reload->next);
    if (reload->compared)
        cg_generation_difference_done(&reload->difference);
    *reload = (struct cg_reload){0};
    if (service->look.stopping)
        return;
    service->look.reloads += succeeded != 0;
    service->look.refused += !succeeded;
    if (succeeded)
        resume_tenants(service);
    service->look.reload_succeeded = succeeded;
    service->look.reloaded_at = cg_time_now();
    cg_notify_status(service->notify,
                     succeeded ? "Serving %zu tenant(s)" : "Serving %zu tenant(s); the last reload was refused",
                     service->generation->settings->tenant_count);
    cg_notify_ready(service->notify);
    if (again)
        cg_service_reload(service);
    else
        cg_service_leave_if_done(service);
}

static void abandon_parts(struct cg_service_host *service) {
    for (size_t i = 0; i < service->reload.prepared; i++)
        if (service->parts[i].abandon)
            service->parts[i].abandon(service->parts[i].user, service->reload.next);
    service->reload.prepared = 0;
}

void cg_reload_drop(struct cg_service_host *service) {
    if (!service->reload.active)
        return;
    abandon_parts(service);
    finish(service, 0);
}

/* ---- problems ---- */

/* "config.yaml:3: tenants.acme: it is wrong". */
static void format_problem(const struct cg_problem *problem, char *text, size_t size) {
    char line[16] = "";
    if (problem->line)
        (void)snprintf(line, sizeof line, ":%u", (unsigned)problem->line);
    (void)snprintf(text, size, "%s%s: %s%s%s", problem->file, line, problem->path, *problem->path ? ": " : "",
                   problem->text);
}

/* One line for each, the first error after those that are only warnings. */
static void log_problems(const struct cg_service_host *service) {
    const struct cg_problems *problems = service->reload.problems;
    const struct cg_log *log = service->context->log;
    const size_t errors = cg_problems_errors(problems);
    char text[2 * CG_PROBLEM_TEXT_MAX];
    size_t told = 0;
    for (size_t i = 0; i < cg_problems_count(problems); i++)
        if (cg_problems_at(problems, i)->warning) {
            format_problem(cg_problems_at(problems, i), text, sizeof text);
            cg_log_write(log, LOGGER, CG_LOG_WARNING, "Configuration: %s", text);
        }
    for (size_t i = 0; i < cg_problems_count(problems); i++) {
        if (cg_problems_at(problems, i)->warning)
            continue;
        format_problem(cg_problems_at(problems, i), text, sizeof text);
        if (told++)
            cg_log_write(log, LOGGER, CG_LOG_ERROR, "Configuration: %s", text);
        else
            cg_log_write(log, LOGGER, CG_LOG_ERROR, REFUSED "%s (%zu problem%s)", text, errors, errors == 1 ? "" : "s");
    }
}

static void refuse(struct cg_service_host *service, const char *why) {
    if (why)
        cg_log_write(service->context->log, LOGGER, CG_LOG_ERROR, REFUSED "%s (1 problem)", why);
    else
        log_problems(service);
    abandon_parts(service);
    finish(service, 0);
}

/* ---- putting into effect ---- */

static void tell_applied(const struct cg_service_host *service) {
    const struct cg_generation_difference *difference = &service->reload.difference;
    const char *sections = cg_buf_text(&difference->sections);
    cg_log_write(service->context->log, LOGGER, CG_LOG_INFO,
                 "Configuration reloaded: %zu tenants (added: %s; removed: %s; changed: %s%s%s)",
                 service->generation->settings->tenant_count, cg_buf_text(&difference->added),
                 cg_buf_text(&difference->removed), cg_buf_text(&difference->changed), *sections ? "; sections: " : "",
                 sections);
}

static void reconfigure_log(const struct cg_service_host *service) {
    const struct cg_log_setup setup = cg_settings_log(service->generation->settings);
    if (cg_log_reconfigure(service->context->log, &setup) != CG_OK)
        cg_log_write(service->context->log, LOGGER, CG_LOG_ERROR,
                     "the log goes on as before, because there is no memory to change it");
}

static void on_applied(void *user) {
    struct cg_service_host *service = user;
    struct cg_generation *old = service->generation;
    service->generation = cg_generation_ref(service->reload.next);
    service->look.generation = service->generation->number;
    cg_progress_clear(&service->progress);
    cg_progress_done(&service->progress);
    cg_progress_init(&service->progress, service->generation->settings, service->context->options->quiet);
    reconfigure_log(service);
    for (size_t i = 0; i < service->reload.prepared; i++)
        if (service->parts[i].applied)
            service->parts[i].applied(service->parts[i].user, service->generation);
    service->reload.prepared = 0;
    tell_applied(service);
    cg_generation_unref(old);
    finish(service, 1);
}

static void apply(struct cg_service_host *service) {
    if (!service->scheduler) {
        on_applied(service);
        return;
    }
    if (cg_scheduler_replace(service->scheduler, service->reload.next, on_applied, service) != CG_OK)
        refuse(service, "out of memory");
}

/* Every part may refuse before anything is changed. */
static int prepare_parts(struct cg_service_host *service) {
    for (size_t i = 0; i < service->parts_started; i++) {
        const struct cg_service_part *part = &service->parts[i];
        struct cg_error error = {0};
        if (part->prepare && part->prepare(part->user, service->reload.next, &error) != CG_OK) {
            refuse(service, error.text);
            return 0;
        }
        service->reload.prepared = i + 1;
    }
    return 1;
}

static void tell_plugins_path(const struct cg_service_host *service) {
    const char *old = service->generation->settings->plugins_path;
    const char *new = service->reload.next->settings->plugins_path;
    if (strcmp(old ? old : "", new ? new : "") != 0)
        cg_log_write(service->context->log, LOGGER, CG_LOG_WARNING,
                     "plugins_path changed from '%s' to '%s': the modules stay those of the start until the program is "
                     "started again",
                     old ? old : "", new ? new : "");
}

static void take_valid(struct cg_service_host *service) {
    struct cg_reload *reload = &service->reload;
    log_problems(service); /* warnings only */
    reload->compared = 1;
    if (cg_generation_compare(service->generation, reload->next, &reload->difference) != CG_OK) {
        refuse(service, "out of memory");
        return;
    }
    if (!reload->difference.count) {
        cg_log_write(service->context->log, LOGGER, CG_LOG_INFO, "Configuration reloaded: nothing changed");
        finish(service, 1);
        return;
    }
    tell_plugins_path(service);
    if (prepare_parts(service))
        apply(service);
}

/* ---- reading ---- */

static void on_checked(void *user, const struct cg_report *report) {
    struct cg_service_host *service = user;
    struct cg_reload *reload = &service->reload;
    size_t left_out = 0;
    cg_status status = cg_outcome_of_checks(reload->next, report, 1, reload->problems, &left_out);
    cg_supervision_free(service->checks);
    service->checks = NULL;
    if (service->look.stopping) {
        cg_reload_drop(service);
        cg_service_settle(service);
    } else if (status != CG_OK) {
        refuse(service, "out of memory");
    } else if (cg_problems_errors(reload->problems)) {
        refuse(service, NULL);
    } else {
        take_valid(service);
    }
}

static void read_again(struct cg_service_host *service) {
    struct cg_reload *reload = &service->reload;
    reload->problems = cg_problems_new();
    cg_status status = CG_NO_MEMORY;
    if (reload->problems)
        status = cg_context_reload(service->context, reload->problems, &reload->next);
    if (status == CG_INVALID) {
        refuse(service, NULL);
        return;
    }
    if (status != CG_OK) {
        refuse(service, "out of memory");
        return;
    }
    if (!reload->next->settings->tenant_count && service->generation->settings->tenant_count) {
        refuse(service, "there is no tenant in the file any more; a file that is empty or cut off would end all work");
        return;
    }
    reload->next->number = service->generation->number + 1;
    if (!cg_service_has_runs(service))
        take_valid(service);
    else if (cg_service_check(service, reload->next, reload->problems, on_checked) != CG_OK)
        refuse(service, "out of memory");
}

void cg_service_reload(struct cg_service_host *service) {
    struct cg_reload *reload = &service->reload;
    if (service->look.stopping)
        return;
    if (reload->active || !service->look.checked) {
        reload->again = 1;
        return;
    }
    *reload = (struct cg_reload){.active = 1};
    cg_notify_reloading(service->notify);
    cg_notify_status(service->notify, "Reloading the configuration");
    read_again(service);
}
