/* What a service manager hears, on a socket of its own. */
#include "run/notify.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/workdir.h"

static char folder[CG_TEST_PATH_SIZE];
static char message[1024];

/* A manager that listens at `name`, "@..." for one without a file. */
static int listen_at(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    cr_assert_lt(length, sizeof address.sun_path);
    memcpy(address.sun_path, name, length);
    if (*name == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                 0);
    cr_assert_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
    return fd;
}

/* The next message, "" when there is none. */
static const char *hear(int fd) {
    ssize_t length = recv(fd, message, sizeof message - 1, 0);
    message[length > 0 ? length : 0] = '\0';
    return message;
}

/* With the time of the message. */
static void check_reloading(int fd, struct cg_notify *notify) {
    unsigned long long time = 0;
    cg_notify_reloading(notify);
    uint64_t now = uv_hrtime() / 1000;
    /* NOLINTNEXTLINE(cert-err34-c): it is compared */
    cr_assert_eq(sscanf(hear(fd), "RELOADING=1\nMONOTONIC_USEC=%llu", &time), 1, "%s", message);
    cr_assert(time <= now && now - time < 60000000, "%s", message);
}

static void check_next(int fd, const char *expected) {
    cr_assert_str_eq(hear(fd), expected);
}

static void check_messages(int fd) {
    struct cg_notify *notify = NULL;
    cr_assert(cg_notify_new(&notify) == CG_OK && notify && !getenv("NOTIFY_SOCKET"));
    cg_notify_ready(notify);
    check_next(fd, "READY=1");
    check_reloading(fd, notify);
    cg_notify_status(notify, "Serving %d\ntenants", 3);
    check_next(fd, "STATUS=Serving 3?tenants");
    cg_notify_stopping(notify);
    check_next(fd, "STOPPING=1");
    check_next(fd, "");
    cg_notify_free(notify);
}

Test(notify, tells_a_socket_in_a_folder) {
    char path[CG_TEST_PATH_SIZE];
    cg_test_workdir_make(folder);
    int fd = listen_at(cg_test_path(folder, "notify", path));
    check_messages(fd);
    close(fd);
    cg_test_workdir_remove(folder);
}

Test(notify, tells_a_socket_without_a_file) {
    char *name = cg_test_format("@chitragupt-notify-test-%d", (int)getpid());
    int fd = listen_at(name);
    check_messages(fd);
    close(fd);
    free(name);
}

/* ---- nobody to tell ---- */

static const char *const useless[] = {NULL, "", "relative", "@", "/nowhere/notify"};

Test(notify, is_silent_without_a_manager) {
    for (size_t i = 0; i < sizeof useless / sizeof *useless; i++) {
        struct cg_notify *notify = NULL;
        if (useless[i])
            cr_assert_eq(setenv("NOTIFY_SOCKET", useless[i], 1), 0);
        cr_assert_eq(cg_notify_new(&notify), CG_OK);
        cg_notify_ready(notify);
        cg_notify_reloading(notify);
        cg_notify_status(notify, "nothing");
        cg_notify_stopping(notify);
        cg_notify_free(notify);
        cr_assert_null(getenv("NOTIFY_SOCKET"));
    }
}

/* A manager that does not read must not hold up the service. */
Test(notify, does_not_wait) {
    struct cg_notify *notify = NULL;
    char *name = cg_test_format("@chitragupt-notify-full-%d", (int)getpid());
    int fd = listen_at(name);
    cr_assert_eq(cg_notify_new(&notify), CG_OK);
    for (int i = 0; i < 10000; i++)
        cg_notify_ready(notify);
    cg_notify_free(notify);
    close(fd);
    free(name);
}

/* ---- the watchdog ---- */

static const struct {
    const char *name;
    const char *usec;
    const char *pid; /* NULL: none; "": ours */
    int watched;
} watchdogs[] = {
    {"ours", "40000", "", 1},
    {"without a process", "40000", NULL, 1},
    {"of another process", "40000", "1", 0},
    {"of nobody", "40000", "x", 0},
    {"none", NULL, NULL, 0},
    {"no number", "4e4", "", 0},
    {"negative", "-40000", "", 0},
};

static void on_timer(uv_timer_t *timer) {
    (void)timer;
}

Test(notify, tells_that_the_loop_turns) {
    char *name = cg_test_format("@chitragupt-notify-dog-%d", (int)getpid());
    for (size_t i = 0; i < sizeof watchdogs / sizeof *watchdogs; i++) {
        struct cg_notify *notify = NULL;
        uv_loop_t loop;
        uv_timer_t timer;
        char pid[32];
        int fd = listen_at(name);
        (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
        if (watchdogs[i].usec)
            cr_assert_eq(setenv("WATCHDOG_USEC", watchdogs[i].usec, 1), 0);
        if (watchdogs[i].pid)
            cr_assert_eq(setenv("WATCHDOG_PID", *watchdogs[i].pid ? watchdogs[i].pid : pid, 1), 0);
        cr_assert_eq(cg_notify_new(&notify), CG_OK);
        cr_assert(!getenv("WATCHDOG_USEC") && !getenv("WATCHDOG_PID"));
        uv_loop_init(&loop);
        uv_timer_init(&loop, &timer);
        uv_timer_start(&timer, on_timer, 90, 0);
        cg_notify_watch(notify, &loop);
        uv_run(&loop, UV_RUN_DEFAULT);
        int heard = 0;
        while (strcmp(hear(fd), "WATCHDOG=1") == 0)
            heard++;
        cr_assert_str_eq(message, "");
        cr_assert(watchdogs[i].watched ? heard >= 3 && heard <= 6 : heard == 0, "%s: %d", watchdogs[i].name, heard);
        cg_notify_free(notify);
        uv_close((uv_handle_t *)&timer, NULL);
        uv_run(&loop, UV_RUN_DEFAULT);
        cr_assert_eq(uv_loop_close(&loop), 0);
        close(fd);
    }
    free(name);
}
