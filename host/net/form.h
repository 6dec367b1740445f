/*
 * form.h - parameters and paths of a URL.
 */
#ifndef CG_NET_FORM_H
#define CG_NET_FORM_H

#include <stdbool.h>

#include <chitragupt/host.h>

#include "base/buf.h"

/** Appends "name=value" joined by "&", both percent-encoded but for letters, digits and "-._~". Returns the buffer's
 * status. */
cg_status cg_form_add(struct cg_buf *buf, const struct cg_http_param *params, size_t count);

/**
 * True when `path` can stand in a URL as it is: it starts with "/", has only characters that RFC 3986 allows in a path,
 * escapes of two hexadecimal digits, no "." or ".." segment in any spelling, and is at most 4096 bytes long.
 */
bool cg_form_path_valid(const char *path);

#endif
