#include <stdlib.h>
#include <string.h>

#include "base/header.h"
#include "net/http_internal.h"

#define SECOND INT64_C(1000000)
#define LONGEST_TIME (INT64_C(86400) * SECOND)
#define LARGEST_BODY (UINT64_C(1) << 32)
#define MOST_IN_FLIGHT 1000u
#define MOST_ATTEMPTS 100u

static int64_t time_or(int64_t value, int64_t fallback) {
    if (value <= 0)
        return fallback;
    return value < LONGEST_TIME ? value : LONGEST_TIME;
}

static uint32_t count_or(uint32_t value, uint32_t fallback, uint32_t most) {
    if (value == 0)
        return fallback;
    return value < most ? value : most;
}

static void set_numbers(struct cg_http_client *client) {
    struct cg_http_options *options = &client->options;
    struct cg_http_tuning *tuning = &client->tuning;
    options->max_attempts = count_or(options->max_attempts, 6, MOST_ATTEMPTS);
    options->max_in_flight = count_or(options->max_in_flight, 6, MOST_IN_FLIGHT);
    options->min_interval_us = time_or(options->min_interval_us, 0);
    options->timeout_us = time_or(options->timeout_us, 30 * SECOND);
    if (options->max_body_bytes == 0)
        options->max_body_bytes = UINT64_C(64) * 1024 * 1024;
    if (options->max_body_bytes > LARGEST_BODY)
        options->max_body_bytes = LARGEST_BODY;
    tuning->backoff_us = time_or(tuning->backoff_us, 2 * SECOND);
    tuning->least_pause_us = time_or(tuning->least_pause_us, SECOND);
    tuning->budget_us = time_or(tuning->budget_us, 15 * 60 * SECOND);
    tuning->connect_timeout_us = time_or(tuning->connect_timeout_us, 10 * SECOND);
    tuning->stall_us = time_or(tuning->stall_us, 10 * SECOND);
}

static cg_status copy(const char *text, char **ret) {
    if (!text)
        return CG_OK;
    *ret = strdup(text);
    return *ret ? CG_OK : CG_NO_MEMORY;
}

/* What is given explicitly comes before the URL's user info, and that before a token. */
static cg_status set_texts(struct cg_http_client *client, const struct cg_http_options *options) {
    const struct cg_http_address *address = &client->address;
    cg_status status = copy(options->label && *options->label ? options->label : address->host, &client->label);
    if (status == CG_OK && options->username) {
        status = copy(options->username, &client->username);
        if (status == CG_OK)
            status = copy(options->password, &client->password);
    } else if (status == CG_OK && address->username) {
        status = copy(address->username, &client->username);
        if (status == CG_OK)
            status = copy(address->password, &client->password);
    } else if (status == CG_OK && options->bearer_token && *options->bearer_token) {
        status = copy(options->bearer_token, &client->bearer_token);
    }
    return status;
}

static bool is_token(const char *text) {
    for (; *text; text++) {
        if (*text <= ' ' || *text > '~')
            return false;
    }
    return true;
}

/* Copies the texts of tuning.tls, so that the tuning points to our own. */
static cg_status set_tls(struct cg_http_client *client) {
    struct cg_http_tls *tls = &client->tuning.tls;
    const char **const texts[] = {&tls->ca_file, &tls->client_certificate_file, &tls->client_key_file,
                                  &tls->client_key_password};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *text = *texts[i] && **texts[i] ? *texts[i] : NULL;
        if (copy(text, &client->tls_texts[i]) != CG_OK)
            return CG_NO_MEMORY;
        *texts[i] = client->tls_texts[i];
    }
    return CG_OK;
}

/* "Name: value"; libcurl writes a header without value only when it ends in a semicolon. */
static cg_status add_header(struct cg_http_client *client, const struct cg_http_header *header) {
    struct cg_buf line;
    cg_buf_init(&line, 16384);
    cg_buf_add_text(&line, header->name);
    if (*header->value) {
        cg_buf_add_text(&line, ": ");
        cg_buf_add_text(&line, header->value);
    } else {
        cg_buf_add_char(&line, ';');
    }
    struct curl_slist *grown = line.status == CG_OK ? curl_slist_append(client->headers, cg_buf_text(&line)) : NULL;
    if (grown)
        client->headers = grown;
    if (line.data)
        cg_http_wipe(line.data);
    cg_buf_done(&line);
    return grown ? CG_OK : CG_NO_MEMORY;
}

static cg_status set_headers(struct cg_http_client *client, struct cg_error *error) {
    for (size_t i = 0; i < client->tuning.header_count; i++) {
        const struct cg_http_header *header = &client->tuning.headers[i];
        const char *problem = cg_header_problem(header->name, header->value);
        if (problem)
            return cg_error_set(error, CG_INVALID, "the header \"%.40s\" %s", header->name, problem);
        if (add_header(client, header) != CG_OK)
            return cg_error_no_memory(error);
    }
    client->tuning.headers = NULL;
    return CG_OK;
}

static cg_status replace(struct cg_http_client *client, char **place, const char *secret) {
    char *fresh = strdup(secret);
    if (!fresh)
        return CG_NO_MEMORY;
    if (*place && strcmp(*place, fresh) == 0) {
        cg_http_wipe(fresh);
        free(fresh);
        return CG_OK;
    }
    cg_http_wipe(*place);
    free(*place);
    *place = fresh;
    client->credential++;
    return CG_OK;
}

cg_status cg_http_client_set_password(struct cg_http_client *client, const char *password) {
    return client->username ? replace(client, &client->password, password) : CG_INVALID;
}

cg_status cg_http_client_set_bearer(struct cg_http_client *client, const char *token) {
    if (client->username || !*token || !is_token(token))
        return CG_INVALID;
    return replace(client, &client->bearer_token, token);
}

cg_status cg_http_client_configure(struct cg_http_client *client, const struct cg_http_options *options,
                                   const struct cg_http_tuning *tuning, struct cg_error *error) {
    size_t size = options->struct_size < sizeof client->options ? options->struct_size : sizeof client->options;
    if (!CG_HAS_MEMBER(options, struct cg_http_options, base_url))
        return cg_error_set(error, CG_INVALID, "the HTTP options are too short to hold a base URL");
    memcpy(&client->options, options, size);
    if (tuning)
        client->tuning = *tuning;
    set_numbers(client);
    const struct cg_http_options known = client->options;
    cg_status status = cg_http_address_init(&client->address, known.base_url, client->tuning.allow_plain_http,
                                            client->tuning.keep_query, error);
    if (status == CG_OK && set_texts(client, &known) != CG_OK)
        status = cg_error_no_memory(error);
    if (status == CG_OK && client->bearer_token && !is_token(client->bearer_token))
        status = cg_error_set(error, CG_INVALID, "the bearer token has characters that an HTTP header cannot carry");
    if (status == CG_OK && set_tls(client) != CG_OK)
        status = cg_error_no_memory(error);
    if (status == CG_OK)
        status = set_headers(client, error);
    client->options.base_url = NULL;
    client->options.username = NULL;
    client->options.password = NULL;
    client->options.bearer_token = NULL;
    client->options.label = NULL;
    return status;
}

void cg_http_client_unconfigure(struct cg_http_client *client) {
    cg_http_address_done(&client->address);
    cg_http_wipe(client->username);
    cg_http_wipe(client->password);
    cg_http_wipe(client->bearer_token);
    for (size_t i = 0; i < sizeof client->tls_texts / sizeof client->tls_texts[0]; i++) {
        cg_http_wipe(client->tls_texts[i]);
        free(client->tls_texts[i]);
    }
    for (struct curl_slist *line = client->headers; line; line = line->next)
        cg_http_wipe(line->data);
    curl_slist_free_all(client->headers);
    free(client->username);
    free(client->password);
    free(client->bearer_token);
    free(client->label);
}
