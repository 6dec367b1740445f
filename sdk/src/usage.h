/*
 * usage.h - the inside of a usage map.
 *
 * Private to the helper library.
 */
#ifndef CHITRAGUPT_SDK_USAGE_H
#define CHITRAGUPT_SDK_USAGE_H

#include <chitragupt/models.h>

/** Usage of one identity. */
struct cg_usage_entry {
    const char *id;
    uint64_t hash;
    double value; /**< above 0; infinite when it was too much for a double */
};

/** Entries in order of arrival, found through a table of their positions plus 1 (0: free), open addressing. */
struct cg_usage {
    const struct cg_host *host;
    struct cg_usage_entry *entries;
    uint32_t *slots;
    size_t count;
    size_t room; /**< of entries; slots has twice as many */
    uint64_t seed;
};

#endif
