/* From one item of the bill to one line. */
#ifndef CCLOUD_BILLING_MAP_H
#define CCLOUD_BILLING_MAP_H

#include <chitragupt/model.h>
#include <jansson.h>

/** Bytes of a made-up resource id or product type with its NUL. */
#define CCLOUD_MADE_UP_SIZE 40
/** Bytes of a parse error with its NUL. */
#define CCLOUD_PARSE_ERROR_SIZE 256

/** An item of the bill. Strings belong to the JSON it came from, or lie in itself: do not copy it. */
struct ccloud_item {
    uint32_t flags;    /**< 0 or CG_LINE_MALFORMED */
    int64_t timestamp; /**< UTC midnight inside the window */
    const char *env_id;
    const char *resource_id;
    const char *product_category;
    const char *product_type;
    struct cg_decimal quantity;
    struct cg_decimal unit_price;
    struct cg_decimal total_cost;
    const char *resource_name;                 /**< or NULL; always NULL for malformed items */
    struct cg_decimal original_amount;         /**< when has_original_amount */
    int32_t has_original_amount;               /**< always 0 for malformed items */
    const char *warning;                       /**< what was odd without making the item malformed, or NULL */
    char parse_error[CCLOUD_PARSE_ERROR_SIZE]; /**< of malformed items */
    char made_up_id[CCLOUD_MADE_UP_SIZE];
    char made_up_category[CCLOUD_MADE_UP_SIZE];
};

/**
 * Maps an item of the window [start, end). An item that cannot be read whole becomes a malformed line that keeps what
 * can be read, above all the amount. Error: CG_NO_MEMORY.
 */
cg_status ccloud_item_map(const json_t *json, int64_t start, int64_t end, struct ccloud_item *ret);

/**
 * The same as a malformed line with the given parse error: its id comes from the item's whole content, so that it is
 * alone. Error: CG_NO_MEMORY.
 */
cg_status ccloud_item_map_malformed(const json_t *json, int64_t start, int64_t end, const char *parse_error,
                                    struct ccloud_item *ret);

#endif
