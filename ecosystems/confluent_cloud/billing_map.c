#include "billing_map.h"

#include "json.h"
#include "moment.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Separates the parts of a digest's input; it does not occur in text. */
#define UNIT_SEPARATOR "\x1f"
/* Bytes of a digest that go into an id. */
#define DIGEST_BYTES 6u
#define DIGEST_HEX_SIZE (2 * DIGEST_BYTES + 1)
/* Most bytes of the provider's text that a parse error quotes. */
#define MOST_QUOTED 80

static void digest_hex(crypto_hash_sha256_state *state, char hex[DIGEST_HEX_SIZE]) {
    unsigned char digest[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256_final(state, digest);
    (void)sodium_bin2hex(hex, DIGEST_HEX_SIZE, digest, DIGEST_BYTES);
}

static void digest_text(crypto_hash_sha256_state *state, const char *text) {
    if (text != NULL) {
        (void)crypto_hash_sha256_update(state, (const unsigned char *)text, strlen(text));
    }
    (void)crypto_hash_sha256_update(state, (const unsigned char *)UNIT_SEPARATOR, sizeof UNIT_SEPARATOR - 1);
}

/* The id of a cost without a resource: it follows from what the cost is for, never from its position or amount. */
static void make_unresolved_id(const json_t *json, struct ccloud_item *item) {
    static const char *const keys[] = {"product", "line_type", "description", "unit", "network_access_type"};
    crypto_hash_sha256_state state;
    char hex[DIGEST_HEX_SIZE];
    (void)crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        digest_text(&state, ccloud_json_text(json, keys[i]));
    }
    digest_text(&state, item->env_id);
    digest_hex(&state, hex);
    (void)snprintf(item->made_up_id, sizeof item->made_up_id, "unresolved_billing_%s", hex);
    item->resource_id = item->made_up_id;
}

/* The id of a malformed item, from its whole content with sorted keys; and the names of what it lacks. */
static cg_status make_malformed_names(const json_t *json, struct ccloud_item *item) {
    char *canonical = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (canonical == NULL) {
        return CG_NO_MEMORY;
    }
    crypto_hash_sha256_state state;
    char hex[DIGEST_HEX_SIZE];
    (void)crypto_hash_sha256_init(&state);
    digest_text(&state, canonical);
    digest_hex(&state, hex);
    free(canonical);
    (void)snprintf(item->made_up_id, sizeof item->made_up_id, "malformed_billing_%s", hex);
    (void)snprintf(item->made_up_category, sizeof item->made_up_category, "MALFORMED_%s", hex);
    item->resource_id = item->made_up_id;
    const char *product = ccloud_json_text(json, "product");
    const char *line_type = ccloud_json_text(json, "line_type");
    item->product_category = product != NULL ? product : item->made_up_category;
    item->product_type = line_type != NULL ? line_type : item->made_up_category;
    return CG_OK;
}

/* Reads a number. Returns 0 when there is a value that is none; absent is the number 0. */
static int read_number(const json_t *json, const char *key, struct cg_decimal *ret) {
    const json_t *value = ccloud_json_get(json, key);
    *ret = cg_decimal_from_int64(0);
    return value == NULL || ccloud_json_decimal(value, ret) == CG_OK;
}

/* Notes the first thing that is wrong with the item. */
static void complain(struct ccloud_item *item, const char *text) {
    if ((item->flags & CG_LINE_MALFORMED) == 0) {
        item->flags |= CG_LINE_MALFORMED;
        (void)snprintf(item->parse_error, sizeof item->parse_error, "%s", text);
    }
}

static void complain_quoting(struct ccloud_item *item, const char *before, const json_t *value, const char *after) {
    char text[CCLOUD_PARSE_ERROR_SIZE];
    const char *quoted = json_is_string(value) ? json_string_value(value) : ccloud_json_kind(value);
    const char *mark = json_is_string(value) ? "'" : "";
    (void)snprintf(text, sizeof text, "%s %s%.*s%s%s", before, mark, ccloud_clip(quoted, MOST_QUOTED), quoted, mark,
                   after);
    complain(item, text);
}

/* Where an item stays whose start_date does not say so: the day before its end_date, else the window's first. Windows
 * move from day to day, so on the first day of each the same item would be left behind again and again. */
static int64_t day_by_end(const json_t *json, int64_t start, int64_t end) {
    const char *text = ccloud_json_text(json, "end_date");
    int64_t day = 0;
    if (text == NULL || ccloud_day_parse(text, &day) != CG_OK || day <= start || day > end) {
        return start;
    }
    return day - CG_DAY_US;
}

static void read_date(const json_t *json, int64_t start, int64_t end, struct ccloud_item *item) {
    const json_t *date = ccloud_json_get(json, "start_date");
    int64_t day = 0;
    item->timestamp = day_by_end(json, start, end);
    if (date == NULL) {
        complain(item, "'start_date'");
    } else if (!json_is_string(date) || ccloud_day_parse(json_string_value(date), &day) != CG_OK) {
        complain_quoting(item, "Invalid billing date format", date, ": expected YYYY-MM-DD");
    } else if (day < start || day >= end) {
        char asked[2][CCLOUD_DAY_SIZE];
        char text[CCLOUD_PARSE_ERROR_SIZE];
        ccloud_day_format(start, asked[0]);
        ccloud_day_format(end, asked[1]);
        (void)snprintf(text, sizeof text,
                       "Billing date '%s' is outside the window that was asked for, %s to %s (exclusive)",
                       json_string_value(date), asked[0], asked[1]);
        complain(item, text);
    } else {
        item->timestamp = day;
    }
}

/* Reads the resource's id, environment and name, each of which may be absent. */
static void read_resource(const json_t *json, struct ccloud_item *item) {
    const json_t *resource = ccloud_json_get(json, "resource");
    item->env_id = "";
    if (resource != NULL && !json_is_object(resource)) {
        complain(item, "Invalid billing resource shape: expected object");
        resource = NULL;
    }
    const json_t *environment = ccloud_json_get(resource, "environment");
    const json_t *env_id = ccloud_json_get(environment, "id");
    const json_t *id = ccloud_json_get(resource, "id");
    if (environment != NULL && !json_is_object(environment)) {
        complain(item, "Invalid billing environment shape: expected object");
    } else if (env_id != NULL && !json_is_string(env_id)) {
        complain_quoting(item, "Invalid billing environment id: expected a string, got", env_id, "");
    } else if (env_id != NULL) {
        item->env_id = json_string_value(env_id);
    }
    if (id != NULL && !json_is_string(id)) {
        complain_quoting(item, "Invalid billing resource id: expected a string, got", id, "");
    } else if (id != NULL && json_string_length(id) > 0) {
        item->resource_id = json_string_value(id);
    }
    item->resource_name = ccloud_json_filled(resource, "display_name");
}

static void read_numbers(const json_t *json, struct ccloud_item *item) {
    if (!read_number(json, "quantity", &item->quantity)) {
        item->warning = "its quantity is not a number that can be kept and counts as 0";
    }
    if (!read_number(json, "price", &item->unit_price)) {
        item->warning = "its price is not a number that can be kept and counts as 0";
    }
    if (ccloud_json_get(json, "original_amount") != NULL) {
        item->has_original_amount = read_number(json, "original_amount", &item->original_amount);
        if (!item->has_original_amount) {
            item->warning = "its original_amount is not a number that can be kept and is left out";
        }
    }
    if (!read_number(json, "amount", &item->total_cost)) {
        complain_quoting(item, "Invalid billing amount", ccloud_json_get(json, "amount"),
                         ": expected a decimal number of at most 38 digits");
    }
}

/* Reads everything but the names of items that are not whole. */
static void read_item(const json_t *json, int64_t start, int64_t end, struct ccloud_item *item) {
    memset(item, 0, sizeof *item);
    if (!json_is_object(json)) {
        complain(item, "Invalid billing item shape: expected object");
        item->timestamp = start;
        item->env_id = "";
        return;
    }
    read_date(json, start, end, item);
    read_resource(json, item);
    read_numbers(json, item);
    const char *product = ccloud_json_text(json, "product");
    item->product_category = product != NULL ? product : "";
    /* A line type that is missing is an unknown product; one that is there must say which. */
    const json_t *line_type = json_object_get(json, "line_type");
    item->product_type = "";
    if (line_type != NULL && !json_is_string(line_type)) {
        complain_quoting(item, "Invalid billing line_type: expected a string, got", line_type, "");
    } else if (line_type != NULL) {
        item->product_type = json_string_value(line_type);
    }
}

static cg_status finish(const json_t *json, struct ccloud_item *item) {
    if ((item->flags & CG_LINE_MALFORMED) != 0) {
        item->resource_name = NULL;
        item->has_original_amount = 0;
        return make_malformed_names(json, item);
    }
    if (item->resource_id == NULL) {
        make_unresolved_id(json, item);
    }
    return CG_OK;
}

cg_status ccloud_item_map(const json_t *json, int64_t start, int64_t end, struct ccloud_item *ret) {
    read_item(json, start, end, ret);
    return finish(json, ret);
}

cg_status ccloud_item_map_malformed(const json_t *json, int64_t start, int64_t end, const char *parse_error,
                                    struct ccloud_item *ret) {
    read_item(json, start, end, ret);
    complain(ret, parse_error);
    return finish(json, ret);
}
