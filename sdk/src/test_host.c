/* The test host: its table and its memory. */
#include "test_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cg_test_abort(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("test host: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

struct cg_test_impl *cg_test_impl_of(const struct cg_host *host) {
    return host->impl;
}

void *cg_test_alloc(struct cg_test_block **blocks, size_t size) {
    if (size > SIZE_MAX / 2) {
        cg_test_abort("%zu bytes were asked for", size);
    }
    struct cg_test_block *block = calloc(1, sizeof *block + size);
    if (block == NULL) {
        cg_test_abort("out of memory");
    }
    block->next = *blocks;
    *blocks = block;
    return block->start;
}

static void free_blocks(struct cg_test_block **blocks) {
    while (*blocks != NULL) {
        struct cg_test_block *block = *blocks;
        *blocks = block->next;
        free(block);
    }
}

const char *cg_test_copy(struct cg_test_block **blocks, const char *text) {
    if (text == NULL) {
        return NULL;
    }
    size_t size = strlen(text) + 1;
    return memcpy(cg_test_alloc(blocks, size), text, size);
}

void *cg_test_more(struct cg_test_block **blocks, const void *items, size_t count, size_t size) {
    if ((count & (count - 1)) != 0) {
        union {
            const void *in;
            void *out;
        } same = {items}; /* the memory came from here, writable */
        return same.out;
    }
    void *more = cg_test_alloc(blocks, (count == 0 ? 1 : 2 * count) * size);
    if (count > 0) {
        memcpy(more, items, count * size);
    }
    return more;
}

void cg_test_append_va(struct cg_test_text *text, const char *format, va_list arguments) {
    char *tail = NULL;
    int length = vasprintf(&tail, format, arguments);
    char *grown = length < 0 ? NULL : realloc(text->text, text->length + (size_t)length + 1);
    if (grown == NULL) {
        cg_test_abort("out of memory");
    }
    memcpy(grown + text->length, tail, (size_t)length + 1);
    text->text = grown;
    text->length += (size_t)length;
    free(tail);
}

void cg_test_append(struct cg_test_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    cg_test_append_va(text, format, arguments);
    va_end(arguments);
}

static const char *level_name(uint32_t level) {
    switch (level) {
    case CG_LOG_DEBUG:
        return "DEBUG";
    case CG_LOG_INFO:
        return "INFO";
    case CG_LOG_WARNING:
        return "WARNING";
    case CG_LOG_ERROR:
        return "ERROR";
    case CG_LOG_CRITICAL:
        return "CRITICAL";
    default:
        cg_test_abort("log level %u does not exist", level);
    }
}

CG_PRINTF(3, 4)
static void host_log(const struct cg_host *host, uint32_t level, const char *format, ...) {
    struct cg_test_impl *impl = host->impl;
    va_list arguments;
    va_start(arguments, format);
    cg_test_append(&impl->log, "%s ", level_name(level));
    cg_test_append_va(&impl->log, format, arguments);
    cg_test_append(&impl->log, "\n");
    va_end(arguments);
    impl->test->log = impl->log.text;
}

CG_PRINTF(3, 4)
static cg_status host_set_error(const struct cg_host *host, cg_status status, const char *format, ...) {
    struct cg_test_impl *impl = host->impl;
    struct cg_test_text text = {.length = 0};
    va_list arguments;
    va_start(arguments, format);
    cg_test_append_va(&text, format, arguments);
    va_end(arguments);
    impl->test->error = cg_test_copy(&impl->recorded, text.text);
    impl->test->error_status = status;
    free(text.text);
    return status;
}

static int64_t host_now(const struct cg_host *host) {
    return cg_test_impl_of(host)->test->now;
}

static void *host_scratch(const struct cg_host *host, size_t size) {
    struct cg_test_impl *impl = host->impl;
    if (impl->test->scratch_left == 0) {
        return NULL;
    }
    impl->test->scratch_left -= impl->test->scratch_left != SIZE_MAX;
    return cg_test_alloc(&impl->recorded, size);
}

static int32_t host_cancelled(const struct cg_host *host) {
    return cg_test_impl_of(host)->test->cancelled;
}

static const void *host_extension(const struct cg_host *host, const char *id) {
    (void)host;
    (void)id;
    return NULL;
}

void cg_test_forget(struct cg_test_text *text) {
    free(text->text);
    *text = (struct cg_test_text){.length = 0};
}

void cg_test_host_reset(struct cg_test_host *test) {
    struct cg_test_impl *impl = test->impl;
    free_blocks(&impl->recorded);
    cg_test_forget(&impl->log);
    cg_test_forget(&impl->problems);
    cg_test_forget(&impl->requests);
    cg_test_forget(&impl->questions);
    test->log = test->problems = test->requests = test->questions = "";
    test->error = NULL;
    test->error_status = CG_OK;
    test->problem_count = 0;
    test->rows = NULL;
    test->findings = NULL;
    test->resources = NULL;
    test->identities = NULL;
    test->families = NULL;
    test->lines = NULL;
    test->row_count = test->finding_count = test->resource_count = test->identity_count = 0;
    test->family_count = test->line_count = 0;
}

void cg_test_host_init(struct cg_test_host *test) {
    struct cg_test_impl *impl = calloc(1, sizeof *impl);
    if (impl == NULL) {
        cg_test_abort("out of memory");
    }
    impl->test = test;
    *test = (struct cg_test_host){.scratch_left = SIZE_MAX, .metrics_step_seconds = 3600, .impl = impl};
    test->host = (struct cg_host){.struct_size = sizeof test->host,
                                  .impl = impl,
                                  .config = &cg_test_config_api,
                                  .http = &cg_test_http_api,
                                  .log = host_log,
                                  .set_error = host_set_error,
                                  .now = host_now,
                                  .scratch = host_scratch,
                                  .cancelled = host_cancelled,
                                  .extension = host_extension,
                                  .metrics = &cg_test_metrics_api};
    cg_test_sinks_init(test);
    cg_test_gather_init(test);
    cg_test_host_reset(test);
}

void cg_test_host_done(struct cg_test_host *test) {
    struct cg_test_impl *impl = test->impl;
    cg_test_host_reset(test);
    free_blocks(&impl->lasting);
    free(impl);
    *test = (struct cg_test_host){.impl = NULL};
}
