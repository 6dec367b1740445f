#include "support/sim.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The simulator answers within this time, however busy the machine is. */
#define START_MS 20000
#define POLL_MS 20
/* Longest answer. */
#define ANSWER_LIMIT ((size_t)64 * 1024 * 1024)

struct answer {
    char *text;
    size_t length;
};

static size_t take_answer(char *data, size_t size, size_t count, void *user) {
    struct answer *answer = user;
    size_t length = size * count;
    if (length > ANSWER_LIMIT - answer->length)
        return 0;
    char *grown = realloc(answer->text, answer->length + length + 1);
    if (!grown)
        return 0;
    answer->text = grown;
    memcpy(grown + answer->length, data, length);
    answer->length += length;
    grown[answer->length] = '\0';
    return length;
}

static void wait_for_port(struct cg_test_sim *sim) {
    for (int waited = 0; waited < START_MS; waited += POLL_MS) {
        char *text = cg_test_file_read(sim->folder, "port");
        unsigned long port = text ? strtoul(text, NULL, 10) : 0;
        free(text);
        if (port) {
            sim->port = (unsigned)port;
            (void)snprintf(sim->url, sizeof sim->url, "http://127.0.0.1:%u", sim->port);
            return;
        }
        if (!cg_test_process_runs(&sim->process, POLL_MS)) {
            struct cg_test_result result;
            cg_test_process_wait(&sim->process, &result);
            cr_assert_fail("the simulator ended with %d: %s", result.exit_status, result.err);
        }
    }
    cr_assert_fail("the simulator did not start in time");
}

void cg_test_sim_start(const char *const *options, struct cg_test_sim *ret) {
    char port_file[CG_TEST_PATH_SIZE];
    const char *argv[CG_TEST_MOST_ARGUMENTS + 1] = {CG_TEST_BINARY_DIR "/bin/cg-sim"};
    cg_test_workdir_make(ret->folder);
    const char *const common[] = {"--port",         "0",
                                  "--port-file",    cg_test_path(ret->folder, "port", port_file),
                                  "--key",          CG_TEST_SIM_KEY,
                                  "--secret",       CG_TEST_SIM_SECRET,
                                  "--flink-key",    CG_TEST_SIM_FLINK_KEY,
                                  "--flink-secret", CG_TEST_SIM_FLINK_SECRET,
                                  "--prom-bearer",  CG_TEST_SIM_TOKEN,
                                  "--end",          "2026-07-01"};
    size_t count = 1;
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        argv[count++] = common[i];
    for (size_t i = 0; options && options[i]; i++) {
        cr_assert_lt(count, CG_TEST_MOST_ARGUMENTS, "too many options for the simulator");
        argv[count++] = options[i];
    }
    struct cg_test_process_options process = {.argv = argv, .timeout_seconds = 3600};
    cg_test_process_start(&process, &ret->process);
    wait_for_port(ret);
}

void cg_test_sim_stop(struct cg_test_sim *sim) {
    struct cg_test_result result;
    if (!sim->process.pid)
        return;
    cg_test_process_signal(&sim->process, SIGTERM);
    if (cg_test_process_runs(&sim->process, START_MS))
        cg_test_process_signal(&sim->process, SIGKILL);
    cg_test_process_wait(&sim->process, &result);
    cg_test_result_done(&result);
    cg_test_workdir_remove(sim->folder);
}

json_t *cg_test_sim_ask(const struct cg_test_sim *sim, const char *path, const char *body) {
    struct answer answer = {0};
    long status = 0;
    char *url = cg_test_format("%s%s", sim->url, path);
    CURL *easy = curl_easy_init();
    cr_assert_not_null(easy);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    if (body)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    cr_assert(code == CURLE_OK && status == 200, "%s answered %ld (%s): %s", url, status, curl_easy_strerror(code),
              answer.text ? answer.text : "");
    json_t *root = json_loadb(answer.text ? answer.text : "", answer.length, 0, NULL);
    cr_assert_not_null(root, "%s did not answer with JSON", url);
    free(answer.text);
    free(url);
    return root;
}

void cg_test_sim_faults(const struct cg_test_sim *sim, const char *rules) {
    char *body = cg_test_format("{\"rules\":[%s]}", rules);
    json_decref(cg_test_sim_ask(sim, "/__sim/faults", body));
    free(body);
}

void cg_test_sim_revise(const struct cg_test_sim *sim, const char *body) {
    json_decref(cg_test_sim_ask(sim, "/__sim/revise", body));
}

void cg_test_sim_now(const struct cg_test_sim *sim, const char *now) {
    char *body = cg_test_format("{\"now\":\"%s\"}", now);
    json_decref(cg_test_sim_ask(sim, "/__sim/now", body));
    free(body);
}

void cg_test_sim_hide(const struct cg_test_sim *sim, const char *id, int hidden) {
    char *body = cg_test_format("{\"id\":\"%s\",\"hidden\":%s}", id, hidden ? "true" : "false");
    json_decref(cg_test_sim_ask(sim, "/__sim/hide", body));
    free(body);
}

json_t *cg_test_sim_bill(const struct cg_test_sim *sim, const char *start, const char *end) {
    char *path = cg_test_format("/__sim/bill?start=%s&end=%s", start, end);
    json_t *bill = cg_test_sim_ask(sim, path, NULL);
    free(path);
    return bill;
}

const char *cg_test_json_text(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    cr_assert_not_null(text, "the answer has no text '%s'", key);
    return text;
}
