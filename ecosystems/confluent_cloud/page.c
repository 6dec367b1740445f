#include "page.h"

#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hex_digit(char character) {
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    if (character >= 'a' && character <= 'f') {
        return character - 'a' + 10;
    }
    if (character >= 'A' && character <= 'F') {
        return character - 'A' + 10;
    }
    return -1;
}

/* Undoes application/x-www-form-urlencoded; an incomplete escape stays as it is. Error: CG_INVALID for an encoded NUL.
 */
static cg_status form_decode(const char *text, size_t length, char *out) {
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char decoded = text[i] == '+' ? ' ' : text[i];
        if (text[i] == '%' && length - i > 2) {
            int high = hex_digit(text[i + 1]);
            int low = hex_digit(text[i + 2]);
            if (high >= 0 && low >= 0) {
                decoded = (char)(high * 16 + low);
                i += 2;
            }
        }
        if (decoded == '\0') {
            return CG_INVALID;
        }
        out[used++] = decoded;
    }
    out[used] = '\0';
    return CG_OK;
}

cg_status ccloud_page_token(const char *url, char **ret_token) {
    static const char name[] = "page_token=";
    const size_t name_length = sizeof name - 1;
    const char *query = strchr(url, '?');
    size_t query_length = query == NULL ? 0 : strcspn(query + 1, "#");
    const char *at = query == NULL ? NULL : query + 1;
    const char *end = query == NULL ? NULL : at + query_length;
    while (at != NULL && at < end) {
        size_t length = strcspn(at, "&#");
        if (length > name_length && strncmp(at, name, name_length) == 0) {
            size_t value_length = length - name_length;
            if (value_length > CCLOUD_TOKEN_MAX) {
                return CG_INVALID;
            }
            char *token = malloc(value_length + 1);
            if (token == NULL) {
                return CG_NO_MEMORY;
            }
            if (form_decode(at + name_length, value_length, token) != CG_OK) {
                free(token);
                return CG_INVALID;
            }
            *ret_token = token;
            return CG_OK;
        }
        at += length + 1;
    }
    *ret_token = NULL;
    return CG_OK;
}

/* Puts the token of metadata.next into the page. */
static cg_status find_next(const char *path, struct ccloud_page *page, char *text) {
    json_t *metadata = ccloud_json_get(page->root, "metadata");
    if (metadata == NULL) {
        return CG_OK;
    }
    if (!json_is_object(metadata)) {
        (void)snprintf(text, CCLOUD_TEXT_SIZE,
                       "Confluent Cloud answered GET %s with a page whose \"metadata\" is %s instead of an object.",
                       path, ccloud_json_kind(metadata));
        return CG_PERMANENT;
    }
    json_t *next = ccloud_json_get(metadata, "next");
    if (next == NULL) {
        return CG_OK;
    }
    if (!json_is_string(next)) {
        (void)snprintf(text, CCLOUD_TEXT_SIZE,
                       "Confluent Cloud answered GET %s with a page whose \"metadata.next\" is %s instead of a URL.",
                       path, ccloud_json_kind(next));
        return CG_PERMANENT;
    }
    cg_status status = ccloud_page_token(json_string_value(next), &page->token);
    if (status == CG_INVALID) {
        (void)snprintf(text, CCLOUD_TEXT_SIZE,
                       "Confluent Cloud answered GET %s with a page whose \"page_token\" is longer than %d bytes or "
                       "contains a NUL.",
                       path, CCLOUD_TOKEN_MAX);
        return CG_PERMANENT;
    }
    return status;
}

/* Reads a body that must be an object. On failure `ret_root` is left alone and `text` says why. */
static cg_status parse_root(const char *path, const char *body, size_t length, json_t **ret_root, char *text) {
    char cause[JSON_ERROR_TEXT_LENGTH + 64];
    text[0] = '\0';
    json_t *root = ccloud_json_parse(body, length, cause, sizeof cause);
    if (root == NULL) {
        if (cause[0] == '\0') {
            return CG_NO_MEMORY;
        }
        (void)snprintf(text, CCLOUD_TEXT_SIZE,
                       "Confluent Cloud answered GET %s with a body that is not valid JSON (%s).", path, cause);
        return CG_TEMPORARY;
    }
    if (!json_is_object(root)) {
        (void)snprintf(text, CCLOUD_TEXT_SIZE, "Confluent Cloud answered GET %s with %s instead of an object.", path,
                       ccloud_json_kind(root));
        json_decref(root);
        return CG_PERMANENT;
    }
    *ret_root = root;
    return CG_OK;
}

cg_status ccloud_page_parse(const char *path, const char *body, size_t length, struct ccloud_page *ret, char *text) {
    struct ccloud_page page = {NULL, NULL, NULL};
    *ret = page;
    cg_status status = parse_root(path, body, length, &page.root, text);
    if (status == CG_OK) {
        page.items = ccloud_json_get(page.root, "data");
        if (page.items != NULL && !json_is_array(page.items)) {
            (void)snprintf(text, CCLOUD_TEXT_SIZE,
                           "Confluent Cloud answered GET %s with a page whose \"data\" is %s instead of a list.", path,
                           ccloud_json_kind(page.items));
            status = CG_PERMANENT;
        }
    }
    if (status == CG_OK) {
        status = find_next(path, &page, text);
    }
    if (status != CG_OK) {
        ccloud_page_done(&page);
        return status;
    }
    *ret = page;
    return CG_OK;
}

cg_status ccloud_page_parse_object(const char *path, const char *body, size_t length, struct ccloud_page *ret,
                                   char *text) {
    struct ccloud_page page = {NULL, NULL, NULL};
    *ret = page;
    cg_status status = parse_root(path, body, length, &page.root, text);
    if (status != CG_OK) {
        return status;
    }
    const json_t *data = json_object_get(page.root, "data");
    int is_empty = json_is_array(data) && json_array_size(data) == 0 && json_object_get(page.root, "metadata") != NULL;
    page.items = is_empty ? NULL : page.root;
    *ret = page;
    return CG_OK;
}

void ccloud_page_done(struct ccloud_page *page) {
    json_decref(page->root);
    free(page->token);
    *page = (struct ccloud_page){NULL, NULL, NULL};
}
