#include "expose/squeeze.h"

/* Fast rather than small: a page is made for one client. */
#define LEVEL 1
#define WINDOW_GZIP (15 + 16)

cg_status cg_gzip_open(struct cg_gzip *gzip) {
    if (deflateInit2(&gzip->stream, LEVEL, Z_DEFLATED, WINDOW_GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return CG_NO_MEMORY;
    gzip->open = 1;
    return CG_OK;
}

void cg_gzip_close(struct cg_gzip *gzip) {
    if (gzip->open)
        deflateEnd(&gzip->stream);
    gzip->open = 0;
}

cg_status cg_gzip_add(struct cg_gzip *gzip, struct cg_buf *piece, int last, struct cg_buf *out) {
    unsigned char room[16384];
    gzip->stream.next_in = (unsigned char *)piece->data;
    gzip->stream.avail_in = (unsigned int)piece->length; /* a piece of a page */
    do {
        gzip->stream.next_out = room;
        gzip->stream.avail_out = sizeof room;
        if (deflate(&gzip->stream, last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR)
            return CG_PERMANENT;
        cg_buf_add(out, room, sizeof room - gzip->stream.avail_out);
    } while (gzip->stream.avail_out == 0);
    return out->status;
}
