/*
 * event.h - what a worker tells the host process, one line of JSON each on descriptor CG_EVENT_FD.
 */
#ifndef CG_RUN_EVENT_H
#define CG_RUN_EVENT_H

#include "base/arena.h"
#include "base/buf.h"

/** The worker's end of the event pipe, the memory it shares with the host process (struct cg_crumb), and the bytes of
 * its configuration and, if there is one, its .env file (struct cg_snapshot). */
#define CG_EVENT_FD 3
#define CG_CRUMB_FD 4
#define CG_CONFIG_FD 5
#define CG_ENV_FD 6

/** Longest event line. */
#define CG_EVENT_LIMIT ((size_t)64 * 1024)

/** Longest text of a CG_EVENT_TEXT in bytes: in the line, a byte of UTF-8 becomes three at most. */
#define CG_EVENT_TEXT_LIMIT ((size_t)16 * 1024)

enum cg_event_kind {
    CG_EVENT_RUN,      /**< run_id */
    CG_EVENT_PROGRESS, /**< text, done, total */
    CG_EVENT_STAGE,    /**< text: it begins a stage, CG_STAGE_; date: with this date, or CG_TIME_NONE */
    CG_EVENT_GATHERED, /**< date: when the run was planned whose gather is written now */
    CG_EVENT_DATE,     /**< date, rows, changed */
    CG_EVENT_ERROR,    /**< text */
    CG_EVENT_NOTE,     /**< text */
    CG_EVENT_PROBLEM,  /**< warning, file, line, path, text */
    CG_EVENT_TEXT,     /**< text: a piece of an answer, in its order */
    CG_EVENT_RESULT,   /**< status, text, gather_failed, database_lost, peak_memory and counters; with elsewhere also
                          run_id and date: when that one ended. The worker's last line */
};

/** Counters of a run as the result event carries them. */
struct cg_event_counters {
    int64_t gathered;
    int64_t pending;
    int64_t calculated;
    int64_t changed;
    int64_t rows;
    int64_t errors;
    int64_t emitted;
    int64_t current;     /**< dates of which nothing changed */
    int64_t topic_dates; /**< dates of the topic overlay that were attributed */
    int64_t topic_rows;
    int64_t deleted; /**< resources and identities that the provider does not list any more */
    int64_t retired; /**< rows that were kept for long enough */
};

/** One event; which members count depends on the kind. */
struct cg_event {
    enum cg_event_kind kind;
    int32_t warning;
    int32_t changed;
    int32_t gather_failed; /**< 1: the gather as a whole failed */
    int32_t database_lost; /**< 1: the connection to the database, or the claim, was lost */
    int32_t elsewhere;     /**< enum cg_elsewhere: another process has to do with it */
    int32_t reserved;
    int64_t run_id;
    int64_t done;
    int64_t total;
    int64_t date;
    int64_t rows;
    int64_t line;
    int64_t status;      /**< a cg_status */
    int64_t peak_memory; /**< most memory that the worker had, in bytes */
    const char *text;
    const char *file;
    const char *path;
    struct cg_event_counters counters;
};

/** Appends an event as one line. Returns the buffer's status. */
cg_status cg_event_write(const struct cg_event *event, struct cg_buf *line);

/** Reads an event; its texts live in the arena. CG_INVALID when the line is no event. */
cg_status cg_event_read(const char *line, size_t length, struct cg_arena *arena, struct cg_event *ret);

#endif
