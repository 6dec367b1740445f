/* The bill: asking for its measurements, and handing over its days. */
#include "metered_parts.h"

#include "models_share.h"

#include <stdio.h>
#include <time.h>

#define DATE_SIZE 16
#define DAYS_SIZE 64

/* Days without lines that follow each other, and why. They are told in one sentence, since a source may know nothing of
 * whole months, or fail for all days alike. */
struct absence {
    size_t start;
    size_t count;
    cg_status status;  /* CG_OK: there is no sample */
    const char *cause; /* of the first of them */
};

/* A gather of billing lines. */
struct work {
    const struct cg_gather *gather;
    const struct cg_host *host;
    const struct cg_metered_bill *bill;
    size_t day_count;                    /* of the billing window */
    size_t over_count;                   /* of those that are over: they come first */
    struct cg_metered_reading *readings; /* over_count for each product */
    struct cg_billing_line *lines;       /* product_count for each day */
    const struct cg_billing_line **span; /* the lines of the days that are handed over next */
    size_t span_count;
    size_t span_start;     /* the first of these days */
    struct absence away;   /* days up to the one at hand that are not told yet */
    size_t failed;         /* days that could not be read */
    struct absence first;  /* the first of them */
    char unread_text[256]; /* a cause of our own */
};

static const char *date_of(int64_t day, char *buffer) {
    time_t seconds = (time_t)(day / 1000000);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL || strftime(buffer, DATE_SIZE, "%Y-%m-%d", &parts) == 0) {
        (void)snprintf(buffer, DATE_SIZE, "?");
    }
    return buffer;
}

static int64_t day_at(const struct work *work, size_t day) {
    return work->gather->billing_start + (int64_t)day * CG_DAY_US;
}

static int is_measured(const struct cg_metered_product *product) {
    return product->kind != CG_METERED_FIXED;
}

static struct cg_metered_reading *reading_of(const struct work *work, size_t product, size_t day) {
    return &work->readings[product * work->over_count + day];
}

/* ---- asking ---- */

/* Questions of one fetch. */
struct inquiry {
    struct cg_metrics_question *questions;
    const struct cg_metrics_question **list;
    struct target {
        size_t product;
        size_t first; /* day */
        size_t count; /* of days */
    } * targets;
    size_t count;
};

static cg_status inquiry_init(const struct work *work, size_t room, struct inquiry *ret) {
    const struct cg_host *host = work->host;
    *ret = (struct inquiry){
        .questions = cg_scratch_array(host, room, sizeof *ret->questions),
        .list = cg_scratch_array(host, room, sizeof(const struct cg_metrics_question *)),
        .targets = cg_scratch_array(host, room, sizeof *ret->targets),
    };
    if (ret->questions == NULL || ret->list == NULL || ret->targets == NULL) {
        return cg_scratch_error(host, "the questions of a bill");
    }
    return CG_OK;
}

static void ask(const struct work *work, struct inquiry *inquiry, size_t product, size_t first, size_t count) {
    const struct cg_metered_product *asked = &work->bill->products[product];
    inquiry->questions[inquiry->count] = (struct cg_metrics_question){.struct_size = sizeof *inquiry->questions,
                                                                      .query = asked->query,
                                                                      .start = day_at(work, first),
                                                                      .end = day_at(work, first + count),
                                                                      .step_seconds = asked->step_seconds};
    inquiry->list[inquiry->count] = &inquiry->questions[inquiry->count];
    inquiry->targets[inquiry->count] = (struct target){product, first, count};
    inquiry->count++;
}

/* Sends what was asked and enters the answers; what failed is entered, too. */
static cg_status submit(const struct work *work, const struct inquiry *inquiry) {
    const struct cg_host *host = work->host;
    const struct cg_metrics_answer *const *answers = NULL;
    cg_status status = host->metrics->fetch(host, inquiry->list, inquiry->count, &answers);
    for (size_t i = 0; i < inquiry->count && status == CG_OK; i++) {
        const struct target *target = &inquiry->targets[i];
        struct cg_metered_reading *readings = reading_of(work, target->product, target->first);
        for (size_t day = 0; day < target->count; day++) {
            readings[day].status = answers[i]->status;
            readings[day].error = answers[i]->error;
        }
        if (answers[i]->status == CG_OK) {
            status = cg_metered_read(host, &work->bill->products[target->product], answers[i],
                                     day_at(work, target->first), readings, target->count);
        }
    }
    return status;
}

/* Whether asking for less could help: not when the source refuses us. */
static int may_split(const struct cg_metered_reading *reading) {
    return reading->status != CG_OK && reading->status != CG_AUTH && reading->status != CG_CANCELLED;
}

static cg_status read_all(const struct work *work, size_t measured) {
    const struct cg_metered_bill *bill = work->bill;
    struct inquiry whole;
    cg_status status = inquiry_init(work, measured, &whole);
    for (size_t i = 0; i < bill->product_count && status == CG_OK; i++) {
        if (is_measured(&bill->products[i])) {
            ask(work, &whole, i, 0, work->over_count);
        }
    }
    status = status == CG_OK ? submit(work, &whole) : status;
    size_t again = 0;
    for (size_t i = 0; i < whole.count && status == CG_OK && work->over_count > 1; i++) {
        again += may_split(reading_of(work, whole.targets[i].product, 0)) ? 1 : 0;
    }
    if (status != CG_OK || again == 0) {
        return status;
    }
    struct inquiry single;
    status = inquiry_init(work, again * work->over_count, &single);
    for (size_t i = 0; i < whole.count && status == CG_OK; i++) {
        size_t product = whole.targets[i].product;
        if (!may_split(reading_of(work, product, 0))) {
            continue;
        }
        for (size_t day = 0; day < work->over_count; day++) {
            ask(work, &single, product, day, 1);
        }
    }
    return status == CG_OK ? submit(work, &single) : status;
}

/* ---- handing over ---- */

/* Hands over the days from span_start up to `end`. */
static cg_status flush(struct work *work, size_t end) {
    const struct cg_gather *gather = work->gather;
    if (work->span_start == end) {
        return CG_OK;
    }
    cg_status status =
        gather->billing(gather, day_at(work, work->span_start), day_at(work, end), work->span, work->span_count);
    work->span_start = end;
    work->span_count = 0;
    gather->progress(gather, "billing days", end, work->day_count);
    return status;
}

static int can_keep(const struct work *work) {
    return CG_HAS_MEMBER(work->gather, struct cg_gather, keep);
}

/* "2026-01-13", or "2026-01-13..2026-01-15 (3 days)". */
static const char *days_of(const struct work *work, const struct absence *absence, char *buffer) {
    char first[DATE_SIZE];
    char last[DATE_SIZE];
    (void)date_of(day_at(work, absence->start), first);
    (void)date_of(day_at(work, absence->start + absence->count - 1), last);
    if (absence->count == 1) {
        (void)snprintf(buffer, DAYS_SIZE, "%s", first);
    } else {
        (void)snprintf(buffer, DAYS_SIZE, "%s..%s (%zu days)", first, last, absence->count);
    }
    return buffer;
}

/* Tells of the days that are away; what is stored of them stays. */
static cg_status end_absence(struct work *work) {
    const struct cg_gather *gather = work->gather;
    const struct cg_host *host = work->host;
    const struct absence away = work->away;
    char days[DAYS_SIZE];
    char text[512];
    if (away.count == 0) {
        return CG_OK;
    }
    work->away = (struct absence){.count = 0};
    (void)days_of(work, &away, days);
    if (away.status == CG_OK) {
        host->log(host, CG_LOG_WARNING, "No Prometheus data for tenant=%s date=%s%s", work->bill->tenant_id, days,
                  work->bill->no_data);
    } else {
        host->log(host, CG_LOG_WARNING, "Prometheus query failed for tenant=%s date=%s -- skipping: %s",
                  work->bill->tenant_id, days, away.cause);
        (void)snprintf(text, sizeof text, "The bill of %s could not be read: %s", days, away.cause);
    }
    return !can_keep(work) ? CG_OK
                           : gather->keep(gather, day_at(work, away.start), day_at(work, away.start + away.count),
                                          away.status, away.status == CG_OK ? NULL : text);
}

/* Leaves a day out of what is handed over. Without a way to keep what is stored, a day without samples is handed over
 * without lines. */
static cg_status leave_out(struct work *work, size_t day, cg_status trouble, const char *cause) {
    const struct absence found = {day, 1, trouble, cause != NULL ? cause : "no reason given"};
    cg_status status = CG_OK;
    if (trouble != CG_OK && work->failed++ == 0) {
        work->first = found;
    }
    if (work->away.count > 0 && (work->away.status == CG_OK) != (trouble == CG_OK)) {
        status = end_absence(work);
    }
    if (work->away.count++ == 0) {
        work->away = found;
    }
    if (status == CG_OK && (trouble != CG_OK || can_keep(work))) {
        status = flush(work, day);
        work->span_start = day + 1;
    }
    return status;
}

/* What is known of a day: how many samples, and the first product that could not be read. */
static size_t look_at(const struct work *work, size_t day, size_t measured, const struct cg_metered_reading **failed) {
    size_t samples = measured == 0;
    *failed = NULL;
    for (size_t i = 0; i < work->bill->product_count; i++) {
        if (!is_measured(&work->bill->products[i])) {
            continue;
        }
        const struct cg_metered_reading *reading = reading_of(work, i, day);
        if (reading->status != CG_OK && *failed == NULL) {
            *failed = reading;
        }
        samples += reading->total.count;
    }
    return samples;
}

/* Makes the lines of a day, behind those of the days before it. */
static cg_status make_lines(struct work *work, size_t day) {
    const struct cg_metered_bill *bill = work->bill;
    size_t made = work->span_count;
    for (size_t i = 0; i < bill->product_count; i++) {
        const struct cg_metered_product *product = &bill->products[i];
        struct cg_billing_line *line = &work->lines[day * bill->product_count + i];
        const struct cg_metered_reading *reading = is_measured(product) ? reading_of(work, i, day) : NULL;
        cg_status status = cg_metered_line(bill, product, reading, day_at(work, day), line);
        if (status != CG_OK) {
            char date[DATE_SIZE];
            if (work->unread_text[0] != '\0') {
                return status;
            }
            (void)snprintf(work->unread_text, sizeof work->unread_text,
                           "the cost of %.64s on %s is no number that an amount can hold", product->product_type,
                           date_of(day_at(work, day), date));
            return status;
        }
        work->span[made++] = line;
    }
    work->span_count = made;
    return CG_OK;
}

/* Takes one day into the span that is handed over next; ends the span before a day that has no lines. */
static cg_status take_day(struct work *work, size_t day, size_t measured) {
    const struct cg_metered_reading *failed = NULL;
    size_t samples = look_at(work, day, measured, &failed);
    if (failed != NULL) {
        return leave_out(work, day, failed->status, failed->error);
    }
    if (samples == 0) {
        return leave_out(work, day, CG_OK, NULL);
    }
    cg_status trouble = make_lines(work, day);
    return trouble == CG_OK ? end_absence(work) : leave_out(work, day, trouble, work->unread_text);
}

/* A source that answered for no day is told of once, as the failure of the gather. */
static int is_down(const struct work *work) {
    return work->away.status != CG_OK && work->away.count == work->over_count;
}

static cg_status hand_over(struct work *work, size_t measured) {
    const struct cg_host *host = work->host;
    cg_status status = CG_OK;
    for (size_t day = 0; day < work->over_count && status == CG_OK; day++) {
        status = host->cancelled(host) ? CG_CANCELLED : take_day(work, day, measured);
    }
    if (status == CG_OK && !is_down(work)) {
        status = end_absence(work);
    }
    return status == CG_OK ? flush(work, work->day_count) : status;
}

static cg_status tell_failure(const struct work *work) {
    char date[DATE_SIZE];
    return work->host->set_error(work->host, work->first.status,
                                 "The bill of %zu of %zu days could not be read, the first of them is %s: %s. What is "
                                 "stored of these days stays, and they are read again.",
                                 work->failed, work->day_count, date_of(day_at(work, work->first.start), date),
                                 work->first.cause);
}

/* ---- the whole ---- */

static cg_status prepare(struct work *work) {
    const struct cg_host *host = work->host;
    size_t products = work->bill->product_count;
    size_t readings = 0;
    size_t lines = 0;
    if (__builtin_mul_overflow(products, work->over_count, &readings) ||
        __builtin_mul_overflow(products, work->day_count, &lines)) {
        return cg_scratch_error(host, "the lines of a bill");
    }
    work->readings = cg_scratch_array(host, readings + 1, sizeof *work->readings);
    work->lines = cg_scratch_array(host, lines + 1, sizeof *work->lines);
    work->span = cg_scratch_array(host, lines + 1, sizeof(const struct cg_billing_line *));
    if (work->readings == NULL || work->lines == NULL || work->span == NULL) {
        return cg_scratch_error(host, "the lines of a bill");
    }
    return CG_OK;
}

cg_status cg_metered_gather(const struct cg_gather *gather, const struct cg_metered_bill *bill) {
    const struct cg_host *host = gather->host;
    struct work work = {.gather = gather, .host = host, .bill = bill};
    size_t measured = 0;
    if (gather->billing_start >= gather->billing_end) {
        return CG_OK;
    }
    work.day_count = (size_t)((gather->billing_end - gather->billing_start) / CG_DAY_US);
    while (work.over_count < work.day_count && day_at(&work, work.over_count + 1) <= gather->now) {
        work.over_count++;
    }
    for (size_t i = 0; i < bill->product_count; i++) {
        measured += is_measured(&bill->products[i]) ? 1 : 0;
    }
    if (measured > 0 && cg_metered_source(host) == NULL) {
        return host->set_error(host, CG_INVALID,
                               "The bill of tenant %s is made of metrics, but there is no metrics source; set "
                               "plugin_settings.metrics.",
                               bill->tenant_id);
    }
    cg_status status = prepare(&work);
    if (status == CG_OK && measured > 0 && work.over_count > 0) {
        status = read_all(&work, measured);
    }
    if (status == CG_OK) {
        status = hand_over(&work, measured);
    }
    /* A source that answered for no day is down: the gather failed. Else the run is partial, and goes on. */
    int is_lost = work.failed > 0 && (!can_keep(&work) || work.failed == work.over_count);
    return status == CG_OK && is_lost ? tell_failure(&work) : status;
}
