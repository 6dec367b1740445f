#include "engine/topic_inputs.h"

#include "engine/settings_digest.h"
#include "engine/stamp.h"

/* Another arithmetic needs another number. */
#define VERSION "topics/1"

void cg_topic_inputs_overlay(const struct cg_runtime *runtime, int32_t has_source, unsigned char ret[CG_DIGEST_BYTES]) {
    const struct cg_topic_attribution *overlay = runtime->description.topics;
    unsigned char source[CG_DIGEST_BYTES];
    struct cg_digest digest;
    cg_settings_digest_metrics(runtime, has_source, source);
    cg_digest_start(&digest, VERSION);
    cg_digest_bytes(&digest, source, sizeof source);
    cg_digest_int(&digest, overlay->flags);
    cg_digest_int(&digest, (int64_t)overlay->metric_count);
    for (size_t i = 0; i < overlay->metric_count; i++) {
        cg_digest_int(&digest, overlay->metrics[i]->value);
        cg_settings_put_query(&digest, overlay->metrics[i]->query);
    }
    cg_digest_int(&digest, (int64_t)overlay->rule_count);
    for (size_t i = 0; i < overlay->rule_count; i++) {
        cg_digest_text(&digest, overlay->rules[i]->product_type);
        cg_digest_text(&digest, overlay->rules[i]->method);
        cg_settings_put_texts(&digest, &overlay->rules[i]->metrics);
    }
    cg_digest_text(&digest, overlay->cluster_prefix);
    cg_digest_text(&digest, overlay->topic_label);
    cg_settings_put_texts(&digest, &overlay->exclude_patterns);
    cg_digest_end(&digest, ret);
}

static void put_line(struct cg_digest *digest, const struct cg_topic_line *item) {
    const struct cg_billing_line *line = &item->stored->line;
    cg_digest_text(digest, line->product_category);
    cg_digest_text(digest, line->product_type);
    cg_digest_decimal(digest, &line->total_cost);
}

static cg_status put_cluster(struct cg_digest *digest, const struct cg_topic_cluster *cluster,
                             struct cg_topic_lives *lives, int64_t now, struct cg_error *error) {
    cg_digest_text(digest, cluster->env_id);
    cg_digest_text(digest, cluster->id);
    cg_digest_int(digest, (int64_t)cluster->window_count);
    for (size_t i = 0; i < cluster->window_count; i++) {
        const struct cg_topic_window *window = &cluster->windows[i];
        unsigned char names[CG_DIGEST_BYTES];
        cg_status status = cg_topic_lives_digest(lives, cluster->id, window->start, window->end, names, error);
        if (status != CG_OK)
            return status;
        cg_digest_int(digest, window->start);
        cg_digest_int(digest, window->end);
        cg_stamp_put_open_window(digest, window->end, now);
        cg_digest_bytes(digest, names, sizeof names);
        cg_digest_int(digest, (int64_t)window->line_count);
        for (size_t l = 0; l < window->line_count; l++)
            put_line(digest, &window->lines[l]);
    }
    return CG_OK;
}

cg_status cg_topic_inputs_date(const unsigned char overlay[CG_DIGEST_BYTES], const struct cg_topic_groups *groups,
                               struct cg_topic_lives *lives, int64_t now, char ret[CG_DIGEST_TEXT_SIZE],
                               struct cg_error *error) {
    struct cg_digest digest;
    cg_digest_start(&digest, VERSION " date");
    cg_digest_bytes(&digest, overlay, CG_DIGEST_BYTES);
    cg_digest_int(&digest, (int64_t)groups->cluster_count);
    for (size_t i = 0; i < groups->cluster_count; i++) {
        cg_status status = put_cluster(&digest, &groups->clusters[i], lives, now, error);
        if (status != CG_OK)
            return status;
    }
    cg_digest_end_text(&digest, ret);
    return CG_OK;
}
