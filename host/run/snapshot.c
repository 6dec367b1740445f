#include "run/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/yaml.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* ---- memory files ---- */

static int write_all(int fd, const char *data, size_t length) {
    while (length) {
        ssize_t count = write(fd, data, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return 0;
        data += count;
        length -= (size_t)count;
    }
    return 1;
}

/* A memory file with these bytes that stays as it is. Error: CG_INVALID with the reason. */
static cg_status seal(const struct cg_buf *text, int *ret_fd, const char **ret_reason) {
    int fd = memfd_create("chitragupt-configuration", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && write_all(fd, cg_buf_text(text), text->length) && fcntl(fd, F_ADD_SEALS, SEALS) == 0) {
        *ret_fd = fd;
        return CG_OK;
    }
    *ret_reason = errno == EMFILE || errno == ENFILE ? "too many open files" : "no copy of it can be kept in memory";
    if (fd >= 0)
        (void)close(fd);
    return CG_INVALID;
}

/* Reads a memory file from its start; the offset is shared with other processes and not used. */
static cg_status read_sealed(int fd, size_t limit, struct cg_buf *text) {
    char chunk[16384];
    off_t at = 0;
    cg_buf_init(text, limit);
    for (;;) {
        ssize_t count = pread(fd, chunk, sizeof chunk, at);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return CG_INVALID;
        if (count == 0)
            return CG_OK;
        if (cg_buf_add(text, chunk, (size_t)count) != CG_OK)
            return text->status == CG_NO_MEMORY ? CG_NO_MEMORY : CG_INVALID;
        at += count;
    }
}

/* ---- life ---- */

static struct cg_snapshot *new_snapshot(const char *config_file, const char *env_file) {
    struct cg_snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot)
        return NULL;
    snapshot->config_fd = -1;
    snapshot->env_fd = -1;
    snapshot->config_file = strdup(config_file);
    snapshot->env_file = env_file ? strdup(env_file) : NULL;
    if (snapshot->config_file && (!env_file || snapshot->env_file))
        return snapshot;
    cg_snapshot_free(snapshot);
    return NULL;
}

void cg_snapshot_free(struct cg_snapshot *snapshot) {
    if (!snapshot)
        return;
    if (snapshot->config_fd >= 0)
        (void)close(snapshot->config_fd);
    if (snapshot->env_fd >= 0)
        (void)close(snapshot->env_fd);
    free(snapshot->config_file);
    free(snapshot->env_file);
    free(snapshot);
}

cg_status cg_snapshot_adopt(const char *config_file, int config_fd, const char *env_file, int env_fd,
                            struct cg_snapshot **ret) {
    struct cg_snapshot *snapshot = new_snapshot(config_file, env_file);
    if (!snapshot) {
        (void)close(config_fd);
        if (env_fd >= 0)
            (void)close(env_fd);
        return CG_NO_MEMORY;
    }
    snapshot->config_fd = config_fd;
    snapshot->env_fd = env_fd;
    *ret = snapshot;
    return CG_OK;
}

/* ---- taking ---- */

/* The .env beside the configuration, or NULL when there is none. Error: CG_NO_MEMORY. */
static cg_status find_env_file(const char *config_file, char **ret) {
    const char *slash = strrchr(config_file, '/');
    int folder = slash ? (int)(slash - config_file) + 1 : 0;
    struct cg_buf path;
    struct stat info;
    cg_buf_init(&path, (size_t)folder + sizeof ".env");
    if (cg_buf_printf(&path, "%.*s.env", folder, config_file) != CG_OK) {
        cg_buf_done(&path);
        return CG_NO_MEMORY;
    }
    if (stat(path.data, &info) != 0 || !S_ISREG(info.st_mode)) {
        cg_buf_done(&path);
        return CG_OK;
    }
    *ret = path.data;
    return CG_OK;
}

/* One file into a memory file. */
static cg_status take(const char *path, const char *what, size_t limit, struct cg_problems *problems, int *ret_fd) {
    const char *reason = "";
    struct cg_buf text;
    cg_status status = cg_file_read(path, limit, &text, &reason);
    if (status == CG_OK)
        status = seal(&text, ret_fd, &reason);
    if (status == CG_INVALID)
        cg_problems_add(problems, 0, path, 0, "", "The %s file '%s' cannot be loaded: %s.", what, path, reason);
    cg_buf_done(&text);
    return status;
}

cg_status cg_snapshot_take(const char *config_file, const char *env_file, struct cg_problems *problems,
                           struct cg_snapshot **ret) {
    char *found = NULL;
    cg_status status = env_file ? CG_OK : find_env_file(config_file, &found);
    if (status != CG_OK)
        return status;
    struct cg_snapshot *snapshot = new_snapshot(config_file, env_file ? env_file : found);
    free(found);
    if (!snapshot)
        return CG_NO_MEMORY;
    if (snapshot->env_file)
        status = take(snapshot->env_file, "environment", CG_DOTENV_MAX_BYTES, problems, &snapshot->env_fd);
    if (status == CG_OK)
        status = take(config_file, "configuration", CG_YAML_MAX_BYTES, problems, &snapshot->config_fd);
    if (status != CG_OK) {
        cg_snapshot_free(snapshot);
        return status;
    }
    *ret = snapshot;
    return CG_OK;
}

/* ---- loading ---- */

static cg_status load_env(const struct cg_snapshot *snapshot, struct cg_environment *environment,
                          struct cg_problems *problems) {
    struct cg_buf text;
    if (!snapshot->env_file)
        return CG_OK;
    cg_status status = read_sealed(snapshot->env_fd, CG_DOTENV_MAX_BYTES, &text);
    if (status == CG_OK)
        status = cg_dotenv_parse(cg_buf_text(&text), text.length, snapshot->env_file, environment, problems);
    cg_buf_done(&text);
    return status;
}

static cg_status load_config(const struct cg_snapshot *snapshot, const struct cg_environment *environment,
                             uint32_t flags, struct cg_problems *problems, struct cg_settings **ret) {
    struct cg_buf text;
    cg_status status = read_sealed(snapshot->config_fd, CG_YAML_MAX_BYTES, &text);
    if (status == CG_OK)
        status = cg_settings_load_text(cg_buf_text(&text), text.length, snapshot->config_file, environment, flags,
                                       problems, ret);
    cg_buf_done(&text);
    return status;
}

cg_status cg_snapshot_load(const struct cg_snapshot *snapshot, uint32_t flags, struct cg_problems *problems,
                           struct cg_settings **ret) {
    struct cg_environment *environment = cg_environment_new(1);
    struct cg_settings *settings = NULL;
    cg_status status = environment ? load_env(snapshot, environment, problems) : CG_NO_MEMORY;
    if (status == CG_OK)
        status = load_config(snapshot, environment, flags, problems, &settings);
    cg_environment_free(environment);
    if (status == CG_OK && snapshot->env_file) {
        settings->env_file = cg_arena_string(settings->document->arena, snapshot->env_file);
        if (!settings->env_file) {
            cg_settings_free(settings);
            status = CG_NO_MEMORY;
        }
    }
    if (status == CG_OK)
        *ret = settings;
    return status == CG_OK || status == CG_NO_MEMORY ? status : CG_INVALID;
}
