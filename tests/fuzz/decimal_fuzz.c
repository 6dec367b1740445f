/*
 * decimal_fuzz.c - any bytes as the text of a decimal, and as two decimals of any bits.
 *
 * What was read prints as a text that reads back as the same number; sums and differences undo each other; nothing
 * crashes.
 */
#include <chitragupt/decimal.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds) {
    if (!holds) {
        abort();
    }
}

static int is_same(const struct cg_decimal *left, const struct cg_decimal *right) {
    return left->low == right->low && left->high == right->high && left->exponent == right->exponent &&
           left->negative == right->negative;
}

static void check_text(const struct cg_decimal *value) {
    char text[CG_DECIMAL_TEXT_SIZE];
    struct cg_decimal back;
    size_t length = cg_decimal_format(value, text);
    require(length < sizeof text && strlen(text) == length);
    require(cg_decimal_parse(text, length, &back) == CG_OK && is_same(value, &back));
}

static void check_arithmetic(const struct cg_decimal *left, const struct cg_decimal *right) {
    struct cg_decimal sum, swapped, difference, back;
    cg_status status = cg_decimal_add(left, right, &sum);
    require(cg_decimal_add(right, left, &swapped) == status);
    if (status == CG_OK) {
        require(is_same(&sum, &swapped));
        check_text(&sum);
        if (cg_decimal_subtract(&sum, right, &back) == CG_OK) {
            require(cg_decimal_compare(&back, left) == 0);
        }
    }
    int32_t order = cg_decimal_compare(left, right);
    require(cg_decimal_compare(right, left) == -order);
    if (cg_decimal_subtract(left, right, &difference) == CG_OK) {
        require(cg_decimal_is_zero(&difference) == (order == 0));
        require(order == 0 || (difference.negative != 0) == (order < 0));
        check_text(&difference);
    }
    if (cg_decimal_multiply(left, right, 0, CG_ROUND_DOWN, &back) == CG_OK) {
        check_text(&back);
        /* An exact product gives its factor back; the quotient of 38 digits holds it. */
        if (!cg_decimal_is_zero(right) &&
            cg_decimal_divide(&back, right, 38, CG_ROUND_HALF_EVEN, &difference) == CG_OK) {
            require(cg_decimal_compare(&difference, left) == 0);
        }
    }
    if (cg_decimal_divide(left, right, 28, CG_ROUND_HALF_EVEN, &back) == CG_OK) {
        check_text(&back);
    }
    if (cg_decimal_quantize(left, CG_DECIMAL_UNIT_EXPONENT, CG_ROUND_HALF_UP, &back) == CG_OK) {
        check_text(&back);
    }
}

/* Two decimals from raw bytes; with `valid` their parts are brought into range. */
static void check_bits(const uint8_t *data, int valid) {
    struct cg_decimal pair[2];
    memcpy(pair, data, sizeof pair);
    for (int i = 0; valid && i < 2; i++) {
        pair[i].high %= UINT64_C(5421010862427522170); /* 10^38 / 2^64 */
        pair[i].exponent = pair[i].exponent % (CG_DECIMAL_MAX_EXPONENT + 1);
        pair[i].negative &= 1;
    }
    if (valid) {
        check_text(&pair[0]);
        check_arithmetic(&pair[0], &pair[1]);
        double value = cg_decimal_to_double(&pair[0]);
        struct cg_decimal back;
        if (cg_decimal_from_double(value, &back) == CG_OK) {
            require(cg_decimal_to_double(&back) == value);
        }
        return;
    }
    char text[CG_DECIMAL_TEXT_SIZE];
    struct cg_decimal result;
    (void)cg_decimal_format(&pair[0], text);
    (void)cg_decimal_compare(&pair[0], &pair[1]);
    (void)cg_decimal_add(&pair[0], &pair[1], &result);
    (void)cg_decimal_multiply(&pair[0], &pair[1], data[0] % 40, data[1] % 4, &result);
    (void)cg_decimal_divide(&pair[0], &pair[1], data[0] % 40, data[1] % 4, &result);
    (void)cg_decimal_quantize(&pair[0], pair[1].exponent, data[1] % 4, &result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const char *text = (const char *)data + 1;
    size_t length = size - 1, cut = data[0] < length ? data[0] : length;
    struct cg_decimal left, right;
    int has_left = cg_decimal_parse(text, cut, &left) == CG_OK;
    int has_right = cg_decimal_parse(text + cut, length - cut, &right) == CG_OK;
    if (has_left) {
        check_text(&left);
    }
    if (has_left && has_right) {
        check_arithmetic(&left, &right);
    }
    if (size >= 2 * sizeof(struct cg_decimal)) {
        check_bits(data, 0);
        check_bits(data, 1);
    }
    return 0;
}
