/*
 * Files that are probed together. To start a process takes longer than to load a sound module, and nearly all are
 * sound. A bad one costs its neighbours nothing but a probe of their own.
 */
#include "module/probe.h"
#include "module/set.h"

/* Probes what `batch` holds and keeps those that are sound. */
static size_t probe_batch(const char *program, const struct cg_module_sound *batch, size_t count,
                          struct cg_module_sound *ret) {
    const char *files[CG_PROBE_TOGETHER_MAX];
    int32_t sound[CG_PROBE_TOGETHER_MAX];
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        files[i] = batch[i].path;
    cg_module_probe_together(program, files, count, CG_PROBE_TOGETHER_TIMEOUT_US, sound);
    for (size_t i = 0; i < count; i++)
        if (sound[i])
            ret[kept++] = batch[i];
    return kept;
}

size_t cg_modules_probe_together(const char *program, const char *const *paths, size_t count,
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
            kept += probe_batch(program, batch, waiting, ret + kept);
            waiting = 0;
        }
    }
    return kept;
}
