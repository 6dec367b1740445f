#include "support.h"

static void fill(struct stage *stage) {
    const struct cg_billing_line lines[] = {line_of("2026-01-10", "e", "r", "A", "10.5"),
                                            line_of("2026-01-10", "e", "r", "B", "0.000000000000000001")};
    const struct cg_fact facts[] = {fact_of("2026-01-10", "e", "r", "A", "sa-1", "4.25"),
                                    fact_of("2026-01-10", "e", "q", "A", "sa-1", "0.25"),
                                    fact_of("2026-01-10", "e", "r", "A", "UNALLOCATED", "6"),
                                    fact_of("2026-01-10", "e", "r", "B", "sa-2", "0.000000000000000001")};
    const struct cg_identity identity = {.struct_size = sizeof identity,
                                         .id = "sa-1",
                                         .type = "service_account",
                                         .display_name = "orders",
                                         .created_at = CG_TIME_NONE,
                                         .deleted_at = CG_TIME_NONE};
    stage_bill(stage, "2026-01-10", lines, 2);
    assert_ok(stage, cg_store_put_identity(stage->store, &identity, 0, &stage->error));
    assert_ok(stage, stage_write(stage, "2026-01-10", facts, 4, NULL));
}

Test(store_report, who_owes_what) {
    struct stage stage;
    struct cg_owed *owed = NULL;
    size_t count = 0;
    char text[512] = "";
    stage_init(&stage);
    stage_open(&stage);
    fill(&stage);
    assert_ok(&stage, cg_store_report(stage.store, at("2026-01-01"), at("2026-02-01"), stage.arena, &owed, &count,
                                      &stage.error));
    for (size_t i = 0; i < count; i++) {
        char amount[CG_DECIMAL_TEXT_SIZE];
        cg_decimal_format(&owed[i].amount, amount);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s %s %s %s %s %llu\n", owed[i].identity_id,
                 owed[i].identity_name ? owed[i].identity_name : "-",
                 owed[i].identity_type ? owed[i].identity_type : "-", owed[i].product_type, amount,
                 (unsigned long long)owed[i].rows);
    }
    cr_assert_str_eq(text, "UNALLOCATED - - A 6 1\nsa-1 orders service_account A 4.50 2\nsa-2 - - B 1E-18 1\n");
    assert_ok(&stage, cg_store_report(stage.store, at("2025-01-01"), at("2025-02-01"), stage.arena, &owed, &count,
                                      &stage.error));
    cr_assert_eq(count, 0);
    stage_done(&stage);
}

Test(store_report, the_books_balance) {
    struct stage stage;
    struct cg_reconciliation sums;
    struct cg_decimal sum;
    stage_init(&stage);
    stage_open(&stage);
    fill(&stage);
    assert_ok(&stage, cg_store_reconcile(stage.store, at("2026-01-01"), at("2026-02-01"), &sums, &stage.error));
    cr_assert_eq(cg_decimal_add(&sums.allocated, &sums.unallocated, &sum), CG_OK);
    cr_assert_eq(cg_decimal_compare(&sum, &sums.billed), 0);
    const struct cg_decimal unallocated = number("6");
    cr_assert_eq(cg_decimal_compare(&sums.unallocated, &unallocated), 0);
    cr_assert_eq(sums.lines, 2);
    cr_assert_eq(sums.rows, 4);
    cr_assert_eq(sums.dates, 1);
    assert_ok(&stage, cg_store_reconcile(stage.store, at("2025-01-01"), at("2025-02-01"), &sums, &stage.error));
    cr_assert(cg_decimal_is_zero(&sums.billed) && cg_decimal_is_zero(&sums.allocated));
    cr_assert_eq(sums.dates, 0);
    stage_done(&stage);
}
