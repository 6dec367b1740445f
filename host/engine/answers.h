/*
 * answers.h - digests of what the inventory answers to questions.
 *
 * The same answer has the same digest, whether it was given to a resolver or is looked up again by a later run. A run
 * checks hundreds of dates that asked much the same, so what was read of the inventory is kept as stamps, from which
 * the answer for any window follows without another query.
 */
#ifndef CG_ENGINE_ANSWERS_H
#define CG_ENGINE_ANSWERS_H

#include "engine/questions.h"
#include "store/inventory.h"

/** How much is kept, in bytes; what goes beyond it is read again. */
#define CG_ANSWERS_BYTES ((size_t)16 * 1024 * 1024)

/** Digests of what a resolver was given; NULL: nothing. `end` is that of its window. */
void cg_answer_identity(const struct cg_identity *identity, int64_t end, unsigned char ret[CG_DIGEST_BYTES]);
void cg_answer_resources(const struct cg_resource *const *items, size_t count, int64_t end,
                         unsigned char ret[CG_DIGEST_BYTES]);

/** The inventory, asked again. */
struct cg_answers;

/** `store` and `everybody` (all identities but system ones, dead or alive) outlive it. NULL when out of memory. */
struct cg_answers *cg_answers_new(struct cg_store *store, const struct cg_identity_list *everybody);

/** NULL is fine. */
void cg_answers_free(struct cg_answers *answers);

/** Looks up what the inventory answers now. Errors: those of the store, CG_NO_MEMORY. */
cg_status cg_answers_get(struct cg_answers *answers, const struct cg_question *question,
                         unsigned char ret[CG_DIGEST_BYTES], struct cg_error *error);

#endif
