/* The composition: an amount cut into parts, each of which another model splits. */
#include "models_share.h"

#include <string.h>

/* Checks that each ratio lies in 0..1 and that all sum to 1 within 0.0001. */
static cg_status check_ratios(const struct cg_host *host, const struct cg_decimal *ratios, size_t count) {
    static const struct cg_decimal one = {.low = 1};
    static const struct cg_decimal least = {.low = 9999, .exponent = -4};
    static const struct cg_decimal most = {.low = 10001, .exponent = -4};
    char text[CG_DECIMAL_TEXT_SIZE];
    struct cg_decimal sum = {.low = 0};
    for (size_t i = 0; i < count; i++) {
        int is_negative = ratios[i].negative && !cg_decimal_is_zero(&ratios[i]);
        if (is_negative || cg_decimal_compare(&ratios[i], &one) > 0) {
            cg_decimal_format(&ratios[i], text);
            return host->set_error(host, CG_INVALID, "Composition ratio %zu is %s; it must lie between 0 and 1.", i,
                                   text);
        }
        if (cg_decimal_add(&sum, &ratios[i], &sum) != CG_OK) {
            return host->set_error(host, CG_RANGE, "The sum of %zu composition ratios needs more than %d digits.",
                                   count, CG_DECIMAL_DIGITS);
        }
    }
    if (cg_decimal_compare(&sum, &least) < 0 || cg_decimal_compare(&sum, &most) > 0) {
        cg_decimal_format(&sum, text);
        return host->set_error(host, CG_INVALID, "Composition ratios must sum to 1.0, got %s", text);
    }
    return CG_OK;
}

/* q(amount * ratio) for each part but the last, which gets what is left. */
static cg_status cut_parts(const struct cg_decimal *amount, const struct cg_decimal *ratios, size_t count,
                           struct cg_decimal *parts) {
    struct cg_decimal left = *amount;
    for (size_t i = 0; i + 1 < count; i++) {
        cg_status status =
            cg_decimal_multiply(amount, &ratios[i], CG_DECIMAL_CONTEXT_DIGITS, CG_ROUND_HALF_EVEN, &parts[i]);
        if (status == CG_OK) {
            status = cg_decimal_quantize(&parts[i], CG_DECIMAL_UNIT_EXPONENT, CG_ROUND_HALF_UP, &parts[i]);
        }
        if (status == CG_OK) {
            status = cg_decimal_subtract(&left, &parts[i], &left);
        }
        if (status != CG_OK) {
            return status;
        }
    }
    parts[count - 1] = left;
    return CG_OK;
}

cg_status cg_compose(const struct cg_host *host, const struct cg_decimal *amount, const struct cg_decimal *ratios,
                     size_t count, struct cg_decimal *ret_parts) {
    cg_status status = check_ratios(host, ratios, count);
    if (status != CG_OK) {
        return status;
    }
    struct cg_decimal *parts = cg_scratch_array(host, count, sizeof *parts);
    if (parts == NULL) {
        return cg_scratch_error(host, "the parts of a composition");
    }
    if (cut_parts(amount, ratios, count, parts) != CG_OK) {
        char text[CG_DECIMAL_TEXT_SIZE];
        cg_decimal_format(amount, text);
        return host->set_error(host, CG_RANGE,
                               "The amount %s cannot be cut by ratios: a part needs more than %d digits.", text,
                               CG_DECIMAL_DIGITS);
    }
    memcpy(ret_parts, parts, count * sizeof *parts);
    return CG_OK;
}
