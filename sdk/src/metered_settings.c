/* What settings of a metered bill have in common, whatever it is the bill of. */
#include <chitragupt/metered.h>

#include <inttypes.h>
#include <string.h>

#define LIST_KEY "identity_source.static_identities"
#define STEP_KEY "metrics_step_seconds"
#define DEFAULT_STEP 3600

const char *cg_metered_given(const struct cg_config_api *config, const struct cg_config *node, const char *path) {
    const char *text = config->text(node, path, NULL);
    return text == NULL || text[0] == '\0' ? NULL : text;
}

int64_t cg_metered_sampling(const struct cg_config_api *config, const struct cg_config *settings) {
    int64_t step = config->integer(settings, STEP_KEY, DEFAULT_STEP);
    return step < 1 ? 1 : step;
}

/* A listed identity is added to every line: one that the host refuses would fail all of them. */
static void check_name(const struct cg_host *host, const struct cg_config *identity, const char *key, size_t most) {
    const char *name = host->config->text(identity, key, "");
    if (strnlen(name, most + 1) > most || cg_metered_id(host, name) != name) {
        host->config->problem(host, identity, key,
                              "'%.100s' cannot be stored; expected at most %zu bytes without control characters", name,
                              most);
    }
}

void cg_metered_check(const struct cg_host *host, const struct cg_config *settings) {
    const struct cg_config_api *config = host->config;
    if (config->type(config->get(settings, "metrics")) != CG_CONFIG_MAP) {
        config->problem(host, settings, "metrics", "Field required");
    }
    if (cg_metered_sampling(config, settings) > CG_METERED_DAY_SECONDS) {
        config->problem(host, settings, STEP_KEY,
                        "Input should be less than or equal to %" PRId64
                        ", the seconds of the day that a line is made for",
                        CG_METERED_DAY_SECONDS);
    }
    const struct cg_config *list = config->get(settings, LIST_KEY);
    for (size_t i = 0; i < config->count(list); i++) {
        check_name(host, config->at(list, i), "identity_id", CG_METERED_ID_SIZE);
        check_name(host, config->at(list, i), "identity_type", CG_METERED_TYPE_SIZE);
    }
}

void cg_metered_check_label(const struct cg_host *host, const struct cg_config *node, const char *path,
                            const char *name) {
    if (name != NULL && !cg_metered_is_label_name(name)) {
        host->config->problem(host, node, path,
                              "'%.100s' is no label name; expected letters, digits and '_', the first of them no digit",
                              name);
    }
}
