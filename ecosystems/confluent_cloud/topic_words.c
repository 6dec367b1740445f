#include "topic_words.h"

#include <string.h>

static const char *const measures[CCLOUD_TOPIC_MEASURE_COUNT] = {
    [CCLOUD_TOPIC_BYTES_IN] = CCLOUD_TOPIC_KEY_BYTES_IN,
    [CCLOUD_TOPIC_BYTES_OUT] = CCLOUD_TOPIC_KEY_BYTES_OUT,
    [CCLOUD_TOPIC_RETAINED_BYTES] = CCLOUD_TOPIC_KEY_RETAINED_BYTES,
};
static const char *const methods[CCLOUD_TOPIC_METHOD_COUNT] = {
    [CCLOUD_TOPIC_BYTES_RATIO] = "bytes_ratio",
    [CCLOUD_TOPIC_RETAINED_RATIO] = "retained_bytes_ratio",
    [CCLOUD_TOPIC_EVEN_SPLIT] = "even_split",
    [CCLOUD_TOPIC_DISABLED] = "disabled",
};

static int is_lower(char character) {
    return character >= 'a' && character <= 'z';
}

static int is_upper(char character) {
    return character >= 'A' && character <= 'Z';
}

static char in_case(char character, enum ccloud_case letters) {
    if (letters == CCLOUD_CASE_UPPER && is_lower(character)) {
        return (char)(character - 'a' + 'A');
    }
    if (letters == CCLOUD_CASE_LOWER && is_upper(character)) {
        return (char)(character - 'A' + 'a');
    }
    return character;
}

const char *ccloud_trimmed(const char *text, size_t *ret_length) {
    static const char space[] = " \t\r\n\v\f";
    text += strspn(text, space);
    size_t length = strlen(text);
    while (length > 0 && strchr(space, text[length - 1]) != NULL) {
        length--;
    }
    *ret_length = length;
    return text;
}

int ccloud_word(const char *text, enum ccloud_case letters, char buffer[CCLOUD_WORD_SIZE]) {
    size_t length = 0;
    text = ccloud_trimmed(text == NULL ? "" : text, &length);
    size_t kept = length < CCLOUD_WORD_SIZE ? length : CCLOUD_WORD_SIZE - 1;
    for (size_t i = 0; i < kept; i++) {
        buffer[i] = in_case(text[i], letters);
    }
    buffer[kept] = '\0';
    return kept == length;
}

/* The place of `word` among `words`, or `count`. */
static size_t find(const char *const *words, size_t count, const char *word) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }
    return count;
}

const char *ccloud_topic_measure_word(enum ccloud_topic_measure measure) {
    return measures[measure];
}

const char *ccloud_topic_method_word(enum ccloud_topic_method method) {
    return methods[method];
}

enum ccloud_topic_measure ccloud_topic_measure_of(const char *word) {
    return (enum ccloud_topic_measure)find(measures, CCLOUD_TOPIC_MEASURE_COUNT, word);
}

enum ccloud_topic_method ccloud_topic_method_of(const char *word) {
    return (enum ccloud_topic_method)find(methods, CCLOUD_TOPIC_METHOD_COUNT, word);
}

int ccloud_is_metric_name(const char *name) {
    if (name[0] >= '0' && name[0] <= '9') {
        return 0;
    }
    for (const char *at = name; *at != '\0'; at++) {
        int is_digit = *at >= '0' && *at <= '9';
        if (!is_lower(*at) && !is_upper(*at) && !is_digit && *at != '_' && *at != ':') {
            return 0;
        }
    }
    return name[0] != '\0';
}
