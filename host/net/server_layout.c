#include <stdint.h>
#include <string.h>

#include "net/server_internal.h"

/*
 * The parser of libmicrohttpd before 1.0 works in place on strings: a NUL ends a target, a value or the whole header
 * early, and a folded line is put behind the wrong text. What it cut off would be read by others as a part of the
 * request, so a request is only taken when its strings lie as close to each other as lines do: behind each stand
 * the one or two bytes of its line's end, which have become NULs.
 */

/* Bytes from the end of a string to a place behind it; huge when it is not behind. */
static uintptr_t gap(const char *text, const char *place) {
    return (uintptr_t)place - (uintptr_t)text - strlen(text);
}

/* Behind the colon there are blanks, and behind them the value. */
static bool is_one_line(const struct cg_http_pair *header) {
    uintptr_t between = gap(header->name, header->value);
    if (between < 1 || between > SIZE_MAX / 2)
        return false;
    const char *blanks = header->name + strlen(header->name) + 1;
    return strspn(blanks, " \t") + 1 >= between;
}

bool cg_server_layout_is_whole(const struct cg_http_exchange *exchange, const char *method, const char *version,
                               size_t header_size) {
    const struct cg_http_request *request = &exchange->request;
    /* The version is behind the target and one space. */
    if ((uintptr_t)version - (uintptr_t)exchange->sent_target != strlen(request->target) + 1)
        return false;
    const char *last = version;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct cg_http_pair *header = &request->headers[i];
        uintptr_t between = gap(last, header->name);
        if (between < 1 || between > 2 || !is_one_line(header))
            return false;
        last = header->value;
    }
    uintptr_t end = gap(last, method + header_size);
    return end >= 2 && end <= 4;
}
