#include "support/load.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/db.h"
#include "support/query.h"
#include "support/workdir.h"

#define MOST_CLIENTS 16
#define TIMEOUT_MS 30000L

/** What may become of a tag, step by step: it is not there, made, changed, taken away. */
enum { ABSENT, MADE, CHANGED, REMOVED, STEPS };

/* One tag that a writer has worked on. */
struct tag {
    const char *tenant;
    unsigned number;
    int answered;  /* the last step that was answered */
    int attempted; /* the last step that was tried: `answered`, or the one after it */
};

struct client {
    struct cg_test_load *load;
    pthread_t thread;
    CURL *easy;
    unsigned index;
    int writes;
    int keeps; /* its connection */
    uint64_t random;
    struct cg_test_load_figures figures;
    struct tag *tags;
    size_t tag_count;
    size_t tag_room;
    char answer[256]; /* how the last one began */
};

struct cg_test_load {
    struct cg_test_load_options options;
    struct client clients[MOST_CLIENTS];
    size_t count;
    size_t tenant_count;
    atomic_uint port;
    atomic_uint epoch; /* odd: what goes wrong is excused */
    atomic_size_t failures;
    atomic_int ended;
};

/* Xorshift: the same requests in every run of a test. */
static unsigned draw(struct client *client, unsigned below) {
    client->random ^= client->random << 13;
    client->random ^= client->random >> 7;
    client->random ^= client->random << 17;
    return (unsigned)((client->random >> 33) % below);
}

/* ---- one request ---- */

static size_t take(char *data, size_t size, size_t count, void *user) {
    struct client *client = user;
    size_t length = strlen(client->answer);
    size_t room = sizeof client->answer - 1 - length;
    size_t more = size * count < room ? size * count : room;
    memcpy(client->answer + length, data, more);
    client->answer[length + more] = '\0';
    return size * count;
}

/* A program that is about to end says so on /health, which is as good as no answer. */
static int is_stopping(const struct client *client, long status) {
    return status == 503 && strstr(client->answer, "\"status\":\"stopping\"");
}

static size_t *place_of(struct client *client, CURLcode code, long status, int trigger) {
    struct cg_test_load_figures *figures = &client->figures;
    if (code == CURLE_COULDNT_CONNECT || (code == CURLE_OK && is_stopping(client, status)))
        return &figures->refused;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return &figures->late;
    if (code != CURLE_OK)
        return &figures->broken;
    if ((status >= 200 && status < 300) || (trigger && (status == 409 || status == 503)))
        return &figures->good;
    return status >= 500 ? &figures->errors : &figures->others;
}

static void count(struct client *client, const char *what, CURLcode code, long status, unsigned epoch) {
    struct cg_test_load *load = client->load;
    struct cg_test_load_figures *figures = &client->figures;
    size_t *place = place_of(client, code, status, strstr(what, "/pipeline/run") != NULL);
    double took = 0;
    curl_easy_getinfo(client->easy, CURLINFO_TOTAL_TIME, &took);
    figures->requests++;
    ++*place;
    if (place == &figures->good) {
        if ((long)(took * 1000) > figures->slowest_ms)
            figures->slowest_ms = (long)(took * 1000);
    } else if (place != &figures->errors && (epoch % 2 || epoch != atomic_load(&load->epoch))) {
        figures->excused++;
    } else {
        if (!*figures->first)
            (void)snprintf(figures->first, sizeof figures->first, "%s: %ld, %s after %.0f ms: %s", what, status,
                           curl_easy_strerror(code), took * 1000, client->answer);
        atomic_fetch_add(&load->failures, 1);
    }
}

/* Returns the status, 0 without an answer. */
static long ask(struct client *client, const char *method, const char *path, const char *body) {
    struct cg_test_load *load = client->load;
    static const char *const json = "Content-Type: application/json";
    struct curl_slist *headers = curl_slist_append(NULL, json);
    char url[512];
    long status = 0;
    unsigned epoch = atomic_load(&load->epoch);
    (void)snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", load->options.tls ? "https" : "http",
                   atomic_load(&load->port), path);
    curl_easy_reset(client->easy);
    curl_easy_setopt(client->easy, CURLOPT_URL, url);
    curl_easy_setopt(client->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(client->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client->easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(client->easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(client->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(client->easy, CURLOPT_FRESH_CONNECT, client->keeps ? 0L : 1L);
    curl_easy_setopt(client->easy, CURLOPT_FORBID_REUSE, client->keeps ? 0L : 1L);
    curl_easy_setopt(client->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(client->easy, CURLOPT_WRITEDATA, client);
    if (body)
        curl_easy_setopt(client->easy, CURLOPT_POSTFIELDS, body);
    if (method)
        curl_easy_setopt(client->easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, headers);
    *client->answer = '\0';
    CURLcode code = curl_easy_perform(client->easy);
    if (code == CURLE_OK)
        curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
    count(client, path, code, status, epoch);
    curl_slist_free_all(headers);
    (void)usleep(load->options.pause_us);
    return status;
}

/* ---- readers ---- */

#define RANGE "start_date=2026-06-20&end_date=2026-07-01"
#define DATES "{\"start_date\":\"2026-06-20\",\"end_date\":\"2026-07-01\"}"

static const struct {
    const char *path; /* of a tenant, or with "/" of the program */
    const char *body;
} questions[] = {
    {"/health", NULL},
    {"/api/v1/readiness", NULL},
    {"/api/v1/tenants", NULL},
    {"/metrics", NULL},
    {"chargebacks?" RANGE "&page_size=50", NULL},
    {"chargebacks/aggregate?" RANGE "&group_by=identity_id&time_bucket=day", NULL},
    {"chargebacks/dates", NULL},
    {"inventory/summary", NULL},
    {"tags?page_size=20", NULL},
    {"status", NULL},
    {"pipeline/status", NULL},
    {"topic-attributions/aggregate?" RANGE, NULL},
    {"graph", NULL},
    {"export", DATES},
};

static void read_something(struct client *client) {
    struct cg_test_load *load = client->load;
    const char *tenant = load->options.tenants[draw(client, (unsigned)load->tenant_count)];
    char path[256];
    if (load->options.triggers && draw(client, 40) == 0) {
        (void)snprintf(path, sizeof path, "/api/v1/tenants/%s/pipeline/run", tenant);
        (void)ask(client, "POST", path, NULL);
        return;
    }
    size_t which = draw(client, sizeof questions / sizeof *questions);
    if (*questions[which].path == '/')
        (void)snprintf(path, sizeof path, "%s", questions[which].path);
    else
        (void)snprintf(path, sizeof path, "/api/v1/tenants/%s/%s", tenant, questions[which].path);
    (void)ask(client, NULL, path, questions[which].body);
}

/* ---- writers ---- */

static struct tag *add_tag(struct client *client) {
    if (client->tag_count == client->tag_room) {
        size_t room = client->tag_room ? client->tag_room * 2 : 1024;
        struct tag *grown = realloc(client->tags, room * sizeof *grown);
        if (!grown)
            return NULL;
        client->tags = grown;
        client->tag_room = room;
    }
    struct tag *tag = &client->tags[client->tag_count];
    *tag = (struct tag){
        .tenant = client->load->options.tenants[draw(client, (unsigned)client->load->tenant_count)],
        .number = (unsigned)client->tag_count++,
    };
    return tag;
}

/* One step; 0 when it was not answered as hoped, so that nobody knows what is there. */
static int step(struct client *client, struct tag *tag) {
    static const char *const methods[STEPS] = {NULL, "POST", "PUT", "DELETE"};
    static const long wanted[STEPS] = {0, 201, 200, 204};
    char path[384];
    char body[256];
    tag->attempted = tag->answered + 1;
    int length = snprintf(path, sizeof path, "/api/v1/tenants/%s/entities/resource/%s/tags", tag->tenant,
                          client->load->options.resource);
    if (tag->attempted != MADE)
        (void)snprintf(path + length, sizeof path - (size_t)length, "/w%u-%u", client->index, tag->number);
    if (tag->attempted == MADE)
        (void)snprintf(body, sizeof body, "{\"tag_key\":\"w%u-%u\",\"tag_value\":\"%d\",\"created_by\":\"load\"}",
                       client->index, tag->number, tag->attempted);
    else
        (void)snprintf(body, sizeof body, "{\"tag_value\":\"%d\"}", tag->attempted);
    long status = ask(client, methods[tag->attempted], path, tag->attempted == REMOVED ? NULL : body);
    if (status != wanted[tag->attempted]) {
        client->figures.unknown++;
        return 0;
    }
    tag->answered = tag->attempted;
    client->figures.written++;
    return 1;
}

static void write_something(struct client *client) {
    struct tag *tag = add_tag(client);
    unsigned steps = client->load->options.tidy ? REMOVED : 1 + draw(client, REMOVED);
    for (unsigned i = 0; tag && i < steps && !atomic_load(&client->load->ended); i++)
        if (!step(client, tag))
            break;
}

/* ---- all of them ---- */

static void *work(void *user) {
    struct client *client = user;
    while (!atomic_load(&client->load->ended)) {
        if (client->writes)
            write_something(client);
        else
            read_something(client);
    }
    return NULL;
}

struct cg_test_load *cg_test_load_start(const struct cg_test_load_options *options) {
    struct cg_test_load *load = calloc(1, sizeof *load);
    cr_assert(load && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    load->options = *options;
    load->count = options->readers + options->writers;
    cr_assert_leq(load->count, MOST_CLIENTS);
    while (options->tenants[load->tenant_count])
        load->tenant_count++;
    atomic_init(&load->port, options->port);
    atomic_init(&load->epoch, options->excused != 0);
    for (unsigned i = 0; i < load->count; i++) {
        struct client *client = &load->clients[i];
        *client = (struct client){
            .load = load,
            .easy = curl_easy_init(),
            .index = i,
            .writes = i >= options->readers,
            .keeps = i % 2 == 0,
            .random = UINT64_C(0x9E3779B97F4A7C15) * (i + 1),
        };
        cr_assert(client->easy && pthread_create(&client->thread, NULL, work, client) == 0, "no thread for a client");
    }
    return load;
}

void cg_test_load_move(struct cg_test_load *load, unsigned port) {
    atomic_store(&load->port, port);
}

void cg_test_load_excuse(struct cg_test_load *load, int excused) {
    if ((int)(atomic_load(&load->epoch) % 2) != excused)
        atomic_fetch_add(&load->epoch, 1);
}

size_t cg_test_load_failures(struct cg_test_load *load) {
    return atomic_load(&load->failures);
}

static void add_figures(struct cg_test_load_figures *sum, const struct cg_test_load_figures *figures) {
    sum->requests += figures->requests;
    sum->good += figures->good;
    sum->refused += figures->refused;
    sum->broken += figures->broken;
    sum->late += figures->late;
    sum->errors += figures->errors;
    sum->others += figures->others;
    sum->excused += figures->excused;
    sum->written += figures->written;
    sum->unknown += figures->unknown;
    if (figures->slowest_ms > sum->slowest_ms)
        sum->slowest_ms = figures->slowest_ms;
    if (!*sum->first)
        memcpy(sum->first, figures->first, sizeof sum->first);
}

void cg_test_load_stop(struct cg_test_load *load, struct cg_test_load_figures *ret) {
    *ret = (struct cg_test_load_figures){0};
    atomic_store(&load->ended, 1);
    for (size_t i = 0; i < load->count; i++) {
        cr_assert_eq(pthread_join(load->clients[i].thread, NULL), 0);
        curl_easy_cleanup(load->clients[i].easy);
        add_figures(ret, &load->clients[i].figures);
    }
}

/* ---- what was written ---- */

static int is_state(const char *value, int state) {
    char wanted[8];
    if (state == ABSENT || state == REMOVED)
        return value == NULL;
    (void)snprintf(wanted, sizeof wanted, "%d", state);
    return value && strcmp(value, wanted) == 0;
}

static void check_tag(const struct client *client, const struct tag *tag, sqlite3 *db, sqlite3_stmt *statement) {
    char key[64];
    (void)snprintf(key, sizeof key, "w%u-%u", client->index, tag->number);
    cr_assert_eq(sqlite3_bind_text(statement, 1, client->load->options.resource, -1, SQLITE_STATIC), SQLITE_OK);
    cr_assert_eq(sqlite3_bind_text(statement, 2, key, -1, SQLITE_STATIC), SQLITE_OK);
    const char *value =
        cg_test_db_step(db, statement) ? (const char *)sqlite3_column_text(statement, 0) : (const char *)NULL;
    cr_assert(is_state(value, tag->answered) || is_state(value, tag->attempted),
              "%s: the tag %s is %s; step %d was answered, step %d tried", tag->tenant, key,
              value ? value : "not there", tag->answered, tag->attempted);
    cr_assert_eq(sqlite3_reset(statement), SQLITE_OK);
}

static size_t check_tenant(const struct cg_test_load *load, const char *folder, const char *tenant) {
    char name[128];
    size_t checked = 0;
    (void)snprintf(name, sizeof name, "%s.db", tenant);
    sqlite3 *db = cg_test_db_open(folder, name);
    sqlite3_stmt *statement = cg_test_db_prepare(
        db, "SELECT tag_value FROM tags WHERE entity_type = 'resource' AND entity_id = ?1 AND tag_key = ?2");
    for (size_t i = 0; i < load->count; i++) {
        for (size_t k = 0; k < load->clients[i].tag_count; k++) {
            const struct tag *tag = &load->clients[i].tags[k];
            if (strcmp(tag->tenant, tenant) != 0)
                continue;
            check_tag(&load->clients[i], tag, db, statement);
            checked++;
        }
    }
    sqlite3_finalize(statement);
    cg_test_db_close(db);
    return checked;
}

size_t cg_test_load_check(const struct cg_test_load *load, const char *folder) {
    size_t checked = 0;
    for (size_t i = 0; i < load->tenant_count; i++)
        checked += check_tenant(load, folder, load->options.tenants[i]);
    return checked;
}

void cg_test_load_free(struct cg_test_load *load) {
    for (size_t i = 0; load && i < load->count; i++)
        free(load->clients[i].tags);
    free(load);
}
