#include "api/kept.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "api/private.h"

/* Answers are few and large; a list is looked through faster than one of them is copied. */
#define MOST 256u

struct answer {
    struct answer *next; /* the one used last comes first */
    char *question;
    int64_t version;
    char *tag; /* of the ETag header */
    int32_t squeezed;
    char *body;
    size_t length;
    size_t users; /* who copies it at the moment, and the list */
};

struct cg_kept {
    uv_mutex_t mutex;
    struct answer *first;
    size_t count;
    size_t bytes;
};

cg_status cg_kept_new(struct cg_kept **ret) {
    struct cg_kept *kept = calloc(1, sizeof *kept);
    if (!kept)
        return CG_NO_MEMORY;
    if (uv_mutex_init(&kept->mutex) != 0) {
        free(kept);
        return CG_NO_MEMORY;
    }
    *ret = kept;
    return CG_OK;
}

/* With the mutex held, but for an answer that nobody else knows. */
static void leave(struct answer *answer) {
    if (!answer || --answer->users > 0)
        return;
    free(answer->question);
    free(answer->tag);
    free(answer->body);
    free(answer);
}

static void remove_at(struct cg_kept *kept, struct answer **at) {
    struct answer *answer = *at;
    *at = answer->next;
    kept->count--;
    kept->bytes -= answer->length;
    leave(answer);
}

void cg_kept_free(struct cg_kept *kept) {
    if (!kept)
        return;
    while (kept->first)
        remove_at(kept, &kept->first);
    uv_mutex_destroy(&kept->mutex);
    free(kept);
}

/* Takes the answer out of the list and puts it in front. */
static struct answer *use(struct cg_kept *kept, const char *question, int64_t version) {
    for (struct answer **at = &kept->first; *at; at = &(*at)->next) {
        struct answer *answer = *at;
        if (strcmp(answer->question, question) != 0)
            continue;
        if (answer->version != version) {
            remove_at(kept, at);
            return NULL;
        }
        *at = answer->next;
        answer->next = kept->first;
        kept->first = answer;
        answer->users++;
        return answer;
    }
    return NULL;
}

static int32_t copy_reply(const struct answer *answer, struct cg_call *call) {
    const char *tag = cg_arena_string(call->arena, answer->tag);
    if (!tag)
        return 0;
    if (cg_reply_is_known(call, tag)) {
        call->reply.status = 304;
    } else {
        if (cg_buf_add(&call->reply.body, answer->body, answer->length) != CG_OK)
            return 0;
        if (answer->squeezed)
            cg_reply_header(call, "content-encoding", "gzip");
    }
    cg_reply_tag(call, tag);
    return 1;
}

int32_t cg_kept_find(struct cg_kept *kept, const char *question, int64_t version, struct cg_call *call) {
    uv_mutex_lock(&kept->mutex);
    struct answer *answer = use(kept, question, version);
    uv_mutex_unlock(&kept->mutex);
    if (!answer)
        return 0;
    int32_t found = copy_reply(answer, call);
    uv_mutex_lock(&kept->mutex);
    leave(answer);
    uv_mutex_unlock(&kept->mutex);
    return found;
}

static const char *header_of(const struct cg_reply *reply, const char *name) {
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}

static struct answer *new_answer(const char *question, int64_t version, const struct cg_reply *reply) {
    struct answer *answer = calloc(1, sizeof *answer);
    const char *tag = header_of(reply, "etag");
    if (!answer)
        return NULL;
    answer->users = 1;
    answer->version = version;
    answer->squeezed = header_of(reply, "content-encoding") != NULL;
    answer->length = reply->body.length;
    answer->question = strdup(question);
    answer->tag = tag ? strdup(tag) : NULL;
    answer->body = malloc(answer->length + 1);
    if (!answer->question || !answer->tag || !answer->body) {
        leave(answer);
        return NULL;
    }
    if (answer->length)
        memcpy(answer->body, reply->body.data, answer->length);
    return answer;
}

static void remove_last(struct cg_kept *kept) {
    struct answer **at = &kept->first;
    while (*at && (*at)->next)
        at = &(*at)->next;
    if (*at)
        remove_at(kept, at);
}

void cg_kept_put(struct cg_kept *kept, const char *question, int64_t version, const struct cg_call *call) {
    if (call->reply.status != 200 || call->reply.body.length > CG_KEPT_LARGEST)
        return;
    struct answer *answer = new_answer(question, version, &call->reply);
    if (!answer)
        return;
    uv_mutex_lock(&kept->mutex);
    for (struct answer **at = &kept->first; *at;)
        if (strcmp((*at)->question, question) == 0)
            remove_at(kept, at);
        else
            at = &(*at)->next;
    answer->next = kept->first;
    kept->first = answer;
    kept->count++;
    kept->bytes += answer->length;
    while (kept->bytes > CG_KEPT_LIMIT || kept->count > MOST)
        remove_last(kept);
    uv_mutex_unlock(&kept->mutex);
}
