#include <criterion/criterion.h>
#include <string.h>

#include "engine/pipeline.h"
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
                         .skip_gather = 1,
                         .recalculate = 1,
                         .recalculate_from = 1780272000000000,
                         .recalculate_to = 1780358400000000,
                         .since_run = -1,
                         .since_time = 1780358400000001,
                         .fresh_us = INT64_MAX,
                         .emit_topics = 1,
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
    cr_assert_eq(read.skip_gather, 1);
    cr_assert_eq(read.recalculate, 1);
    cr_assert_eq(read.recalculate_from, job.recalculate_from);
    cr_assert_eq(read.recalculate_to, job.recalculate_to);
    cr_assert(read.since_run == -1 && read.since_time == job.since_time && read.fresh_us == INT64_MAX);
    cr_assert_eq(read.emit_topics, job.emit_topics);
    cr_assert_eq(read.quarantine_count, 1);
    cr_assert_eq(memcmp(&read.quarantine[0].line, &entry.line, sizeof entry.line), 0);
    cr_assert_eq(read.quarantine[0].whole_symbol, 1);
    cg_buf_done(&text);
    cg_arena_free(arena);
}

/* Writes a job and reads it. */
static void pass(const struct cg_job *job, struct cg_arena *arena, struct cg_job *ret) {
    struct cg_buf text;
    struct cg_error error = {0};
    cg_buf_init(&text, CG_JOB_LIMIT);
    cr_assert_eq(cg_job_write(job, &text), CG_OK);
    cr_assert_eq(cg_job_read(text.data, text.length, arena, ret, &error), CG_OK, "%s", error.text);
    cg_buf_done(&text);
}

Test(job, a_question_survives_the_pipe) {
    const struct cg_job job = {.kind = CG_JOB_EXPLAIN,
                               .tenant = "acme",
                               .config_file = "c.yaml",
                               .recalculate_from = CG_TIME_NONE,
                               .recalculate_to = CG_TIME_NONE,
                               .explain = {.date = -86400000000, .resource_id = "lkc-1", .product_type = "\xc3\xa9"}};
    struct cg_arena *arena = cg_arena_new();
    struct cg_job read;
    pass(&job, arena, &read);
    cr_assert_str_eq(read.kind, CG_JOB_EXPLAIN);
    cr_assert_eq(read.explain.date, -86400000000);
    cr_assert_str_eq(read.explain.resource_id, "lkc-1");
    cr_assert_str_eq(read.explain.product_type, "\xc3\xa9");
    cr_assert_eq(read.explain.identity_id, NULL);
    cr_assert_eq(read.recalculate, 0);
    cr_assert_eq(read.recalculate_from, CG_TIME_NONE);
    cr_assert_eq(read.recalculate_to, CG_TIME_NONE);
    cg_arena_free(arena);
}

Test(job, what_is_no_job_is_refused) {
    static const char *const lines[] = {"",
                                        "null",
                                        "[]",
                                        "{}",
                                        "{\"kind\":\"run\"}",
                                        "{\"kind\":\"run\",\"tenant\":\"a\",",
                                        "{\"kind\":\"run\",\"tenant\":\"a\",\"config_file\":\"c\",\"modules\":[1]}",
                                        "{\"kind\":\"explain\",\"tenant\":\"a\",\"config_file\":\"c\"}",
                                        ("{\"kind\":\"explain\",\"tenant\":\"a\",\"config_file\":\"c\",\"explain\":"
                                         "{\"date\":\"2026-06-01\"}}")};
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
    struct cg_event event = {.kind = CG_EVENT_RESULT,
                             .status = CG_TEMPORARY,
                             .text = "broken \xff utf-8",
                             .gather_failed = 1,
                             .database_lost = 1,
                             .elsewhere = CG_ELSEWHERE_DONE,
                             .run_id = 41,
                             .date = 1780272000000000,
                             .counters = {.gathered = 1,
                                          .pending = 2,
                                          .calculated = 3,
                                          .changed = 4,
                                          .rows = 5,
                                          .errors = 6,
                                          .emitted = 7,
                                          .current = 8,
                                          .topic_dates = 9,
                                          .topic_rows = 10,
                                          .deleted = 11,
                                          .retired = 12}};
    struct cg_buf text;
    struct cg_event read;
    struct cg_arena *arena = cg_arena_new();
    cg_buf_init(&text, CG_EVENT_LIMIT);
    cr_assert_eq(cg_event_write(&event, &text), CG_OK);
    cr_assert_eq(cg_event_read(text.data, text.length, arena, &read), CG_OK);
    cr_assert_eq(read.kind, CG_EVENT_RESULT);
    cr_assert_eq(read.status, CG_TEMPORARY);
    cr_assert_str_eq(read.text, "broken ? utf-8");
    cr_assert_eq(read.gather_failed, 1);
    cr_assert(read.database_lost == 1 && read.elsewhere == CG_ELSEWHERE_DONE && read.run_id == 41 &&
              read.date == event.date);
    cr_assert_eq(memcmp(&read.counters, &event.counters, sizeof event.counters), 0);
    cg_buf_done(&text);
    cg_arena_free(arena);
}

/* The longest piece of an answer fits into a line whatever is in it, and arrives as it was. */
Test(event, the_longest_text_fits_into_a_line) {
    static const char *const characters[] = {"x", "\"", "\\", "\n", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x90\x9f"};
    struct cg_arena *arena = cg_arena_new();
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        char text[CG_EVENT_TEXT_LIMIT + 1] = "";
        size_t size = strlen(characters[i]);
        struct cg_event read;
        struct cg_buf line;
        for (size_t used = 0; used + size <= CG_EVENT_TEXT_LIMIT; used += size)
            memcpy(text + used, characters[i], size + 1);
        cg_buf_init(&line, CG_EVENT_LIMIT);
        cr_assert_eq(cg_event_write(&(struct cg_event){.kind = CG_EVENT_TEXT, .text = text}, &line), CG_OK, "%s",
                     characters[i]);
        cr_assert_eq(cg_event_read(line.data, line.length, arena, &read), CG_OK);
        cr_assert_eq(read.kind, CG_EVENT_TEXT);
        cr_assert_str_eq(read.text, text);
        cg_buf_done(&line);
    }
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
