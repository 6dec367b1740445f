#include "engine/inputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/answers.h"
#include "engine/settings_digest.h"
#include "engine/stamp.h"
#include "store/inputs.h"

struct digest {
    unsigned char bytes[CG_DIGEST_BYTES];
};

struct cg_inputs {
    const struct cg_calculation_options *options;
    struct cg_alive *alive;
    struct cg_answers *answers;
    int64_t now;
    struct digest settings;
    struct digest metrics;
    struct digest fallback;  /* of the binding for what no service claims */
    struct digest *bindings; /* of the runtime's bindings, in their order */
};

cg_status cg_inputs_new(const struct cg_calculation_options *options, struct cg_alive *alive, struct cg_inputs **ret,
                        struct cg_error *error) {
    const struct cg_runtime *runtime = options->runtime;
    struct cg_inputs *inputs = calloc(1, sizeof *inputs);
    if (!inputs)
        return cg_error_no_memory(error);
    inputs->options = options;
    inputs->alive = alive;
    inputs->now = cg_time_now();
    inputs->answers = cg_answers_new(options->store, cg_alive_everybody(alive));
    inputs->bindings = calloc(runtime->binding_count + 1, sizeof *inputs->bindings);
    if (!inputs->answers || !inputs->bindings) {
        cg_inputs_free(inputs);
        return cg_error_no_memory(error);
    }
    cg_settings_digest(runtime, inputs->settings.bytes);
    cg_settings_digest_metrics(runtime, options->metrics != NULL, inputs->metrics.bytes);
    cg_settings_digest_binding(&runtime->fallback, inputs->fallback.bytes);
    for (size_t i = 0; i < runtime->binding_count; i++)
        cg_settings_digest_binding(&runtime->bindings[i], inputs->bindings[i].bytes);
    *ret = inputs;
    return CG_OK;
}

void cg_inputs_free(struct cg_inputs *inputs) {
    if (!inputs)
        return;
    cg_answers_free(inputs->answers);
    free(inputs->bindings);
    free(inputs);
}

static void put_digest(struct cg_digest *digest, const unsigned char bytes[CG_DIGEST_BYTES]) {
    cg_digest_bytes(digest, bytes, CG_DIGEST_BYTES);
}

/* Whether who lives in the window of a line may make a difference to its rows. */
static int counts_people(const struct cg_inputs *inputs, const struct cg_binding *binding) {
    const struct cg_ecosystem *ecosystem = inputs->options->runtime->ecosystem;
    if (!(ecosystem->flags & CG_ECOSYSTEM_MEASURED_IDENTITIES))
        return 1;
    return binding && (binding->resolver_callee.overrides || binding->allocator_callee.overrides);
}

/* A line with its window and who lives in it, and what handles it. */
static void put_line(struct cg_digest *digest, const struct cg_inputs *inputs, const struct cg_line_work *item) {
    const struct cg_billing_line *line = &item->stored->line;
    const struct digest *binding =
        item->binding ? &inputs->bindings[item->binding - inputs->options->runtime->bindings] : &inputs->fallback;
    cg_digest_int(digest, line->timestamp);
    cg_digest_text(digest, line->env_id);
    cg_digest_text(digest, line->resource_id);
    cg_digest_text(digest, line->product_category);
    cg_digest_text(digest, line->product_type);
    cg_digest_text(digest, line->currency);
    cg_digest_text(digest, line->granularity);
    cg_digest_decimal(digest, &line->quantity);
    cg_digest_decimal(digest, &line->unit_price);
    cg_digest_decimal(digest, &line->total_cost);
    cg_stamp_put_fields(digest, line->fields, line->field_count);
    put_digest(digest, binding->bytes);
    cg_digest_int(digest, item->group ? item->group->end : CG_TIME_NONE);
    if (!item->group)
        return;
    if (counts_people(inputs, item->binding))
        put_digest(digest, cg_alive_digest(inputs->alive, item->group->start, item->group->end));
    if (inputs->options->metrics && item->group->query_count)
        cg_stamp_put_open_window(digest, item->group->end, inputs->now);
}

static void put_date(struct cg_digest *digest, const struct cg_inputs *inputs, const struct cg_lines *lines) {
    int has_queries = 0;
    cg_digest_start(digest, CG_INPUTS_VERSION);
    put_digest(digest, inputs->settings.bytes);
    for (size_t i = 0; i < lines->group_count; i++)
        has_queries |= lines->groups[i].query_count > 0;
    if (has_queries)
        put_digest(digest, inputs->metrics.bytes);
    cg_digest_int(digest, (int64_t)lines->count);
    for (size_t i = 0; i < lines->count; i++)
        put_line(digest, inputs, &lines->items[i]);
}

void cg_inputs_digest(struct cg_inputs *inputs, const struct cg_lines *lines, const struct cg_questions *questions,
                      char ret[CG_DIGEST_TEXT_SIZE]) {
    struct cg_digest digest;
    put_date(&digest, inputs, lines);
    cg_digest_text(&digest, cg_questions_text(questions));
    for (size_t i = 0; i < cg_questions_count(questions); i++)
        put_digest(&digest, cg_questions_answer_at(questions, i));
    cg_digest_end_text(&digest, ret);
}

/* The digest as it is now, with the questions of then. "" when their text cannot be read. */
static cg_status digest_again(struct cg_inputs *inputs, const struct cg_lines *lines, char *questions,
                              char ret[CG_DIGEST_TEXT_SIZE], struct cg_error *error) {
    struct cg_digest digest;
    struct cg_question question = {0};
    struct digest answer;
    cg_status status = CG_OK;
    put_date(&digest, inputs, lines);
    cg_digest_text(&digest, questions);
    while ((status = cg_questions_read(&questions, &question)) == CG_OK) {
        status = cg_answers_get(inputs->answers, &question, answer.bytes, error);
        if (status != CG_OK)
            return status;
        put_digest(&digest, answer.bytes);
    }
    cg_digest_end_text(&digest, ret);
    if (status != CG_NOT_FOUND)
        ret[0] = '\0';
    return CG_OK;
}

/* A line that failed is tried again as long as it has tries left. */
static int has_tries_left(const struct cg_inputs *inputs, const struct cg_lines *lines) {
    for (size_t i = 0; i < lines->count; i++) {
        int64_t attempts = lines->items[i].stored->allocation_attempts;
        if (attempts > 0 && attempts < inputs->options->runtime->tenant->allocation_retry_limit)
            return 1;
    }
    return 0;
}

cg_status cg_inputs_look(struct cg_inputs *inputs, int64_t date, const struct cg_lines *lines, struct cg_arena *arena,
                         struct cg_inputs_look *ret, struct cg_error *error) {
    struct cg_date_inputs known = {0};
    *ret = (struct cg_inputs_look){0};
    cg_status status = cg_store_date_inputs(inputs->options->store, date, arena, &known, error);
    ret->was_waiting = status == CG_OK && known.metrics_failed;
    if (status != CG_OK || !known.known || known.metrics_failed || has_tries_left(inputs, lines))
        return status;
    char *questions = cg_arena_string(arena, known.questions);
    if (!questions)
        return cg_error_no_memory(error);
    status = digest_again(inputs, lines, questions, ret->digest, error);
    ret->is_current = status == CG_OK && strcmp(ret->digest, known.digest) == 0;
    ret->had_metrics = status == CG_OK && !ret->is_current && known.metrics_seen && ret->digest[0];
    return status;
}
