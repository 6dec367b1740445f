#include "paging.h"

#include "page.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A listing on its way. */
struct running {
    struct ccloud_session *session;
    struct ccloud_listing listing; /* its strings are owned */
    struct cg_http_param params[CCLOUD_PARAMS_MAX + 1];
    char *token;  /* of the page asked for, or NULL */
    char *marker; /* a token seen before, see token_repeats */
    uint32_t pages;
    uint32_t garbled; /* answers to the request at hand that were no JSON */
    uint32_t marker_age;
    uint32_t marker_life;
    uint64_t items;
};

static void running_free(struct running *running) {
    for (size_t i = 0; i < running->listing.param_count; i++) {
        free((void *)(uintptr_t)running->params[i].name);
        free((void *)(uintptr_t)running->params[i].value);
    }
    free((void *)(uintptr_t)running->listing.path);
    free(running->token);
    free(running->marker);
    free(running);
}

static struct running *running_new(struct ccloud_session *session, const struct ccloud_listing *listing) {
    if (listing->param_count > CCLOUD_PARAMS_MAX) {
        return NULL;
    }
    struct running *running = calloc(1, sizeof *running);
    if (running == NULL) {
        return NULL;
    }
    running->session = session;
    running->listing = *listing;
    running->marker_life = 1;
    running->listing.path = strdup(listing->path);
    int complete = running->listing.path != NULL;
    for (size_t i = 0; i < listing->param_count; i++) {
        running->params[i].name = strdup(listing->params[i].name);
        running->params[i].value = strdup(listing->params[i].value);
        complete = complete && running->params[i].name != NULL && running->params[i].value != NULL;
    }
    if (!complete) {
        running_free(running);
        return NULL;
    }
    return running;
}

static void end_with(struct running *running, cg_status status, uint32_t http_status, const char *text) {
    struct ccloud_outcome outcome = {status, http_status, text};
    running->listing.end(running->listing.user, &outcome);
    running_free(running);
}

/*
 * Whether the token was seen before, with one remembered token: it is replaced after 1, 2, 4, 8... pages, so that a
 * circle of any length is noticed within about three rounds (R. P. Brent, "An improved Monte Carlo factorization
 * algorithm", 1980).
 */
static cg_status token_repeats(struct running *running, const char *token, int *ret_repeats) {
    *ret_repeats = running->marker != NULL && strcmp(running->marker, token) == 0;
    running->marker_age++;
    if (!*ret_repeats && (running->marker == NULL || running->marker_age == running->marker_life)) {
        char *copy = strdup(token);
        if (copy == NULL) {
            return CG_NO_MEMORY;
        }
        free(running->marker);
        running->marker = copy;
        running->marker_age = 0;
        running->marker_life *= 2;
    }
    return CG_OK;
}

static void on_response(void *user, const struct cg_http_response *response);

static cg_status ask(struct running *running) {
    size_t count = running->listing.param_count;
    if (running->token != NULL) {
        running->params[count] = (struct cg_http_param){"page_token", running->token};
        count++;
    }
    return running->session->host->http->get(running->session->client, running->listing.path, running->params, count,
                                             on_response, running);
}

/* The sentence for a request that failed for good. */
static void explain(const struct running *running, const struct cg_http_response *response, char *text) {
    const char *path = running->listing.path;
    const char *credential = running->session->credential;
    if (credential == NULL) {
        credential = "ccloud_api.key and ccloud_api.secret, which must be a Cloud API key, not the key of a cluster";
    }
    switch (response->http_status) {
    case 401:
        (void)snprintf(text, CCLOUD_TEXT_SIZE, "Confluent Cloud refused the API key (GET %s answered 401): check %s.",
                       path, credential);
        break;
    case 403:
        (void)snprintf(text, CCLOUD_TEXT_SIZE,
                       "The API key lacks the role to list %s (GET %s answered 403): give the key's owner a role in "
                       "Confluent Cloud that may read them.",
                       running->listing.what, path);
        break;
    case 404:
        (void)snprintf(text, CCLOUD_TEXT_SIZE,
                       "Confluent Cloud does not know GET %s (it answered 404), so the %s could not be listed.", path,
                       running->listing.what);
        break;
    default:
        if (response->error != NULL) {
            (void)snprintf(text, CCLOUD_TEXT_SIZE, "%s", response->error);
        } else {
            (void)snprintf(text, CCLOUD_TEXT_SIZE, "Confluent Cloud could not be asked for GET %s.", path);
        }
        break;
    }
}

/* Counts the page's items and hands them over. `text` stays empty when the page function failed. */
static cg_status take_items(struct running *running, const json_t *items, char *text) {
    running->items += running->listing.is_object ? json_object_size(items) : json_array_size(items);
    if (running->items > running->listing.max_items) {
        (void)snprintf(text, CCLOUD_TEXT_SIZE, "Confluent Cloud listed more than %" PRIu64 " %s at GET %s.",
                       running->listing.max_items, running->listing.what, running->listing.path);
        return CG_PERMANENT;
    }
    return items == NULL ? CG_OK : running->listing.page(running->listing.user, items);
}

/* Asks for the page after this one. */
static cg_status follow(struct running *running, struct ccloud_page *page, char *text) {
    int repeats = 0;
    cg_status status = token_repeats(running, page->token, &repeats);
    if (status != CG_OK) {
        return status;
    }
    if (repeats || running->pages >= CCLOUD_PAGES_MAX) {
        (void)snprintf(text, CCLOUD_TEXT_SIZE,
                       repeats
                           ? "Confluent Cloud repeats a page of GET %s: the same page_token came twice, so the %s have "
                             "no end."
                           : "Confluent Cloud has more pages of GET %s than the 10000 that are read, so the %s are "
                             "not complete.",
                       running->listing.path, running->listing.what);
        return CG_PERMANENT;
    }
    free(running->token);
    running->token = page->token;
    page->token = NULL;
    return ask(running);
}

/* An answer that is no JSON was cut or replaced on its way; mostly the next one is whole. */
static int is_asked_again(struct running *running, cg_status status) {
    return status == CG_TEMPORARY && ++running->garbled < CCLOUD_ATTEMPTS && ask(running) == CG_OK;
}

static void on_response(void *user, const struct cg_http_response *response) {
    struct running *running = user;
    char text[CCLOUD_TEXT_SIZE] = "";
    if (running->session->stop || response->status == CG_CANCELLED) {
        end_with(running, CG_CANCELLED, 0, NULL);
        return;
    }
    if (response->status != CG_OK) {
        explain(running, response, text);
        end_with(running, response->status, response->http_status, text);
        return;
    }
    struct ccloud_page page;
    cg_status status = (running->listing.is_object ? ccloud_page_parse_object : ccloud_page_parse)(
        running->listing.path, response->body, response->length, &page, text);
    if (is_asked_again(running, status)) {
        return;
    }
    status = status == CG_TEMPORARY ? CG_PERMANENT : status;
    running->garbled = 0;
    running->pages++;
    if (status == CG_OK) {
        status = take_items(running, page.items, text);
    }
    int last = page.token == NULL;
    if (status == CG_OK && !last && running->session->stop) {
        status = CG_CANCELLED;
    }
    if (status == CG_OK && !last) {
        status = follow(running, &page, text);
    }
    ccloud_page_done(&page);
    if (status != CG_OK || last) {
        end_with(running, status, 0, text[0] == '\0' ? NULL : text);
    }
}

cg_status ccloud_listing_start(struct ccloud_session *session, const struct ccloud_listing *listing) {
    struct running *running = running_new(session, listing);
    if (running == NULL) {
        return CG_NO_MEMORY;
    }
    cg_status status = ask(running);
    if (status != CG_OK) {
        running_free(running);
    }
    return status;
}
