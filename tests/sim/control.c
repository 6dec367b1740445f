/* The witness and the levers of a test, below /__sim/: the exact bill, revisions, hidden things. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "api.h"
#include "faults.h"
#include "stats.h"

struct bill_sums {
    cg_sim_units all;
    cg_sim_units well_formed;
    uint64_t lines;
    uint64_t malformed_lines;
};

static void sums_put(struct cg_sim_text *text, const struct bill_sums *sums) {
    char digits[CG_SIM_UNITS_SIZE];
    (void)cg_sim_units_format(sums->all, digits);
    cg_sim_text_printf(text, "\"total\":\"%s\"", digits);
    (void)cg_sim_units_format(sums->well_formed, digits);
    cg_sim_text_printf(text, ",\"total_well_formed\":\"%s\",\"lines\":%llu,\"malformed_lines\":%llu", digits,
                       (unsigned long long)sums->lines, (unsigned long long)sums->malformed_lines);
}

static void sums_add(struct bill_sums *sums, const struct cg_sim_line *line) {
    sums->all += line->amount;
    sums->lines++;
    if (line->malformed == CG_SIM_WELL_FORMED) {
        sums->well_formed += line->amount;
    } else {
        sums->malformed_lines++;
    }
}

static void malformed_put(struct cg_sim_text *text, const struct cg_sim_line *line, const char *date) {
    char digits[CG_SIM_UNITS_SIZE];
    (void)cg_sim_units_format(line->amount, digits);
    cg_sim_text_puts(text, text->len == 0 ? "{" : ",{");
    cg_sim_text_field(text, "date", date);
    cg_sim_text_field(text, "kind", cg_sim_malformed_name(line->malformed));
    cg_sim_text_field(text, "line_type", line->line_type);
    cg_sim_text_field(text, "amount", digits);
    cg_sim_text_putc(text, '}');
}

/* Reads an optional date parameter; false when it is there and wrong. */
static bool optional_day_read(const struct cg_sim_request *request, const char *name, int64_t *day) {
    char text[16];
    return !cg_sim_form_has(request->query, name) ||
           (cg_sim_form_get(request->query, name, text, sizeof(text)) && cg_sim_day_parse(text, day));
}

/* Adds up the lines of one day by date and in `total`; false when memory is short. */
static bool bill_day_put(struct cg_sim_world *world, int64_t day, struct bill_sums *total, struct cg_sim_text *dates,
                         struct cg_sim_text *malformed) {
    const struct cg_sim_day_sheet *sheet = cg_sim_bill_day(world->bill, day);
    if (sheet == NULL) {
        return false;
    }
    char date[CG_SIM_DAY_SIZE];
    cg_sim_day_format(day, date);
    struct bill_sums sums = {0};
    for (size_t i = 0; i < sheet->count; i++) {
        sums_add(&sums, &sheet->lines[i]);
        sums_add(total, &sheet->lines[i]);
        if (sheet->lines[i].malformed != CG_SIM_WELL_FORMED) {
            malformed_put(malformed, &sheet->lines[i], date);
        }
    }
    cg_sim_text_puts(dates, dates->len == 0 ? "" : ",");
    cg_sim_text_json(dates, date);
    cg_sim_text_puts(dates, ":{");
    sums_put(dates, &sums);
    cg_sim_text_putc(dates, '}');
    return true;
}

/* Reads an optional instant as seconds; "final" is when everything is settled. False when it is there and wrong. */
static bool optional_now_read(const struct cg_sim_request *request, int64_t *now) {
    char text[48];
    int64_t ms = 0;
    if (!cg_sim_form_has(request->query, "now")) {
        return true;
    }
    if (!cg_sim_form_get(request->query, "now", text, sizeof(text))) {
        return false;
    }
    bool final = strcmp(text, "final") == 0;
    bool good = final || cg_sim_instant_parse(text, &ms);
    *now = final ? CG_SIM_FOREVER : good ? ms / 1000 : *now;
    return good;
}

void cg_sim_control_bill(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    int64_t first = 0;
    int64_t last = 0;
    cg_sim_bill_range(world->bill, &first, &last);
    int64_t start = first;
    int64_t end = last;
    int64_t now = world->now;
    if (!optional_day_read(request, "start", &start) || !optional_day_read(request, "end", &end)) {
        cg_sim_reply_error(reply, 400, "start and end must be dates like 2026-06-01");
        return;
    }
    if (!optional_now_read(request, &now)) {
        cg_sim_reply_error(reply, 400, "now must be an instant like 2026-06-01T12:00:00Z, or final");
        return;
    }
    start = start < first ? first : start;
    end = end > last ? last : end;
    struct bill_sums total = {0};
    struct cg_sim_text dates = {0};
    struct cg_sim_text malformed = {0};
    bool complete = true;
    cg_sim_bill_look_at(world->bill, now);
    for (int64_t day = start; complete && day < end; day++) {
        complete = bill_day_put(world, day, &total, &dates, &malformed);
    }
    cg_sim_bill_look_at(world->bill, world->now);
    char date[CG_SIM_DAY_SIZE];
    cg_sim_text_putc(&reply->body, '{');
    cg_sim_day_format(start, date);
    cg_sim_text_field(&reply->body, "start", date);
    cg_sim_day_format(end, date);
    cg_sim_text_field(&reply->body, "end", date);
    cg_sim_text_putc(&reply->body, ',');
    sums_put(&reply->body, &total);
    cg_sim_text_puts(&reply->body, ",\"dates\":{");
    cg_sim_text_add(&reply->body, dates.data == NULL ? "" : dates.data, dates.len);
    cg_sim_text_puts(&reply->body, "},\"malformed\":[");
    cg_sim_text_add(&reply->body, malformed.data == NULL ? "" : malformed.data, malformed.len);
    cg_sim_text_puts(&reply->body, "]}");
    if (!complete || dates.failed || malformed.failed) {
        cg_sim_reply_error(reply, 500, "The simulator is out of memory");
    }
    cg_sim_text_done(&dates);
    cg_sim_text_done(&malformed);
}

/* Reads an optional decimal text of an object; NULL in `complaint` means all is well. */
static void decimal_field_read(json_t *object, const char *name, cg_sim_units *value, const char **complaint,
                               const char *text) {
    json_t *field = json_object_get(object, name);
    if (field != NULL && (!json_is_string(field) || !cg_sim_units_parse(json_string_value(field), value))) {
        *complaint = text;
    }
}

/* Changes `revision` as the object asks; returns a complaint or NULL. */
static const char *revision_read(struct cg_sim_world *world, json_t *object, struct cg_sim_revision *revision) {
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach (object, key, value) {
        static const char *const known[] = {"date", "factor", "add", "withdraw", "line_type", "reset"};
        size_t i = 0;
        while (i < sizeof(known) / sizeof(known[0]) && strcmp(key, known[i]) != 0) {
            i++;
        }
        if (i == sizeof(known) / sizeof(known[0])) {
            return "Known keys are date, factor, add, withdraw, line_type and reset";
        }
    }
    int64_t day = 0;
    const char *date = json_string_value(json_object_get(object, "date"));
    if (date == NULL || !cg_sim_day_parse(date, &day)) {
        return "date must be a text like \"2026-06-03\"";
    }
    int64_t first = 0;
    int64_t last = 0;
    cg_sim_bill_range(world->bill, &first, &last);
    if (day < first || day >= last) {
        return "date is not a billed day";
    }
    *revision = cg_sim_bill_revision(world->bill, day);
    if (json_is_true(json_object_get(object, "reset"))) {
        *revision = (struct cg_sim_revision){.day = day, .factor = cg_sim_units_make(1, 0)};
    }
    const char *complaint = NULL;
    decimal_field_read(object, "factor", &revision->factor, &complaint, "factor must be a decimal text like \"1.10\"");
    decimal_field_read(object, "add", &revision->add, &complaint, "add must be a decimal text like \"0.37\"");
    const cg_sim_units most = cg_sim_units_make(1000, 0);
    if (revision->factor > most || revision->factor < -most || revision->factor % 1000000000000 != 0) {
        complaint = "factor must lie between -1000 and 1000 and have six decimals at most";
    }
    const cg_sim_units most_added = cg_sim_units_make(1000000000, 0);
    if (revision->add > most_added || revision->add < -most_added) {
        complaint = "add must lie between -10^9 and 10^9";
    }
    json_t *withdraw = json_object_get(object, "withdraw");
    json_t *line_type = json_object_get(object, "line_type");
    if ((withdraw != NULL && !json_is_boolean(withdraw)) || (line_type != NULL && !json_is_string(line_type))) {
        complaint = "withdraw must be true or false, line_type a text";
    } else if (withdraw != NULL) {
        const char *type = line_type == NULL ? "SUPPORT" : json_string_value(line_type);
        (void)snprintf(revision->withdrawn, sizeof(revision->withdrawn), "%s", json_is_true(withdraw) ? type : "");
    }
    return complaint;
}

/* Reads the body as a JSON object; writes a 400 and returns NULL when it is none. The caller frees. */
static json_t *body_read(const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    json_error_t error;
    json_t *object = json_loads(request->body, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL || !json_is_object(object)) {
        char detail[JSON_ERROR_TEXT_LENGTH + 64];
        (void)snprintf(detail, sizeof(detail), "The body must be a JSON object%s%s", object == NULL ? ": " : "",
                       object == NULL ? error.text : "");
        cg_sim_reply_error(reply, 400, detail);
        json_decref(object);
        return NULL;
    }
    return object;
}

void cg_sim_control_revise(struct cg_sim_world *world, const struct cg_sim_request *request,
                           struct cg_sim_reply *reply) {
    json_t *object = body_read(request, reply);
    if (object == NULL) {
        return;
    }
    struct cg_sim_revision revision;
    const char *complaint = revision_read(world, object, &revision);
    json_decref(object);
    if (complaint == NULL && !cg_sim_bill_revise(world->bill, &revision)) {
        complaint = "4096 days at most can be revised";
    }
    if (complaint != NULL) {
        cg_sim_reply_error(reply, 400, complaint);
        return;
    }
    world->generation++;
    struct bill_sums sums = {0};
    const struct cg_sim_day_sheet *sheet = cg_sim_bill_day(world->bill, revision.day);
    for (size_t i = 0; sheet != NULL && i < sheet->count; i++) {
        sums_add(&sums, &sheet->lines[i]);
    }
    cg_sim_text_putc(&reply->body, '{');
    sums_put(&reply->body, &sums);
    cg_sim_text_putc(&reply->body, '}');
}

/* Changes the hidden set; returns a complaint or NULL. */
static const char *hidden_change(struct cg_sim_world *world, const char *id, bool hide) {
    if (id == NULL || strlen(id) >= sizeof(world->hidden[0]) || *id == '\0') {
        return "id must be the id of a listed thing";
    }
    for (size_t i = 0; i < world->hidden_count; i++) {
        if (strcmp(world->hidden[i], id) == 0) {
            world->hidden_count--;
            memmove(world->hidden[i], world->hidden[world->hidden_count], sizeof(world->hidden[0]));
            break;
        }
    }
    if (hide && world->hidden_count == CG_SIM_MOST_HIDDEN) {
        return "1024 ids at most can be hidden";
    }
    if (hide) {
        (void)snprintf(world->hidden[world->hidden_count++], sizeof(world->hidden[0]), "%s", id);
    }
    return NULL;
}

void cg_sim_control_hide(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    json_t *object = body_read(request, reply);
    if (object == NULL) {
        return;
    }
    json_t *hidden = json_object_get(object, "hidden");
    const char *complaint = "hidden must be true or false";
    if (hidden == NULL || json_is_boolean(hidden)) {
        complaint = hidden_change(world, json_string_value(json_object_get(object, "id")), !json_is_false(hidden));
    }
    json_decref(object);
    if (complaint != NULL) {
        cg_sim_reply_error(reply, 400, complaint);
        return;
    }
    world->generation++;
    cg_sim_text_printf(&reply->body, "{\"hidden\":%zu}", world->hidden_count);
}

void cg_sim_control_now_get(struct cg_sim_world *world, const struct cg_sim_request *request,
                            struct cg_sim_reply *reply) {
    (void)request;
    char date[CG_SIM_DAY_SIZE];
    cg_sim_day_format(world->now / 86400, date);
    int64_t rest = world->now % 86400;
    cg_sim_text_printf(&reply->body, "{\"now\":\"%sT%02u:%02u:%02uZ\"}", date, (unsigned)(rest / 3600),
                       (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}

void cg_sim_control_now_set(struct cg_sim_world *world, const struct cg_sim_request *request,
                            struct cg_sim_reply *reply) {
    json_t *object = body_read(request, reply);
    if (object == NULL) {
        return;
    }
    int64_t ms = 0;
    const char *now = json_string_value(json_object_get(object, "now"));
    bool good = now != NULL && json_object_size(object) == 1 && cg_sim_instant_parse(now, &ms);
    json_decref(object);
    if (!good) {
        cg_sim_reply_error(reply, 400, "now must be an instant like 2026-06-01T12:00:00Z, and nothing else");
        return;
    }
    world->now = ms / 1000;
    world->generation++;
    cg_sim_bill_look_at(world->bill, world->now);
    cg_sim_control_now_get(world, request, reply);
}

void cg_sim_control_faults_get(struct cg_sim_world *world, const struct cg_sim_request *request,
                               struct cg_sim_reply *reply) {
    (void)request;
    cg_sim_faults_put(world->faults, &reply->body);
}

void cg_sim_control_faults_set(struct cg_sim_world *world, const struct cg_sim_request *request,
                               struct cg_sim_reply *reply) {
    char complaint[320];
    if (!cg_sim_faults_set(world->faults, request->body, complaint, sizeof(complaint))) {
        cg_sim_reply_error(reply, 400, complaint);
        return;
    }
    cg_sim_faults_put(world->faults, &reply->body);
}

void cg_sim_control_stats(struct cg_sim_world *world, const struct cg_sim_request *request,
                          struct cg_sim_reply *reply) {
    (void)request;
    cg_sim_stats_put(world->stats, cg_sim_fault_kind_names, CG_SIM_FAULT_KINDS, &reply->body);
}

void cg_sim_control_reset_stats(struct cg_sim_world *world, const struct cg_sim_request *request,
                                struct cg_sim_reply *reply) {
    (void)request;
    cg_sim_stats_reset(world->stats);
    cg_sim_text_puts(&reply->body, "{}");
}
