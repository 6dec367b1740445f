/* Who may do what: passwords, tokens, roles; and no secret in anything that is written. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/api.h"
#include "support/moment.h"

#define ACME "/api/v1/tenants/acme"

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_api api;

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(api_access, .init = start, .fini = stop);

#define READ_TOKEN "the-t0ken-of-who-reads"
#define WRITE_TOKEN "the-t0ken-of-who-writes"
#define FILE_TOKEN "the-t0ken-from-the-file"
#define READ_PASSWORD "pa55-of-who-reads"
#define WRITE_PASSWORD "pa55-of-who-writes"
#define WRONG "wr0ng-guess-of-a-secret"

#define BEARER                                                     \
    "  auth:\n    type: bearer\n    file: accounts\n    tokens:\n" \
    "      - {name: reader, token: \"" READ_TOKEN "\"}\n"          \
    "      - {name: writer, role: write, token: \"${WRITE_TOKEN}\"}\n"
#define BASIC                                                    \
    "  auth:\n    type: basic\n    file: accounts\n    users:\n" \
    "      - {name: reader, password: \"" READ_PASSWORD "\"}\n"  \
    "      - {name: writer, role: write, password: \"${WRITE_PASSWORD}\"}\n"
#define REST "logging: {level: DEBUG}\ntenants:\n" CG_TEST_API_TENANT("acme")

static const char *const environment[] = {"WRITE_TOKEN=" WRITE_TOKEN, "WRITE_PASSWORD=" WRITE_PASSWORD, NULL};

/* What `chitragupt hash` prints for a secret. */
static char *hash_of(const char *kind, const char *secret) {
    char *command =
        cg_test_format("printf %%s '%s' | '%s' hash %s", secret, CG_TEST_BINARY_DIR "/bin/chitragupt", kind);
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    const struct cg_test_process_options options = {.argv = argv, .directory = folder};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    char *hash = cg_test_format("%.*s", (int)strcspn(result.out, "\n"), result.out);
    cg_test_result_done(&result);
    free(command);
    return hash;
}

/* As it must be: nobody else may read it. */
static void write_accounts(const char *text) {
    char path[CG_TEST_PATH_SIZE];
    cg_test_file_write(folder, "accounts", text);
    cr_assert_eq(chmod(cg_test_path(folder, "accounts", path), 0600), 0);
}

static void begin(const char *settings) {
    const struct cg_test_api_options options = {.settings = settings, .config = REST, .environment = environment};
    char *hash = hash_of(settings && strstr(settings, "type: basic") ? "password" : "token", FILE_TOKEN);
    char *text = cg_test_format("# accounts\nfiler:write:%s\n", hash);
    write_accounts(text);
    cg_test_api_start(folder, &options, &api);
    free(hash);
    free(text);
}

static void end(void) {
    static const char *const secrets[] = {
        READ_TOKEN,     WRITE_TOKEN, FILE_TOKEN,  READ_PASSWORD,
        WRITE_PASSWORD, WRONG,       "d3JpdGVyO", /* "writer:" in base64 */ "cmVhZGVyO"};
    struct cg_test_result result;
    cg_test_api_stop(&api, 5, &result);
    cg_test_has("the log is talkative", result.err, " - DEBUG - ");
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        cg_test_has_not("the log", result.err, secrets[i]);
        cg_test_has_not("standard output", result.out, secrets[i]);
    }
    cg_test_result_done(&result);
}

/* ---- every route ---- */

#define READS 1
#define WRITES 2

static const struct {
    const char *method;
    const char *path;
    int needs; /* 0: nothing */
} routes[] = {
    {"GET", "/health", 0},
    {"GET", "/docs", 0},
    {"GET", "/openapi.json", 0},
    {"GET", "/metrics", READS},
    {"GET", "/api/v1/readiness", READS},
    {"GET", "/api/v1/tenants", READS},
    {"GET", ACME "/status", READS},
    {"GET", ACME "/billing", READS},
    {"GET", ACME "/chargebacks", READS},
    {"GET", ACME "/chargebacks/aggregate", READS},
    {"GET", ACME "/chargebacks/1", READS},
    {"GET", ACME "/resources", READS},
    {"GET", ACME "/entities/resource/r/tags", READS},
    {"GET", ACME "/tags", READS},
    {"GET", ACME "/pipeline/status", READS},
    {"GET", ACME "/graph", READS},
    {"GET", "/api/v1/costs/summary", READS},
    {"POST", ACME "/export", READS},
    {"POST", ACME "/topic-attributions/export", READS},
    {"POST", ACME "/entities/resource/r/tags", WRITES},
    {"PUT", ACME "/entities/resource/r/tags/k", WRITES},
    {"DELETE", ACME "/entities/resource/r/tags/k", WRITES},
    {"POST", ACME "/tags/bulk", WRITES},
    {"POST", ACME "/tags/bulk-by-filter", WRITES},
    {"POST", ACME "/pipeline/run", WRITES},
    {"POST", "/api/v1/costs/collect", WRITES},
};

static const struct {
    const char *name;
    const char *bearer;
    const char *user;
    int may;
} bearers[] =
    {
        {"nobody", NULL, NULL, 0},
        {"a wrong token", WRONG, NULL, 0},
        {"who reads", READ_TOKEN, NULL, READS},
        {"who writes", WRITE_TOKEN, NULL, WRITES},
        {"from the file", FILE_TOKEN, NULL, WRITES},
},
  users[] = {
      {"nobody", NULL, NULL, 0},
      {"who reads", NULL, "reader:" READ_PASSWORD, READS},
      {"who writes", NULL, "writer:" WRITE_PASSWORD, WRITES},
      {"from the file", NULL, "filer:" FILE_TOKEN, WRITES},
      {"from the file", NULL, "filer:" FILE_TOKEN, WRITES},
      {"a token where passwords are asked for", READ_TOKEN, NULL, 0},
};

static void check_route(size_t i, const char *name, const char *bearer, const char *user, int may, const char *scheme) {
    const struct cg_test_request request = {.url = routes[i].path,
                                            .method = routes[i].method,
                                            .body = strcmp(routes[i].method, "GET") == 0 ? NULL : "{}",
                                            .bearer = bearer,
                                            .user = user};
    struct cg_test_answer answer;
    cg_test_api_ask(&api, &request, &answer);
    const char *challenge = cg_test_answer_header(&answer, "www-authenticate");
    const char *what = routes[i].path;
    if (may >= routes[i].needs) {
        cr_expect(answer.status != 401 && answer.status != 403 && answer.status < 500, "%s %s, %s: %ld: %s",
                  routes[i].method, what, name, answer.status, answer.body);
    } else {
        cr_expect_eq(answer.status, may ? 403 : 401, "%s %s, %s: %ld", routes[i].method, what, name, answer.status);
        cg_test_has(what, answer.body, may ? "{\"detail\":\"This account may only read\"}" : "{\"detail\":\"");
    }
    int challenged = challenge && strncmp(challenge, scheme, strlen(scheme)) == 0;
    cr_expect_eq(challenged, answer.status == 401 || (may && answer.status == 403 && bearer),
                 "%s %s, %s: challenged by '%s'", routes[i].method, what, name, challenge ? challenge : "nothing");
    cg_test_answer_done(&answer);
}

Test(api_access, tokens_and_roles) {
    begin(BEARER);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        for (size_t k = 0; k < sizeof bearers / sizeof *bearers; k++)
            if (bearers[k].bearer != NULL || i < 12) /* wrong ones are counted */
                check_route(i, bearers[k].name, k == 1 && i > 4 ? READ_TOKEN : bearers[k].bearer, NULL,
                            k == 1 && i > 4 ? READS : bearers[k].may, "Bearer realm=");
    end();
}

Test(api_access, passwords_and_roles) {
    begin(BASIC);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        for (size_t k = 0; k < sizeof users / sizeof *users; k++)
            check_route(i, users[k].name, users[k].bearer, users[k].user, users[k].may, "Basic realm=");
    end();
}

/* ---- guessing ---- */

static void guess(const struct cg_test_request *right, const struct cg_test_request *wrong) {
    struct cg_test_answer answer;
    int refused = 0;
    cg_test_api_ask(&api, right, &answer);
    cr_assert_eq(answer.status, 200);
    cg_test_answer_done(&answer);
    for (int i = 0; i < 100 && !refused; i++) {
        cg_test_api_ask(&api, wrong, &answer);
        refused = answer.status == 429;
        cr_expect(answer.status == 401 || refused, "%ld", answer.status);
        if (refused) {
            const char *after = cg_test_answer_header(&answer, "retry-after");
            cr_expect(after && strtol(after, NULL, 10) >= 1, "%s", after ? after : "no Retry-After");
            cg_test_has("the answer", answer.body, "Too many wrong passwords or tokens came from here");
        }
        cg_test_answer_done(&answer);
    }
    cr_expect(refused, "a hundred guesses are allowed");
    cr_expect_eq(cg_test_api_get(&api, "/health", NULL), 200);
}

/* A password that was right before is let in all the same; who has a token waits. */
static void wait_to_be_let_in(const struct cg_test_request *right) {
    struct cg_test_answer answer;
    long long began = cg_test_clock_ms();
    for (long status = 429; status != 200;) {
        cg_test_api_ask(&api, right, &answer);
        status = answer.status;
        cr_expect(status == 200 || status == 429, "%ld", status);
        cr_expect(status == 200 || right->bearer, "%ld", status);
        cg_test_answer_done(&answer);
        cr_assert_lt(cg_test_clock_ms() - began, 8000, "whoever waits is not let in");
        (void)usleep(status == 200 ? 0 : 1500000);
    }
}

Test(api_access, who_guesses_tokens_is_slowed_down) {
    const struct cg_test_request right = {.url = ACME "/tags", .bearer = READ_TOKEN};
    const struct cg_test_request wrong = {.url = ACME "/tags", .bearer = WRONG};
    begin(BEARER);
    guess(&right, &wrong);
    wait_to_be_let_in(&right);
    end();
}

Test(api_access, who_guesses_passwords_is_slowed_down) {
    const struct cg_test_request right = {.url = ACME "/tags", .user = "reader:" READ_PASSWORD};
    const struct cg_test_request wrong = {.url = ACME "/tags", .user = "writer:" WRONG};
    begin(BASIC);
    guess(&right, &wrong);
    wait_to_be_let_in(&right);
    end();
}

static const char *const odd[] = {"Authorization: Bearer",
                                  "Authorization: Bearer ",
                                  "Authorization: bearer  " WRONG,
                                  "Authorization: Basic !!!",
                                  "Authorization: Basic cmVhZGVy", /* a name, no colon */
                                  "Authorization: Digest username=\"reader\"",
                                  "Authorization: ,",
                                  "X-Authorization: Bearer " READ_TOKEN};

Test(api_access, odd_headers) {
    begin(BEARER);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        const char *const headers[] = {odd[i], NULL};
        const struct cg_test_request request = {.url = ACME "/tags", .headers = headers};
        struct cg_test_answer answer;
        cg_test_api_ask(&api, &request, &answer);
        cr_expect_eq(answer.status, 401, "%s: %ld", odd[i], answer.status);
        cg_test_answer_done(&answer);
    }
    const char *const lower[] = {"authorization: bEaReR " READ_TOKEN, NULL};
    const struct cg_test_request request = {.url = ACME "/tags", .headers = lower};
    struct cg_test_answer answer;
    cg_test_api_ask(&api, &request, &answer);
    cr_expect_eq(answer.status, 200);
    cg_test_answer_done(&answer);
    end();
}

/* ---- warnings ---- */

static const struct {
    const char *name;
    const char *settings;
    int warned;
} places[] = {
    {"loopback", NULL, 0},
    {"everywhere", "  host: 0.0.0.0\n", 1},
    {"everywhere, with tokens", "  host: 0.0.0.0\n" BEARER, 0},
};

Test(api_access, who_is_open_to_everybody_is_warned) {
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        begin(places[i].settings);
        char *log = cg_test_api_log(&api);
        cr_expect_eq(strstr(log, "WARNING - The REST API listens on 0.0.0.0") != NULL, places[i].warned, "%s: %s",
                     places[i].name, log);
        free(log);
        cg_test_api_stop(&api, 5, NULL);
    }
}

/* Whoever forgets the accounts in a new configuration opens the same address to everybody. */
Test(api_access, who_opens_it_by_a_reload_is_warned) {
    static const char warning[] = "WARNING - The REST API listens on 0.0.0.0";
    begin("  host: 0.0.0.0\n" BEARER);
    char *before = cg_test_file_read(folder, "config.yaml");
    char *after = cg_test_replace(before, "type: bearer", "type: none");
    char *log = cg_test_api_log(&api);
    cg_test_has_not("the log", log, warning);
    cg_test_file_write(folder, "config.yaml", after);
    cg_test_process_signal(&api.process, SIGHUP);
    for (int i = 0; i < 100 && !strstr(log, "Configuration reloaded"); i++) {
        free(log);
        (void)cg_test_process_runs(&api.process, 50);
        log = cg_test_api_log(&api);
    }
    cg_test_has("the log", log, "Configuration reloaded");
    cg_test_has("the log", log, warning);
    free(before);
    free(after);
    free(log);
    cg_test_api_stop(&api, 5, NULL);
}

/* ---- TLS ---- */

static int make_certificate(void) {
    const char *const argv[] = {
        "/usr/bin/openssl", "req",   "-x509", "-newkey", "rsa:2048",      "-nodes", "-keyout", "key.pem", "-out",
        "cert.pem",         "-days", "2",     "-subj",   "/CN=localhost", NULL};
    const struct cg_test_process_options options = {.argv = argv, .directory = folder};
    struct cg_test_result result;
    if (access(argv[0], X_OK) != 0)
        return 0;
    cg_test_process_run(&options, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_result_done(&result);
    return 1;
}

#define TLS "  tls: {certificate: cert.pem, key: key.pem}\n"

Test(api_access, tls) {
    const struct cg_test_api_options options = {
        .settings = "  host: 127.0.0.1\n" TLS BEARER, .config = REST, .environment = environment, .tls = 1};
    if (!make_certificate()) {
        stop();
        cr_skip_test("there is no openssl to make a certificate with");
    }
    write_accounts("# none\n");
    cg_test_api_start(folder, &options, &api);
    char *log = cg_test_api_log(&api);
    cg_test_has("the log", log, "The REST API listens on https://127.0.0.1:");
    free(log);
    for (int i = 0; i < 20; i++) {
        const struct cg_test_request request = {.url = ACME "/billing", .bearer = READ_TOKEN};
        struct cg_test_answer answer;
        cg_test_api_ask(&api, &request, &answer);
        cr_expect_eq(answer.status, 200, "%ld (%s)", answer.status, curl_easy_strerror(answer.code));
        cg_test_answer_done(&answer);
    }
    /* Who speaks plain HTTP is not answered, and does not wait either. */
    int ended = 0;
    int fd = cg_test_dial(api.port);
    cr_assert(cg_test_send_text(fd, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"));
    long long began = cg_test_clock_ms();
    char *text = cg_test_receive(fd, 3000, &ended);
    cr_expect(ended && cg_test_status_of(text) != 200, "%s", text);
    cr_expect_lt(cg_test_clock_ms() - began, 2000);
    (void)close(fd);
    free(text);
    /* Half a handshake holds up nobody. */
    int waiting = cg_test_dial(api.port);
    cr_assert(cg_test_send(waiting, "\x16\x03\x01", 3));
    cr_expect_eq(cg_test_api_get(&api, "/health", NULL), 200);
    const struct cg_test_request slash = {.url = "/health/"};
    struct cg_test_answer answer;
    cg_test_api_ask(&api, &slash, &answer);
    cr_expect_eq(answer.status, 307);
    cg_test_has("the redirect", cg_test_answer_header(&answer, "location"), "https://127.0.0.1:");
    cg_test_answer_done(&answer);
    (void)close(waiting);
    end();
}

Test(api_access, a_certificate_that_is_none_is_refused_at_the_start) {
    struct cg_test_result result;
    const struct cg_test_api_options options = {.settings = TLS};
    cg_test_file_write(folder, "cert.pem", "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n");
    cg_test_file_write(folder, "key.pem", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWtleQ==\n-----END PRIVATE KEY-----\n");
    cg_test_api_launch(folder, &options, &api);
    cg_test_program_wait(&api.process, &result);
    cr_expect_neq(result.exit_status, 0);
    cr_expect_eq(result.signal, 0);
    cg_test_has("the sentence", result.err, "cert");
    cg_test_has_not("the sentence", result.err, "c2VjcmV0LWtleQ");
    cg_test_result_done(&result);
}
