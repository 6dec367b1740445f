/* The two directories. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/set.h"

/* Most entries of a directory that are looked at. */
#define ENTRIES_MAX 65536u

/* The names in a directory that may stand for a module, sorted. */
struct names {
    struct cg_arena *arena;
    const char **items;
    size_t count;
    size_t capacity;
};

static int by_bytes(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static cg_status names_add(struct names *names, const char *name) {
    if (names->count == names->capacity) {
        size_t capacity = names->capacity ? names->capacity * 2 : 32;
        const char **items = realloc(names->items, capacity * sizeof *items);
        if (!items)
            return CG_NO_MEMORY;
        names->items = items;
        names->capacity = capacity;
    }
    const char *copy = cg_arena_string(names->arena, name);
    if (!copy)
        return CG_NO_MEMORY;
    names->items[names->count++] = copy;
    return CG_OK;
}

static cg_status names_read(struct names *names, DIR *directory, const char *path, const struct cg_log *log) {
    const struct dirent *entry;
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.' || entry->d_name[0] == '_')
            continue;
        if (names->count == ENTRIES_MAX) {
            cg_log_write(log, CG_MODULE_LOGGER, CG_LOG_WARNING,
                         "the plugin directory '%s' has more than %u entries; modules among the others are not found",
                         path, ENTRIES_MAX);
            break;
        }
        if (names_add(names, entry->d_name) != CG_OK)
            return CG_NO_MEMORY;
    }
    if (names->count > 0)
        qsort(names->items, names->count, sizeof *names->items, by_bytes);
    return CG_OK;
}

static int32_t ends_in_so(const char *name) {
    size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".so") == 0;
}

static int32_t exists(const char *path) {
    struct stat found;
    return lstat(path, &found) == 0;
}

/* The file that a name in a directory stands for: NAME.so, or NAME/NAME.so. 0: it stands for none. */
static int32_t module_path(const char *directory, const char *name, char path[PATH_MAX]) {
    int length = ends_in_so(name) ? snprintf(path, PATH_MAX, "%s/%s", directory, name)
                                  : snprintf(path, PATH_MAX, "%s/%s/%s.so", directory, name, name);
    /* No system call could open a longer one either. */
    return length >= 0 && length < PATH_MAX && (ends_in_so(name) || exists(path));
}

/* A package of the Python engine, whose owner is told what to do. */
static cg_status add_package(struct cg_modules *modules, const struct cg_module_source *source, const char *directory,
                             const char *name, struct cg_error *error) {
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s/__init__.py", directory, name);
    if (length < 0 || (size_t)length >= sizeof path || !exists(path))
        return CG_OK;
    path[strlen(directory) + 1 + strlen(name)] = '\0';
    return cg_modules_add_refused(modules, source, path,
                                  "it is a Python package, but modules are compiled shared objects; write it with "
                                  "the headers in <chitragupt/plugin.h> and put NAME.so or NAME/NAME.so here",
                                  error);
}

/* Probes the files of a directory together, as many as the set has room for; `source` then knows the sound ones. */
static cg_status probe_names(struct cg_modules *modules, const char *directory, const struct names *names,
                             struct cg_module_source *source) {
    char path[PATH_MAX];
    struct names paths = {.arena = modules->arena};
    const size_t room = CG_MODULES_MAX - modules->count;
    cg_status status = CG_OK;
    for (size_t i = 0; status == CG_OK && i < names->count && paths.count < room; i++)
        if (module_path(directory, names->items[i], path))
            status = names_add(&paths, path);
    struct cg_module_sound *sound =
        status == CG_OK ? cg_arena_alloc(modules->arena, (paths.count + 1) * sizeof *sound) : NULL;
    if (sound) {
        source->sound_count = cg_modules_probe_together(source, paths.items, paths.count, sound);
        source->sound = sound;
    }
    free(paths.items);
    return sound ? CG_OK : CG_NO_MEMORY;
}

static cg_status add_names(struct cg_modules *modules, const char *directory, const struct names *names,
                           const struct cg_module_source *how, struct cg_error *error) {
    struct cg_module_source source = *how;
    char path[PATH_MAX];
    cg_status status = CG_OK;
    if (source.probe_program)
        status = probe_names(modules, directory, names, &source);
    if (status != CG_OK)
        cg_error_no_memory(error);
    for (size_t i = 0; status == CG_OK && i < names->count; i++)
        status = module_path(directory, names->items[i], path)
                     ? cg_modules_add(modules, &source, path, error)
                     : add_package(modules, &source, directory, names->items[i], error);
    return status;
}

static cg_status add_directory(struct cg_modules *modules, const struct cg_module_source *source, const char *path,
                               struct cg_error *error) {
    DIR *directory = opendir(path);
    if (!directory) {
        cg_log_write(source->log, CG_MODULE_LOGGER, CG_LOG_WARNING, "the plugin directory '%s' cannot be read: %s",
                     path, strerror(errno));
        return CG_OK;
    }
    struct names names = {.arena = modules->arena};
    cg_status status = names_read(&names, directory, path, source->log);
    closedir(directory);
    if (status == CG_OK)
        status = add_names(modules, path, &names, source, error);
    else
        cg_error_no_memory(error);
    free(names.items);
    return status;
}

/* The absolute path of a directory; 0 when there is none, which is a warning. */
static int32_t resolve(const struct cg_modules_options *options, const char *what, const char *path, char *absolute) {
    if (!path || !path[0])
        return 0;
    struct stat found;
    if (realpath(path, absolute) && stat(absolute, &found) == 0) {
        if (S_ISDIR(found.st_mode))
            return 1;
        errno = ENOTDIR;
    }
    int failure = errno;
    char cwd[PATH_MAX];
    int32_t relative = path[0] != '/' && getcwd(cwd, sizeof cwd);
    cg_log_write(options->log, CG_MODULE_LOGGER, CG_LOG_WARNING, "%s '%s'%s%s%s: %s; no module is loaded from there",
                 what, path, relative ? " (relative to the working directory '" : "", relative ? cwd : "",
                 relative ? "')" : "", failure == ENOENT ? "the directory does not exist" : strerror(failure));
    return 0;
}

cg_status cg_modules_scan(const struct cg_modules_options *options, struct cg_modules **ret, struct cg_error *error) {
    struct cg_modules *modules = cg_modules_new();
    if (!modules)
        return cg_error_no_memory(error);
    char bundled[PATH_MAX] = "";
    char extra[PATH_MAX] = "";
    struct cg_module_source source = {.probe_program = options->probe_program,
                                      .probe_timeout_us = options->probe_timeout_us,
                                      .bundled = 1,
                                      .log = options->log};
    cg_status status = CG_OK;
    if (resolve(options, "the directory of the bundled modules", options->bundled_dir, bundled))
        status = add_directory(modules, &source, bundled, error);
    source.bundled = 0;
    if (status == CG_OK && resolve(options, "plugins_path", options->plugins_path, extra) &&
        strcmp(bundled, extra) != 0)
        status = add_directory(modules, &source, extra, error);
    if (status != CG_OK) {
        cg_modules_free(modules);
        return status;
    }
    *ret = modules;
    return CG_OK;
}
