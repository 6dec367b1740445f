#include "kafka_admin_trouble.h"

#include "kafka_admin_conf.h"

#include <stdio.h>
#include <string.h>

#define SERVERS_SHOWN_SIZE 200u

/* ---- taking ---- */

/*
 * Leaves out what librdkafka says besides the reason: how long it took, advice on its own settings, and the numbers of
 * OpenSSL's errors.
 */
static void shorten(char *text) {
    static const char *const tails[] = {" (after ", ": broker certificate could not be verified",
                                        ": increase receive.message.max.bytes", ": probably due to broker version",
                                        ": might be caused by incorrect security.protocol"};
    static const char library[] = "SSL routines::";
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char *tail = strstr(text, tails[i]);
        if (tail != NULL) {
            *tail = '\0';
        }
    }
    char *number = strstr(text, "error:");
    char *words = number != NULL ? strstr(number, library) : NULL;
    if (words != NULL) {
        words += sizeof library - 1;
        memmove(number, words, strlen(words) + 1);
    }
}

/* 1 when a reason may come from a listener that speaks another protocol than the client. */
static int is_mismatch(const struct cg_kafka_trouble *trouble) {
    static const char *const signs[] = {"SSL",        "unexpected eof", "wrong version number",
                                        "ApiVersion", "Disconnected",   "Invalid response size"};
    for (size_t i = 0; i < trouble->reason_count; i++) {
        for (size_t j = 0; j < sizeof signs / sizeof signs[0]; j++) {
            if (strstr(trouble->reasons[i].text, signs[j]) != NULL) {
                return 1;
            }
        }
    }
    return 0;
}

/*
 * Cuts "sasl_ssl://kafka-1:9092/bootstrap: Connect to ... failed: Connection refused (after 0ms in state CONNECT)" into
 * the server and the reason proper.
 */
static void cut(const char *reason, struct cg_kafka_reason *ret) {
    const char *scheme = strstr(reason, "://");
    const char *slash = NULL;
    const char *text = reason;
    const char *start = scheme != NULL ? scheme + 3 : reason;
    const char *colon = strstr(start, ": ");
    ret->server[0] = '\0';
    if (colon != NULL && (slash = memchr(start, '/', (size_t)(colon - start))) != NULL) {
        (void)snprintf(ret->server, sizeof ret->server, "%.*s", (int)(slash - start), start);
        text = colon + 2;
    }
    (void)snprintf(ret->text, sizeof ret->text, "%s", text);
    shorten(ret->text);
    for (size_t length = strlen(ret->text); length > 0 && strchr(" .:\n", ret->text[length - 1]) != NULL; length--) {
        ret->text[length - 1] = '\0';
    }
}

/* A connection that ended within the exchange of credentials says nothing about them. */
static int is_disconnect(const char *text) {
    return strstr(text, "Local: ") != NULL || strstr(text, "Disconnected") != NULL ||
           strstr(text, "timed out") != NULL || strstr(text, "Connection reset") != NULL;
}

static enum cg_kafka_refusal refusal_of(rd_kafka_resp_err_t error, const char *text) {
    static const char *const certificate_words[] = {"certificate verify failed",
                                                    "alert certificate",
                                                    "alert bad certificate",
                                                    "alert unknown ca",
                                                    "unknown CA",
                                                    "certificate required",
                                                    "certificate unknown",
                                                    "certificate expired",
                                                    "certificate revoked",
                                                    "unsupported certificate",
                                                    "alert handshake failure"};
    if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION || error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED) {
        return is_disconnect(text) ? CG_KAFKA_NOT_REFUSED : CG_KAFKA_CREDENTIALS_REFUSED;
    }
    for (size_t i = 0; i < sizeof certificate_words / sizeof certificate_words[0]; i++) {
        if (strstr(text, certificate_words[i]) != NULL) {
            return CG_KAFKA_CERTIFICATE_REFUSED;
        }
    }
    return CG_KAFKA_NOT_REFUSED;
}

/* The place of a server's reason; the last one is shared by all that came too late. */
static struct cg_kafka_reason *place_of(struct cg_kafka_trouble *trouble, const char *server) {
    for (size_t i = 0; i < trouble->reason_count; i++) {
        if (strcmp(trouble->reasons[i].server, server) == 0) {
            return &trouble->reasons[i];
        }
    }
    if (trouble->reason_count < CG_KAFKA_MOST_REASONS) {
        trouble->reason_count++;
    }
    return &trouble->reasons[trouble->reason_count - 1];
}

void cg_kafka_trouble_note(struct cg_kafka_trouble *trouble, rd_kafka_resp_err_t error, const char *reason,
                           int64_t now_us) {
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        if (trouble->down_since_us == 0) {
            trouble->down_since_us = now_us;
        }
        return;
    }
    struct cg_kafka_reason taken;
    cut(reason, &taken);
    *place_of(trouble, taken.server) = taken;
    enum cg_kafka_refusal refusal = refusal_of(error, taken.text);
    if (refusal != CG_KAFKA_NOT_REFUSED && trouble->refusal == CG_KAFKA_NOT_REFUSED) {
        trouble->refusal = refusal;
        trouble->refused = taken;
    }
}

/* ---- telling ---- */

/* The servers as they are shown: a long list is cut behind an entry. */
static void show_servers(const struct cg_kafka_servers *servers, char *buffer, size_t size) {
    size_t used = 0;
    size_t shown = 0;
    buffer[0] = '\0';
    for (const char *at = servers->list; *at != '\0'; shown++) {
        size_t length = strcspn(at, ",");
        if (used + length + 40 > size) {
            (void)snprintf(buffer + used, size - used, "%s%zu more", shown == 0 ? "" : " and ", servers->count - shown);
            return;
        }
        used += (size_t)snprintf(buffer + used, size - used, "%s%.*s", shown == 0 ? "" : ", ", (int)length, at);
        at += length + (at[length] == ',' ? 1 : 0);
    }
}

/* The reasons as they are shown; which server said one is left out when only one is there. */
static void show_reasons(const struct cg_kafka_admin_options *options, const struct cg_kafka_servers *servers,
                         const struct cg_kafka_trouble *trouble, char *buffer, size_t size) {
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < trouble->reason_count && used < size; i++) {
        const struct cg_kafka_reason *reason = &trouble->reasons[i];
        int named = reason->server[0] != '\0' && (servers->count > 1 || trouble->reason_count > 1);
        char text[sizeof reason->text];
        char server[sizeof reason->server];
        int written = snprintf(buffer + used, size - used, "%s%s%s%s", i == 0 ? "" : "; ",
                               named ? cg_kafka_text_clean(options, reason->server, server, sizeof server) : "",
                               named ? ": " : "", cg_kafka_text_clean(options, reason->text, text, sizeof text));
        used += written > 0 ? (size_t)written : 0;
    }
}

static cg_status tell_refusal(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                              const struct cg_kafka_trouble *trouble, const char *servers) {
    char text[sizeof trouble->refused.text];
    char named[sizeof trouble->refused.server];
    const char *server = trouble->refused.server[0] == '\0'
                             ? servers
                             : cg_kafka_text_clean(options, trouble->refused.server, named, sizeof named);
    (void)cg_kafka_text_clean(options, trouble->refused.text, text, sizeof text);
    if (trouble->refusal == CG_KAFKA_CREDENTIALS_REFUSED) {
        return host->set_error(host, CG_AUTH,
                               "Kafka at %s refused the login with %s: %s; check sasl_mechanism, sasl_username and "
                               "sasl_password.",
                               server, options->sasl_mechanism != NULL ? options->sasl_mechanism : "SASL", text);
    }
    return host->set_error(host, CG_AUTH,
                           "a certificate was refused in the TLS handshake with Kafka at %s: %s; check ca_file, "
                           "certificate_file and key_file, and the host name of the server.",
                           server, text);
}

cg_status cg_kafka_trouble_tell(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                                const struct cg_kafka_servers *servers, const struct cg_kafka_trouble *trouble,
                                enum cg_kafka_end end, rd_kafka_resp_err_t error, int timeout_ms) {
    const char *advice = is_mismatch(trouble) ? "; check that security_protocol is that of these ports" : "";
    char shown[SERVERS_SHOWN_SIZE];
    char reasons[640];
    show_servers(servers, shown, sizeof shown);
    show_reasons(options, servers, trouble, reasons, sizeof reasons);
    switch (end) {
    case CG_KAFKA_WAS_REFUSED:
        return tell_refusal(host, options, trouble, shown);
    case CG_KAFKA_DOWN:
        return host->set_error(host, CG_TEMPORARY, "Kafka at %s cannot be reached: %s%s.", shown,
                               reasons[0] != '\0' ? reasons : "no connection could be made", advice);
    case CG_KAFKA_GAVE_UP:
        return host->set_error(host, error == RD_KAFKA_RESP_ERR__BAD_MSG ? CG_PERMANENT : CG_TEMPORARY,
                               "Kafka at %s did not tell its brokers and topics: %s%s%s%s.", shown,
                               rd_kafka_err2str(error), reasons[0] != '\0' ? "; " : "", reasons, advice);
    case CG_KAFKA_TOO_SLOW:
        break;
    }
    return host->set_error(host, CG_TEMPORARY, "Kafka at %s did not answer within %d.%03d seconds%s%s%s.", shown,
                           timeout_ms / 1000, timeout_ms % 1000,
                           reasons[0] != '\0' ? "; the last reason given was: " : "", reasons, advice);
}
