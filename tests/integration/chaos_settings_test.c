/*
 * The configuration is changed again and again while clients read and write: no request to an address that stays is
 * lost, what is wrong is refused with a sentence, nothing grows, and the last one is in effect.
 *
 * CG_CHAOS_RELOADS: how often; CG_CHAOS_SEED: in another order.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chaos.h"
#include "support/db.h"
#include "support/moment.h"
#include "support/program.h"

#define RELOADS 60

#define RELOADED "Configuration reloaded: "
#define REFUSED "Configuration not reloaded, the old one stays in effect: "

/* Growth is counted from here on; before, caches and pools take what they need. */
#define WARM 50

/* Resident memory may differ by so much: requests at work, fragments. */
#define ROOM_KIB 6144

#define VERDICT_MS 30000

/* Connections of clients and to databases come and go. */
#define ROOM_DESCRIPTORS 20

/* Requests that began at an address before it was taken away have so long to end. */
#define LAST_REQUESTS_MS 500

static struct cg_chaos chaos;
static struct cg_test_load *load;
static struct cg_test_api other; /* a second port */
static unsigned ports[2];
static unsigned certificate; /* number of the one in use */
static int debugging;
static int longer;
static size_t reloaded;
static size_t refused;
static size_t unchanged; /* of `reloaded`, those that found nothing new */

/* ---- texts that change ---- */

static char api_lines[512];
static char head[256];

static void set_texts(const char *more) {
    (void)snprintf(api_lines, sizeof api_lines,
                   "  request_timeout_seconds: %d\n  tls: {certificate: cert.pem, key: key.pem}\n%s", longer ? 31 : 30,
                   more);
    (void)snprintf(head, sizeof head, "logging: {level: INFO, per_module_levels: {core.api: %s}}\n",
                   debugging ? "WARNING" : "INFO");
    chaos.api_lines = api_lines;
    chaos.head = head;
}

/* Both files at once are no single step, so the reload in between would be refused; nobody reloads there. */
static void make_certificate(void) {
    char *name = cg_test_format("/CN=certificate %u", ++certificate);
    const char *const argv[] = {"/usr/bin/openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:prime256v1",
                                "-nodes",
                                "-days",
                                "36500",
                                "-subj",
                                name,
                                "-keyout",
                                "key.pem",
                                "-out",
                                "cert.pem",
                                NULL};
    struct cg_test_process_options options = {.argv = argv, .directory = chaos.folder};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_result_done(&result);
    free(name);
}

static int is_offered(unsigned number) {
    CURL *easy = curl_easy_init();
    struct curl_certinfo *info = NULL;
    char *name = cg_test_format("certificate %u", number);
    char *url = cg_test_format("%s/health", chaos.api.url);
    int found = 0;
    FILE *nowhere = fopen("/dev/null", "we");
    cr_assert(easy && nowhere);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, nowhere);
    CURLcode code = curl_easy_perform(easy);
    cr_assert_eq(code, CURLE_OK, "%s: %s", url, curl_easy_strerror(code));
    curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info);
    for (struct curl_slist *line = info && info->num_of_certs ? info->certinfo[0] : NULL; line; line = line->next) {
        size_t length = strlen(line->data);
        found |= strncmp(line->data, "Subject:", 8) == 0 && length > strlen(name) &&
                 strcmp(line->data + length - strlen(name), name) == 0;
    }
    curl_easy_cleanup(easy);
    (void)fclose(nowhere);
    free(url);
    free(name);
    return found;
}

/* ---- one reload ---- */

/* Which signals wait, are held, ignored and taken. */
static void tell_signals(void) {
    char *path = cg_test_format("%d/status", (int)chaos.api.process.pid);
    char *status = cg_test_file_read("/proc", path);
    char *lines = cg_test_dump_lines(status, ":\t00", NULL);
    cg_chaos_tell("signals", "%s", lines);
    free(lines);
    free(status);
    free(path);
}

/* The lines about configurations, the last ones. */
static void fail_with_lines(const char *what) {
    char *log = cg_test_api_log(&chaos.api);
    char *lines = cg_test_dump_lines(log, "onfiguration", NULL);
    size_t length = strlen(lines);
    size_t whole = strlen(log);
    struct cg_test_proc found[CG_TEST_MOST_PROCS];
    size_t count = cg_test_proc_find(chaos.mark, found);
    for (size_t i = 0; i < count; i++)
        cg_chaos_tell("process", "%d of %d, worker: %d", (int)found[i].pid, (int)found[i].parent, found[i].worker);
    tell_signals();
    cg_chaos_tell("sent", "%zu reloads that went well, %zu refused, and this one", reloaded, refused);
    cg_chaos_tell("said", "RELOADING %zu, READY %zu", cg_test_manager_count(&chaos.manager, CG_TEST_SAID_RELOADING),
                  cg_test_manager_count(&chaos.manager, CG_TEST_SAID_READY));
    cr_assert_fail("%s:\n%s\nThe end of the log:\n%s", what, lines + (length > 2000 ? length - 2000 : 0),
                   log + (whole > 2000 ? whole - 2000 : 0));
}

/* Waits for the end of a reload, whatever it is. */
static void wait_for_verdict(void) {
    long long began = cg_test_clock_ms();
    while (cg_chaos_count_log(&chaos, RELOADED) + cg_chaos_count_log(&chaos, REFUSED) <= reloaded + refused)
        if (!cg_test_process_runs(&chaos.api.process, 5) || cg_test_clock_ms() - began > VERDICT_MS)
            fail_with_lines("a reload has no end");
}

static void reload_well(const char *part) {
    char *line = cg_test_format(RELOADED "%s", part);
    size_t before = cg_chaos_count_log(&chaos, line);
    cg_chaos_write(&chaos);
    cg_test_process_signal(&chaos.api.process, SIGHUP);
    wait_for_verdict();
    reloaded++;
    if (cg_chaos_count_log(&chaos, line) != before + 1)
        fail_with_lines(line);
    unchanged += strncmp(part, "nothing", 7) == 0;
    free(line);
}

static void reload_badly(const char *sentence) {
    size_t before = cg_chaos_count_log(&chaos, sentence);
    cg_test_process_signal(&chaos.api.process, SIGHUP);
    wait_for_verdict();
    refused++;
    if (cg_chaos_count_log(&chaos, sentence) < before + 1)
        fail_with_lines(sentence);
}

static void add_or_remove(void) {
    chaos.tenants[2].absent ^= 1;
    set_texts("");
    reload_well(chaos.tenants[2].absent ? "2 tenants (added: none; removed: gamma; changed: none)"
                                        : "3 tenants (added: gamma; removed: none; changed: none)");
}

static void nothing_new(void) {
    set_texts("");
    reload_well("nothing changed");
}

static void change_tenant(void) {
    static int many;
    many ^= 1;
    chaos.tenants[1].lines = many ? "    zero_gather_deletion_threshold: 4\n" : NULL;
    set_texts("");
    reload_well(chaos.tenants[2].absent ? "2 tenants (added: none; removed: none; changed: beta)"
                                        : "3 tenants (added: none; removed: none; changed: beta)");
}

static void change_levels(void) {
    debugging ^= 1;
    set_texts("");
    reload_well(chaos.tenants[2].absent ? "2 tenants (added: none; removed: none; changed: none; sections: logging)"
                                        : "3 tenants (added: none; removed: none; changed: none; sections: logging)");
}

static void reload_api(void) {
    reload_well(chaos.tenants[2].absent ? "2 tenants (added: none; removed: none; changed: none; sections: api)"
                                        : "3 tenants (added: none; removed: none; changed: none; sections: api)");
}

static void change_timeout(void) {
    longer ^= 1;
    set_texts("");
    reload_api();
}

static void renew_certificate(void) {
    make_certificate();
    set_texts("");
    reload_api();
    cr_assert(is_offered(certificate), "the certificate is an old one");
}

static void move_to(unsigned port) {
    chaos.api.port = port;
    (void)snprintf(chaos.api.url, sizeof chaos.api.url, "https://127.0.0.1:%u", port);
    set_texts("");
    cg_test_load_excuse(load, 1);
    reload_api();
    cg_test_load_move(load, port);
    (void)usleep(LAST_REQUESTS_MS * 1000);
    cg_test_load_excuse(load, 0);
}

static void move_there_or_back(void) {
    move_to(chaos.api.port == ports[0] ? ports[1] : ports[0]);
}

static void bad_text(void) {
    cg_test_file_write(chaos.folder, "config.yaml", "tenants: [\n");
    reload_badly("config.yaml:");
}

static void bad_value(void) {
    set_texts("  threads: 1000\n");
    cg_chaos_write(&chaos);
    reload_badly("api.threads");
}

static void bad_key(void) {
    static const char text[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    char *good = cg_test_file_read(chaos.folder, "key.pem");
    cg_test_file_write(chaos.folder, "key.pem", text);
    set_texts("");
    cg_chaos_write(&chaos);
    reload_badly("key");
    cg_test_file_write(chaos.folder, "key.pem", good);
    free(good);
    cr_assert(is_offered(certificate), "the certificate is another one");
}

/* Somebody else listens there. */
static void bad_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    unsigned port = chaos.api.port;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    chaos.api.port = ntohs(address.sin_port);
    set_texts("");
    cg_chaos_write(&chaos);
    reload_badly("the address is in use");
    chaos.api.port = port;
    (void)close(fd);
}

static const struct {
    const char *name;
    void (*reload)(void);
} kinds[] = {
    {"a tenant more or less", add_or_remove},
    {"no YAML", bad_text},
    {"another certificate", renew_certificate},
    {"a tenant's settings", change_tenant},
    {"a value out of range", bad_value},
    {"log levels", change_levels},
    {"a key that is none", bad_key},
    {"another port", move_there_or_back},
    {"a limit of the interface", change_timeout},
    {"a port that is taken", bad_port},
    {"nothing new", nothing_new},
};

#define KINDS (sizeof kinds / sizeof *kinds)

/* ---- the test ---- */

struct use {
    long rss_kib;
    size_t descriptors;
};

/* The least within a second: a run, a request or an old configuration may be at work at either moment. */
static struct use use_now(void) {
    struct use least = {.rss_kib = -1};
    for (int i = 0; i < 50; i++) {
        struct use now = {cg_test_process_kib(&chaos.api.process, "VmRSS:"),
                          cg_test_proc_descriptors(chaos.api.process.pid)};
        if (least.rss_kib < 0 || now.rss_kib < least.rss_kib)
            least.rss_kib = now.rss_kib;
        if (!least.descriptors || now.descriptors < least.descriptors)
            least.descriptors = now.descriptors;
        (void)usleep(20000);
    }
    return least;
}

static void check_no_failure(const char *what, unsigned number) {
    if (!cg_test_load_failures(load))
        return;
    struct cg_test_load_figures figures;
    cg_test_load_stop(load, &figures);
    cr_assert_fail("reload %u (%s): %s", number, what, figures.first);
}

/* The last one: another tenant list, another timeout, another certificate, the first port. */
static void check_last(void) {
    if (chaos.api.port != ports[0])
        move_to(ports[0]);
    if (!chaos.tenants[2].absent)
        add_or_remove();
    add_or_remove();
    json_t *tenants = cg_test_api_json(&chaos.api, "/api/v1/tenants");
    cr_assert_eq(json_array_size(json_object_get(tenants, "tenants")), 3, "the last configuration is not in effect");
    json_decref(tenants);
    renew_certificate();
    cg_chaos_wait_log(&chaos, "Tenant gamma: gathered=", 1);
    cr_assert_eq(cg_test_api_figure(&chaos.api, "chitragupt_config_generation "),
                 1 + (long long)(reloaded - unchanged));
}

static void reload_all(unsigned reloads, struct use *warm, struct use *end) {
    for (unsigned i = 0; i < reloads; i++) {
        size_t kind = i % KINDS;
        if (i % 4 == 0)
            cg_chaos_revise(&chaos); /* so that there is something to do */
        kinds[kind].reload();
        check_no_failure(kinds[kind].name, i);
        if ((i + 1) % (reloads / 10 + 1) == 0)
            cg_chaos_tell("resident memory on the way", "%ld KiB after %u reloads",
                          cg_test_process_kib(&chaos.api.process, "VmRSS:"), i + 1);
        if (i + 1 == (reloads > 2 * WARM ? WARM : reloads / 2))
            *warm = use_now();
    }
    *end = use_now();
}

Test(chaos_settings, change_again_and_again) {
    static const char *const tenants[] = {"acme", "beta", NULL};
    const unsigned reloads = cg_chaos_setting("CG_CHAOS_RELOADS", RELOADS);
    struct cg_test_load_figures figures;
    struct cg_test_result result;
    struct use warm = {0};
    struct use end = {0};
    chaos.tls = 1;
    /* Sanitized programs are several times slower, and others run beside them. */
    chaos.watchdog_ms = cg_test_is_sanitized() ? 6000 : 2000;
    cg_chaos_usual(&chaos);
    chaos.tenants[chaos.tenant_count++] = (struct cg_chaos_tenant){.name = "gamma", .absent = 1};
    cg_chaos_make(&chaos);
    cg_test_api_reserve(&other, 1);
    ports[0] = chaos.api.port;
    ports[1] = other.port;
    make_certificate();
    set_texts("");
    cg_chaos_write(&chaos);
    cg_chaos_run(&chaos);
    cg_chaos_launch(&chaos, "both");
    cg_test_api_await(&chaos.api);
    cg_chaos_wait_log(&chaos, "Tenant acme: gathered=", 1);
    load = cg_test_load_start(&(struct cg_test_load_options){.tenants = tenants,
                                                             .resource = chaos.resource,
                                                             .port = chaos.api.port,
                                                             .tls = 1,
                                                             .readers = 3,
                                                             .writers = 2,
                                                             .pause_us = 10000,
                                                             .tidy = 1,
                                                             .triggers = 1});
    long long began = cg_test_clock_ms();
    reload_all(reloads, &warm, &end);
    long long took = cg_test_clock_ms() - began;
    check_last();
    check_no_failure("the last one", reloads);
    cg_test_load_stop(load, &figures);
    cg_test_process_signal(&chaos.api.process, SIGTERM);
    cg_chaos_reap(&chaos, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_chaos_tell("reloads", "%u in %lld ms: %zu put into effect, %zu with nothing new, %zu refused", reloads, took,
                  reloaded - unchanged, unchanged, refused);
    cg_chaos_tell("resident memory", "%ld KiB early, %ld KiB at the end", warm.rss_kib, end.rss_kib);
    cg_chaos_tell("descriptors", "%zu early, %zu at the end", warm.descriptors, end.descriptors);
    cg_chaos_tell_load("load during reloads", &figures);
    cg_chaos_tell("said to the manager", "RELOADING %zu, READY %zu, WATCHDOG %zu with at most %lld ms between two",
                  cg_test_manager_count(&chaos.manager, CG_TEST_SAID_RELOADING),
                  cg_test_manager_count(&chaos.manager, CG_TEST_SAID_READY),
                  cg_test_manager_count(&chaos.manager, CG_TEST_SAID_WATCHDOG),
                  atomic_load(&chaos.manager.longest_gap));
    cr_expect_eq(cg_test_manager_count(&chaos.manager, CG_TEST_SAID_RELOADING), reloaded + refused);
    cr_expect_eq(cg_test_manager_count(&chaos.manager, CG_TEST_SAID_READY), reloaded + refused + 1);
    cr_expect_eq(cg_test_manager_count(&chaos.manager, CG_TEST_SAID_STOPPING), 1);
    cr_expect_eq(atomic_load(&chaos.manager.wrong_order), 0, "READY and RELOADING do not alternate");
    cr_expect_lt(atomic_load(&chaos.manager.longest_gap), chaos.watchdog_ms, "the watchdog would have ended it");
    cr_expect_leq(end.descriptors, warm.descriptors + ROOM_DESCRIPTORS, "descriptors are left open");
    if (!cg_test_is_sanitized())
        cr_expect_leq(end.rss_kib, warm.rss_kib + ROOM_KIB, "memory grows");
    cr_assert_gt(cg_test_load_check(load, chaos.folder), reloads / 2, "there was no load");
    cg_test_load_free(load);
    cg_test_result_done(&result);
    (void)close(other.port_fd);
    cg_chaos_done(&chaos);
}
