/*
 * squeeze.h - pieces of a page as gzip.
 */
#ifndef CG_EXPOSE_SQUEEZE_H
#define CG_EXPOSE_SQUEEZE_H

#include <zlib.h>

#include "base/buf.h"

/** Zeroed when it is not in use. */
struct cg_gzip {
    z_stream stream;
    int open;
};

/** Begins. Error: CG_NO_MEMORY. */
cg_status cg_gzip_open(struct cg_gzip *gzip);

/** Frees it. */
void cg_gzip_close(struct cg_gzip *gzip);

/** Appends to `out` what a piece comes to, which may be nothing unless it is the last one. Errors: those of `out`. */
cg_status cg_gzip_add(struct cg_gzip *gzip, struct cg_buf *piece, int last, struct cg_buf *out);

#endif
