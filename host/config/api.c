#include "config/api.h"

#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "config/accounts.h"

const char *cg_api_section_path(const struct cg_config *node) {
    const char *file = node->document->file;
    const char *slash = strrchr(file, '/');
    if (!slash || *node->text == '/')
        return node->text;
    return cg_arena_printf(node->document->arena, "%.*s/%s", (int)(slash - file), file, node->text);
}

/* ---- tls ---- */

static int32_t is_given(const struct cg_config *node) {
    return cg_config_type(node) == CG_CONFIG_STRING && !cg_config_broken(node);
}

/* What is wrong with a file that is to be PEM of the given kind, or NULL. */
static const char *pem_problem(const struct cg_buf *text, const char *what) {
    if (memchr(cg_buf_text(text), '\0', text->length) || !strstr(cg_buf_text(text), what))
        return "it is no PEM file of this kind";
    if (strstr(cg_buf_text(text), "-----BEGIN ENCRYPTED") || strstr(cg_buf_text(text), "Proc-Type: 4,ENCRYPTED"))
        return "it is protected by a passphrase, which cannot be given here; store it without one";
    return NULL;
}

/* Reads one PEM file. `what` is what must stand in it. */
static cg_status read_pem(struct cg_config *node, const char *what, const char **ret, uint32_t *ret_mode) {
    struct cg_buf text;
    const char *problem = "";
    char shown[CG_CONFIG_SHOWN_SIZE];
    if (strstr(node->text, "-----BEGIN") || strchr(node->text, '\n')) {
        cg_config_error(node, "Input should be the path of a PEM file, not its text");
        return CG_OK;
    }
    const char *path = cg_api_section_path(node);
    if (!path)
        return CG_NO_MEMORY;
    cg_status status = cg_file_read_regular(path, CG_API_FILE_MAX_BYTES, &text, ret_mode, &problem);
    if (status == CG_OK && (problem = pem_problem(&text, what)))
        status = CG_INVALID;
    if (status == CG_OK) {
        *ret = cg_arena_copy(node->document->arena, cg_buf_text(&text), text.length);
        status = *ret ? CG_OK : CG_NO_MEMORY;
    } else if (status == CG_INVALID) {
        cg_config_error(node, "The file %s cannot be used: %s", cg_config_shown(node, shown), problem);
        status = CG_OK;
    }
    if (text.data)
        sodium_memzero(text.data, text.capacity);
    cg_buf_done(&text);
    return status;
}

static cg_status read_tls(struct cg_settings *settings, const struct cg_config *section) {
    struct cg_config *certificate = cg_config_member(section, "certificate");
    struct cg_config *key = cg_config_member(section, "key");
    uint32_t mode = 0;
    if (cg_config_broken(section) || (!is_given(certificate) && !is_given(key)))
        return CG_OK;
    if (!is_given(certificate) || !is_given(key)) {
        cg_config_error(cg_config_mutable(section), "certificate and key belong together; %s is missing",
                        is_given(key) ? "certificate" : "key");
        return CG_OK;
    }
    if (settings->flags & CG_SETTINGS_NO_FILES)
        return CG_OK;
    cg_status status = read_pem(certificate, "-----BEGIN CERTIFICATE-----", &settings->api.tls_certificate, &mode);
    mode = 0;
    if (status == CG_OK)
        status = read_pem(key, "PRIVATE KEY-----", &settings->api.tls_key, &mode);
    if (mode & (S_IROTH | S_IWOTH))
        cg_config_warning(key, "the key file can be read or written by everybody; take the right away: chmod o-rw");
    return status;
}

/* ---- the section ---- */

cg_status cg_api_section_read(struct cg_settings *settings) {
    const struct cg_config *section = cg_config_member(settings->root, "api");
    const struct cg_config *origins = cg_config_get(section, "cors_origins");
    struct cg_api_settings *api = &settings->api;
    api->host = cg_config_text(section, "host", "");
    api->port = cg_config_integer(section, "port", 0);
    api->enable_cors = cg_config_integer(section, "enable_cors", 0) != 0;
    api->request_timeout_seconds = cg_config_integer(section, "request_timeout_seconds", 0);
    api->max_connections = cg_config_integer(section, "max_connections", 0);
    api->max_body_bytes = cg_config_integer(section, "max_body_bytes", 0);
    api->threads = cg_config_integer(section, "threads", 0);
    api->cors_origin_count = cg_config_count(origins);
    api->cors_origins = cg_arena_array(settings->document->arena, api->cors_origin_count, sizeof *api->cors_origins);
    if (!api->cors_origins)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < api->cors_origin_count; i++)
        api->cors_origins[i] = cg_config_text(cg_config_at(origins, i), "", "");
    cg_status status = cg_accounts_read(settings);
    return status == CG_OK ? read_tls(settings, cg_config_member(section, "tls")) : status;
}
