#include <stdlib.h>
#include <string.h>

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
                                            client->tuning.ignore_query, error);
    if (status == CG_OK && set_texts(client, &known) != CG_OK)
        status = cg_error_no_memory(error);
    if (status == CG_OK && client->bearer_token && !is_token(client->bearer_token))
        status = cg_error_set(error, CG_INVALID, "the bearer token has characters that an HTTP header cannot carry");
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
    free(client->username);
    free(client->password);
    free(client->bearer_token);
    free(client->label);
}
