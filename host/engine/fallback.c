#include "engine/fallback.h"

_Static_assert(CG_ERROR_TEXT_SIZE <= CG_ROWSET_DETAIL_BYTES + 1, "a sentence fits into the detail of a row");
_Static_assert(CG_ERROR_TEXT_SIZE + sizeof CG_FALLBACK_METHOD + sizeof CG_IDENTITY_UNALLOCATED <= CG_ROWSET_TEXT_BYTES,
               "and the row is never refused for its length");

cg_status cg_fallback_row(struct cg_rowset *rows, const struct cg_billing_line *line, int64_t attempts,
                          const struct cg_error *cause, struct cg_error *error) {
    struct cg_error detail = {0};
    cg_error_set(&detail, cause->status, "Failed after %lld attempts: %s", (long long)attempts, cause->text);
    cg_rowset_drop(rows);
    cg_error_clear(&rows->error);
    const struct cg_row row = {
        .struct_size = sizeof row,
        .cost_type = CG_COST_SHARED,
        .identity_id = CG_IDENTITY_UNALLOCATED,
        .amount = line->total_cost,
        .allocation_method = CG_FALLBACK_METHOD,
        .allocation_detail = detail.text,
        .chain_tier = CG_NO_INDEX,
        .composition_index = CG_NO_INDEX,
    };
    if (rows->sink.add(&rows->sink, &row) != CG_OK)
        return cg_error_set(error, rows->error.status, "%s", rows->error.text);
    return CG_OK;
}
