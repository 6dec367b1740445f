/* Human-readable names, and identifiers in the provider's style, for the things of a scenario. */
#ifndef CG_SIM_NAMES_H
#define CG_SIM_NAMES_H

#include <stddef.h>
#include <stdint.h>

/** Bytes of every identifier with its NUL. */
#define CG_SIM_ID_SIZE 24

/** Bytes of every display name with its NUL. */
#define CG_SIM_NAME_SIZE 48

/** Families of display names. */
enum cg_sim_name_family {
    CG_SIM_NAME_ENVIRONMENT,
    CG_SIM_NAME_CLUSTER,
    CG_SIM_NAME_SERVICE_ACCOUNT,
    CG_SIM_NAME_USER,
    CG_SIM_NAME_POOL,
    CG_SIM_NAME_CONNECTOR,
    CG_SIM_NAME_KSQL,
    CG_SIM_NAME_COMPUTE_POOL,
    CG_SIM_NAME_STATEMENT,
    CG_SIM_NAME_TOPIC,
};

/** The `index`-th name of a family; names repeat with `-2`, `-3` and so on once the list is used up. */
void cg_sim_name_make(enum cg_sim_name_family family, size_t index, char out[CG_SIM_NAME_SIZE]);

/**
 * An identifier `<prefix>-<digits characters of [0-9a-z]>`, different for every index below 36^digits.
 * The digits follow from the seed, the prefix and the index only.
 */
void cg_sim_id_make(uint64_t seed, const char *prefix, size_t index, unsigned digits, char out[CG_SIM_ID_SIZE]);

/** An API key: 16 characters of [A-Z0-9], beginning with `head`; different for every index below 36^6. */
void cg_sim_key_make(uint64_t seed, const char *head, size_t index, char out[CG_SIM_ID_SIZE]);

#endif
