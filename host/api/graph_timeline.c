/*
 * graph_timeline.c - GET .../graph/timeline
 */
#include "views/graph_timeline.h"
#include "api/graph_reply.h"
#include "api/handlers.h"
#include "api/params.h"
#include "base/zone.h"

/* A hundred years. */
#define MOST_DAYS 36525

/* A sum for every day that was asked for. */
struct timeline {
    int64_t start;              /* midnight of the first day, as if in UTC */
    const struct cg_zone *zone; /* in which facts have their day; NULL: UTC */
    struct cg_decimal *days;
    int64_t count;
    cg_status status;
};

static void add_moment(void *user, const struct cg_graph_moment *moment) {
    struct timeline *timeline = user;
    int64_t day = timeline->zone ? cg_zone_day(timeline->zone, moment->time) : cg_time_day(moment->time);
    int64_t index = (day - timeline->start) / CG_DAY_US;
    if (day < timeline->start || index >= timeline->count || timeline->status != CG_OK)
        return;
    timeline->status = cg_decimal_add(&timeline->days[index], &moment->cost, &timeline->days[index]);
}

static cg_status write_points(struct cg_call *call, const char *id, const struct timeline *timeline) {
    struct cg_json json;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_text(&json, "entity_id", id);
    cg_json_key(&json, "points");
    cg_json_list(&json);
    for (int64_t i = 0; i < timeline->count; i++) {
        cg_json_object(&json);
        cg_json_put_date(&json, "date", timeline->start + i * CG_DAY_US);
        cg_json_put_decimal(&json, "cost", &timeline->days[i]);
        cg_json_object_end(&json);
    }
    cg_json_list_end(&json);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}

/* Reads what the entity cost, from one snapshot with what it is. CG_NOT_FOUND: it is nothing. */
static cg_status read_timeline(struct cg_call *call, const char *id, const struct cg_range *range,
                               struct timeline *timeline) {
    struct cg_graph_node node;
    enum cg_graph_entity entity = CG_GRAPH_UNKNOWN;
    int64_t start = 0;
    int64_t end = 0;
    cg_range_facts(call, range, &start, &end);
    cg_status status = cg_store_begin_read(call->store, &call->error);
    if (status != CG_OK)
        return status;
    status = cg_graph_find(call->store, id, call->arena, &entity, &node, &call->error);
    if (status == CG_OK && entity == CG_GRAPH_UNKNOWN)
        status = CG_NOT_FOUND;
    if (status == CG_OK)
        status = cg_graph_timeline(call->store, entity, &node, start, end, add_moment, timeline, &call->error);
    cg_store_rollback(call->store);
    if (status == CG_OK && timeline->status != CG_OK)
        return cg_error_set(&call->error, CG_RANGE, "the costs of a day add up to a sum of more than 38 digits");
    return status;
}

cg_status cg_api_graph_timeline(struct cg_call *call) {
    struct cg_params params;
    struct cg_range range;
    cg_params_init(&params, call);
    const char *id = cg_param_needed_text(&params, "entity_id", 0);
    struct cg_range_given given = {.start_date = cg_param_date(&params, "start", 1)};
    given.end_date = cg_param_date(&params, "end", 1);
    given.timezone = cg_param_text(&params, "timezone");
    if (!cg_params_fine(&params) || !cg_range_resolve(call, &given, &range))
        return cg_reply_done(call);
    struct timeline timeline = {.start = range.start,
                                .zone = call->tenant->hourly ? range.zone : NULL,
                                .count = (range.end - range.start) / CG_DAY_US};
    if (timeline.count > MOST_DAYS)
        return cg_reply_detail(call, 400, "The timeline has more than %d days; choose a shorter range", MOST_DAYS);
    timeline.days = cg_arena_array(call->arena, (size_t)timeline.count, sizeof *timeline.days);
    if (!timeline.days)
        return cg_error_no_memory(&call->error);
    cg_status status = read_timeline(call, id, &range, &timeline);
    if (status == CG_NOT_FOUND)
        return cg_graph_not_found(call, id);
    return status == CG_OK ? write_points(call, id, &timeline) : status;
}
