#include "expose/value_text.h"

#include <stdio.h>
#include <string.h>

/* Decimals of so many digits are told apart by doubles, so such a one is itself the shortest text of its double. */
#define EXACT_DIGITS 15

/* From this place of the point on a positive number has an exponent; others from 10^16 on. */
#define POSITIVE_POINT 6
#define PLAIN_POINT 16
/* Below 0.0001 every number has one. */
#define SMALL_POINT (-3)

/* A number as digits and the place of the point: 0.d1d2d3... * 10^point. */
struct digits {
    char text[CG_DECIMAL_TEXT_SIZE];
    int count; /* without zeros at the end; 0: the number is zero */
    int point;
};

static struct digits digits_of(const struct cg_decimal *value) {
    const struct cg_decimal whole = {.low = value->low, .high = value->high};
    struct digits digits;
    int length = (int)cg_decimal_format(&whole, digits.text);
    digits.point = length + value->exponent;
    while (length > 0 && digits.text[length - 1] == '0')
        length--;
    digits.count = length;
    return digits;
}

/* The digits of the shortest text of the nearest double. */
static struct digits shortest(const struct cg_decimal *value) {
    struct digits digits = digits_of(value);
    struct cg_decimal rounded;
    if (digits.count > EXACT_DIGITS && cg_decimal_from_double(cg_decimal_to_double(value), &rounded) == CG_OK)
        digits = digits_of(&rounded);
    return digits;
}

static size_t put_exponent(const struct digits *digits, char *text) {
    int exponent = digits->point - 1;
    size_t length = 0;
    text[length++] = digits->text[0];
    if (digits->count > 1) {
        text[length++] = '.';
        memcpy(text + length, digits->text + 1, (size_t)digits->count - 1);
        length += (size_t)digits->count - 1;
    }
    return length +
           (size_t)snprintf(text + length, 8, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
}

static size_t put_plain(const struct digits *digits, char *text) {
    size_t length = 0;
    if (digits->point <= 0)
        text[length++] = '0';
    for (int i = 0; i < digits->point; i++)
        text[length++] = i < digits->count ? digits->text[i] : '0';
    text[length++] = '.';
    for (int i = digits->point; i < 0; i++)
        text[length++] = '0';
    int first = digits->point > 0 ? digits->point : 0;
    if (first >= digits->count)
        text[length++] = '0';
    for (int i = first; i < digits->count; i++)
        text[length++] = digits->text[i];
    return length;
}

size_t cg_value_text(const struct cg_decimal *value, char text[CG_VALUE_TEXT_SIZE]) {
    struct digits digits = shortest(value);
    size_t length = 0;
    if (digits.count > 17) /* smaller than any double that can be told: it is cut, not rounded */
        digits.count = 17;
    if (digits.count == 0)
        digits.point = 0;
    if (value->negative)
        text[length++] = '-';
    if (digits.count && (digits.point > PLAIN_POINT || digits.point < SMALL_POINT ||
                         (digits.point > POSITIVE_POINT && !value->negative)))
        length += put_exponent(&digits, text + length);
    else
        length += put_plain(&digits, text + length);
    text[length] = '\0';
    return length;
}
