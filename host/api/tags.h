/*
 * tags.h - what the routes about tags share.
 */
#ifndef CG_API_TAGS_H
#define CG_API_TAGS_H

#include "api/body.h"
#include "store/tags.h"

/** Longest texts of a tag, in characters. Ids of entities are bounded because databases bound what an index holds. */
#define CG_TAG_KEY_MOST 100u
#define CG_TAG_VALUE_MOST 500u
#define CG_TAG_AUTHOR_MOST 100u
#define CG_TAG_ENTITY_MOST 500u

/** 1 when the key may be written; else writes 400 "Invalid tag key format: 'x'" and answers 0. */
int32_t cg_tag_key_check(struct cg_call *call, const char *key);

#endif
