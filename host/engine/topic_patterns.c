#include "engine/topic_patterns.h"

#include <string.h>

#include "base/text.h"

/* The code point at `*at`, which is not at its end; moves on. A byte that is part of no character stands for itself. */
static uint32_t next_character(const char **at) {
    const unsigned char *bytes = (const unsigned char *)*at;
    size_t length = cg_text_prefix(*at, 1);
    uint32_t code = length == 1 ? bytes[0] : bytes[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (bytes[i] & 0x3Fu);
    *at += length;
    return code;
}

/* The `]` that ends the set whose `[` stands before `at`, or NULL: then that `[` is a plain character. `last` is the
 * pattern's last `]` or NULL, so that what is looked through belongs to the set. */
static const char *set_end(const char *at, const char *last) {
    if (*at == '!')
        at++;
    return last && at < last ? strchr(at + 1, ']') : NULL;
}

/* Whether the set [at, end), without its brackets, has the character. */
static int set_has(const char *at, const char *end, uint32_t character) {
    int negated = *at == '!';
    int found = 0;
    if (negated)
        at++;
    while (at < end) {
        uint32_t low = next_character(&at);
        uint32_t high = low;
        if (end - at >= 2 && *at == '-') {
            at++;
            high = next_character(&at);
        }
        found |= character >= low && character <= high;
    }
    return found != negated;
}

/* Whether what stands at `*pattern`, no star, takes the character; moves the pattern on if so. */
static int takes(const char **pattern, const char *last, uint32_t character) {
    const char *at = *pattern;
    if (!*at)
        return 0;
    uint32_t wanted = next_character(&at);
    const char *end = wanted == '[' ? set_end(at, last) : NULL;
    int fits = end ? set_has(at, end, character) : wanted == '?' || wanted == character;
    if (fits)
        *pattern = end ? end + 1 : at;
    return fits;
}

/* When a character does not fit, the last star takes one more: an earlier one never has to, because whatever it could
 * leave behind the last one can take as well. */
int32_t cg_topic_pattern_matches(const char *pattern, const char *name) {
    const char *last = strrchr(pattern, ']');
    const char *behind_star = NULL;
    const char *retry = NULL; /* where in the name that star ends so far */
    while (*name) {
        if (*pattern == '*') {
            behind_star = ++pattern;
            retry = name;
            continue;
        }
        const char *next = name;
        uint32_t character = next_character(&next);
        if (takes(&pattern, last, character)) {
            name = next;
        } else if (behind_star) {
            next_character(&retry);
            name = retry;
            pattern = behind_star;
        } else {
            return 0;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

int32_t cg_topic_is_excluded(const struct cg_text_list *patterns, const char *name) {
    for (size_t i = 0; i < patterns->count; i++)
        if (cg_topic_pattern_matches(patterns->items[i], name))
            return 1;
    return 0;
}
