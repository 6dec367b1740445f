/* `GET /billing/v1/costs`: pages of lines, straight from the day sheets. */
#include <string.h>

#include "page.h"

/* Most days one query may span. */
#define CG_SIM_MOST_DAYS 31

/* A position in the bill: the day in the upper half, the index within it in the lower one. */
static uint64_t position_pack(int64_t day, size_t index) {
    return (uint64_t)day << 32 | (uint64_t)index;
}

static bool day_read(const struct cg_sim_request *request, const char *name, int64_t *ret_day) {
    char text[16];
    return cg_sim_form_get(request->query, name, text, sizeof(text)) && cg_sim_day_parse(text, ret_day);
}

/* Reads the window and cuts it to the billed days; writes a 400 and returns false when it is no window. */
static bool window_read(const struct cg_sim_world *world, const struct cg_sim_request *request, int64_t *ret_start,
                        int64_t *ret_end, struct cg_sim_reply *reply) {
    int64_t start = 0;
    int64_t end = 0;
    if (!day_read(request, "start_date", &start) || !day_read(request, "end_date", &end)) {
        cg_sim_reply_error(reply, 400, "start_date and end_date are required, as YYYY-MM-DD");
        return false;
    }
    if (start >= end || end - start > CG_SIM_MOST_DAYS) {
        cg_sim_reply_error(reply, 400, "end_date must be after start_date, by 31 days at most");
        return false;
    }
    int64_t first = 0;
    int64_t last = 0;
    cg_sim_bill_range(world->bill, &first, &last);
    *ret_start = start < first ? first : start;
    *ret_end = end > last ? last : end;
    return true;
}

/* Moves `day` and `index` to the next existing line at or after them; false when memory is short. */
static bool cursor_settle(struct cg_sim_world *world, int64_t *day, size_t *index, int64_t end) {
    while (*day < end) {
        const struct cg_sim_day_sheet *sheet = cg_sim_bill_day(world->bill, *day);
        if (sheet == NULL) {
            return false;
        }
        if (*index < sheet->count) {
            return true;
        }
        (*day)++;
        *index = 0;
    }
    return true;
}

void cg_sim_costs(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    int64_t start = 0;
    int64_t end = 0;
    if (!window_read(world, request, &start, &end, reply)) {
        return;
    }
    char scope[32] = "";
    cg_sim_day_format(start, scope);
    cg_sim_day_format(end, scope + strlen(scope));
    struct cg_sim_page page;
    if (!cg_sim_page_read(world, request, scope, 5000, 10000, &page, reply)) {
        return;
    }
    int64_t day = page.has_token ? (int64_t)(page.position >> 32) : start;
    size_t index = page.has_token ? (size_t)(page.position & 0xffffffffU) : 0;
    struct cg_sim_text *text = &reply->body;
    cg_sim_text_puts(text, "{\"api_version\":\"billing/v1\",\"kind\":\"CostList\",\"data\":[");
    bool complete = cursor_settle(world, &day, &index, end);
    for (size_t written = 0; complete && day < end && written < page.size;) {
        const struct cg_sim_day_sheet *sheet = cg_sim_bill_day(world->bill, day);
        for (; sheet != NULL && index < sheet->count && written < page.size; index++, written++) {
            cg_sim_text_add(text, ",", written == 0 ? 0 : 1);
            cg_sim_line_format(&sheet->lines[index], day, text);
        }
        complete = sheet != NULL && cursor_settle(world, &day, &index, end);
    }
    if (!complete) {
        cg_sim_reply_error(reply, 500, "The simulator is out of memory");
        return;
    }
    cg_sim_text_puts(text, "],");
    cg_sim_page_end(world, request, scope, &page, day < end, position_pack(day, index), CG_SIM_LAST_OMITTED, reply);
    reply->cacheable = true;
}
