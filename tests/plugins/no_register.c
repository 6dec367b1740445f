/* A shared object that is no module. */
#include <chitragupt/plugin.h>

CG_EXPORT int no_register_answer(void);

int no_register_answer(void) {
    return 42;
}
