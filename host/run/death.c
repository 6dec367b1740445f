#include "run/death.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "run/job.h"

/** A function that killed this many workers of a run is not called any more in it; a tenant's run bears this many in
 * all. */
#define CRASHES_PER_SYMBOL 3
#define CRASHES_PER_RUN 30

/* ---- in words ---- */

/* The crumb was written by a process that went wrong: its texts must end. */
static void end_texts(struct cg_crumb *crumb) {
    crumb->module[sizeof crumb->module - 1] = '\0';
    crumb->symbol[sizeof crumb->symbol - 1] = '\0';
    crumb->function[sizeof crumb->function - 1] = '\0';
    crumb->what[sizeof crumb->what - 1] = '\0';
    crumb->line.env_id[sizeof crumb->line.env_id - 1] = '\0';
    crumb->line.resource_id[sizeof crumb->line.resource_id - 1] = '\0';
    crumb->line.product_type[sizeof crumb->line.product_type - 1] = '\0';
    crumb->line.product_category[sizeof crumb->line.product_category - 1] = '\0';
}

/* "allocator 'x' of module 'y' crashed (...) while it worked on 2026-06-01, PRODUCT on resource". */
static void describe(const struct cg_crumb *crumb, const char *how, char *text, size_t size) {
    char date[CG_TIME_TEXT_SIZE];
    if (!crumb->in_module) {
        snprintf(text, size, "the worker process %s", how);
    } else if (strcmp(crumb->module, CG_CRUMB_LOADING) == 0) {
        snprintf(text, size, "the worker process %s while it loaded the modules", how);
    } else if (crumb->has_line) {
        snprintf(text, size, "%s '%s' of module '%s' %s while it worked on %s, %s on %s", crumb->what, crumb->symbol,
                 crumb->module, how, cg_time_format_date(crumb->line.timestamp, date), crumb->line.product_type,
                 crumb->line.resource_id);
    } else {
        snprintf(text, size, "%s%s%s%s of module '%s' %s in %s()", crumb->what, *crumb->symbol ? " '" : "",
                 crumb->symbol, *crumb->symbol ? "'" : "", crumb->module, how, crumb->function);
    }
}

void cg_death_read(const struct cg_child_end *end, struct cg_death *ret) {
    *ret = (struct cg_death){.crumb = *end->crumb, .signal = end->signal, .delivered = end->delivered};
    end_texts(&ret->crumb);
    if (end->signal)
        snprintf(ret->how, sizeof ret->how, "crashed (signal %d, %s)", (int)end->signal, strsignal(end->signal));
    else
        snprintf(ret->how, sizeof ret->how, "ended %s (exit status %lld)",
                 ret->crumb.in_module ? "the process" : "too early", (long long)end->exit_status);
    if (end->delivered && !ret->crumb.in_module && !end->signal)
        snprintf(ret->how, sizeof ret->how, "ended with exit status %lld after it had told its result",
                 (long long)end->exit_status);
    else if (end->delivered && !ret->crumb.in_module)
        snprintf(ret->how, sizeof ret->how, "crashed (signal %d, %s) after it had told its result", (int)end->signal,
                 strsignal(end->signal));
    else if (end->signal && ret->crumb.out_of_memory > 0)
        snprintf(ret->how, sizeof ret->how,
                 "crashed (signal %d, %s) because the worker ran out of its memory of %d MiB "
                 "(features.worker_memory_mib)",
                 (int)end->signal, strsignal(end->signal), (int)ret->crumb.out_of_memory);
    describe(&ret->crumb, ret->how, ret->text, sizeof ret->text);
}

void cg_death_say_stopped(const struct cg_death *death, const char *why, char *text, size_t size) {
    char doing[sizeof death->text];
    describe(&death->crumb, "was running", doing, sizeof doing);
    int in_module = death->crumb.in_module != 0;
    snprintf(text, size, "%s%s%s", why, in_module ? ": " : "", in_module ? doing : "");
}

/* ---- what follows ---- */

static int in_emitter(const struct cg_crumb *crumb) {
    return crumb->in_module && strcmp(crumb->what, "emitter") == 0;
}

int cg_death_is_gather(const struct cg_death *death) {
    const struct cg_crumb *crumb = &death->crumb;
    return crumb->in_module && strcmp(crumb->what, "ecosystem") == 0 && strncmp(crumb->function, "gather_", 7) == 0;
}

const char *cg_death_next_job(const struct cg_death *death) {
    return in_emitter(&death->crumb) ? CG_JOB_EMIT : CG_JOB_RUN;
}

static uint32_t count_crashes(const struct cg_deaths *deaths, const struct cg_crumb *crumb) {
    uint32_t crashes = 0;
    for (size_t i = 0; i < deaths->quarantine_count; i++)
        crashes += strcmp(deaths->quarantine[i].module, crumb->module) == 0 &&
                   cg_crumb_symbol_is(deaths->quarantine[i].symbol, crumb->symbol);
    return crashes;
}

/* Whether there is something left that another worker can do. What an emitter does in validate() is part of every
 * start, so it cannot be gone around. */
static int can_go_on(const struct cg_deaths *deaths, const char *kind, const struct cg_death *death) {
    const struct cg_crumb *crumb = &death->crumb;
    if (!crumb->in_module || death->delivered || deaths->crashes > CRASHES_PER_RUN)
        return 0;
    if (in_emitter(crumb))
        return (strcmp(kind, CG_JOB_RUN) == 0 || strcmp(kind, CG_JOB_EMIT) == 0) &&
               strcmp(crumb->function, "validate") != 0 && count_crashes(deaths, crumb) == 0;
    return crumb->has_line && strcmp(kind, CG_JOB_RUN) == 0;
}

/* The same function at work, on the same line if it had one. */
static int same_work(const struct cg_crumb *left, const struct cg_crumb *right) {
    return strcmp(left->what, right->what) == 0 && strcmp(left->module, right->module) == 0 &&
           strcmp(left->symbol, right->symbol) == 0 && left->has_line == right->has_line &&
           (!left->has_line || memcmp(&left->line, &right->line, sizeof left->line) == 0);
}

/* SIGKILL comes from outside, from an operator or a system short of memory, and the function at work may be innocent:
 * it gets its line once more. */
static int forgive(struct cg_deaths *deaths, const struct cg_death *death) {
    if (death->signal != SIGKILL || (deaths->has_forgiven && same_work(&deaths->forgiven, &death->crumb)))
        return 0;
    deaths->has_forgiven = 1;
    deaths->forgiven = death->crumb;
    return 1;
}

/* Keeps the function away from the line it died on, an emitter from everything. */
static cg_status add_quarantine(struct cg_deaths *deaths, const struct cg_death *death) {
    const struct cg_crumb *crumb = &death->crumb;
    struct cg_quarantine *grown =
        realloc(deaths->quarantine, (deaths->quarantine_count + 1) * sizeof *deaths->quarantine);
    if (!grown)
        return CG_NO_MEMORY;
    deaths->quarantine = grown;
    struct cg_quarantine *entry = &grown[deaths->quarantine_count];
    int worn_out = !in_emitter(crumb) && count_crashes(deaths, crumb) + 1 >= CRASHES_PER_SYMBOL;
    *entry = (struct cg_quarantine){
        .module = cg_arena_string(deaths->arena, crumb->module),
        .symbol = cg_arena_string(deaths->arena, crumb->symbol),
        .whole_symbol = worn_out || in_emitter(crumb),
    };
    if (in_emitter(crumb))
        entry->reason = cg_arena_printf(deaths->arena, "%s in %s()", death->how, crumb->function);
    else if (worn_out)
        entry->reason = cg_arena_printf(deaths->arena, "%s; it is not called any more in this run after %d crashes",
                                        death->how, CRASHES_PER_SYMBOL);
    else
        entry->reason = cg_arena_string(deaths->arena, death->how);
    if (crumb->has_line)
        entry->line = crumb->line;
    if (!entry->module || !entry->symbol || !entry->reason)
        return CG_NO_MEMORY;
    deaths->quarantine_count++;
    return CG_OK;
}

enum cg_death_advice cg_deaths_add(struct cg_deaths *deaths, const char *kind, const struct cg_death *death) {
    deaths->crashes++;
    if (!can_go_on(deaths, kind, death))
        return CG_DEATH_GIVE_UP;
    if (forgive(deaths, death))
        return CG_DEATH_TRY_AGAIN;
    return add_quarantine(deaths, death) == CG_OK ? CG_DEATH_GO_WITHOUT : CG_DEATH_GIVE_UP;
}

void cg_deaths_done(struct cg_deaths *deaths) {
    free(deaths->quarantine);
    *deaths = (struct cg_deaths){.arena = deaths->arena};
}
