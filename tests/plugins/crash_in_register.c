/* Crashes when it is asked what it is. */
#include <chitragupt/plugin.h>
#include <signal.h>

const struct cg_registration *cg_plugin_register(void) {
    raise(SIGSEGV);
    return NULL;
}
