/* The words of the topic_attribution settings, as they are meant: for the check of the settings and for their use. */
#ifndef CCLOUD_TOPIC_WORDS_H
#define CCLOUD_TOPIC_WORDS_H

#include <stddef.h>

/** Most bytes of a product type, a method or a metric name, NUL included. */
#define CCLOUD_WORD_SIZE 256

enum ccloud_case { CCLOUD_CASE_AS_IS, CCLOUD_CASE_LOWER, CCLOUD_CASE_UPPER };

/** Where `text` begins, and how long it is, without the white space at its ends. */
const char *ccloud_trimmed(const char *text, size_t *ret_length);

/**
 * `text` (NULL: "") without white space at its ends, its ASCII letters in the case asked for. Returns 0 when it does
 * not fit; then `buffer` has its beginning.
 */
int ccloud_word(const char *text, enum ccloud_case letters, char buffer[CCLOUD_WORD_SIZE]);

/** What is measured of topics. */
enum ccloud_topic_measure {
    CCLOUD_TOPIC_BYTES_IN,
    CCLOUD_TOPIC_BYTES_OUT,
    CCLOUD_TOPIC_RETAINED_BYTES,
    CCLOUD_TOPIC_MEASURE_COUNT
};

/** How the cost of a product is split over topics. */
enum ccloud_topic_method {
    CCLOUD_TOPIC_BYTES_RATIO,
    CCLOUD_TOPIC_RETAINED_RATIO,
    CCLOUD_TOPIC_EVEN_SPLIT,
    CCLOUD_TOPIC_DISABLED,
    CCLOUD_TOPIC_METHOD_COUNT
};

/** The words of the measures, which are their keys too. */
#define CCLOUD_TOPIC_KEY_BYTES_IN "topic_bytes_in"
#define CCLOUD_TOPIC_KEY_BYTES_OUT "topic_bytes_out"
#define CCLOUD_TOPIC_KEY_RETAINED_BYTES "topic_retained_bytes"

/** The word of a measure or of a method, in lower case. */
const char *ccloud_topic_measure_word(enum ccloud_topic_measure measure);
const char *ccloud_topic_method_word(enum ccloud_topic_method method);

/** The measure or method with this word, or its COUNT when there is none. */
enum ccloud_topic_measure ccloud_topic_measure_of(const char *word);
enum ccloud_topic_method ccloud_topic_method_of(const char *word);

/** Whether `name` is a PromQL metric name: [a-zA-Z_:][a-zA-Z0-9_:]*. Anything else would change the query it is put
 * into. */
int ccloud_is_metric_name(const char *name);

#endif
