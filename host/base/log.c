#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/log_json.h"
#include "base/log_text.h"
#include "base/text.h"

_Static_assert(CG_LOG_LINE_SIZE <= PIPE_BUF, "a longer write to a pipe may be torn");

/* How a log writes. Constant; exchanged as a whole. */
struct manner {
    struct cg_arena *arena; /* in which the manner itself lies */
    int32_t json;
    uint32_t level;
    struct cg_log_level *levels;
    size_t level_count;
    struct cg_log_format format;
};

/* What changes while others write: held for as long as it takes to put a line together, not to write it. */
struct shared {
    pthread_rwlock_t lock;
    struct manner *manner;
    struct cg_log_context context;
};

struct cg_log {
    int fd;
    struct timespec started;
    struct shared *shared;
};

/* ---- levels ---- */

static const struct {
    const char *name;
    uint32_t level;
} level_names[] = {
    {"CRITICAL", CG_LOG_CRITICAL}, {"ERROR", CG_LOG_ERROR}, {"WARNING", CG_LOG_WARNING},
    {"INFO", CG_LOG_INFO},         {"DEBUG", CG_LOG_DEBUG},
};

uint32_t cg_log_level_parse(const char *text) {
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++)
        if (strcasecmp(level_names[i].name, text) == 0)
            return level_names[i].level;
    return 0;
}

const char *cg_log_level_name(uint32_t level) {
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++)
        if (level >= level_names[i].level)
            return level_names[i].name;
    return "DEBUG";
}

/* ---- opening ---- */

static cg_status copy_levels(struct manner *manner, const struct cg_log_level *levels, size_t count) {
    manner->levels = cg_arena_array(manner->arena, count, sizeof *levels);
    if (!manner->levels)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        manner->levels[i] = (struct cg_log_level){cg_arena_string(manner->arena, levels[i].name), levels[i].level};
        if (!manner->levels[i].name)
            return CG_NO_MEMORY;
    }
    manner->level_count = count;
    return CG_OK;
}

static void free_manner(struct manner *manner) {
    if (manner)
        cg_arena_free(manner->arena);
}

static cg_status new_manner(const struct cg_log_setup *setup, struct manner **ret) {
    struct cg_arena *arena = cg_arena_new();
    struct manner *manner = arena ? cg_arena_alloc(arena, sizeof *manner) : NULL;
    if (!manner) {
        cg_arena_free(arena);
        return CG_NO_MEMORY;
    }
    *manner = (struct manner){.arena = arena, .json = setup->json, .level = setup->level};
    cg_status status = cg_log_format_parse(setup->format, arena, &manner->format);
    if (status == CG_OK && setup->level_count)
        status = copy_levels(manner, setup->levels, setup->level_count);
    if (status != CG_OK) {
        free_manner(manner);
        return status;
    }
    *ret = manner;
    return CG_OK;
}

cg_status cg_log_open(int fd, const struct cg_log_setup *setup, struct cg_log **ret) {
    struct manner *manner = NULL;
    cg_status status = new_manner(setup, &manner);
    if (status != CG_OK)
        return status;
    struct cg_log *log = calloc(1, sizeof *log);
    struct shared *shared = calloc(1, sizeof *shared);
    if (!log || !shared || pthread_rwlock_init(&shared->lock, NULL) != 0) {
        free(log);
        free(shared);
        free_manner(manner);
        return CG_NO_MEMORY;
    }
    clock_gettime(CLOCK_REALTIME, &log->started);
    log->fd = fd;
    log->shared = shared;
    shared->manner = manner;
    *ret = log;
    return CG_OK;
}

cg_status cg_log_new(int fd, uint32_t level, const char *format, const struct cg_log_level *levels, size_t level_count,
                     struct cg_log **ret) {
    const struct cg_log_setup setup = {.level = level, .format = format, .levels = levels, .level_count = level_count};
    return cg_log_open(fd, &setup, ret);
}

cg_status cg_log_reconfigure(struct cg_log *log, const struct cg_log_setup *setup) {
    struct manner *manner = NULL;
    cg_status status = new_manner(setup, &manner);
    if (status != CG_OK)
        return status;
    pthread_rwlock_wrlock(&log->shared->lock);
    struct manner *before = log->shared->manner;
    log->shared->manner = manner;
    pthread_rwlock_unlock(&log->shared->lock);
    free_manner(before);
    return CG_OK;
}

void cg_log_free(struct cg_log *log) {
    if (!log)
        return;
    free_manner(log->shared->manner);
    pthread_rwlock_destroy(&log->shared->lock);
    free(log->shared);
    free(log);
}

/* ---- the context ---- */

static void set_text(struct cg_log *log, char *field, size_t size, const char *text) {
    pthread_rwlock_wrlock(&log->shared->lock);
    snprintf(field, size, "%s", text ? text : "");
    field[cg_text_whole(field, strlen(field))] = '\0';
    pthread_rwlock_unlock(&log->shared->lock);
}

void cg_log_set_tenant(struct cg_log *log, const char *tenant) {
    if (log)
        set_text(log, log->shared->context.tenant, sizeof log->shared->context.tenant, tenant);
}

void cg_log_set_stage(struct cg_log *log, const char *stage) {
    if (log)
        set_text(log, log->shared->context.stage, sizeof log->shared->context.stage, stage);
}

void cg_log_set_run(struct cg_log *log, int64_t run) {
    if (!log)
        return;
    pthread_rwlock_wrlock(&log->shared->lock);
    log->shared->context.run = run;
    pthread_rwlock_unlock(&log->shared->lock);
}

/* ---- writing ---- */

/* With the lock held. */
static int32_t is_enabled(const struct manner *manner, const char *name, uint32_t level) {
    uint32_t needed = manner->level;
    size_t best = 0;
    for (size_t i = 0; i < manner->level_count; i++) {
        size_t length = strlen(manner->levels[i].name);
        int below = strncmp(name, manner->levels[i].name, length) == 0 && (!name[length] || name[length] == '.');
        if (below && length >= best) {
            best = length;
            needed = manner->levels[i].level;
        }
    }
    return level >= needed;
}

int32_t cg_log_enabled(const struct cg_log *log, const char *name, uint32_t level) {
    if (!log)
        return 0;
    pthread_rwlock_rdlock(&log->shared->lock);
    int32_t enabled = is_enabled(log->shared->manner, name, level);
    pthread_rwlock_unlock(&log->shared->lock);
    return enabled;
}

static void write_all(int fd, const char *line, size_t length) {
    while (length) {
        ssize_t written = write(fd, line, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        line += written;
        length -= (size_t)written;
    }
}

void cg_log_write(const struct cg_log *log, const char *name, uint32_t level, const char *format, ...) {
    va_list args;
    va_start(args, format);
    cg_log_writev(log, name, level, format, args);
    va_end(args);
}

void cg_log_writev(const struct cg_log *log, const char *name, uint32_t level, const char *format, va_list args) {
    if (!cg_log_enabled(log, name, level))
        return;
    /* Longer than a line: what does not fit in here is cut from the line anyway. */
    char message[CG_LOG_LINE_SIZE + 8];
    struct cg_log_line line;
    struct cg_log_event event = {.name = name, .level = level, .message = message};
    struct shared *shared = log->shared;
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = '\0';
    clock_gettime(CLOCK_REALTIME, &event.time);
    cg_log_line_start(&line);
    pthread_rwlock_rdlock(&shared->lock);
    event.context = &shared->context;
    if (shared->manner->json)
        cg_log_write_json(&event, &line);
    else
        cg_log_write_text(&shared->manner->format, &event, &log->started, &line);
    pthread_rwlock_unlock(&shared->lock);
    line.text[line.used++] = '\n';
    write_all(log->fd, line.text, line.used);
}
