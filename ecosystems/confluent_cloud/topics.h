/* How this ecosystem splits the cost of Kafka clusters over their topics. */
#ifndef CCLOUD_TOPICS_H
#define CCLOUD_TOPICS_H

#include "arena.h"

#include <chitragupt/ecosystem.h>

/**
 * Describes the overlay that `settings` (plugin_settings) ask for; `*ret` is NULL when topic_attribution is not
 * enabled. Everything lies in `arena` or is constant; the emitters' node belongs to the settings. Settings that did not
 * pass ccloud_validate are an error: CG_INVALID, with a text. Other errors: CG_NO_MEMORY.
 */
cg_status ccloud_topics_describe(const struct cg_host *host, const struct cg_config *settings,
                                 struct ccloud_arena *arena, const struct cg_topic_attribution **ret);

#endif
