#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/print.h"
#include "config/settings.h"

#define BAR_WIDTH 30
/* Without a terminal a line is written for every this many percent. */
#define PLAIN_STEP 25
/* A terminal that does not say how wide it is, and one too narrow to be believed. */
#define USUAL_COLUMNS 80
#define LEAST_COLUMNS 20

void cg_progress_init(struct cg_progress *progress, const struct cg_settings *settings, int32_t quiet) {
    *progress = (struct cg_progress){.settings = settings, .quiet = quiet, .terminal = isatty(STDERR_FILENO) == 1};
    /* Whoever reads the log as JSON should find objects only. */
    progress->quiet |= settings->log_json && !progress->terminal;
    if (!progress->quiet)
        progress->tenants = calloc(settings->tenant_count + 1, sizeof *progress->tenants);
}

void cg_progress_done(struct cg_progress *progress) {
    free(progress->tenants);
    progress->tenants = NULL;
}

void cg_progress_clear(struct cg_progress *progress) {
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = 0;
}

static void add_bar(struct cg_buf *line, const struct cg_progress_tenant *tenant) {
    if (tenant->total <= 0) {
        cg_buf_printf(line, "%lld", (long long)tenant->done);
        return;
    }
    cg_buf_add_char(line, '[');
    for (int64_t i = 0; i < BAR_WIDTH; i++)
        cg_buf_add_char(line, i < tenant->percent * BAR_WIDTH / 100 ? '#' : '.');
    cg_buf_printf(line, "] %lld/%lld", (long long)tenant->done, (long long)tenant->total);
}

static void add_number(struct cg_buf *line, const struct cg_progress_tenant *tenant) {
    if (tenant->total > 0)
        cg_buf_printf(line, "%lld%%", (long long)tenant->percent);
    else
        cg_buf_printf(line, "%lld", (long long)tenant->done);
}

static size_t count_active(const struct cg_progress *progress) {
    size_t active = 0;
    for (size_t i = 0; i < progress->settings->tenant_count; i++)
        active += progress->tenants[i].active != 0;
    return active;
}

char *cg_progress_line(const struct cg_progress *progress, size_t columns, char buffer[CG_PROGRESS_LINE_SIZE]) {
    struct cg_buf line;
    size_t active = count_active(progress);
    cg_buf_init(&line, (size_t)64 * 1024);
    for (size_t i = 0; i < progress->settings->tenant_count && line.length < CG_PROGRESS_LINE_SIZE; i++) {
        const struct cg_progress_tenant *tenant = &progress->tenants[i];
        if (!tenant->active)
            continue;
        cg_buf_printf(&line, "%s%s: %s ", line.length ? ", " : "", progress->settings->tenants[i].name, tenant->what);
        if (active == 1)
            add_bar(&line, tenant);
        else
            add_number(&line, tenant);
    }
    int needed = snprintf(buffer, CG_PROGRESS_LINE_SIZE, "%s", cg_buf_text(&line));
    cg_text_clean(buffer, CG_PROGRESS_LINE_SIZE, needed >= CG_PROGRESS_LINE_SIZE);
    cg_buf_done(&line);
    /* A character in the last column makes some terminals go to the next line. */
    size_t room = (columns < LEAST_COLUMNS ? LEAST_COLUMNS : columns) - 1;
    if (cg_text_count(buffer) > room)
        memcpy(buffer + cg_text_prefix(buffer, room - 3), "...", 4);
    return buffer;
}

static void draw(struct cg_progress *progress) {
    struct winsize size = {0};
    char line[CG_PROGRESS_LINE_SIZE];
    int known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    /* The cursor goes back to the line's start, so that a log line writes over it. */
    fprintf(stderr, "\r\033[K%s\r", cg_progress_line(progress, known ? size.ws_col : USUAL_COLUMNS, line));
    progress->shown = 1;
}

static void print_plain(const char *name, const struct cg_progress_tenant *tenant) {
    cg_print_clean(stderr, name);
    if (tenant->total > 0)
        fprintf(stderr, ": %s %lld of %lld\n", tenant->what, (long long)tenant->done, (long long)tenant->total);
    else
        fprintf(stderr, ": %s %lld\n", tenant->what, (long long)tenant->done);
}

void cg_progress_show(void *user, size_t tenant, const char *what, int64_t done, int64_t total) {
    struct cg_progress *progress = user;
    if (!progress->tenants)
        return;
    struct cg_progress_tenant *shown = &progress->tenants[tenant];
    struct cg_progress_tenant now = {.active = 1, .done = done, .total = total};
    int needed = snprintf(now.what, sizeof now.what, "%s", what);
    cg_text_clean(now.what, sizeof now.what, needed < 0 || (size_t)needed >= sizeof now.what);
    if (total > 0 && done >= 0 && done <= total)
        now.percent = total < INT64_MAX / 100 ? done * 100 / total : done / (total / 100);
    int64_t step = progress->terminal ? 1 : PLAIN_STEP;
    int same = shown->active && strcmp(shown->what, now.what) == 0 && now.percent / step == shown->percent / step;
    int counts = progress->terminal && total <= 0 && done != shown->done;
    if (same && !counts)
        return;
    *shown = now;
    if (progress->terminal)
        draw(progress);
    else
        print_plain(progress->settings->tenants[tenant].name, shown);
}

void cg_progress_finished(void *user, size_t tenant) {
    struct cg_progress *progress = user;
    if (!progress->tenants || !progress->tenants[tenant].active)
        return;
    progress->tenants[tenant].active = 0;
    if (progress->shown && count_active(progress) > 0)
        draw(progress);
    else
        cg_progress_clear(progress);
}
