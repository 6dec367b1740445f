/* An emitter that makes the trouble its params ask for, or none, and writes nothing. */
#include "parts.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static cg_status create(const struct cg_host *host, const struct cg_emitter_spec *spec, void **ret_instance) {
    const char *trouble = host->config->text(spec->params, "trouble", "none");
    *ret_instance = strdup(trouble);
    return *ret_instance ? CG_OK : CG_NO_MEMORY;
}

static void destroy(void *instance) {
    free(instance);
}

static cg_status begin(void *instance, const struct cg_emission *emission) {
    (void)instance;
    (void)emission;
    return CG_OK;
}

static cg_status take(void *instance, const struct cg_emitted_row *const *rows, size_t count) {
    (void)rows;
    (void)count;
    if (strcmp(instance, "abort") == 0)
        abort();
    while (strcmp(instance, "hang") == 0)
        (void)pause();
    return CG_OK;
}

static cg_status finish(void *instance) {
    (void)instance;
    return CG_OK;
}

static void drop(void *instance) {
    (void)instance;
}

static const struct cg_emitter emitter = {.struct_size = sizeof emitter,
                                          .create = create,
                                          .destroy = destroy,
                                          .begin = begin,
                                          .rows = take,
                                          .finish = finish,
                                          .abort = drop};

static const struct cg_option trouble_option = {
    .struct_size = sizeof trouble_option, .type = CG_OPTION_STRING, .key = "trouble", .help = "What to do."};
static const struct cg_option *const options[] = {&trouble_option};

CG_REGISTER(CG_KIND_EMITTER, "trouble_emitter", "1.0.0", "Trouble on demand", &emitter, options, 1)
