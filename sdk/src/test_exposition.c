/* The test host: samples on a page. */
#include <chitragupt/decimal.h>
#include <chitragupt/test_exposition.h>
#include <stdlib.h>
#include <string.h>

#include "test_parts.h"

/* A growing list of samples, and the memory of their texts. */
struct samples {
    struct cg_test_sample *items;
    size_t count;
    size_t room;
};

struct impl {
    struct cg_test_block *blocks;
    struct samples shown;
};

struct cg_exposition {
    const struct cg_host *host;
    struct cg_test_exposition *page;
    const struct cg_exposition_family *const *families;
    size_t family_count;
    const char *pipeline; /* of the open emission, or NULL */
    const char *date;
    struct samples given;
};

static void append(struct samples *samples, const struct cg_test_sample *sample) {
    if (samples->count == samples->room) {
        samples->room = samples->room == 0 ? 64 : 2 * samples->room;
        struct cg_test_sample *grown = realloc(samples->items, samples->room * sizeof *grown);
        if (grown == NULL) {
            cg_test_abort("out of memory");
        }
        samples->items = grown;
    }
    samples->items[samples->count++] = *sample;
}

static struct impl *impl_of(const struct cg_exposition *exposition) {
    return exposition->page->impl;
}

static cg_status fail(const struct cg_host *host, const struct cg_test_exposition *page, const char *function) {
    return host->set_error(host, page->failure, "The test lets %s fail.", function);
}

static int fails_on(const struct cg_test_exposition *page, const char *function) {
    return page->fails_on != NULL && strcmp(page->fails_on, function) == 0;
}

/* ---- families ---- */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS "0123456789"

static int is_name(const char *text, const char *first, const char *rest) {
    return *text != '\0' && strchr(first, *text) != NULL && strspn(text, rest) == strlen(text);
}

static void check_family(const struct cg_exposition_family *family) {
    if (family->struct_size < sizeof *family || family->label_count > 32 || family->help == NULL ||
        !is_name(family->name, LETTERS ":", LETTERS DIGITS ":")) {
        cg_test_abort("the family '%s' is not well formed", family->name);
    }
    for (uint32_t i = 0; i < family->label_count; i++) {
        const char *label = family->labels[i];
        if (!is_name(label, LETTERS, LETTERS DIGITS) || strncmp(label, "__", 2) == 0) {
            cg_test_abort("the family '%s' has the label '%s', which is no name", family->name, label);
        }
        if (i > 0 && strcmp(family->labels[i - 1], label) >= 0) {
            cg_test_abort("the family '%s' has the label '%s' behind '%s'", family->name, label, family->labels[i - 1]);
        }
    }
}

/* ---- the functions ---- */

static cg_status open_page(const struct cg_host *host, const struct cg_emitter_spec *spec,
                           const struct cg_exposition_family *const *families, size_t count,
                           struct cg_exposition **ret) {
    union {
        const void *in;
        void *out;
    } same = {host->exposition}; /* the table is the page's first member */
    struct cg_test_exposition *page = same.out;
    (void)spec;
    if (fails_on(page, "open")) {
        return fail(host, page, "open");
    }
    for (size_t i = 0; i < count; i++) {
        check_family(families[i]);
    }
    struct cg_exposition *exposition = calloc(1, sizeof *exposition);
    if (exposition == NULL) {
        cg_test_abort("out of memory");
    }
    *exposition = (struct cg_exposition){.host = host, .page = page, .families = families, .family_count = count};
    page->opened++;
    *ret = exposition;
    return CG_OK;
}

static void close_page(struct cg_exposition *exposition) {
    if (exposition == NULL) {
        return;
    }
    exposition->page->closed++;
    free(exposition->given.items);
    free(exposition);
}

static cg_status begin(struct cg_exposition *exposition, const struct cg_emission *emission) {
    struct cg_test_exposition *page = exposition->page;
    if (fails_on(page, "begin")) {
        return fail(exposition->host, page, "begin");
    }
    if (exposition->pipeline != NULL) {
        return exposition->host->set_error(exposition->host, CG_INVALID, "An emission is open already.");
    }
    exposition->pipeline = cg_test_copy(&impl_of(exposition)->blocks, emission->pipeline);
    exposition->date = cg_test_copy(&impl_of(exposition)->blocks, emission->date);
    exposition->given.count = 0;
    return CG_OK;
}

static const char *label_text(struct impl *impl, const struct cg_exposition_family *family, const char *const *values) {
    struct cg_test_text text = {.length = 0};
    cg_test_append(&text, "%s", "");
    for (uint32_t i = 0; i < family->label_count; i++) {
        cg_test_append(&text, "%s%s=\"%s\"", i == 0 ? "" : ",", family->labels[i], values[i] == NULL ? "" : values[i]);
    }
    const char *copy = cg_test_copy(&impl->blocks, text.text);
    free(text.text);
    return copy;
}

static cg_status sample(struct cg_exposition *exposition, uint32_t family, const char *const *values,
                        const char *amount) {
    const struct cg_host *host = exposition->host;
    struct impl *impl = impl_of(exposition);
    struct cg_decimal number;
    if (exposition->pipeline == NULL) {
        cg_test_abort("a sample was given outside of an emission");
    }
    if (fails_on(exposition->page, "sample")) {
        return fail(host, exposition->page, "sample");
    }
    if (family >= exposition->family_count) {
        return host->set_error(host, CG_INVALID, "There is no family number %u.", family);
    }
    if (amount == NULL || cg_decimal_parse(amount, strlen(amount), &number) != CG_OK) {
        return host->set_error(host, CG_INVALID, "'%s' is no decimal.", amount == NULL ? "(none)" : amount);
    }
    append(&exposition->given,
           &(struct cg_test_sample){.pipeline = exposition->pipeline,
                                    .date = exposition->date,
                                    .family = exposition->families[family]->name,
                                    .labels = label_text(impl, exposition->families[family], values),
                                    .amount = cg_test_copy(&impl->blocks, amount)});
    return CG_OK;
}

static int is_of(const struct cg_test_sample *shown, const struct cg_exposition *exposition) {
    return strcmp(shown->pipeline, exposition->pipeline) == 0 && strcmp(shown->date, exposition->date) == 0;
}

static cg_status finish(struct cg_exposition *exposition) {
    struct cg_test_exposition *page = exposition->page;
    struct samples *shown = &impl_of(exposition)->shown;
    size_t kept = 0;
    if (exposition->pipeline == NULL) {
        cg_test_abort("no emission is open to be finished");
    }
    if (fails_on(page, "finish")) {
        return fail(exposition->host, page, "finish");
    }
    for (size_t i = 0; i < shown->count; i++) {
        if (!is_of(&shown->items[i], exposition)) {
            shown->items[kept++] = shown->items[i];
        }
    }
    shown->count = kept;
    for (size_t i = 0; i < exposition->given.count; i++) {
        append(shown, &exposition->given.items[i]);
    }
    exposition->pipeline = NULL;
    page->samples = shown->items;
    page->sample_count = shown->count;
    page->finished++;
    return CG_OK;
}

static void drop(struct cg_exposition *exposition) {
    exposition->pipeline = NULL;
    exposition->page->aborted++;
}

void cg_test_exposition_init(struct cg_test_exposition *page, struct cg_host *host) {
    struct impl *impl = calloc(1, sizeof *impl);
    if (impl == NULL) {
        cg_test_abort("out of memory");
    }
    *page = (struct cg_test_exposition){.api = {.struct_size = sizeof page->api,
                                                .open = open_page,
                                                .close = close_page,
                                                .begin = begin,
                                                .sample = sample,
                                                .finish = finish,
                                                .abort = drop},
                                        .failure = CG_PERMANENT,
                                        .impl = impl};
    host->exposition = &page->api;
}

void cg_test_exposition_done(struct cg_test_exposition *page) {
    struct impl *impl = page->impl;
    if (page->opened != page->closed) {
        cg_test_abort("%zu expositions were opened and %zu closed", page->opened, page->closed);
    }
    while (impl->blocks != NULL) {
        struct cg_test_block *block = impl->blocks;
        impl->blocks = block->next;
        free(block);
    }
    free(impl->shown.items);
    free(impl);
    *page = (struct cg_test_exposition){.impl = NULL};
}
