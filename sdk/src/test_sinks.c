/* What the test host remembers of allocators and identity resolvers. */
#include "test_parts.h"

#include <string.h>

static cg_status add_row(const struct cg_row_sink *sink, const struct cg_row *row) {
    struct cg_test_host *test = sink->impl;
    struct cg_test_impl *impl = test->impl;
    if (row->identity_id == NULL || row->identity_id[0] == '\0') {
        return test->host.set_error(&test->host, CG_INVALID, "Row %zu has no identity.", test->row_count);
    }
    struct cg_row *rows = cg_test_more(&impl->recorded, test->rows, test->row_count, sizeof *rows);
    struct cg_row *copy = &rows[test->row_count++];
    *copy = *row;
    copy->identity_id = cg_test_copy(&impl->recorded, row->identity_id);
    copy->allocation_method = cg_test_copy(&impl->recorded, row->allocation_method);
    copy->allocation_detail = cg_test_copy(&impl->recorded, row->allocation_detail);
    test->rows = rows;
    return CG_OK;
}

const struct cg_field *cg_test_copy_fields(struct cg_test_host *test, const struct cg_field *fields, size_t count) {
    struct cg_test_impl *impl = test->impl;
    struct cg_field *copies = cg_test_alloc(&impl->recorded, count * sizeof *copies);
    for (size_t i = 0; i < count; i++) {
        copies[i] = fields[i];
        copies[i].key = cg_test_copy(&impl->recorded, fields[i].key);
        copies[i].value = cg_test_copy(&impl->recorded, fields[i].value);
    }
    return copies;
}

const struct cg_identity *cg_test_copy_identity(struct cg_test_host *test, const struct cg_identity *identity) {
    struct cg_test_impl *impl = test->impl;
    struct cg_identity *copy = cg_test_alloc(&impl->recorded, sizeof *copy);
    *copy = *identity;
    copy->id = cg_test_copy(&impl->recorded, identity->id);
    copy->type = cg_test_copy(&impl->recorded, identity->type);
    copy->display_name = cg_test_copy(&impl->recorded, identity->display_name);
    copy->fields = cg_test_copy_fields(test, identity->fields, identity->field_count);
    return copy;
}

static cg_status add_finding(const struct cg_resolution_sink *sink, const struct cg_test_finding *finding) {
    struct cg_test_host *test = sink->impl;
    struct cg_test_impl *impl = test->impl;
    struct cg_test_finding *findings =
        cg_test_more(&impl->recorded, test->findings, test->finding_count, sizeof *findings);
    struct cg_test_finding *copy = &findings[test->finding_count++];
    *copy = *finding;
    copy->identity = finding->identity != NULL ? cg_test_copy_identity(test, finding->identity) : NULL;
    copy->map = cg_test_copy(&impl->recorded, finding->map);
    copy->key = cg_test_copy(&impl->recorded, finding->key);
    copy->text = cg_test_copy(&impl->recorded, finding->text);
    test->findings = findings;
    return CG_OK;
}

static cg_status add_active(const struct cg_resolution_sink *sink, const struct cg_identity *identity) {
    return add_finding(sink, &(struct cg_test_finding){.kind = CG_TEST_ACTIVE, .identity = identity});
}

static cg_status add_derived(const struct cg_resolution_sink *sink, const struct cg_identity *identity) {
    return add_finding(sink, &(struct cg_test_finding){.kind = CG_TEST_DERIVED, .identity = identity});
}

static cg_status put_text(const struct cg_resolution_sink *sink, const char *map, const char *key, const char *text) {
    return add_finding(sink, &(struct cg_test_finding){.kind = CG_TEST_TEXT, .map = map, .key = key, .text = text});
}

static cg_status put_number(const struct cg_resolution_sink *sink, const char *map, const char *key, double number) {
    return add_finding(sink,
                       &(struct cg_test_finding){.kind = CG_TEST_NUMBER, .map = map, .key = key, .number = number});
}

void cg_test_sinks_init(struct cg_test_host *test) {
    test->row_sink = (struct cg_row_sink){.struct_size = sizeof test->row_sink, .impl = test, .add = add_row};
    test->resolution_sink = (struct cg_resolution_sink){.struct_size = sizeof test->resolution_sink,
                                                        .impl = test,
                                                        .add_active = add_active,
                                                        .add_derived = add_derived,
                                                        .put_text = put_text,
                                                        .put_number = put_number};
}
