#include "base/header.h"

#include <string.h>
#include <strings.h>

#define LONGEST_NAME 200u
#define LONGEST_VALUE 8192u

static int is_token(const char *text) {
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (; *text; text++)
        if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9') ||
              strchr(marks, *text)))
            return 0;
    return 1;
}

const char *cg_header_problem(const char *name, const char *value) {
    static const char *const own[] = {
        "accept-encoding", "connection", "content-encoding", "content-length",    "content-type", "expect", "host",
        "keep-alive",      "te",         "trailer",          "transfer-encoding", "upgrade",
    };
    if (!*name || strlen(name) > LONGEST_NAME || !is_token(name))
        return "needs a name of letters, digits and \"!#$%&'*+-.^_`|~\"";
    if (strcasecmp(name, "authorization") == 0 || strcasecmp(name, "proxy-authorization") == 0)
        return "cannot be set here; credentials have keys of their own (auth_type)";
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcasecmp(name, own[i]) == 0)
            return "cannot be set, because the program writes it itself";
    if (strlen(value) > LONGEST_VALUE)
        return "has a value that is too long";
    for (const char *at = value; *at; at++)
        if (((unsigned char)*at < 0x20 && *at != '\t') || *at == 0x7F)
            return "has a value with control characters";
    return NULL;
}
