/* Models without weights: the even split and those that give everything to one identity; and the lists of ids they
 * take. */
#include "models_share.h"

#include <stdlib.h>
#include <string.h>

static int compare_texts(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int is_sorted(const struct cg_text_list *ids) {
    for (size_t i = 1; i < ids->count; i++) {
        if (strcmp(ids->items[i - 1], ids->items[i]) > 0) {
            return 0;
        }
    }
    return 1;
}

/* The ids in ascending order: the list itself when it is sorted, else a copy of its pointers; NULL when out of memory.
 */
static const char *const *sort_ids(const struct cg_host *host, const struct cg_text_list *ids) {
    if (is_sorted(ids)) {
        return ids->items;
    }
    const char **sorted = cg_scratch_array(host, ids->count, sizeof(const char *));
    if (sorted != NULL) {
        memcpy(sorted, ids->items, ids->count * sizeof(const char *));
        qsort(sorted, ids->count, sizeof(const char *), compare_texts);
    }
    return sorted;
}

/* What every share is before the remainder goes out, and that remainder. */
static cg_status even_share(const struct cg_decimal *whole, size_t count, struct cg_decimal *ret_base,
                            struct cg_remainder *ret_remainder) {
    struct cg_decimal divisor = {.low = count};
    struct cg_decimal base, total, difference;
    if (cg_decimal_divide(whole, &divisor, CG_DECIMAL_CONTEXT_DIGITS, CG_ROUND_HALF_EVEN, &base) != CG_OK ||
        cg_decimal_quantize(&base, CG_DECIMAL_UNIT_EXPONENT, CG_ROUND_HALF_UP, &base) != CG_OK ||
        cg_decimal_multiply(&base, &divisor, 0, CG_ROUND_DOWN, &total) != CG_OK ||
        cg_decimal_subtract(whole, &total, &difference) != CG_OK) {
        return CG_RANGE;
    }
    *ret_base = base;
    *ret_remainder = cg_spread(&difference, count);
    return CG_OK;
}

cg_status cg_model_even(const struct cg_split *split, const struct cg_text_list *ids, size_t *ret_rows) {
    if (ids->count == 0) {
        *ret_rows = 0;
        return CG_OK;
    }
    const char *const *sorted = sort_ids(split->host, ids);
    if (sorted == NULL) {
        return cg_scratch_error(split->host, "the identities of an even split");
    }
    struct cg_cut cut;
    cg_status status = cg_cut_amount(split, &cut);
    if (status != CG_OK) {
        return status;
    }
    struct cg_decimal base;
    struct cg_remainder remainder;
    if (even_share(&cut.whole, ids->count, &base, &remainder) != CG_OK) {
        return cg_split_range_error(split);
    }
    size_t rows = 0;
    for (size_t i = 0; i < ids->count; rows++) {
        const char *id = sorted[i];
        struct cg_decimal amount = base;
        status = cg_add_remainder(&remainder, i, &amount);
        for (i++; status == CG_OK && i < ids->count && strcmp(sorted[i], id) == 0; i++) {
            struct cg_decimal share = base;
            status = cg_add_remainder(&remainder, i, &share);
            status = status == CG_OK ? cg_decimal_add(&amount, &share, &amount) : status;
        }
        if (status == CG_OK && rows == 0 && !cg_decimal_is_zero(&cut.rest)) {
            status = cg_decimal_add(&amount, &cut.rest, &amount);
        }
        if (status != CG_OK) {
            return cg_split_range_error(split);
        }
        status = cg_put_row(split, CG_METHOD_EVEN_SPLIT, id, &amount, 0);
        if (status != CG_OK) {
            return status;
        }
    }
    *ret_rows = rows;
    return CG_OK;
}

static cg_status give_all(const struct cg_split *split, const char *method, const char *id, size_t *ret_rows) {
    cg_status status = cg_put_row(split, method, id, &split->amount, 0);
    if (status == CG_OK) {
        *ret_rows = 1;
    }
    return status;
}

cg_status cg_model_terminal(const struct cg_split *split, const char *id, size_t *ret_rows) {
    if (id == NULL || id[0] == '\0') {
        return split->host->set_error(split->host, CG_INVALID,
                                      "The terminal model was given no identity; it needs one to charge.");
    }
    return give_all(split, CG_METHOD_TERMINAL, id, ret_rows);
}

cg_status cg_model_direct_owner(const struct cg_split *split, const char *owner, size_t *ret_rows) {
    if (owner == NULL || owner[0] == '\0') {
        *ret_rows = 0;
        return CG_OK;
    }
    return give_all(split, CG_METHOD_DIRECT_OWNER, owner, ret_rows);
}

/* `types` NULL: every type. */
static cg_status collect_ids(const struct cg_host *host, const struct cg_identity_list *list,
                             const struct cg_text_list *types, struct cg_text_list *ret) {
    if (list->count == 0) {
        *ret = (struct cg_text_list){.items = NULL};
        return CG_OK;
    }
    const char **ids = cg_scratch_array(host, list->count, sizeof *ids);
    if (ids == NULL) {
        return cg_scratch_error(host, "a list of identities");
    }
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct cg_identity *identity = list->items[i];
        int wanted = types == NULL;
        for (size_t k = 0; !wanted && k < types->count; k++) {
            wanted = strcmp(identity->type, types->items[k]) == 0;
        }
        if (wanted) {
            ids[count++] = identity->id;
        }
    }
    *ret = (struct cg_text_list){.items = ids, .count = count};
    return CG_OK;
}

cg_status cg_ids_of(const struct cg_host *host, const struct cg_identity_list *list, struct cg_text_list *ret) {
    return collect_ids(host, list, NULL, ret);
}

cg_status cg_ids_of_types(const struct cg_host *host, const struct cg_identity_list *list,
                          const struct cg_text_list *types, struct cg_text_list *ret) {
    return collect_ids(host, list, types, ret);
}
