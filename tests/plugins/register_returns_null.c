/* `register` has nothing to say. */
#include <chitragupt/plugin.h>

const struct cg_registration *cg_plugin_register(void) {
    return NULL;
}
