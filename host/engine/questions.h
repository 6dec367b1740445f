/*
 * questions.h - what identity resolvers asked of the inventory while a date was calculated.
 *
 * The questions are kept with the date as a text, one in a line, and asked again by a later run: answers that differ
 * mean that the date has to be calculated again. Answers themselves are not kept, only their digests while the date is
 * at work.
 */
#ifndef CG_ENGINE_QUESTIONS_H
#define CG_ENGINE_QUESTIONS_H

#include "base/digest.h"
#include "base/error.h"

#define CG_QUESTION_IDENTITY 'I'  /**< the identity with this id, as it looks at `end` */
#define CG_QUESTION_RESOURCE 'R'  /**< the resource with this id, as it looks at `end` */
#define CG_QUESTION_RESOURCES 'L' /**< the resources that live in [start, end) */

/** One question. Strings are borrowed. */
struct cg_question {
    int64_t start; /**< CG_QUESTION_RESOURCES, else 0 */
    int64_t end;
    const char *id;     /**< CG_QUESTION_IDENTITY, CG_QUESTION_RESOURCE: never NULL */
    const char *type;   /**< CG_QUESTION_RESOURCES: or NULL for any */
    const char *parent; /**< the same */
    char kind;
};

/** The questions of one date, each once, in the order in which they were asked first. */
struct cg_questions;

/** An empty list, or NULL when out of memory. */
struct cg_questions *cg_questions_new(void);

/** NULL is fine. */
void cg_questions_free(struct cg_questions *questions);

/** Starts the next date. Error: CG_NO_MEMORY. */
cg_status cg_questions_clear(struct cg_questions *questions);

/**
 * Notes a question. 1: it is new, and cg_questions_answer must follow. 0: it was asked before, or the list is lost:
 * it grew longer than CG_INPUTS_QUESTIONS_LIMIT, an argument is no clean text, or memory ran out.
 */
int32_t cg_questions_ask(struct cg_questions *questions, const struct cg_question *question);

/** The digest of what was answered to the question noted last. */
void cg_questions_answer(struct cg_questions *questions, const unsigned char answer[CG_DIGEST_BYTES]);

/** All questions as the text to keep ("" when there is none), or NULL when the list is lost. Lives until the list
 * changes. */
const char *cg_questions_text(const struct cg_questions *questions);

/** How many there are, and the digest of the answer to one of them. */
size_t cg_questions_count(const struct cg_questions *questions);
const unsigned char *cg_questions_answer_at(const struct cg_questions *questions, size_t index);

/** Takes the next question off a kept text, which is changed; its strings live in it. CG_NOT_FOUND: that was all;
 * CG_INVALID: this is no text of ours. */
cg_status cg_questions_read(char **text, struct cg_question *ret);

#endif
