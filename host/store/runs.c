#include "store/runs.h"

#include <string.h>

#include "store/owner.h"
#include "store/private.h"
#include "store/query.h"

/* Most running rows that are looked at; more than one is already unusual. */
#define MAX_RUNNING 1000

static cg_status put_owner(struct cg_store *store, int64_t id, int64_t now, struct cg_error *error) {
    struct cg_owner owner;
    cg_owner_self(&owner);
    struct cg_query query;
    cg_query_start(&query, store,
                   "INSERT INTO cg_run_owners (run_id, machine, boot, pid, process_start, seen_at) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (run_id) DO UPDATE SET machine = excluded.machine, "
                   "boot = excluded.boot, pid = excluded.pid, process_start = excluded.process_start, "
                   "seen_at = excluded.seen_at",
                   "recording the run's process", error);
    cg_query_int(&query, 1, id);
    cg_query_text(&query, 2, owner.machine);
    cg_query_text(&query, 3, owner.boot);
    cg_query_int(&query, 4, owner.pid);
    cg_query_text(&query, 5, owner.process_start);
    cg_query_micros(&query, 6, now);
    return cg_query_run(&query, NULL);
}

static cg_status drop_owner(struct cg_store *store, int64_t id, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, "DELETE FROM cg_run_owners WHERE run_id = ?1", "releasing the run", error);
    cg_query_int(&query, 1, id);
    return cg_query_run(&query, NULL);
}

cg_status cg_store_run_start(struct cg_store *store, int64_t now, int64_t *ret_id, struct cg_error *error) {
    int32_t own = 0;
    int64_t id = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status != CG_OK)
        return status;
    struct cg_query query;
    cg_query_start(&query, store,
                   "INSERT INTO pipeline_runs (tenant_name, started_at, status, dates_gathered, dates_calculated, "
                   "rows_written) VALUES (?1, ?2, 'running', 0, 0, 0) RETURNING id",
                   "starting the run", error);
    cg_query_text(&query, 1, store->tenant_name);
    cg_query_micros(&query, 2, now);
    if (cg_query_row(&query))
        id = cg_query_number(&query, 0);
    status = cg_query_run(&query, NULL);
    if (status == CG_OK)
        status = put_owner(store, id, now, error);
    status = cg_store_leave(store, own, status, error);
    if (status == CG_OK)
        *ret_id = id;
    return status;
}

cg_status cg_store_run_touch(struct cg_store *store, int64_t id, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, "UPDATE cg_run_owners SET seen_at = ?1 WHERE run_id = ?2",
                   "telling that the run's process lives", error);
    cg_query_micros(&query, 1, cg_time_now());
    cg_query_int(&query, 2, id);
    return cg_query_run(&query, NULL);
}

cg_status cg_store_run_progress(struct cg_store *store, int64_t id, const char *stage, int64_t date,
                                struct cg_error *error) {
    int32_t own = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status != CG_OK)
        return status;
    struct cg_query query;
    int64_t changed = 0;
    cg_query_start(&query, store,
                   "UPDATE pipeline_runs SET stage = ?1, \"current_date\" = ?2 WHERE id = ?3 AND status = 'running'",
                   "reporting the run's progress", error);
    cg_query_text(&query, 1, stage);
    cg_query_date(&query, 2, date);
    cg_query_int(&query, 3, id);
    status = cg_query_run(&query, &changed);
    if (status == CG_OK && changed == 0)
        status =
            cg_store_error(store, error, CG_NOT_FOUND, "run %lld was declared dead by another process", (long long)id);
    if (status == CG_OK)
        status = cg_store_run_touch(store, id, error);
    return cg_store_leave(store, own, status, error);
}

/* The message, cut to so many characters of UTF-8; NULL stays NULL. */
static cg_status cut_message(struct cg_store *store, const char *message, const char **ret, struct cg_error *error) {
    *ret = NULL;
    if (!message)
        return CG_OK;
    size_t characters = 0;
    size_t length = 0;
    for (; message[length]; length++) {
        if (((unsigned char)message[length] & 0xC0) != 0x80 && ++characters > CG_RUN_MESSAGE_CHARACTERS)
            break;
    }
    *ret = cg_arena_copy(store->scratch, message, length);
    return *ret ? CG_OK : cg_error_no_memory(error);
}

static cg_status finish(struct cg_store *store, int64_t id, int64_t now, const struct cg_run_result *result,
                        const char *message, struct cg_error *error) {
    struct cg_query query;
    int64_t changed = 0;
    cg_query_start(&query, store,
                   "UPDATE pipeline_runs SET status = ?1, ended_at = ?2, dates_gathered = ?3, dates_calculated = ?4, "
                   "rows_written = ?5, error_message = ?6, stage = NULL, \"current_date\" = NULL WHERE id = ?7 AND "
                   "status = 'running'",
                   "finishing the run", error);
    cg_query_text(&query, 1, result->status);
    cg_query_micros(&query, 2, now);
    cg_query_int(&query, 3, result->dates_gathered);
    cg_query_int(&query, 4, result->dates_calculated);
    cg_query_int(&query, 5, result->rows_written);
    cg_query_text(&query, 6, message);
    cg_query_int(&query, 7, id);
    cg_status status = cg_query_run(&query, &changed);
    if (status == CG_OK && changed == 0)
        status = cg_store_error(store, error, CG_NOT_FOUND, "there is no run %lld at work that could be finished",
                                (long long)id);
    return status == CG_OK ? drop_owner(store, id, error) : status;
}

cg_status cg_store_run_finish(struct cg_store *store, int64_t id, int64_t now, const struct cg_run_result *result,
                              struct cg_error *error) {
    const char *message = NULL;
    int32_t own = 0;
    cg_status status = cut_message(store, result->error_message, &message, error);
    if (status == CG_OK)
        status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status == CG_OK)
        status = cg_store_leave(store, own, finish(store, id, now, result, message, error), error);
    cg_arena_reset(store->scratch);
    return status;
}

static cg_status fail_run(struct cg_store *store, int64_t id, int64_t now, const char *message,
                          struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "UPDATE pipeline_runs SET status = 'failed', ended_at = ?1, error_message = ?2, stage = NULL, "
                   "\"current_date\" = NULL WHERE id = ?3 AND status = 'running'",
                   "marking a run as failed", error);
    cg_query_micros(&query, 1, now);
    cg_query_text(&query, 2, message);
    cg_query_int(&query, 3, id);
    cg_status status = cg_query_run(&query, NULL);
    return status == CG_OK ? drop_owner(store, id, error) : status;
}

cg_status cg_store_run_fail(struct cg_store *store, int64_t id, int64_t now, const char *message,
                            struct cg_error *error) {
    const char *cut = NULL;
    int32_t own = 0;
    cg_status status = cut_message(store, message, &cut, error);
    if (status == CG_OK)
        status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status == CG_OK)
        status = cg_store_leave(store, own, fail_run(store, id, now, cut, error), error);
    cg_arena_reset(store->scratch);
    return status;
}

static void copy_text(char *target, size_t size, const char *text) {
    size_t length = text ? strlen(text) : 0;
    length = length < size ? length : size - 1;
    if (text)
        memcpy(target, text, length);
    target[length] = '\0';
}

/* Whether the owner in columns 1..5 of the current row lives. A run of the Python engine has none: nothing can be said.
 */
static int32_t owner_lives(struct cg_query *query, int64_t now, int64_t lease) {
    struct cg_owner owner = {0};
    if (!cg_query_peek(query, 1))
        return 0;
    copy_text(owner.machine, sizeof owner.machine, cg_query_peek(query, 1));
    copy_text(owner.boot, sizeof owner.boot, cg_query_peek(query, 2));
    owner.pid = cg_query_number(query, 3);
    copy_text(owner.process_start, sizeof owner.process_start, cg_query_peek(query, 4));
    int64_t seen_at = cg_query_time(query, 5);
    int32_t found = cg_owner_look(&owner);
    if (found == CG_OWNER_ELSEWHERE)
        return seen_at != CG_TIME_NONE && now - seen_at < lease;
    return found == CG_OWNER_ALIVE;
}

/* With `ret_alive` only those whose owner does not live; without it all. */
static cg_status find_dead(struct cg_store *store, int64_t now, int64_t *dead, size_t *ret_count, int64_t *ret_alive,
                           struct cg_error *error) {
    struct cg_query query;
    size_t count = 0;
    cg_query_start(&query, store,
                   "SELECT r.id, o.machine, o.boot, o.pid, o.process_start, o.seen_at FROM pipeline_runs r "
                   "LEFT JOIN cg_run_owners o ON o.run_id = r.id "
                   "WHERE r.tenant_name = ?1 AND r.status = 'running' ORDER BY r.id DESC",
                   "looking for interrupted runs", error);
    cg_query_text(&query, 1, store->tenant_name);
    while (count < MAX_RUNNING && cg_query_row(&query)) {
        if (!ret_alive || !owner_lives(&query, now, CG_RUN_LEASE_US))
            dead[count++] = cg_query_number(&query, 0);
        else if (!*ret_alive)
            *ret_alive = cg_query_number(&query, 0);
    }
    *ret_count = count;
    return cg_query_end(&query);
}

static cg_status recover(struct cg_store *store, int64_t now, int64_t *ret_alive, struct cg_error *error) {
    int64_t *dead = cg_arena_array(store->scratch, MAX_RUNNING, sizeof *dead);
    size_t count = 0;
    if (!dead)
        return cg_error_no_memory(error);
    cg_status status = find_dead(store, now, dead, &count, ret_alive, error);
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        status = fail_run(store, dead[i], now, CG_RUN_ORPHANED, error);
        if (status == CG_OK)
            cg_log_write(store->log, CG_STORE_LOGGER, CG_LOG_INFO,
                         "Cleaned up orphaned 'running' PipelineRun for tenant %s (id=%lld)", store->tenant_name,
                         (long long)dead[i]);
    }
    return status;
}

static cg_status recover_at_once(struct cg_store *store, int64_t now, int64_t *ret_alive, struct cg_error *error) {
    int32_t own = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status == CG_OK)
        status = cg_store_leave(store, own, recover(store, now, ret_alive, error), error);
    cg_arena_reset(store->scratch);
    return status;
}

cg_status cg_store_run_recover(struct cg_store *store, int64_t now, int64_t *ret_alive, struct cg_error *error) {
    int64_t alive = 0;
    cg_status status = recover_at_once(store, now, &alive, error);
    if (status == CG_OK)
        *ret_alive = alive;
    return status;
}

cg_status cg_store_run_bury(struct cg_store *store, int64_t now, struct cg_error *error) {
    return recover_at_once(store, now, NULL, error);
}

cg_status cg_store_run_holder(struct cg_store *store, struct cg_run_holder *ret, struct cg_error *error) {
    struct cg_query query;
    struct cg_run_holder holder = {0};
    cg_query_start(&query, store, "SELECT COALESCE(MAX(id), 0) FROM pipeline_runs WHERE tenant_name = ?1",
                   "looking for the last run", error);
    cg_query_text(&query, 1, store->tenant_name);
    if (cg_query_row(&query))
        holder.last_run = cg_query_number(&query, 0);
    cg_status status = cg_query_end(&query);
    if (status != CG_OK)
        return status;
    cg_query_start(&query, store,
                   "SELECT r.id, o.pid, o.machine FROM pipeline_runs r LEFT JOIN cg_run_owners o ON o.run_id = r.id "
                   "WHERE r.tenant_name = ?1 AND r.status = 'running' ORDER BY r.id DESC LIMIT 1",
                   "looking for a run at work", error);
    cg_query_text(&query, 1, store->tenant_name);
    if (cg_query_row(&query)) {
        const char *machine = cg_query_peek(&query, 2);
        holder.run = cg_query_number(&query, 0);
        holder.pid = machine ? cg_query_number(&query, 1) : 0;
        copy_text(holder.machine, sizeof holder.machine, machine);
    }
    status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = holder;
    return status;
}

/* Columns of both queries for one run: id, four of its owner, when that was seen, and the row. */
#define RUN_COLUMNS                                                                                           \
    "SELECT r.id, o.machine, o.boot, o.pid, o.process_start, o.seen_at, r.started_at, r.ended_at, r.status, " \
    "r.dates_gathered, r.dates_calculated, r.rows_written, r.error_message, r.stage, r.\"current_date\" "     \
    "FROM pipeline_runs r LEFT JOIN cg_run_owners o ON o.run_id = r.id WHERE r.tenant_name = ?1 "

static struct cg_run_row read_run(struct cg_query *query, struct cg_arena *arena) {
    return (struct cg_run_row){
        .found = 1,
        .id = cg_query_number(query, 0),
        .started_at = cg_query_time(query, 6),
        .ended_at = cg_query_time(query, 7),
        .status = cg_query_copy(query, 8, arena),
        .dates_gathered = cg_query_number(query, 9),
        .dates_calculated = cg_query_number(query, 10),
        .rows_written = cg_query_number(query, 11),
        .error_message = cg_query_copy(query, 12, arena),
        .stage = cg_query_copy(query, 13, arena),
        .current_date = cg_query_time(query, 14),
    };
}

static int32_t has_status(const struct cg_run_row *run, const char *status) {
    return run->status && strcmp(run->status, status) == 0;
}

cg_status cg_store_run_latest(struct cg_store *store, int64_t now, struct cg_arena *arena, struct cg_run_row *ret,
                              struct cg_error *error) {
    struct cg_query query;
    struct cg_run_row run = {0};
    cg_query_start(&query, store, RUN_COLUMNS "ORDER BY r.started_at DESC, r.id DESC LIMIT 1", "reading the latest run",
                   error);
    cg_query_text(&query, 1, store->tenant_name);
    if (cg_query_row(&query)) {
        run = read_run(&query, arena);
        run.alive = has_status(&run, CG_RUN_RUNNING) && owner_lives(&query, now, CG_RUN_SILENCE_US);
    }
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = run;
    return status;
}

cg_status cg_store_run_newest(struct cg_store *store, struct cg_arena *arena, struct cg_run_row *ret,
                              struct cg_error *error) {
    struct cg_query query;
    struct cg_run_row run = {0};
    cg_query_start(&query, store, RUN_COLUMNS "ORDER BY r.id DESC LIMIT 1", "reading the newest run", error);
    cg_query_text(&query, 1, store->tenant_name);
    if (cg_query_row(&query))
        run = read_run(&query, arena);
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = run;
    return status;
}

int32_t cg_run_had_its_turn(const struct cg_run_row *run) {
    if (!run->found || run->ended_at == CG_TIME_NONE)
        return 0;
    if (has_status(run, CG_RUN_COMPLETED))
        return 1;
    const char *message = run->error_message ? run->error_message : "";
    return has_status(run, CG_RUN_FAILED) && strcmp(message, CG_RUN_ORPHANED) != 0 &&
           !strcasestr(message, CG_RUN_STOPPED);
}
