#include "config/metrics.h"

#include <string.h>
#include <strings.h>

#include "base/header.h"
#include "config/coerce.h"

#define MAX_HEADERS 50u

static int32_t given(const char *text) {
    return text && *text;
}

static int32_t is_sound(const struct cg_config *node) {
    return node && !cg_config_broken(node);
}

/* Sound, and its text is what it will be. */
static int32_t is_known(const struct cg_config *node) {
    return is_sound(node) && !(node->flags & CG_NODE_UNKNOWN);
}

/* ---- rules ---- */

static void check_url(struct cg_config *url) {
    const char *problem = is_known(url) && url->type == CG_CONFIG_STRING ? cg_url_problem(url->text) : NULL;
    if (problem)
        cg_config_error(url, "%s", problem);
}

static void check_auth(const struct cg_metrics_settings *metrics, struct cg_config *node) {
    int32_t password = given(metrics->password) || given(metrics->password_file);
    int32_t token = given(metrics->bearer_token) || given(metrics->bearer_token_file);
    if (!is_known(cg_config_member(node, "auth_type")) || !metrics->auth_type)
        return;
    if (strcmp(metrics->auth_type, "basic") == 0) {
        if (!given(metrics->username) || !password)
            cg_config_error_of_rule(node, "username and password required for basic auth");
        else if (given(metrics->password) && given(metrics->password_file))
            cg_config_error_of_rule(node, "password and password_file exclude each other");
    } else if (strcmp(metrics->auth_type, "bearer") == 0) {
        if (!token)
            cg_config_error_of_rule(node, "bearer_token required for bearer auth");
        else if (given(metrics->bearer_token) && given(metrics->bearer_token_file))
            cg_config_error_of_rule(node, "bearer_token and bearer_token_file exclude each other");
    } else if (given(metrics->username) || password || token) {
        cg_config_error_of_rule(node, "credentials provided but auth_type is 'none'");
    }
}

static void check_tls(const struct cg_metrics_settings *metrics, struct cg_config *node) {
    int32_t certificate = given(metrics->client_certificate_file);
    if (!certificate && given(metrics->client_key_file))
        cg_config_error_of_rule(node, "client_key_file needs client_certificate_file");
    else if (!certificate && given(metrics->client_key_password))
        cg_config_error_of_rule(node, "client_key_password needs client_certificate_file");
    if (is_known(cg_config_member(node, "url")) && given(metrics->url) && strncasecmp(metrics->url, "https:", 6) != 0 &&
        (certificate || given(metrics->ca_file)))
        cg_config_warning(node, "ca_file and client_certificate_file have no effect, because the URL is not https://");
}

/* ---- headers ---- */

static void check_header(const struct cg_config *map, struct cg_config *node) {
    const char *name = node->key;
    if (!name)
        return;
    const char *problem = is_known(node) ? cg_header_problem(name, node->text) : NULL;
    if (problem) {
        cg_config_error(node, "The header %s", problem);
        return;
    }
    for (uint32_t i = 0; i < node->position; i++)
        if (map->items[i]->key && strcasecmp(map->items[i]->key, name) == 0)
            cg_config_error(node, "The header is there twice; upper and lower case are the same");
}

static cg_status read_headers(struct cg_config *map, struct cg_arena *arena, struct cg_metrics_settings *metrics) {
    size_t count = cg_config_count(map);
    if (cg_config_type(map) != CG_CONFIG_MAP || !is_sound(map))
        return CG_OK;
    if (count > MAX_HEADERS) {
        cg_config_error(map, "There can be at most %u headers", MAX_HEADERS);
        return CG_OK;
    }
    struct cg_header_setting *headers = cg_arena_array(arena, count, sizeof *headers);
    if (!headers)
        return CG_NO_MEMORY;
    for (uint32_t i = 0; i < map->count; i++) {
        check_header(map, map->items[i]);
        headers[i] = (struct cg_header_setting){.name = map->items[i]->key,
                                                .value = map->items[i]->text ? map->items[i]->text : ""};
    }
    metrics->headers = headers;
    metrics->header_count = count;
    return CG_OK;
}

/* ---- the section ---- */

cg_status cg_metrics_settings_read(struct cg_config *node, struct cg_arena *arena, struct cg_metrics_settings *ret) {
    if (cg_config_type(node) != CG_CONFIG_MAP)
        return CG_OK;
    struct cg_metrics_settings metrics = {
        .present = 1,
        .url = cg_config_text(node, "url", NULL),
        .auth_type = cg_config_text(node, "auth_type", NULL),
        .username = cg_config_text(node, "username", NULL),
        .password = cg_config_text(node, "password", NULL),
        .password_file = cg_config_text(node, "password_file", NULL),
        .bearer_token = cg_config_text(node, "bearer_token", NULL),
        .bearer_token_file = cg_config_text(node, "bearer_token_file", NULL),
        .ca_file = cg_config_text(node, "ca_file", NULL),
        .client_certificate_file = cg_config_text(node, "client_certificate_file", NULL),
        .client_key_file = cg_config_text(node, "client_key_file", NULL),
        .client_key_password = cg_config_text(node, "client_key_password", NULL),
        .use_get = strcmp(cg_config_text(node, "method", "post"), "get") == 0,
        .max_concurrent_requests = cg_config_integer(node, "max_concurrent_requests", 0),
        .max_points_per_query = cg_config_integer(node, "max_points_per_query", 0),
        .timeout_seconds = cg_config_integer(node, "timeout_seconds", 0),
    };
    /* The rules speak of the section as a whole and wait until each of its keys is right. */
    int32_t sound = is_sound(node);
    cg_status status = read_headers(cg_config_member(node, "headers"), arena, &metrics);
    if (status != CG_OK)
        return status;
    if (sound) {
        check_url(cg_config_member(node, "url"));
        check_auth(&metrics, node);
        check_tls(&metrics, node);
    }
    *ret = metrics;
    return CG_OK;
}
