#include <stdlib.h>
#include <string.h>

#include "net/http_internal.h"

/* A buffer that grew larger than this is not kept for the next answer. */
#define KEPT_BODY ((size_t)4 * 1024 * 1024)

/* Slower than this, in bytes per second, is standing still. */
#define STALL_SPEED 8L

static long milliseconds(int64_t us) {
    int64_t ms = (us + 999) / 1000;
    return ms > 0 ? (long)ms : 1L;
}

/* Bounds the header; once it is complete, watches that the body keeps coming. */
static size_t on_header(char *data, size_t size, size_t count, void *user) {
    struct cg_http_transfer *transfer = user;
    size_t length = size * count;
    if (length > CG_HTTP_HEADER_MAX - transfer->header_bytes) {
        transfer->stop = CG_HTTP_STOP_HEADER;
        return CURL_WRITEFUNC_ERROR;
    }
    transfer->header_bytes += length;
    if (length >= 5 && memcmp(data, "HTTP/", 5) == 0)
        transfer->header_complete = false;
    if (length > 0 && length <= 2 && (data[0] == '\r' || data[0] == '\n')) {
        transfer->header_complete = true;
        long seconds = (long)((transfer->client->tuning.stall_us + 999999) / 1000000);
        curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_LIMIT, STALL_SPEED);
        curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_TIME, seconds);
    }
    return length;
}

static size_t on_body(char *data, size_t size, size_t count, void *user) {
    struct cg_http_transfer *transfer = user;
    size_t length = size * count;
    if (!transfer->body_started) {
        long http_status = 0;
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &http_status);
        bool fine = http_status >= 200 && http_status <= 299;
        uint64_t limit = transfer->client->options.max_body_bytes;
        transfer->body.limit = fine || limit < CG_HTTP_ERROR_BODY_MAX ? (size_t)limit : CG_HTTP_ERROR_BODY_MAX;
        transfer->body_started = true;
        transfer->body_dropped = !fine;
    }
    transfer->client->stats.bytes += length;
    if (length > transfer->body.limit - transfer->body.length) {
        if (transfer->body_dropped)
            return length;
        transfer->stop = CG_HTTP_STOP_BODY;
        return CURL_WRITEFUNC_ERROR;
    }
    if (cg_buf_add(&transfer->body, data, length) != CG_OK) {
        transfer->stop = CG_HTTP_STOP_MEMORY;
        return CURL_WRITEFUNC_ERROR;
    }
    return length;
}

static void on_finished(struct cg_net_transfer *base, CURLcode code) {
    struct cg_http_transfer *transfer = (struct cg_http_transfer *)base;
    cg_http_client_finished(transfer, code);
}

/* Sets one option; remembers the first failure. */
#define SET(code, easy, option, value)                            \
    do {                                                          \
        if ((code) == CURLE_OK)                                   \
            (code) = curl_easy_setopt((easy), (option), (value)); \
    } while (0)

static CURLcode set_callbacks(struct cg_http_transfer *transfer) {
    CURL *easy = transfer->easy;
    CURLcode code = CURLE_OK;
    SET(code, easy, CURLOPT_PRIVATE, &transfer->base);
    SET(code, easy, CURLOPT_ERRORBUFFER, transfer->error);
    SET(code, easy, CURLOPT_WRITEFUNCTION, on_body);
    SET(code, easy, CURLOPT_WRITEDATA, transfer);
    SET(code, easy, CURLOPT_HEADERFUNCTION, on_header);
    SET(code, easy, CURLOPT_HEADERDATA, transfer);
    return code;
}

static CURLcode set_limits(CURL *easy, const struct cg_http_client *client) {
    int64_t connect = client->tuning.connect_timeout_us;
    CURLcode code = CURLE_OK;
    SET(code, easy, CURLOPT_NOSIGNAL, 1L);
    SET(code, easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(code, easy, CURLOPT_FOLLOWLOCATION, 0L);
    SET(code, easy, CURLOPT_TIMEOUT_MS, milliseconds(client->options.timeout_us));
    SET(code, easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(connect));
    SET(code, easy, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(code, easy, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(code, easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    SET(code, easy, CURLOPT_USERAGENT, "chitragupt");
    if (client->headers)
        SET(code, easy, CURLOPT_HTTPHEADER, client->headers);
    /* What is meant for this machine stays on it. */
    if (client->address.loopback)
        SET(code, easy, CURLOPT_PROXY, "");
    return code;
}

/* Authorities that were named are the only ones. */
static CURLcode set_trust(CURL *easy, const struct cg_http_tls *tls) {
    const char *file = getenv("SSL_CERT_FILE");
    const char *folder = getenv("SSL_CERT_DIR");
    CURLcode code = CURLE_OK;
    if (tls->ca_file) {
        SET(code, easy, CURLOPT_CAINFO, tls->ca_file);
        SET(code, easy, CURLOPT_CAPATH, NULL);
        return code;
    }
    if (file && *file)
        SET(code, easy, CURLOPT_CAINFO, file);
    if (folder && *folder)
        SET(code, easy, CURLOPT_CAPATH, folder);
    return code;
}

static CURLcode set_identity(CURL *easy, const struct cg_http_tls *tls) {
    CURLcode code = CURLE_OK;
    if (!tls->client_certificate_file)
        return code;
    SET(code, easy, CURLOPT_SSLCERT, tls->client_certificate_file);
    SET(code, easy, CURLOPT_SSLKEY, tls->client_key_file ? tls->client_key_file : tls->client_certificate_file);
    if (tls->client_key_password)
        SET(code, easy, CURLOPT_KEYPASSWD, tls->client_key_password);
    return code;
}

static CURLcode set_credentials(struct cg_http_transfer *transfer) {
    const struct cg_http_client *client = transfer->client;
    CURL *easy = transfer->easy;
    CURLcode code = CURLE_OK;
    transfer->credential = client->credential;
    if (client->username) {
        SET(code, easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        SET(code, easy, CURLOPT_USERNAME, client->username);
        SET(code, easy, CURLOPT_PASSWORD, client->password ? client->password : "");
    } else if (client->bearer_token) {
        SET(code, easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        SET(code, easy, CURLOPT_XOAUTH2_BEARER, client->bearer_token);
    }
    return code;
}

struct cg_http_transfer *cg_http_transfer_new(struct cg_http_client *client) {
    struct cg_http_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return NULL;
    transfer->base.finished = on_finished;
    transfer->client = client;
    cg_buf_init(&transfer->body, 0);
    transfer->easy = curl_easy_init();
    if (!transfer->easy || set_callbacks(transfer) != CURLE_OK || set_limits(transfer->easy, client) != CURLE_OK ||
        set_trust(transfer->easy, &client->tuning.tls) != CURLE_OK ||
        set_identity(transfer->easy, &client->tuning.tls) != CURLE_OK || set_credentials(transfer) != CURLE_OK) {
        cg_http_transfer_free(transfer);
        return NULL;
    }
    return transfer;
}

void cg_http_transfer_free(struct cg_http_transfer *transfer) {
    if (!transfer)
        return;
    if (transfer->easy)
        curl_easy_cleanup(transfer->easy);
    cg_buf_done(&transfer->body);
    free(transfer);
}

cg_status cg_http_transfer_start(struct cg_http_transfer *transfer, struct cg_http_client_exchange *exchange) {
    CURL *easy = transfer->easy;
    CURLcode code = transfer->credential != transfer->client->credential ? set_credentials(transfer) : CURLE_OK;
    SET(code, easy, CURLOPT_URL, exchange->url);
    if (exchange->body) {
        SET(code, easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_length);
        SET(code, easy, CURLOPT_POSTFIELDS, exchange->body);
    } else {
        SET(code, easy, CURLOPT_HTTPGET, 1L);
    }
    SET(code, easy, CURLOPT_LOW_SPEED_LIMIT, 0L);
    SET(code, easy, CURLOPT_LOW_SPEED_TIME, 0L);
    if (code != CURLE_OK)
        return CG_NO_MEMORY;
    cg_buf_clear(&transfer->body);
    transfer->header_bytes = 0;
    transfer->header_complete = false;
    transfer->body_started = false;
    transfer->body_dropped = false;
    transfer->stop = CG_HTTP_STOP_NONE;
    transfer->error[0] = '\0';
    transfer->exchange = exchange;
    if (curl_multi_add_handle(transfer->client->net->multi, easy) != CURLM_OK) {
        transfer->exchange = NULL;
        return CG_NO_MEMORY;
    }
    return CG_OK;
}

void cg_http_transfer_stop(struct cg_http_transfer *transfer) {
    curl_multi_remove_handle(transfer->client->net->multi, transfer->easy);
    transfer->exchange = NULL;
}

void cg_http_transfer_keep(struct cg_http_transfer *transfer, struct cg_buf *body) {
    cg_buf_done(&transfer->body);
    if (body->capacity > KEPT_BODY)
        cg_buf_done(body);
    transfer->body = *body;
}
