#include "api/kept.h"

#include <criterion/criterion.h>
#include <string.h>

#include "api/private.h"

static struct cg_http_request request = {.method = "GET"};

static struct cg_call new_call(void) {
    struct cg_call call = {.request = &request, .arena = cg_arena_new(), .reply = {.status = 200}};
    cg_buf_init(&call.reply.body, CG_REPLY_LIMIT);
    return call;
}

static void end(struct cg_call *call) {
    cg_call_done(call);
    cg_arena_free(call->arena);
}

static void put(struct cg_kept *kept, const char *question, int64_t version, size_t length, char letter) {
    struct cg_call call = new_call();
    for (size_t i = 0; i < length; i++)
        cg_buf_add_char(&call.reply.body, letter);
    cg_reply_encode(&call);
    cg_kept_put(kept, question, version, &call);
    end(&call);
}

/* The first letter of what is kept, or 0. */
static char find(struct cg_kept *kept, const char *question, int64_t version) {
    struct cg_call call = new_call();
    char letter = 0;
    if (cg_kept_find(kept, question, version, &call))
        letter = call.reply.body.length ? call.reply.body.data[0] : '-';
    end(&call);
    return letter;
}

Test(kept, answers_only_what_was_asked_of_the_same_version) {
    struct cg_kept *kept = NULL;
    cr_assert_eq(cg_kept_new(&kept), CG_OK);
    cr_assert_eq(find(kept, "a", 1), 0);
    put(kept, "a", 1, 10, 'x');
    put(kept, "b", 1, 10, 'y');
    cr_assert_eq(find(kept, "a", 1), 'x');
    cr_assert_eq(find(kept, "b", 1), 'y');
    cr_assert_eq(find(kept, "c", 1), 0);
    cr_assert_eq(find(kept, "a", 2), 0, "the database has changed");
    cr_assert_eq(find(kept, "a", 1), 0, "and what was kept before is gone");
    put(kept, "a", 2, 10, 'z');
    put(kept, "a", 3, 10, 'w');
    cr_assert_eq(find(kept, "a", 3), 'w');
    cg_kept_free(kept);
}

Test(kept, holds_a_bounded_number_of_bytes_and_drops_what_is_not_used) {
    struct cg_kept *kept = NULL;
    char name[16];
    cr_assert_eq(cg_kept_new(&kept), CG_OK);
    put(kept, "too large", 1, CG_KEPT_LARGEST + 1, 'x');
    cr_assert_eq(find(kept, "too large", 1), 0);
    put(kept, "used", 1, 1024 * 1024, 'u');
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "%d", i);
        put(kept, name, 1, 1024 * 1024, 'n');
        cr_assert_eq(find(kept, "used", 1), 'u', "after %d", i);
    }
    cr_assert_eq(find(kept, "0", 1), 0);
    cr_assert_eq(find(kept, "39", 1), 'n');
    cg_kept_free(kept);
}
