/* A sound emitter that drops everything. */
#include "parts.h"

static cg_status create(const struct cg_host *host, const struct cg_emitter_spec *spec, void **ret_instance) {
    (void)host;
    (void)spec;
    *ret_instance = NULL;
    return CG_OK;
}

static void drop(void *instance) {
    (void)instance;
}

static cg_status begin(void *instance, const struct cg_emission *emission) {
    (void)instance;
    (void)emission;
    return CG_OK;
}

static cg_status take(void *instance, const struct cg_emitted_row *const *rows, size_t count) {
    (void)instance;
    (void)rows;
    (void)count;
    return CG_OK;
}

static cg_status finish(void *instance) {
    (void)instance;
    return CG_OK;
}

static const struct cg_emitter emitter = {.struct_size = sizeof emitter,
                                          .create = create,
                                          .destroy = drop,
                                          .begin = begin,
                                          .rows = take,
                                          .finish = finish,
                                          .abort = drop};

CG_REGISTER(CG_KIND_EMITTER, "good_emitter", "1.0.0", "Drops every row", &emitter, NULL, 0)
