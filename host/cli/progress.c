#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/settings.h"

#define BAR_WIDTH 30
/* Without a terminal a line is written for every this many percent. */
#define PLAIN_STEP 25

void cg_progress_init(struct cg_progress *progress, const struct cg_settings *settings, int32_t quiet) {
    *progress = (struct cg_progress){
        .settings = settings, .quiet = quiet, .terminal = isatty(STDERR_FILENO) == 1, .percent = -1};
}

void cg_progress_clear(struct cg_progress *progress) {
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = 0;
}

static void show_bar(const char *tenant, const char *what, int64_t done, int64_t total, int64_t percent) {
    char bar[BAR_WIDTH + 1];
    int64_t filled = percent * BAR_WIDTH / 100;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    /* The cursor goes back to the line's start, so that a log line writes over the bar. */
    fprintf(stderr, "\r\033[K%s: %s [%s] %lld/%lld\r", tenant, what, bar, (long long)done, (long long)total);
}

void cg_progress_show(void *user, size_t tenant, const char *what, int64_t done, int64_t total) {
    struct cg_progress *progress = user;
    if (progress->quiet)
        return;
    const char *name = progress->settings->tenants[tenant].name;
    int64_t percent = total > 0 && done >= 0 && done <= total ? done * 100 / total : 0;
    int same = progress->tenant == tenant && strncmp(progress->what, what, sizeof progress->what - 1) == 0;
    int64_t step = progress->terminal ? 1 : PLAIN_STEP;
    if (same && percent / step == progress->percent / step && progress->percent >= 0)
        return;
    progress->tenant = tenant;
    progress->percent = percent;
    snprintf(progress->what, sizeof progress->what, "%s", what);
    if (progress->terminal) {
        show_bar(name, what, done, total, percent);
        progress->shown = 1;
    } else if (total > 0) {
        fprintf(stderr, "%s: %s %lld of %lld\n", name, what, (long long)done, (long long)total);
    } else {
        fprintf(stderr, "%s: %s %lld\n", name, what, (long long)done);
    }
}
