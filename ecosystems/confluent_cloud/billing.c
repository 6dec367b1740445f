/* Reading the bill, window by window, two windows at a time; a window is stored when all its pages are here. */
#include "billing_window.h"
#include "ccloud.h"
#include "moment.h"
#include "page.h"
#include "paging.h"

#include <stdio.h>
#include <stdlib.h>

#define WINDOWS_IN_FLIGHT 2u
#define DEFAULT_DAYS 15
#define MOST_DAYS 30
#define PAGE_SIZE "2000"

struct billing;

/* One window on its way; `lines` is NULL when the place is free. */
struct place {
    struct billing *billing;
    struct ccloud_window *lines;
    int64_t start;
    int64_t end;
};

struct billing {
    const struct cg_gather *gather;
    struct ccloud_session session;
    struct place places[WINDOWS_IN_FLIGHT];
    int64_t window_us;
    int64_t next; /* start of the next window */
    uint64_t done;
    uint64_t total;
    cg_status failure;
    char text[CCLOUD_TEXT_SIZE * 2]; /* empty: the host knows the text */
};

static void fail(struct billing *billing, cg_status status, const struct place *place, const char *cause) {
    if (billing->failure != CG_OK) {
        return;
    }
    char days[2][CCLOUD_DAY_SIZE];
    billing->failure = status;
    if (cause != NULL) {
        ccloud_day_format(place->start, days[0]);
        ccloud_day_format(place->end, days[1]);
        (void)snprintf(billing->text, sizeof billing->text, "The bill from %s to %s (exclusive) could not be read: %s",
                       days[0], days[1], cause);
    }
}

/* What to say when the outcome has no sentence of its own. */
static const char *cause_of(cg_status status) {
    switch (status) {
    case CG_NO_MEMORY:
        return "there was not enough memory.";
    case CG_RANGE:
        return "equal items add up to more digits than an amount can have.";
    case CG_CANCELLED:
        return NULL;
    default:
        return "the request could not be made.";
    }
}

static cg_status on_page(void *user, const json_t *items) {
    struct place *place = user;
    const struct cg_host *host = place->billing->gather->host;
    cg_status status = ccloud_window_add(place->lines, items);
    return status == CG_OK && host->cancelled(host) ? CG_CANCELLED : status;
}

static void start_next(struct place *place);

static void on_end(void *user, const struct ccloud_outcome *outcome) {
    struct place *place = user;
    struct billing *billing = place->billing;
    const struct cg_gather *gather = billing->gather;
    const struct cg_billing_line *const *lines = NULL;
    size_t count = 0;
    cg_status status = outcome->status;
    if (status != CG_OK) {
        fail(billing, status, place, outcome->text != NULL ? outcome->text : cause_of(status));
    } else if ((status = ccloud_window_lines(place->lines, &lines, &count)) != CG_OK) {
        fail(billing, status, place, cause_of(status));
    } else if ((status = gather->billing(gather, place->start, place->end, lines, count)) != CG_OK) {
        /* What cannot be stored now cannot be stored for another window either. */
        billing->session.stop = 1;
        fail(billing, status, place, NULL);
    }
    ccloud_window_free(place->lines);
    place->lines = NULL;
    if (status == CG_OK) {
        billing->done++;
        gather->progress(gather, "billing windows", billing->done, billing->total);
    }
    start_next(place);
}

/* Starts the next window in a free place, unless there is none left or one has failed. */
static void start_next(struct place *place) {
    struct billing *billing = place->billing;
    const struct cg_gather *gather = billing->gather;
    if (billing->failure != CG_OK || billing->next >= gather->billing_end) {
        return;
    }
    char days[2][CCLOUD_DAY_SIZE];
    int64_t left = gather->billing_end - billing->next;
    place->start = billing->next;
    place->end = billing->next + (left < billing->window_us ? left : billing->window_us);
    billing->next = place->end;
    ccloud_day_format(place->start, days[0]);
    ccloud_day_format(place->end, days[1]);
    const struct cg_http_param params[] = {{"start_date", days[0]}, {"end_date", days[1]}, {"page_size", PAGE_SIZE}};
    struct ccloud_listing listing = {.what = "billing items",
                                     .path = "/billing/v1/costs",
                                     .params = params,
                                     .param_count = sizeof params / sizeof params[0],
                                     .max_items = CCLOUD_WINDOW_ITEMS_MAX,
                                     .page = on_page,
                                     .end = on_end,
                                     .user = place};
    place->lines = ccloud_window_new(gather->host, place->start, place->end);
    cg_status status = place->lines == NULL ? CG_NO_MEMORY : ccloud_listing_start(&billing->session, &listing);
    if (status != CG_OK) {
        ccloud_window_free(place->lines);
        place->lines = NULL;
        fail(billing, status, place, cause_of(status));
    }
}

/* The places that still wait for an answer. */
static int is_busy(const struct billing *billing) {
    int busy = 0;
    for (size_t i = 0; i < WINDOWS_IN_FLIGHT; i++) {
        busy = busy || billing->places[i].lines != NULL;
    }
    return busy;
}

static int64_t window_us(const struct ccloud_instance *instance) {
    const struct cg_config_api *config = instance->host->config;
    int64_t days = config->integer(instance->tenant->settings, "billing_api.days_per_query", DEFAULT_DAYS);
    return (days < 1 ? 1 : days > MOST_DAYS ? MOST_DAYS : days) * CG_DAY_US;
}

cg_status ccloud_gather_billing(void *instance, const struct cg_gather *gather) {
    struct ccloud_instance *self = instance;
    const struct cg_host *host = gather->host;
    if (gather->billing_start >= gather->billing_end) {
        return CG_OK;
    }
    cg_status status = ccloud_client_open(self);
    if (status != CG_OK) {
        return status;
    }
    struct billing *billing = calloc(1, sizeof *billing);
    if (billing == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "There was not enough memory to read the bill.");
    }
    billing->gather = gather;
    billing->session.host = host;
    billing->session.client = self->client;
    billing->window_us = window_us(self);
    billing->next = gather->billing_start;
    int64_t span = gather->billing_end - gather->billing_start;
    billing->total = (uint64_t)((span + billing->window_us - 1) / billing->window_us);
    for (size_t i = 0; i < WINDOWS_IN_FLIGHT; i++) {
        billing->places[i].billing = billing;
        start_next(&billing->places[i]);
    }
    status = host->http->wait(self->client);
    if (is_busy(billing)) {
        /* Whatever is still on its way calls back now, while the windows are there. */
        billing->failure = billing->failure != CG_OK ? billing->failure : status != CG_OK ? status : CG_CANCELLED;
        ccloud_client_close(self);
    }
    if (billing->failure != CG_OK) {
        status = billing->failure;
        if (billing->text[0] != '\0') {
            (void)host->set_error(host, status, "%s", billing->text);
        }
    }
    free(billing);
    return status;
}
