#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/http_internal.h"
#include "net/http_retry.h"

/* The last header of this name, or NULL. */
static const char *header(CURL *easy, const char *name) {
    struct curl_header *found = NULL;
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
        return NULL;
    return found->value;
}

/* Now, by the server's own clock when it tells: a Retry-After date is then right whatever our clock says. */
static int64_t server_time(CURL *easy) {
    const char *date = header(easy, "Date");
    time_t told = date ? curl_getdate(date, NULL) : (time_t)-1;
    return told != (time_t)-1 ? (int64_t)told : (int64_t)time(NULL);
}

static int64_t asked_delay(CURL *easy, uint32_t http_status) {
    static const char *const resets[] = {"RateLimit-Reset", "X-RateLimit-Reset"};
    int64_t delay;
    const char *text = header(easy, "Retry-After");
    if (text && cg_http_retry_after(text, server_time(easy), &delay))
        return delay;
    for (size_t i = 0; http_status == 429 && i < sizeof resets / sizeof resets[0]; i++) {
        text = header(easy, resets[i]);
        if (text && cg_http_seconds(text, &delay))
            return delay;
    }
    return -1;
}

static void judge_status(const struct cg_http_transfer *transfer, uint32_t http_status, struct cg_http_outcome *ret) {
    ret->http_status = http_status;
    ret->status = cg_http_status_class(http_status);
    if (ret->status == CG_OK)
        return;
    ret->transient = cg_http_status_transient(http_status);
    ret->asked_us = ret->transient ? asked_delay(transfer->easy, http_status) : -1;
    const char *name = cg_http_status_name(http_status);
    const char *hint = http_status >= 300 && http_status <= 399
                           ? " (redirects are not followed; use the address it points to as base URL)"
                           : "";
    cg_error_set(&ret->error, ret->status, "HTTP %u%s%s%s", http_status, *name ? " " : "", name, hint);
}

/* "could not connect to host:port (Connection refused)" */
static void judge_connect(const struct cg_http_transfer *transfer, struct cg_http_outcome *ret) {
    long number = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
    const char *cause = number > 0 && number < 4096 ? strerrordesc_np((int)number) : NULL;
    const char *peer = transfer->client->address.peer;
    if (cause)
        cg_error_set(&ret->error, CG_TEMPORARY, "could not connect to %s (%s)", peer, cause);
    else
        cg_error_set(&ret->error, CG_TEMPORARY, "could not connect to %s", peer);
}

static void judge_timeout(const struct cg_http_transfer *transfer, struct cg_http_outcome *ret) {
    const struct cg_http_client *client = transfer->client;
    curl_off_t connected = 0;
    curl_off_t elapsed = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &elapsed);
    if (connected > 0 && elapsed < client->options.timeout_us)
        cg_error_set(&ret->error, CG_TEMPORARY, "the answer stood still and was given up");
    else if (connected == 0)
        cg_error_set(&ret->error, CG_TEMPORARY, "could not connect to %s in time", client->address.peer);
    else
        cg_error_set(&ret->error, CG_TEMPORARY, "timed out: no complete answer within %.3g s",
                     (double)client->options.timeout_us / 1e6);
}

/* TLS problems carry libcurl's words, which name certificates and hosts only. */
static void judge_tls(const struct cg_http_transfer *transfer, cg_status status, struct cg_http_outcome *ret) {
    char text[CURL_ERROR_SIZE];
    size_t length = 0;
    for (const char *at = transfer->error; *at && length + 1 < sizeof text; at++)
        text[length++] = *at >= ' ' && *at <= '~' ? *at : '?';
    text[length] = '\0';
    cg_error_set(&ret->error, status, "no trusted TLS connection to %s%s%s%s", transfer->client->address.peer,
                 *text ? " (" : "", text, *text ? ")" : "");
}

static void judge_stop(const struct cg_http_transfer *transfer, struct cg_http_outcome *ret) {
    if (transfer->stop == CG_HTTP_STOP_BODY)
        cg_error_set(&ret->error, CG_PERMANENT, "the answer is longer than %llu bytes",
                     (unsigned long long)transfer->client->options.max_body_bytes);
    else if (transfer->stop == CG_HTTP_STOP_HEADER)
        cg_error_set(&ret->error, CG_PERMANENT, "the answer's header is longer than %zu bytes", CG_HTTP_HEADER_MAX);
    else
        cg_error_no_memory(&ret->error);
}

static void judge_failure(const struct cg_http_transfer *transfer, CURLcode code, struct cg_http_outcome *ret) {
    static const char broken[] = "the connection ended before the answer was complete";
    const struct cg_http_client *client = transfer->client;
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        cg_error_set(&ret->error, CG_TEMPORARY, "the host name %s was not found", client->address.host);
        break;
    case CURLE_COULDNT_RESOLVE_PROXY:
        cg_error_set(&ret->error, CG_TEMPORARY, "the proxy's host name was not found");
        break;
    case CURLE_COULDNT_CONNECT:
        judge_connect(transfer, ret);
        break;
    case CURLE_OPERATION_TIMEDOUT:
        judge_timeout(transfer, ret);
        break;
    case CURLE_SSL_CONNECT_ERROR:
        judge_tls(transfer, CG_TEMPORARY, ret);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        judge_tls(transfer, CG_PERMANENT, ret);
        break;
    case CURLE_WRITE_ERROR:
        judge_stop(transfer, ret);
        break;
    case CURLE_OUT_OF_MEMORY:
        cg_error_no_memory(&ret->error);
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        cg_error_set(&ret->error, CG_PERMANENT, "%s answered with something that is not HTTP", client->address.peer);
        break;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        /* With TLS 1.3 a server refuses a client's certificate when the client thinks that all went well. */
        if (strstr(transfer->error, "alert")) {
            judge_tls(transfer, CG_PERMANENT, ret);
            break;
        }
        cg_error_set(&ret->error, CG_TEMPORARY, "%s", broken);
        break;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING:
        cg_error_set(&ret->error, CG_TEMPORARY, "%s", broken);
        break;
    default:
        cg_error_set(&ret->error, CG_TEMPORARY, "the transfer failed (%s)", curl_easy_strerror(code));
        break;
    }
    ret->status = ret->error.status;
    ret->transient = ret->status == CG_TEMPORARY;
}

void cg_http_outcome_read(const struct cg_http_transfer *transfer, CURLcode code, struct cg_http_outcome *ret) {
    long http_status = 0;
    *ret = (struct cg_http_outcome){.asked_us = -1};
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &http_status);
    if (code == CURLE_OK && !transfer->header_complete)
        code = CURLE_PARTIAL_FILE;
    /* An error's status counts even if its body broke off. */
    bool answered = http_status >= 200 && http_status <= 999 && (code == CURLE_OK || http_status >= 300);
    if (transfer->stop == CG_HTTP_STOP_NONE && answered) {
        judge_status(transfer, (uint32_t)http_status, ret);
    } else if (code == CURLE_OK) {
        cg_error_set(&ret->error, CG_PERMANENT, "%s answered without a status", transfer->client->address.peer);
        ret->status = CG_PERMANENT;
    } else {
        judge_failure(transfer, transfer->stop == CG_HTTP_STOP_NONE ? code : CURLE_WRITE_ERROR, ret);
    }
    if (ret->status != CG_OK)
        cg_error_wrap(&ret->error, "%s: %s %.200s", transfer->client->label, transfer->exchange->method,
                      transfer->exchange->path);
}
