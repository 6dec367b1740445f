/* Rules beyond the option table. */
#include "generic.h"

#include <inttypes.h>
#include <string.h>

/* ---- quantities ---- */

/* A counter's samples must cover the day once: windows of one length, one behind the other. */
static void check_window(const struct cg_host *host, const struct cg_config *quantity, const char *query) {
    static const char advice[] =
        "write increase(x[" CG_METERED_INTERVAL "]), or one window that divides a day, such as "
        "increase(x[1h])";
    int64_t seconds = 0;
    switch (cg_metered_window(query, &seconds)) {
    case CG_METERED_WINDOW_INTERVAL:
        return;
    case CG_METERED_WINDOW_ONE:
        if (seconds > CG_METERED_DAY_SECONDS || CG_METERED_DAY_SECONDS % seconds != 0) {
            host->config->problem(host, quantity, "query", "the window of %" PRId64 " s does not divide a day; %s",
                                  seconds, advice);
        }
        return;
    case CG_METERED_WINDOW_NONE:
        host->config->problem(host, quantity, "query",
                              "a network_gib query gives the bytes of a window, but this one has none; %s", advice);
        return;
    case CG_METERED_WINDOW_SEVERAL:
        host->config->problem(host, quantity, "query", "the query has windows of different length; %s", advice);
        return;
    default:
        host->config->problem(host, quantity, "query",
                              "the query has a window that is no duration of whole seconds; %s", advice);
    }
}

static void check_quantity(const struct cg_host *host, const struct cg_config *quantity) {
    const struct cg_config_api *config = host->config;
    const char *type = config->text(quantity, "type", NULL);
    if (config->type(quantity) != CG_CONFIG_MAP) {
        return;
    }
    if (type == NULL) {
        config->problem(host, quantity, "", "Unable to extract tag using discriminator 'type'");
        return;
    }
    int32_t kind = generic_kind_of(type);
    if (kind < 0) {
        config->problem(host, quantity, "",
                        "Input tag '%.100s' found using 'type' does not match any of the expected tags: 'fixed', "
                        "'storage_gib', 'network_gib'",
                        type);
    } else if (kind == CG_METERED_FIXED && config->type(config->get(quantity, "count")) == CG_CONFIG_NULL) {
        config->problem(host, quantity, "count", "Field required");
    } else if (kind == CG_METERED_FIXED && config->integer(quantity, "count", 0) <= 0) {
        config->problem(host, quantity, "count", "Input should be greater than 0");
    } else if (kind != CG_METERED_FIXED && cg_metered_given(config, quantity, "query") == NULL) {
        config->problem(host, quantity, "query", "Field required");
    } else if (kind == CG_METERED_COUNTER) {
        check_window(host, quantity, config->text(quantity, "query", ""));
    }
}

/* ---- cost types ---- */

static void check_strategy(const struct cg_host *host, const struct cg_config *cost) {
    const struct cg_config_api *config = host->config;
    const char *label = cg_metered_given(config, cost, "allocation_label");
    if (strcmp(config->text(cost, "allocation_strategy", ""), "usage_ratio") != 0) {
        return;
    }
    if (cg_metered_given(config, cost, "allocation_query") == NULL) {
        config->problem(host, cost, "", "allocation_query required when allocation_strategy='usage_ratio'");
    }
    if (label == NULL) {
        config->problem(host, cost, "", "allocation_label required when allocation_strategy='usage_ratio'");
    }
    cg_metered_check_label(host, cost, "allocation_label", label);
}

static void check_name(const struct cg_host *host, const struct cg_config *list, size_t index) {
    const struct cg_config_api *config = host->config;
    const char *name = config->text(config->at(list, index), "name", NULL);
    for (size_t i = 0; name != NULL && i < index; i++) {
        const char *other = config->text(config->at(list, i), "name", NULL);
        if (other != NULL && strcmp(other, name) == 0) {
            config->problem(host, config->at(list, index), "name",
                            "the name '%.100s' is given twice; every cost type needs a name of its own", name);
            return;
        }
    }
}

static void check_identities(const struct cg_host *host, const struct cg_config *settings) {
    const struct cg_config_api *config = host->config;
    const struct cg_config *section = config->get(settings, "identity_source");
    const char *source = config->text(section, "source", "prometheus");
    if (strcmp(source, "static") != 0 && cg_metered_given(config, section, "discovery_query") == NULL) {
        config->problem(host, settings, "identity_source",
                        "discovery_query required when source includes 'prometheus'");
    }
    cg_metered_check_label(host, section, "label", config->text(section, "label", NULL));
}

void generic_validate(const struct cg_host *host, const struct cg_config *settings) {
    const struct cg_config_api *config = host->config;
    const struct cg_config *costs = config->get(settings, "cost_types");
    cg_metered_check(host, settings);
    check_identities(host, settings);
    for (size_t i = 0; i < config->count(costs); i++) {
        const struct cg_config *cost = config->at(costs, i);
        check_name(host, costs, i);
        check_quantity(host, config->get(cost, "cost_quantity"));
        check_strategy(host, cost);
    }
}
