/*
 * One answer of Confluent Cloud: the first byte chooses what it answers (the bill, or one of the inventory's families),
 * the rest is the body. Besides memory errors it checks what must hold for every bill: no two lines share a key, and
 * the lines sum to what the items say.
 */
#include "billing_map.h"
#include "billing_window.h"
#include "crn.h"
#include "inventory_map.h"
#include "page.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define START (INT64_C(20605) * CG_DAY_US)
#define END (INT64_C(20620) * CG_DAY_US)

static void ignore_log(const struct cg_host *host, uint32_t level, const char *format, ...) {
    (void)host;
    (void)level;
    (void)format;
}

static const struct cg_host host = {.struct_size = sizeof host, .log = ignore_log};

static void require(int holds) {
    if (!holds) {
        abort();
    }
}

static int same_key(const struct cg_billing_line *a, const struct cg_billing_line *b) {
    return a->timestamp == b->timestamp && strcmp(a->env_id, b->env_id) == 0 &&
           strcmp(a->resource_id, b->resource_id) == 0 && strcmp(a->product_type, b->product_type) == 0 &&
           strcmp(a->product_category, b->product_category) == 0;
}

/* The sum of the items' amounts, or CG_RANGE when it has too many digits. */
static cg_status sum_items(const json_t *items, struct cg_decimal *ret) {
    struct cg_decimal sum = cg_decimal_from_int64(0);
    for (size_t i = 0; i < json_array_size(items); i++) {
        struct ccloud_item item;
        require(ccloud_item_map(json_array_get(items, i), START, END, &item) == CG_OK);
        if (cg_decimal_add(&sum, &item.total_cost, &sum) != CG_OK) {
            return CG_RANGE;
        }
    }
    *ret = sum;
    return CG_OK;
}

static void check_lines(struct ccloud_window *window, const json_t *items) {
    const struct cg_billing_line *const *lines = NULL;
    size_t count = 0;
    struct cg_decimal wanted;
    struct cg_decimal sum = cg_decimal_from_int64(0);
    require(ccloud_window_lines(window, &lines, &count) == CG_OK);
    int has_sum = sum_items(items, &wanted) == CG_OK;
    for (size_t i = 0; i < count; i++) {
        require(lines[i]->timestamp >= START && lines[i]->timestamp < END && lines[i]->resource_id[0] != '\0');
        for (size_t k = 0; k < i && k < 64; k++) {
            require(!same_key(lines[i], lines[k]));
        }
        has_sum = has_sum && cg_decimal_add(&sum, &lines[i]->total_cost, &sum) == CG_OK;
    }
    require(!has_sum || cg_decimal_compare(&sum, &wanted) == 0);
}

static void read_bill(const json_t *items) {
    struct ccloud_window *window = ccloud_window_new(&host, START, END);
    require(window != NULL);
    cg_status status = ccloud_window_add(window, items);
    require(status == CG_OK || status == CG_RANGE);
    if (status == CG_OK) {
        check_lines(window, items);
    }
    ccloud_window_free(window);
}

static void read_item(enum ccloud_family family, const char *name, const json_t *item) {
    static struct ccloud_flink_key key = {.region = "eu-west-1"};
    static const struct ccloud_flink_keys keys = {&key, 1};
    const struct ccloud_walk walk = {.parent = "parent", .scope = "scope", .name = name, .flink = &keys};
    struct ccloud_mapped mapped;
    if (ccloud_map_item(family, item, &walk, &mapped) == NULL) {
        const char *id = ccloud_family_info(family)->is_identity ? mapped.identity.id : mapped.resource.id;
        const char *crn = cg_field_value(mapped.fields, mapped.resource.field_count, "crn");
        char organization[CCLOUD_ID_MAX + 1];
        require(id != NULL && id[0] != '\0' && strlen(id) <= CCLOUD_ID_MAX);
        if (ccloud_crn_value(crn, "organization", organization, sizeof organization)) {
            require(organization[0] != '\0' && strchr(organization, '/') == NULL);
        }
    }
}

static void read_inventory(enum ccloud_family family, json_t *items) {
    const char *name;
    json_t *member;
    for (size_t i = 0; i < json_array_size(items); i++) {
        read_item(family, NULL, json_array_get(items, i));
    }
    json_object_foreach (items, name, member) {
        read_item(family, name, member);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ccloud_page page;
    char text[CCLOUD_TEXT_SIZE];
    if (size == 0) {
        return 0;
    }
    unsigned choice = data[0] % (CCLOUD_FAMILY_COUNT + 1u);
    int is_object = choice < CCLOUD_FAMILY_COUNT && ccloud_family_info((enum ccloud_family)choice)->page_size == NULL;
    cg_status status = (is_object ? ccloud_page_parse_object : ccloud_page_parse)("/path", (const char *)data + 1,
                                                                                  size - 1, &page, text);
    if (status != CG_OK) {
        require((status == CG_PERMANENT || status == CG_TEMPORARY) && text[0] != '\0');
        return 0;
    }
    if (choice < CCLOUD_FAMILY_COUNT) {
        read_inventory((enum ccloud_family)choice, page.items);
    } else {
        read_bill(page.items);
    }
    ccloud_page_done(&page);
    return 0;
}
