#include "kafka_admin_conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* What librdkafka calls a setting, and what the configuration file calls it. */
struct name {
    const char *property;
    const char *key;
};

static const struct name names[] = {
    {"bootstrap.servers", "bootstrap_servers"},
    {"security.protocol", "security_protocol"},
    {"sasl.mechanism", "sasl_mechanism"},
    {"sasl.username", "sasl_username"},
    {"sasl.password", "sasl_password"},
    {"ssl.ca.location", "ca_file"},
    {"ssl.certificate.location", "certificate_file"},
    {"ssl.key.location", "key_file"},
    {"ssl.key.password", "key_password"},
};

#define NAME_COUNT (sizeof names / sizeof names[0])

/* Bounds that librdkafka has for the time-outs below. */
#define LEAST_SETUP_MS 1000
#define MOST_SOCKET_MS 300000

/* A longer answer is refused; a million topics with a few partitions each stay below it. */
#define MOST_ANSWER_BYTES "268435456"

static int is_given(const char *text) {
    return text != NULL && text[0] != '\0';
}

/* The entry of `list` that is `text` whatever its case, or NULL. */
static const char *one_of(const char *text, const char *const *list) {
    for (; *list != NULL; list++) {
        if (strcasecmp(text, *list) == 0) {
            return *list;
        }
    }
    return NULL;
}

/* So much of a secret is taken for its beginning where a text ends with it. */
#define LEAST_BEGINNING 3u

/* A text that was cut in the middle of a secret ends with the beginning of it. */
static void hide_beginning(char *text, const char *secret, size_t length) {
    size_t whole = strlen(text);
    for (size_t kept = length - 1; kept >= LEAST_BEGINNING; kept--) {
        if (kept <= whole && memcmp(text + whole - kept, secret, kept) == 0) {
            memcpy(text + whole - kept, "***", sizeof "***");
            return;
        }
    }
}

/* Puts "***" in place of every `secret`. One of a single character is left: it would spoil every text. */
static void hide(char *text, const char *secret) {
    static const char stars[] = "***";
    size_t length = is_given(secret) ? strlen(secret) : 0;
    if (length < 2) {
        return;
    }
    for (char *at = text; (at = strstr(at, secret)) != NULL;) {
        size_t kept = length < sizeof stars - 1 ? length : sizeof stars - 1;
        memcpy(at, stars, kept);
        memmove(at + kept, at + length, strlen(at + length) + 1);
        at += kept;
    }
    hide_beginning(text, secret, length);
}

const char *cg_kafka_text_clean(const struct cg_kafka_admin_options *options, const char *text, char *buffer,
                                size_t size) {
    /* Secrets are taken out before the text is cut, so that no part of one is left at its end. */
    char whole[2048];
    (void)snprintf(whole, sizeof whole, "%s", text);
    hide(whole, options->sasl_password);
    hide(whole, options->key_password);
    for (char *at = whole; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            *at = ' ';
        }
    }
    (void)snprintf(buffer, size, "%s", whole);
    return buffer;
}

cg_status cg_kafka_conf_refused(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                                rd_kafka_resp_err_t error, const char *text) {
    char reason[512];
    (void)cg_kafka_text_clean(options, text, reason, sizeof reason);
    if (error == RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE) {
        return host->set_error(host, CG_TEMPORARY, "the Kafka client cannot be started: %s.", reason);
    }
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (strstr(text, names[i].property) != NULL) {
            return host->set_error(host, CG_INVALID, "%s cannot be used for the Kafka connection: %s.", names[i].key,
                                   reason);
        }
    }
    return host->set_error(host, CG_INVALID, "the settings of the Kafka connection cannot be used: %s.", reason);
}

/* ---- what is wrong before librdkafka sees it ---- */

/* What the settings come to. */
struct means {
    const char *protocol;
    const char *mechanism; /* NULL: no SASL */
    int with_tls;
};

static cg_status check_sasl(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                            struct means *means) {
    static const char *const mechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", NULL};
    if (!is_given(options->sasl_mechanism)) {
        return host->set_error(
            host, CG_INVALID,
            "sasl_mechanism is missing: security_protocol %s needs PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.",
            means->protocol);
    }
    means->mechanism = one_of(options->sasl_mechanism, mechanisms);
    if (means->mechanism == NULL) {
        return host->set_error(host, CG_INVALID,
                               "sasl_mechanism is \"%.40s\"; expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.",
                               options->sasl_mechanism);
    }
    if (!is_given(options->sasl_username) || !is_given(options->sasl_password)) {
        return host->set_error(host, CG_INVALID, "%s is missing: sasl_mechanism %s needs a user name and a password.",
                               is_given(options->sasl_username) ? "sasl_password" : "sasl_username", means->mechanism);
    }
    return CG_OK;
}

/* librdkafka says of a file that it cannot open only that there is a problem with it. */
static cg_status check_file(const struct cg_host *host, const char *key, const char *path) {
    if (is_given(path) && access(path, R_OK) != 0) {
        return host->set_error(host, CG_INVALID, "%s \"%.300s\" cannot be read: %s.", key, path,
                               strerrordesc_np(errno));
    }
    return CG_OK;
}

static cg_status check_tls(const struct cg_host *host, const struct cg_kafka_admin_options *options) {
    if (is_given(options->certificate_file) != is_given(options->key_file)) {
        return host->set_error(host, CG_INVALID, "%s is missing: a client certificate needs its key beside it.",
                               is_given(options->certificate_file) ? "key_file" : "certificate_file");
    }
    cg_status status = check_file(host, "ca_file", options->ca_file);
    if (status == CG_OK) {
        status = check_file(host, "certificate_file", options->certificate_file);
    }
    return status == CG_OK ? check_file(host, "key_file", options->key_file) : status;
}

static cg_status check(const struct cg_host *host, const struct cg_kafka_admin_options *options, struct means *ret) {
    static const char *const protocols[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL", NULL};
    const char *protocol = is_given(options->security_protocol) ? options->security_protocol : protocols[0];
    ret->protocol = one_of(protocol, protocols);
    ret->mechanism = NULL;
    if (ret->protocol == NULL) {
        return host->set_error(host, CG_INVALID,
                               "security_protocol is \"%.40s\"; expected PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.",
                               protocol);
    }
    ret->with_tls = strstr(ret->protocol, "SSL") != NULL;
    cg_status status = ret->with_tls ? check_tls(host, options) : CG_OK;
    if (status != CG_OK) {
        return status;
    }
    if (strncmp(ret->protocol, "SASL_", strlen("SASL_")) == 0) {
        return check_sasl(host, options, ret);
    }
    if (is_given(options->sasl_mechanism)) {
        host->log(host, CG_LOG_WARNING, "sasl_mechanism is not used, because security_protocol is %s", ret->protocol);
    }
    return CG_OK;
}

/* ---- into librdkafka ---- */

/* A configuration on its way: the first thing that goes wrong is kept. */
struct filling {
    const struct cg_host *host;
    const struct cg_kafka_admin_options *options;
    rd_kafka_conf_t *conf;
    cg_status status;
};

static void put(struct filling *filling, const char *property, const char *value) {
    char text[512];
    if (filling->status == CG_OK && is_given(value) &&
        rd_kafka_conf_set(filling->conf, property, value, text, sizeof text) != RD_KAFKA_CONF_OK) {
        filling->status = cg_kafka_conf_refused(filling->host, filling->options, RD_KAFKA_RESP_ERR__INVALID_ARG, text);
    }
}

static void put_number(struct filling *filling, const char *property, int value) {
    char text[16];
    (void)snprintf(text, sizeof text, "%d", value);
    put(filling, property, text);
}

/* One server may use up half of the time; the other half is for the others. */
static void put_times(struct filling *filling, int timeout_ms) {
    int half = timeout_ms / 2 > MOST_SOCKET_MS ? MOST_SOCKET_MS : timeout_ms / 2;
    int bounded = half < LEAST_SETUP_MS ? LEAST_SETUP_MS : half;
    put_number(filling, "socket.timeout.ms", bounded);
    put_number(filling, "api.version.request.timeout.ms", bounded);
    put_number(filling, "socket.connection.setup.timeout.ms", bounded);
    put(filling, "reconnect.backoff.ms", "100");
    put(filling, "reconnect.backoff.max.ms", "1000");
}

static void put_tls(struct filling *filling) {
    const struct cg_kafka_admin_options *options = filling->options;
    put(filling, "ssl.ca.location", options->ca_file);
    put(filling, "ssl.certificate.location", options->certificate_file);
    put(filling, "ssl.key.location", options->key_file);
    put(filling, "ssl.key.password", options->key_password);
    put(filling, "ssl.endpoint.identification.algorithm", options->verify_hostname ? "https" : "none");
}

cg_status cg_kafka_conf_new(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                            const struct cg_kafka_servers *servers, int timeout_ms, rd_kafka_conf_t **ret) {
    struct means means = {.protocol = NULL};
    cg_status status = check(host, options, &means);
    if (status != CG_OK) {
        return status;
    }
    struct filling filling = {host, options, rd_kafka_conf_new(), CG_OK};
    if (filling.conf == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "no memory for the Kafka client.");
    }
    put(&filling, "client.id", "chitragupt");
    put(&filling, "bootstrap.servers", servers->list);
    put(&filling, "security.protocol", means.protocol);
    put(&filling, "receive.message.max.bytes", MOST_ANSWER_BYTES);
    put(&filling, "topic.metadata.refresh.interval.ms", "-1");
    put_times(&filling, timeout_ms);
    if (means.with_tls) {
        put_tls(&filling);
    }
    if (means.mechanism != NULL) {
        put(&filling, "sasl.mechanism", means.mechanism);
        put(&filling, "sasl.username", options->sasl_username);
        put(&filling, "sasl.password", options->sasl_password);
    }
    if (filling.status != CG_OK) {
        rd_kafka_conf_destroy(filling.conf);
        return filling.status;
    }
    *ret = filling.conf;
    return CG_OK;
}
