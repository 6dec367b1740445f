#include "support/prometheus.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROMETHEUS "/usr/bin/prometheus"
#define PROMTOOL "/usr/bin/promtool"
#define OPENSSL "/usr/bin/openssl"

/* The server is ready within this time, however busy the machine is. */
#define START_MS 60000
#define STOP_MS 20000
#define POLL_MS 20

/* Of CG_TEST_PROMETHEUS_PASSWORD, at the least cost. */
#define PASSWORD_HASH "$2b$04$nVYWZW0Q0VT2PxY8KmJGceRgGDGPQJMi2ys6eCFslQWcYgsgwLPYi"

/* ---- blocks ---- */

static void run(const char *const *argv, const char *directory) {
    const struct cg_test_process_options options = {.argv = argv, .directory = directory, .timeout_seconds = 120};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    cr_assert_eq(result.exit_status, 0, "%s %s ended with %d:\n%s%s", argv[0], argv[1], result.exit_status, result.out,
                 result.err);
    cg_test_result_done(&result);
}

void cg_test_prometheus_fill(const char *folder, const char *metrics) {
    char work[CG_TEST_PATH_SIZE];
    char path[CG_TEST_PATH_SIZE];
    cg_test_workdir_make(work);
    cg_test_file_write(work, "metrics.om", metrics);
    /* Blocks of two hours, as it makes them otherwise, would take half a minute for some days. */
    const char *const argv[] = {PROMTOOL,
                                "tsdb",
                                "create-blocks-from",
                                "openmetrics",
                                "-q",
                                "--max-block-duration=2400h",
                                cg_test_path(work, "metrics.om", path),
                                folder,
                                NULL};
    run(argv, work);
    cg_test_workdir_remove(work);
}

/* ---- certificates ---- */

/* A key and a certificate signed by the authority; `extension` is what the certificate is for. */
static void make_certificate(const char *folder, const char *name, const char *subject, const char *extension) {
    char *key = cg_test_format("%s.key", name);
    char *request = cg_test_format("%s.csr", name);
    char *certificate = cg_test_format("%s.pem", name);
    char *extensions = cg_test_format("%s.ext", name);
    cg_test_file_write(folder, extensions, extension);
    const char *const ask[] = {OPENSSL,  "req",   "-newkey", "ec",      "-pkeyopt", "ec_paramgen_curve:prime256v1",
                               "-nodes", "-subj", subject,   "-keyout", key,        "-out",
                               request,  NULL};
    const char *const sign[] = {
        OPENSSL,           "x509",  "-req", "-in",      request,    "-CA",  "ca.pem",    "-CAkey", "ca.key",
        "-CAcreateserial", "-days", "30",   "-extfile", extensions, "-out", certificate, NULL};
    run(ask, folder);
    run(sign, folder);
    free(extensions);
    free(certificate);
    free(request);
    free(key);
}

static void make_certificates(struct cg_test_prometheus *prometheus) {
    const char *folder = prometheus->folder;
    static const char *const authority[] = {OPENSSL,
                                            "req",
                                            "-x509",
                                            "-newkey",
                                            "ec",
                                            "-pkeyopt",
                                            "ec_paramgen_curve:prime256v1",
                                            "-nodes",
                                            "-days",
                                            "30",
                                            "-subj",
                                            "/CN=authority of a test",
                                            "-keyout",
                                            "ca.key",
                                            "-out",
                                            "ca.pem",
                                            NULL};
    static const char key_password[] = "pass:" CG_TEST_PROMETHEUS_KEY_PASSWORD;
    static const char *const lock[] = {OPENSSL,    "pkcs8",      "-topk8", "-in",        "client.key",
                                       "-passout", key_password, "-out",   "locked.key", NULL};
    run(authority, folder);
    make_certificate(folder, "server", "/CN=prometheus of a test", "subjectAltName=IP:127.0.0.1\n");
    make_certificate(folder, "client", "/CN=client of a test", "extendedKeyUsage=clientAuth\n");
    run(lock, folder);
    cg_test_path(folder, "ca.pem", prometheus->ca_file);
    cg_test_path(folder, "client.pem", prometheus->client_certificate_file);
    cg_test_path(folder, "client.key", prometheus->client_key_file);
    cg_test_path(folder, "locked.key", prometheus->client_locked_key_file);
}

/* ---- start and stop ---- */

static void write_web_config(const struct cg_test_prometheus *prometheus) {
    const struct cg_test_prometheus_options *options = &prometheus->options;
    char *text =
        cg_test_format("%s%s%s", options->tls ? "tls_server_config: {cert_file: server.pem, key_file: server.key" : "",
                       options->tls && options->client_certificate
                           ? ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem"
                           : "",
                       options->tls ? "}\n" : "");
    char *whole = cg_test_format(
        "%s%s", text,
        options->basic_auth ? "basic_auth_users: {" CG_TEST_PROMETHEUS_USER ": '" PASSWORD_HASH "'}\n" : "");
    cg_test_file_write(prometheus->folder, "web.yml", whole);
    free(whole);
    free(text);
}

/* The port that the log tells once the server is ready, else 0. */
static unsigned told_port(const struct cg_test_prometheus *prometheus) {
    static const char mark[] = "msg=\"Listening on\" address=127.0.0.1:";
    char *text = cg_test_process_log(&prometheus->process);
    const char *found = strstr(text, mark);
    unsigned long port = found && strstr(text, "Server is ready to receive web requests")
                             ? strtoul(found + sizeof mark - 1, NULL, 10)
                             : 0;
    free(text);
    return (unsigned)port;
}

static void wait_until_ready(struct cg_test_prometheus *prometheus) {
    for (int waited = 0; waited < START_MS && !prometheus->port; waited += POLL_MS) {
        prometheus->port = told_port(prometheus);
        if (!prometheus->port && !cg_test_process_runs(&prometheus->process, POLL_MS)) {
            struct cg_test_result result;
            cg_test_process_wait(&prometheus->process, &result);
            cr_assert_fail("prometheus ended with %d:\n%s", result.exit_status, result.err);
        }
    }
    cr_assert_neq(prometheus->port, 0, "prometheus did not start in time");
    const struct cg_test_prometheus_options *options = &prometheus->options;
    (void)snprintf(prometheus->url, sizeof prometheus->url, "%s://127.0.0.1:%u%s", options->tls ? "https" : "http",
                   prometheus->port, options->prefix ? options->prefix : "");
}

static void start_process(struct cg_test_prometheus *prometheus) {
    const struct cg_test_prometheus_options *options = &prometheus->options;
    char *storage = cg_test_format("--storage.tsdb.path=%s", options->blocks ? options->blocks : "data");
    char *prefix = cg_test_format("--web.route-prefix=%s", options->prefix ? options->prefix : "/");
    const char *argv[CG_TEST_MOST_ARGUMENTS + 1] = {
        PROMETHEUS, "--config.file=prometheus.yml",           "--web.listen-address=127.0.0.1:0",
        storage,    "--storage.tsdb.retention.time=100y",     "--web.config.file=web.yml",
        prefix,     "--web.external-url=http://prom.example/"};
    size_t count = 8;
    for (size_t i = 0; options->arguments && options->arguments[i]; i++) {
        cr_assert_lt(count, CG_TEST_MOST_ARGUMENTS, "too many arguments for prometheus");
        argv[count++] = options->arguments[i];
    }
    /* No more threads and memory than a test needs. */
    static const char *const environment[] = {"GOMAXPROCS=2", "GOGC=50", NULL};
    const struct cg_test_process_options process = {
        .argv = argv, .environment = environment, .directory = prometheus->folder, .timeout_seconds = 3600};
    cg_test_process_start(&process, &prometheus->process);
    free(prefix);
    free(storage);
}

void cg_test_prometheus_start(const struct cg_test_prometheus_options *options, struct cg_test_prometheus *ret) {
    char data[CG_TEST_PATH_SIZE];
    *ret = (struct cg_test_prometheus){.options = *options};
    cg_test_workdir_make(ret->folder);
    cg_test_folder_make(ret->folder, "data");
    cg_test_file_write(ret->folder, "prometheus.yml", "global: {}\n");
    if (options->tls)
        make_certificates(ret);
    write_web_config(ret);
    if (options->metrics)
        cg_test_prometheus_fill(options->blocks ? options->blocks : cg_test_path(ret->folder, "data", data),
                                options->metrics);
    start_process(ret);
    wait_until_ready(ret);
}

void cg_test_prometheus_stop(struct cg_test_prometheus *prometheus) {
    struct cg_test_result result;
    if (!prometheus->process.pid)
        return;
    cg_test_process_signal(&prometheus->process, SIGTERM);
    if (cg_test_process_runs(&prometheus->process, STOP_MS))
        cg_test_process_signal(&prometheus->process, SIGKILL);
    cg_test_process_wait(&prometheus->process, &result);
    cg_test_result_done(&result);
    cg_test_workdir_remove(prometheus->folder);
}

/* ---- questions ---- */

static size_t take(char *data, size_t size, size_t count, void *user) {
    return fwrite(data, size, count, user) * size;
}

static void set_access(CURL *easy, const struct cg_test_prometheus *prometheus) {
    if (prometheus->options.basic_auth) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, CG_TEST_PROMETHEUS_USER);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, CG_TEST_PROMETHEUS_PASSWORD);
    }
    if (prometheus->options.tls) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, prometheus->ca_file);
        curl_easy_setopt(easy, CURLOPT_SSLCERT, prometheus->client_certificate_file);
        curl_easy_setopt(easy, CURLOPT_SSLKEY, prometheus->client_key_file);
    }
}

json_t *cg_test_prometheus_query(const struct cg_test_prometheus *prometheus, const char *expression, int64_t time) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    CURL *easy = curl_easy_init();
    cr_assert(stream && easy);
    char *escaped = curl_easy_escape(easy, expression, 0);
    char *url = cg_test_format("%s/api/v1/query?time=%" PRId64 "&query=%s", prometheus->url, time, escaped);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, stream);
    set_access(easy, prometheus);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    cr_assert_eq(fclose(stream), 0);
    cr_assert_eq(code, CURLE_OK, "%s: %s", url, curl_easy_strerror(code));
    json_t *root = json_loadb(text, length, 0, NULL);
    json_t *result = json_object_get(json_object_get(root, "data"), "result");
    cr_assert(json_is_array(result), "%s answered: %s", expression, text);
    json_incref(result);
    json_decref(root);
    curl_free(escaped);
    free(url);
    free(text);
    return result;
}

char *cg_test_prometheus_value(const struct cg_test_prometheus *prometheus, const char *expression, int64_t time) {
    json_t *result = cg_test_prometheus_query(prometheus, expression, time);
    cr_assert_eq(json_array_size(result), 1, "%s answers %zu samples", expression, json_array_size(result));
    const char *value = json_string_value(json_array_get(json_object_get(json_array_get(result, 0), "value"), 1));
    cr_assert_not_null(value);
    char *copy = cg_test_format("%s", value);
    json_decref(result);
    return copy;
}
