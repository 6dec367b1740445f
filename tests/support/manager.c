#include "support/manager.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/moment.h"

#define WAIT_MS 10000
#define TICK_MS 20

static void take_watchdog(struct cg_test_manager *manager) {
    long long now = cg_test_clock_ms();
    long long last = atomic_exchange(&manager->last_watchdog, now);
    if (last && now - last > atomic_load(&manager->longest_gap))
        atomic_store(&manager->longest_gap, now - last);
}

static void take(struct cg_test_manager *manager, const char *text) {
    static const char *const beginnings[CG_TEST_SAID_COUNT] = {"READY=1", "RELOADING=1\nMONOTONIC_USEC=", "WATCHDOG=1",
                                                               "STOPPING=1"};
    size_t what = 0;
    while (what < CG_TEST_SAID_COUNT && strncmp(text, beginnings[what], strlen(beginnings[what])) != 0)
        what++;
    if (what == CG_TEST_SAID_COUNT)
        return;
    int wrong = manager->stopping && what != CG_TEST_SAID_WATCHDOG;
    if (what == CG_TEST_SAID_READY) {
        wrong |= manager->ready && !manager->reloading;
        manager->ready = 1;
        manager->reloading = 0;
    } else if (what == CG_TEST_SAID_RELOADING) {
        wrong |= !manager->ready || manager->reloading;
        manager->reloading = 1;
    } else if (what == CG_TEST_SAID_WATCHDOG) {
        take_watchdog(manager);
    } else {
        manager->stopping = 1;
    }
    atomic_fetch_add(&manager->wrong_order, (size_t)wrong);
    atomic_fetch_add(&manager->said[what], 1);
}

static void *listen_on(void *user) {
    struct cg_test_manager *manager = user;
    char text[4096];
    while (!atomic_load(&manager->ended)) {
        struct pollfd watched = {.fd = manager->fd, .events = POLLIN};
        if (poll(&watched, 1, TICK_MS) <= 0)
            continue;
        ssize_t count = recv(manager->fd, text, sizeof text - 1, MSG_DONTWAIT);
        if (count <= 0)
            continue;
        text[count] = '\0';
        take(manager, text);
    }
    return NULL;
}

void cg_test_manager_start(struct cg_test_manager *manager, const char *folder) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/manager", folder);
    cr_assert(length > 0 && (size_t)length < sizeof address.sun_path, "%s is too long", folder);
    *manager = (struct cg_test_manager){.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    (void)snprintf(manager->variable, sizeof manager->variable, "NOTIFY_SOCKET=%s", address.sun_path);
    cr_assert_geq(manager->fd, 0);
    cr_assert_eq(bind(manager->fd, (struct sockaddr *)&address, sizeof address), 0, "no socket in %s", folder);
    cr_assert_eq(pthread_create(&manager->thread, NULL, listen_on, manager), 0, "no thread");
}

size_t cg_test_manager_count(const struct cg_test_manager *manager, enum cg_test_said what) {
    return atomic_load(&manager->said[what]);
}

void cg_test_manager_await(const struct cg_test_manager *manager, enum cg_test_said what, size_t times) {
    long long began = cg_test_clock_ms();
    while (cg_test_manager_count(manager, what) < times) {
        cr_assert_lt(cg_test_clock_ms() - began, WAIT_MS, "the service does not say it %zu times, only %zu", times,
                     cg_test_manager_count(manager, what));
        (void)usleep(1000);
    }
}

void cg_test_manager_forget(struct cg_test_manager *manager) {
    (void)usleep(2 * TICK_MS * 1000); /* what is on its way is taken */
    for (size_t i = 0; i < CG_TEST_SAID_COUNT; i++)
        atomic_store(&manager->said[i], 0);
    atomic_store(&manager->longest_gap, 0);
    atomic_store(&manager->last_watchdog, 0);
    manager->reloading = 0;
    manager->stopping = 0;
    manager->ready = 0;
}

void cg_test_manager_stop(struct cg_test_manager *manager) {
    atomic_store(&manager->ended, 1);
    cr_assert_eq(pthread_join(manager->thread, NULL), 0);
    (void)close(manager->fd);
}
