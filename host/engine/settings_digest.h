/*
 * settings_digest.h - digests of what the configuration and the modules in effect make of a line.
 *
 * Secrets are left out: no amount follows from them.
 */
#ifndef CG_ENGINE_SETTINGS_DIGEST_H
#define CG_ENGINE_SETTINGS_DIGEST_H

#include "base/digest.h"
#include "engine/runtime.h"

/** What all lines of the tenant follow from: its names, the retry limit, parameters, the ecosystem and its settings. */
void cg_settings_digest(const struct cg_runtime *runtime, unsigned char ret[CG_DIGEST_BYTES]);

/** What lines with metrics follow from besides: where those come from. */
void cg_settings_digest_metrics(const struct cg_runtime *runtime, int32_t has_source,
                                unsigned char ret[CG_DIGEST_BYTES]);

/** How one product type is handled: by which functions of which builds, with which metrics. */
void cg_settings_digest_binding(const struct cg_binding *binding, unsigned char ret[CG_DIGEST_BYTES]);

/** Puts a metric query, or a list of texts, into a digest. */
void cg_settings_put_query(struct cg_digest *digest, const struct cg_metric_query *query);
void cg_settings_put_texts(struct cg_digest *digest, const struct cg_text_list *texts);

#endif
