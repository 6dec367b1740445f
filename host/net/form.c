#include "net/form.h"

#include <string.h>

#define LONGEST_PATH 4096

static bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_unreserved(char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* Runs of plain characters are added at once. */
static void add_encoded(struct cg_buf *buf, const char *text) {
    static const char digits[] = "0123456789ABCDEF";
    while (*text) {
        size_t plain = 0;
        while (is_unreserved(text[plain]))
            plain++;
        cg_buf_add(buf, text, plain);
        text += plain;
        if (*text) {
            unsigned char byte = (unsigned char)*text++;
            char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};
            cg_buf_add(buf, escape, sizeof escape);
        }
    }
}

cg_status cg_form_add(struct cg_buf *buf, const struct cg_http_param *params, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (i)
            cg_buf_add_char(buf, '&');
        add_encoded(buf, params[i].name);
        cg_buf_add_char(buf, '=');
        add_encoded(buf, params[i].value);
    }
    return buf->status;
}

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* True when the segment of `length` bytes is "." or "..", a dot also as "%2e". */
static bool is_dots(const char *segment, size_t length) {
    size_t dots = 0;
    for (size_t i = 0; i < length; dots++) {
        if (segment[i] == '.')
            i++;
        else if (length - i >= 3 && segment[i] == '%' && segment[i + 1] == '2' && (segment[i + 2] | 0x20) == 'e')
            i += 3;
        else
            return false;
    }
    return dots == 1 || dots == 2;
}

bool cg_form_path_valid(const char *path) {
    if (!path || *path != '/' || strlen(path) > LONGEST_PATH)
        return false;
    for (const char *at = path; *at; at++) {
        if (*at == '/') {
            if (is_dots(at + 1, strcspn(at + 1, "/")))
                return false;
        } else if (*at == '%') {
            if (!is_hex(at[1]) || !is_hex(at[2]))
                return false;
        } else if (!is_unreserved(*at) && !strchr("!$&'()*+,;=:@", *at)) {
            return false;
        }
    }
    return true;
}
