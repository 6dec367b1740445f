#include "views/graph_search.h"

#include <string.h>

#include "store/select.h"

/* Appends that one of the two columns contains the text, or begins with it, or (`exact`) is it. */
static void add_match(struct cg_select *select, const char *id, const char *text, int32_t prefix, int32_t exact) {
    const char *const columns[] = {id, "e.display_name"};
    cg_select_add(select, "(");
    for (size_t i = 0; i < 2; i++) {
        if (i)
            cg_select_add(select, " OR ");
        cg_select_add(select, "(");
        cg_select_like(select, columns[i], text, prefix);
        if (exact) {
            /* What begins with the text and is as long as it, is it. */
            cg_select_add(select, " AND length(");
            cg_select_add(select, columns[i]);
            cg_select_add(select, ") = length(CAST(");
            cg_select_text(select, text);
            cg_select_add(select, " AS VARCHAR))");
        }
        cg_select_add(select, ")");
    }
    cg_select_add(select, ")");
}

/* Appends a query of all entities of a table that match. */
static void add_entities(struct cg_select *select, const char *id, const char *columns, const char *table,
                         const char *text) {
    cg_select_add(select, "SELECT CASE WHEN ");
    add_match(select, id, text, 1, 1);
    cg_select_add(select, " THEN 0 WHEN ");
    add_match(select, id, text, 1, 0);
    cg_select_add(select, " THEN 1 ELSE 2 END AS score, ");
    cg_select_add(select, columns);
    cg_select_add(select, " FROM ");
    cg_select_add(select, table);
    cg_select_add(select, " e WHERE ");
    cg_select_tenant(select, "e.");
    cg_select_add(select, " AND ");
    add_match(select, id, text, 0, 0);
}

static void add_search(struct cg_select *select, const char *text) {
    cg_select_add(select, "WITH found AS (SELECT * FROM (");
    add_entities(select, "e.resource_id",
                 "0 AS kind, e.resource_id AS id, e.resource_type AS type, e.display_name AS name, "
                 "e.parent_id AS parent_id, e.status AS status",
                 "resources", text);
    cg_select_add(select, " UNION ALL ");
    add_entities(select, "e.identity_id",
                 "1, e.identity_id, e.identity_type, e.display_name, NULL, "
                 "CASE WHEN e.deleted_at IS NULL THEN 'active' ELSE 'deleted' END",
                 "identities", text);
    cg_select_add(select, ") u ORDER BY score, kind, id");
    cg_select_bytewise(select);
    cg_select_add(select, " LIMIT ");
    cg_select_int(select, CG_GRAPH_FOUND);
    cg_select_add(select, ") SELECT found.id, found.type, found.name, found.parent_id, p.display_name, found.status "
                          "FROM found LEFT JOIN resources p ON p.resource_id = found.parent_id AND ");
    cg_select_tenant(select, "p.");
    cg_select_add(select, " ORDER BY found.score, found.kind, found.id");
    cg_select_bytewise(select);
}

cg_status cg_graph_search(struct cg_store *store, const char *text,
                          void (*each)(void *user, const struct cg_graph_result *result), void *user,
                          struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    if (strlen(text) > CG_GRAPH_LOOKED_FOR)
        return CG_OK;
    cg_select_init(&select, store);
    add_search(&select, text);
    cg_select_start(&select, &query, "searching the inventory", error);
    while (cg_query_row(&query)) {
        const struct cg_graph_result result = {.id = cg_query_peek(&query, 0),
                                               .type = cg_query_peek(&query, 1),
                                               .name = cg_query_peek(&query, 2),
                                               .parent_id = cg_query_peek(&query, 3),
                                               .parent_name = cg_query_peek(&query, 4),
                                               .status = cg_query_peek(&query, 5)};
        if (query.status == CG_OK)
            each(user, &result);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}
