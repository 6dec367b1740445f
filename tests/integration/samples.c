#include "samples.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/moment.h"

#define WAIT_MS 30000

void samples_reserve(struct samples *samples) {
    cg_test_api_reserve(&samples->api, 0);
    cg_test_api_reserve(&samples->page, 0);
}

void samples_configure(const struct samples *samples, const char *folder, const char *sim_url, const char *params,
                       const char *more) {
    cg_test_config_write(folder, &(struct cg_test_config){.url = sim_url});
    char *text = cg_test_file_read(folder, "config.yaml");
    char *whole = cg_test_format("api: {host: 127.0.0.1, port: %u}\n%s        - type: prometheus\n"
                                 "          params: {port: %u, address: 127.0.0.1, directory: metrics%s}\n%s",
                                 samples->api.port, text, samples->page.port, params, more);
    cg_test_file_write(folder, "config.yaml", whole);
    free(text);
    free(whole);
}

void samples_start(struct samples *samples, const char *folder) {
    static const char *const arguments[] = {"--config-file", "config.yaml", "--quiet", "--mode", "both", NULL};
    cg_test_program_start(folder, arguments, NULL, &samples->api.process);
    cg_test_api_await(&samples->api);
    samples->page.process = samples->api.process;
    cg_test_api_await(&samples->page);
}

void samples_stop(struct samples *samples, struct cg_test_result *ret) {
    struct cg_test_api api = samples->api;
    api.port_fd = dup(api.port_fd);
    cg_test_api_stop(&api, 20, ret);
}

void samples_release(struct samples *samples) {
    (void)close(samples->api.port_fd);
    (void)close(samples->page.port_fd);
}

void samples_get(const struct samples *samples, const char *path, const char *accept, struct cg_test_answer *ret) {
    const char *const headers[] = {accept, NULL};
    const struct cg_test_request request = {.url = path, .headers = accept ? headers : NULL};
    cg_test_api_ask(&samples->page, &request, ret);
}

void samples_await(const struct samples *samples, const char *part, size_t times) {
    const long long began = cg_test_clock_ms();
    for (;;) {
        char *text = cg_test_api_log(&samples->api);
        size_t count = cg_test_occurrences(text, part);
        free(text);
        if (count >= times)
            return;
        cr_assert_lt(cg_test_clock_ms() - began, WAIT_MS, "'%s' does not come", part);
        cr_assert(cg_test_process_runs(&samples->api.process, 20), "the program has ended");
    }
}
