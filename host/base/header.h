/*
 * header.h - the headers that users may add to requests.
 */
#ifndef CG_BASE_HEADER_H
#define CG_BASE_HEADER_H

/**
 * NULL when requests may carry this header; else what is wrong with it, as a sentence that goes on with "the header".
 * Names are RFC 9110 tokens of at most 200 characters; values are at most 8192 bytes without control characters. What
 * the HTTP client writes itself is refused: who asks, whom, and how long and of which kind the body is.
 */
const char *cg_header_problem(const char *name, const char *value);

#endif
