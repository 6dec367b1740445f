/*
 * A host for the module under test: settings from JSON, a scripted other side of HTTP, and sinks that write down what
 * they get.
 */
#ifndef CCLOUD_STAGE_H
#define CCLOUD_STAGE_H

#include <chitragupt/ecosystem.h>
#include <jansson.h>
#include <stdio.h>

/** Text that grows. Zero-initialise before use. */
struct stage_text {
    char *text; /**< NULL while empty: see stage_text_get */
    size_t length;
};

/** Appends. */
void stage_append(struct stage_text *text, const char *format, ...) CG_PRINTF(2, 3);
/** The text, "" while empty. */
const char *stage_text_get(const struct stage_text *text);

/** An answer of the other side. */
struct stage_route {
    const char *request; /**< "/path?name=value&..." with plain values; base URL first, unless the first client asks */
    uint32_t status;     /**< HTTP status; 0: no answer at all */
    const char *body;
};

struct stage_block;

/** The stage. Zero-initialise, then stage_init. */
struct stage {
    struct cg_host host;
    struct cg_gather gather;
    struct cg_tenant tenant;
    json_t *settings; /**< plugin_settings */
    const struct stage_route *routes;
    size_t route_count;
    int newest_first;        /**< answer requests in reverse order */
    int apart;               /**< answer only the client that is waited for, else all in turn */
    const char *refused_url; /**< base URL that no client is opened for, or NULL */
    int cancel_after;        /**< number of calls of `cancelled` after which it is true; 0: never */
    int refuse_rows;         /**< the gather's sinks answer CG_TEMPORARY */
    int64_t clock;
    struct stage_text error;
    struct stage_text log;
    struct stage_text requests; /**< one line each, in the order in which they were queued */
    struct stage_text problems; /**< "path: text" lines */
    struct stage_text rows;     /**< resources and identities, one line each */
    struct stage_text families;
    struct stage_text bills; /**< "[start, end) count" and a line for each billing line */
    struct stage_text progress;
    struct stage_block *blocks; /**< scratch memory */
    int open_clients;
    struct cg_http_client *clients; /**< the open ones, newest first */
    char *first_url;                /**< of the first client */
};

/** Sets the stage up with settings from JSON text (NULL: none). */
void stage_init(struct stage *stage, const char *settings);
/** Takes it down. */
void stage_done(struct stage *stage);
/** Gives back scratch memory, as the host does after each call. */
void stage_drop_scratch(struct stage *stage);
/** Empties the error text. */
void stage_forget(struct stage *stage);

/** Fails the test unless `count` families were reported, all of them as fine but those with the lines `failed`. */
void stage_expect_families(const struct stage *stage, const char *name, size_t count, const char *failed);

/** Writes a line's numbers, key and metadata as one line of text. */
void stage_write_line(struct stage_text *text, const struct cg_billing_line *line);
/** Writes {"key": value, ...}. */
void stage_write_fields(struct stage_text *text, const struct cg_field *fields, size_t count);
/** A JSON document; the test fails when it is none. */
json_t *stage_json(const char *text);

#endif
