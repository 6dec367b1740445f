#include "engine/questions.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/intern.h"
#include "base/text.h"
#include "store/inputs.h"

/* What stands for an argument that is NULL, and before one that is not. */
#define ABSENT '-'
#define PRESENT '='

struct answer {
    unsigned char digest[CG_DIGEST_BYTES];
};

struct cg_questions {
    struct cg_intern *seen; /* the lines, to find one again */
    struct cg_buf text;
    struct cg_buf line; /* the one at hand */
    struct answer *answers;
    size_t count;
    size_t room;
    int32_t lost;
    int32_t reserved;
};

struct cg_questions *cg_questions_new(void) {
    struct cg_questions *questions = calloc(1, sizeof *questions);
    if (!questions)
        return NULL;
    cg_buf_init(&questions->text, CG_INPUTS_QUESTIONS_LIMIT);
    cg_buf_init(&questions->line, CG_INPUTS_QUESTIONS_LIMIT);
    questions->seen = cg_intern_new();
    if (!questions->seen) {
        cg_questions_free(questions);
        return NULL;
    }
    return questions;
}

void cg_questions_free(struct cg_questions *questions) {
    if (!questions)
        return;
    cg_intern_free(questions->seen);
    cg_buf_done(&questions->text);
    cg_buf_done(&questions->line);
    free(questions->answers);
    free(questions);
}

cg_status cg_questions_clear(struct cg_questions *questions) {
    if (cg_intern_count(questions->seen)) {
        struct cg_intern *seen = cg_intern_new();
        if (!seen)
            return CG_NO_MEMORY;
        cg_intern_free(questions->seen);
        questions->seen = seen;
    }
    cg_buf_clear(&questions->text);
    questions->count = 0;
    questions->lost = 0;
    return CG_OK;
}

/* Arguments are clean texts, so a tab ends one and a newline the question. */
static int32_t add_argument(struct cg_buf *line, const char *argument) {
    if (argument && !cg_text_is_clean(argument, CG_INPUTS_QUESTIONS_LIMIT))
        return 0;
    cg_buf_printf(line, "\t%c", argument ? PRESENT : ABSENT);
    return cg_buf_add_text(line, argument ? argument : "") == CG_OK;
}

/* Writes the question at hand as a line without its newline. */
static int32_t write_line(struct cg_buf *line, const struct cg_question *question) {
    cg_buf_clear(line);
    if (question->kind == CG_QUESTION_RESOURCES) {
        cg_buf_printf(line, "%c\t%" PRId64 "\t%" PRId64, question->kind, question->start, question->end);
        return add_argument(line, question->type) && add_argument(line, question->parent);
    }
    cg_buf_printf(line, "%c\t%" PRId64, question->kind, question->end);
    return add_argument(line, question->id);
}

static cg_status grow(struct cg_questions *questions) {
    if (questions->count < questions->room)
        return CG_OK;
    size_t room = questions->room ? questions->room * 2 : 64;
    struct answer *grown = realloc(questions->answers, room * sizeof *grown);
    if (!grown)
        return CG_NO_MEMORY;
    questions->answers = grown;
    questions->room = room;
    return CG_OK;
}

static int32_t lose(struct cg_questions *questions) {
    questions->lost = 1;
    return 0;
}

int32_t cg_questions_ask(struct cg_questions *questions, const struct cg_question *question) {
    uint32_t known = cg_intern_count(questions->seen);
    uint32_t number = 0;
    if (questions->lost)
        return 0;
    if (!write_line(&questions->line, question))
        return lose(questions);
    if (cg_intern_add(questions->seen, cg_buf_text(&questions->line), &number) != CG_OK)
        return lose(questions);
    if (number <= known)
        return 0;
    cg_buf_add(&questions->text, questions->line.data, questions->line.length);
    if (cg_buf_add_char(&questions->text, '\n') != CG_OK || grow(questions) != CG_OK)
        return lose(questions);
    memset(&questions->answers[questions->count++], 0, sizeof *questions->answers);
    return 1;
}

void cg_questions_answer(struct cg_questions *questions, const unsigned char answer[CG_DIGEST_BYTES]) {
    if (!questions->lost && questions->count)
        memcpy(questions->answers[questions->count - 1].digest, answer, CG_DIGEST_BYTES);
}

const char *cg_questions_text(const struct cg_questions *questions) {
    return questions->lost ? NULL : cg_buf_text(&questions->text);
}

size_t cg_questions_count(const struct cg_questions *questions) {
    return questions->count;
}

const unsigned char *cg_questions_answer_at(const struct cg_questions *questions, size_t index) {
    return questions->answers[index].digest;
}

/* Takes what stands before the next tab or the end of the line. */
static char *take_part(char **line) {
    char *part = *line;
    if (!part)
        return NULL;
    char *tab = strchr(part, '\t');
    *line = tab ? tab + 1 : NULL;
    if (tab)
        *tab = '\0';
    return part;
}

static int32_t take_time(char **line, int64_t *ret) {
    const char *part = take_part(line);
    char *end = NULL;
    if (!part || !*part)
        return 0;
    errno = 0;
    intmax_t value = strtoimax(part, &end, 10);
    if (errno || *end || value < INT64_MIN || value > INT64_MAX)
        return 0;
    *ret = value;
    return 1;
}

static int32_t take_argument(char **line, const char **ret) {
    const char *part = take_part(line);
    if (!part || (*part != PRESENT && (*part != ABSENT || part[1])))
        return 0;
    *ret = *part == PRESENT ? part + 1 : NULL;
    return 1;
}

static int32_t take_question(char *line, struct cg_question *ret) {
    const char *kind = take_part(&line);
    if (!kind || strlen(kind) != 1)
        return 0;
    ret->kind = *kind;
    if (ret->kind == CG_QUESTION_RESOURCES)
        return take_time(&line, &ret->start) && take_time(&line, &ret->end) && take_argument(&line, &ret->type) &&
               take_argument(&line, &ret->parent) && !line;
    if (ret->kind != CG_QUESTION_IDENTITY && ret->kind != CG_QUESTION_RESOURCE)
        return 0;
    return take_time(&line, &ret->end) && take_argument(&line, &ret->id) && ret->id && !line;
}

cg_status cg_questions_read(char **text, struct cg_question *ret) {
    char *line = *text;
    if (!*line)
        return CG_NOT_FOUND;
    char *end = strchr(line, '\n');
    if (!end)
        return CG_INVALID;
    *end = '\0';
    *text = end + 1;
    struct cg_question question = {0};
    if (!take_question(line, &question))
        return CG_INVALID;
    *ret = question;
    return CG_OK;
}
