/*
 * handlers.h - the handler of every route, by the file it lives in. See routes.c for their paths.
 */
#ifndef CG_API_HANDLERS_H
#define CG_API_HANDLERS_H

#include "api/call.h"

/* billing.c */
cg_status cg_api_billing(struct cg_call *call);

/* chargebacks.c */
cg_status cg_api_chargebacks(struct cg_call *call);
cg_status cg_api_chargeback_dates(struct cg_call *call);
cg_status cg_api_allocation_issues(struct cg_call *call);
cg_status cg_api_dimension(struct cg_call *call);

/* aggregate.c */
cg_status cg_api_aggregate(struct cg_call *call);

/* export.c */
cg_status cg_api_export(struct cg_call *call);

/* inventory.c */
cg_status cg_api_resources(struct cg_call *call);
cg_status cg_api_identities(struct cg_call *call);
cg_status cg_api_inventory_summary(struct cg_call *call);

/* tags.c, tags_bulk.c */
cg_status cg_api_entity_tags(struct cg_call *call);
cg_status cg_api_entity_tag_create(struct cg_call *call);
cg_status cg_api_entity_tag_update(struct cg_call *call);
cg_status cg_api_entity_tag_delete(struct cg_call *call);
cg_status cg_api_tags(struct cg_call *call);
cg_status cg_api_tag_keys(struct cg_call *call);
cg_status cg_api_tag_values(struct cg_call *call);
cg_status cg_api_tags_bulk(struct cg_call *call);
cg_status cg_api_tags_bulk_by_filter(struct cg_call *call);

/* topics.c */
cg_status cg_api_topics(struct cg_call *call);
cg_status cg_api_topic_aggregate(struct cg_call *call);
cg_status cg_api_topic_dates(struct cg_call *call);
cg_status cg_api_topic_export(struct cg_call *call);

/* graph.c, graph_search.c, graph_diff.c, graph_timeline.c */
cg_status cg_api_graph(struct cg_call *call);
cg_status cg_api_graph_search(struct cg_call *call);
cg_status cg_api_graph_diff(struct cg_call *call);
cg_status cg_api_graph_timeline(struct cg_call *call);

/* tenants.c */
cg_status cg_api_tenant_status(struct cg_call *call);
cg_status cg_api_pipeline_status(struct cg_call *call);

#endif
