#include <criterion/criterion.h>
#include <string.h>

#include "run/event.h"
#include "run/job.h"

Test(job, survives_the_pipe) {
    static const char *const modules[] = {"/lib/a.so", "/lib/with \"quotes\" and \xc3\xa9.so"};
    struct cg_billing_line line = {.timestamp = 1780272000000000,
                                   .env_id = "env-1",
                                   .resource_id = "lkc-1",
                                   .product_type = "P",
                                   .product_category = "C"};
    struct cg_quarantine entry = {.module = "m", .symbol = "s", .whole_symbol = 1, .reason = "crashed"};
    cg_crumb_line_of(&line, &entry.line);
    struct cg_job job = {.kind = CG_JOB_RUN,
                         .tenant = "acme",
                         .config_file = "c.yaml",
                         .modules = modules,
                         .module_count = 2,
                         .resume = 1,
                         .resume_after = CG_TIME_NONE,
                         .dead_run = 7,
                         .message = "it died\nbadly",
                         .quarantine = &entry,
                         .quarantine_count = 1};
    struct cg_buf text;
    struct cg_job read;
    struct cg_error error = {0};
    struct cg_arena *arena = cg_arena_new();
    cg_buf_init(&text, CG_JOB_LIMIT);
    cr_assert_eq(cg_job_write(&job, &text), CG_OK);
    cr_assert_eq(strchr(text.data, '\n'), text.data + text.length - 1, "one line");
    cr_assert_eq(cg_job_read(text.data, text.length, arena, &read, &error), CG_OK, "%s", error.text);
    cr_assert_str_eq(read.modules[1], modules[1]);
    cr_assert_str_eq(read.message, job.message);
    cr_assert_eq(read.resume_after, CG_TIME_NONE);
    cr_assert_eq(read.dead_run, 7);
    cr_assert_eq(read.env_file, NULL);
    cr_assert_eq(read.quarantine_count, 1);
    cr_assert_eq(memcmp(&read.quarantine[0].line, &entry.line, sizeof entry.line), 0);
    cr_assert_eq(read.quarantine[0].whole_symbol, 1);
    cg_buf_done(&text);
    cg_arena_free(arena);
}

Test(job, what_is_no_job_is_refused) {
    static const char *const lines[] = {"",
                                        "null",
                                        "[]",
                                        "{}",
                                        "{\"kind\":\"run\"}",
                                        "{\"kind\":\"run\",\"tenant\":\"a\",",
                                        "{\"kind\":\"run\",\"tenant\":\"a\",\"config_file\":\"c\",\"modules\":[1]}"};
    struct cg_arena *arena = cg_arena_new();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct cg_job job;
        struct cg_error error = {0};
        cr_assert_eq(cg_job_read(lines[i], strlen(lines[i]), arena, &job, &error), CG_INVALID, "%s", lines[i]);
        cr_assert(error.text[0]);
    }
    cg_arena_free(arena);
}

Test(event, survives_the_pipe) {
    struct cg_event event = {
        .kind = CG_EVENT_RESULT,
        .status = CG_TEMPORARY,
        .text = "broken \xff utf-8",
        .counters = {.gathered = 1, .pending = 2, .calculated = 3, .changed = 4, .rows = 5, .errors = 6, .emitted = 7}};
    struct cg_buf text;
    struct cg_event read;
    struct cg_arena *arena = cg_arena_new();
    cg_buf_init(&text, CG_EVENT_LIMIT);
    cr_assert_eq(cg_event_write(&event, &text), CG_OK);
    cr_assert_eq(cg_event_read(text.data, text.length, arena, &read), CG_OK);
    cr_assert_eq(read.kind, CG_EVENT_RESULT);
    cr_assert_eq(read.status, CG_TEMPORARY);
    cr_assert_str_eq(read.text, "broken ? utf-8");
    cr_assert_eq(memcmp(&read.counters, &event.counters, sizeof event.counters), 0);
    cg_buf_done(&text);
    cg_arena_free(arena);
}

Test(event, what_is_no_event_is_refused) {
    static const char *const lines[] = {"", "hello", "{}", "{\"event\":1}", "{\"event\":\"party\"}", "[\"run\"]"};
    struct cg_arena *arena = cg_arena_new();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct cg_event event;
        cr_assert_eq(cg_event_read(lines[i], strlen(lines[i]), arena, &event), CG_INVALID, "%s", lines[i]);
    }
    cg_arena_free(arena);
}
