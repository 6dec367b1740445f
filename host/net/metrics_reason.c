#include "net/metrics_reason.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/prometheus.h"

/* Shorter values of headers and of a query are names and numbers that a sentence may hold by chance. */
#define SHORTEST_VALUE ((size_t)8)

/* ---- secrets ---- */

/*
 * A text from which pieces are taken out in one pass, from its beginning: a server may send megabytes that are nothing
 * but secrets.
 */
struct masking {
    char *read;  /* what comes next */
    char *write; /* where it goes */
};

/* Keeps everything before `at`, and puts stars in the place of the `length` bytes there. */
static void star(struct masking *masking, char *at, size_t length) {
    size_t before = (size_t)(at - masking->read);
    size_t stars = length < 3 ? length : 3;
    memmove(masking->write, masking->read, before);
    memset(masking->write + before, '*', stars);
    masking->write += before + stars;
    masking->read = at + length;
}

static void finish(struct masking *masking) {
    memmove(masking->write, masking->read, strlen(masking->read) + 1);
}

/* Where `part` begins next. A sanitizer looks at all that is left whenever memmem() or strstr() is called. */
static char *find(char *from, const char *end, const char *part, size_t length) {
    while (length && (size_t)(end - from) >= length &&
           (from = memchr(from, *part, (size_t)(end - from) - length + 1))) {
        if (memcmp(from, part, length) == 0)
            return from;
        from++;
    }
    return NULL;
}

static void mask(char *text, const char *secret, size_t length) {
    struct masking masking = {text, text};
    const char *end = text + strlen(text);
    char *found;
    while ((found = find(masking.read, end, secret, length)))
        star(&masking, found, length);
    finish(&masking);
}

/* Also as it is spelled in a URL. */
static cg_status mask_secret(char *text, const char *secret) {
    if (!secret || !*secret)
        return CG_OK;
    mask(text, secret, strlen(secret));
    char *encoded = curl_easy_escape(NULL, secret, 0);
    if (!encoded)
        return CG_NO_MEMORY;
    mask(text, encoded, strlen(encoded));
    cg_http_wipe(encoded);
    curl_free(encoded);
    return CG_OK;
}

/* As basic authentication spells them: base64 of "user:password". */
static cg_status mask_basic(char *text, const char *username, const char *password) {
    char *plain = NULL;
    int length = asprintf(&plain, "%s:%s", username, password ? password : "");
    if (length < 0)
        return CG_NO_MEMORY;
    size_t room = sodium_base64_encoded_len((size_t)length, sodium_base64_VARIANT_ORIGINAL);
    char *encoded = malloc(room);
    if (encoded) {
        sodium_bin2base64(encoded, room, (const unsigned char *)plain, (size_t)length, sodium_base64_VARIANT_ORIGINAL);
        mask(text, encoded, strlen(encoded));
        cg_http_wipe(encoded);
    }
    cg_status status = encoded ? CG_OK : CG_NO_MEMORY;
    cg_http_wipe(plain);
    free(encoded);
    free(plain);
    return status;
}

/* The words of a header's value, and the values of a query. */
static void mask_words(char *text, const char *words, const char *separators) {
    while (*(words += strspn(words, separators))) {
        size_t length = strcspn(words, separators);
        if (length >= SHORTEST_VALUE)
            mask(text, words, length);
        words += length;
    }
}

/* Whoever stands before the host of a URL: "https://user:password@host". */
static void mask_userinfo(char *text) {
    struct masking masking = {text, text};
    const char *limit = text + strlen(text);
    char *at = text;
    while ((at = find(at, limit, "://", 3))) {
        at += 3;
        size_t authority = strcspn(at, "/?#\"'<>\\ \t\r\n");
        char *end = memrchr(at, '@', authority);
        if (end)
            star(&masking, at, (size_t)(end - at));
        at = end ? end : at;
    }
    finish(&masking);
}

/* Passwords come last: a short one may be part of another secret, which would not be found any more. */
static cg_status mask_all(const struct cg_http_client *client, char *text) {
    cg_status status = CG_OK;
    for (const struct curl_slist *line = client->headers; line; line = line->next) {
        const char *value = strchr(line->data, ':');
        mask_words(text, value ? value + 1 : "", " \t");
    }
    mask_words(text, client->address.query, "&=");
    if (client->username)
        status = mask_basic(text, client->username, client->password);
    if (status == CG_OK)
        status = mask_secret(text, client->bearer_token);
    if (status == CG_OK)
        status = mask_secret(text, client->password);
    if (status == CG_OK)
        status = mask_secret(text, client->address.password);
    mask_userinfo(text);
    return status;
}

/* ---- the sentence ---- */

/* One clean line without blanks at its end. */
static void tidy(char *text) {
    cg_text_replace(text, ' ');
    size_t length = strlen(text);
    while (length && text[length - 1] == ' ')
        text[--length] = '\0';
}

static void cut(const char *text, char ret[CG_METRICS_REASON_BYTES + 1]) {
    size_t length = strnlen(text, CG_METRICS_REASON_BYTES + 1);
    int was_cut = length > CG_METRICS_REASON_BYTES;
    if (was_cut)
        length = CG_METRICS_REASON_BYTES;
    memcpy(ret, text, length);
    ret[length] = '\0';
    if (was_cut)
        cg_text_clean(ret, CG_METRICS_REASON_BYTES + 1, 1);
}

cg_status cg_metrics_reason_read(const struct cg_http_client *client, const char *body, size_t length,
                                 struct cg_metrics_reason *ret) {
    struct cg_prometheus_failure failure;
    char sentence[CG_METRICS_REASON_BYTES + 1] = "";
    cg_status status = cg_prometheus_read_failure(body, length, &failure);
    if (status != CG_OK)
        return status;
    status = mask_all(client, failure.type);
    if (failure.text) {
        if (status == CG_OK)
            status = mask_all(client, failure.text);
        tidy(failure.text);
        cut(failure.text, sentence);
        cg_http_wipe(failure.text);
        free(failure.text);
    }
    if (status != CG_OK)
        return status;
    ret->reported = failure.reported;
    snprintf(ret->text, sizeof ret->text, "%s%s%s%s%s", *failure.type ? " (" : "", failure.type,
             *failure.type ? ")" : "", *sentence ? ": " : "", sentence);
    return CG_OK;
}
