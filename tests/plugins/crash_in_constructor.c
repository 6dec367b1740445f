/* Crashes before it can be asked anything. */
#include "parts.h"
#include <signal.h>

__attribute__((constructor)) static void crash(void) {
    raise(SIGBUS);
}

CG_REGISTER(CG_KIND_OVERRIDES, "crash_in_constructor", "1.0.0", "A test module", NULL, NULL, 0)

EMPTY_ALLOCATOR(crash_in_constructor_split)
