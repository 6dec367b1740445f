/* Which names a pattern stands for. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/topic_patterns.h"

static const struct {
    const char *pattern;
    const char *name;
    int32_t matches;
} cases[] = {
    {"__consumer_offsets", "__consumer_offsets", 1},
    {"_schemas", "_schemas", 1},
    {"_schemas", "_schemas2", 0},
    {"_schemas", "a_schemas", 0},
    {"_confluent-*", "_confluent-metrics", 1},
    {"_confluent-*", "_confluent-", 1},
    {"_confluent-*", "_confluent_x", 0},
    {"", "", 1},
    {"", "a", 0},
    {"a", "", 0},
    /* runs */
    {"*", "", 1},
    {"*", "a.b/c", 1},
    {"*", ".hidden", 1},
    {"*", "a\nb", 1},
    {"a*b", "a/x/b", 1},
    {"a*b", "ab", 1},
    {"a*b", "aXbX", 0},
    {"*a*b*", "xxaxxbxx", 1},
    {"*ab", "aaab", 1},
    {"*aab", "aaaab", 1},
    {"a**b", "aXb", 1},
    {"**", "x", 1},
    {"K*", "Kk", 1},
    {"K*", "kk", 0},
    /* one character */
    {"b?", "b1", 1},
    {"b?", "b", 0},
    {"b?", "b12", 0},
    {"b?", "b\xc3\xa9", 1},
    {"b??", "b\xc3\xa9", 0},
    {"?", "\xf0\x9f\x98\x80", 1},
    {"?", "/", 1},
    /* sets */
    {"a[0-9]", "a1", 1},
    {"a[0-9]", "ax", 0},
    {"a[0-9]", "a", 0},
    {"[abc]", "b", 1},
    {"[abc]", "d", 0},
    {"[!x]y", "zy", 1},
    {"[!x]y", "xy", 0},
    {"[!a-c]", "d", 1},
    {"[!a-c]", "b", 0},
    {"[\xc3\xa0-\xc3\xa9]", "\xc3\xa4", 1},
    {"[\xc3\xa0-\xc3\xa9]", "\xc3\xbc", 0},
    {"[!\xc3\xa9]", "\xc3\xa9", 0},
    {"[a-]", "-", 1},
    {"[a-]", "a", 1},
    {"[-a]", "-", 1},
    {"[!-a]", "-", 0},
    {"[!-a]", "b", 1},
    {"[--0]", ".", 1},
    {"[a-c-e]", "b", 1},
    {"[a-c-e]", "-", 1},
    {"[a-c-e]", "d", 0},
    {"[z-a]", "m", 0},
    {"[z-a]", "z", 0},
    {"[!z-a]", "m", 1},
    {"[]]", "]", 1},
    {"[]a]", "a", 1},
    {"[!]]", "]", 0},
    {"[!]]", "x", 1},
    {"[[]", "[", 1},
    {"[?]", "?", 1},
    {"[?]", "x", 0},
    {"[*]", "*", 1},
    {"[*]", "x", 0},
    {"*[0-9]", "topic-7", 1},
    {"*[0-9]x", "a1b2x", 1},
    /* no set at all */
    {"g[", "g[", 1},
    {"g[", "g", 0},
    {"[", "[", 1},
    {"[!", "[!", 1},
    {"[]", "[]", 1},
    {"[!]", "[!]", 1},
    {"[a", "[a", 1},
    {"[a", "a", 0},
    {"x[*", "x[abc", 1},
    {"]", "]", 1},
    /* nothing escapes, `^` and words of classes are plain */
    {"h\\*", "h\\*", 1},
    {"h\\*", "h\\x", 1},
    {"h\\*", "h*", 0},
    {"\\?", "\\x", 1},
    {"[\\]", "\\", 1},
    {"[^x]", "^", 1},
    {"[^x]", "x", 1},
    {"[^x]", "y", 0},
    {"[[:alpha:]]", "a]", 1},
    {"[[:alpha:]]", ":]", 1},
    {"[[:alpha:]]", "b", 0},
    {"[[:alpha:]]", "z]", 0},
};

Test(topic_patterns, whole_names) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(cg_topic_pattern_matches(cases[i].pattern, cases[i].name), cases[i].matches, "'%s' and '%s'",
                     cases[i].pattern, cases[i].name);
}

Test(topic_patterns, any_of_a_list) {
    static const char *const items[] = {"_schemas", "_confluent-*"};
    const struct cg_text_list patterns = {items, 2};
    const struct cg_text_list none = {0};
    cr_assert(cg_topic_is_excluded(&patterns, "_confluent-x"));
    cr_assert(cg_topic_is_excluded(&patterns, "_schemas"));
    cr_assert_not(cg_topic_is_excluded(&patterns, "orders"));
    cr_assert_not(cg_topic_is_excluded(&none, "orders"));
}

/* Thousands of stars would take ages if each tried every place. */
Test(topic_patterns, many_stars_take_little_time, .timeout = 10) {
    char pattern[2001];
    char name[3001];
    for (size_t i = 0; i < 2000; i++)
        pattern[i] = i % 2 ? '*' : 'a';
    pattern[1999] = 'b';
    pattern[2000] = '\0';
    memset(name, 'a', 3000);
    name[3000] = '\0';
    cr_assert_not(cg_topic_pattern_matches(pattern, name));
    name[2999] = 'b';
    cr_assert(cg_topic_pattern_matches(pattern, name));
}

/* Each of these brackets has no end, and the pattern is not searched for one again and again. */
Test(topic_patterns, many_open_brackets_take_little_time, .timeout = 10) {
    static char pattern[8000001];
    static char name[3001];
    memset(pattern, 'y', 8000000);
    memset(pattern, '[', 2000);
    pattern[0] = '*';
    memset(name, '[', 3000);
    cr_assert_not(cg_topic_pattern_matches(pattern, name));
    pattern[2000] = '\0';
    cr_assert(cg_topic_pattern_matches(pattern, name));
}
