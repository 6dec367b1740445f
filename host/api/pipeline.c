#include "api/json.h"
#include "api/private.h"
#include "api/self.h"

static cg_status started(struct cg_call *call, uint32_t status, const char *word, const char *before,
                         const char *after) {
    struct cg_json json;
    const char *name = cg_call_quoted(call, call->values[0]);
    const char *message = cg_arena_printf(call->arena, "%s%s%s", before, name, after);
    call->reply.status = status;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_text(&json, "tenant_name", call->values[0]);
    cg_json_put_text(&json, "status", word);
    cg_json_put_text(&json, "message", message);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}

int32_t cg_api_pipeline_asks(const struct cg_call *call) {
    const struct cg_api_hooks *hooks = &call->api->options.hooks;
    struct cg_api_look look = {0};
    if (!hooks->trigger || !call->tenant)
        return 0;
    hooks->look(hooks->user, call->tenant->settings->name, &look);
    return !look.running && !look.waiting && !look.held && !look.failure;
}

cg_status cg_api_pipeline_run(struct cg_call *call) {
    const struct cg_api_hooks *hooks = &call->api->options.hooks;
    const char *name = call->values[0];
    struct cg_api_look look = {0};
    if (!hooks->trigger) {
        cg_log_write(call->api->options.log, "core.api.routes.pipeline", CG_LOG_WARNING,
                     "No WorkflowRunner available \xe2\x80\x94 run in 'both' mode; no run of tenant %s was started",
                     name);
        return cg_reply_detail(call, 400,
                               "Pipeline trigger requires 'both' mode \xe2\x80\x94 no WorkflowRunner is configured");
    }
    /* Who began that one is known there alone, so it is as one of a cycle. One that this process has begun since it was
     * asked is no other one. */
    if (call->busy_elsewhere && cg_api_pipeline_asks(call))
        return started(call, 200, "already_running", "Tenant ", " is already being processed");
    switch (hooks->trigger(hooks->user, name)) {
    case CG_API_TRIGGER_BUSY_API:
        return cg_reply_detail(call, 409, "Pipeline is already running for tenant %s", cg_call_quoted(call, name));
    case CG_API_TRIGGER_BUSY_SCHEDULE:
        return started(call, 200, "already_running", "Tenant ", " is already being processed");
    case CG_API_TRIGGER_SUSPENDED:
        hooks->look(hooks->user, name, &look);
        return cg_reply_detail(call, 409, "%s", look.failure ? look.failure : "The tenant is suspended");
    case CG_API_TRIGGER_STARTING:
        cg_reply_header(call, "retry-after", "1");
        return cg_reply_detail(call, 503, "The configuration is still being checked; try again in a moment");
    case CG_API_TRIGGER_STOPPING:
        cg_reply_header(call, "retry-after", "10");
        return cg_reply_detail(call, 503, "The program is being stopped; no run was started");
    case CG_API_TRIGGER_STARTED:
        break;
    }
    return started(call, 202, "started", "Pipeline run started for tenant ", "");
}
