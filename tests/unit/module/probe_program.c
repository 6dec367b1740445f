/* Stands in for the program when a file is probed. */
#include <stdio.h>
#include <string.h>

#include "module/probe.h"

int main(int argc, char **argv) {
    if (argc >= 4 && strcmp(argv[1], "plugins") == 0 && strcmp(argv[2], "probe") == 0)
        return cg_module_probe_main((const char *const *)argv + 3, (size_t)argc - 3);
    fputs("usage: module_probe_program plugins probe FILE...\n", stderr);
    return 2;
}
