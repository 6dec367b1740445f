/*
 * Feeds any bytes to the reader of requests for a page of samples: lines of them are Accept, Accept-Encoding,
 * If-None-Match and the query. What comes of it must be fit to be sent back.
 */
#include <stdlib.h>
#include <string.h>

#include "expose/page.h"
#include "expose/question.h"

#define LINES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
    if (!truth)
        abort();
}

/* A header that the client's words are part of. */
static void check_type(const char *type, int format) {
    static const char open[] = "application/openmetrics-text; version=";
    static const char text[] = "text/plain; version=";
    require(strlen(type) < CG_QUESTION_TYPE_SIZE && strstr(type, "; charset=utf-8") != NULL);
    require(strncmp(type, format == CG_PAGE_OPENMETRICS ? open : text,
                    format == CG_PAGE_OPENMETRICS ? sizeof open - 1 : sizeof text - 1) == 0);
    for (const char *at = type; *at; at++)
        require(*at >= ' ' && *at <= '~' && *at != '"' && *at != ',');
}

static void check(const struct cg_http_request *request, const char *known, struct cg_arena *arena) {
    struct cg_question question = {0};
    struct cg_error error = {0};
    cg_status status = cg_question_read(request, arena, &question, &error);
    require(status == CG_OK || status == CG_INVALID);
    require(status == CG_OK || error.text[0]);
    check_type(question.type, question.format);
    require(question.gzip == 0 || question.gzip == 1);
    require(question.name_count <= CG_QUESTION_NAMES && (question.names || !question.name_count));
    for (size_t i = 0; i < question.name_count; i++)
        require(strlen(question.names[i]) <= strlen(request->query));
    require(status != CG_OK || (question.after.tv_sec >= 0 && question.after.tv_nsec >= 0 &&
                                question.after.tv_nsec < 1000000000 && (question.has_after || !question.after.tv_sec)));
    require(!cg_question_knows(NULL, "W/\"a\"") && cg_question_knows("W/\"a\"", "W/\"a\""));
    (void)cg_question_knows(known, "W/\"0123456789abcdef0123456789abcdef\"");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cg_arena *arena = cg_arena_new();
    const char *lines[LINES] = {"", "", "", ""};
    const char *at = (const char *)data;
    require(arena != NULL);
    for (size_t i = 0; i < LINES && size; i++) {
        const char *end = memchr(at, '\n', size);
        size_t length = end ? (size_t)(end - at) : size;
        lines[i] = cg_arena_copy(arena, at, length); /* as far as a NUL: the server lets none through */
        require(lines[i] != NULL);
        at += end ? length + 1 : length;
        size -= end ? length + 1 : length;
    }
    const struct cg_http_pair headers[] = {
        {"Accept", lines[0]}, {"accept-encoding", lines[1]}, {"If-None-Match", lines[2]}};
    const struct cg_http_request request = {.method = "GET",
                                            .target = "/metrics",
                                            .path = "/metrics",
                                            .query = lines[3],
                                            .headers = headers,
                                            .header_count = sizeof headers / sizeof *headers,
                                            .body = "",
                                            .client = "127.0.0.1"};
    check(&request, lines[2], arena);
    cg_arena_free(arena);
    return 0;
}
