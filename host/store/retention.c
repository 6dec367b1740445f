#include "store/retention.h"

#include <inttypes.h>
#include <time.h>

#include <chitragupt/emitter.h>

#include "store/dimensions.h"
#include "store/list.h"
#include "store/months.h"
#include "store/private.h"
#include "store/query.h"
#include "store/select.h"

/* Longest time that anything is kept; far beyond what a calendar of text can be asked for. */
#define MOST_DAYS 100000

/* Longest pause between two steps. */
#define LONGEST_PAUSE_NS 100000000

/* What a row's age is compared with. */
enum bound {
    BOUND_DAY,        /* the first midnight that is kept, for times of whole seconds */
    BOUND_DATE,       /* the same day, for dates */
    BOUND_LIFE,       /* the same day, for lives: who lived in it is part of what its rows follow from */
    BOUND_EXACT,      /* for times to the microsecond */
    BOUND_TOPIC,      /* the first second of which topic rows are kept */
    BOUND_TOPIC_DAY,  /* the first day of which all topic rows are kept */
    BOUND_TOPIC_DATE, /* the first day of which anything about topics is known */
    BOUND_COUNT
};

/*
 * One kind of rows that go away. A statement deletes at most so many of them, oldest first. Its parameters: ecosystem,
 * tenant, bound, most rows; of runs, which know neither ecosystem nor tenant id: tenant name, bound, most rows.
 */
struct victim {
    const char *doing;
    const char *sql;
    const char *other_sql;   /* in place of `sql` for tenants without environments, or NULL */
    const char *next_sql;    /* where there is a server: the first time, from a time on, of anybody's row; or NULL */
    const char *day_sql;     /* deletes what lies between two times, the third and fourth parameter */
    const char *hanging_sql; /* deletes what hangs on a row that `sql` returned: its id, tenant; or NULL */
    enum bound bound;
    int32_t is_run;
    int32_t is_kept; /* the rows are only changed */
};

/* A range of the table's key. */
#define OLDEST(table, key, age)                                                                         \
    "DELETE FROM " table " WHERE (" key ") IN (SELECT " key " FROM " table " WHERE ecosystem = ?1 AND " \
    "tenant_id = ?2 AND " age " < ?3 ORDER BY " age " LIMIT ?4)"

/* Found by the index on the age: the tenant is compared through an expression, which keeps a database without
 * statistics from walking all its rows by the index on that. */
#define BY_AGE(table, key, age, where)                                                                          \
    "SELECT " key " FROM " table " WHERE ecosystem || '' = ?1 AND tenant_id || '' = ?2 AND " age " < ?3 " where \
    "ORDER BY " age " LIMIT ?4"

/* The order of the join is the point: by time, and from each fact to its dimension. */
#define OLDEST_FACTS(facts, dimensions)                                                                        \
    "DELETE FROM " facts " WHERE (timestamp, dimension_id) IN (SELECT f.timestamp, f.dimension_id FROM " facts \
    " f CROSS JOIN " dimensions " d WHERE d.dimension_id = f.dimension_id AND d.ecosystem = ?1 AND "           \
    "d.tenant_id = ?2 AND f.timestamp < ?3 ORDER BY f.timestamp, f.dimension_id LIMIT ?4)"

/*
 * A server keeps what is deleted in its indexes until it tidies up, so a step begins where the one before it ended. A
 * step is a day, as it was written: whatever the server knows about the table, it does not look at other days for it,
 * nor at other partitions.
 */
#define NEXT_TIME(facts) "SELECT MIN(timestamp) FROM " facts " WHERE timestamp >= ?1 AND timestamp < ?2"
#define DAY(facts, dimensions)                                                                            \
    "DELETE FROM " facts                                                                                  \
    " WHERE timestamp >= ?3 AND timestamp < ?4 AND dimension_id IN (SELECT dimension_id FROM " dimensions \
    " WHERE ecosystem = ?1 AND tenant_id = ?2)"

#define ENTITIES(table, key)                                                 \
    "DELETE FROM " table " WHERE ecosystem = ?1 AND tenant_id = ?2 AND " key \
    " IN (" BY_AGE(table, key, "deleted_at", "") ") RETURNING " key
#define TAGS(type) "DELETE FROM tags WHERE tenant_id = ?2 AND entity_type = '" type "' AND entity_id = ?1"

#define RECORDS(pipeline)                                                                 \
    "DELETE FROM emission_records WHERE id IN (" BY_AGE("emission_records", "id", "date", \
                                                        "AND pipeline " pipeline " ") ")"
#define EMISSIONS(pipeline)                                                                                      \
    "DELETE FROM cg_emissions WHERE (ecosystem, tenant_id, emitter_name, pipeline, date) IN (SELECT ecosystem, " \
    "tenant_id, emitter_name, pipeline, date FROM cg_emissions WHERE ecosystem = ?1 AND tenant_id = ?2 AND "     \
    "date < ?3 AND pipeline " pipeline " ORDER BY date LIMIT ?4)"
#define TOPICS "= '" CG_PIPELINE_TOPICS "'"
#define OTHERS "<> '" CG_PIPELINE_TOPICS "'"

/*
 * What makes somebody calculate a date goes first, so that this never happens to one of which a part is gone; the
 * record of its emission goes after its rows, so that nobody emits it again.
 */
static const struct victim marks[] = {
    {.doing = "deleting the state of old dates",
     .sql = OLDEST("pipeline_state", "ecosystem, tenant_id, tracking_date", "tracking_date"),
     .bound = BOUND_DATE},
    {.doing = "deleting the records of old dates",
     .sql = OLDEST("cg_dates", "ecosystem, tenant_id, tracking_date", "tracking_date"),
     .bound = BOUND_DATE},
    /* What was sent of the date stays known, but not that its rows are there: somebody may want them back. */
    {.doing = "forgetting what old topic rows follow from",
     .sql = "UPDATE cg_topic_dates SET inputs_digest = NULL, questions = NULL WHERE (ecosystem, tenant_id, "
            "tracking_date) IN (SELECT ecosystem, tenant_id, tracking_date FROM cg_topic_dates WHERE ecosystem = ?1 "
            "AND tenant_id = ?2 AND tracking_date < ?3 AND inputs_digest IS NOT NULL ORDER BY tracking_date LIMIT ?4)",
     .bound = BOUND_TOPIC_DAY,
     .is_kept = 1},
};
static const struct victim lines = {
    .doing = "deleting old billing lines",
    .sql = OLDEST("ccloud_billing",
                  "ecosystem, tenant_id, timestamp, env_id, resource_id, product_type, product_category", "timestamp"),
    .other_sql =
        OLDEST("billing", "ecosystem, tenant_id, timestamp, resource_id, product_type, product_category", "timestamp"),
    .bound = BOUND_DAY};
static const struct victim facts[CG_FACT_KINDS] = {
    {.doing = "deleting old chargeback rows",
     .sql = OLDEST_FACTS("chargeback_facts", "chargeback_dimensions"),
     .next_sql = NEXT_TIME("chargeback_facts"),
     .day_sql = DAY("chargeback_facts", "chargeback_dimensions"),
     .bound = BOUND_DAY},
    {.doing = "deleting old topic rows",
     .sql = OLDEST_FACTS("topic_attribution_facts", "topic_attribution_dimensions"),
     .next_sql = NEXT_TIME("topic_attribution_facts"),
     .day_sql = DAY("topic_attribution_facts", "topic_attribution_dimensions"),
     .bound = BOUND_TOPIC}};
static const struct victim rest[] = {
    {.doing = "deleting old emission records", .sql = RECORDS(OTHERS), .bound = BOUND_DATE},
    {.doing = "deleting old emission records", .sql = EMISSIONS(OTHERS), .bound = BOUND_DATE},
    {.doing = "deleting old emission records", .sql = RECORDS(TOPICS), .bound = BOUND_TOPIC_DATE},
    {.doing = "deleting old emission records", .sql = EMISSIONS(TOPICS), .bound = BOUND_TOPIC_DATE},
    {.doing = "deleting the records of old dates",
     .sql = OLDEST("cg_topic_dates", "ecosystem, tenant_id, tracking_date", "tracking_date"),
     .bound = BOUND_TOPIC_DATE},
    {.doing = "deleting old billing revisions",
     .sql = OLDEST("cg_date_revisions", "id", "tracking_date"),
     .bound = BOUND_DATE},
    {.doing = "deleting old billing revisions",
     .sql = OLDEST("cg_billing_revisions", "id", "timestamp"),
     .bound = BOUND_DAY},
    {.doing = "deleting resources that are long gone",
     .sql = ENTITIES("resources", "resource_id"),
     .hanging_sql = TAGS("resource"),
     .bound = BOUND_LIFE},
    {.doing = "deleting identities that are long gone",
     .sql = ENTITIES("identities", "identity_id"),
     .hanging_sql = TAGS("identity"),
     .bound = BOUND_LIFE},
    {.doing = "deleting old runs",
     .sql = "DELETE FROM pipeline_runs WHERE id IN (SELECT id FROM pipeline_runs WHERE tenant_name = ?1 AND "
            "ended_at < ?2 AND id <> (SELECT MAX(newest.id) FROM pipeline_runs newest WHERE newest.tenant_name = ?1) "
            "AND id NOT IN (SELECT calculation_run_id FROM pipeline_state WHERE calculation_run_id IS NOT NULL) "
            "ORDER BY id LIMIT ?3) RETURNING id",
     .hanging_sql = "DELETE FROM cg_run_owners WHERE run_id = ?1",
     .bound = BOUND_EXACT,
     .is_run = 1},
};

/* What one call works on. */
struct work {
    struct cg_store *store;
    const struct cg_retention *retention;
    int64_t bounds[BOUND_COUNT]; /* CG_TIME_NONE: what is compared with it is left alone */
    uint64_t deleted;
    int64_t next; /* where the next day of facts is looked for */
    struct cg_error *error;
};

static cg_status check_stop(struct work *work) {
    if (work->retention->cancelled && *work->retention->cancelled)
        return cg_store_error(work->store, work->error, CG_CANCELLED, "deleting old rows was stopped");
    return CG_OK;
}

static void bind_bound(struct cg_query *query, uint32_t index, enum bound bound, int64_t time) {
    if (bound == BOUND_DATE || bound == BOUND_TOPIC_DATE || bound == BOUND_TOPIC_DAY)
        cg_query_date(query, index, time);
    else if (bound == BOUND_LIFE || bound == BOUND_EXACT)
        cg_query_micros(query, index, time);
    else
        cg_query_seconds(query, index, time);
}

static int32_t goes_by_day(const struct work *work, const struct victim *victim) {
    return victim->day_sql && cg_store_has_server(work->store);
}

/* `*ret` is CG_TIME_NONE when there are no more. */
static cg_status find_next(struct work *work, const struct victim *victim, int64_t *ret) {
    struct cg_query query;
    cg_query_start(&query, work->store, victim->next_sql, victim->doing, work->error);
    cg_query_seconds(&query, 1, work->next);
    cg_query_seconds(&query, 2, work->bounds[victim->bound]);
    if (cg_query_row(&query))
        *ret = cg_query_time(&query, 0);
    return cg_query_end(&query);
}

/* Days on which only others have rows are passed. */
static cg_status delete_day(struct work *work, const struct victim *victim, int64_t *ret_changes) {
    cg_status status = CG_OK;
    int64_t changes = 0;
    while (status == CG_OK && !changes) {
        struct cg_query query;
        int64_t start = CG_TIME_NONE;
        status = find_next(work, victim, &start);
        if (status != CG_OK || start == CG_TIME_NONE)
            break;
        int64_t end = cg_time_day(start) + CG_DAY_US;
        work->next = end < work->bounds[victim->bound] ? end : work->bounds[victim->bound];
        cg_query_start(&query, work->store, victim->day_sql, victim->doing, work->error);
        cg_query_tenant(&query);
        cg_query_seconds(&query, 3, start);
        cg_query_seconds(&query, 4, work->next);
        status = cg_query_run(&query, &changes);
    }
    *ret_changes = changes;
    return status;
}

/* The ids of deleted rows are put into `ids`, when something hangs on them. */
static cg_status delete_rows(struct work *work, const struct victim *victim, struct cg_list *ids,
                             int64_t *ret_changes) {
    const char *sql = victim->other_sql && !work->store->has_environments ? victim->other_sql : victim->sql;
    uint32_t owner = victim->is_run ? 1 : 2; /* parameters that say whose rows they are */
    struct cg_query query;
    cg_query_start(&query, work->store, sql, victim->doing, work->error);
    if (victim->is_run)
        cg_query_text(&query, 1, work->store->tenant_name);
    else
        cg_query_tenant(&query);
    bind_bound(&query, owner + 1, victim->bound, work->bounds[victim->bound]);
    cg_query_int(&query, owner + 2, CG_RETENTION_STEP);
    if (!victim->hanging_sql)
        return cg_query_run(&query, ret_changes);
    while (cg_query_row(&query)) {
        const char *id = cg_query_copy(&query, 0, work->store->scratch);
        if (query.status == CG_OK)
            query.status = cg_list_add(ids, id, work->error);
    }
    *ret_changes = (int64_t)ids->count;
    return cg_query_end(&query);
}

static cg_status delete_hanging(struct work *work, const struct victim *victim, const char *id, int64_t *changes) {
    struct cg_query query;
    int64_t count = 0;
    cg_query_start(&query, work->store, victim->hanging_sql, victim->doing, work->error);
    cg_query_text(&query, 1, id);
    if (!victim->is_run)
        cg_query_text(&query, 2, work->store->tenant_id);
    cg_status status = cg_query_run(&query, &count);
    *changes += count;
    return status;
}

/* One transaction. `*ret_changes` is the number of rows of the kind itself. */
static cg_status delete_step(struct work *work, const struct victim *victim, int64_t *ret_changes) {
    struct cg_list ids = {0};
    int64_t hanging = 0;
    int32_t own = 0;
    cg_arena_reset(work->store->scratch);
    cg_status status = cg_store_enter(work->store, CG_SQL_BEGIN_WRITE, &own, work->error);
    if (status != CG_OK)
        return status;
    status = goes_by_day(work, victim) ? delete_day(work, victim, ret_changes)
                                       : delete_rows(work, victim, &ids, ret_changes);
    for (size_t i = 0; i < ids.count && status == CG_OK; i++)
        status = delete_hanging(work, victim, ids.items[i], &hanging);
    cg_list_done(&ids);
    status = cg_store_leave(work->store, own, status, work->error);
    cg_arena_reset(work->store->scratch);
    if (status == CG_OK && !victim->is_kept)
        work->deleted += (uint64_t)(hanging + *ret_changes);
    return status;
}

static int64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/*
 * Waits as long as the step took that began at `start`. SQLite gives a lock to whoever happens to ask while it is free,
 * so without a pause others would wait until everything is deleted, and give up. A server has a queue.
 */
static void give_way(const struct work *work, int64_t start) {
    if (cg_store_has_server(work->store))
        return;
    int64_t spent = clock_ns() - start;
    if (spent > LONGEST_PAUSE_NS)
        spent = LONGEST_PAUSE_NS;
    const struct timespec pause = {.tv_nsec = (long)spent};
    nanosleep(&pause, NULL);
}

static cg_status delete_all(struct work *work, const struct victim *victim) {
    const int64_t full = goes_by_day(work, victim) ? 1 : CG_RETENTION_STEP;
    int64_t changes = full;
    work->next = CG_TIME_FIRST;
    cg_status status = CG_OK;
    while (status == CG_OK && changes >= full && work->bounds[victim->bound] != CG_TIME_NONE) {
        int64_t start = clock_ns();
        changes = 0;
        status = check_stop(work);
        if (status == CG_OK)
            status = delete_step(work, victim, &changes);
        if (changes >= full)
            give_way(work, start);
    }
    return status;
}

/* ---- dimensions that no row uses ---- */

#define NEXT_DIMENSIONS(dimensions)                                                              \
    "SELECT COUNT(*), COALESCE(MAX(dimension_id), 0) FROM (SELECT dimension_id FROM " dimensions \
    " WHERE ecosystem = ?1 AND tenant_id = ?2 AND dimension_id > ?3 ORDER BY dimension_id LIMIT ?4) found"
#define UNUSED(facts, dimensions)                                                                                    \
    " FROM " dimensions " WHERE ecosystem = ?1 AND tenant_id = ?2 AND dimension_id > ?3 AND dimension_id <= ?4 AND " \
    "NOT EXISTS (SELECT 1 FROM " facts " f WHERE f.dimension_id = " dimensions ".dimension_id)"

struct dimension_statements {
    const char *range_sql;
    const char *look_sql;
    const char *delete_sql;
};

static const struct dimension_statements dimension_statements[CG_FACT_KINDS] = {
    {NEXT_DIMENSIONS("chargeback_dimensions"),
     "SELECT 1" UNUSED("chargeback_facts", "chargeback_dimensions") " LIMIT 1",
     "DELETE" UNUSED("chargeback_facts", "chargeback_dimensions")},
    {NEXT_DIMENSIONS("topic_attribution_dimensions"),
     "SELECT 1" UNUSED("topic_attribution_facts", "topic_attribution_dimensions") " LIMIT 1",
     "DELETE" UNUSED("topic_attribution_facts", "topic_attribution_dimensions")},
};

/* Ids behind `after` up to `last`. */
struct range {
    int64_t after;
    int64_t last;
    int64_t count; /* of dimensions in it */
};

static cg_status start_range(struct cg_query *query, struct work *work, const char *sql, int64_t after, int64_t last) {
    cg_query_start(query, work->store, sql, "deleting dimensions without rows", work->error);
    cg_query_tenant(query);
    cg_query_int(query, 3, after);
    cg_query_int(query, 4, last);
    return query->status;
}

/* Goes on to the next dimensions, CG_RETENTION_STEP at most. */
static cg_status next_range(struct work *work, uint32_t kind, struct range *range) {
    struct cg_query query;
    range->after = range->last;
    start_range(&query, work, dimension_statements[kind].range_sql, range->after, CG_RETENTION_STEP);
    if (cg_query_row(&query)) {
        range->count = cg_query_number(&query, 0);
        range->last = cg_query_number(&query, 1);
    }
    return cg_query_end(&query);
}

static cg_status has_unused(struct work *work, uint32_t kind, const struct range *range, int32_t *ret) {
    struct cg_query query;
    start_range(&query, work, dimension_statements[kind].look_sql, range->after, range->last);
    *ret = cg_query_row(&query);
    return cg_query_end(&query);
}

static cg_status delete_unused(struct work *work, uint32_t kind, const struct range *range) {
    struct cg_query query;
    int64_t changes = 0;
    start_range(&query, work, dimension_statements[kind].delete_sql, range->after, range->last);
    cg_status status = cg_query_run(&query, &changes);
    work->deleted += (uint64_t)changes;
    return status;
}

/* Range by range; only those with something to delete take the write lock. */
static cg_status delete_dimensions(struct work *work, uint32_t kind) {
    struct range range = {.count = CG_RETENTION_STEP};
    cg_status status = CG_OK;
    while (status == CG_OK && range.count == CG_RETENTION_STEP) {
        int64_t start = clock_ns();
        int32_t unused = 0;
        range.count = 0;
        status = check_stop(work);
        if (status == CG_OK)
            status = next_range(work, kind, &range);
        if (status == CG_OK && range.count)
            status = has_unused(work, kind, &range, &unused);
        if (status == CG_OK && unused)
            status = delete_unused(work, kind, &range);
        if (unused)
            give_way(work, start);
    }
    return status;
}

/* Months whose rows are all too old go as a whole; what is left of them is deleted row by row. */
static cg_status drop_months(struct work *work, uint32_t kind) {
    struct cg_months months;
    cg_arena_reset(work->store->scratch);
    cg_status status = cg_months_before(work->store, kind, work->bounds[facts[kind].bound], &months, work->error);
    for (size_t i = 0; i < months.count && status == CG_OK; i++) {
        int64_t rows = 0;
        status = check_stop(work);
        if (status == CG_OK)
            status = cg_months_drop(work->store, months.names[i], &rows, work->error);
        if (status == CG_OK)
            work->deleted += (uint64_t)rows;
    }
    cg_arena_reset(work->store->scratch);
    return status;
}

/* Looked for only after rows went: without that, at most dates that were calculated again left some behind, which wait.
 */
static cg_status delete_facts(struct work *work, uint32_t kind) {
    uint64_t deleted = work->deleted;
    cg_status status = drop_months(work, kind);
    if (status == CG_OK)
        status = delete_all(work, &facts[kind]);
    return status == CG_OK && work->deleted != deleted ? delete_dimensions(work, kind) : status;
}

/* ---- all of it ---- */

/* Beginning of the month in which a time lies. */
static int64_t month_of(int64_t time) {
    int32_t number = 1;
    cg_time_to_date(time, NULL, NULL, &number);
    return cg_time_day(time) - CG_DAY_US * (number - 1);
}

int64_t cg_retention_first_day(const struct cg_retention *retention) {
    int64_t cutoff = retention->now - retention->days * CG_DAY_US;
    return retention->whole_months ? month_of(cutoff) : cg_time_day(cutoff);
}

/* Rows have whole seconds, so a bound within a second is as good as the next one. */
int64_t cg_retention_first_topic(const struct cg_retention *retention) {
    int64_t topic = retention->now - retention->topic_days * CG_DAY_US;
    int64_t fraction = (topic % 1000000 + 1000000) % 1000000;
    if (retention->whole_topic_months)
        return month_of(topic);
    return fraction ? topic - fraction + 1000000 : topic;
}

static cg_status set_bounds(struct work *work) {
    const struct cg_retention *retention = work->retention;
    if (retention->days < 1 || retention->days > MOST_DAYS || retention->topic_days < 0 ||
        retention->topic_days > MOST_DAYS)
        return cg_store_error(work->store, work->error, CG_INVALID,
                              "rows cannot be kept for %" PRId64 " days, nor topic rows for %" PRId64 "; write 1 to %d",
                              retention->days, retention->topic_days, MOST_DAYS);
    int64_t day = cg_retention_first_day(retention);
    work->bounds[BOUND_DAY] = day;
    work->bounds[BOUND_DATE] = day;
    work->bounds[BOUND_LIFE] = day;
    work->bounds[BOUND_EXACT] = retention->now - retention->days * CG_DAY_US;
    work->bounds[BOUND_TOPIC] = CG_TIME_NONE;
    work->bounds[BOUND_TOPIC_DAY] = CG_TIME_NONE;
    work->bounds[BOUND_TOPIC_DATE] = CG_TIME_NONE;
    if (retention->topic_days == 0)
        return CG_OK;
    int64_t topic = cg_retention_first_topic(retention);
    int64_t topic_day = cg_time_day(topic);
    work->bounds[BOUND_TOPIC] = topic;
    work->bounds[BOUND_TOPIC_DAY] = topic_day < topic ? topic_day + CG_DAY_US : topic_day;
    /* A date that still has a state must not be emitted again. */
    work->bounds[BOUND_TOPIC_DATE] = topic_day < day ? topic_day : day;
    return CG_OK;
}

static cg_status delete_each(struct work *work, const struct victim *victims, size_t count) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = delete_all(work, &victims[i]);
    return status;
}

static cg_status retain(struct work *work) {
    cg_status status = set_bounds(work);
    if (status == CG_OK)
        status = delete_each(work, marks, sizeof marks / sizeof marks[0]);
    if (status == CG_OK)
        status = delete_all(work, &lines);
    for (uint32_t kind = 0; kind < CG_FACT_KINDS && status == CG_OK; kind++)
        status = delete_facts(work, kind);
    return status == CG_OK ? delete_each(work, rest, sizeof rest / sizeof rest[0]) : status;
}

cg_status cg_store_retain(struct cg_store *store, const struct cg_retention *retention, uint64_t *ret_deleted,
                          struct cg_error *error) {
    struct work work = {.store = store, .retention = retention, .error = error};
    cg_status status = CG_OK;
    if (store->in_transaction)
        status = cg_store_error(store, error, CG_INVALID, "old rows are not deleted within another transaction");
    else
        status = retain(&work);
    *ret_deleted = work.deleted;
    return status;
}
