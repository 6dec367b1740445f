#include "statements.h"

#include "json.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Bytes of the digest that go into an id. */
#define DIGEST_BYTES 6u

/* The pool the statement says it runs in, in either spelling; else the only one it can run in, or NULL. */
static const char *pool_of(const json_t *item, const struct ccloud_walk *walk) {
    const json_t *spec = ccloud_json_object(item, "spec");
    const char *pool = ccloud_json_filled(spec, "compute_pool_id");
    if (pool == NULL) {
        pool = ccloud_json_filled(ccloud_json_object(spec, "compute_pool"), "id");
    }
    return pool != NULL ? pool : walk->pool;
}

/* A digest that is fed with JSON text, in which the hex digits of \uXXXX are made lower case. */
struct feed {
    crypto_hash_sha256_state state;
    unsigned escaped; /* 0: outside an escape; 1: behind its backslash; 2 to 5: hex digits left, plus one */
};

static int take_json(const char *text, size_t size, void *user) {
    struct feed *feed = user;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (feed->escaped > 1) {
            byte = byte >= 'A' && byte <= 'F' ? (unsigned char)(byte - 'A' + 'a') : byte;
            feed->escaped = feed->escaped == 2 ? 0 : feed->escaped - 1;
        } else if (feed->escaped == 1) {
            feed->escaped = byte == 'u' ? 5 : 0;
        } else {
            feed->escaped = byte == '\\';
        }
        (void)crypto_hash_sha256_update(&feed->state, &byte, 1);
    }
    return 0;
}

/* The same statement must get the same id in every gather, and from any other program that makes it this way. */
static const char *make_id(const json_t *item, const char *pool, struct ccloud_mapped *mapped) {
    struct feed feed = {.escaped = 0};
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[2 * DIGEST_BYTES + 1];
    (void)crypto_hash_sha256_init(&feed.state);
    if (pool != NULL) {
        (void)crypto_hash_sha256_update(&feed.state, (const unsigned char *)pool, strlen(pool));
    }
    (void)crypto_hash_sha256_update(&feed.state, (const unsigned char *)":", 1);
    if (json_dump_callback(item, take_json, &feed, JSON_SORT_KEYS | JSON_ENSURE_ASCII) != 0) {
        return NULL;
    }
    (void)crypto_hash_sha256_final(&feed.state, digest);
    (void)sodium_bin2hex(hex, sizeof hex, digest, DIGEST_BYTES);
    (void)snprintf(mapped->text, sizeof mapped->text, "flink_stmt_unknown_%s", hex);
    return mapped->text;
}

const char *ccloud_statement_id(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped) {
    const char *id = ccloud_json_filled(ccloud_json_object(item, "metadata"), "uid");
    if (id == NULL) {
        id = ccloud_json_filled(item, "name");
    }
    return id != NULL ? id : make_id(item, pool_of(item, walk), mapped);
}

static int is_stopped(const char *phase) {
    return phase != NULL && (strcasecmp(phase, "COMPLETED") == 0 || strcasecmp(phase, "FAILED") == 0 ||
                             strcasecmp(phase, "STOPPED") == 0);
}

const char *ccloud_statement_map(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped) {
    const char *name = ccloud_json_text(item, "name");
    struct cg_resource *resource = &mapped->resource;
    resource->display_name = name;
    resource->parent_id = walk->parent;
    resource->owner_id = ccloud_json_text(ccloud_json_object(item, "spec"), "principal");
    mapped->fields[0] = ccloud_text_field("statement_name", name);
    mapped->fields[1] = ccloud_text_field("compute_pool_id", pool_of(item, walk));
    mapped->fields[2] =
        ccloud_bool_field("is_stopped", is_stopped(ccloud_json_text(ccloud_json_object(item, "status"), "phase")));
    resource->field_count = 3;
    return NULL;
}
