/*
 * emission_state.h - what the billing lines of a date are, and what existed at the midnights of many, as short texts.
 *
 * Used by emission.c to tell whether a date has to be sent again.
 */
#ifndef CG_STORE_EMISSION_STATE_H
#define CG_STORE_EMISSION_STATE_H

#include "base/digest.h"
#include "store/store.h"

/** The text of no rows at all. */
extern const char cg_emission_state_none[CG_DIGEST_TEXT_SIZE];

/** The billing lines of a date; reads them. Uses the store's scratch memory. */
cg_status cg_emission_state_of_billing(struct cg_store *store, int64_t date, char ret[CG_DIGEST_TEXT_SIZE],
                                       struct cg_error *error);

/**
 * The resources (`identities` 0) or identities (1) that existed at each of `days`, which ascend, as
 * cg_store_each_resource_at hands them over. They are walked through once, whatever the number of days.
 */
cg_status cg_emission_states_of_inventory(struct cg_store *store, int32_t identities, const int64_t *days, size_t count,
                                          char (*ret)[CG_DIGEST_TEXT_SIZE], struct cg_error *error);

#endif
