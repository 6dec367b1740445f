/*
 * layout.c - the sizes and offsets of every public struct, on 64-bit machines.
 *
 * Changing or removing a line is a break of the ABI and needs a new CG_ABI_MAJOR. Adding one is not: a struct that
 * starts with struct_size may grow at its end, which changes its size and adds offsets, and needs a new CG_ABI_MINOR.
 */
#include <chitragupt/allocator.h>
#include <chitragupt/decimal.h>
#include <chitragupt/ecosystem.h>
#include <chitragupt/emitter.h>
#include <chitragupt/exposition.h>
#include <chitragupt/host.h>
#include <chitragupt/identity.h>
#include <chitragupt/metrics.h>
#include <chitragupt/model.h>
#include <chitragupt/models.h>
#include <chitragupt/plugin.h>
#include <chitragupt/sql_driver.h>
#include <chitragupt/topics.h>

_Static_assert(sizeof(void *) == 8, "these numbers hold for 64-bit machines");

#define SIZE(type, size) _Static_assert(sizeof(struct type) == (size), "size of " #type)
#define AT(type, member, offset) _Static_assert(offsetof(struct type, member) == (offset), #type "." #member)

/* decimal.h */
SIZE(cg_decimal, 24);
AT(cg_decimal, low, 0);
AT(cg_decimal, high, 8);
AT(cg_decimal, exponent, 16);
AT(cg_decimal, negative, 20);

/* model.h */
SIZE(cg_field, 24);
AT(cg_field, key, 0);
AT(cg_field, value, 8);
AT(cg_field, kind, 16);
AT(cg_field, reserved, 20);

SIZE(cg_resource, 88);
AT(cg_resource, struct_size, 0);
AT(cg_resource, field_count, 4);
AT(cg_resource, id, 8);
AT(cg_resource, type, 16);
AT(cg_resource, display_name, 24);
AT(cg_resource, parent_id, 32);
AT(cg_resource, owner_id, 40);
AT(cg_resource, cloud, 48);
AT(cg_resource, region, 56);
AT(cg_resource, created_at, 64);
AT(cg_resource, deleted_at, 72);
AT(cg_resource, fields, 80);

SIZE(cg_identity, 56);
AT(cg_identity, struct_size, 0);
AT(cg_identity, field_count, 4);
AT(cg_identity, id, 8);
AT(cg_identity, type, 16);
AT(cg_identity, display_name, 24);
AT(cg_identity, created_at, 32);
AT(cg_identity, deleted_at, 40);
AT(cg_identity, fields, 48);

SIZE(cg_identity_list, 16);
AT(cg_identity_list, items, 0);
AT(cg_identity_list, count, 8);

SIZE(cg_billing_line, 152);
AT(cg_billing_line, struct_size, 0);
AT(cg_billing_line, flags, 4);
AT(cg_billing_line, timestamp, 8);
AT(cg_billing_line, env_id, 16);
AT(cg_billing_line, resource_id, 24);
AT(cg_billing_line, product_category, 32);
AT(cg_billing_line, product_type, 40);
AT(cg_billing_line, currency, 48);
AT(cg_billing_line, granularity, 56);
AT(cg_billing_line, quantity, 64);
AT(cg_billing_line, unit_price, 88);
AT(cg_billing_line, total_cost, 112);
AT(cg_billing_line, fields, 136);
AT(cg_billing_line, field_count, 144);
AT(cg_billing_line, reserved, 148);

SIZE(cg_metric_point, 16);
AT(cg_metric_point, time, 0);
AT(cg_metric_point, value, 8);

SIZE(cg_metric_series, 40);
AT(cg_metric_series, struct_size, 0);
AT(cg_metric_series, label_count, 4);
AT(cg_metric_series, key, 8);
AT(cg_metric_series, labels, 16);
AT(cg_metric_series, points, 24);
AT(cg_metric_series, point_count, 32);

SIZE(cg_metrics, 32);
AT(cg_metrics, struct_size, 0);
AT(cg_metrics, flags, 4);
AT(cg_metrics, series, 8);
AT(cg_metrics, series_count, 16);
AT(cg_metrics, ignored_points, 24);

SIZE(cg_text_list, 16);
AT(cg_text_list, items, 0);
AT(cg_text_list, count, 8);

/* host.h */
SIZE(cg_config_api, 80);
AT(cg_config_api, struct_size, 0);
AT(cg_config_api, reserved, 4);
AT(cg_config_api, get, 8);
AT(cg_config_api, type, 16);
AT(cg_config_api, count, 24);
AT(cg_config_api, at, 32);
AT(cg_config_api, key_at, 40);
AT(cg_config_api, text, 48);
AT(cg_config_api, integer, 56);
AT(cg_config_api, decimal, 64);
AT(cg_config_api, problem, 72);

SIZE(cg_http_options, 80);
AT(cg_http_options, struct_size, 0);
AT(cg_http_options, max_attempts, 4);
AT(cg_http_options, base_url, 8);
AT(cg_http_options, username, 16);
AT(cg_http_options, password, 24);
AT(cg_http_options, bearer_token, 32);
AT(cg_http_options, label, 40);
AT(cg_http_options, min_interval_us, 48);
AT(cg_http_options, timeout_us, 56);
AT(cg_http_options, max_body_bytes, 64);
AT(cg_http_options, max_in_flight, 72);
AT(cg_http_options, reserved, 76);

SIZE(cg_http_param, 16);
AT(cg_http_param, name, 0);
AT(cg_http_param, value, 8);

SIZE(cg_http_response, 40);
AT(cg_http_response, struct_size, 0);
AT(cg_http_response, status, 4);
AT(cg_http_response, http_status, 8);
AT(cg_http_response, attempts, 12);
AT(cg_http_response, body, 16);
AT(cg_http_response, length, 24);
AT(cg_http_response, error, 32);

SIZE(cg_http_api, 40);
AT(cg_http_api, struct_size, 0);
AT(cg_http_api, reserved, 4);
AT(cg_http_api, open, 8);
AT(cg_http_api, close, 16);
AT(cg_http_api, get, 24);
AT(cg_http_api, wait, 32);

SIZE(cg_host, 96); /* 80 in ABI 1.0 */
AT(cg_host, struct_size, 0);
AT(cg_host, reserved, 4);
AT(cg_host, impl, 8);
AT(cg_host, config, 16);
AT(cg_host, http, 24);
AT(cg_host, log, 32);
AT(cg_host, set_error, 40);
AT(cg_host, now, 48);
AT(cg_host, scratch, 56);
AT(cg_host, cancelled, 64);
AT(cg_host, extension, 72);
AT(cg_host, metrics, 80);
AT(cg_host, exposition, 88);

/* allocator.h */
SIZE(cg_override_header, 16);
AT(cg_override_header, struct_size, 0);
AT(cg_override_header, magic, 4);
AT(cg_override_header, kind, 8);
AT(cg_override_header, abi_major, 12);
AT(cg_override_header, abi_minor, 14);

SIZE(cg_row, 72);
AT(cg_row, struct_size, 0);
AT(cg_row, cost_type, 4);
AT(cg_row, identity_id, 8);
AT(cg_row, amount, 16);
AT(cg_row, allocation_method, 40);
AT(cg_row, allocation_detail, 48);
AT(cg_row, chain_tier, 56);
AT(cg_row, composition_index, 60);
AT(cg_row, ratio, 64);

SIZE(cg_row_sink, 24);
AT(cg_row_sink, struct_size, 0);
AT(cg_row_sink, reserved, 4);
AT(cg_row_sink, impl, 8);
AT(cg_row_sink, add, 16);

SIZE(cg_context_entry, 40);
AT(cg_context_entry, struct_size, 0);
AT(cg_context_entry, reserved, 4);
AT(cg_context_entry, map, 8);
AT(cg_context_entry, key, 16);
AT(cg_context_entry, text, 24);
AT(cg_context_entry, number, 32);

SIZE(cg_allocation_context, 176);
AT(cg_allocation_context, struct_size, 0);
AT(cg_allocation_context, reserved, 4);
AT(cg_allocation_context, host, 8);
AT(cg_allocation_context, tenant_name, 16);
AT(cg_allocation_context, window_start, 24);
AT(cg_allocation_context, window_end, 32);
AT(cg_allocation_context, line, 40);
AT(cg_allocation_context, amount, 48);
AT(cg_allocation_context, resource_active, 72);
AT(cg_allocation_context, metrics_derived, 88);
AT(cg_allocation_context, merged_active, 104);
AT(cg_allocation_context, tenant_period, 120);
AT(cg_allocation_context, entries, 136);
AT(cg_allocation_context, entry_count, 144);
AT(cg_allocation_context, metrics, 152);
AT(cg_allocation_context, params, 160);
AT(cg_allocation_context, ecosystem, 168);

SIZE(cg_allocator, 40);
AT(cg_allocator, header, 0);
AT(cg_allocator, description, 16);
AT(cg_allocator, allocate, 24);
AT(cg_allocator, data, 32);

/* identity.h */
SIZE(cg_resolution_context, 136);
AT(cg_resolution_context, struct_size, 0);
AT(cg_resolution_context, reserved, 4);
AT(cg_resolution_context, host, 8);
AT(cg_resolution_context, impl, 16);
AT(cg_resolution_context, tenant_name, 24);
AT(cg_resolution_context, service_type, 32);
AT(cg_resolution_context, product_type, 40);
AT(cg_resolution_context, resource_id, 48);
AT(cg_resolution_context, env_id, 56);
AT(cg_resolution_context, window_start, 64);
AT(cg_resolution_context, window_end, 72);
AT(cg_resolution_context, tenant_period, 80);
AT(cg_resolution_context, metrics, 96);
AT(cg_resolution_context, ecosystem, 104);
AT(cg_resolution_context, find_identity, 112);
AT(cg_resolution_context, find_resource, 120);
AT(cg_resolution_context, list_resources, 128);

SIZE(cg_resolution_sink, 48);
AT(cg_resolution_sink, struct_size, 0);
AT(cg_resolution_sink, reserved, 4);
AT(cg_resolution_sink, impl, 8);
AT(cg_resolution_sink, add_active, 16);
AT(cg_resolution_sink, add_derived, 24);
AT(cg_resolution_sink, put_text, 32);
AT(cg_resolution_sink, put_number, 40);

SIZE(cg_identity_resolver, 40);
AT(cg_identity_resolver, header, 0);
AT(cg_identity_resolver, description, 16);
AT(cg_identity_resolver, resolve, 24);
AT(cg_identity_resolver, data, 32);

/* models.h */
SIZE(cg_split, 72);
AT(cg_split, host, 0);
AT(cg_split, rows, 8);
AT(cg_split, amount, 16);
AT(cg_split, cost_type, 40);
AT(cg_split, chain_tier, 44);
AT(cg_split, composition_index, 48);
AT(cg_split, method, 56);
AT(cg_split, detail, 64);

/* ecosystem.h */
SIZE(cg_tenant, 32);
AT(cg_tenant, struct_size, 0);
AT(cg_tenant, reserved, 4);
AT(cg_tenant, name, 8);
AT(cg_tenant, tenant_id, 16);
AT(cg_tenant, settings, 24);

SIZE(cg_metric_query, 48);
AT(cg_metric_query, struct_size, 0);
AT(cg_metric_query, flags, 4); /* reserved before ABI 1.3 */
AT(cg_metric_query, key, 8);
AT(cg_metric_query, expression, 16);
AT(cg_metric_query, labels, 24);
AT(cg_metric_query, filter_label, 40);

SIZE(cg_product, 32);
AT(cg_product, struct_size, 0);
AT(cg_product, metric_count, 4);
AT(cg_product, product_type, 8);
AT(cg_product, allocator, 16);
AT(cg_product, metrics, 24);

SIZE(cg_service, 48);
AT(cg_service, struct_size, 0);
AT(cg_service, product_count, 4);
AT(cg_service, service_type, 8);
AT(cg_service, products, 16);
AT(cg_service, resolver, 24);
AT(cg_service, resource_types, 32);

SIZE(cg_ecosystem_description, 40); /* 32 in ABI 1.0 */
AT(cg_ecosystem_description, struct_size, 0);
AT(cg_ecosystem_description, reserved, 4);
AT(cg_ecosystem_description, services, 8);
AT(cg_ecosystem_description, service_count, 16);
AT(cg_ecosystem_description, fallback, 24);
AT(cg_ecosystem_description, topics, 32);

SIZE(cg_gather, 96);
AT(cg_gather, struct_size, 0);
AT(cg_gather, reserved, 4);
AT(cg_gather, impl, 8);
AT(cg_gather, host, 16);
AT(cg_gather, now, 24);
AT(cg_gather, billing_start, 32);
AT(cg_gather, billing_end, 40);
AT(cg_gather, resource, 48);
AT(cg_gather, identity, 56);
AT(cg_gather, family, 64);
AT(cg_gather, billing, 72);
AT(cg_gather, progress, 80);
AT(cg_gather, keep, 88);

SIZE(cg_ecosystem, 56);
AT(cg_ecosystem, struct_size, 0);
AT(cg_ecosystem, flags, 4);
AT(cg_ecosystem, validate, 8);
AT(cg_ecosystem, create, 16);
AT(cg_ecosystem, destroy, 24);
AT(cg_ecosystem, describe, 32);
AT(cg_ecosystem, gather_inventory, 40);
AT(cg_ecosystem, gather_billing, 48);

/* emitter.h */
SIZE(cg_emitter_spec, 48);
AT(cg_emitter_spec, struct_size, 0);
AT(cg_emitter_spec, reserved, 4);
AT(cg_emitter_spec, name, 8);
AT(cg_emitter_spec, tenant_name, 16);
AT(cg_emitter_spec, tenant_id, 24);
AT(cg_emitter_spec, ecosystem, 32);
AT(cg_emitter_spec, params, 40);

SIZE(cg_emission, 32);
AT(cg_emission, struct_size, 0);
AT(cg_emission, reserved, 4);
AT(cg_emission, pipeline, 8);
AT(cg_emission, date, 16);
AT(cg_emission, date_time, 24);

SIZE(cg_emitted_row, 104);
AT(cg_emitted_row, struct_size, 0);
AT(cg_emitted_row, reserved, 4);
AT(cg_emitted_row, ecosystem, 8);
AT(cg_emitted_row, tenant_id, 16);
AT(cg_emitted_row, timestamp, 24);
AT(cg_emitted_row, env_id, 32);
AT(cg_emitted_row, resource_id, 40);
AT(cg_emitted_row, product_category, 48);
AT(cg_emitted_row, product_type, 56);
AT(cg_emitted_row, identity_id, 64);
AT(cg_emitted_row, cost_type, 72);
AT(cg_emitted_row, amount, 80);
AT(cg_emitted_row, allocation_method, 88);
AT(cg_emitted_row, allocation_detail, 96);

SIZE(cg_emitter, 96); /* 64 in ABI 1.0, 72 in 1.1 */
AT(cg_emitter, struct_size, 0);
AT(cg_emitter, flags, 4);
AT(cg_emitter, validate, 8);
AT(cg_emitter, create, 16);
AT(cg_emitter, destroy, 24);
AT(cg_emitter, begin, 32);
AT(cg_emitter, rows, 40);
AT(cg_emitter, finish, 48);
AT(cg_emitter, abort, 56);
AT(cg_emitter, topic_rows, 64);
AT(cg_emitter, billing_rows, 72);
AT(cg_emitter, resource_rows, 80);
AT(cg_emitter, identity_rows, 88);

SIZE(cg_emitted_topic_row, 88);
AT(cg_emitted_topic_row, struct_size, 0);
AT(cg_emitted_topic_row, reserved, 4);
AT(cg_emitted_topic_row, ecosystem, 8);
AT(cg_emitted_topic_row, tenant_id, 16);
AT(cg_emitted_topic_row, timestamp, 24);
AT(cg_emitted_topic_row, env_id, 32);
AT(cg_emitted_topic_row, cluster_resource_id, 40);
AT(cg_emitted_topic_row, topic_name, 48);
AT(cg_emitted_topic_row, product_category, 56);
AT(cg_emitted_topic_row, product_type, 64);
AT(cg_emitted_topic_row, attribution_method, 72);
AT(cg_emitted_topic_row, amount, 80);

/* topics.h */
SIZE(cg_topic_metric, 16);
AT(cg_topic_metric, struct_size, 0);
AT(cg_topic_metric, value, 4);
AT(cg_topic_metric, query, 8);

SIZE(cg_topic_rule, 40);
AT(cg_topic_rule, struct_size, 0);
AT(cg_topic_rule, reserved, 4);
AT(cg_topic_rule, product_type, 8);
AT(cg_topic_rule, method, 16);
AT(cg_topic_rule, metrics, 24);

SIZE(cg_topic_attribution, 96);
AT(cg_topic_attribution, struct_size, 0);
AT(cg_topic_attribution, flags, 4);
AT(cg_topic_attribution, metrics, 8);
AT(cg_topic_attribution, metric_count, 16);
AT(cg_topic_attribution, rules, 24);
AT(cg_topic_attribution, rule_count, 32);
AT(cg_topic_attribution, cluster_type, 40);
AT(cg_topic_attribution, cluster_prefix, 48);
AT(cg_topic_attribution, topic_label, 56);
AT(cg_topic_attribution, exclude_patterns, 64);
AT(cg_topic_attribution, retention_days, 80);
AT(cg_topic_attribution, emitters, 88);

/* sql_driver.h */
SIZE(cg_sql_target, 64);
AT(cg_sql_target, struct_size, 0);
AT(cg_sql_target, port, 4);
AT(cg_sql_target, scheme, 8);
AT(cg_sql_target, user, 16);
AT(cg_sql_target, password, 24);
AT(cg_sql_target, host, 32);
AT(cg_sql_target, database, 40);
AT(cg_sql_target, query, 48);
AT(cg_sql_target, query_count, 56);

SIZE(cg_sql_dialect, 48);
AT(cg_sql_dialect, struct_size, 0);
AT(cg_sql_dialect, features, 4); /* reserved before ABI 1.3 */
AT(cg_sql_dialect, name, 8);
AT(cg_sql_dialect, serial_primary_key, 16);
AT(cg_sql_dialect, timestamp_type, 24);
AT(cg_sql_dialect, boolean_type, 32);
AT(cg_sql_dialect, schema_setup, 40);

SIZE(cg_sql_driver, 224); /* 192 in ABI 1.0, 200 in 1.2 */
AT(cg_sql_driver, struct_size, 0);
AT(cg_sql_driver, flags, 4);
AT(cg_sql_driver, schemes, 8);
AT(cg_sql_driver, dialect, 24);
AT(cg_sql_driver, open, 32);
AT(cg_sql_driver, close, 40);
AT(cg_sql_driver, error_text, 48);
AT(cg_sql_driver, execute, 56);
AT(cg_sql_driver, prepare, 64);
AT(cg_sql_driver, finalize, 72);
AT(cg_sql_driver, reset, 80);
AT(cg_sql_driver, bind_text, 88);
AT(cg_sql_driver, bind_int, 96);
AT(cg_sql_driver, bind_bool, 104);
AT(cg_sql_driver, bind_null, 112);
AT(cg_sql_driver, step, 120);
AT(cg_sql_driver, column_text, 128);
AT(cg_sql_driver, column_int, 136);
AT(cg_sql_driver, begin, 144);
AT(cg_sql_driver, commit, 152);
AT(cg_sql_driver, rollback, 160);
AT(cg_sql_driver, changes, 168);
AT(cg_sql_driver, interrupt, 176);
AT(cg_sql_driver, table_exists, 184);
AT(cg_sql_driver, data_version, 192);
AT(cg_sql_driver, run_later, 200);
AT(cg_sql_driver, lock, 208);
AT(cg_sql_driver, unlock, 216);

/* plugin.h */
SIZE(cg_option, 64);
AT(cg_option, struct_size, 0);
AT(cg_option, type, 4);
AT(cg_option, element, 8);
AT(cg_option, flags, 12);
AT(cg_option, key, 16);
AT(cg_option, default_text, 24);
AT(cg_option, minimum, 32);
AT(cg_option, maximum, 40);
AT(cg_option, choices, 48);
AT(cg_option, help, 56);

SIZE(cg_registration, 72);
AT(cg_registration, magic, 0);
AT(cg_registration, abi_major, 4);
AT(cg_registration, abi_minor, 6);
AT(cg_registration, struct_size, 8);
AT(cg_registration, flags, 12);
AT(cg_registration, kind, 16);
AT(cg_registration, option_count, 20);
AT(cg_registration, name, 24);
AT(cg_registration, version, 32);
AT(cg_registration, description, 40);
AT(cg_registration, license, 48);
AT(cg_registration, factory, 56);
AT(cg_registration, options, 64);

/* metrics.h, since ABI 1.3 */
SIZE(cg_metrics_question, 48);
AT(cg_metrics_question, struct_size, 0);
AT(cg_metrics_question, reserved, 4);
AT(cg_metrics_question, query, 8);
AT(cg_metrics_question, resource_id, 16);
AT(cg_metrics_question, start, 24);
AT(cg_metrics_question, end, 32);
AT(cg_metrics_question, step_seconds, 40);

SIZE(cg_metrics_answer, 40);
AT(cg_metrics_answer, struct_size, 0);
AT(cg_metrics_answer, status, 4);
AT(cg_metrics_answer, series, 8);
AT(cg_metrics_answer, series_count, 16);
AT(cg_metrics_answer, ignored_points, 24);
AT(cg_metrics_answer, error, 32);

SIZE(cg_metrics_api, 24);
AT(cg_metrics_api, struct_size, 0);
AT(cg_metrics_api, reserved, 4);
AT(cg_metrics_api, step_seconds, 8);
AT(cg_metrics_api, fetch, 16);

/* emitter.h, since ABI 1.3 */
SIZE(cg_emitted_billing_row, 104);
AT(cg_emitted_billing_row, struct_size, 0);
AT(cg_emitted_billing_row, reserved, 4);
AT(cg_emitted_billing_row, ecosystem, 8);
AT(cg_emitted_billing_row, tenant_id, 16);
AT(cg_emitted_billing_row, timestamp, 24);
AT(cg_emitted_billing_row, env_id, 32);
AT(cg_emitted_billing_row, resource_id, 40);
AT(cg_emitted_billing_row, product_type, 48);
AT(cg_emitted_billing_row, product_category, 56);
AT(cg_emitted_billing_row, quantity, 64);
AT(cg_emitted_billing_row, unit_price, 72);
AT(cg_emitted_billing_row, total_cost, 80);
AT(cg_emitted_billing_row, currency, 88);
AT(cg_emitted_billing_row, granularity, 96);

SIZE(cg_emitted_resource, 56);
AT(cg_emitted_resource, struct_size, 0);
AT(cg_emitted_resource, reserved, 4);
AT(cg_emitted_resource, ecosystem, 8);
AT(cg_emitted_resource, tenant_id, 16);
AT(cg_emitted_resource, resource_id, 24);
AT(cg_emitted_resource, resource_type, 32);
AT(cg_emitted_resource, display_name, 40);
AT(cg_emitted_resource, parent_id, 48);

SIZE(cg_emitted_identity, 48);
AT(cg_emitted_identity, struct_size, 0);
AT(cg_emitted_identity, reserved, 4);
AT(cg_emitted_identity, ecosystem, 8);
AT(cg_emitted_identity, tenant_id, 16);
AT(cg_emitted_identity, identity_id, 24);
AT(cg_emitted_identity, identity_type, 32);
AT(cg_emitted_identity, display_name, 40);

/* exposition.h, since ABI 1.3 */
SIZE(cg_exposition_family, 32);
AT(cg_exposition_family, struct_size, 0);
AT(cg_exposition_family, label_count, 4);
AT(cg_exposition_family, name, 8);
AT(cg_exposition_family, help, 16);
AT(cg_exposition_family, labels, 24);

SIZE(cg_exposition_api, 56);
AT(cg_exposition_api, struct_size, 0);
AT(cg_exposition_api, reserved, 4);
AT(cg_exposition_api, open, 8);
AT(cg_exposition_api, close, 16);
AT(cg_exposition_api, begin, 24);
AT(cg_exposition_api, sample, 32);
AT(cg_exposition_api, finish, 40);
AT(cg_exposition_api, abort, 48);
