#include "net/prometheus_notes.h"

#include <stdlib.h>
#include <string.h>

/* Longer names are not remembered. */
#define LONGEST_NAME 100u

/* ---- labels ---- */

/* Puts a name in its place, unless it is there. */
static cg_status add_name(const char *name, size_t length, struct cg_arena *arena,
                          struct cg_prometheus_answer *answer) {
    size_t at = 0;
    while (at < answer->name_count && strcmp(answer->names[at], name) < 0)
        at++;
    if (at < answer->name_count && strcmp(answer->names[at], name) == 0)
        return CG_OK;
    const char *copy = cg_arena_copy(arena, name, length);
    if (!copy)
        return CG_NO_MEMORY;
    memmove(&answer->names[at + 1], &answer->names[at], (answer->name_count - at) * sizeof(const char *));
    answer->names[at] = copy;
    answer->name_count++;
    return CG_OK;
}

static bool is_shown(const char *name) {
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7F)
            return false;
    return true;
}

cg_status cg_prometheus_note_names(struct cg_json_scan labels, struct cg_arena *arena,
                                   struct cg_prometheus_answer *answer) {
    struct cg_json_text name;
    bool first = true;
    bool more = true;
    if (!cg_json_take(&labels, '{'))
        return CG_OK;
    while (answer->name_count < CG_PROMETHEUS_NAMES_MAX && cg_json_next_member(&labels, &first, &more, &name) && more) {
        char text[LONGEST_NAME + 1];
        if (!cg_json_skip(&labels))
            return CG_OK;
        if (name.length > LONGEST_NAME || cg_json_equals(&name, "__name__"))
            continue;
        size_t length = cg_json_unescape(&name, text);
        text[length] = '\0';
        if (strlen(text) == length && is_shown(text) && add_name(text, length, arena, answer) != CG_OK)
            return CG_NO_MEMORY;
    }
    return CG_OK;
}

/* ---- warnings ---- */

/* The server's text as it may be shown: cut between two characters, on one line. */
static size_t tidy(char *text, size_t length) {
    if (length > CG_PROMETHEUS_WARNING_SIZE) {
        length = CG_PROMETHEUS_WARNING_SIZE;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
            text[i] = '?';
    return length;
}

static cg_status add_warning(const struct cg_json_text *text, struct cg_arena *arena,
                             struct cg_prometheus_answer *answer) {
    char *plain = malloc(text->length + 1);
    if (!plain)
        return CG_NO_MEMORY;
    size_t length = tidy(plain, cg_json_unescape(text, plain));
    plain[length] = '\0';
    bool is_new = length > 0;
    for (size_t i = 0; i < answer->warning_count; i++)
        is_new &= strcmp(answer->warnings[i], plain) != 0;
    const char *copy = is_new ? cg_arena_copy(arena, plain, length) : plain;
    if (is_new && copy)
        answer->warnings[answer->warning_count++] = copy;
    free(plain);
    return copy ? CG_OK : CG_NO_MEMORY;
}

cg_status cg_prometheus_note_warnings(struct cg_json_scan *scan, struct cg_arena *arena,
                                      struct cg_prometheus_answer *answer, bool *ret_json) {
    bool first = true;
    bool more = true;
    if (!cg_json_take(scan, '[')) {
        *ret_json = cg_json_skip(scan);
        return CG_OK;
    }
    for (;;) {
        struct cg_json_text text;
        *ret_json = cg_json_next_item(scan, &first, &more);
        if (!*ret_json || !more)
            return CG_OK;
        bool is_text = cg_json_peek(scan) == '"' && answer->warning_count < CG_PROMETHEUS_WARNINGS_MAX;
        *ret_json = is_text ? cg_json_string(scan, &text) : cg_json_skip(scan);
        if (!*ret_json)
            return CG_OK;
        if (is_text && add_warning(&text, arena, answer) != CG_OK)
            return CG_NO_MEMORY;
    }
}
