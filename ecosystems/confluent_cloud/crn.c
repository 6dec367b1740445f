#include "crn.h"

#include <string.h>

int ccloud_crn_value(const char *crn, const char *key, char *buffer, size_t size) {
    static const char scheme[] = "crn://";
    const size_t key_length = strlen(key);
    const char *value = NULL;
    size_t value_length = 0;
    if (crn == NULL || strncmp(crn, scheme, sizeof scheme - 1) != 0) {
        return 0;
    }
    const char *at = crn + sizeof scheme - 1;
    at += strcspn(at, "/"); /* the authority */
    while (*at == '/') {
        at++;
        size_t length = strcspn(at, "/");
        if (length > key_length + 1 && strncmp(at, key, key_length) == 0 && at[key_length] == '=') {
            value = at + key_length + 1;
            value_length = length - key_length - 1;
        }
        at += length;
    }
    if (value == NULL || value_length >= size) {
        return 0;
    }
    memcpy(buffer, value, value_length);
    buffer[value_length] = '\0';
    return 1;
}
