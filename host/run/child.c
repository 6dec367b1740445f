#include "run/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/** Times in milliseconds: between TERM and KILL, between a result and KILL, and for a pipe that stays open although the
 * worker is gone. */
#define GRACE_MS 10000
#define LEAVE_MS 10000
#define DRAIN_MS 2000

struct cg_child {
    struct cg_child_callbacks callbacks;
    uv_process_t process;
    uv_pipe_t job;    /* to its standard input; closing it tells that we are gone */
    uv_pipe_t events; /* from its descriptor 3 */
    uv_timer_t timer;
    uv_write_t write;
    struct cg_buf job_line;
    struct cg_buf line; /* the event line being read */
    struct cg_arena *arena;
    struct cg_crumb *crumb;
    int crumb_fd;
    pid_t group; /* it leads one of its own */
    int overlong;
    int open_handles;
    int exited;
    int events_ended;
    int stopping;
    struct cg_child_end end;
    char read_buffer[16384];
};

static void free_child(struct cg_child *child) {
    if (child->crumb)
        munmap(child->crumb, sizeof *child->crumb);
    if (child->crumb_fd >= 0)
        close(child->crumb_fd);
    cg_buf_done(&child->job_line);
    cg_buf_done(&child->line);
    cg_arena_free(child->arena);
    free(child);
}

static void on_closed(uv_handle_t *handle) {
    struct cg_child *child = handle->data;
    if (--child->open_handles == 0)
        free_child(child);
}

static void close_all(struct cg_child *child) {
    uv_close((uv_handle_t *)&child->process, on_closed);
    uv_close((uv_handle_t *)&child->job, on_closed);
    uv_close((uv_handle_t *)&child->events, on_closed);
    uv_close((uv_handle_t *)&child->timer, on_closed);
}

/* The end is told when both have come: the exit, and the end of what it wrote. */
static void settle(struct cg_child *child) {
    if (!child->exited || !child->events_ended)
        return;
    child->end.crumb = child->crumb;
    child->callbacks.end(child->callbacks.user, &child->end);
    close_all(child);
}

static void stop_reading(struct cg_child *child) {
    uv_read_stop((uv_stream_t *)&child->events);
    child->events_ended = 1;
    settle(child);
}

/* Somebody the worker started has left its group and still holds its end of the pipe. */
static void on_drained(uv_timer_t *timer) {
    stop_reading(timer->data);
}

static void on_process_exit(uv_process_t *process, int64_t exit_status, int term_signal) {
    struct cg_child *child = process->data;
    child->exited = 1;
    child->end.exit_status = exit_status;
    child->end.signal = term_signal;
    /* What a module has started must not outlive its worker. As long as any of it lives, nobody else gets the number.
     */
    if (child->group > 1)
        (void)kill(-child->group, SIGKILL);
    uv_timer_start(&child->timer, on_drained, DRAIN_MS, 0);
    settle(child);
}

static void on_kill(uv_timer_t *timer) {
    struct cg_child *child = timer->data;
    if (child->exited)
        return;
    child->end.ended_by_us = 1;
    uv_process_kill(&child->process, SIGKILL);
}

void cg_child_stop(struct cg_child *child) {
    if (child->stopping || child->exited || child->end.delivered)
        return;
    child->stopping = 1;
    child->end.ended_by_us = 1;
    child->crumb->stop = child->end.timed_out ? CG_STOP_TIME_OVER : CG_STOP_WANTED;
    uv_process_kill(&child->process, SIGTERM);
    uv_timer_start(&child->timer, on_kill, GRACE_MS, 0);
}

static void on_deadline(uv_timer_t *timer) {
    struct cg_child *child = timer->data;
    child->end.timed_out = 1;
    cg_child_stop(child);
}

int cg_child_limit(struct cg_child *child, int64_t timeout_us) {
    if (child->stopping || child->exited || child->end.delivered)
        return 0; /* the timer is for the next step by now */
    if (timeout_us > 0)
        uv_timer_start(&child->timer, on_deadline, (uint64_t)(timeout_us / 1000), 0);
    else
        uv_timer_stop(&child->timer);
    return 1;
}

static void take_event(struct cg_child *child, const struct cg_event *event) {
    if (event->kind == CG_EVENT_RESULT) {
        /* The worker is in no module when it tells its result: this one was written by a module. */
        if (child->crumb->in_module || child->end.delivered)
            return;
        child->end.delivered = 1;
        if (!child->exited)
            uv_timer_start(&child->timer, on_kill, LEAVE_MS, 0);
    }
    child->callbacks.event(child->callbacks.user, event);
}

/* One line from the worker; what is no event is ignored: a module may have written to our descriptor. */
static void take_line(struct cg_child *child) {
    struct cg_event event;
    if (!child->overlong && child->line.status == CG_OK &&
        cg_event_read(cg_buf_text(&child->line), child->line.length, child->arena, &event) == CG_OK)
        take_event(child, &event);
    cg_arena_reset(child->arena);
    cg_buf_clear(&child->line);
    child->overlong = 0;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    struct cg_child *child = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(child->read_buffer, sizeof child->read_buffer);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct cg_child *child = stream->data;
    for (ssize_t i = 0; i < count; i++) {
        if (buffer->base[i] == '\n')
            take_line(child);
        else if (!child->overlong && cg_buf_add_char(&child->line, buffer->base[i]) != CG_OK)
            child->overlong = 1;
    }
    if (count < 0)
        stop_reading(child);
}

static void on_written(uv_write_t *write, int status) {
    (void)write;
    (void)status; /* a worker that did not take its job ends, and that is told by its exit */
}

static cg_status prepare(struct cg_child *child, const struct cg_job *job, struct cg_error *error) {
    child->arena = cg_arena_new();
    child->crumb_fd = memfd_create("chitragupt-crumb", MFD_CLOEXEC);
    cg_buf_init(&child->job_line, CG_JOB_LIMIT);
    cg_buf_init(&child->line, CG_EVENT_LIMIT);
    if (!child->arena || cg_job_write(job, &child->job_line) != CG_OK)
        return cg_error_no_memory(error);
    if (child->crumb_fd < 0 || ftruncate(child->crumb_fd, sizeof *child->crumb) != 0)
        return cg_error_set(error, CG_PERMANENT, "no shared memory for a worker: %s", strerror(errno));
    void *memory = mmap(NULL, sizeof *child->crumb, PROT_READ | PROT_WRITE, MAP_SHARED, child->crumb_fd, 0);
    if (memory == MAP_FAILED)
        return cg_error_set(error, CG_PERMANENT, "no shared memory for a worker: %s", strerror(errno));
    child->crumb = memory;
    return CG_OK;
}

static void init_handles(struct cg_child *child, uv_loop_t *loop) {
    /* None of these can fail on Linux with valid arguments. */
    uv_pipe_init(loop, &child->job, 0);
    uv_pipe_init(loop, &child->events, 0);
    uv_timer_init(loop, &child->timer);
    child->process.data = child;
    child->job.data = child;
    child->events.data = child;
    child->timer.data = child;
    child->open_handles = 4;
}

static int spawn(struct cg_child *child, uv_loop_t *loop, const struct cg_child_options *options) {
    char *arguments[] = {(char[]){"chitragupt"}, (char[]){"worker"}, NULL};
    uv_stdio_container_t stdio[] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&child->job},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO}, /* what a module prints must not mix with our own output */
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&child->events},
        {.flags = UV_INHERIT_FD, .data.fd = child->crumb_fd},
        {.flags = UV_INHERIT_FD, .data.fd = options->config_fd},
        {.flags = UV_INHERIT_FD, .data.fd = options->env_fd},
    };
    uv_process_options_t process = {
        .exit_cb = on_process_exit,
        .file = options->program,
        .args = arguments,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = options->env_fd < 0 ? CG_ENV_FD : CG_ENV_FD + 1,
        .stdio = stdio,
    };
    int failed = uv_spawn(loop, &child->process, &process);
    if (!failed)
        child->group = uv_process_get_pid(&child->process);
    return failed;
}

cg_status cg_child_start(uv_loop_t *loop, const struct cg_child_options *options, struct cg_child **ret,
                         struct cg_error *error) {
    struct cg_child *child = calloc(1, sizeof *child);
    if (!child)
        return cg_error_no_memory(error);
    child->callbacks = options->callbacks;
    child->crumb_fd = -1;
    cg_status status = prepare(child, options->job, error);
    if (status != CG_OK) {
        free_child(child);
        return status;
    }
    init_handles(child, loop);
    int failed = spawn(child, loop, options);
    if (failed) {
        close_all(child);
        return cg_error_set(error, CG_PERMANENT, "no worker process can be started: %s", uv_strerror(failed));
    }
    uv_buf_t buffer = uv_buf_init(child->job_line.data, (unsigned)child->job_line.length);
    uv_read_start((uv_stream_t *)&child->events, on_alloc, on_read);
    uv_write(&child->write, (uv_stream_t *)&child->job, &buffer, 1, on_written);
    (void)cg_child_limit(child, options->timeout_us);
    *ret = child;
    return CG_OK;
}
