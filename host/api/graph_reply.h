/*
 * graph_reply.h - what the routes of the graph share.
 */
#ifndef CG_API_GRAPH_REPLY_H
#define CG_API_GRAPH_REPLY_H

#include "api/call.h"
#include "views/graph.h"

/** 404: neither a resource nor an identity has this id. The sentence stands in quotes, as clients know it. */
cg_status cg_graph_not_found(struct cg_call *call, const char *id);

/** Builds graphs, one per request, from one snapshot. Answers like cg_graph_build. */
cg_status cg_graph_snapshot(struct cg_call *call, const struct cg_graph_request *requests, size_t count,
                            struct cg_graph *ret);

#endif
