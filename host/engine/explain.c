#include "engine/explain.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "engine/explain_parts.h"
#include "net/metrics_source.h"

/* How many lines that were not asked for are named when none was found. */
#define OTHERS_NAMED 8

/* Room for their names, and for a name that somebody asked for. */
#define OTHERS_BYTES 1024
#define NAME_BYTES 100

static int has_row_of(const struct cg_line_story *story, const char *identity_id) {
    for (size_t i = 0; i < story->row_count; i++)
        if (strcmp(story->rows[i].fact->identity_id, identity_id) == 0)
            return 1;
    return 0;
}

static void note_other(struct cg_explanation *explanation, const struct cg_billing_line *line) {
    if (explanation->seen - explanation->fitting <= OTHERS_NAMED)
        cg_buf_printf(&explanation->others, "%s%.*s on %.*s", explanation->others.length ? ", " : "", NAME_BYTES,
                      line->product_type, NAME_BYTES, line->resource_id);
}

/* Lines that were not asked for are only named, when nothing else is found. */
static int32_t is_asked_for(void *user, const struct cg_billing_line *line) {
    struct cg_explanation *explanation = user;
    const struct cg_explain_question *question = explanation->question;
    int32_t fits = (!question->resource_id || strcmp(question->resource_id, line->resource_id) == 0) &&
                   (!question->product_type || strcmp(question->product_type, line->product_type) == 0);
    explanation->seen++;
    explanation->fitting += fits != 0;
    if (!fits)
        note_other(explanation, line);
    return fits;
}

static cg_status take_story(void *user, const struct cg_line_story *story) {
    struct cg_explanation *explanation = user;
    const struct cg_explain_question *question = explanation->question;
    if (question->identity_id && !has_row_of(story, question->identity_id))
        return CG_OK;
    cg_arena_reset(explanation->arena);
    if (explanation->told++)
        cg_explain_say(explanation, 0, "%s", "");
    cg_explain_line(explanation, story);
    cg_explain_metrics(explanation, story);
    cg_explain_people(explanation, story);
    cg_explain_rows(explanation, story);
    cg_explain_stored(explanation, story);
    return explanation->status;
}

/* ---- nothing to tell ---- */

static cg_status no_date(struct cg_explanation *explanation) {
    int64_t before = CG_TIME_NONE;
    int64_t after = CG_TIME_NONE;
    char texts[3][CG_TIME_TEXT_SIZE];
    const char *tenant = explanation->runtime->tenant->name;
    cg_time_format_date(explanation->question->date, texts[0]);
    cg_status status =
        cg_store_dates_around(explanation->store, explanation->question->date, &before, &after, explanation->error);
    if (status != CG_OK)
        return status;
    if (before == CG_TIME_NONE && after == CG_TIME_NONE)
        return cg_error_set(explanation->error, CG_NOT_FOUND,
                            "tenant '%s' has no billing lines, on %s or any other date", tenant, texts[0]);
    if (before == CG_TIME_NONE || after == CG_TIME_NONE)
        return cg_error_set(explanation->error, CG_NOT_FOUND,
                            "tenant '%s' has no billing lines on %s; the %s date with lines is %s", tenant, texts[0],
                            after == CG_TIME_NONE ? "last" : "first",
                            cg_time_format_date(after == CG_TIME_NONE ? before : after, texts[1]));
    return cg_error_set(explanation->error, CG_NOT_FOUND,
                        "tenant '%s' has no billing lines on %s; the nearest dates with lines are %s and %s", tenant,
                        texts[0], cg_time_format_date(before, texts[1]), cg_time_format_date(after, texts[2]));
}

static cg_status no_line(struct cg_explanation *explanation) {
    const struct cg_explain_question *question = explanation->question;
    const char *tenant = explanation->runtime->tenant->name;
    char date[CG_TIME_TEXT_SIZE];
    char wanted[4 * NAME_BYTES] = "";
    cg_time_format_date(question->date, date);
    if (question->resource_id)
        snprintf(wanted, sizeof wanted, " of resource '%.*s'", NAME_BYTES, question->resource_id);
    size_t used = strlen(wanted);
    if (question->product_type)
        snprintf(wanted + used, sizeof wanted - used, " of product type '%.*s'", NAME_BYTES, question->product_type);
    if (explanation->fitting)
        return cg_error_set(explanation->error, CG_NOT_FOUND,
                            "tenant '%s' has %llu billing line%s%s on %s, but none with a row of identity '%.*s'",
                            tenant, (unsigned long long)explanation->fitting, CG_EXPLAIN_PLURAL(explanation->fitting),
                            wanted, date, NAME_BYTES, question->identity_id);
    const struct cg_buf *others = &explanation->others;
    return cg_error_set(explanation->error, CG_NOT_FOUND,
                        "tenant '%s' has no billing line%s on %s; its %llu lines of that date are %s%s", tenant, wanted,
                        date, (unsigned long long)explanation->seen,
                        others->status == CG_OK ? cg_buf_text(others) : "others",
                        explanation->seen > OTHERS_NAMED ? ", and others" : "");
}

/* ---- all of it ---- */

static cg_status walk(struct cg_explanation *explanation, struct cg_metrics_source *metrics) {
    static const struct cg_observer nobody = {.user = NULL};
    const struct cg_calculation_options options = {
        .runtime = explanation->runtime,
        .store = explanation->store,
        .metrics = metrics,
        .observer = &nobody,
    };
    struct cg_calculation *calculation = NULL;
    int64_t date = explanation->question->date;
    cg_status status = cg_store_calculated(explanation->store, date, &explanation->calculated, explanation->error);
    if (status == CG_OK)
        status = cg_calculation_new(&options, &calculation, explanation->error);
    if (status == CG_OK)
        status = cg_calculate_tell(calculation, date, is_asked_for, take_story, explanation, explanation->error);
    cg_calculation_free(calculation);
    if (status == CG_OK)
        status = cg_explain_flush(explanation);
    if (status == CG_OK && !explanation->seen)
        return no_date(explanation);
    return status == CG_OK && !explanation->told ? no_line(explanation) : status;
}

cg_status cg_explain(struct cg_runtime *runtime, struct cg_store *store, struct cg_metrics_source *metrics,
                     const struct cg_explain_question *question, cg_explain_writer writer, void *user,
                     uint64_t *ret_lines, struct cg_error *error) {
    struct cg_explanation explanation = {
        .runtime = runtime,
        .store = store,
        .question = question,
        .writer = writer,
        .user = user,
        .arena = cg_arena_new(),
        .error = error,
    };
    cg_buf_init(&explanation.text, (size_t)64 * 1024);
    cg_buf_init(&explanation.others, OTHERS_BYTES);
    cg_status status = explanation.arena ? walk(&explanation, metrics) : cg_error_no_memory(error);
    cg_buf_done(&explanation.text);
    cg_buf_done(&explanation.others);
    cg_arena_free(explanation.arena);
    if (status == CG_OK)
        *ret_lines = explanation.told;
    return status;
}
