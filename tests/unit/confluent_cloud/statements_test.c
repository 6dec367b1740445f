#include "statements.h"

#include "stage.h"

#include <criterion/criterion.h>
#include <string.h>

#define ROW(id_, name_, owner_) \
    "flink_statement " id_ " name=" name_ " parent=env-1 owner=" owner_ " cloud=null region=null created=-1 "

/* The ids that are made up were computed with another program: the head of SHA-256 over the pool, a colon, and the item
 * with sorted keys. */
static const struct {
    const char *name;
    const char *item;
    const char *pool; /* the only one, or NULL */
    const char *row;  /* or what is wrong, after "!" */
} rows[] = {
    {"flat pool",
     "{\"name\": \"enrich\", \"spec\": {\"compute_pool_id\": \"lfcp-2\", \"compute_pool\": {\"id\": \"lfcp-3\"}, "
     "\"principal\": \"sa-1\", \"statement\": \"SELECT 's3cret'\"}, \"status\": {\"phase\": \"RUNNING\"}, "
     "\"metadata\": {\"uid\": \"5f0c\", \"created_at\": \"2024-03-01T08:00:00Z\"}}",
     "lfcp-1",
     ROW("5f0c", "enrich",
         "sa-1") "{\"statement_name\": \"enrich\", \"compute_pool_id\": \"lfcp-2\", \"is_stopped\": false}\n"},
    {"nested pool",
     "{\"name\": \"enrich\", \"spec\": {\"compute_pool\": {\"id\": \"lfcp-3\"}, \"principal\": \"u-1\"}, \"status\": "
     "{\"phase\": \"Completed\"}, \"metadata\": {\"uid\": \"\"}}",
     "lfcp-1",
     ROW("enrich", "enrich",
         "u-1") "{\"statement_name\": \"enrich\", \"compute_pool_id\": \"lfcp-3\", \"is_stopped\": true}\n"},
    {"the only pool",
     "{\"name\": \"enrich\", \"spec\": {\"compute_pool_id\": \"\", \"compute_pool\": null}, \"status\": {\"phase\": "
     "\"FAILED\"}}",
     "lfcp-1",
     ROW("enrich", "enrich",
         "null") "{\"statement_name\": \"enrich\", \"compute_pool_id\": \"lfcp-1\", \"is_stopped\": true}\n"},
    {"no pool", "{\"name\": \"enrich\", \"spec\": null, \"status\": {\"phase\": \"stopped\"}, \"metadata\": null}",
     NULL,
     ROW("enrich", "enrich",
         "null") "{\"statement_name\": \"enrich\", \"compute_pool_id\": null, \"is_stopped\": true}\n"},
    {"phases that run", "{\"name\": \"x\", \"status\": {\"phase\": \"STOPPING\"}}", NULL,
     ROW("x", "x", "null") "{\"statement_name\": \"x\", \"compute_pool_id\": null, \"is_stopped\": false}\n"},
    {"neither uid nor name",
     "{\"spec\": {\"principal\": \"sa-1\"}, \"a\": [1, true, null, {}], \"\\u00e9\": \"\\u00fc \\ud83d\\ude00 \\u001f "
     "\\\" / \\\\ \\\\u00EF\", \"n\": 0.5}",
     "lfcp-1",
     ROW("flink_stmt_unknown_3a5f812fecde", "null",
         "sa-1") "{\"statement_name\": null, \"compute_pool_id\": \"lfcp-1\", \"is_stopped\": false}\n"},
    {"the same in another order",
     "{\"n\": 0.5, \"\\u00E9\": \"\\u00fc \xF0\x9F\x98\x80 \\u001F \\\" \\/ \\\\ \\\\u00EF\", \"a\": [1, true, null, "
     "{}], "
     "\"spec\": {\"principal\": \"sa-1\"}}",
     "lfcp-1",
     ROW("flink_stmt_unknown_3a5f812fecde", "null",
         "sa-1") "{\"statement_name\": null, \"compute_pool_id\": \"lfcp-1\", \"is_stopped\": false}\n"},
    {"nothing at all", "{}", NULL,
     ROW("flink_stmt_unknown_3114790f30df", "null",
         "null") "{\"statement_name\": null, \"compute_pool_id\": null, \"is_stopped\": false}\n"},
    {"a pool of its own", "{\"spec\": {\"compute_pool_id\": \"lfcp-2\"}}", "lfcp-1",
     ROW("flink_stmt_unknown_28a31d486e5c", "null",
         "null") "{\"statement_name\": null, \"compute_pool_id\": \"lfcp-2\", \"is_stopped\": false}\n"},
    {"no object", "[]", NULL, "!is not an object"},
};

Test(statements, rows) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct ccloud_walk walk = {.parent = "env-1", .scope = "o-9", .pool = rows[i].pool};
        struct stage stage = {.clock = 0};
        struct ccloud_mapped mapped;
        json_t *item = stage_json(rows[i].item);
        stage_init(&stage, NULL);
        const char *wrong = ccloud_map_item(CCLOUD_STATEMENT, item, &walk, &mapped);
        if (wrong != NULL) {
            cr_expect(rows[i].row[0] == '!' && strcmp(wrong, rows[i].row + 1) == 0, "%s: %s", rows[i].name, wrong);
        } else {
            cr_expect_eq(stage.gather.resource(&stage.gather, &mapped.resource), CG_OK);
            cr_expect_str_eq(stage_text_get(&stage.rows), rows[i].row, "%s: got %s", rows[i].name,
                             stage_text_get(&stage.rows));
        }
        json_decref(item);
        stage_done(&stage);
    }
}
