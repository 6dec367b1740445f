#include "models_share.h"

#include "decimal_parts.h"

struct cg_split cg_split_of(const struct cg_allocation_context *context, const struct cg_row_sink *rows) {
    return (struct cg_split){.host = context->host,
                             .rows = rows,
                             .amount = context->amount,
                             .cost_type = CG_COST_SHARED,
                             .chain_tier = CG_NO_INDEX,
                             .composition_index = CG_NO_INDEX};
}

cg_status cg_split_range_error(const struct cg_split *split) {
    char text[CG_DECIMAL_TEXT_SIZE];
    cg_decimal_format(&split->amount, text);
    return split->host->set_error(
        split->host, CG_RANGE, "The amount %s cannot be split in units of 0.0001: a share needs more than %d digits.",
        text, CG_DECIMAL_DIGITS);
}

cg_status cg_scratch_error(const struct cg_host *host, const char *what) {
    return host->set_error(host, CG_NO_MEMORY, "Out of memory for %s.", what);
}

void *cg_scratch_array(const struct cg_host *host, size_t count, size_t size) {
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : host->scratch(host, bytes);
}

cg_status cg_cut_amount(const struct cg_split *split, struct cg_cut *ret) {
    struct cg_cut cut;
    if (cg_decimal_quantize(&split->amount, CG_DECIMAL_UNIT_EXPONENT, CG_ROUND_HALF_UP, &cut.whole) != CG_OK ||
        cg_decimal_subtract(&split->amount, &cut.whole, &cut.rest) != CG_OK) {
        return cg_split_range_error(split);
    }
    *ret = cut;
    return CG_OK;
}

struct cg_remainder cg_spread(const struct cg_decimal *difference, size_t count) {
    cg_u128 units = cg_decimal_coefficient(difference);
    cg_u128 each = units / count;
    struct cg_remainder remainder = {.extra = (size_t)(units % count)};
    remainder.each = (struct cg_decimal){.low = (uint64_t)each,
                                         .high = (uint64_t)(each >> 64),
                                         .exponent = CG_DECIMAL_UNIT_EXPONENT,
                                         .negative = difference->negative};
    remainder.step =
        (struct cg_decimal){.low = 1, .exponent = CG_DECIMAL_UNIT_EXPONENT, .negative = difference->negative};
    return remainder;
}

/* A part that is 0 is not added: minus zero stays what it is. */
cg_status cg_add_remainder(const struct cg_remainder *remainder, size_t index, struct cg_decimal *amount) {
    cg_status status = CG_OK;
    if (!cg_decimal_is_zero(&remainder->each)) {
        status = cg_decimal_add(amount, &remainder->each, amount);
    }
    if (status == CG_OK && index < remainder->extra) {
        status = cg_decimal_add(amount, &remainder->step, amount);
    }
    return status;
}

cg_status cg_put_row(const struct cg_split *split, const char *method, const char *id, const struct cg_decimal *amount,
                     double ratio) {
    struct cg_row row = {.struct_size = sizeof row,
                         .cost_type = split->cost_type,
                         .identity_id = id,
                         .amount = *amount,
                         .allocation_method = split->method != NULL ? split->method : method,
                         .allocation_detail = split->detail,
                         .chain_tier = split->chain_tier,
                         .composition_index = split->composition_index,
                         .ratio = ratio};
    return split->rows->add(split->rows, &row);
}
