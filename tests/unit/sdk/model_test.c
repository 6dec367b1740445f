/* Look-ups in records and contexts, identities from ids, percent-encoding. */
#include <chitragupt/identity.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(cg_field_value, finds_by_key) {
    static const struct cg_field fields[] = {
        {"a", "1", CG_FIELD_NUMBER, 0}, {"b", NULL, CG_FIELD_STRING, 0}, {"c", "", CG_FIELD_STRING, 0}};
    cr_assert_str_eq(cg_field_value(fields, 3, "a"), "1");
    cr_assert_null(cg_field_value(fields, 3, "b"), "null is like absent");
    cr_assert_str_eq(cg_field_value(fields, 3, "c"), "");
    cr_assert_null(cg_field_value(fields, 3, "d"));
    cr_assert_null(cg_field_value(fields, 2, "c"));
    cr_assert_null(cg_field_value(NULL, 0, "a"));
}

Test(cg_identity_list_find, finds_every_id_and_no_other) {
    enum { COUNT = 57 };
    char ids[COUNT][8];
    struct cg_identity identities[COUNT];
    const struct cg_identity *items[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof ids[i], "sa-%03zu", 2 * i);
        cg_identity_from_id(ids[i], &identities[i]);
        items[i] = &identities[i];
    }
    for (size_t count = 0; count <= COUNT; count++) {
        struct cg_identity_list list = {items, count};
        for (size_t i = 0; i < 2 * COUNT + 2; i++) {
            char id[16];
            snprintf(id, sizeof id, "sa-%03zu", i);
            const struct cg_identity *expected = NULL;
            for (size_t k = 0; k < count; k++) {
                expected = strcmp(ids[k], id) == 0 ? items[k] : expected;
            }
            cr_assert_eq(cg_identity_list_find(&list, id), expected, "%s of %zu", id, count);
        }
    }
}

Test(cg_context_text, finds_by_map_and_key) {
    static const struct cg_context_entry entries[] = {
        {.map = "api_key_to_owner", .key = "KEY1", .text = "sa-1"},
        {.map = "api_key_to_owner", .key = "KEY2", .text = "sa-2"},
        {.map = "cfu", .key = "KEY1", .number = 2},
        {.map = "zone", .key = "", .text = "eu"},
    };
    const struct cg_context_entry *sorted[] = {&entries[0], &entries[1], &entries[2], &entries[3]};
    struct cg_allocation_context context = {.entries = sorted, .entry_count = 4};
    cr_assert_str_eq(cg_context_text(&context, "api_key_to_owner", "KEY1"), "sa-1");
    cr_assert_str_eq(cg_context_text(&context, "api_key_to_owner", "KEY2"), "sa-2");
    cr_assert_str_eq(cg_context_text(&context, "zone", ""), "eu");
    cr_assert_null(cg_context_text(&context, "cfu", "KEY1"), "a number has no text");
    cr_assert_null(cg_context_text(&context, "api_key_to_owner", "KEY3"));
    cr_assert_null(cg_context_text(&context, "owner", "KEY1"));
    context.entry_count = 0;
    cr_assert_null(cg_context_text(&context, "zone", ""));
}

Test(cg_identity_from_id, prefixes) {
    static const struct {
        const char *id, *type, *display_name;
    } cases[] = {
        {"sa-abc123", "service_account", "Unknown service_account"},
        {"u-1", "user", "Unknown user"},
        {"pool-x-y", "identity_pool", "Unknown identity_pool"},
        {"sa", "service_account", "Unknown service_account"},
        {"sab-1", "unknown", "Unknown unknown"},
        {"s-1", "unknown", "Unknown unknown"},
        {"", "unknown", "Unknown unknown"},
        {"-sa", "unknown", "Unknown unknown"},
        {"User:alice", "unknown", "Unknown unknown"},
        {"SA-1", "unknown", "Unknown unknown"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cg_identity identity;
        memset(&identity, 0xff, sizeof identity);
        cg_identity_from_id(cases[i].id, &identity);
        cr_assert_eq(identity.id, cases[i].id, "the id is borrowed");
        cr_assert_str_eq(identity.type, cases[i].type, "%s", cases[i].id);
        cr_assert_str_eq(identity.display_name, cases[i].display_name, "%s", cases[i].id);
        cr_assert_eq(identity.struct_size, sizeof identity);
        cr_assert_eq(identity.field_count, 0);
        cr_assert(identity.created_at == CG_TIME_NONE && identity.deleted_at == CG_TIME_NONE);
    }
}

Test(cg_uri_escape, table) {
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ""},
        {"lkc-1_a.b~Z9", "lkc-1_a.b~Z9"},
        {"a b", "a%20b"},
        {"a+b&c=d/e?f#g%", "a%2Bb%26c%3Dd%2Fe%3Ff%23g%25"},
        {"\xc3\xa9\x7f\x01", "%C3%A9%7F%01"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char buffer[64] = "marker";
        size_t needed = strlen(cases[i].expected) + 1;
        cr_assert_eq(cg_uri_escape(cases[i].text, buffer, needed - 1), CG_RANGE, "'%s'", cases[i].text);
        cr_assert_str_eq(buffer, "marker");
        cr_assert_eq(cg_uri_escape(cases[i].text, buffer, needed), CG_OK, "'%s'", cases[i].text);
        cr_assert_str_eq(buffer, cases[i].expected);
    }
}
