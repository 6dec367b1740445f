#include "run/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

/** Longest message. */
#define MESSAGE_BYTES 512

struct cg_notify {
    int fd;
    struct sockaddr_un address;
    socklen_t address_length;
    uint64_t watchdog_us; /* 0: nobody watches */
    uv_timer_t timer;
    int has_timer;
};

/* ---- the environment ---- */

static uint64_t number_of(const char *text) {
    char *end = NULL;
    errno = 0;
    unsigned long long value = text && *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
    return errno || !end || *end ? 0 : value;
}

/* A path, or "@" and a name that is in no folder. */
static int set_address(struct cg_notify *notify, const char *path) {
    size_t length = strlen(path);
    if ((*path != '/' && *path != '@') || length < 2 || length >= sizeof notify->address.sun_path)
        return 0;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, path, length);
    if (*path == '@')
        notify->address.sun_path[0] = '\0';
    notify->address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return 1;
}

cg_status cg_notify_new(struct cg_notify **ret) {
    const char *path = getenv("NOTIFY_SOCKET");
    const char *pid = getenv("WATCHDOG_PID");
    struct cg_notify *notify = path ? calloc(1, sizeof *notify) : NULL;
    int usable = notify && set_address(notify, path);
    int ours = !pid || number_of(pid) == (uint64_t)getpid();
    if (usable && ours)
        notify->watchdog_us = number_of(getenv("WATCHDOG_USEC"));
    if (usable)
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    cg_status status = path && !notify ? CG_NO_MEMORY : CG_OK;
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_PID");
    (void)unsetenv("WATCHDOG_USEC");
    if (!usable || notify->fd < 0) {
        free(notify);
        notify = NULL;
    }
    *ret = notify;
    return status;
}

/* ---- telling ---- */

/* A manager that does not read misses something; the service does not wait for it. */
static void tell(const struct cg_notify *notify, const char *message) {
    ssize_t sent = 0;
    do
        sent = sendto(notify->fd, message, strlen(message), MSG_NOSIGNAL, (const struct sockaddr *)&notify->address,
                      notify->address_length);
    while (sent < 0 && errno == EINTR);
}

void cg_notify_ready(struct cg_notify *notify) {
    if (notify)
        tell(notify, "READY=1");
}

void cg_notify_reloading(struct cg_notify *notify) {
    char message[MESSAGE_BYTES];
    if (!notify)
        return;
    snprintf(message, sizeof message, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(uv_hrtime() / 1000));
    tell(notify, message);
}

void cg_notify_stopping(struct cg_notify *notify) {
    if (notify)
        tell(notify, "STOPPING=1");
}

void cg_notify_status(struct cg_notify *notify, const char *format, ...) {
    char message[MESSAGE_BYTES] = "STATUS=";
    const size_t head = strlen(message);
    if (!notify)
        return;
    va_list args;
    va_start(args, format);
    int needed = vsnprintf(message + head, sizeof message - head, format, args);
    va_end(args);
    /* A line feed would begin another assignment. */
    cg_text_clean(message, sizeof message, needed < 0 || (size_t)needed >= sizeof message - head);
    tell(notify, message);
}

/* ---- the watchdog ---- */

static void on_watchdog(uv_timer_t *timer) {
    tell(timer->data, "WATCHDOG=1");
}

void cg_notify_watch(struct cg_notify *notify, uv_loop_t *loop) {
    if (!notify || !notify->watchdog_us || notify->has_timer)
        return;
    uint64_t half_ms = notify->watchdog_us / 2000;
    uv_timer_init(loop, &notify->timer);
    notify->timer.data = notify;
    notify->has_timer = 1;
    uv_timer_start(&notify->timer, on_watchdog, 0, half_ms ? half_ms : 1);
    uv_unref((uv_handle_t *)&notify->timer);
}

static void release(struct cg_notify *notify) {
    (void)close(notify->fd);
    free(notify);
}

static void on_closed(uv_handle_t *handle) {
    release(handle->data);
}

void cg_notify_free(struct cg_notify *notify) {
    if (!notify)
        return;
    if (notify->has_timer)
        uv_close((uv_handle_t *)&notify->timer, on_closed);
    else
        release(notify);
}
