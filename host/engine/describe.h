/*
 * describe.h - is what an ecosystem says about itself something the host can work with?
 */
#ifndef CG_ENGINE_DESCRIBE_H
#define CG_ENGINE_DESCRIBE_H

#include <chitragupt/plugin.h>

#include "base/error.h"

/** Most of each that an ecosystem may describe; products are counted over all its services, the rest in one place. */
#define CG_DESCRIBE_SERVICES 1000
#define CG_DESCRIBE_PRODUCTS 10000
#define CG_DESCRIBE_METRICS 1000
#define CG_DESCRIBE_TEXTS 10000
#define CG_DESCRIBE_TOPIC_METRICS 100
#define CG_DESCRIBE_TOPIC_RULES 1000

/** Most days that topic rows are kept, and bytes of the name of a method. */
#define CG_DESCRIBE_TOPIC_DAYS 700000
#define CG_DESCRIBE_METHOD_BYTES 255

/**
 * Checks what `describe` answered: arrays, sizes, names, allocators, resolvers, metric queries, the topic overlay.
 * CG_INVALID with a sentence that says where, counted from 1: "service 2, product 1 has no product_type". It follows
 * every pointer of the answer, so it is to be called as if it were the module's code.
 */
cg_status cg_description_check(const struct cg_ecosystem_description *description, struct cg_error *error);

#endif
