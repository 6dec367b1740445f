/* Names of things at Confluent Cloud: crn://<authority>/organization=.../environment=.../... */
#ifndef CCLOUD_CRN_H
#define CCLOUD_CRN_H

#include <stddef.h>

/**
 * The value of segment `key` of `crn`, as it stands there, into `buffer` of `size` bytes, NUL included; of equal keys
 * the last one counts. Segments without "=" or with nothing on one side of it are skipped. Returns 1, or 0 when `crn`
 * is NULL or no CRN, has no such segment, or its value does not fit.
 */
int ccloud_crn_value(const char *crn, const char *key, char *buffer, size_t size);

#endif
