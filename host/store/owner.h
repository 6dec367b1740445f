/*
 * owner.h - which process a run belongs to, and whether that process lives.
 */
#ifndef CG_STORE_OWNER_H
#define CG_STORE_OWNER_H

#include <stdint.h>

/** A process, told from every other one that ever ran. */
struct cg_owner {
    char machine[256]; /**< host name */
    char boot[128];    /**< boot id and process-id namespace: where `pid` means something */
    int64_t pid;
    char process_start[32]; /**< clock ticks from boot to the start of the process; "" when not known */
};

/** This process. */
void cg_owner_self(struct cg_owner *ret);

#define CG_OWNER_DEAD 0
#define CG_OWNER_ALIVE 1
#define CG_OWNER_ELSEWHERE 2 /**< on another machine, which cannot be asked */

/** What can be said about a process from here. */
int32_t cg_owner_look(const struct cg_owner *owner);

#endif
