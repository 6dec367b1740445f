#include <math.h>

#include "engine/answers.h"
#include "engine/resolve.h"

#include "bench.h"

/* What the fake resolver puts. */
static cg_status (*resolver_body)(const struct cg_resolution_sink *sink);

static cg_status call_body(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                           const struct cg_resolution_sink *sink) {
    (void)self;
    (void)context;
    return resolver_body(sink);
}

static const struct cg_identity_resolver resolver = {
    {sizeof resolver, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR},
    "as the test says",
    call_body,
    NULL};

static cg_status resolve(struct bench *bench, cg_status (*body)(const struct cg_resolution_sink *sink),
                         struct cg_resolution *ret, int32_t *ret_own) {
    static const struct cg_service service = {.struct_size = sizeof service, .service_type = "s"};
    static const struct cg_identity_list nobody = {NULL, 0};
    struct cg_billing_line line = line_of("2026-06-01", "", "r", "P", "1");
    struct cg_resolve_question question = {.runtime = &bench->runtime,
                                           .store = bench->stage.store,
                                           .arena = bench->stage.arena,
                                           .binding = bench_bind(bench, "P", &service, &bench_allocator, &resolver),
                                           .line = &line,
                                           .window_end = line.timestamp + DAY,
                                           .tenant_period = &nobody,
                                           .everybody = &nobody};
    resolver_body = body;
    bench->runtime.binding_count = 0;
    cg_error_clear(&bench->error);
    return cg_resolve(&question, ret, ret_own, &bench->error);
}

/* ---- entries ---- */

static cg_status put_forwards(const struct cg_resolution_sink *sink) {
    for (int i = 0; i < 100; i++)
        sink->put_number(sink, "m", "sum", (i % 3 ? 1e16 : 1.0) / (i + 1));
    sink->put_text(sink, "m", "text", "first");
    sink->put_text(sink, "m", "text", "last");
    sink->put_number(sink, "m", "both", 5);
    sink->put_text(sink, "m", "both", "text");
    return CG_OK;
}

static cg_status put_backwards(const struct cg_resolution_sink *sink) {
    sink->put_text(sink, "m", "both", "text");
    sink->put_number(sink, "m", "both", 5);
    sink->put_text(sink, "m", "text", "first");
    sink->put_text(sink, "m", "text", "last");
    for (int i = 100; i-- > 0;)
        sink->put_number(sink, "m", "sum", (i % 3 ? 1e16 : 1.0) / (i + 1));
    return CG_OK;
}

Test(resolve, entries_do_not_depend_on_the_order_in_which_they_come) {
    struct bench bench;
    struct cg_resolution found[2] = {{.entry_count = 0}};
    int32_t own = 0;
    bench_open(&bench);
    cr_assert_eq(resolve(&bench, put_forwards, &found[0], &own), CG_OK, "%s", bench.error.text);
    cr_assert_eq(resolve(&bench, put_backwards, &found[1], &own), CG_OK, "%s", bench.error.text);
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(found[i].entry_count, 3);
        cr_assert_str_eq(found[i].entries[0]->key, "both");
        cr_assert_str_eq(found[i].entries[0]->text, "text");
        cr_assert(found[i].entries[0]->number == 0);
        cr_assert_str_eq(found[i].entries[1]->key, "sum");
        cr_assert_null(found[i].entries[1]->text);
        cr_assert_str_eq(found[i].entries[2]->text, "last");
    }
    cr_assert(found[0].entries[1]->number == found[1].entries[1]->number, "the sums differ: %.17g and %.17g",
              found[0].entries[1]->number, found[1].entries[1]->number);
    bench_close(&bench);
}

/* Many texts of one key: an unstable sort would take any of them. */
static cg_status put_many_texts(const struct cg_resolution_sink *sink) {
    char text[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "%d", i);
        sink->put_text(sink, i % 2 ? "odd" : "even", "k", text);
    }
    return CG_OK;
}

Test(resolve, the_last_text_stays) {
    struct bench bench;
    struct cg_resolution found = {.entry_count = 0};
    int32_t own = 0;
    bench_open(&bench);
    cr_assert_eq(resolve(&bench, put_many_texts, &found, &own), CG_OK, "%s", bench.error.text);
    cr_assert_eq(found.entry_count, 2);
    cr_assert_str_eq(found.entries[0]->text, "4998");
    cr_assert_str_eq(found.entries[1]->text, "4999");
    bench_close(&bench);
}

/* ---- refusals ---- */

static cg_status put_nan(const struct cg_resolution_sink *sink) {
    sink->put_number(sink, "m", "k", (double)NAN);
    return CG_OK;
}

static cg_status put_infinite(const struct cg_resolution_sink *sink) {
    sink->put_number(sink, "m", "k", (double)INFINITY);
    return CG_OK;
}

static cg_status put_too_much(const struct cg_resolution_sink *sink) {
    sink->put_number(sink, "m", "k", 1.7e308);
    sink->put_number(sink, "m", "k", 1.7e308);
    return CG_OK;
}

static cg_status put_without_key(const struct cg_resolution_sink *sink) {
    sink->put_text(sink, "m", NULL, "text");
    return CG_OK;
}

static cg_status add_nobody(const struct cg_resolution_sink *sink) {
    sink->add_derived(sink, NULL);
    return CG_OK;
}

static cg_status add_made_up(const struct cg_resolution_sink *sink, const char *id, const char *type,
                             const struct cg_field *field) {
    const struct cg_identity identity = {
        .struct_size = sizeof identity, .id = id, .type = type, .fields = field, .field_count = field != NULL};
    sink->add_active(sink, &identity);
    return CG_OK;
}

static cg_status add_half_a_character(const struct cg_resolution_sink *sink) {
    return add_made_up(sink, "sa-\xe2\x82", "user", NULL);
}

static cg_status add_two_lines(const struct cg_resolution_sink *sink) {
    return add_made_up(sink, "sa-1\nsa-2", "user", NULL);
}

static cg_status add_endless(const struct cg_resolution_sink *sink) {
    char id[1026];
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    return add_made_up(sink, id, "user", NULL);
}

static cg_status add_odd_type(const struct cg_resolution_sink *sink) {
    return add_made_up(sink, "sa-1",
                       "us\xff"
                       "er",
                       NULL);
}

static cg_status add_no_type(const struct cg_resolution_sink *sink) {
    return add_made_up(sink, "sa-1", "", NULL);
}

static cg_status add_odd_metadata(const struct cg_resolution_sink *sink) {
    static const struct cg_field field = {.key = "k", .value = "1,", .kind = CG_FIELD_JSON};
    return add_made_up(sink, "sa-1", "user", &field);
}

static cg_status add_endless_metadata(const struct cg_resolution_sink *sink) {
    static const struct cg_field field = {.key = "k", .value = "v"};
    const struct cg_identity identity = {sizeof identity, .field_count = UINT32_MAX, .id = "sa-1", .fields = &field};
    return sink->add_active(sink, &identity);
}

static cg_status put_to_the_limit(const struct cg_resolution_sink *sink) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < CG_RESOLVE_LIMIT && status == CG_OK; i++)
        status = sink->put_number(sink, "m", "k", 1);
    return status;
}

static cg_status put_one_more(const struct cg_resolution_sink *sink) {
    cr_assert_eq(put_to_the_limit(sink), CG_OK);
    cr_assert_eq(sink->put_number(sink, "m", "k", 1), CG_RANGE);
    return CG_OK;
}

static cg_status own_no_memory(const struct cg_resolution_sink *sink) {
    (void)sink;
    return CG_NO_MEMORY;
}

static const struct {
    cg_status (*body)(const struct cg_resolution_sink *sink);
    cg_status status;
    const char *text;
} refusals[] = {
    {put_nan, CG_INVALID, "it put a number that is not finite under 'k' of 'm'"},
    {put_infinite, CG_INVALID, "it put a number that is not finite under 'k' of 'm'"},
    {put_too_much, CG_INVALID, "the numbers it put under 'k' of 'm' add up to more than a number holds"},
    {put_without_key, CG_INVALID, "it put an entry without map or key"},
    {add_nobody, CG_INVALID, "it added an identity without id"},
    {add_half_a_character, CG_INVALID,
     "it added the identity 'sa-?"
     "?', the id of which holds control characters, is no UTF-8 or has more than 1024 bytes"},
    {add_two_lines, CG_INVALID,
     "it added the identity 'sa-1?sa-2', the id of which holds control characters, is no UTF-8 or has more than 1024 "
     "bytes"},
    {add_endless, CG_INVALID,
     "it added the identity 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', the id of which holds "
     "control characters, is no UTF-8 or has more than 1024 bytes"},
    {add_odd_type, CG_INVALID,
     "it added the identity 'sa-1', the type of which holds control characters, is no UTF-8 or has more than 255 "
     "bytes"},
    {add_no_type, CG_INVALID, "it added the identity 'sa-1' with an empty type"},
    {add_odd_metadata, CG_INVALID,
     "it added the identity 'sa-1', the metadata of which cannot be stored: a value is not what its kind says"},
    {add_endless_metadata, CG_INVALID,
     "it added the identity 'sa-1' with 4294967295 metadata fields, at most 10000 are taken"},
    {put_one_more, CG_RANGE, "it added more than 1000000 entries"},
    {own_no_memory, CG_NO_MEMORY, "out of memory"},
};

/* Also when the resolver does not look at the answer; and none of these is the program's fault. */
Test(resolve, what_is_refused_fails_the_answer) {
    struct bench bench;
    bench_open(&bench);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct cg_resolution found = {.entry_count = 0};
        int32_t own = 1;
        cr_assert_eq(resolve(&bench, refusals[i].body, &found, &own), refusals[i].status, "case %zu: %s", i,
                     bench.error.text);
        cr_assert_str_eq(bench.error.text, refusals[i].text);
        cr_assert_eq(own, 0, "case %zu", i);
        cg_arena_reset(bench.stage.arena);
    }
    bench_close(&bench);
}

Test(resolve, the_limit_itself_is_allowed) {
    struct bench bench;
    struct cg_resolution found = {.entry_count = 0};
    int32_t own = 0;
    bench_open(&bench);
    cr_assert_eq(resolve(&bench, put_to_the_limit, &found, &own), CG_OK, "%s", bench.error.text);
    cr_assert_eq(found.entry_count, 1);
    cr_assert_eq(found.entries[0]->number, (double)CG_RESOLVE_LIMIT);
    bench_close(&bench);
}

/* What nobody reads but people is mended. */
static cg_status add_odd_label(const struct cg_resolution_sink *sink) {
    const struct cg_identity identity = {.struct_size = sizeof identity, .id = "sa-1", .display_name = "a\xff\nb"};
    return sink->add_derived(sink, &identity);
}

Test(resolve, a_display_name_is_mended) {
    struct bench bench;
    struct cg_resolution found = {.entry_count = 0};
    int32_t own = 0;
    bench_open(&bench);
    cr_assert_eq(resolve(&bench, add_odd_label, &found, &own), CG_OK, "%s", bench.error.text);
    cr_assert_eq(found.derived.count, 1);
    cr_assert_str_eq(found.derived.items[0]->display_name, "a??b");
    cr_assert_str_eq(found.derived.items[0]->type, "unknown");
    bench_close(&bench);
}

/* ---- what is asked ---- */

static void ask_for_each(const struct cg_resolution_context *context) {
    cr_assert(!context->find_identity(context, NULL) && !context->find_resource(context, NULL));
    cr_assert(context->find_identity(context, "u-alive") && context->find_identity(context, "u-dead") &&
              !context->find_identity(context, "nobody"));
    cr_assert(context->find_resource(context, "r-1") && !context->find_resource(context, "r-9"));
}

static void ask_for_lists(const struct cg_resolution_context *context) {
    const struct cg_resource *const *items = NULL;
    size_t count = 0;
    cr_assert_eq(context->list_resources(context, "connector", NULL, &items, &count), CG_OK);
    cr_assert_eq(count, 2);
    cr_assert_eq(context->list_resources(context, "connector", "lkc-1", &items, &count), CG_OK);
    cr_assert_eq(count, 1);
}

static cg_status ask(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                     const struct cg_resolution_sink *sink) {
    (void)self;
    (void)sink;
    for (int i = 0; i < 2; i++) {
        ask_for_each(context);
        ask_for_lists(context);
    }
    return CG_OK;
}

static const struct cg_identity_resolver asking = {
    {sizeof asking, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR}, "asks", ask, NULL};

/* Each question once, but not for who lives in the window; and asked again the answers are the same. */
Test(resolve, what_is_asked_of_the_inventory_is_noted) {
    static const char inventory[] =
        "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, parent_id, created_at, deleted_at) "
        "VALUES ('confluent_cloud', 't-1', 'r-1', 'connector', 'lkc-1', NULL, '2026-07-01 00:00:00.000000'), "
        "('confluent_cloud', 't-1', 'r-2', 'connector', 'lkc-1', '2026-06-02 00:00:00.000000', NULL), "
        "('confluent_cloud', 't-1', 'r-3', 'connector', 'lkc-2', NULL, NULL)";
    static const struct cg_service service = {.struct_size = sizeof service, .service_type = "s"};
    static const struct cg_identity alive = {.struct_size = sizeof alive,
                                             .id = "u-alive",
                                             .type = "user",
                                             .created_at = CG_TIME_NONE,
                                             .deleted_at = CG_TIME_NONE};
    static const struct cg_identity dead = {
        .struct_size = sizeof dead, .id = "u-dead", .type = "user", .created_at = CG_TIME_NONE, .deleted_at = 1};
    static const struct cg_identity *const items[] = {&alive, &dead};
    static const struct cg_identity_list everybody = {items, 2};
    static const struct cg_identity_list living = {items, 1};
    struct bench bench;
    struct cg_resolution found = {.entry_count = 0};
    int32_t own = 0;
    bench_open(&bench);
    stage_run(&bench.stage, inventory);
    struct cg_billing_line line = line_of("2026-06-01", "", "r", "P", "1");
    struct cg_questions *questions = cg_questions_new();
    struct cg_resolve_question question = {.runtime = &bench.runtime,
                                           .store = bench.stage.store,
                                           .arena = bench.stage.arena,
                                           .binding = bench_bind(&bench, "P", &service, &bench_allocator, &asking),
                                           .line = &line,
                                           .window_end = line.timestamp + DAY,
                                           .tenant_period = &living,
                                           .everybody = &everybody,
                                           .questions = questions};
    cr_assert_eq(cg_resolve(&question, &found, &own, &bench.error), CG_OK, "%s", bench.error.text);
    const char *text = cg_questions_text(questions);
    cr_assert_str_eq(text, "I\t1780358400000000\t=u-dead\n"
                           "I\t1780358400000000\t=nobody\n"
                           "R\t1780358400000000\t=r-1\n"
                           "R\t1780358400000000\t=r-9\n"
                           "L\t1780272000000000\t1780358400000000\t=connector\t-\n"
                           "L\t1780272000000000\t1780358400000000\t=connector\t=lkc-1\n");

    struct cg_answers *answers = cg_answers_new(bench.stage.store, &everybody);
    char *rest = cg_arena_string(bench.stage.arena, text);
    struct cg_question again = {0};
    size_t count = 0;
    while (cg_questions_read(&rest, &again) == CG_OK) {
        unsigned char digest[CG_DIGEST_BYTES];
        cr_assert_eq(cg_answers_get(answers, &again, digest, &bench.error), CG_OK, "%s", bench.error.text);
        cr_assert_arr_eq(digest, cg_questions_answer_at(questions, count), sizeof digest, "question %zu", count);
        count++;
    }
    cr_assert_eq(count, cg_questions_count(questions));
    cg_answers_free(answers);
    cg_questions_free(questions);
    bench_close(&bench);
}

/* ---- what several lines of a date ask the inventory for ---- */

/* A line with a resolver, and what is kept for its date. The connector "r-1" is there. */
struct dated {
    struct bench bench;
    struct cg_billing_line line;
    struct cg_questions *questions; /* not noted at first */
    struct cg_listings listings;
    struct cg_resolve_question question;
};

static void dated_add(struct dated *dated, const char *id) {
    char sql[256];
    snprintf(sql, sizeof sql,
             "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type) VALUES "
             "('confluent_cloud', 't-1', '%s', 'connector')",
             id);
    stage_run(&dated->bench.stage, sql);
}

static void dated_open(struct dated *dated, const struct cg_identity_resolver *under_test) {
    static const struct cg_service service = {.struct_size = sizeof service, .service_type = "s"};
    static const struct cg_identity_list nobody = {NULL, 0};
    struct bench *bench = &dated->bench;
    bench_open(bench);
    dated_add(dated, "r-1");
    dated->line = line_of("2026-06-01", "", "r", "P", "1");
    dated->questions = cg_questions_new();
    dated->listings = (struct cg_listings){0};
    dated->question = (struct cg_resolve_question){
        .runtime = &bench->runtime,
        .store = bench->stage.store,
        .arena = bench->stage.arena,
        .binding = bench_bind(bench, "P", &service, &bench_allocator, under_test),
        .line = &dated->line,
        .window_end = dated->line.timestamp + DAY,
        .tenant_period = &nobody,
        .everybody = &nobody,
        .listings = &dated->listings,
    };
}

static void dated_resolve(struct dated *dated) {
    struct cg_resolution found = {.entry_count = 0};
    int32_t own = 0;
    cr_assert_eq(cg_resolve(&dated->question, &found, &own, &dated->bench.error), CG_OK, "%s", dated->bench.error.text);
}

static void dated_close(struct dated *dated) {
    cg_questions_free(dated->questions);
    bench_close(&dated->bench);
}

static const struct cg_resource *const *listed;

static cg_status ask_for_connectors(const struct cg_identity_resolver *self,
                                    const struct cg_resolution_context *context,
                                    const struct cg_resolution_sink *sink) {
    size_t count = 0;
    (void)self;
    (void)sink;
    cg_status status = context->list_resources(context, "connector", NULL, &listed, &count);
    cr_expect_eq(count, 1);
    return status;
}

static const struct cg_identity_resolver listing = {
    {sizeof listing, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR},
    "lists",
    ask_for_connectors,
    NULL};

/* The inventory is read once for all resources of a date; what was asked is noted for each of its calculations. */
Test(resolve, a_list_is_read_once) {
    struct dated dated;
    dated_open(&dated, &listing);
    dated_resolve(&dated);
    const struct cg_resource *const *first = listed;
    dated.question.questions = dated.questions;
    dated_resolve(&dated);
    cr_expect(listed == first, "the list was read again");
    cr_expect_eq(cg_questions_count(dated.questions), 1);
    dated.question.window_end += DAY;
    dated_resolve(&dated);
    cr_expect(listed != first, "the list is that of another window");
    dated.question.listings = NULL;
    first = listed;
    dated_resolve(&dated);
    cr_expect(listed != first, "nothing was to be kept");
    dated_close(&dated);
}

static const struct cg_resource *looked_up[2];

static cg_status look_up_two(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                             const struct cg_resolution_sink *sink) {
    (void)self;
    (void)sink;
    looked_up[0] = context->find_resource(context, "r-1");
    looked_up[1] = context->find_resource(context, "r-2");
    return CG_OK;
}

static const struct cg_identity_resolver looking = {
    {sizeof looking, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR},
    "looks",
    look_up_two,
    NULL};

/* Also one that is not there; what was asked is noted all the same. */
Test(resolve, a_resource_is_looked_up_once) {
    struct dated dated;
    dated_open(&dated, &looking);
    dated_resolve(&dated);
    const struct cg_resource *first = looked_up[0];
    cr_assert(first && strcmp(first->id, "r-1") == 0 && !looked_up[1]);
    dated_add(&dated, "r-2");
    dated.question.questions = dated.questions;
    dated_resolve(&dated);
    cr_expect(looked_up[0] == first && !looked_up[1], "it was looked up again");
    cr_expect_eq(cg_questions_count(dated.questions), 2);
    dated.question.listings = NULL;
    dated_resolve(&dated);
    cr_expect(looked_up[0] && looked_up[0] != first && looked_up[1], "nothing was to be kept");
    dated_close(&dated);
}

/* ---- what cannot be asked ---- */

#define UNFIT "holds control characters, is no UTF-8 or has more than "
#define SIXTY_X "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

enum asking_for { AN_IDENTITY, A_RESOURCE, A_TYPE, A_PARENT };

static enum asking_for asked_for;
static const char *asked_text;

static cg_status ask_for_text(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                              const struct cg_resolution_sink *sink) {
    const struct cg_resource *const *items = NULL;
    size_t count = 0;
    cg_status status = CG_INVALID;
    (void)self;
    (void)sink;
    if (asked_for == AN_IDENTITY)
        cr_expect_null(context->find_identity(context, asked_text));
    else if (asked_for == A_RESOURCE)
        cr_expect_null(context->find_resource(context, asked_text));
    else
        status = context->list_resources(context, asked_for == A_TYPE ? asked_text : "connector",
                                         asked_for == A_PARENT ? asked_text : NULL, &items, &count);
    cr_expect_eq(status, CG_INVALID);
    cr_expect(!items && !count);
    return CG_OK;
}

static const struct cg_identity_resolver asking_text = {
    {sizeof asking_text, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR},
    "asks for a text",
    ask_for_text,
    NULL};

static const struct {
    enum asking_for what;
    const char *text; /* NULL: 'x' as often as `length` says */
    size_t length;
    const char *error;
} unfit[] = {
    {AN_IDENTITY, "sa-\xff", 0, "it asked for the identity 'sa-?', which " UNFIT "1024 bytes"},
    {AN_IDENTITY, "sa-1\r\n", 0,
     "it asked for the identity 'sa-1?"
     "?', which " UNFIT "1024 bytes"},
    {AN_IDENTITY, NULL, 1025, "it asked for the identity '" SIXTY_X "', which " UNFIT "1024 bytes"},
    {A_RESOURCE, "r-\xed\xa0", 0,
     "it asked for the resource 'r-?"
     "?', which " UNFIT "512 bytes"},
    {A_RESOURCE, "\x01", 0, "it asked for the resource '?', which " UNFIT "512 bytes"},
    {A_RESOURCE, NULL, 513, "it asked for the resource '" SIXTY_X "', which " UNFIT "512 bytes"},
    {A_TYPE, "con\xc0nector", 0, "it asked for the resources of type 'con?nector', which " UNFIT "255 bytes"},
    {A_TYPE, NULL, 256, "it asked for the resources of type '" SIXTY_X "', which " UNFIT "255 bytes"},
    {A_PARENT, "lkc\xc2\x85", 0, "it asked for the resources below 'lkc?', which " UNFIT "512 bytes"},
    {A_PARENT, NULL, 513, "it asked for the resources below '" SIXTY_X "', which " UNFIT "512 bytes"},
};

static cg_status ask_for_its_own(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                                 const struct cg_resolution_sink *sink) {
    const struct cg_resource *const *items = NULL;
    size_t count = 0;
    (void)self;
    (void)sink;
    cr_expect_not_null(context->find_resource(context, context->resource_id));
    cr_expect_eq(context->list_resources(context, "connector", context->env_id, &items, &count), CG_OK);
    return CG_OK;
}

static const struct cg_identity_resolver asking_own = {
    {sizeof asking_own, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR},
    "asks for its own",
    ask_for_its_own,
    NULL};

/* A line of before names were mended, older than what is gathered again, does not fail for the names it has. */
Test(resolve, a_line_may_ask_for_its_own_names) {
    struct dated dated;
    struct cg_resolution found = {.entry_count = 0};
    int32_t own = 0;
    dated_open(&dated, &asking_own);
    dated_add(&dated, "r-\x01");
    dated.line.resource_id = "r-\x01";
    dated.line.env_id = "env\x02";
    cr_assert_eq(cg_resolve(&dated.question, &found, &own, &dated.bench.error), CG_OK, "%s", dated.bench.error.text);
    dated_close(&dated);
}

/* It fails the answer, and so the line, whatever the resolver makes of it; nothing of it is noted or reaches SQL. */
Test(resolve, what_is_no_name_is_not_asked) {
    struct dated dated;
    char longest[2048];
    dated_open(&dated, &asking_text);
    dated.question.questions = dated.questions;
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
        struct cg_resolution found = {.entry_count = 0};
        struct cg_error error = {0};
        int32_t own = 1;
        memset(longest, 'x', sizeof longest);
        longest[unfit[i].length] = '\0';
        asked_for = unfit[i].what;
        asked_text = unfit[i].text ? unfit[i].text : longest;
        cr_assert_eq(cg_resolve(&dated.question, &found, &own, &error), CG_INVALID, "case %zu: %s", i, error.text);
        cr_assert_str_eq(error.text, unfit[i].error, "case %zu", i);
        cr_assert_eq(own, 0, "case %zu: it is the resolver's fault", i);
        cr_assert_str_eq(cg_questions_text(dated.questions), "", "case %zu", i);
    }
    dated_close(&dated);
}
