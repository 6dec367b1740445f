#include "run/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

cg_status cg_json_write_line(json_t *object, struct cg_buf *line) {
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(object);
    if (!text) {
        cg_buf_done(line);
        line->status = CG_NO_MEMORY;
        return line->status;
    }
    cg_buf_add_text(line, text);
    cg_buf_add_char(line, '\n');
    free(text);
    return line->status;
}

const char *cg_json_get_text(const json_t *object, const char *key, struct cg_arena *arena) {
    return cg_arena_string(arena, json_string_value(json_object_get(object, key)));
}

int64_t cg_json_integer(const json_t *object, const char *key, int64_t fallback) {
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : fallback;
}

void cg_json_set_text(json_t *object, const char *key, const char *text) {
    if (!text)
        return;
    json_t *value = json_string(text);
    if (!value) {
        /* A module may have put anything into its texts. */
        char *copy = strdup(text);
        if (copy)
            cg_text_replace(copy, '?');
        value = copy ? json_string(copy) : NULL;
        free(copy);
    }
    json_object_set_new(object, key, value);
}

void cg_json_set_integer(json_t *object, const char *key, int64_t value) {
    json_object_set_new(object, key, json_integer((json_int_t)value));
}
