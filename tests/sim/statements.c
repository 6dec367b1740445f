/* Flink SQL statements, as the regional API lists them. */
#include <stdio.h>
#include <string.h>

#include "page.h"

/* What a statement listing is narrowed to: an environment, or one pool of it, packed into the listing's filter. */
static size_t filter_pack(size_t environment, size_t pool) {
    return environment * 4096 + (pool == CG_SIM_NONE ? 0 : pool % 4095 + 1);
}

static bool statement_matches(const struct cg_sim_scenario *s, size_t index, size_t filter) {
    size_t pool = s->statements[index].pool;
    size_t environment = s->pools[pool].environment;
    return filter == filter_pack(environment, CG_SIM_NONE) || filter == filter_pack(environment, pool);
}

static void statement_write(const struct cg_sim_scenario *s, size_t index, struct cg_sim_text *text) {
    const struct cg_sim_statement *statement = &s->statements[index];
    const char *pool = s->pools[statement->pool].entity.id;
    cg_sim_text_putc(text, '{');
    cg_sim_text_field(text, "name", statement->entity.name);
    cg_sim_text_field(text, "organization_id", s->organization);
    cg_sim_text_field(text, "environment_id", s->environments[s->pools[statement->pool].environment].id);
    cg_sim_text_puts(text, ",\"spec\":{");
    cg_sim_text_field(text, "statement", "SELECT 1;");
    if (statement->nested) {
        cg_sim_text_puts(text, ",\"compute_pool\":{");
        cg_sim_text_field(text, "id", pool);
        cg_sim_text_putc(text, '}');
    } else {
        cg_sim_text_field(text, "compute_pool_id", pool);
    }
    if (statement->owner != CG_SIM_NONE) {
        cg_sim_text_field(text, "principal", s->principals[statement->owner].entity.id);
    }
    cg_sim_text_putc(text, '}');
    cg_sim_text_puts(text, ",\"status\":{");
    cg_sim_text_field(text, "phase", statement->phase);
    cg_sim_text_puts(text, "},\"metadata\":{");
    cg_sim_text_field(text, "uid", statement->entity.id);
    char date[CG_SIM_DAY_SIZE];
    cg_sim_day_format(statement->entity.created / 86400, date);
    cg_sim_text_printf(text, ",\"created_at\":\"%sT00:00:00Z\"}}", date);
}

/* `/sql/v1/organizations/<org>/environments/<env>/statements` */
void cg_sim_statements(struct cg_sim_world *world, const struct cg_sim_request *request, struct cg_sim_reply *reply) {
    const struct cg_sim_scenario *s = world->scenario;
    char organization[64];
    char environment[64];
    char tail[16];
    int read = sscanf(request->path, "/sql/v1/organizations/%63[^/]/environments/%63[^/]/%15s", organization,
                      environment, tail);
    size_t index = read == 3 ? cg_sim_environment_find(s, environment) : CG_SIM_NONE;
    if (index == CG_SIM_NONE || strcmp(tail, "statements") != 0 || strcmp(organization, s->organization) != 0) {
        cg_sim_reply_error(reply, 404, "There is no such organization or environment");
        return;
    }
    char scope[64] = "";
    size_t filter = filter_pack(index, CG_SIM_NONE);
    if (cg_sim_form_has(request->query, "spec.compute_pool_id")) {
        size_t pool = CG_SIM_NONE;
        if (cg_sim_form_get(request->query, "spec.compute_pool_id", scope, sizeof(scope))) {
            pool = cg_sim_compute_pool_find(s, scope);
        }
        /* an unknown pool, or one of another environment, has no statements here */
        filter = pool == CG_SIM_NONE || s->pools[pool].environment != index ? CG_SIM_NONE : filter_pack(index, pool);
    }
    struct cg_sim_listing listing = {
        .api_version = "sql/v1",
        .kind = "StatementList",
        .base = s->statements,
        .stride = sizeof(*s->statements),
        .count = s->statement_count,
        .filter = filter,
        .scope = scope,
        .most = 100,
        .last = CG_SIM_LAST_OMITTED,
        .matches = statement_matches,
        .write = statement_write,
    };
    cg_sim_listing_reply(world, request, &listing, reply);
}
