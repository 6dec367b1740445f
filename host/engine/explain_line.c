/*
 * explain_line.c - the bill as it came, how long it lasts, and which functions handle it.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "config/node.h"
#include "engine/explain_parts.h"
#include "store/inventory.h"

/* Longest text of one item of a list in the metadata. */
#define ITEM_BYTES 1024

/* ---- metadata ---- */

/* "price 0.05, quantity 10" of an object; 0 when a member is itself a list or an object. */
static int describe_item(json_t *object, char *text, size_t size) {
    size_t used = 0;
    const char *key = NULL;
    json_t *value = NULL;
    text[0] = '\0';
    json_object_foreach (object, key, value) {
        char *printed = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
        const char *shown = json_is_string(value) ? json_string_value(value) : printed;
        int flat = shown && !json_is_array(value) && !json_is_object(value);
        int written = flat ? snprintf(text + used, size - used, "%s%s %s", used ? ", " : "", key, shown) : -1;
        free(printed);
        if (written < 0 || (size_t)written >= size - used)
            return 0;
        used += (size_t)written;
    }
    return used > 0;
}

/* A list of objects, each on a line of its own: "tiers 1 of 2: price 0.05, quantity 10". 0: it is something else. */
static int say_list(struct cg_explanation *explanation, const struct cg_field *field) {
    json_t *list = json_loads(field->value, 0, NULL);
    char text[ITEM_BYTES];
    size_t count = json_array_size(list);
    int fits = count > 0 && count <= CG_EXPLAIN_LIST_LIMIT;
    for (size_t i = 0; i < count && fits; i++)
        fits = json_is_object(json_array_get(list, i)) && describe_item(json_array_get(list, i), text, sizeof text);
    for (size_t i = 0; i < count && fits; i++) {
        describe_item(json_array_get(list, i), text, sizeof text);
        cg_explain_say(explanation, 1, "%s %zu of %zu: %s", field->key, i + 1, count, text);
    }
    json_decref(list);
    return fits;
}

static void say_metadata(struct cg_explanation *explanation, const struct cg_billing_line *line) {
    for (uint32_t i = 0; i < line->field_count; i++) {
        const struct cg_field *field = &line->fields[i];
        int is_list = field->kind == CG_FIELD_JSON && field->value && say_list(explanation, field);
        if (!is_list)
            cg_explain_say(explanation, 1, "%s: %s", field->key, field->value ? field->value : "null");
    }
}

/* ---- the bill ---- */

static void say_resource(struct cg_explanation *explanation, const struct cg_billing_line *line) {
    const struct cg_resource *resource = NULL;
    cg_status status = cg_store_find_resource(explanation->store, line->resource_id, explanation->arena, &resource,
                                              explanation->error);
    if (status == CG_OK && resource->display_name)
        cg_explain_say(explanation, 1, "resource: %s (%s, %s)", line->resource_id, resource->type,
                       resource->display_name);
    else if (status == CG_OK)
        cg_explain_say(explanation, 1, "resource: %s (%s)", line->resource_id, resource->type);
    else if (status == CG_NOT_FOUND)
        cg_explain_say(explanation, 1, "resource: %s, which the inventory does not know", line->resource_id);
    else
        explanation->status = status;
    if (status == CG_NOT_FOUND)
        cg_error_clear(explanation->error);
}

static void say_amounts(struct cg_explanation *explanation, const struct cg_billing_line *line) {
    char quantity[CG_DECIMAL_TEXT_SIZE];
    char price[CG_DECIMAL_TEXT_SIZE];
    char text[CG_DECIMAL_TEXT_SIZE];
    struct cg_decimal product;
    cg_decimal_format(&line->quantity, quantity);
    cg_decimal_format(&line->unit_price, price);
    if (cg_decimal_multiply(&line->quantity, &line->unit_price, 0, CG_ROUND_DOWN, &product) == CG_OK) {
        cg_decimal_format(&product, text);
        cg_explain_say(explanation, 1, "quantity x price: %s x %s = %s", quantity, price, text);
    } else {
        cg_explain_say(explanation, 1, "quantity x price: %s x %s", quantity, price);
    }
    cg_decimal_format(&line->total_cost, text);
    cg_explain_say(explanation, 1, "cost: %s %s", text, line->currency);
}

static void say_bill(struct cg_explanation *explanation, const struct cg_billing_line *line) {
    char text[CG_TIME_TEXT_SIZE];
    cg_explain_say(explanation, 0, "%s, %s on %s", cg_time_format_date(line->timestamp, text), line->product_type,
                   line->resource_id);
    cg_explain_say(explanation, 1, "time: %s UTC", cg_time_format_seconds(line->timestamp, text));
    cg_explain_say(explanation, 1, "product type: %s", line->product_type);
    cg_explain_say(explanation, 1, "product category: %s", line->product_category);
    say_resource(explanation, line);
    if (*line->env_id)
        cg_explain_say(explanation, 1, "environment: %s", line->env_id);
    say_amounts(explanation, line);
    say_metadata(explanation, line);
}

static void say_window(struct cg_explanation *explanation, const struct cg_line_story *story) {
    const struct cg_billing_line *line = &story->stored->line;
    char from[CG_TIME_TEXT_SIZE];
    char to[CG_TIME_TEXT_SIZE];
    cg_time_format_seconds(line->timestamp, from);
    if (story->window_end == CG_TIME_NONE)
        cg_explain_say(explanation, 1, "window: from %s UTC, to a time that is not known (granularity %s)", from,
                       line->granularity);
    else
        cg_explain_say(explanation, 1, "window: from %s to %s UTC (granularity %s)", from,
                       cg_time_format_seconds(story->window_end, to), line->granularity);
}

/* ---- functions in effect ---- */

static const struct cg_override_setting *find_setting(const struct cg_override_setting *settings, size_t count,
                                                      const char *key) {
    for (size_t i = 0; key && i < count; i++)
        if (strcmp(settings[i].key, key) == 0)
            return &settings[i];
    return NULL;
}

/* "put there by tenants.a.plugin_settings.allocator_overrides.X (config.yaml, line 12)". */
static void describe_setting(const struct cg_runtime *runtime, const char *section,
                             const struct cg_override_setting *setting, char *text, size_t size) {
    const char *path = setting && setting->node ? cg_config_path(setting->node) : "";
    uint32_t line = setting ? cg_config_line(setting->node, "") : 0;
    int used = *path ? snprintf(text, size, "put there by %s", path)
                     : snprintf(text, size, "put there by plugin_settings.%s.%s", section, setting ? setting->key : "");
    if (line && runtime->settings && used > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, " (%s, line %u)", runtime->settings->file, (unsigned)line);
}

static void say_callee(struct cg_explanation *explanation, const char *what, const struct cg_callee *callee,
                       const char *description, const char *section, const struct cg_override_setting *setting) {
    const struct cg_module *module = callee->module;
    char origin[CG_EXPLAIN_LINE_SIZE / 2] = "built in";
    if (callee->overrides)
        describe_setting(explanation->runtime, section, setting, origin, sizeof origin);
    cg_explain_say(explanation, 1, "%s: '%s' of module '%s'%s%s%s%s, %s", what, callee->symbol, module->name,
                   module->version ? " " : "", module->version ? module->version : "",
                   module->build_id ? ", build " : "", module->build_id ? module->build_id : "", origin);
    if (description && *description)
        cg_explain_say(explanation, 1, "%s does: %s", what, description);
}

static void say_allocator(struct cg_explanation *explanation, const struct cg_line_story *story) {
    static const char section[] = "allocator_overrides";
    const struct cg_tenant_settings *tenant = explanation->runtime->tenant;
    const struct cg_binding *binding = story->binding;
    if (!binding || !binding->allocator)
        cg_explain_say(explanation, 1, "allocator: none%s",
                       binding && binding->service ? "" : ", because no service handles this product type");
    else
        say_callee(explanation, binding->service ? "allocator" : "fallback allocator", &binding->allocator_callee,
                   binding->allocator->description, section,
                   find_setting(tenant->allocator_overrides, tenant->allocator_override_count, binding->product_type));
}

static void say_resolver(struct cg_explanation *explanation, const struct cg_line_story *story) {
    static const char section[] = "identity_resolution_overrides";
    const struct cg_tenant_settings *tenant = explanation->runtime->tenant;
    const struct cg_binding *binding = story->binding;
    if (!binding || !binding->resolver) {
        cg_explain_say(explanation, 1, "identity resolver: none");
        return;
    }
    size_t count = tenant->identity_override_count;
    const struct cg_override_setting *setting = find_setting(tenant->identity_overrides, count, binding->product_type);
    if (!setting && binding->service)
        setting = find_setting(tenant->identity_overrides, count, binding->service->service_type);
    say_callee(explanation, "identity resolver", &binding->resolver_callee, binding->resolver->description, section,
               setting);
}

void cg_explain_line(struct cg_explanation *explanation, const struct cg_line_story *story) {
    say_bill(explanation, &story->stored->line);
    say_window(explanation, story);
    say_allocator(explanation, story);
    say_resolver(explanation, story);
}
