#include "sum.h"

#include <stdio.h>

#include <chitragupt/decimal.h>

/* SQLite hands out zeroed memory for the first row of a group; a zeroed decimal is the number 0. */
struct state {
    struct cg_decimal sum;
    int failed;
};

static void fail(sqlite3_context *context, struct state *state, const char *text, const char *reason) {
    char sentence[200];
    snprintf(sentence, sizeof sentence, "'%.60s' cannot be added up: %s", text, reason);
    state->failed = 1;
    sqlite3_result_error(context, sentence, -1);
}

static void step(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    struct state *state = sqlite3_aggregate_context(context, (int)sizeof *state);
    if (!state) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (state->failed || sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    const char *text = (const char *)sqlite3_value_text(values[0]);
    if (!text) {
        sqlite3_result_error_nomem(context);
        return;
    }
    struct cg_decimal value;
    cg_status status = cg_decimal_parse(text, (size_t)sqlite3_value_bytes(values[0]), &value);
    if (status != CG_OK)
        fail(context, state, text, "it is not a decimal number of at most 38 digits");
    else if (cg_decimal_add(&state->sum, &value, &state->sum) != CG_OK)
        fail(context, state, text, "the sum has more than 38 digits");
}

static void finish(sqlite3_context *context) {
    struct state *state = sqlite3_aggregate_context(context, 0);
    if (state && state->failed)
        return;
    char text[CG_DECIMAL_TEXT_SIZE] = "0";
    int length = 1;
    if (state)
        length = (int)cg_decimal_format(&state->sum, text);
    sqlite3_result_text(context, text, length, SQLITE_TRANSIENT);
}

int cg_sqlite_sum_register(sqlite3 *db) {
    return sqlite3_create_function_v2(db, "cg_sum", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
                                      NULL, step, finish, NULL);
}
