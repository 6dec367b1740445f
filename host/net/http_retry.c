#include "net/http_retry.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>

#include "net/number.h"

#define SECOND INT64_C(1000000)

/* Beyond this every delay is at its limit, and products cannot overflow. */
#define LONGEST_ASKED (INT64_C(366) * 86400 * SECOND)

int64_t cg_http_delay(const struct cg_http_delay *delay, double first, double second) {
    double wait = (double)delay->backoff_us;
    for (uint32_t i = 0; i < delay->retry && wait < (double)CG_HTTP_BACKOFF_MAX_US; i++)
        wait *= 2;
    wait += first * (double)delay->backoff_us / 2;
    if (wait > (double)CG_HTTP_BACKOFF_MAX_US)
        wait = (double)CG_HTTP_BACKOFF_MAX_US;
    if (delay->asked_us >= 0)
        wait = (double)delay->asked_us;
    if (delay->asked_us >= 0 || delay->rate_limited) {
        if (wait < (double)delay->least_pause_us)
            wait = (double)delay->least_pause_us;
        wait *= 1.1 + second / 10;
        if (wait > (double)CG_HTTP_PAUSE_MAX_US)
            wait = (double)CG_HTTP_PAUSE_MAX_US;
    }
    return (int64_t)wait;
}

bool cg_http_seconds(const char *text, int64_t *ret_us) {
    size_t length = strlen(text);
    if (length == 0 || length != strspn(text, "0123456789."))
        return false;
    int64_t value;
    if (!cg_number_parse_seconds(text, length, &value)) {
        if (strchr(text, '.'))
            return false;
        value = LONGEST_ASKED; /* more digits than fit */
    }
    *ret_us = value < LONGEST_ASKED ? value : LONGEST_ASKED;
    return true;
}

bool cg_http_retry_after(const char *text, int64_t now, int64_t *ret_us) {
    if (cg_http_seconds(text, ret_us))
        return true;
    time_t date = curl_getdate(text, NULL);
    if (date == (time_t)-1)
        return false;
    int64_t seconds = (int64_t)date - now;
    if (seconds < 0)
        seconds = 0;
    *ret_us = seconds < LONGEST_ASKED / SECOND ? seconds * SECOND : LONGEST_ASKED;
    return true;
}

bool cg_http_status_transient(uint32_t http_status) {
    if (http_status == 501) /* it will not learn it by being asked again */
        return false;
    return http_status == 408 || http_status == 425 || http_status == 429 || (http_status >= 500 && http_status <= 599);
}

cg_status cg_http_status_class(uint32_t http_status) {
    if (http_status >= 200 && http_status <= 299)
        return CG_OK;
    switch (http_status) {
    case 401:
    case 403:
        return CG_AUTH;
    case 404:
        return CG_NOT_FOUND;
    case 429:
        return CG_RATE_LIMITED;
    default:
        return cg_http_status_transient(http_status) ? CG_TEMPORARY : CG_PERMANENT;
    }
}

/* Source: IANA, Hypertext Transfer Protocol (HTTP) Status Code Registry. */
static const struct {
    uint32_t status;
    const char *name;
} names[] = {
    {204, "No Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
};

const char *cg_http_status_name(uint32_t http_status) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].status == http_status)
            return names[i].name;
    }
    return "";
}
