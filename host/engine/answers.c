#include "engine/answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/intern.h"
#include "engine/alive.h"
#include "engine/stamp.h"

/* What is kept of one question without its window. */
struct kept {
    const struct cg_stamp *stamps; /* by id */
    size_t count;
};

struct cg_answers {
    struct cg_store *store;
    const struct cg_identity_list *everybody;
    struct cg_arena *arena;   /* what is kept */
    struct cg_arena *scratch; /* emptied for every query */
    struct cg_intern *keys;   /* the number of a question is the place of what is kept of it, from 1 */
    struct kept *kept;
    size_t room;
    size_t bytes; /* of what is kept */
};

static void start(struct cg_digest *digest) {
    cg_digest_start(digest, "answer");
}

void cg_answer_identity(const struct cg_identity *identity, int64_t end, unsigned char ret[CG_DIGEST_BYTES]) {
    struct cg_digest digest;
    struct cg_stamp stamp;
    start(&digest);
    if (identity) {
        cg_stamp_identity(identity, &stamp);
        cg_stamp_put(&digest, &stamp, end);
    }
    cg_digest_end(&digest, ret);
}

void cg_answer_resources(const struct cg_resource *const *items, size_t count, int64_t end,
                         unsigned char ret[CG_DIGEST_BYTES]) {
    struct cg_digest digest;
    struct cg_stamp stamp;
    start(&digest);
    for (size_t i = 0; i < count; i++) {
        cg_stamp_resource(items[i], &stamp);
        cg_stamp_put(&digest, &stamp, end);
    }
    cg_digest_end(&digest, ret);
}

struct cg_answers *cg_answers_new(struct cg_store *store, const struct cg_identity_list *everybody) {
    struct cg_answers *answers = calloc(1, sizeof *answers);
    if (!answers)
        return NULL;
    answers->store = store;
    answers->everybody = everybody;
    answers->arena = cg_arena_new();
    answers->scratch = cg_arena_new();
    answers->keys = cg_intern_new();
    if (answers->arena && answers->scratch && answers->keys)
        return answers;
    cg_answers_free(answers);
    return NULL;
}

void cg_answers_free(struct cg_answers *answers) {
    if (!answers)
        return;
    cg_intern_free(answers->keys);
    cg_arena_free(answers->scratch);
    cg_arena_free(answers->arena);
    free(answers->kept);
    free(answers);
}

/* Forgets what is kept, all at once: what is asked most is soon back. */
static cg_status forget(struct cg_answers *answers) {
    struct cg_intern *keys = cg_intern_new();
    if (!keys)
        return CG_NO_MEMORY;
    cg_intern_free(answers->keys);
    answers->keys = keys;
    answers->bytes = 0;
    cg_arena_reset(answers->arena);
    return CG_OK;
}

/* The question without its window. */
static const char *key_of(struct cg_answers *answers, const struct cg_question *question) {
    if (question->kind == CG_QUESTION_RESOURCE)
        return cg_arena_printf(answers->scratch, "%c\t%s", question->kind, question->id);
    return cg_arena_printf(answers->scratch, "%c\t%s%s\t%s%s", question->kind, question->type ? "=" : "",
                           question->type ? question->type : "", question->parent ? "=" : "",
                           question->parent ? question->parent : "");
}

/* Reads what there is for any window. */
static cg_status read_all(struct cg_answers *answers, const struct cg_question *question,
                          const struct cg_resource *const **ret, size_t *ret_count, struct cg_error *error) {
    if (question->kind == CG_QUESTION_RESOURCES)
        return cg_store_resources_in(answers->store, CG_TIME_FIRST, CG_TIME_LAST, question->type, question->parent,
                                     answers->scratch, ret, ret_count, error);
    const struct cg_resource **found = cg_arena_alloc(answers->scratch, sizeof(const struct cg_resource *));
    if (!found)
        return cg_error_no_memory(error);
    struct cg_error cause = {0};
    cg_status status = cg_store_find_resource(answers->store, question->id, answers->scratch, found, &cause);
    if (status != CG_OK && status != CG_NOT_FOUND) {
        *error = cause;
        return status;
    }
    *ret = found;
    *ret_count = status == CG_OK;
    return CG_OK;
}

/* The place where the answer to a question is kept; nothing is there yet when its `stamps` are NULL. */
static cg_status find_place(struct cg_answers *answers, const char *key, struct kept **ret) {
    uint32_t number = 0;
    if (answers->bytes > CG_ANSWERS_BYTES && forget(answers) != CG_OK)
        return CG_NO_MEMORY;
    size_t known = cg_intern_count(answers->keys);
    if (known == answers->room) {
        size_t room = answers->room ? answers->room * 2 : 256;
        struct kept *grown = realloc(answers->kept, room * sizeof *grown);
        if (!grown)
            return CG_NO_MEMORY;
        answers->kept = grown;
        answers->room = room;
    }
    cg_status status = cg_intern_add(answers->keys, key, &number);
    if (status != CG_OK)
        return CG_NO_MEMORY;
    if (number > known) {
        answers->kept[number - 1] = (struct kept){NULL, 0};
        answers->bytes += strlen(key) + sizeof *answers->kept;
    }
    *ret = &answers->kept[number - 1];
    return CG_OK;
}

/* What is kept of a question, read if it is not there. */
static cg_status find_kept(struct cg_answers *answers, const struct cg_question *question, struct kept *ret,
                           struct cg_error *error) {
    const struct cg_resource *const *items = NULL;
    size_t count = 0;
    struct kept *kept = NULL;
    cg_arena_reset(answers->scratch);
    const char *key = key_of(answers, question);
    if (!key || find_place(answers, key, &kept) != CG_OK)
        return cg_error_no_memory(error);
    if (kept->stamps) {
        *ret = *kept;
        return CG_OK;
    }
    cg_status status = read_all(answers, question, &items, &count, error);
    if (status != CG_OK)
        return status;
    struct cg_stamp *stamps = cg_arena_array(answers->arena, count, sizeof *stamps);
    if (!stamps)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        cg_stamp_resource(items[i], &stamps[i]);
    *kept = (struct kept){stamps, count};
    *ret = *kept;
    answers->bytes += count * sizeof *stamps;
    return CG_OK;
}

cg_status cg_answers_get(struct cg_answers *answers, const struct cg_question *question,
                         unsigned char ret[CG_DIGEST_BYTES], struct cg_error *error) {
    struct kept kept = {NULL, 0};
    struct cg_digest digest;
    if (question->kind == CG_QUESTION_IDENTITY) {
        cg_answer_identity(cg_identity_list_find(answers->everybody, question->id), question->end, ret);
        return CG_OK;
    }
    cg_status status = find_kept(answers, question, &kept, error);
    if (status != CG_OK)
        return status;
    start(&digest);
    for (size_t i = 0; i < kept.count; i++)
        if (question->kind == CG_QUESTION_RESOURCE || cg_stamp_lives(&kept.stamps[i], question->start, question->end))
            cg_stamp_put(&digest, &kept.stamps[i], question->end);
    cg_digest_end(&digest, ret);
    return CG_OK;
}
