/* Never answers what it is. */
#include <chitragupt/plugin.h>
#include <unistd.h>

const struct cg_registration *cg_plugin_register(void) {
    for (;;)
        pause();
}
