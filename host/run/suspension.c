#include "run/suspension.h"

#define LOGGER "workflow_runner"

/* Room for the names of an alert; a line of the log is shorter. */
#define NAMES_BYTES ((size_t)CG_LOG_LINE_SIZE)

cg_status cg_suspensions_init(struct cg_suspensions *suspensions, const struct cg_settings *settings,
                              const struct cg_log *log, struct cg_arena *arena) {
    struct cg_suspended *tenants = cg_arena_array(arena, settings->tenant_count + 1, sizeof *tenants);
    if (!tenants)
        return CG_NO_MEMORY;
    *suspensions = (struct cg_suspensions){.settings = settings, .log = log, .arena = arena, .tenants = tenants};
    return CG_OK;
}

const char *cg_suspensions_why(const struct cg_suspensions *suspensions, size_t tenant) {
    return suspensions->tenants ? suspensions->tenants[tenant].text : NULL;
}

static cg_status suspend(struct cg_suspensions *suspensions, size_t index) {
    const struct cg_tenant_settings *tenant = &suspensions->settings->tenants[index];
    struct cg_suspended *suspended = &suspensions->tenants[index];
    suspended->text =
        cg_arena_printf(suspensions->arena, "Tenant %s gather failed %lld consecutive times (threshold: %lld).",
                        tenant->name, (long long)suspended->failures, (long long)tenant->gather_failure_threshold);
    if (!suspended->text)
        return CG_NO_MEMORY;
    suspensions->count++;
    cg_log_write(suspensions->log, LOGGER, CG_LOG_CRITICAL,
                 "ALERT: Tenant %s has been permanently suspended after breaching gather failure threshold. Manual "
                 "operator intervention required. Error: %s",
                 tenant->name, suspended->text);
    return CG_OK;
}

cg_status cg_suspensions_note(struct cg_suspensions *suspensions, size_t tenant,
                              const struct cg_tenant_report *report) {
    struct cg_suspended *suspended = &suspensions->tenants[tenant];
    if (suspended->text || !report->started || report->status == CG_CANCELLED)
        return CG_OK;
    suspended->failures = report->gather_failed ? suspended->failures + 1 : 0;
    if (suspended->failures < suspensions->settings->tenants[tenant].gather_failure_threshold || !report->gather_failed)
        return CG_OK;
    return suspend(suspensions, tenant);
}

cg_status cg_suspensions_keep(struct cg_suspensions *suspensions, size_t tenant, const struct cg_suspensions *from,
                              size_t from_tenant) {
    const struct cg_suspended *known = &from->tenants[from_tenant];
    struct cg_suspended *suspended = &suspensions->tenants[tenant];
    suspended->failures = known->failures;
    if (!known->text)
        return CG_OK;
    suspended->text = cg_arena_string(suspensions->arena, known->text);
    suspensions->count += suspended->text != NULL;
    return suspended->text ? CG_OK : CG_NO_MEMORY;
}

void cg_suspensions_lift(struct cg_suspensions *suspensions, size_t tenant) {
    suspensions->count -= suspensions->tenants[tenant].text != NULL;
    suspensions->tenants[tenant] = (struct cg_suspended){0};
}

void cg_suspensions_tell(const struct cg_suspensions *suspensions) {
    const struct cg_settings *settings = suspensions->settings;
    struct cg_buf names;
    if (!suspensions->count || suspensions->count < settings->tenant_count)
        return;
    cg_buf_init(&names, NAMES_BYTES);
    for (size_t i = 0; i < settings->tenant_count; i++)
        cg_buf_printf(&names, "%s'%s'", i ? ", " : "", settings->tenants[i].name);
    cg_log_write(suspensions->log, LOGGER, CG_LOG_CRITICAL,
                 "ALERT: All %zu tenant(s) have been permanently suspended. No work will be performed. Operator "
                 "intervention required. Failed tenants: [%s]",
                 suspensions->count, names.status == CG_OK ? cg_buf_text(&names) : "...");
    cg_buf_done(&names);
}
