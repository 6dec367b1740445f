/*
 * embedded.h - files that are part of the program: openapi.json and docs.html of this folder.
 */
#ifndef CG_API_EMBEDDED_H
#define CG_API_EMBEDDED_H

#include <stddef.h>

extern const char cg_embedded_openapi[];
extern const size_t cg_embedded_openapi_length;

extern const char cg_embedded_docs[];
extern const size_t cg_embedded_docs_length;

#endif
