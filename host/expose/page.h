/*
 * page.h - the page of a site: the samples of all its files, merged, in one of the text formats.
 *
 * Each family is there once, and in it the samples of one set of labels stand together, by time. The page is made in
 * pieces; memory does not grow with the number of samples, and little with that of files. All functions may be called
 * on any thread, one at a time.
 */
#ifndef CG_EXPOSE_PAGE_H
#define CG_EXPOSE_PAGE_H

#include "base/buf.h"
#include "expose/scan.h"

/** The formats. */
#define CG_PAGE_TEXT 0        /**< of Prometheus; times in milliseconds */
#define CG_PAGE_OPENMETRICS 1 /**< times in seconds, and an end */

/** Most files that a page keeps open; others are opened for each window. */
#define CG_PAGE_OPEN_FILES 512u

/** A piece of a page has about so many bytes. */
#define CG_PAGE_PIECE ((size_t)64 * 1024)

struct cg_page;

/**
 * A page of the files of a scan, which it takes over, also on failure. `names` (may be NULL) are the only families to
 * be shown, borrowed as long as the page. At most `open_files` stay open. A file that is damaged is left out and noted
 * as a warning of the scan. Errors: CG_NOT_FOUND (a file was replaced at this moment), CG_TEMPORARY, CG_PERMANENT,
 * CG_NO_MEMORY.
 */
cg_status cg_page_new(struct cg_scan *scan, int format, const char *const *names, size_t name_count, size_t open_files,
                      struct cg_page **ret, struct cg_error *error);

/** Frees it. NULL is fine. */
void cg_page_free(struct cg_page *page);

/**
 * Appends the next piece; `*ret_more` 0: it was the last one. Errors: CG_NOT_FOUND (a file that is not kept open was
 * replaced: the page cannot be ended), CG_TEMPORARY, CG_PERMANENT, CG_NO_MEMORY.
 */
cg_status cg_page_next(struct cg_page *page, struct cg_buf *out, int32_t *ret_more, struct cg_error *error);

/** The scan, for its warnings. */
const struct cg_scan *cg_page_scan(const struct cg_page *page);

#endif
