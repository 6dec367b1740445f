/* Reading the head of a file of samples; see sample_file.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expose/folder.h"
#include "expose/sample_file.h"
#include "expose/sample_file_text.h"

#define FIRST_READ ((size_t)4096)
#define HEAD_LIMIT ((size_t)1024 * 1024)

/* Longest last line with its NUL: the word, 20 digits, a line end. */
#define END_SIZE 40

/* ---- numbers and words ---- */

/* Reads digits and moves behind them; 0 when there are none, or too many. */
static int take_number(const char **at, uint64_t *ret) {
    uint64_t value = 0;
    const char *start = *at;
    for (; **at >= '0' && **at <= '9' && *at - start < 18; ++*at)
        value = value * 10 + (uint64_t)(**at - '0');
    *ret = value;
    return *at > start && (**at < '0' || **at > '9');
}

static int take_text(const char **at, const char *text) {
    size_t length = strlen(text);
    if (strncmp(*at, text, length) != 0)
        return 0;
    *at += length;
    return 1;
}

/* The rest of a line, which it ends with a NUL. */
static const char *take_rest(char **at) {
    char *text = *at;
    char *end = strchr(text, '\n');
    if (!end)
        return NULL;
    *end = '\0';
    *at = end + 1;
    return text;
}

/* ---- the head ---- */

/* Reads up to "samples" into the arena; NULL with an error. */
static char *read_head(int fd, off_t size, struct cg_arena *arena, struct cg_error *error) {
    for (size_t length = FIRST_READ; length <= HEAD_LIMIT; length *= 4) {
        char *text = cg_arena_alloc(arena, length + 1);
        if (!text) {
            cg_error_no_memory(error);
            return NULL;
        }
        ssize_t got = cg_folder_read(fd, text, length, 0);
        if (got < 0) {
            cg_folder_error(error, errno, "cannot read a file of samples");
            return NULL;
        }
        text[got] = '\0';
        char *end = strstr(text, "\n" CG_SAMPLE_LAST_OF_HEAD);
        if (end) {
            end[sizeof CG_SAMPLE_LAST_OF_HEAD] = '\0';
            return text;
        }
        if (got >= size)
            break;
    }
    cg_error_set(error, CG_INVALID, "it is no file of samples");
    return NULL;
}

/* "section BYTES SAMPLES". */
static int take_section(char **at, uint64_t *ret_bytes) {
    const char *text = *at;
    uint64_t samples = 0;
    if (!take_text(&text, CG_SAMPLE_WORD_SECTION) || !take_number(&text, ret_bytes) || !take_text(&text, " ") ||
        !take_number(&text, &samples) || !take_text(&text, "\n"))
        return 0;
    *at += text - *at;
    return 1;
}

static int take_line(char **at, const char *word, const char **ret) {
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0)
        return 0;
    *at += length;
    *ret = take_rest(at);
    return *ret != NULL;
}

static int take_time(char **at, int64_t *ret) {
    const char *text = NULL;
    uint64_t value = 0;
    *ret = 0;
    if (strncmp(*at, CG_SAMPLE_WORD_TIME, sizeof CG_SAMPLE_WORD_TIME - 1) != 0)
        return 1; /* definitions have none */
    if (!take_line(at, CG_SAMPLE_WORD_TIME, &text))
        return 0;
    int negative = *text == '-';
    text += negative;
    if (!take_number(&text, &value) || *text)
        return 0;
    *ret = negative ? -(int64_t)value : (int64_t)value;
    return 1;
}

/* Takes the head apart in place; the sections lie behind each other from `start` on. 0: it is not well formed. */
static int parse(char *text, off_t start, struct cg_sample_head *ret, off_t *ret_end) {
    char *at = text + sizeof CG_SAMPLE_FIRST_LINE - 1;
    off_t offset = start;
    if (strncmp(text, CG_SAMPLE_FIRST_LINE, sizeof CG_SAMPLE_FIRST_LINE - 1) != 0 || !take_time(&at, &ret->seconds))
        return 0;
    while (strcmp(at, CG_SAMPLE_LAST_OF_HEAD) != 0) {
        struct cg_sample_section *section = &ret->sections[ret->count];
        uint64_t bytes = 0;
        if (ret->count == CG_SAMPLE_FAMILIES || !take_line(&at, CG_SAMPLE_WORD_FAMILY, &section->family.name) ||
            !take_line(&at, CG_SAMPLE_WORD_HELP, &section->family.help) || !take_section(&at, &bytes) ||
            bytes > (uint64_t)1 << 48)
            return 0;
        section->start = offset;
        offset += (off_t)bytes;
        section->end = offset;
        ret->count++;
    }
    *ret_end = offset;
    return 1;
}

/* Whether the last line says that everything in front of it is there, and nothing is behind it. */
static int ends_at(int fd, off_t end, off_t size) {
    char wanted[END_SIZE];
    char found[END_SIZE];
    int length = snprintf(wanted, sizeof wanted, CG_SAMPLE_WORD_END "%lld\n", (long long)end);
    return size == end + length && cg_folder_read(fd, found, (size_t)length, end) == length &&
           memcmp(found, wanted, (size_t)length) == 0;
}

cg_status cg_sample_head_read(int fd, off_t size, struct cg_arena *arena, struct cg_sample_head *ret,
                              struct cg_error *error) {
    struct cg_sample_head head = {0};
    off_t end = 0;
    char *text = read_head(fd, size, arena, error);
    if (!text)
        return error->status;
    head.sections = cg_arena_array(arena, CG_SAMPLE_FAMILIES, sizeof *head.sections);
    if (!head.sections)
        return cg_error_no_memory(error);
    if (!parse(text, (off_t)strlen(text), &head, &end))
        return cg_error_set(error, CG_INVALID, "its head is damaged");
    if (!ends_at(fd, end, size))
        return cg_error_set(error, CG_INVALID, "it is not whole");
    *ret = head;
    return CG_OK;
}
