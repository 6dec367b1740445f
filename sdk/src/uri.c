/* Percent-encoding. */
#include <chitragupt/host.h>

static int is_unreserved(unsigned char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

cg_status cg_uri_escape(const char *text, char *buffer, size_t size) {
    static const char hex[] = "0123456789ABCDEF";
    size_t needed = 1;
    for (const char *at = text; *at != '\0'; at++) {
        needed += is_unreserved((unsigned char)*at) ? 1 : 3;
    }
    if (needed > size) {
        return CG_RANGE;
    }
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (is_unreserved(c)) {
            *buffer++ = *at;
        } else {
            *buffer++ = '%';
            *buffer++ = hex[c >> 4];
            *buffer++ = hex[c & 15];
        }
    }
    *buffer = '\0';
    return CG_OK;
}
