/* Built with the headers of ABI 1.0: its factory ends with `abort`, and what lies behind it is something else. */
#include "parts.h"

#include <stdlib.h>

struct emitter_1_0 {
    uint32_t struct_size;
    uint32_t flags;
    void (*validate)(const struct cg_host *host, const struct cg_config *params);
    cg_status (*create)(const struct cg_host *host, const struct cg_emitter_spec *spec, void **ret_instance);
    void (*destroy)(void *instance);
    cg_status (*begin)(void *instance, const struct cg_emission *emission);
    cg_status (*rows)(void *instance, const struct cg_emitted_row *const *rows, size_t count);
    cg_status (*finish)(void *instance);
    void (*abort)(void *instance);
};

struct instance {
    const struct cg_host *host;
    size_t rows; /* of the date */
};

static cg_status create(const struct cg_host *host, const struct cg_emitter_spec *spec, void **ret_instance) {
    struct instance *instance = calloc(1, sizeof *instance);
    (void)spec;
    if (!instance)
        return CG_NO_MEMORY;
    instance->host = host;
    *ret_instance = instance;
    return CG_OK;
}

static cg_status begin(void *instance, const struct cg_emission *emission) {
    struct instance *own = instance;
    (void)emission;
    own->rows = 0;
    return CG_OK;
}

static cg_status take(void *instance, const struct cg_emitted_row *const *rows, size_t count) {
    struct instance *own = instance;
    (void)rows;
    own->rows += count;
    return CG_OK;
}

static cg_status finish(void *instance) {
    const struct instance *own = instance;
    if (own->rows == 1)
        return CG_OK;
    return own->host->set_error(own->host, CG_PERMANENT, "%zu rows came instead of one", own->rows);
}

static void drop(void *instance) {
    (void)instance;
}

static const struct {
    struct emitter_1_0 emitter;
    const char *behind;
} factory = {.emitter = {.struct_size = sizeof(struct emitter_1_0),
                         .create = create,
                         .destroy = free,
                         .begin = begin,
                         .rows = take,
                         .finish = finish,
                         .abort = drop},
             .behind = "not a function"};

RAW_REGISTER(.magic = CG_MODULE_MAGIC, .abi_major = 1, .abi_minor = 0, .struct_size = sizeof raw_registration_,
             .kind = CG_KIND_EMITTER, .name = "old_emitter", .factory = &factory, SOUND_TEXTS)
