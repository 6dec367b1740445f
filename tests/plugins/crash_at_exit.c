/* Is sound until the process that has loaded it ends. */
#include "parts.h"
#include <signal.h>

__attribute__((destructor)) static void crash(void) {
    raise(SIGSEGV);
}

CG_REGISTER(CG_KIND_OVERRIDES, "crash_at_exit", "1.0.0", "A test module", NULL, NULL, 0)

EMPTY_ALLOCATOR(crash_at_exit_split)
