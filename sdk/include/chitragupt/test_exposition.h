/*
 * test_exposition.h - a page of samples for the tests of an emitter.
 *
 * A part of the helper library, for test programs only, beside test_host.h. It remembers what an emitter shows through
 * cg_host.exposition:
 *
 *     struct cg_test_exposition page;
 *     cg_test_exposition_init(&page, &test.host);
 *     status = factory->create(&test.host, &spec, &instance);
 *     ... begin, rows, finish, and look at page.samples ...
 *     cg_test_exposition_done(&page);
 *
 * It holds to the contract of exposition.h, but does not add samples up: each is there as it was given. When the
 * emitter breaks a rule of which no error is told (a family that is not well formed, a call on what was closed), or
 * memory is exhausted, the program is aborted with a sentence. Thread: one.
 *
 * Since ABI 1.3.
 */
#ifndef CHITRAGUPT_TEST_EXPOSITION_H
#define CHITRAGUPT_TEST_EXPOSITION_H

#include <chitragupt/exposition.h>

CG_BEGIN_DECLS

/** A sample as it was given. */
struct cg_test_sample {
    const char *pipeline; /**< of its emission */
    const char *date;
    const char *family; /**< its name */
    const char *labels; /**< `a="x",b=""`, not escaped */
    const char *amount;
};

struct cg_test_exposition {
    struct cg_exposition_api api; /**< first: the host's table points to it */

    /* Laid down by the test. */
    const char *fails_on; /**< "open", "begin", "sample" or "finish": answers `failure`; NULL at first */
    cg_status failure;
    uint32_t reserved;

    /* Recorded. What is shown, in the order in which emissions were finished and samples given. */
    const struct cg_test_sample *samples;
    size_t sample_count;
    size_t opened; /**< expositions that were opened, closed, emissions that were finished and aborted */
    size_t closed;
    size_t finished;
    size_t aborted;

    void *impl; /**< its own */
};

/** Makes an empty page and puts it into the host's table. Neither may move afterwards. */
void cg_test_exposition_init(struct cg_test_exposition *page, struct cg_host *host);

/** Frees everything; what was opened must be closed. */
void cg_test_exposition_done(struct cg_test_exposition *page);

CG_END_DECLS

#endif
