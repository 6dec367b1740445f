/* A line of the bill as JSON, written straight into the buffer. */
#include <string.h>

#include "bill.h"

static void scaled_put(struct cg_sim_text *text, const char *name, struct cg_sim_scaled value) {
    char digits[CG_SIM_UNITS_SIZE];
    cg_sim_units units = cg_sim_units_make(value.mantissa, value.scale);
    size_t len = cg_sim_units_format(units, digits);
    bool number = cg_sim_digits_count(digits, len) <= 15;
    cg_sim_text_puts(text, name);
    cg_sim_text_add(text, number ? "" : "\"", number ? 0 : 1);
    cg_sim_text_add(text, digits, len);
    cg_sim_text_add(text, number ? "" : "\"", number ? 0 : 1);
}

/* Writes `digits` (a plain decimal text) as mantissa and exponent: 12.5 becomes 125e-1. */
static void exponent_put(struct cg_sim_text *text, const char *digits, size_t len) {
    const char *point = memchr(digits, '.', len);
    if (point == NULL) {
        cg_sim_text_add(text, digits, len);
        cg_sim_text_puts(text, "e0");
        return;
    }
    bool leading = true;
    for (size_t i = 0; i < len; i++) {
        if (digits[i] == '.' || (leading && digits[i] == '0')) {
            continue;
        }
        leading = digits[i] == '-';
        cg_sim_text_putc(text, digits[i]);
    }
    cg_sim_text_puts(text, "e-");
    cg_sim_text_put_u64(text, (uint64_t)(len - 1 - (size_t)(point - digits)));
}

static void units_put(struct cg_sim_text *text, const char *name, cg_sim_units units, enum cg_sim_amount_form form) {
    char digits[CG_SIM_UNITS_SIZE];
    size_t len = cg_sim_units_format(units, digits);
    if (form == CG_SIM_FORM_NUMBER || form == CG_SIM_FORM_EXPONENT) {
        form = cg_sim_digits_count(digits, len) <= 15 ? form : CG_SIM_FORM_STRING;
    }
    cg_sim_text_puts(text, name);
    switch (form) {
    case CG_SIM_FORM_NUMBER:
    case CG_SIM_FORM_DOUBLE:
        cg_sim_text_add(text, digits, len);
        break;
    case CG_SIM_FORM_EXPONENT:
        exponent_put(text, digits, len);
        break;
    case CG_SIM_FORM_STRING:
    case CG_SIM_FORM_PADDED:
        cg_sim_text_putc(text, '"');
        cg_sim_text_add(text, digits, len);
        if (form == CG_SIM_FORM_PADDED) {
            /* never more than eighteen decimals */
            const char *point = memchr(digits, '.', len);
            size_t decimals = point == NULL ? 0 : len - 1 - (size_t)(point - digits);
            cg_sim_text_puts(text, point == NULL ? ".00" : decimals <= 16 ? "00" : "");
        }
        cg_sim_text_putc(text, '"');
        break;
    }
}

/* Identifiers and names of the scenario need no escaping. */
static void plain_put(struct cg_sim_text *text, const char *name, const char *value) {
    cg_sim_text_puts(text, name);
    cg_sim_text_puts(text, value);
    cg_sim_text_putc(text, '"');
}

static void id_put(struct cg_sim_text *text, uint64_t id) {
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuv";
    char out[12];
    for (size_t i = 0; i < sizeof(out); i++) {
        out[i] = alphabet[id & 31];
        id >>= 5;
    }
    cg_sim_text_puts(text, "{\"id\":\"dlz-");
    cg_sim_text_add(text, out, sizeof(out));
    cg_sim_text_putc(text, '"');
}

static void resource_put(struct cg_sim_text *text, const struct cg_sim_line *line) {
    if (line->malformed == CG_SIM_NULL_RESOURCE) {
        cg_sim_text_puts(text, ",\"resource\":null");
        return;
    }
    if (line->malformed == CG_SIM_ARRAY_RESOURCE) {
        cg_sim_text_puts(text, ",\"resource\":[]");
        return;
    }
    switch (line->shape) {
    case CG_SIM_RESOURCE_ABSENT:
        break;
    case CG_SIM_RESOURCE_WITHOUT_ID:
        cg_sim_text_puts(text, ",\"resource\":{}");
        break;
    case CG_SIM_RESOURCE_NULL_ID:
        cg_sim_text_puts(text, ",\"resource\":{\"id\":null,\"display_name\":null}");
        break;
    case CG_SIM_RESOURCE_EMPTY_ID:
        cg_sim_text_puts(text, ",\"resource\":{\"id\":\"\",\"display_name\":\"\",\"environment\":{\"id\":\"\"}}");
        break;
    case CG_SIM_RESOURCE_FULL:
        plain_put(text, ",\"resource\":{\"id\":\"", line->resource_id);
        plain_put(text, ",\"display_name\":\"", line->resource_name);
        plain_put(text, ",\"environment\":{\"id\":\"", line->environment_id);
        cg_sim_text_puts(text, "}}");
        break;
    }
}

void cg_sim_line_format(const struct cg_sim_line *line, int64_t day, struct cg_sim_text *text) {
    char date[CG_SIM_DAY_SIZE];
    if (line->malformed == CG_SIM_NO_OBJECT) {
        cg_sim_text_puts(text, "\"this item is not an object\"");
        return;
    }
    id_put(text, line->id);
    if (line->malformed == CG_SIM_BAD_DATE) {
        cg_sim_day_format(day, date);
        cg_sim_text_printf(text, ",\"start_date\":\"%.2s/%.2s/%.4s\"", date + 5, date + 8, date);
    } else if (line->malformed != CG_SIM_NO_START_DATE) {
        cg_sim_day_format(day, date);
        plain_put(text, ",\"start_date\":\"", date);
    }
    cg_sim_day_format(day + 1, date);
    plain_put(text, ",\"end_date\":\"", date);
    plain_put(text, ",\"granularity\":\"DAILY\",\"product\":\"", line->product);
    if (line->malformed == CG_SIM_NULL_LINE_TYPE) {
        cg_sim_text_puts(text, ",\"line_type\":null");
    } else {
        plain_put(text, ",\"line_type\":\"", line->line_type);
    }
    plain_put(text, ",\"unit\":\"", line->unit);
    scaled_put(text, ",\"price\":", line->price);
    scaled_put(text, ",\"quantity\":", line->quantity);
    units_put(text, ",\"original_amount\":", line->original,
              line->form == CG_SIM_FORM_DOUBLE ? CG_SIM_FORM_DOUBLE : CG_SIM_FORM_NUMBER);
    units_put(text, ",\"discount_amount\":", line->discount, CG_SIM_FORM_NUMBER);
    if (line->malformed == CG_SIM_TEXT_AMOUNT) {
        cg_sim_text_puts(text, ",\"amount\":\"about ten\"");
    } else {
        units_put(text, ",\"amount\":", line->amount, line->form);
    }
    resource_put(text, line);
    cg_sim_text_putc(text, '}');
}
