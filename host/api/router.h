/*
 * router.h - from a request's line to an operation: the table of routes, and what to answer when none fits.
 */
#ifndef CG_API_ROUTER_H
#define CG_API_ROUTER_H

#include "api/call.h"

/** Most parameters of a query; longest decoded path or query is that of the request. */
#define CG_QUERY_PAIRS 1000

/** Most values of a JSON body, lists and objects included. Parsed, three bytes of text may take 150 of memory. */
#define CG_BODY_VALUES 200000

/** What a path and a method come to. */
struct cg_route_match {
    const struct cg_route *route; /**< or NULL, and `status` says why */
    uint32_t status; /**< 404, 405, 307 (the path without its trailing slash exists), 400 (cannot be read) */
    const char *values[CG_PATH_VALUES];
    char allow[64]; /**< with 405: "GET, POST"; also set when the route was found */
};

/** All operations, the more particular path first. */
const struct cg_route *cg_routes(size_t *ret_count);

/**
 * Finds the operation in a table, usually cg_routes. `path` is percent-encoded; it is cut at its slashes before it is
 * decoded, so a value may hold an encoded one. HEAD is looked for as GET. Error: CG_NO_MEMORY.
 */
cg_status cg_route_find(const struct cg_route *routes, size_t count, const char *method, const char *path,
                        struct cg_arena *arena, struct cg_route_match *ret);

/** Most routes, for tables of counters beside them. */
#define CG_ROUTES_MAX 64

/**
 * Decodes a path's segment, or with `plus` 1 a part of a query, where "+" is a blank. A "%" that no two digits follow
 * stays as it is. NULL when the outcome is no UTF-8 or holds a NUL, `*ret_memory` 1 when memory ran out.
 */
char *cg_url_decode(const char *text, size_t length, int32_t plus, struct cg_arena *arena, int32_t *ret_memory);

/**
 * Makes a call ready for its handler: decodes the query, and parses the body if the route takes one. `call` holds
 * request, arena and now; its reply is initialised here. `*ret_go` is 0 when a refusal was written (400, 413, 422).
 * Error: CG_NO_MEMORY. End the call with cg_call_done, whatever happened.
 */
cg_status cg_call_prepare(struct cg_call *call, const struct cg_route_match *match, int32_t *ret_go);

/** Frees the reply's body, its stream and the parsed body of the request. */
void cg_call_done(struct cg_call *call);

#endif
