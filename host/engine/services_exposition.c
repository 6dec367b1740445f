#include "engine/services_exposition.h"

#include <stdlib.h>

#include "config/node.h"
#include "engine/services.h"
#include "expose/writer.h"

struct cg_exposition {
    struct cg_services *services;
    struct cg_expose_writer *writer;
    const char *entry;
    int64_t max_mib;
    int told; /* that samples were removed for want of room */
};

static cg_status exposition_open(const struct cg_host *host, const struct cg_emitter_spec *spec,
                                 const struct cg_exposition_family *const *families, size_t count,
                                 struct cg_exposition **ret) {
    struct cg_services *services = host->impl;
    struct cg_exposition *exposition = calloc(1, sizeof *exposition);
    if (!exposition)
        return cg_error_no_memory(&services->error);
    exposition->services = services;
    exposition->entry = spec->name;
    exposition->max_mib = cg_config_integer(spec->params, "max_mib", 512);
    const struct cg_expose_writer_options options = {
        .directory = cg_config_text(spec->params, "directory", "data/metrics"),
        .tenant = spec->tenant_name,
        .entry = spec->name,
        .keep_days = cg_config_integer(spec->params, "keep_days", 14),
        .max_bytes = (uint64_t)exposition->max_mib * 1024 * 1024,
    };
    cg_status status = cg_expose_writer_new(&options, families, count, &exposition->writer, &services->error);
    if (status != CG_OK) {
        free(exposition);
        return status;
    }
    *ret = exposition;
    return CG_OK;
}

static void exposition_close(struct cg_exposition *exposition) {
    if (!exposition)
        return;
    cg_expose_writer_free(exposition->writer);
    free(exposition);
}

static cg_status exposition_begin(struct cg_exposition *exposition, const struct cg_emission *emission) {
    return cg_expose_writer_begin(exposition->writer, emission, &exposition->services->error);
}

static cg_status exposition_sample(struct cg_exposition *exposition, uint32_t family, const char *const *values,
                                   const char *amount) {
    return cg_expose_writer_sample(exposition->writer, family, values, amount, &exposition->services->error);
}

static cg_status exposition_finish(struct cg_exposition *exposition) {
    const struct cg_services *services = exposition->services;
    size_t removed = 0;
    cg_status status = cg_expose_writer_finish(exposition->writer, &removed, &exposition->services->error);
    if (removed && !exposition->told) {
        exposition->told = 1;
        cg_log_write(services->shared.log, services->logger, CG_LOG_WARNING,
                     "emitter '%s': the samples take more than max_mib (%lld MiB), so the dates that were emitted "
                     "first are no longer shown",
                     exposition->entry, (long long)exposition->max_mib);
    }
    return status;
}

static void exposition_abort(struct cg_exposition *exposition) {
    cg_expose_writer_abort(exposition->writer);
}

const struct cg_exposition_api cg_exposition_api_table = {
    .struct_size = sizeof cg_exposition_api_table,
    .open = exposition_open,
    .close = exposition_close,
    .begin = exposition_begin,
    .sample = exposition_sample,
    .finish = exposition_finish,
    .abort = exposition_abort,
};
