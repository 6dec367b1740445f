#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/print.h"
#include "engine/tenant_store.h"
#include "store/report.h"

/* Columns of texts grow up to this many characters. */
#define WIDEST_COLUMN ((size_t)44)

/* What of the command line concerns one tenant's report. */
struct span {
    int64_t start;
    int64_t end; /* exclusive */
    size_t top;  /* 0 = all */
};

static int parse_day(const char *text, const char *option, int64_t *ret) {
    if (!text || cg_time_parse_date(text, ret) == CG_OK)
        return CG_EXIT_OK;
    fprintf(stderr, "chitragupt: --%s needs a day as YYYY-MM-DD, not '%s'\n", option, text);
    return CG_EXIT_USAGE;
}

static int parse_span(const struct cg_options *options, struct span *ret) {
    int64_t last = 0;
    cg_time_from_date(1, 1, 1, &ret->start);
    cg_time_from_date(9999, 12, 30, &last);
    ret->top = (size_t)options->top;
    int exit_status = parse_day(options->from, "from", &ret->start);
    if (exit_status == CG_EXIT_OK)
        exit_status = parse_day(options->to, "to", &last);
    ret->end = last + CG_DAY_US;
    if (exit_status == CG_EXIT_OK && ret->start >= ret->end) {
        fputs("chitragupt: --from must not be later than --to\n", stderr);
        exit_status = CG_EXIT_USAGE;
    }
    return exit_status;
}

/* Digits behind the point in a plain decimal text. */
static size_t places(const char *text) {
    const char *point = strchr(text, '.');
    return point ? strlen(point) : 0;
}

struct amounts {
    size_t before; /* widest part up to the point */
    size_t behind; /* widest part from the point on */
};

static void widen(struct amounts *amounts, const struct cg_decimal *value) {
    char text[CG_DECIMAL_TEXT_SIZE];
    cg_decimal_format(value, text);
    size_t behind = places(text);
    size_t before = strlen(text) - behind;
    if (before > amounts->before)
        amounts->before = before;
    if (behind > amounts->behind)
        amounts->behind = behind;
}

/* Prints an amount so that points stand below each other. */
static void print_amount(const struct amounts *amounts, const struct cg_decimal *value) {
    char text[CG_DECIMAL_TEXT_SIZE];
    cg_decimal_format(value, text);
    size_t behind = places(text);
    printf("%*s%s%*s", (int)(amounts->before - (strlen(text) - behind)), "", text, (int)(amounts->behind - behind), "");
}

/* Characters of the widest text of a column. */
static size_t width(const struct cg_owed *rows, size_t count, size_t offset, size_t least) {
    size_t most = least;
    for (size_t i = 0; i < count; i++) {
        const char *text = NULL;
        memcpy(&text, (const char *)&rows[i] + offset, sizeof text);
        if (text && cg_text_count(text) > most)
            most = cg_text_count(text);
    }
    return most < WIDEST_COLUMN ? most : WIDEST_COLUMN;
}

/* The rows shown, a row for those that are not, and the total. */
static void print_rows(const struct cg_owed *rows, size_t count, size_t shown, const struct cg_decimal *rest,
                       const struct cg_decimal *total) {
    struct amounts amounts = {.before = 0};
    for (size_t i = 0; i < shown; i++)
        widen(&amounts, &rows[i].amount);
    widen(&amounts, rest);
    widen(&amounts, total);
    size_t ids = width(rows, shown, offsetof(struct cg_owed, identity_id), sizeof "IDENTITY");
    size_t names = width(rows, shown, offsetof(struct cg_owed, identity_name), sizeof "NAME");
    size_t products = width(rows, shown, offsetof(struct cg_owed, product_type), sizeof "PRODUCT");
    printf("  %-*s  %-*s  %-*s  %*s\n", (int)ids, "IDENTITY", (int)names, "NAME", (int)products, "PRODUCT",
           (int)(amounts.before + amounts.behind), "AMOUNT");
    for (size_t i = 0; i < shown; i++) {
        fputs("  ", stdout);
        cg_print_whole_cell(stdout, rows[i].identity_id, 2, ids);
        fputs("  ", stdout);
        cg_print_cell(stdout, rows[i].identity_name ? rows[i].identity_name : "", names);
        fputs("  ", stdout);
        cg_print_whole_cell(stdout, rows[i].product_type, ids + names + 6, products);
        fputs("  ", stdout);
        print_amount(&amounts, &rows[i].amount);
        putchar('\n');
    }
    char more[64];
    snprintf(more, sizeof more, "(%zu more)", count - shown);
    if (count > shown) {
        printf("  %-*s  ", (int)(ids + names + products) + 4, more);
        print_amount(&amounts, rest);
        putchar('\n');
    }
    printf("  %-*s  ", (int)(ids + names + products) + 4, "TOTAL");
    print_amount(&amounts, total);
    putchar('\n');
}

static void print_books(const struct cg_reconciliation *books, int balanced) {
    struct amounts amounts = {.before = 0};
    widen(&amounts, &books->billed);
    widen(&amounts, &books->allocated);
    widen(&amounts, &books->unallocated);
    const struct {
        const char *name;
        const struct cg_decimal *value;
    } lines[] = {{"billed", &books->billed}, {"allocated", &books->allocated}, {"unallocated", &books->unallocated}};
    putchar('\n');
    for (size_t i = 0; i < 3; i++) {
        printf("  %-12s ", lines[i].name);
        print_amount(&amounts, lines[i].value);
        putchar('\n');
    }
    printf("  billed = allocated + unallocated: %s (%llu billing lines, %llu rows, %llu days)\n",
           balanced ? "yes, to the last digit" : "NO", (unsigned long long)books->lines,
           (unsigned long long)books->rows, (unsigned long long)books->dates);
}

static cg_status print_report(struct cg_store *store, const char *tenant, const struct span *span,
                              struct cg_arena *arena, int *ret_balanced, struct cg_error *error) {
    struct cg_owed *rows = NULL;
    size_t count = 0;
    struct cg_reconciliation books;
    cg_status status = cg_store_report(store, span->start, span->end, arena, &rows, &count, error);
    if (status == CG_OK)
        status = cg_store_reconcile(store, span->start, span->end, &books, error);
    if (status != CG_OK)
        return status;
    size_t shown = span->top && span->top < count ? span->top : count;
    struct cg_decimal total = {0};
    struct cg_decimal rest = {0};
    struct cg_decimal both = {0};
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        status = cg_decimal_add(&total, &rows[i].amount, &total);
        if (status == CG_OK && i >= shown)
            status = cg_decimal_add(&rest, &rows[i].amount, &rest);
    }
    if (status == CG_OK)
        status = cg_decimal_add(&books.allocated, &books.unallocated, &both);
    if (status != CG_OK)
        return cg_error_set(error, status, "the sum of all amounts does not fit");
    printf("Tenant %s: who owes what\n\n", tenant);
    print_rows(rows, count, shown, &rest, &total);
    *ret_balanced = cg_decimal_compare(&both, &books.billed) == 0 && cg_decimal_compare(&both, &total) == 0;
    print_books(&books, *ret_balanced);
    putchar('\n');
    return CG_OK;
}

static int report_tenant(struct cg_context *context, const struct cg_tenant_settings *tenant, const struct span *span) {
    struct cg_error error = {0};
    struct cg_tenant_store database = {0};
    struct cg_services_shared shared = {.log = context->log};
    struct cg_arena *arena = cg_arena_new();
    int balanced = 0;
    cg_status status = arena ? CG_OK : cg_error_no_memory(&error);
    if (status == CG_OK)
        status = cg_tenant_store_open(context->modules, tenant, &shared, CG_STORE_READ_ONLY, &database, &error);
    if (status == CG_OK)
        status = print_report(database.store, tenant->name, span, arena, &balanced, &error);
    if (status == CG_NOT_FOUND && !database.store)
        fprintf(stderr,
                "chitragupt: report: tenant '%s' has no database yet, so there is nothing to report; do a run first: "
                "chitragupt --config-file %s --run-once\n",
                tenant->name, context->settings->file);
    else if (status != CG_OK)
        fprintf(stderr, "chitragupt: report: tenant '%s': %s\n", tenant->name,
                cg_store_sentence(tenant->name, error.text));
    cg_tenant_store_close(&database);
    cg_arena_free(arena);
    return status == CG_OK && balanced ? CG_EXIT_OK : CG_EXIT_FAILED;
}

static int report(struct cg_context *context, const struct span *span) {
    const char *wanted = context->options->tenant;
    int exit_status = CG_EXIT_OK;
    size_t found = 0;
    for (size_t i = 0; i < context->settings->tenant_count; i++) {
        const struct cg_tenant_settings *tenant = &context->settings->tenants[i];
        if (wanted && strcmp(tenant->name, wanted) != 0)
            continue;
        found++;
        if (report_tenant(context, tenant, span) != CG_EXIT_OK)
            exit_status = CG_EXIT_FAILED;
    }
    if (wanted && !found) {
        fprintf(stderr, "chitragupt: report: there is no tenant '%s' in %s\n", wanted, context->settings->file);
        exit_status = CG_EXIT_FAILED;
    }
    return exit_status;
}

int cg_command_report(const struct cg_options *options) {
    struct span span;
    struct cg_context context = {0};
    int exit_status = parse_span(options, &span);
    if (exit_status != CG_EXIT_OK)
        return exit_status;
    exit_status = cg_context_open(options, &context);
    if (exit_status == CG_EXIT_OK && cg_context_broken(&context)) {
        cg_context_print_problems(&context);
        exit_status = CG_EXIT_FAILED;
    } else if (exit_status == CG_EXIT_OK) {
        exit_status = report(&context, &span);
    }
    cg_context_done(&context);
    return exit_status;
}
