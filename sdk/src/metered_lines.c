/* From samples to a day's line. */
#include "metered_parts.h"

#include "models_share.h"

#include <math.h>
#include <stdlib.h>

#define GIB INT64_C(1073741824)

/* Hours of a UTC day, as the decimal 24.0. */
static const struct cg_decimal day_hours = {.low = 240, .exponent = -1};

/* ---- sums ---- */

void cg_metered_total_add(struct cg_metered_total *total, double value) {
    if (!isfinite(value)) {
        return;
    }
    double next = total->sum + value;
    total->lost += fabs(total->sum) >= fabs(value) ? (total->sum - next) + value : (value - next) + total->sum;
    total->sum = next;
    total->count++;
}

double cg_metered_total_of(const struct cg_metered_total *total) {
    return total->sum + total->lost;
}

double cg_metered_sum(const double *values, size_t count) {
    struct cg_metered_total total = {0};
    for (size_t i = 0; i < count; i++) {
        cg_metered_total_add(&total, values[i]);
    }
    return cg_metered_total_of(&total);
}

/* ---- samples ---- */

/* The reading of the day in which `time` lies, or NULL. */
static struct cg_metered_reading *reading_at(struct cg_metered_reading *readings, size_t day_count, int64_t start,
                                             int64_t time) {
    if (time < start || (time - start) / CG_DAY_US >= (int64_t)day_count) {
        return NULL;
    }
    return &readings[(time - start) / CG_DAY_US];
}

static void add_points(const struct cg_metric_series *series, int64_t start, struct cg_metered_reading *readings,
                       size_t day_count) {
    for (size_t i = 0; i < series->point_count; i++) {
        const struct cg_metric_point *point = &series->points[i];
        struct cg_metered_reading *reading = reading_at(readings, day_count, start, point->time);
        if (reading != NULL) {
            cg_metered_total_add(&reading->total, point->value);
        }
    }
}

/* A sample, and where it stood in the answer. */
struct sample {
    int64_t time;
    size_t place;
    double value;
};

static int compare_samples(const void *left, const void *right) {
    const struct sample *a = left;
    const struct sample *b = right;
    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }
    return a->place < b->place ? -1 : a->place > b->place;
}

/* All finite samples by time; NULL when out of memory. */
static struct sample *collect(const struct cg_host *host, const struct cg_metrics_answer *answer, size_t *ret_count) {
    size_t room = 0;
    size_t count = 0;
    for (size_t i = 0; i < answer->series_count; i++) {
        room += answer->series[i]->point_count;
    }
    struct sample *samples = cg_scratch_array(host, room + 1, sizeof *samples);
    if (samples == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < answer->series_count; i++) {
        const struct cg_metric_series *series = answer->series[i];
        for (size_t k = 0; k < series->point_count; k++) {
            if (isfinite(series->points[k].value)) {
                samples[count] = (struct sample){series->points[k].time, count, series->points[k].value};
                count++;
            }
        }
    }
    qsort(samples, count, sizeof *samples, compare_samples);
    *ret_count = count;
    return samples;
}

/* Several series of a size: what they are together at each time. */
static cg_status add_sizes(const struct cg_host *host, const struct cg_metrics_answer *answer, int64_t start,
                           struct cg_metered_reading *readings, size_t day_count) {
    size_t count = 0;
    struct sample *samples = collect(host, answer, &count);
    if (samples == NULL) {
        return cg_scratch_error(host, "the samples of a size");
    }
    for (size_t i = 0; i < count;) {
        struct cg_metered_total together = {0};
        int64_t time = samples[i].time;
        for (; i < count && samples[i].time == time; i++) {
            cg_metered_total_add(&together, samples[i].value);
        }
        struct cg_metered_reading *reading = reading_at(readings, day_count, start, time);
        if (reading != NULL) {
            cg_metered_total_add(&reading->total, cg_metered_total_of(&together));
        }
    }
    return CG_OK;
}

cg_status cg_metered_read(const struct cg_host *host, const struct cg_metered_product *product,
                          const struct cg_metrics_answer *answer, int64_t start, struct cg_metered_reading *readings,
                          size_t day_count) {
    if (product->kind == CG_METERED_SIZE && answer->series_count > 1) {
        return add_sizes(host, answer, start, readings, day_count);
    }
    for (size_t i = 0; i < answer->series_count; i++) {
        add_points(answer->series[i], start, readings, day_count);
    }
    return CG_OK;
}

/* ---- numbers ---- */

static cg_status times(const struct cg_decimal *left, const struct cg_decimal *right, struct cg_decimal *ret) {
    return cg_decimal_multiply(left, right, CG_DECIMAL_CONTEXT_DIGITS, CG_ROUND_HALF_EVEN, ret);
}

static cg_status gib_of(double bytes, struct cg_decimal *ret) {
    const struct cg_decimal gib = cg_decimal_from_int64(GIB);
    struct cg_decimal exact;
    if (cg_decimal_from_double(bytes, &exact) != CG_OK) {
        return CG_RANGE;
    }
    return cg_decimal_divide(&exact, &gib, CG_DECIMAL_CONTEXT_DIGITS, CG_ROUND_HALF_EVEN, ret);
}

static cg_status quantity_of(const struct cg_metered_product *product, const struct cg_metered_reading *reading,
                             struct cg_decimal *ret) {
    struct cg_decimal amount = cg_decimal_from_int64(product->count);
    cg_status status = CG_OK;
    if (product->kind == CG_METERED_FIXED) {
        return times(&amount, &day_hours, ret);
    }
    double total = cg_metered_total_of(&reading->total);
    if (product->kind == CG_METERED_SIZE) {
        amount = (struct cg_decimal){.exponent = -(int32_t)product->empty_places};
        if (reading->total.count > 0) {
            status = gib_of(total / (double)reading->total.count, &amount);
        }
        return status == CG_OK ? times(&amount, &day_hours, ret) : status;
    }
    *ret = cg_decimal_from_int64(0);
    return reading->total.count > 0 ? gib_of(total, ret) : CG_OK;
}

cg_status cg_metered_line(const struct cg_metered_bill *bill, const struct cg_metered_product *product,
                          const struct cg_metered_reading *reading, int64_t day, struct cg_billing_line *ret) {
    struct cg_billing_line line = {.struct_size = sizeof line,
                                   .timestamp = day,
                                   .env_id = "",
                                   .resource_id = bill->resource_id,
                                   .product_category = product->product_category,
                                   .product_type = product->product_type,
                                   .currency = bill->currency,
                                   .granularity = "daily",
                                   .unit_price = product->unit_price};
    cg_status status = quantity_of(product, reading, &line.quantity);
    if (status == CG_OK) {
        status = times(&line.quantity, &line.unit_price, &line.total_cost);
    }
    if (status == CG_OK) {
        *ret = line;
    }
    return status;
}
