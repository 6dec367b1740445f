/* The split in proportion to usage. */
#include "models_share.h"
#include "usage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A share's ratio below this is 0 in units of 0.0001, whatever the amount: amounts are below 10^34. */
#define LEAST_RATIO 1e-40

/* One row to be. */
struct share {
    const struct cg_usage_entry *entry;
    struct cg_decimal amount;
    double ratio;
};

static int compare_shares(const void *left, const void *right) {
    const struct share *a = left, *b = right;
    return strcmp(a->entry->id, b->entry->id);
}

/* The shares in ascending order of the identity, without amounts, or NULL when out of memory. */
static struct share *sort_shares(const struct cg_host *host, const struct cg_usage *usage) {
    struct share *shares = cg_scratch_array(host, usage->count, sizeof *shares);
    if (shares == NULL) {
        return NULL;
    }
    int sorted = 1;
    for (size_t i = 0; i < usage->count; i++) {
        shares[i].entry = &usage->entries[i];
        sorted = sorted && (i == 0 || compare_shares(&shares[i - 1], &shares[i]) < 0);
    }
    if (!sorted) {
        qsort(shares, usage->count, sizeof *shares, compare_shares);
    }
    return shares;
}

/* Neumaier's compensated sum: what each addition loses is added up apart. */
static double sum_usage(const struct share *shares, size_t count) {
    double sum = 0, lost = 0;
    for (size_t i = 0; i < count; i++) {
        double value = shares[i].entry->value;
        double next = sum + value;
        lost += sum >= value ? (sum - next) + value : (value - next) + sum;
        sum = next;
    }
    return sum + lost;
}

/* Gives each share q(whole * ratio) and answers what is missing to the whole. */
static cg_status weigh(struct share *shares, size_t count, double total, const struct cg_decimal *whole,
                       struct cg_decimal *ret_difference) {
    struct cg_decimal left = *whole;
    for (size_t i = 0; i < count; i++) {
        struct share *share = &shares[i];
        share->ratio = share->entry->value / total;
        share->amount = (struct cg_decimal){.exponent = CG_DECIMAL_UNIT_EXPONENT, .negative = whole->negative};
        if (share->ratio < LEAST_RATIO) {
            continue;
        }
        struct cg_decimal ratio, product;
        if (cg_decimal_from_double(share->ratio, &ratio) != CG_OK ||
            cg_decimal_multiply(whole, &ratio, CG_DECIMAL_CONTEXT_DIGITS, CG_ROUND_HALF_EVEN, &product) != CG_OK ||
            cg_decimal_quantize(&product, CG_DECIMAL_UNIT_EXPONENT, CG_ROUND_HALF_UP, &share->amount) != CG_OK ||
            cg_decimal_subtract(&left, &share->amount, &left) != CG_OK) {
            return CG_RANGE;
        }
    }
    *ret_difference = left;
    return CG_OK;
}

static cg_status put_shares(const struct cg_split *split, struct share *shares, size_t count,
                            const struct cg_remainder *remainder, const struct cg_decimal *rest) {
    for (size_t i = 0; i < count; i++) {
        struct share *share = &shares[i];
        cg_status status = cg_add_remainder(remainder, i, &share->amount);
        if (status == CG_OK && i == 0 && !cg_decimal_is_zero(rest)) {
            status = cg_decimal_add(&share->amount, rest, &share->amount);
        }
        if (status != CG_OK) {
            return cg_split_range_error(split);
        }
        status = cg_put_row(split, CG_METHOD_USAGE_RATIO, share->entry->id, &share->amount, share->ratio);
        if (status != CG_OK) {
            return status;
        }
    }
    return CG_OK;
}

cg_status cg_model_usage(const struct cg_split *split, const struct cg_usage *usage, size_t *ret_rows) {
    if (usage->count == 0) {
        *ret_rows = 0;
        return CG_OK;
    }
    struct share *shares = sort_shares(split->host, usage);
    if (shares == NULL) {
        return cg_scratch_error(split->host, "the shares of a usage split");
    }
    double total = sum_usage(shares, usage->count);
    if (!isfinite(total)) {
        *ret_rows = 0;
        return CG_OK;
    }
    struct cg_cut cut;
    cg_status status = cg_cut_amount(split, &cut);
    if (status != CG_OK) {
        return status;
    }
    struct cg_decimal difference;
    if (weigh(shares, usage->count, total, &cut.whole, &difference) != CG_OK) {
        return cg_split_range_error(split);
    }
    struct cg_remainder remainder = cg_spread(&difference, usage->count);
    struct cg_split named = *split;
    named.detail = split->detail != NULL ? split->detail : CG_DETAIL_USAGE_RATIO;
    status = put_shares(&named, shares, usage->count, &remainder, &cut.rest);
    if (status == CG_OK) {
        *ret_rows = usage->count;
    }
    return status;
}
