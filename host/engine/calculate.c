#include "engine/calculate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/allocate.h"
#include "engine/fallback.h"
#include "engine/history.h"
#include "engine/inputs.h"
#include "engine/newcomers.h"
#include "engine/quarantine.h"
#include "engine/samples.h"
#include "engine/shared_answer.h"
#include "engine/window.h"
#include "store/inputs.h"

struct cg_calculation {
    struct cg_calculation_options options;
    struct cg_arena *date_arena; /* emptied for every date */
    struct cg_listings listings; /* in date_arena */
    struct cg_intern *texts;
    struct cg_rowset rows;
    struct cg_alive *alive;
    struct cg_inputs *inputs;
    struct cg_questions *questions;
    struct cg_newcomers *newcomers; /* NULL: the inventory of the ecosystem is what it gathers */
};

/* One date at work. */
struct date_work {
    struct cg_calculation *calculation;
    int64_t date;
    struct cg_lines lines;
    struct cg_line_attempt *attempts;
    size_t attempt_count;
    struct cg_shared_answer answer;
    cg_story_filter filter; /* or NULL */
    cg_story_teller teller; /* NULL: the date is written, not told */
    void *teller_user;
    struct cg_inputs_look look; /* of a date that is written and not forced */
    struct cg_history history;
    int32_t is_forced;
    int32_t is_silent;   /* 1: metrics were asked for, and the source has none of the date */
    int32_t own_failure; /* 1: a line failed for a reason that is the program's, not the line's */
    int32_t quarantined; /* 1: a line fell back because its callee must not be called in this run */
    struct cg_date_outcome outcome;
};

cg_status cg_calculation_new(const struct cg_calculation_options *options, struct cg_calculation **ret,
                             struct cg_error *error) {
    struct cg_calculation *calculation = calloc(1, sizeof *calculation);
    if (!calculation)
        return cg_error_no_memory(error);
    calculation->options = *options;
    calculation->date_arena = cg_arena_new();
    calculation->texts = cg_intern_new();
    calculation->questions = cg_questions_new();
    int has_newcomers = (options->runtime->ecosystem->flags & CG_ECOSYSTEM_MEASURED_IDENTITIES) != 0;
    if (has_newcomers)
        calculation->newcomers = cg_newcomers_new();
    cg_status status = calculation->date_arena && calculation->texts && calculation->questions &&
                               (calculation->newcomers || !has_newcomers)
                           ? cg_alive_new(options->store, &calculation->alive, error)
                           : cg_error_no_memory(error);
    if (status == CG_OK)
        status = cg_inputs_new(&calculation->options, calculation->alive, &calculation->inputs, error);
    if (status != CG_OK) {
        cg_calculation_free(calculation);
        return status;
    }
    cg_rowset_init(&calculation->rows, calculation->texts);
    *ret = calculation;
    return CG_OK;
}

void cg_calculation_free(struct cg_calculation *calculation) {
    if (!calculation)
        return;
    cg_inputs_free(calculation->inputs);
    cg_alive_free(calculation->alive);
    cg_questions_free(calculation->questions);
    cg_newcomers_free(calculation->newcomers);
    cg_rowset_done(&calculation->rows);
    cg_intern_free(calculation->texts);
    cg_arena_free(calculation->date_arena);
    free(calculation);
}

/* Tells what happened to a line, counts it, and gives its whole cost to nobody. A date that is only told counts no
 * attempt: its story is that of the stored rows. */
static cg_status fall_back(struct date_work *work, const struct cg_line_work *item, const struct cg_error *cause,
                           struct cg_error *error) {
    const struct cg_calculation_options *options = &work->calculation->options;
    const struct cg_observer *observer = options->observer;
    const struct cg_billing_line *line = &item->stored->line;
    const struct cg_tenant_settings *tenant = options->runtime->tenant;
    const int64_t before = item->stored->allocation_attempts;
    int64_t attempts = before;
    if (work->teller ? before == 0 : before < tenant->allocation_retry_limit)
        attempts++;
    if (!work->teller && observer->error) {
        char date[CG_TIME_TEXT_SIZE];
        char text[2 * CG_ERROR_TEXT_SIZE];
        snprintf(text, sizeof text, "tenant '%s': %s, %s on %s: %s; its cost is UNALLOCATED", tenant->name,
                 cg_time_format_date(line->timestamp, date), line->product_type, line->resource_id, cause->text);
        observer->error(observer->user, text);
    }
    work->outcome.failed_lines++;
    if (attempts != before)
        work->attempts[work->attempt_count++] = (struct cg_line_attempt){line, attempts};
    return cg_fallback_row(&work->calculation->rows, line, attempts, cause, error);
}

static cg_status check_quarantine(struct date_work *work, const struct cg_callee *callee, const char *what,
                                  const struct cg_billing_line *line, struct cg_error *error) {
    cg_status status = cg_quarantine_check(&work->calculation->options, callee, what, line, error);
    work->quarantined |= status != CG_OK;
    return status;
}

/* Asks who has to do with the line. */
static cg_status resolve(struct date_work *work, const struct cg_line_work *item, struct cg_line_story *story,
                         struct cg_error *error) {
    struct cg_calculation *calculation = work->calculation;
    const struct cg_callee *callee = &item->binding->resolver_callee;
    const struct cg_answer_context context = {
        .options = &calculation->options,
        .alive = calculation->alive,
        .arena = calculation->date_arena,
        .questions = work->teller ? NULL : calculation->questions,
        .listings = &calculation->listings,
    };
    cg_status status = check_quarantine(work, callee, "identity resolver", &item->stored->line, error);
    if (status != CG_OK)
        return status;
    status = cg_shared_answer_get(&context, item, &work->answer, error);
    work->own_failure |= work->answer.own;
    story->tenant_period = work->answer.tenant_period;
    if (status == CG_OK && item->binding->resolver)
        story->resolution = &work->answer.resolution;
    if (story->resolution && calculation->newcomers && !work->teller) {
        status = cg_newcomers_add(calculation->newcomers, &story->resolution->derived,
                                  cg_alive_everybody(calculation->alive), error);
        work->own_failure |= status != CG_OK;
    }
    if (status != CG_OK && !work->answer.own)
        return cg_error_wrap(error, "identity resolver '%s' of module '%s'", callee->symbol, callee->module->name);
    return status;
}

static cg_status split(struct date_work *work, const struct cg_line_work *item, const struct cg_line_story *story,
                       struct cg_error *error) {
    struct cg_calculation *calculation = work->calculation;
    const struct cg_callee *callee = &story->binding->allocator_callee;
    const struct cg_allocate_request request = {
        .runtime = calculation->options.runtime,
        .binding = story->binding,
        .line = &item->stored->line,
        .window_end = story->window_end,
        .metrics = story->request ? story->request->result : NULL,
        .tenant_period = story->tenant_period,
        .resolution = story->resolution,
        .rows = &calculation->rows,
    };
    cg_status status = check_quarantine(work, callee, "allocator", request.line, error);
    if (status == CG_OK)
        status = cg_allocate(&request, error);
    /* The set of rows ran out of memory; when the module itself did, that is the line's business. */
    if (calculation->rows.error.status == CG_NO_MEMORY) {
        work->own_failure = 1;
        return cg_error_no_memory(error);
    }
    return status;
}

static cg_status try_line(struct date_work *work, const struct cg_line_work *item, struct cg_line_story *story,
                          struct cg_error *error) {
    const struct cg_runtime *runtime = work->calculation->options.runtime;
    const struct cg_billing_line *line = &item->stored->line;
    if (!item->group)
        return cg_window_end(runtime->tenant, line->granularity, line->timestamp, &story->window_end, error);
    story->window_end = item->group->end;
    if (!story->binding->allocator && item->binding)
        return cg_error_set(error, CG_PERMANENT, "module '%s' gives this product type no allocator",
                            runtime->module->name);
    if (!story->binding->allocator)
        return cg_error_set(error, CG_PERMANENT, "no service of ecosystem '%s' handles this product type",
                            runtime->module->name);
    if (item->binding) {
        story->request = item->group->request;
        cg_status status = resolve(work, item, story, error);
        if (status != CG_OK)
            return status;
    }
    return split(work, item, story, error);
}

/* Hands a line's story to the teller, with the rows at hand. */
static cg_status tell(struct date_work *work, struct cg_line_story *story, struct cg_error *error) {
    const struct cg_rowset *rows = &work->calculation->rows;
    const size_t first = rows->line_start;
    story->row_count = rows->count - first;
    struct cg_story_row *told = cg_arena_array(work->calculation->date_arena, story->row_count, sizeof *told);
    if (!told)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < story->row_count; i++) {
        const struct cg_row_origin *origin = &rows->origins[first + i];
        told[i] = (struct cg_story_row){&rows->facts[first + i], origin->chain_tier, origin->composition_index,
                                        origin->ratio};
    }
    story->rows = told;
    return work->teller(work->teller_user, story);
}

static int has_failed(const struct cg_line_work *item) {
    const struct cg_metrics_request *request = item->group ? item->group->request : NULL;
    return request && (request->result->flags & CG_METRICS_FETCH_FAILED) != 0;
}

/* Whether the line at hand cannot have its metrics: those that could not be read will be there again, and those that
 * the source does not know any more were its history. Only of the latter the user may want to get rid. */
static int is_without_metrics(const struct date_work *work, const struct cg_line_work *item) {
    return has_failed(item) || (work->is_silent && !work->is_forced && item->group && item->group->request);
}

/* Gives the line at hand the rows that it has, if the date's came of metrics. What is told is not kept: its story is
 * that of the metrics. */
static cg_status keep_line(struct date_work *work, const struct cg_line_work *item, int32_t *ret_kept,
                           struct cg_error *error) {
    struct cg_calculation *calculation = work->calculation;
    *ret_kept = 0;
    if (work->teller || !is_without_metrics(work, item))
        return CG_OK;
    cg_status status = cg_history_read(calculation->options.store, work->date, calculation->texts,
                                       calculation->date_arena, &work->history, error);
    if (status == CG_OK && work->history.is_measured)
        status = cg_history_keep(&work->history, &calculation->rows, ret_kept, error);
    work->outcome.kept_lines += *ret_kept != 0;
    work->outcome.unmeasured_lines += !*ret_kept && has_failed(item);
    return status;
}

static cg_status calculate_line(struct date_work *work, const struct cg_line_work *item, struct cg_error *error) {
    struct cg_calculation *calculation = work->calculation;
    const struct cg_runtime *runtime = calculation->options.runtime;
    const struct cg_billing_line *line = &item->stored->line;
    int has_environments = (runtime->ecosystem->flags & CG_ECOSYSTEM_HAS_ENVIRONMENTS) != 0;
    struct cg_error cause = {0};
    struct cg_line_story story = {
        .stored = item->stored,
        .binding = item->binding ? item->binding : &runtime->fallback,
        .window_end = CG_TIME_NONE,
        .has_metrics_source = calculation->options.metrics != NULL,
    };
    cg_rowset_begin(&calculation->rows, line, has_environments ? line->env_id : "");
    int32_t kept = 0;
    cg_status status = keep_line(work, item, &kept, error);
    if (status != CG_OK)
        return status;
    if (!kept)
        status = try_line(work, item, &story, &cause);
    /* A stop is the run's business; whatever else a module answers is the line's, also "cancelled" when nobody
     * cancelled. */
    if (cg_services_is_stopped(&runtime->shared))
        return cg_error_set(error, CG_CANCELLED, "the run was stopped");
    if (status != CG_OK && work->own_failure)
        return cg_error_set(error, status, "%s", cause.text);
    if (status != CG_OK) {
        story.failure = cause.text;
        status = fall_back(work, item, &cause, error);
    } else if (item->stored->allocation_attempts) {
        work->attempts[work->attempt_count++] = (struct cg_line_attempt){line, 0};
    }
    return status == CG_OK && work->teller ? tell(work, &story, error) : status;
}

/* Which lines are to be told; groups without such a line need no metrics. NULL through `ret`: all. */
static cg_status choose(struct date_work *work, unsigned char **ret, struct cg_error *error) {
    struct cg_arena *arena = work->calculation->date_arena;
    *ret = NULL;
    if (!work->filter)
        return CG_OK;
    unsigned char *wanted = cg_arena_array(arena, work->lines.count + 1, 1);
    unsigned char *asked = cg_arena_array(arena, work->lines.group_count + 1, 1);
    if (!wanted || !asked)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < work->lines.count; i++) {
        const struct cg_line_work *item = &work->lines.items[i];
        wanted[i] = work->filter(work->teller_user, &item->stored->line) != 0;
        if (wanted[i] && item->group)
            asked[item->group - work->lines.groups] = 1;
    }
    for (size_t i = 0; i < work->lines.group_count; i++)
        if (!asked[i])
            work->lines.groups[i].query_count = 0;
    *ret = wanted;
    return CG_OK;
}

/* The source answers, but knows nothing any more of a date that it had samples for. Its bill is the same, so are its
 * rows. */
static int is_beyond_metrics(const struct date_work *work) {
    return work->look.had_metrics && !work->outcome.metrics_failed && work->is_silent;
}

static cg_status calculate_lines(struct date_work *work, struct cg_error *error) {
    unsigned char *wanted = NULL;
    struct cg_arena *arena = work->calculation->date_arena;
    cg_status status = choose(work, &wanted, error);
    if (status == CG_OK)
        status =
            cg_lines_fetch_metrics(&work->lines, &work->calculation->options, work->date, arena, &work->outcome, error);
    if (status != CG_OK)
        return status;
    work->is_silent = cg_samples_are_missing(work->lines.requests, work->lines.request_count);
    if (is_beyond_metrics(work))
        status = cg_store_keep_date(work->calculation->options.store, work->date, work->look.digest,
                                    &work->outcome.is_kept, error);
    if (status != CG_OK || work->outcome.is_kept)
        return status;
    work->attempts = cg_arena_array(arena, work->lines.count, sizeof *work->attempts);
    if (!work->attempts)
        return cg_error_no_memory(error);
    cg_rowset_clear(&work->calculation->rows);
    for (size_t i = 0; i < work->lines.count && status == CG_OK; i++)
        if (!wanted || wanted[i])
            status = calculate_line(work, &work->lines.items[i], error);
    return status;
}

/* Forgets everything about the date before, so that memory depends on the largest date, not on their number. */
static cg_status forget(struct cg_calculation *calculation, struct cg_error *error) {
    if (calculation->newcomers)
        cg_newcomers_forget(calculation->newcomers);
    struct cg_intern *texts = cg_intern_new();
    if (!texts || cg_questions_clear(calculation->questions) != CG_OK) {
        cg_intern_free(texts);
        return cg_error_no_memory(error);
    }
    cg_rowset_clear(&calculation->rows);
    calculation->rows.texts = texts;
    cg_intern_free(calculation->texts);
    calculation->texts = texts;
    cg_arena_reset(calculation->date_arena);
    calculation->listings = (struct cg_listings){0};
    return CG_OK;
}

/* Reads the lines of the date. */
static cg_status open_date(struct date_work *work, struct cg_error *error) {
    struct cg_calculation *calculation = work->calculation;
    struct cg_stored_line *lines = NULL;
    size_t count = 0;
    cg_status status = forget(calculation, error);
    if (status == CG_OK)
        status =
            cg_store_lines_of(calculation->options.store, work->date, calculation->date_arena, &lines, &count, error);
    if (status == CG_OK)
        status =
            cg_lines_group(calculation->options.runtime, calculation->date_arena, lines, count, &work->lines, error);
    return status;
}

/* The metrics are back: topics that waited for them until the retry limit may have theirs, too. */
static int is_back(const struct date_work *work) {
    return work->look.was_waiting && !work->outcome.metrics_failed &&
           work->calculation->options.runtime->description.topics;
}

/* What is written together with the date, or not at all: who came, and that topics are to be split again. */
static cg_status write_together(struct date_work *work, const struct cg_date_result *result, struct cg_error *error) {
    struct cg_newcomers *newcomers = work->calculation->newcomers;
    struct cg_store *store = work->calculation->options.store;
    cg_status status = newcomers ? cg_newcomers_store(newcomers, store, result->now, error) : CG_OK;
    if (status == CG_OK)
        status = cg_store_write_date(store, result, &work->outcome.rows, &work->outcome.changed, error);
    return status == CG_OK && is_back(work) ? cg_store_topics_again(store, work->date, error) : status;
}

static cg_status write_result(struct date_work *work, const struct cg_date_result *result, struct cg_error *error) {
    struct cg_newcomers *newcomers = work->calculation->newcomers;
    struct cg_store *store = work->calculation->options.store;
    if ((!newcomers || !cg_newcomers_count(newcomers)) && !is_back(work))
        return cg_store_write_date(store, result, &work->outcome.rows, &work->outcome.changed, error);
    cg_status status = cg_store_begin(store, error);
    if (status != CG_OK)
        return status;
    status = write_together(work, result, error);
    if (status != CG_OK) {
        cg_store_rollback(store);
        return status;
    }
    status = cg_store_commit(store, error);
    if (status == CG_OK && newcomers)
        cg_newcomers_kept(newcomers);
    return status;
}

static cg_status write_date(struct date_work *work, struct cg_error *error) {
    struct cg_calculation *calculation = work->calculation;
    char digest[CG_DIGEST_TEXT_SIZE];
    struct cg_date_result result = {
        .date = work->date,
        .facts = calculation->rows.facts,
        .fact_count = calculation->rows.count,
        .attempts = work->attempts,
        .attempt_count = work->attempt_count,
        .run_id = calculation->options.run_id,
        .now = cg_time_now(),
        .metrics_failed = work->outcome.metrics_failed,
        .metrics_seen =
            cg_samples_found(work->lines.requests, work->lines.request_count) || work->outcome.kept_lines != 0,
        .distrust = work->is_forced,
    };
    /* A callee in quarantine is called again in the next run, whether anything changed or not. */
    const char *questions = work->quarantined ? NULL : cg_questions_text(calculation->questions);
    if (questions) {
        cg_inputs_digest(calculation->inputs, &work->lines, calculation->questions, digest);
        result.inputs_digest = digest;
        result.questions = questions;
    }
    return write_result(work, &result, error);
}

cg_status cg_calculate_date(struct cg_calculation *calculation, int64_t date, int32_t force,
                            struct cg_date_outcome *ret, struct cg_error *error) {
    struct date_work work = {.calculation = calculation, .date = date, .is_forced = force};
    cg_status status = open_date(&work, error);
    if (status == CG_OK && !force)
        status = cg_inputs_look(calculation->inputs, date, &work.lines, calculation->date_arena, &work.look, error);
    work.outcome.is_current = work.look.is_current;
    if (status == CG_OK && !work.outcome.is_current)
        status = calculate_lines(&work, error);
    if (status == CG_OK && !work.outcome.is_current && !work.outcome.is_kept)
        status = write_date(&work, error);
    if (status == CG_OK)
        *ret = work.outcome;
    return status;
}

cg_status cg_calculate_tell(struct cg_calculation *calculation, int64_t date, cg_story_filter filter,
                            cg_story_teller teller, void *user, struct cg_error *error) {
    struct date_work work = {
        .calculation = calculation, .date = date, .filter = filter, .teller = teller, .teller_user = user};
    cg_status status = open_date(&work, error);
    return status == CG_OK ? calculate_lines(&work, error) : status;
}
