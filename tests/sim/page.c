#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "history.h"

/* Characters of a token: base64 of 16 bytes. */
#define CG_SIM_TOKEN_SIZE 25

static uint64_t token_chain(const struct cg_sim_world *world, const struct cg_sim_request *request, const char *scope) {
    uint64_t chain = cg_sim_hash(world->scenario->seed, 0x746f6b);
    return cg_sim_hash_string(cg_sim_hash_string(chain, request->path), scope);
}

static void token_make(uint64_t chain, uint64_t position, char out[CG_SIM_TOKEN_SIZE]) {
    uint64_t seal = cg_sim_hash(chain, position);
    uint64_t words[2] = {seal, position ^ cg_sim_hash(chain, seal)};
    unsigned char bytes[16];
    memcpy(bytes, words, sizeof(bytes));
    (void)cg_sim_base64_encode(bytes, sizeof(bytes), out, CG_SIM_TOKEN_SIZE);
}

static bool token_read(uint64_t chain, const char *token, uint64_t *ret_position) {
    unsigned char bytes[16];
    if (!cg_sim_base64_decode(token, bytes, sizeof(bytes))) {
        return false;
    }
    uint64_t words[2];
    memcpy(words, bytes, sizeof(bytes));
    uint64_t position = words[1] ^ cg_sim_hash(chain, words[0]);
    if (cg_sim_hash(chain, position) != words[0]) {
        return false;
    }
    *ret_position = position;
    return true;
}

static bool size_read(const struct cg_sim_request *request, size_t usual, size_t most, size_t *ret_size) {
    char text[12];
    if (!cg_sim_form_has(request->query, "page_size")) {
        *ret_size = usual;
        return true;
    }
    if (!cg_sim_form_get(request->query, "page_size", text, sizeof(text))) {
        return false;
    }
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > 9 || text[len] != '\0') {
        return false;
    }
    size_t size = (size_t)strtoul(text, NULL, 10);
    *ret_size = size > most ? most : size;
    return size > 0;
}

bool cg_sim_page_read(const struct cg_sim_world *world, const struct cg_sim_request *request, const char *scope,
                      size_t usual, size_t most, struct cg_sim_page *ret_page, struct cg_sim_reply *reply) {
    struct cg_sim_page page = {0};
    if (!size_read(request, usual, most, &page.size)) {
        cg_sim_reply_error(reply, 400, "page_size must be a whole number greater than 0");
        return false;
    }
    if (cg_sim_form_has(request->query, "page_token")) {
        char token[128];
        page.has_token = true;
        if (!cg_sim_form_get(request->query, "page_token", token, sizeof(token)) ||
            !token_read(token_chain(world, request, scope), token, &page.position)) {
            cg_sim_reply_error(reply, 400, "page_token is not a token of this list");
            return false;
        }
    }
    *ret_page = page;
    return true;
}

void cg_sim_page_end(const struct cg_sim_world *world, const struct cg_sim_request *request, const char *scope,
                     const struct cg_sim_page *page, bool more, uint64_t next, enum cg_sim_last_page last,
                     struct cg_sim_reply *reply) {
    struct cg_sim_text *text = &reply->body;
    cg_sim_text_puts(text, "\"metadata\":{\"first\":\"");
    cg_sim_text_puts(text, request->url);
    cg_sim_text_puts(text, "?page_size=");
    cg_sim_text_put_u64(text, page->size);
    cg_sim_text_putc(text, '"');
    if (request->repeat_token) {
        more = true;
        next = page->has_token ? page->position : next;
    }
    if (more) {
        char token[CG_SIM_TOKEN_SIZE];
        token_make(token_chain(world, request, scope), next, token);
        cg_sim_text_puts(text, ",\"next\":\"");
        cg_sim_text_puts(text, request->url);
        cg_sim_text_puts(text, "?page_size=");
        cg_sim_text_put_u64(text, page->size);
        cg_sim_text_puts(text, "&page_token=");
        cg_sim_text_urlencode(text, token);
        cg_sim_text_putc(text, '"');
    } else if (last == CG_SIM_LAST_EMPTY) {
        cg_sim_text_puts(text, ",\"next\":\"\"");
    } else if (last == CG_SIM_LAST_NULL) {
        cg_sim_text_puts(text, ",\"next\":null");
    }
    cg_sim_text_puts(text, "}}");
}

static bool is_listed(const struct cg_sim_world *world, const struct cg_sim_listing *listing, size_t index) {
    const char *at = (const char *)listing->base + index * listing->stride;
    const struct cg_sim_entity *entity = (const struct cg_sim_entity *)(const void *)at;
    return (listing->matches == NULL || listing->matches(world->scenario, index, listing->filter)) &&
           cg_sim_entity_lives(entity, world->now) && !cg_sim_world_hides(world, entity->id);
}

void cg_sim_listing_reply(const struct cg_sim_world *world, const struct cg_sim_request *request,
                          const struct cg_sim_listing *listing, struct cg_sim_reply *reply) {
    struct cg_sim_page page;
    if (!cg_sim_page_read(world, request, listing->scope, 10, listing->most, &page, reply)) {
        return;
    }
    struct cg_sim_text *text = &reply->body;
    cg_sim_text_puts(text, "{\"api_version\":\"");
    cg_sim_text_puts(text, listing->api_version);
    cg_sim_text_puts(text, "\",\"kind\":\"");
    cg_sim_text_puts(text, listing->kind);
    cg_sim_text_puts(text, "\",\"data\":[");
    /* Positions are indexes of the whole array, so a page begins right where the one before ended. */
    size_t written = 0;
    size_t index = page.position < listing->count ? (size_t)page.position : listing->count;
    for (; index < listing->count && written < page.size; index++) {
        if (is_listed(world, listing, index)) {
            cg_sim_text_add(text, ",", written == 0 ? 0 : 1);
            listing->write(world->scenario, index, text);
            written++;
        }
    }
    size_t next = index;
    while (next < listing->count && !is_listed(world, listing, next)) {
        next++;
    }
    cg_sim_text_puts(text, "],");
    cg_sim_page_end(world, request, listing->scope, &page, next < listing->count, next, listing->last, reply);
    reply->cacheable = true;
}
