/*
 * rows.h - lists of a tenant's rows, which all look alike: {"items":[...],"total":9,"page":1,"page_size":5,"pages":2}.
 *
 *     struct cg_rows rows;
 *     cg_rows_begin(&rows, call);
 *     status = cg_view_...(call->store, ..., page.offset, page.page_size, add_row, &rows, &total, &call->error);
 *     return cg_rows_end(&rows, &page, total, status);
 *
 * where add_row() writes an object to rows.json.
 */
#ifndef CG_API_ROWS_H
#define CG_API_ROWS_H

#include "api/params.h"

/** A list while it is written. */
struct cg_rows {
    struct cg_call *call;
    struct cg_json json;
};

/** Begins the reply. */
void cg_rows_begin(struct cg_rows *rows, struct cg_call *call);

/** Writes the members ecosystem and tenant_id, which most rows begin with. */
void cg_rows_put_tenant(struct cg_rows *rows);

/** Ends the reply. Returns what the handler does: `status`, if it is a failure, or else how writing went. */
cg_status cg_rows_end(struct cg_rows *rows, const struct cg_page *page, int64_t total, cg_status status);

/** A whole reply: {"dates":[...]} with the days that have facts of a kind (CG_FACTS_). */
cg_status cg_rows_dates(struct cg_call *call, uint32_t kind);

#endif
