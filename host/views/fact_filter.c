#include "views/fact_filter.h"

#include <stdio.h>

const char *cg_facts_table(uint32_t kind) {
    return kind == CG_FACTS_TOPIC ? "topic_attribution_facts" : "chargeback_facts";
}

const char *cg_dimensions_table(uint32_t kind) {
    return kind == CG_FACTS_TOPIC ? "topic_attribution_dimensions" : "chargeback_dimensions";
}

void cg_fact_filter_add(struct cg_select *select, const struct cg_fact_filter *filters, size_t count) {
    cg_select_tenant(select, "d.");
    for (size_t i = 0; i < count; i++) {
        const struct cg_fact_filter *filter = &filters[i];
        char column[64];
        snprintf(column, sizeof column, "d.%s", filter->column);
        if (filter->value && filter->contains) {
            cg_select_add(select, " AND ");
            cg_select_like(select, column, filter->value, 0);
        } else {
            cg_select_equal(select, column, filter->value);
        }
    }
}

static void add_lookup(struct cg_select *select, const char *entity_type, const char *entity, const char *key) {
    cg_select_add(select, "(SELECT t.tag_value FROM tags t WHERE t.tenant_id = ");
    cg_select_text(select, cg_store_tenant_id(select->store));
    cg_select_add(select, " AND t.entity_type = ");
    cg_select_text(select, entity_type);
    cg_select_add(select, " AND t.entity_id = ");
    cg_select_add(select, entity);
    /* An entity has few tags and many entities have the key, so the index of keys is kept out of it. */
    cg_select_add(select, " AND t.tag_key || '' = ");
    cg_select_text(select, key);
    cg_select_add(select, ")");
}

void cg_fact_tag_value(struct cg_select *select, uint32_t kind, const char *key) {
    if (kind == CG_FACTS_TOPIC) {
        add_lookup(select, "resource", "d.resource_id", key);
        return;
    }
    cg_select_add(select, "COALESCE(");
    add_lookup(select, "resource", "d.resource_id", key);
    cg_select_add(select, ", ");
    add_lookup(select, "identity", "d.identity_id", key);
    cg_select_add(select, ")");
}
