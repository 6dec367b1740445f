/*
 * support.h - routes called as a request would call them, on a real database, for the tests of this folder.
 */
#ifndef CG_TEST_API_SUPPORT_H
#define CG_TEST_API_SUPPORT_H

#include "api/router.h"
#include "store/select.h"
#include "store/support.h"

/** A database with a tenant "acme" (ecosystem "confluent_cloud", tenant id "acme-org"), and the routes of a test. */
struct api_stage {
    struct stage stage; /**< its store is the writer; SQL from outside with stage_run */
    const struct cg_route *routes;
    size_t route_count;
    struct cg_tenant_settings settings;
    struct cg_api_tenant tenant;
    int64_t now; /**< what the routes take for the time; 2026-03-20T12:00:00Z at first */
    uint32_t status;
    char *body; /**< of the last answer, streamed ones in one piece; NUL-terminated */
    size_t body_length;
    char content_type[96];
    char headers[512]; /**< "Name: value\n" of those the handler added */
};

/** An empty database. `routes` is the test's table. */
void api_init(struct api_stage *stage, const struct cg_route *routes, size_t route_count);

/** Removes everything. */
void api_done(struct api_stage *stage);

/**
 * Calls a route. `target` is path and query as a client would send them; "T" at its start stands for
 * /api/v1/tenants/acme. `body` NULL: none; it is sent as application/json. The outcome is in the stage; the body is
 * returned. A failure of the handler is the status 500 (503 for CG_TEMPORARY, 504 for CG_CANCELLED) with its sentence.
 */
const char *api_call(struct api_stage *stage, const char *method, const char *target, const char *body);

/** The same with another media type for the body. */
const char *api_call_as(struct api_stage *stage, const char *method, const char *target, const char *type,
                        const char *body);

/** GET. */
const char *api_get(struct api_stage *stage, const char *target);

/** Asserts status and body of a GET. */
#define assert_get(stage_, target_, status_, body_)                                                     \
    do {                                                                                                \
        const char *answered_ = api_get((stage_), (target_));                                           \
        cr_assert_eq((stage_)->status, (status_), "%s: %u %s", (target_), (stage_)->status, answered_); \
        cr_assert_str_eq(answered_, (body_), "%s", (target_));                                          \
    } while (0)

#endif
