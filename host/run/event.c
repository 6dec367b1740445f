#include "run/event.h"

#include <string.h>

#include "run/json.h"

static const char *const kind_names[] = {
    [CG_EVENT_RUN] = "run",           [CG_EVENT_PROGRESS] = "progress", [CG_EVENT_STAGE] = "stage",
    [CG_EVENT_GATHERED] = "gathered", [CG_EVENT_DATE] = "date",         [CG_EVENT_ERROR] = "error",
    [CG_EVENT_NOTE] = "note",         [CG_EVENT_PROBLEM] = "problem",   [CG_EVENT_TEXT] = "text",
    [CG_EVENT_RESULT] = "result",
};

#define KINDS (sizeof kind_names / sizeof *kind_names)

/* The integer members by name: one table serves both directions. */
static const struct {
    const char *key;
    size_t offset;
} integers[] = {
    {"run_id", offsetof(struct cg_event, run_id)},
    {"done", offsetof(struct cg_event, done)},
    {"total", offsetof(struct cg_event, total)},
    {"date", offsetof(struct cg_event, date)},
    {"rows", offsetof(struct cg_event, rows)},
    {"line", offsetof(struct cg_event, line)},
    {"status", offsetof(struct cg_event, status)},
    {"peak_memory", offsetof(struct cg_event, peak_memory)},
    {"gathered", offsetof(struct cg_event, counters.gathered)},
    {"pending", offsetof(struct cg_event, counters.pending)},
    {"calculated", offsetof(struct cg_event, counters.calculated)},
    {"dates_changed", offsetof(struct cg_event, counters.changed)},
    {"rows_written", offsetof(struct cg_event, counters.rows)},
    {"errors", offsetof(struct cg_event, counters.errors)},
    {"emitted", offsetof(struct cg_event, counters.emitted)},
    {"current", offsetof(struct cg_event, counters.current)},
    {"topic_dates", offsetof(struct cg_event, counters.topic_dates)},
    {"topic_rows", offsetof(struct cg_event, counters.topic_rows)},
    {"deleted", offsetof(struct cg_event, counters.deleted)},
    {"retired", offsetof(struct cg_event, counters.retired)},
};

#define INTEGERS (sizeof integers / sizeof *integers)

cg_status cg_event_write(const struct cg_event *event, struct cg_buf *line) {
    json_t *object = json_object();
    cg_json_set_text(object, "event", kind_names[event->kind]);
    for (size_t i = 0; i < INTEGERS; i++) {
        int64_t value = 0;
        memcpy(&value, (const char *)event + integers[i].offset, sizeof value);
        if (value)
            cg_json_set_integer(object, integers[i].key, value);
    }
    if (event->warning)
        cg_json_set_integer(object, "warning", event->warning);
    if (event->changed)
        cg_json_set_integer(object, "changed", event->changed);
    if (event->gather_failed)
        cg_json_set_integer(object, "gather_failed", event->gather_failed);
    if (event->database_lost)
        cg_json_set_integer(object, "database_lost", event->database_lost);
    if (event->elsewhere)
        cg_json_set_integer(object, "elsewhere", event->elsewhere);
    cg_json_set_text(object, "text", event->text);
    cg_json_set_text(object, "file", event->file);
    cg_json_set_text(object, "path", event->path);
    return cg_json_write_line(object, line);
}

cg_status cg_event_read(const char *line, size_t length, struct cg_arena *arena, struct cg_event *ret) {
    json_t *object = json_loadb(line, length, 0, NULL);
    const char *name = json_string_value(json_object_get(object, "event"));
    size_t kind = 0;
    while (kind < KINDS && (!name || strcmp(kind_names[kind], name) != 0))
        kind++;
    if (kind == KINDS) {
        json_decref(object);
        return CG_INVALID;
    }
    struct cg_event event = {.kind = (enum cg_event_kind)kind};
    for (size_t i = 0; i < INTEGERS; i++) {
        int64_t value = cg_json_integer(object, integers[i].key, 0);
        memcpy((char *)&event + integers[i].offset, &value, sizeof value);
    }
    event.warning = (int32_t)cg_json_integer(object, "warning", 0);
    event.changed = (int32_t)cg_json_integer(object, "changed", 0);
    event.gather_failed = (int32_t)cg_json_integer(object, "gather_failed", 0);
    event.database_lost = (int32_t)cg_json_integer(object, "database_lost", 0);
    event.elsewhere = (int32_t)cg_json_integer(object, "elsewhere", 0);
    event.text = cg_json_get_text(object, "text", arena);
    event.file = cg_json_get_text(object, "file", arena);
    event.path = cg_json_get_text(object, "path", arena);
    json_decref(object);
    *ret = event;
    return CG_OK;
}
