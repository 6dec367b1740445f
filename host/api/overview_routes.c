#include <string.h>

#include "api/json.h"
#include "api/private.h"
#include "api/self.h"
#include "base/time.h"

/* What a tenant's row says, checked against what this process and the row's own process do. */
struct pipeline {
    int32_t running;
    const char *stage;
    int64_t date;
    const char *last_status;
    int64_t last_at;
    const char *failure;
};

static struct pipeline look_at(const struct cg_call *call, const struct cg_overview_tenant *tenant, const char *name) {
    const struct cg_api_hooks *hooks = &call->api->options.hooks;
    const struct cg_run_row *run = &tenant->run;
    struct pipeline pipeline = {.date = CG_TIME_NONE, .last_at = CG_TIME_NONE};
    struct cg_api_look look = {.date = CG_TIME_NONE};
    if (hooks->look)
        hooks->look(hooks->user, name, &look);
    pipeline.failure = look.failure;
    pipeline.running = look.running;
    if (!run->found)
        return pipeline;
    int row_runs = strcmp(run->status, CG_RUN_RUNNING) == 0;
    pipeline.last_at = run->ended_at != CG_TIME_NONE ? run->ended_at : run->started_at;
    pipeline.last_status = run->status;
    if (row_runs && (run->alive || look.running)) {
        pipeline.running = 1;
        pipeline.stage = run->stage;
        pipeline.date = run->current_date;
    } else if (row_runs || look.unrecorded) {
        pipeline.last_status = CG_RUN_FAILED;
    }
    return pipeline;
}

static void add_tenant(struct cg_call *call, struct cg_json *json, const struct cg_api_tenant *tenant) {
    const struct cg_overview_tenant *found = cg_overview_tenant(call->api->overview, tenant->index);
    struct pipeline pipeline = look_at(call, found, tenant->settings->name);
    cg_json_object(json);
    cg_json_put_text(json, "tenant_name", tenant->settings->name);
    cg_json_put_bool(json, "tables_ready", found->ready);
    cg_json_put_bool(json, "has_data", found->ready && found->progress.dates_calculated > 0);
    cg_json_put_bool(json, "pipeline_running", pipeline.running);
    cg_json_put_text(json, "pipeline_stage", pipeline.stage);
    cg_json_put_date(json, "pipeline_current_date", pipeline.date);
    cg_json_put_text(json, "last_run_status", pipeline.last_status);
    cg_json_put_instant(json, "last_run_at", pipeline.last_at);
    cg_json_put_text(json, "permanent_failure", pipeline.failure);
    cg_json_put_text(json, "topic_attribution_status", tenant->topics_status);
    cg_json_put_text(json, "topic_attribution_error", tenant->topics_error);
    /* The preview of another export format is no part of this program; clients compare whole objects. */
    cg_json_put_text(json, "focus_preview_state", "disabled");
    cg_json_put_null(json, "focus_preview_completed_repair_dates");
    cg_json_put_null(json, "focus_preview_total_repair_dates");
    cg_json_put_text(json, "focus_preview_message", "FOCUS Mapping Preview is not enabled for this tenant.");
    cg_json_put_null(json, "focus_preview_ordinary_retention");
    cg_json_put_null(json, "focus_preview_evidence_retention");
    /* Why its tables are not ready. */
    cg_json_put_text(json, "problem", found->ready ? NULL : found->problem);
    cg_json_object_end(json);
}

/* A tenant that is broken does not make the others wait: there is data as soon as one has some. */
static const char *overall(struct cg_call *call) {
    const struct cg_api_generation *generation = call->api->current;
    size_t count = generation->loan.settings->tenant_count;
    size_t suspended = 0;
    size_t broken = 0;
    size_t unknown = 0;
    size_t with_data = 0;
    for (size_t i = 0; i < count; i++) {
        const struct cg_overview_tenant *found = cg_overview_tenant(call->api->overview, i);
        struct pipeline pipeline = look_at(call, found, generation->tenants[i].settings->name);
        suspended += pipeline.failure != NULL;
        unknown += !found->looked;
        broken += found->looked && !found->ready;
        with_data += found->ready && found->progress.dates_calculated > 0;
    }
    if (count && suspended == count)
        return "error";
    if (unknown || (broken && broken == count))
        return "initializing";
    return with_data ? "ready" : "no_data";
}

cg_status cg_api_readiness(struct cg_call *call) {
    const struct cg_api_generation *generation = call->api->current;
    struct cg_json json;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_text(&json, "status", overall(call));
    cg_json_put_text(&json, "version", call->api->options.version);
    cg_json_put_text(&json, "mode", call->api->options.mode);
    cg_json_key(&json, "tenants");
    cg_json_list(&json);
    for (size_t i = 0; i < generation->loan.settings->tenant_count; i++)
        add_tenant(call, &json, &generation->tenants[i]);
    cg_json_list_end(&json);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}

cg_status cg_api_tenant_list(struct cg_call *call) {
    const struct cg_api_generation *generation = call->api->current;
    struct cg_json json;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_key(&json, "tenants");
    cg_json_list(&json);
    for (size_t i = 0; i < generation->loan.settings->tenant_count; i++) {
        const struct cg_api_tenant *tenant = &generation->tenants[i];
        const struct cg_overview_tenant *found = cg_overview_tenant(call->api->overview, i);
        cg_json_object(&json);
        cg_json_put_text(&json, "tenant_name", tenant->settings->name);
        cg_json_put_text(&json, "tenant_id", tenant->settings->tenant_id);
        cg_json_put_text(&json, "ecosystem", tenant->settings->ecosystem);
        cg_json_put_int(&json, "dates_pending", found->progress.dates_pending);
        cg_json_put_int(&json, "dates_calculated", found->progress.dates_calculated);
        cg_json_put_date(&json, "last_calculated_date",
                         found->ready ? found->progress.last_calculated_date : CG_TIME_NONE);
        cg_json_put_text(&json, "topic_attribution_status", tenant->topics_status);
        cg_json_put_text(&json, "topic_attribution_error", tenant->topics_error);
        cg_json_object_end(&json);
    }
    cg_json_list_end(&json);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}
