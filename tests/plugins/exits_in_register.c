/* Ends the process when it is asked what it is, and says goodbye. */
#include <chitragupt/plugin.h>
#include <stdio.h>
#include <stdlib.h>

const struct cg_registration *cg_plugin_register(void) {
    fputs("no licence for this machine\n", stderr);
    exit(3);
}
