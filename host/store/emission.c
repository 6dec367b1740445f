#include "store/emission.h"

#include <string.h>

#include "store/dates.h"
#include "store/emission_state.h"
#include "store/private.h"
#include "store/query.h"
#include "store/rows.h"

/*
 * What tells one state of a date's chargeback rows from another: their digest, or, when somebody else calculated the
 * date after us, that calculation's id. NULL for dates that were never calculated here.
 */
#define CHARGEBACK_TOKEN                                                                                         \
    "(SELECT CASE WHEN s.calculation_id <> d.calculation_id THEN s.calculation_id ELSE d.rows_digest END "       \
    "FROM cg_dates d LEFT JOIN pipeline_state s ON s.ecosystem = d.ecosystem AND s.tenant_id = d.tenant_id AND " \
    "s.tracking_date = d.tracking_date WHERE d.ecosystem = ?1 AND d.tenant_id = ?2 AND d.tracking_date = ?3)"

/* The same for its topic rows. They have no calculation of their own, so that of somebody else is found out by the next
 * one here, which compares with what is stored. */
#define TOPIC_TOKEN                                                                                                  \
    "(SELECT d.rows_digest FROM cg_topic_dates d WHERE d.ecosystem = ?1 AND d.tenant_id = ?2 AND d.tracking_date = " \
    "?3)"

/*
 * What the date's billing lines cannot have changed without: what its calculation followed from. "" when that is not
 * known, or no longer true; NULL for dates that were never calculated here.
 */
#define BILLING_TOKEN                                                                                            \
    "(SELECT CASE WHEN s.calculation_id = d.calculation_id AND s.chargeback_calculated = TRUE AND "              \
    "d.inputs_digest IS NOT NULL THEN d.inputs_digest ELSE '' END "                                              \
    "FROM cg_dates d LEFT JOIN pipeline_state s ON s.ecosystem = d.ecosystem AND s.tenant_id = d.tenant_id AND " \
    "s.tracking_date = d.tracking_date WHERE d.ecosystem = ?1 AND d.tenant_id = ?2 AND d.tracking_date = ?3)"

/* Whether the date was calculated here, else NULL. */
#define INVENTORY_TOKEN \
    "(SELECT '' FROM cg_dates d WHERE d.ecosystem = ?1 AND d.tenant_id = ?2 AND d.tracking_date = ?3)"

#define LOOK(token)                                                                              \
    "SELECT " token ", (SELECT r.status FROM emission_records r WHERE r.ecosystem = ?1 AND "     \
    "r.tenant_id = ?2 AND r.date = ?3 AND r.emitter_name = ?4 AND r.pipeline = ?5), "            \
    "(SELECT e.rows_digest FROM cg_emissions e WHERE e.ecosystem = ?1 AND e.tenant_id = ?2 AND " \
    "e.date = ?3 AND e.emitter_name = ?4 AND e.pipeline = ?5)"

/* Dates with a record whose rows may all be gone. */
#define RECORDED(table, state)                                                                                  \
    "SELECT r.date FROM emission_records r JOIN " table " d ON d.ecosystem = r.ecosystem AND "                  \
    "d.tenant_id = r.tenant_id AND d.tracking_date = r.date " state                                             \
    "WHERE r.ecosystem = ?1 AND r.tenant_id = ?2 AND r.date >= ?3 AND r.emitter_name = ?4 AND r.pipeline = ?5 " \
    "AND (d.rows_digest = ?6"

/* Calculated to none here, or calculated by somebody else since. */
#define WITHDRAWN_CHARGEBACKS                                                                                     \
    RECORDED("cg_dates", "LEFT JOIN pipeline_state s ON s.ecosystem = r.ecosystem AND s.tenant_id = r.tenant_id " \
                         "AND s.tracking_date = r.date ")                                                         \
    " OR s.calculation_id <> d.calculation_id)"

/* What is known of a date that may be due. */
struct look {
    struct cg_emission_date *date;
    const char *token;  /* of the kind of rows */
    const char *status; /* recorded, or NULL */
    const char *sent;   /* what was sent, or NULL */
    const char *now;    /* the rows as they are, of the inventory */
    int due;
    int refresh; /* not due, but what was sent is to be written down anew */
};

struct question;

/* What is asked about the rows of a pipeline. */
struct pipeline {
    const char *name;
    uint32_t kind; /* CG_FACTS_: dates with such facts */
    const char *look_sql;
    const char *withdrawn_sql;
    /* Fills in `date->rows`, `due` and `refresh`. */
    cg_status (*judge)(const struct question *question, struct look *look);
    int inventory; /* 1: `look.now` is needed */
    int identities;
};

/* Whose records are asked for. */
struct question {
    struct cg_store *store;
    const char *emitter;
    const struct pipeline *pipeline;
    struct cg_arena *arena;
    struct cg_error *error;
};

static int is_sent(const struct look *look) {
    return look->status && strcmp(look->status, CG_EMISSION_EMITTED) == 0;
}

/* The token is what the rows are. */
static cg_status judge_facts(const struct question *question, struct look *look) {
    (void)question;
    look->date->rows = look->token;
    look->due = !is_sent(look) || (look->token && (!look->sent || strcmp(look->sent, look->token) != 0));
    return CG_OK;
}

static cg_status judge_things(const struct question *question, struct look *look) {
    (void)question;
    look->date->rows = look->date->withdrawn ? cg_emission_state_none : look->now;
    look->due = !is_sent(look) || (look->token && (!look->sent || strcmp(look->sent, look->date->rows) != 0));
    return CG_OK;
}

/* What was sent is the digest of the lines, a space, and the token of then: while that is the same they need not be
 * read. */
#define STATE_LENGTH ((size_t)CG_DIGEST_TEXT_SIZE - 1)

static cg_status judge_billing(const struct question *question, struct look *look) {
    char state[CG_DIGEST_TEXT_SIZE];
    const char *const token = look->token ? look->token : "";
    const int whole = look->sent && strlen(look->sent) > STATE_LENGTH;
    if (is_sent(look) && !look->date->withdrawn &&
        (!look->token || (*token && whole && strcmp(look->sent + STATE_LENGTH + 1, token) == 0)))
        return CG_OK;
    cg_status status = CG_OK;
    if (look->date->withdrawn)
        memcpy(state, cg_emission_state_none, sizeof state);
    else
        status = cg_emission_state_of_billing(question->store, look->date->date, state, question->error);
    if (status != CG_OK)
        return status;
    look->date->rows = cg_arena_printf(question->arena, "%s %s", state, token);
    if (!look->date->rows)
        return cg_error_no_memory(question->error);
    look->due = !is_sent(look) || (look->token && (!whole || memcmp(look->sent, state, STATE_LENGTH) != 0));
    look->refresh = !look->due && look->sent && strcmp(look->sent, look->date->rows) != 0;
    return CG_OK;
}

static const struct pipeline pipelines[] = {
    {CG_PIPELINE_CHARGEBACK, CG_FACTS_CHARGEBACK, LOOK(CHARGEBACK_TOKEN), WITHDRAWN_CHARGEBACKS, judge_facts, 0, 0},
    {CG_PIPELINE_TOPICS, CG_FACTS_TOPIC, LOOK(TOPIC_TOKEN), RECORDED("cg_topic_dates", "") ")", judge_facts, 0, 0},
    {CG_PIPELINE_BILLING, CG_FACTS_CHARGEBACK, LOOK(BILLING_TOKEN), WITHDRAWN_CHARGEBACKS, judge_billing, 0, 0},
    {CG_PIPELINE_RESOURCES, CG_FACTS_CHARGEBACK, LOOK(INVENTORY_TOKEN), WITHDRAWN_CHARGEBACKS, judge_things, 1, 0},
    {CG_PIPELINE_IDENTITIES, CG_FACTS_CHARGEBACK, LOOK(INVENTORY_TOKEN), WITHDRAWN_CHARGEBACKS, judge_things, 1, 1},
};

static const struct pipeline *find_pipeline(const char *name) {
    for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++)
        if (strcmp(pipelines[i].name, name) == 0)
            return &pipelines[i];
    return NULL;
}

static cg_status add_withdrawn(const struct question *question, int64_t not_before, struct cg_dates *dates) {
    struct cg_query query;
    char none[CG_DIGEST_TEXT_SIZE];
    if (not_before == CG_TIME_NONE && cg_time_from_date(1, 1, 1, &not_before) != CG_OK)
        return cg_error_set(question->error, CG_RANGE, "the calendar has no first day");
    cg_rows_digest_none(none);
    cg_query_start(&query, question->store, question->pipeline->withdrawn_sql, "looking for dates without rows",
                   question->error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, not_before);
    cg_query_text(&query, 4, question->emitter);
    cg_query_text(&query, 5, question->pipeline->name);
    cg_query_text(&query, 6, none);
    while (cg_query_row(&query)) {
        int64_t day = cg_query_time(&query, 0);
        if (query.status == CG_OK)
            query.status = cg_dates_add(dates, cg_time_day(day), question->error);
    }
    return cg_query_end(&query);
}

/* Dates with facts, and behind them, in `*ret_all`, those together with the withdrawn ones; both ascend. */
static cg_status list_dates(const struct question *question, int64_t not_before, int64_t **ret_all, size_t *ret_count,
                            int64_t **ret_facts, size_t *ret_fact_count) {
    struct cg_dates facts = {0};
    struct cg_dates all = {0};
    cg_status status = cg_dates_add_facts(question->store, question->pipeline->kind, not_before, CG_TIME_NONE, &facts,
                                          question->error);
    for (size_t i = 0; i < facts.count && status == CG_OK; i++)
        status = cg_dates_add(&all, facts.items[i], question->error);
    if (status == CG_OK)
        status = add_withdrawn(question, not_before, &all);
    if (status == CG_OK)
        status = cg_dates_move(&facts, question->arena, ret_facts, ret_fact_count, question->error);
    if (status == CG_OK)
        status = cg_dates_move(&all, question->arena, ret_all, ret_count, question->error);
    cg_dates_done(&facts);
    cg_dates_done(&all);
    return status;
}

/* Reads what is recorded of the date, and judges it. */
static cg_status look_at(const struct question *question, struct look *look) {
    struct cg_query query;
    cg_query_start(&query, question->store, question->pipeline->look_sql, "looking for dates to emit", question->error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, look->date->date);
    cg_query_text(&query, 4, question->emitter);
    cg_query_text(&query, 5, question->pipeline->name);
    if (cg_query_row(&query)) {
        look->token = cg_query_copy(&query, 0, question->arena);
        look->status = cg_query_copy(&query, 1, question->arena);
        look->sent = cg_query_copy(&query, 2, question->arena);
    }
    cg_status status = cg_query_end(&query);
    return status == CG_OK ? question->pipeline->judge(question, look) : status;
}

/* Dates that were found out about: those that are due, and behind them those to be written down anew. */
struct findings {
    struct cg_emission_date *due;
    size_t due_count;
    struct cg_emission_date *refresh;
    size_t refresh_count;
};

static cg_status find_due(const struct question *question, int64_t not_before, struct findings *ret) {
    int64_t *days = NULL;
    int64_t *facts = NULL;
    size_t count = 0;
    size_t fact_count = 0;
    cg_status status = list_dates(question, not_before, &days, &count, &facts, &fact_count);
    if (status != CG_OK)
        return status;
    ret->due = cg_arena_array(question->arena, count + 1, sizeof *ret->due);
    ret->refresh = cg_arena_array(question->arena, count + 1, sizeof *ret->refresh);
    char(*states)[CG_DIGEST_TEXT_SIZE] = cg_arena_array(question->arena, count + 1, sizeof *states);
    if (!ret->due || !ret->refresh || !states)
        return cg_error_no_memory(question->error);
    if (question->pipeline->inventory && count)
        status = cg_emission_states_of_inventory(question->store, question->pipeline->identities, days, count, states,
                                                 question->error);
    for (size_t i = 0, fact = 0; i < count && status == CG_OK; i++) {
        struct cg_emission_date date = {.date = days[i]};
        struct look look = {.date = &date, .now = states[i]};
        while (fact < fact_count && facts[fact] < days[i])
            fact++;
        date.withdrawn = fact == fact_count || facts[fact] != days[i];
        status = look_at(question, &look);
        if (look.due)
            ret->due[ret->due_count++] = date;
        else if (look.refresh)
            ret->refresh[ret->refresh_count++] = date;
    }
    return status;
}

static cg_status record_rows(struct cg_store *store, const char *emitter, const char *pipeline,
                             const struct cg_emission_date *date, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "INSERT INTO cg_emissions (ecosystem, tenant_id, date, emitter_name, pipeline, rows_digest) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                   "ON CONFLICT (ecosystem, tenant_id, emitter_name, pipeline, date) DO UPDATE SET "
                   "rows_digest = excluded.rows_digest",
                   "recording an emission", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date->date);
    cg_query_text(&query, 4, emitter);
    cg_query_text(&query, 5, pipeline);
    cg_query_text(&query, 6, date->rows ? date->rows : "");
    return cg_query_run(&query, NULL);
}

/* The rows are those that were sent, but what they were compared by is another: the next look is to be short again. */
static cg_status refresh(const struct question *question, const struct findings *findings) {
    int32_t own = 0;
    if (!findings->refresh_count)
        return CG_OK;
    cg_status status = cg_store_enter(question->store, CG_SQL_BEGIN_WRITE, &own, question->error);
    if (status != CG_OK)
        return status;
    for (size_t i = 0; i < findings->refresh_count && status == CG_OK; i++)
        status = record_rows(question->store, question->emitter, question->pipeline->name, &findings->refresh[i],
                             question->error);
    return cg_store_leave(question->store, own, status, question->error);
}

cg_status cg_store_emission_dates(struct cg_store *store, const char *emitter, const char *pipeline, int64_t not_before,
                                  struct cg_arena *arena, struct cg_emission_date **ret_dates, size_t *ret_count,
                                  struct cg_error *error) {
    const struct question question = {store, emitter, find_pipeline(pipeline), arena, error};
    struct findings findings = {0};
    int32_t own = 0;
    if (!question.pipeline)
        return cg_store_error(store, error, CG_INVALID, "there is no pipeline '%.40s' of emissions", pipeline);
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_READ, &own, error);
    if (status != CG_OK)
        return status;
    status = cg_store_leave(store, own, find_due(&question, not_before, &findings), error);
    if (status == CG_OK)
        status = refresh(&question, &findings);
    if (status == CG_OK) {
        *ret_dates = findings.due;
        *ret_count = findings.due_count;
    }
    return status;
}

static cg_status count_attempt(struct cg_store *store, const char *emitter, const char *pipeline, int64_t date,
                               const char *status, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "INSERT INTO emission_records (ecosystem, tenant_id, date, emitter_name, pipeline, status, "
                   "attempt_count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1) "
                   "ON CONFLICT (ecosystem, tenant_id, emitter_name, pipeline, date) DO UPDATE SET "
                   "status = excluded.status, attempt_count = emission_records.attempt_count + 1",
                   "recording an emission", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    cg_query_text(&query, 4, emitter);
    cg_query_text(&query, 5, pipeline);
    cg_query_text(&query, 6, status);
    return cg_query_run(&query, NULL);
}

cg_status cg_store_record_emission(struct cg_store *store, const char *emitter, const char *pipeline,
                                   const struct cg_emission_date *date, const char *status, struct cg_error *error) {
    int32_t own = 0;
    cg_status result = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (result != CG_OK)
        return result;
    result = count_attempt(store, emitter, pipeline, date->date, status, error);
    if (result == CG_OK && strcmp(status, CG_EMISSION_EMITTED) == 0)
        result = record_rows(store, emitter, pipeline, date, error);
    return cg_store_leave(store, own, result, error);
}
