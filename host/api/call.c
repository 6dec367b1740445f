#include "api/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/json.h"
#include "base/text.h"

cg_status cg_reply_detail(struct cg_call *call, uint32_t status, const char *format, ...) {
    char text[CG_ERROR_TEXT_SIZE];
    struct cg_json json;
    va_list args;
    va_start(args, format);
    int needed = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cg_text_clean(text, sizeof text, needed < 0 || (size_t)needed >= sizeof text);
    cg_buf_clear(&call->reply.body);
    call->reply.status = status;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_text(&json, "detail", text);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}

void cg_reply_header(struct cg_call *call, const char *name, const char *value) {
    struct cg_reply *reply = &call->reply;
    if (value && reply->header_count < CG_REPLY_HEADERS)
        reply->headers[reply->header_count++] = (struct cg_http_pair){name, value};
}

cg_status cg_reply_done(struct cg_call *call) {
    cg_status status = call->reply.body.status;
    if (status == CG_RANGE)
        return cg_error_set(&call->error, CG_RANGE, "the answer is larger than %zu MiB; ask for less at once",
                            call->reply.body.limit >> 20);
    return status == CG_OK ? CG_OK : cg_error_no_memory(&call->error);
}

/* The code of the control character at `text`, or the byte that is part of no character; 0 for what is shown as it is.
 */
static unsigned escaped_code(const char *text, size_t length) {
    unsigned char byte = (unsigned char)*text;
    if (length == 2 && byte == 0xc2 && (unsigned char)text[1] < 0xa0)
        return (unsigned char)text[1];
    return !length || byte < 0x20 || byte == 0x7f ? byte : 0;
}

/* Python's repr: single quotes, unless the text has some and no double ones. */
static void add_quoted(struct cg_buf *out, const char *text) {
    char quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';
    cg_buf_add_char(out, quote);
    while (*text) {
        unsigned char byte = (unsigned char)*text;
        size_t length = cg_text_sequence(text, SIZE_MAX);
        unsigned code = escaped_code(text, length);
        if (byte == '\\' || byte == (unsigned char)quote)
            cg_buf_printf(out, "\\%c", byte);
        else if (byte == '\n' || byte == '\r' || byte == '\t')
            cg_buf_printf(out, "\\%c", byte == '\n' ? 'n' : byte == '\r' ? 'r' : 't');
        else if (code)
            cg_buf_printf(out, "\\x%02x", code);
        else
            cg_buf_add(out, text, length);
        text += length ? length : 1;
    }
    cg_buf_add_char(out, quote);
}

const char *cg_call_quoted(struct cg_call *call, const char *text) {
    struct cg_buf out;
    cg_buf_init(&out, (size_t)1024 * 1024);
    add_quoted(&out, text);
    const char *copy = out.status == CG_OK ? cg_arena_copy(call->arena, out.data, out.length) : NULL;
    cg_buf_done(&out);
    return copy ? copy : "";
}
