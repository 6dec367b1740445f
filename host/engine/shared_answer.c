#include "engine/shared_answer.h"

#include <string.h>

static int fits(const struct cg_shared_answer *answer, const struct cg_line_work *item) {
    const struct cg_billing_line *line = &item->stored->line;
    return answer->group == item->group && answer->status == CG_OK && answer->service == item->binding->service &&
           answer->resolver == item->binding->resolver && strcmp(answer->env_id, line->env_id) == 0 &&
           (!answer->product_type || strcmp(answer->product_type, line->product_type) == 0);
}

cg_status cg_shared_answer_get(const struct cg_answer_context *context, const struct cg_line_work *item,
                               struct cg_shared_answer *answer, struct cg_error *error) {
    const struct cg_line_group *group = item->group;
    const struct cg_billing_line *line = &item->stored->line;
    if (fits(answer, item))
        return CG_OK;
    *answer = (struct cg_shared_answer){
        .group = group,
        .service = item->binding->service,
        .resolver = item->binding->resolver,
        .product_type = item->binding->resolver_callee.overrides ? line->product_type : NULL,
        .env_id = line->env_id,
    };
    if (cg_alive_in(context->alive, group->start, group->end, &answer->tenant_period) != CG_OK) {
        answer->own = 1;
        answer->status = cg_error_no_memory(error);
        return answer->status;
    }
    struct cg_resolve_question question = {
        .runtime = context->options->runtime,
        .store = context->options->store,
        .arena = context->arena,
        .binding = item->binding,
        .line = line,
        .window_end = group->end,
        .tenant_period = &answer->tenant_period,
        .everybody = cg_alive_everybody(context->alive),
        .metrics = group->request ? group->request->result : NULL,
        .questions = context->questions,
        .listings = context->listings,
    };
    answer->status = cg_resolve(&question, &answer->resolution, &answer->own, error);
    return answer->status;
}
