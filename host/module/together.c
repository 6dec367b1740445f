/*
 * Files that are probed together. To start a process takes longer than to load a sound module, and nearly all are
 * sound. A bad one costs its neighbours nothing but a probe of their own.
 */
#include "module/probe.h"
#include "module/set.h"

/* Probes what `batch` holds and keeps those that are sound. */
static size_t probe_batch(const struct cg_module_source *how, const struct cg_module_sound *batch, size_t count,
                          struct cg_module_sound *ret) {
    const char *files[CG_PROBE_TOGETHER_MAX];
    int32_t sound[CG_PROBE_TOGETHER_MAX];
    int64_t timeout = CG_PROBE_TOGETHER_TIMEOUT_US;
    size_t kept = 0;
    if (how->probe_timeout_us > 0 && how->probe_timeout_us < timeout)
        timeout = how->probe_timeout_us;
    for (size_t i = 0; i < count; i++)
        files[i] = batch[i].path;
    cg_module_probe_together(how->probe_program, files, count, timeout, sound);
    for (size_t i = 0; i < count; i++)
        if (sound[i])
            ret[kept++] = batch[i];
    return kept;
}

size_t cg_modules_probe_together(const struct cg_module_source *how, const char *const *paths, size_t count,
                                 struct cg_module_sound *ret) {
    struct cg_module_sound batch[CG_PROBE_TOGETHER_MAX];
    size_t waiting = 0;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct cg_error refused = {0};
        batch[waiting].path = paths[i];
        if (cg_module_file_check(paths[i], &batch[waiting].file, &refused) == CG_OK)
            waiting++;
        if (waiting == CG_PROBE_TOGETHER_MAX || (i + 1 == count && waiting > 1)) {
            kept += probe_batch(how, batch, waiting, ret + kept);
            waiting = 0;
        }
    }
    return kept;
}
