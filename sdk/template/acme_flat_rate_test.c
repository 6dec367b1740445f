/* How a module is tested without the program: the test host stands in for it. */
#include <chitragupt/plugin.h>
#include <chitragupt/test_host.h>
#include <stdio.h>
#include <string.h>

static int failures;

static void expect(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "not so: %s\n", what);
        failures++;
    }
}

static const struct cg_test_setting settings[] = {{"resource_id", "machine-1", 0},
                                                  {"daily_rate", "10.00001", CG_CONFIG_DECIMAL},
                                                  {"owners.0", "team-b", 0},
                                                  {"owners.1", "team-a", 0},
                                                  {"owners.2", "team-c", 0}};
static const struct cg_test_setting refunds[] = {{"daily_rate", "-1", CG_CONFIG_DECIMAL}};

static void check_gather(const struct cg_ecosystem *factory, void *acme, struct cg_test_host *test) {
    test->gather.billing_start = 20000 * CG_DAY_US;
    test->gather.billing_end = 20003 * CG_DAY_US;
    expect(factory->gather_inventory(acme, &test->gather) == CG_OK, "inventory is gathered");
    expect(test->resource_count == 1 && test->identity_count == 3 && test->family_count == 2, "inventory is complete");
    expect(factory->gather_billing(acme, &test->gather) == CG_OK, "bills are gathered");
    expect(test->line_count == 3, "there is one line a day");
}

static void check_split(const struct cg_allocator *allocator, void *acme, struct cg_test_host *test) {
    static const char *const amounts[] = {"3.33341", "3.3333", "3.3333"};
    static const char *const ids[] = {"team-a", "team-b", "team-c"};
    const struct cg_billing_line *line = test->lines[0];
    struct cg_allocation_context context = {.struct_size = sizeof context,
                                            .host = &test->host,
                                            .window_start = line->timestamp,
                                            .window_end = line->timestamp + CG_DAY_US,
                                            .line = line,
                                            .amount = line->total_cost,
                                            .ecosystem = acme};
    expect(allocator->allocate(allocator, &context, &test->row_sink) == CG_OK, "the line is split");
    expect(test->row_count == 3, "each owner has a row");
    for (size_t i = 0; i < test->row_count; i++) {
        char text[CG_DECIMAL_TEXT_SIZE];
        cg_decimal_format(&test->rows[i].amount, text);
        expect(strcmp(test->rows[i].identity_id, ids[i]) == 0 && strcmp(text, amounts[i]) == 0, ids[i]);
    }
}

int main(void) {
    const struct cg_registration *registration = CG_REGISTER_FUNCTION();
    const struct cg_ecosystem *factory = registration->factory;
    struct cg_test_host test;
    cg_test_host_init(&test);

    factory->validate(&test.host, cg_test_config(&test, refunds, 1));
    expect(strcmp(test.problems, "daily_rate: must not be negative\n") == 0, "a negative rate is refused");

    struct cg_tenant tenant = {.struct_size = sizeof tenant, .name = "acme", .tenant_id = "acme"};
    tenant.settings = cg_test_config(&test, settings, sizeof settings / sizeof settings[0]);
    void *acme = NULL;
    expect(factory->create(&test.host, &tenant, &acme) == CG_OK, "an instance is created");
    if (acme != NULL) {
        struct cg_ecosystem_description description = {.struct_size = sizeof description};
        expect(factory->describe(acme, &description) == CG_OK, "it describes itself");
        check_gather(factory, acme, &test);
        check_split(description.services[0]->products[0]->allocator, acme, &test);
    }
    factory->destroy(acme);
    cg_test_host_done(&test);
    return failures != 0;
}
