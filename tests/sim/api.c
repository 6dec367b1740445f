#include "api.h"

#include <string.h>

void cg_sim_reply_error(struct cg_sim_reply *reply, unsigned status, const char *detail) {
    reply->status = status;
    reply->content_type = "application/json";
    reply->cacheable = false;
    cg_sim_text_clear(&reply->body);
    cg_sim_text_printf(&reply->body, "{\"errors\":[{\"id\":\"sim\",\"status\":\"%u\",\"detail\":", status);
    cg_sim_text_json(&reply->body, detail);
    cg_sim_text_puts(&reply->body, ",\"source\":{}}]}");
}

void cg_sim_reply_prom_error(struct cg_sim_reply *reply, unsigned status, const char *type, const char *detail) {
    reply->status = status;
    reply->content_type = "application/json";
    reply->cacheable = false;
    cg_sim_text_clear(&reply->body);
    cg_sim_text_puts(&reply->body, "{\"status\":\"error\",\"errorType\":");
    cg_sim_text_json(&reply->body, type);
    cg_sim_text_field(&reply->body, "error", detail);
    cg_sim_text_putc(&reply->body, '}');
}

bool cg_sim_world_hides(const struct cg_sim_world *world, const char *id) {
    for (size_t i = 0; i < world->hidden_count; i++) {
        if (strcmp(world->hidden[i], id) == 0) {
            return true;
        }
    }
    return false;
}
