#include "cli/signals.h"

#include <pthread.h>
#include <signal.h>

static void change(int how) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(how, &set, NULL);
}

void cg_signals_hold(void) {
    change(SIG_BLOCK);
}

void cg_signals_release(void) {
    change(SIG_UNBLOCK);
}
