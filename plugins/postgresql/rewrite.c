#include "rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Type of texts, as the catalogue of every server numbers it. */
#define TEXT_TYPE 25u

/* Most cg_sum( ) inside one another. */
#define DEPTH 16

#define SUM_NAME "cg_sum"
#define SUM_HEAD "COALESCE(sum(CAST("
#define SUM_TAIL " AS numeric))"
#define SUM_END ", 0)"

struct rewriting {
    const char *at;
    struct cg_pg_sql *sql;
    size_t length;
    size_t room;
    uint32_t places_room;
    unsigned parentheses;
    unsigned sums[DEPTH];    /* parentheses around each cg_sum( that is open */
    unsigned filters[DEPTH]; /* and around each FILTER ( behind one */
    unsigned sum_count;
    unsigned filter_count;
};

static cg_status add(struct rewriting *rewriting, const char *text, size_t length) {
    if (rewriting->length + length + 1 > rewriting->room) {
        size_t room = (rewriting->length + length + 1) * 2;
        char *grown = realloc(rewriting->sql->text, room);
        if (!grown)
            return CG_NO_MEMORY;
        rewriting->sql->text = grown;
        rewriting->room = room;
    }
    memcpy(rewriting->sql->text + rewriting->length, text, length);
    rewriting->length += length;
    rewriting->sql->text[rewriting->length] = '\0';
    return CG_OK;
}

static cg_status add_text(struct rewriting *rewriting, const char *text) {
    return add(rewriting, text, strlen(text));
}

/* Copies as many bytes of the source. */
static cg_status copy(struct rewriting *rewriting, size_t length) {
    const char *from = rewriting->at;
    rewriting->at += length;
    return add(rewriting, from, length);
}

/* A doubled quote inside of quotes is seen as two quoted texts, which comes to the same. */
static cg_status copy_quoted(struct rewriting *rewriting) {
    const char *end = strchr(rewriting->at + 1, *rewriting->at);
    return end ? copy(rewriting, (size_t)(end + 1 - rewriting->at)) : CG_INVALID;
}

/* Comments of the standard may hold comments. */
static cg_status copy_comment(struct rewriting *rewriting) {
    const char *at = rewriting->at + 2;
    for (unsigned depth = 1; depth > 0;) {
        if (!*at)
            return CG_INVALID;
        if (strncmp(at, "*/", 2) == 0 || strncmp(at, "/*", 2) == 0) {
            depth = *at == '*' ? depth - 1 : depth + 1;
            at++;
        }
        at++;
    }
    return copy(rewriting, (size_t)(at - rewriting->at));
}

static int is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

static int is_at_word(const char *at, const char *word) {
    size_t length = strlen(word);
    return strncasecmp(at, word, length) == 0 && !is_word(at[length]);
}

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " \t\r\n");
}

static cg_status make_room_for_place(struct rewriting *rewriting) {
    struct cg_pg_sql *sql = rewriting->sql;
    if (sql->places >= CG_PG_MAX_PLACES)
        return CG_RANGE;
    if (sql->places < rewriting->places_room)
        return CG_OK;
    uint32_t room = rewriting->places_room ? rewriting->places_room * 2 : 16;
    uint32_t *numbers = realloc(sql->numbers, room * sizeof *numbers);
    if (!numbers)
        return CG_NO_MEMORY;
    sql->numbers = numbers;
    Oid *types = realloc(sql->types, room * sizeof *types);
    if (!types)
        return CG_NO_MEMORY;
    sql->types = types;
    rewriting->places_room = room;
    return CG_OK;
}

static cg_status add_parameter(struct rewriting *rewriting) {
    struct cg_pg_sql *sql = rewriting->sql;
    char *end = NULL;
    const char *digits = rewriting->at + 1;
    unsigned long number = *digits >= '0' && *digits <= '9' ? strtoul(digits, &end, 10) : 0;
    if (number == 0)
        return CG_INVALID;
    if (number > CG_PG_MAX_PLACES)
        return CG_RANGE;
    cg_status status = make_room_for_place(rewriting);
    if (status != CG_OK)
        return status;
    sql->numbers[sql->places] = (uint32_t)number;
    sql->types[sql->places] = is_at_word(skip_blanks(end), "IS") ? TEXT_TYPE : 0;
    sql->places++;
    sql->highest = sql->highest < number ? (uint32_t)number : sql->highest;
    rewriting->at = end;
    char text[16];
    snprintf(text, sizeof text, "$%u", (unsigned)sql->places);
    return add_text(rewriting, text);
}

static cg_status copy_word(struct rewriting *rewriting) {
    const char *at = rewriting->at;
    size_t length = 0;
    while (is_word(at[length]))
        length++;
    const char *after = skip_blanks(at + length);
    if (length != strlen(SUM_NAME) || strncasecmp(at, SUM_NAME, length) != 0 || *after != '(')
        return copy(rewriting, length);
    if (rewriting->sum_count == DEPTH)
        return CG_RANGE;
    rewriting->sums[rewriting->sum_count++] = rewriting->parentheses++;
    rewriting->at = after + 1;
    return add_text(rewriting, SUM_HEAD);
}

/* Closes what the parenthesis closes: a sum, which may have a filter behind it, or such a filter. */
static cg_status close_parenthesis(struct rewriting *rewriting) {
    if (rewriting->parentheses > 0)
        rewriting->parentheses--;
    unsigned depth = rewriting->parentheses;
    if (rewriting->sum_count > 0 && rewriting->sums[rewriting->sum_count - 1] == depth) {
        rewriting->sum_count--;
        rewriting->at++;
        cg_status status = add_text(rewriting, SUM_TAIL);
        const char *after = skip_blanks(rewriting->at);
        const char *open = is_at_word(after, "FILTER") ? skip_blanks(after + strlen("FILTER")) : "";
        if (status != CG_OK || *open != '(')
            return status == CG_OK ? add_text(rewriting, SUM_END) : status;
        if (rewriting->filter_count == DEPTH)
            return CG_RANGE;
        rewriting->filters[rewriting->filter_count++] = rewriting->parentheses++;
        return copy(rewriting, (size_t)(open + 1 - rewriting->at));
    }
    cg_status status = copy(rewriting, 1);
    if (status == CG_OK && rewriting->filter_count > 0 && rewriting->filters[rewriting->filter_count - 1] == depth) {
        rewriting->filter_count--;
        status = add_text(rewriting, SUM_END);
    }
    return status;
}

static cg_status rewrite_next(struct rewriting *rewriting) {
    const char *at = rewriting->at;
    if (*at == '\'' || *at == '"')
        return copy_quoted(rewriting);
    if (strncmp(at, "--", 2) == 0)
        return copy(rewriting, strcspn(at, "\n"));
    if (strncmp(at, "/*", 2) == 0)
        return copy_comment(rewriting);
    if (*at == '?')
        return add_parameter(rewriting);
    if (*at == ')')
        return close_parenthesis(rewriting);
    if (is_word(*at))
        return copy_word(rewriting);
    rewriting->parentheses += *at == '(';
    return copy(rewriting, 1);
}

cg_status cg_pg_rewrite(const char *sql, struct cg_pg_sql *ret) {
    struct cg_pg_sql made = {0};
    struct rewriting rewriting = {.at = sql, .sql = &made};
    cg_status status = add(&rewriting, "", 0);
    while (status == CG_OK && *rewriting.at)
        status = rewrite_next(&rewriting);
    if (status == CG_OK && rewriting.sum_count > 0)
        status = CG_INVALID;
    if (status != CG_OK) {
        cg_pg_sql_done(&made);
        return status;
    }
    *ret = made;
    return CG_OK;
}

void cg_pg_sql_done(struct cg_pg_sql *sql) {
    free(sql->text);
    free(sql->numbers);
    free(sql->types);
    *sql = (struct cg_pg_sql){0};
}
