#include <string.h>

#include "api/handlers.h"
#include "api/params.h"
#include "store/runs.h"
#include "views/status.h"

/* ---- states of the dates ---- */

static void add_state(void *user, const struct cg_view_state *state) {
    struct cg_json *json = user;
    cg_json_object(json);
    cg_json_put_date(json, "tracking_date", state->date);
    cg_json_put_bool(json, "billing_gathered", state->billing_gathered);
    cg_json_put_bool(json, "resources_gathered", state->resources_gathered);
    cg_json_put_bool(json, "chargeback_calculated", state->chargeback_calculated);
    cg_json_put_bool(json, "topic_overlay_gathered", state->topic_overlay_gathered);
    cg_json_put_bool(json, "topic_attribution_calculated", state->topic_attribution_calculated);
    cg_json_object_end(json);
}

/* The end is exclusive here, other than everywhere else: clients know it so. */
static void default_range(const struct cg_call *call, int64_t *start, int64_t *end) {
    int64_t today = cg_time_day(call->now);
    int none = *start == CG_TIME_NONE && *end == CG_TIME_NONE;
    if (none) {
        *start = today - call->tenant->settings->lookback_days * CG_DAY_US;
        *end = today + CG_DAY_US;
        return;
    }
    if (*start == CG_TIME_NONE)
        cg_time_from_date(2000, 1, 1, start);
    if (*end == CG_TIME_NONE)
        cg_time_from_date(9999, 12, 31, end);
}

cg_status cg_api_tenant_status(struct cg_call *call) {
    struct cg_params params;
    struct cg_json json;
    const struct cg_tenant_settings *tenant = call->tenant->settings;
    cg_params_init(&params, call);
    int64_t start = cg_param_date(&params, "start_date", 0);
    int64_t end = cg_param_date(&params, "end_date", 0);
    if (!cg_params_fine(&params))
        return cg_reply_done(call);
    default_range(call, &start, &end);
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_text(&json, "tenant_name", tenant->name);
    cg_json_put_text(&json, "tenant_id", tenant->tenant_id);
    cg_json_put_text(&json, "ecosystem", tenant->ecosystem);
    cg_json_key(&json, "states");
    cg_json_list(&json);
    cg_status status = cg_view_states(call->store, start, end, add_state, &json, &call->error);
    cg_json_list_end(&json);
    cg_json_put_text(&json, "topic_attribution_status", call->tenant->topics_status);
    cg_json_put_text(&json, "topic_attribution_error", call->tenant->topics_error);
    cg_json_object_end(&json);
    return status == CG_OK ? cg_reply_done(call) : status;
}

/* ---- the latest run ---- */

static void add_result(struct cg_json *json, const struct cg_run_row *run, int64_t ended) {
    cg_json_object(json);
    cg_json_put_int(json, "dates_gathered", run->dates_gathered);
    cg_json_put_int(json, "dates_calculated", run->dates_calculated);
    cg_json_put_int(json, "chargeback_rows_written", run->rows_written);
    cg_json_key(json, "errors");
    cg_json_list(json);
    if (run->error_message && *run->error_message)
        cg_json_text(json, run->error_message);
    cg_json_list_end(json);
    cg_json_put_instant(json, "completed_at", ended);
    cg_json_object_end(json);
}

cg_status cg_api_pipeline_status(struct cg_call *call) {
    struct cg_run_row run;
    struct cg_json json;
    cg_status status = cg_store_run_latest(call->store, call->now, call->arena, &run, &call->error);
    if (status != CG_OK)
        return status;
    int64_t ended = !run.found ? CG_TIME_NONE : run.ended_at != CG_TIME_NONE ? run.ended_at : run.started_at;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_text(&json, "tenant_name", call->values[0]);
    cg_json_put_bool(&json, "is_running", run.alive);
    cg_json_put_instant(&json, "last_run", ended);
    cg_json_key(&json, "last_result");
    /* A row that says "running" and whose process is gone has failed; the next run will write that down. */
    if (run.found && !run.alive)
        add_result(&json, &run, ended);
    else
        cg_json_null(&json);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}
