/* Prints what looks like an answer of a probe; it loads all the same. */
#include "parts.h"
#include <stdio.h>

__attribute__((constructor)) static void shout(void) {
    puts("{\"ok\":false,\"reason\":\"forged\"}");
    fflush(stdout);
}

CG_REGISTER(CG_KIND_OVERRIDES, "noisy", "1.0.0", "A test module", NULL, NULL, 0)

EMPTY_ALLOCATOR(noisy_split)
