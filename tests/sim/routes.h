/* Which handler answers which path. */
#ifndef CG_SIM_ROUTES_H
#define CG_SIM_ROUTES_H

#include <stdbool.h>

#include "api.h"
#include "stats.h"

/** What a path leads to. */
struct cg_sim_route {
    cg_sim_handler *handler; /**< NULL: the method is not allowed, or the path is unknown */
    enum cg_sim_group group;
    bool known;       /**< the path exists */
    bool faults;      /**< fault rules apply */
    const char *path; /**< within the path given: without the prefix of the Confluent API */
};

/** Finds the route of a method (`GET`, `POST`) and a decoded path; `prefix` is the option --prefix. */
struct cg_sim_route cg_sim_route_find(const char *prefix, const char *method, const char *path);

#endif
