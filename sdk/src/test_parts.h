/*
 * test_parts.h - what the files of the test host share.
 *
 * Private to the helper library.
 */
#ifndef CHITRAGUPT_SDK_TEST_PARTS_H
#define CHITRAGUPT_SDK_TEST_PARTS_H

#include <chitragupt/test_host.h>
#include <stdarg.h>

/** Memory that is freed together. */
struct cg_test_block {
    struct cg_test_block *next;
    max_align_t start[];
};

/** A growing text, never NULL once something was appended. */
struct cg_test_text {
    char *text;
    size_t length;
};

/** The inside of a test host. */
struct cg_test_impl {
    struct cg_test_host *test;
    struct cg_test_block *recorded; /**< freed by reset */
    struct cg_test_block *lasting;  /**< freed by done */
    struct cg_test_text log;
    struct cg_test_text problems;
    struct cg_test_text requests;
    struct cg_test_text questions;
};

extern const struct cg_config_api cg_test_config_api;
extern const struct cg_http_api cg_test_http_api;
extern const struct cg_metrics_api cg_test_metrics_api;

/** Ends the program with a sentence. */
_Noreturn void cg_test_abort(const char *format, ...) CG_PRINTF(1, 2);

struct cg_test_impl *cg_test_impl_of(const struct cg_host *host);

/** Zeroed memory out of a list of blocks. */
void *cg_test_alloc(struct cg_test_block **blocks, size_t size);

/** A copy of a text out of a list of blocks; NULL stays NULL. */
const char *cg_test_copy(struct cg_test_block **blocks, const char *text);

/** `items` with room for one more than `count` items of `size` bytes: now and then a copy with twice the room. */
void *cg_test_more(struct cg_test_block **blocks, const void *items, size_t count, size_t size);

/** Appends to a text. */
void cg_test_append(struct cg_test_text *text, const char *format, ...) CG_PRINTF(2, 3);
void cg_test_append_va(struct cg_test_text *text, const char *format, va_list arguments) CG_PRINTF(2, 0);

/** Frees a text and makes it empty. */
void cg_test_forget(struct cg_test_text *text);

/** Puts the recording sinks into the test host. */
void cg_test_sinks_init(struct cg_test_host *test);
void cg_test_gather_init(struct cg_test_host *test);

/** Deep copies into the recorded memory. */
const struct cg_identity *cg_test_copy_identity(struct cg_test_host *test, const struct cg_identity *identity);
const struct cg_field *cg_test_copy_fields(struct cg_test_host *test, const struct cg_field *fields, size_t count);

#endif
