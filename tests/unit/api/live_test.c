/* A listener under load while its configuration is replaced again and again, and while it is closed: nobody is refused
 * or served half an answer before the end, and nothing is left afterwards. For the sanitizers above all. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api.h"
#include "engine/tenant_store.h"

#define CLIENTS 6u
#define RELOADS 40u
#define RELOAD_MS 40u
#define SLOW_US 150000
#define ANSWER_SIZE ((size_t)8 * 1024 * 1024)
#define MODULES CG_TEST_BINARY_DIR "/lib/chitragupt/plugins/"
#define ACME "/api/v1/tenants/acme"
#define HOST " HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
#define JSON "Content-Type: application/json\r\n"

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "%s:%d: not " #condition "\n", __FILE__, __LINE__); \
            exit(1);                                                            \
        }                                                                       \
    } while (0)

struct stage {
    char folder[32];
    uv_loop_t loop;
    uv_timer_t timer;
    struct cg_log *log;
    struct cg_modules *modules;
    struct cg_api *api;
    atomic_uint port;
    unsigned reloads;
    unsigned loans;
    atomic_int ending; /* from now on connections may be refused */
    atomic_int over;
    atomic_uint answers;
};

/* ---- clients ---- */

static const struct {
    const char *text;
    int status;
} requests[] = {
    {"GET /health" HOST "\r\n", 200},
    {"HEAD /api/v1/readiness" HOST "\r\n", 200},
    {"GET /api/v1/tenants" HOST "\r\n", 200},
    {"GET /metrics" HOST "Accept-Encoding: gzip\r\n\r\n", 200},
    {"GET " ACME "/chargebacks?start_date=2026-06-01&end_date=2026-06-30" HOST "\r\n", 200},
    {"GET " ACME "/chargebacks?start_date=2026-06-01&end_date=2026-06-30" HOST "If-None-Match: *\r\n\r\n", 304},
    {"POST " ACME "/export" HOST JSON
     "Content-Length: 51\r\n\r\n{\"start_date\":\"2026-06-01\",\"end_date\":\"2026-06-30\"}",
     200},
    {"POST " ACME "/export" HOST JSON
     "Accept-Encoding: gzip\r\nContent-Length: 51\r\n\r\n{\"start_date\":\"2026-06-01\",\"end_date\":\"2026-06-30\"}",
     200},
    {"HEAD " ACME "/export" HOST "\r\n", 405},
    {"POST " ACME "/entities/resource/lkc-0/tags" HOST JSON
     "Content-Length: 48\r\n\r\n{\"tag_key\":\"a\",\"tag_value\":\"b\",\"created_by\":\"c\"}",
     404},
    {"GET /api/v1/costs/summary" HOST "\r\n", 200},
    {"GET " ACME "/pipeline/status" HOST "\r\n", 200},
    {"GET /api/v1/tenants/other/tags" HOST "\r\n", 404},
};

#define REQUESTS (sizeof requests / sizeof *requests)
#define EXPORT 6u

/* Whether the bytes are an answer to its end: as many as it says, or chunks with the last one. */
static int is_whole(const char *request, const char *answer, size_t length) {
    const char *body = strstr(answer, "\r\n\r\n");
    const char *told = strcasestr(answer, "\r\nContent-Length: ");
    if (!body || strncmp(request, "HEAD", 4) == 0)
        return body != NULL;
    if (told && told < body)
        return strtoul(told + 18, NULL, 10) == length - (size_t)(body + 4 - answer);
    return strstr(answer, " 304 ") || (length > 5 && memcmp(answer + length - 5, "0\r\n\r\n", 5) == 0);
}

enum manner { BRISK, SLOW, LEAVING };

/* The status of the answer; 0: none came, -1: a part of one. */
static int ask(unsigned port, const char *request, enum manner manner, char *answer) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    size_t length = 0;
    ssize_t got = 1;
    const int room = 4096;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    if (manner == SLOW)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
        got = 0;
    while (got > 0 && manner != LEAVING && length < ANSWER_SIZE - 1) {
        got = recv(fd, answer + length, ANSWER_SIZE - 1 - length, 0);
        if (manner == SLOW && !length)
            usleep(SLOW_US);
        length += got > 0 ? (size_t)got : 0;
    }
    answer[length] = '\0';
    close(fd);
    if (!length)
        return 0;
    return length > 12 && is_whole(request, answer, length) ? (int)strtol(answer + strlen("HTTP/1.1 "), NULL, 10) : -1;
}

static void *be_client(void *user) {
    struct stage *stage = user;
    unsigned i = atomic_fetch_add(&stage->answers, 1);
    char *answer = malloc(ANSWER_SIZE);
    CHECK(answer);
    const int exports = i == 0; /* the first one does nothing else, so it is at it when the end comes */
    for (; !atomic_load(&stage->over); i += CLIENTS + 1) {
        size_t which = exports ? EXPORT : i % REQUESTS;
        enum manner manner = exports || i % 5 == 1 ? SLOW : i % 5 == 0 ? LEAVING : BRISK;
        int status = ask(atomic_load(&stage->port), requests[which].text, manner, answer);
        CHECK(status >= 0); /* also at the end: what was begun is ended */
        if (manner == LEAVING || atomic_load(&stage->ending))
            continue;
        if (status != requests[which].status)
            fprintf(stderr, "status %d of %.60s\n", status, requests[which].text);
        CHECK(status == requests[which].status);
        atomic_fetch_add(&stage->answers, 1);
    }
    free(answer);
    return NULL;
}

/* ---- the service ---- */

static struct cg_settings *read_settings(const struct stage *stage, unsigned connections) {
    char text[512];
    struct cg_settings *settings = NULL;
    struct cg_problems *problems = cg_problems_new();
    snprintf(text, sizeof text,
             "api: {host: 127.0.0.1, threads: 4, max_connections: %u}\n"
             "tenants: {acme: {ecosystem: confluent_cloud, tenant_id: acme-org, lookback_days: 200, cutoff_days: 5, "
             "storage: {connection_string: \"sqlite:///%s/a.db\"}}}\n",
             connections, stage->folder);
    cg_settings_load_text(text, strlen(text), "config.yaml", NULL, 0, problems, &settings);
    cg_problems_free(problems);
    CHECK(settings);
    settings->api.port = 0; /* any free one */
    return settings;
}

struct loan {
    struct stage *stage;
    struct cg_settings *settings;
};

static void release(void *owner) {
    struct loan *loan = owner;
    loan->stage->loans--;
    cg_settings_free(loan->settings);
    free(loan);
}

/* Each time another server at the same socket. Every third candidate comes to nothing. */
static void reload(struct stage *stage) {
    struct cg_error error = {0};
    struct cg_api_candidate *candidate = NULL;
    struct loan *owner = calloc(1, sizeof *owner);
    CHECK(owner);
    *owner = (struct loan){stage, read_settings(stage, 1000 + stage->reloads % 7)};
    const struct cg_api_settings_loan loan = {owner->settings, owner, release};
    cg_status status = cg_api_prepare(stage->api, &loan, &candidate, &error);
    if (status != CG_OK)
        fprintf(stderr, "%s\n", error.text);
    CHECK(status == CG_OK);
    stage->loans++;
    if (stage->reloads++ % 3 == 2)
        cg_api_abandon(candidate);
    else
        cg_api_apply(stage->api, candidate);
    atomic_store(&stage->port, cg_api_port(stage->api));
}

static void on_closed(void *user) {
    atomic_store(&((struct stage *)user)->over, 1);
}

static void on_timer(uv_timer_t *timer) {
    struct stage *stage = timer->data;
    if (stage->reloads < RELOADS) {
        reload(stage);
        return;
    }
    atomic_store(&stage->ending, 1);
    cg_api_close(stage->api, on_closed, stage);
    uv_close((uv_handle_t *)timer, NULL);
}

static void fill(const struct stage *stage) {
    static const char sql[] =
        "INSERT INTO chargeback_dimensions (ecosystem, tenant_id, resource_id, product_type, identity_id, cost_type, "
        "env_id) "
        "VALUES ('confluent_cloud', 'acme-org', 'lkc-1', 'KAFKA', 'sa-1', 'usage', 'env-1');"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) INSERT INTO chargeback_facts "
        "(timestamp, dimension_id, amount) SELECT datetime('2026-06-01', i || ' minutes') || '.000000', 1, '0.5' FROM "
        "n";
    const struct cg_services_shared shared = {.log = stage->log};
    struct cg_settings *settings = read_settings(stage, 1000);
    struct cg_tenant_store store = {0};
    struct cg_sql_connection *outside = NULL;
    struct cg_error error = {0};
    const struct cg_module *module = cg_modules_find_sql_driver(stage->modules, "sqlite");
    CHECK(module);
    const struct cg_sql_driver *driver = module->registration->factory;
    CHECK(cg_tenant_store_open(stage->modules, &settings->tenants[0], &shared, 0, &store, &error) == CG_OK);
    CHECK(driver->open(NULL, settings->tenants[0].storage, 0, &outside) == CG_OK);
    if (driver->execute(outside, sql) != CG_OK) {
        fprintf(stderr, "%s\n", driver->error_text(outside));
        exit(1);
    }
    driver->close(outside);
    cg_tenant_store_close(&store);
    cg_settings_free(settings);
}

static void remove_files(const struct stage *stage) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char path[64];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s/a.db%s", stage->folder, suffixes[i]);
        unlink(path);
    }
    rmdir(stage->folder);
}

static void serve(struct stage *stage) {
    pthread_t clients[CLIENTS];
    const struct cg_api_options options = {
        .loop = &stage->loop, .mode = "api", .version = "0", .modules = stage->modules, .log = stage->log};
    CHECK(uv_loop_init(&stage->loop) == 0);
    CHECK(cg_api_new(&options, &stage->api) == CG_OK);
    reload(stage);
    stage->timer.data = stage;
    uv_timer_init(&stage->loop, &stage->timer);
    uv_timer_start(&stage->timer, on_timer, RELOAD_MS, RELOAD_MS);
    for (size_t i = 0; i < CLIENTS; i++)
        CHECK(pthread_create(&clients[i], NULL, be_client, stage) == 0);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < CLIENTS; i++)
        pthread_join(clients[i], NULL);
    CHECK(uv_loop_close(&stage->loop) == 0);
    CHECK(atomic_load(&stage->over));
    CHECK(stage->loans == 0);
    CHECK(atomic_load(&stage->answers) >= REQUESTS);
}

int main(void) {
    static struct stage stage = {.folder = "/tmp/cg-live-XXXXXX"};
    static const char *const paths[] = {MODULES "sqlite.so", MODULES "confluent_cloud.so"};
    struct cg_error error = {0};
    int log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK(mkdtemp(stage.folder));
    CHECK(cg_log_new(log_fd, CG_LOG_DEBUG, CG_LOG_FORMAT, NULL, 0, &stage.log) == CG_OK);
    CHECK(cg_modules_open(paths, 2, stage.log, &stage.modules, &error) == CG_OK);
    fill(&stage);
    serve(&stage);
    cg_modules_free(stage.modules);
    cg_log_free(stage.log);
    close(log_fd);
    remove_files(&stage);
    return 0;
}
