#include "api/portal.h"

#include <string.h>

#include "api/params.h"
#include "api/private.h"
#include "views/portal.h"

/* What clients of the portal know it by. */
#define SERVICE "confluent-billing-portal"

#define DEFAULT_DAYS 30

#define SECOND INT64_C(1000000)

/* ---- about the program ---- */

cg_status cg_api_portal_root(struct cg_call *call) {
    struct cg_json json;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_text(&json, "service", SERVICE);
    cg_json_put_text(&json, "version", call->api->options.version);
    cg_json_put_text(&json, "environment", "production");
    cg_json_put_text(&json, "docs", "/docs");
    cg_json_put_text(&json, "metrics", "/metrics");
    cg_json_object_end(&json);
    return cg_reply_done(call);
}

cg_status cg_api_portal_health(struct cg_call *call) {
    struct cg_json json;
    int32_t draining = call->api->draining;
    call->reply.status = draining ? 503 : 200;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_text(&json, "status", draining ? "stopping" : "healthy");
    cg_json_put_text(&json, "service", SERVICE);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}

/* ---- runs ---- */

/* What became of the wish to run a tenant; the word for it. */
static const char *wish(struct cg_call *call, const char *tenant) {
    const struct cg_api_hooks *hooks = &call->api->options.hooks;
    switch (hooks->trigger(hooks->user, tenant)) {
    case CG_API_TRIGGER_STARTED:
        return "started";
    case CG_API_TRIGGER_SUSPENDED:
        return "suspended";
    case CG_API_TRIGGER_STARTING:
        return "starting";
    case CG_API_TRIGGER_STOPPING:
        return "stopping";
    case CG_API_TRIGGER_BUSY_API:
    case CG_API_TRIGGER_BUSY_SCHEDULE:
        break;
    }
    return "already_running";
}

static size_t count_words(const char *const *words, size_t count, const char *word) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(words[i], word) == 0;
    return found;
}

static cg_status answer_wishes(struct cg_call *call, const struct cg_settings *settings, const char *const *words) {
    struct cg_json json;
    size_t count = settings->tenant_count;
    size_t started = count_words(words, count, "started");
    if (started)
        call->reply.status = 202;
    else if (count_words(words, count, "stopping") || count_words(words, count, "starting"))
        call->reply.status = 503;
    else if (count_words(words, count, "suspended"))
        call->reply.status = 409;
    if (call->reply.status == 503)
        cg_reply_header(call, "retry-after", "1");
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    if (!started && call->reply.status != 200)
        cg_json_put_text(&json, "detail", "No run was started; see what is said of each tenant");
    cg_json_put_text(&json, "status", !started ? "not_started" : started < count ? "partial" : "started");
    cg_json_key(&json, "tenants");
    cg_json_list(&json);
    for (size_t i = 0; i < count; i++) {
        cg_json_object(&json);
        cg_json_put_text(&json, "tenant_name", settings->tenants[i].name);
        cg_json_put_text(&json, "status", words[i]);
        cg_json_object_end(&json);
    }
    cg_json_list_end(&json);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}

cg_status cg_api_portal_collect(struct cg_call *call) {
    const struct cg_settings *settings = call->api->current->loan.settings;
    if (!call->api->options.hooks.trigger)
        return cg_reply_detail(call, 400,
                               "Pipeline trigger requires 'both' mode \xe2\x80\x94 no WorkflowRunner is configured");
    const char **words = cg_arena_array(call->arena, settings->tenant_count + 1, sizeof *words);
    if (!words)
        return cg_error_no_memory(&call->error);
    for (size_t i = 0; i < settings->tenant_count; i++)
        words[i] = wish(call, settings->tenants[i].name);
    return answer_wishes(call, settings, words);
}

/* ---- one tenant after the other ---- */

/* The errors of a store say whose it is. */
static cg_status each_tenant(struct cg_call *call, cg_status (*use)(struct cg_call *call, void *user), void *user) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < cg_call_tenant_count(call) && status == CG_OK; i++)
        status = cg_call_with_tenant(call, i, use, user);
    return status;
}

/* ---- costs ---- */

struct bill {
    int64_t start;
    int64_t end;
    struct cg_list costs;
    const char *foreign; /* a currency that is not USD, or NULL */
    const char *tenant;  /* whose it is */
};

static cg_status read_bill(struct cg_call *call, void *user) {
    struct bill *bill = user;
    size_t before = bill->costs.count;
    cg_status status = cg_view_costs(call->store, bill->start, bill->end, call->arena, &bill->costs, &call->error);
    for (size_t i = before; status == CG_OK && !bill->foreign && i < bill->costs.count; i++) {
        const struct cg_view_cost *cost = bill->costs.items[i];
        if (strcmp(cost->currency, "USD") == 0)
            continue;
        bill->foreign = cost->currency;
        bill->tenant = call->tenant->settings->name;
    }
    return status;
}

/* Lines have whole seconds, so a bound within a second is as good as the next second; there is none behind the last. */
static int64_t next_second(int64_t time) {
    int64_t rest = time % SECOND;
    int64_t next = rest > 0 ? time - rest + SECOND : time - rest;
    return next > CG_TIME_LAST ? CG_TIME_LAST : next;
}

static void add_costs(struct cg_json *json, const char *list, const char *name, enum cg_view_cost_key key,
                      const struct cg_view_cost *costs, size_t count) {
    cg_json_key(json, list);
    cg_json_list(json);
    for (size_t i = 0; i < count; i++) {
        cg_json_object(json);
        cg_json_put_text(json, name, key == CG_VIEW_COST_PRODUCT ? costs[i].product : costs[i].environment);
        cg_json_put_decimal(json, "cost_usd", &costs[i].net);
        cg_json_object_end(json);
    }
    cg_json_list_end(json);
}

static cg_status answer_costs(struct cg_call *call, const struct bill *bill, int64_t from, int64_t to) {
    struct cg_view_cost *products = NULL;
    struct cg_view_cost *environments = NULL;
    size_t product_count = 0;
    size_t environment_count = 0;
    struct cg_view_cost sum = {.records = 0};
    struct cg_decimal charges;
    struct cg_json json;
    cg_status status =
        cg_view_costs_join(&bill->costs, CG_VIEW_COST_PRODUCT, call->arena, &products, &product_count, &call->error);
    if (status == CG_OK)
        status = cg_view_costs_join(&bill->costs, CG_VIEW_COST_ENVIRONMENT, call->arena, &environments,
                                    &environment_count, &call->error);
    for (size_t i = 0; i < product_count && status == CG_OK; i++)
        status = cg_view_cost_add(&sum, &products[i], &call->error);
    if (status == CG_OK && cg_decimal_subtract(&sum.net, &sum.credits, &charges) != CG_OK)
        status = cg_error_set(&call->error, CG_RANGE, "the costs of this period add up to more than 38 digits");
    if (status != CG_OK)
        return status;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_instant(&json, "from", from);
    cg_json_put_instant(&json, "to", to);
    cg_json_put_decimal(&json, "total_cost_usd", &charges);
    cg_json_put_decimal(&json, "total_credits_usd", &sum.credits);
    cg_json_put_decimal(&json, "net_cost_usd", &sum.net);
    cg_json_put_int(&json, "records", sum.records);
    add_costs(&json, "by_product", "product", CG_VIEW_COST_PRODUCT, products, product_count);
    add_costs(&json, "by_environment", "env_id", CG_VIEW_COST_ENVIRONMENT, environments, environment_count);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}

cg_status cg_api_portal_costs(struct cg_call *call) {
    struct cg_params params;
    struct bill bill = {.start = 0};
    cg_params_init(&params, call);
    struct cg_instant from = cg_param_instant(&params, "from_ts");
    struct cg_instant to = cg_param_instant(&params, "to_ts");
    if (!cg_params_fine(&params) || !cg_instant_check(call, "from_ts", &from) || !cg_instant_check(call, "to_ts", &to))
        return cg_reply_done(call);
    if (to.time == CG_TIME_NONE)
        to.time = call->now;
    if (from.time == CG_TIME_NONE)
        from.time = cg_time_day(to.time) - DEFAULT_DAYS * CG_DAY_US;
    if (from.time < CG_TIME_FIRST)
        from.time = CG_TIME_FIRST;
    if (from.time > to.time)
        return cg_reply_detail(call, 400, "from_ts must be <= to_ts");
    bill.start = next_second(from.time);
    bill.end = next_second(to.time);
    cg_status status = each_tenant(call, read_bill, &bill);
    if (status == CG_OK && bill.foreign)
        status = cg_reply_detail(call, 400,
                                 "The bill of tenant %s in this period has lines in %s, which cannot be added to USD; "
                                 "ask for /api/v1/tenants/{tenant_name}/billing",
                                 cg_call_quoted(call, bill.tenant), cg_call_quoted(call, bill.foreign));
    else if (status == CG_OK)
        status = answer_costs(call, &bill, from.time, to.time);
    cg_list_done(&bill.costs);
    return status;
}

/* ---- dimensions ---- */

struct places {
    struct cg_json json;
    const char *tenant;
    int32_t clusters;
    int64_t count;
};

static void add_name(struct places *places, const char *id, const char *name, const char *display_name) {
    cg_json_put_text(&places->json, "id", id);
    cg_json_put_text(&places->json, "name", name);
    cg_json_put_text(&places->json, "display_name", display_name);
    cg_json_put_text(&places->json, "tenant_name", places->tenant);
    places->count++;
}

static cg_status add_organization(struct cg_call *call, void *user) {
    struct places *places = user;
    const struct cg_tenant_settings *tenant = call->tenant->settings;
    places->tenant = tenant->name;
    cg_json_object(&places->json);
    add_name(places, tenant->tenant_id, tenant->name, tenant->name);
    cg_json_object_end(&places->json);
    return CG_OK;
}

static void add_place(void *user, const struct cg_view_place *place) {
    struct places *places = user;
    cg_json_object(&places->json);
    add_name(places, place->id, place->name ? place->name : place->id, place->name);
    cg_json_put_text(&places->json, "status", place->status);
    if (places->clusters) {
        cg_json_put_text(&places->json, "env_id", place->parent_id);
        cg_json_put_text(&places->json, "cluster_type", place->type);
        cg_json_put_text(&places->json, "cloud_provider", place->cloud);
        cg_json_put_text(&places->json, "region", place->region);
    }
    cg_json_object_end(&places->json);
}

static cg_status add_places(struct cg_call *call, void *user) {
    struct places *places = user;
    places->tenant = call->tenant->settings->name;
    return cg_view_places(call->store, places->clusters, add_place, places, &call->error);
}

cg_status cg_api_portal_dimensions(struct cg_call *call) {
    const char *kind = call->values[0];
    struct places places = {.clusters = strcmp(kind, "clusters") == 0};
    int32_t organizations = strcmp(kind, "orgs") == 0;
    if (!organizations && !places.clusters && strcmp(kind, "envs") != 0)
        return cg_reply_detail(call, 404, "Unknown kind of dimension %s; there are orgs, envs and clusters",
                               cg_call_quoted(call, kind));
    cg_json_init(&places.json, &call->reply.body);
    cg_json_object(&places.json);
    cg_json_put_text(&places.json, "dimension_type", kind);
    cg_json_key(&places.json, "dimensions");
    cg_json_list(&places.json);
    cg_status status = each_tenant(call, organizations ? add_organization : add_places, &places);
    if (status != CG_OK)
        return status;
    cg_json_list_end(&places.json);
    cg_json_put_int(&places.json, "total_count", places.count);
    cg_json_object_end(&places.json);
    return cg_reply_done(call);
}
