/*
 * topic_patterns.h - shell-style patterns that name topics.
 *
 * A pattern stands for whole names, upper and lower case differ: `*` is any run of characters, also of dots, slashes
 * and line breaks; `?` one character; `[abc]`, `[a-z]` one of those; `[!abc]` one that is none of those. A `[` without
 * its `]` is a plain character, `]` right behind `[` or `[!` is a member, and nothing escapes anything: a backslash, a
 * `^` and the word of a class are plain members. A character is one of UTF-8.
 */
#ifndef CG_ENGINE_TOPIC_PATTERNS_H
#define CG_ENGINE_TOPIC_PATTERNS_H

#include <chitragupt/model.h>

/** True when the pattern stands for the name. Takes time in proportion to the product of both lengths at most. */
int32_t cg_topic_pattern_matches(const char *pattern, const char *name);

/** True when one of the patterns stands for the name. */
int32_t cg_topic_is_excluded(const struct cg_text_list *patterns, const char *name);

#endif
