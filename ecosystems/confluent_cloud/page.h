/* Answers of collections: pages {"data": [...], "metadata": {"next": "<url>"}}, and whole objects. */
#ifndef CCLOUD_PAGE_H
#define CCLOUD_PAGE_H

#include <chitragupt/error.h>
#include <jansson.h>

/** Longest page token that is followed, in bytes. */
#define CCLOUD_TOKEN_MAX 8192
/** Bytes of a sentence for the user, NUL included. */
#define CCLOUD_TEXT_SIZE 512

struct ccloud_page {
    json_t *root;  /**< owned; give it back with ccloud_page_done */
    json_t *items; /**< the list inside `root`, or `root` as the object; NULL: the page is empty */
    char *token;   /**< owned; page_token of the next page, or NULL: this is the last one */
};

/**
 * Reads a page. On failure `*ret` holds nothing and `text` (CCLOUD_TEXT_SIZE bytes) says what is wrong with the answer
 * to `GET path`. Errors: CG_TEMPORARY (no JSON, as when something on the way cut it), CG_PERMANENT (not such a page),
 * CG_NO_MEMORY.
 */
cg_status ccloud_page_parse(const char *path, const char *body, size_t length, struct ccloud_page *ret, char *text);

/**
 * Reads an answer that is one object with a member for each item, and never has a next page. An object that has an
 * empty list "data" beside "metadata" is an empty page. Otherwise like ccloud_page_parse.
 */
cg_status ccloud_page_parse_object(const char *path, const char *body, size_t length, struct ccloud_page *ret,
                                   char *text);

/** Gives a page back. */
void ccloud_page_done(struct ccloud_page *page);

/**
 * The first `page_token` in the query of `url`, form-decoded, through `*ret_token` (to be freed); NULL when the URL has
 * no or an empty one. Errors: CG_INVALID (a token longer than CCLOUD_TOKEN_MAX, or one that contains a NUL),
 * CG_NO_MEMORY.
 */
cg_status ccloud_page_token(const char *url, char **ret_token);

#endif
