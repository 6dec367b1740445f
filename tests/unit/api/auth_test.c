/* Who may do what, and how guessing is slowed down. */
#include "api/auth.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "api/auth_limit.h"

#define BASIC "Basic realm=\"chitragupt\", charset=\"UTF-8\""
#define BEARER "Bearer realm=\"chitragupt\""
#define NOT_VALID BEARER ", error=\"invalid_token\""
#define HERE "192.0.2.1"

/* Hashes of weak parameters, so that tests are fast; made once per test. */
static char ann_hash[crypto_pwhash_STRBYTES];
static char bob_hash[crypto_pwhash_STRBYTES];
static char eve_token[sizeof "sha256:" + 2 * crypto_hash_sha256_BYTES];

static void hash(char *ret, const char *password) {
    cr_assert_eq(
        crypto_pwhash_str(ret, password, strlen(password), crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN), 0);
}

static void setup(void) {
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof digest + 1];
    cr_assert_geq(sodium_init(), 0);
    hash(ann_hash, "ann:s p\xc3\xa4ss");
    hash(bob_hash, "");
    crypto_hash_sha256(digest, (const unsigned char *)"token-of-eve-0123", strlen("token-of-eve-0123"));
    snprintf(eve_token, sizeof eve_token, "sha256:%s", sodium_bin2hex(hex, sizeof hex, digest, sizeof digest));
}

TestSuite(auth, .init = setup);

static struct cg_api_account users[] = {
    {"ann", ann_hash, NULL, CG_ROLE_READ},
    {"bob", bob_hash, NULL, CG_ROLE_WRITE},
    {"carl", NULL, "carl's own", CG_ROLE_WRITE},
};

static struct cg_api_account tokens[] = {
    {"eve", eve_token, NULL, CG_ROLE_READ},
    {"script", NULL, "token-of-script-1", CG_ROLE_WRITE},
};

static struct cg_api_settings with_users(size_t first, size_t count) {
    return (struct cg_api_settings){.auth_type = CG_API_AUTH_BASIC, .accounts = users + first, .account_count = count};
}

static struct cg_api_settings with_tokens(void) {
    return (struct cg_api_settings){.auth_type = CG_API_AUTH_BEARER, .accounts = tokens, .account_count = 2};
}

static struct cg_auth *new_auth(struct cg_api_settings api) {
    struct cg_auth *auth = NULL;
    cr_assert_eq(cg_auth_new(&api, &auth), CG_OK);
    return auth;
}

/* "Basic " and the text in base64. */
static const char *basic(const char *text) {
    static char header[CG_AUTH_HEADER_MAX];
    snprintf(header, sizeof header, "Basic ");
    sodium_bin2base64(header + 6, sizeof header - 6, (const unsigned char *)text, strlen(text),
                      sodium_base64_VARIANT_ORIGINAL);
    return header;
}

/* Asks to the end; 1 in `ret_slow` when a password had to be checked. */
static struct cg_auth_answer ask_at(struct cg_auth *auth, const char *header, const char *client, uint32_t needed,
                                    uint64_t now, int *ret_slow) {
    const struct cg_auth_request request = {.authorization = header, .client = client, .needed = needed, .now = now};
    struct cg_auth_answer answer = {.status = 999};
    struct cg_auth_check *check = NULL;
    *ret_slow = cg_auth_quick(auth, &request, &answer, &check) == CG_AUTH_CHECK;
    if (*ret_slow) {
        cg_auth_verify(check);
        cg_auth_settle(check, &answer);
    }
    return answer;
}

static struct cg_auth_answer ask(struct cg_auth *auth, const char *header, uint32_t needed, int *ret_slow) {
    return ask_at(auth, header, HERE, needed, 0, ret_slow);
}

static void assert_answer(const char *name, const struct cg_auth_answer *answer, uint32_t status, uint32_t role,
                          const char *who, const char *challenge) {
    cr_assert_eq(answer->status, status, "%s: %u", name, (unsigned)answer->status);
    cr_assert_eq(answer->role, role, "%s: role %u", name, (unsigned)answer->role);
    cr_assert_str_eq(answer->name, who, "%s: %s", name, answer->name);
    cr_assert_eq(answer->detail != NULL, status != 0, "%s", name);
    cr_assert_eq(answer->challenge != NULL, challenge != NULL, "%s: %s", name, answer->challenge);
    if (challenge)
        cr_assert_str_eq(answer->challenge, challenge, "%s: %s", name, answer->challenge);
}

Test(auth, none_lets_everybody_in) {
    struct cg_auth *auth = new_auth((struct cg_api_settings){.auth_type = CG_API_AUTH_NONE});
    static const char *const headers[] = {NULL, "", "Basic x", "Bearer y"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        int slow = 0;
        struct cg_auth_answer answer = ask(auth, headers[i], CG_ROLE_WRITE, &slow);
        assert_answer("none", &answer, 0, CG_ROLE_WRITE, "", NULL);
    }
    cg_auth_free(auth);
}

/* ---- basic ---- */

static const struct {
    const char *name;
    const char *credentials; /* encoded by the test; NULL: `header` */
    const char *header;
    uint32_t needed;
    uint32_t status;
    uint32_t role;
    const char *who;
} basics[] = {
    {"reader reads", "ann:ann:s p\xc3\xa4ss", NULL, CG_ROLE_READ, 0, CG_ROLE_READ, "ann"},
    {"reader writes", "ann:ann:s p\xc3\xa4ss", NULL, CG_ROLE_WRITE, 403, CG_ROLE_READ, "ann"},
    {"writer reads", "carl:carl's own", NULL, CG_ROLE_READ, 0, CG_ROLE_WRITE, "carl"},
    {"writer writes", "carl:carl's own", NULL, CG_ROLE_WRITE, 0, CG_ROLE_WRITE, "carl"},
    {"empty password that is right", "bob:", NULL, CG_ROLE_WRITE, 0, CG_ROLE_WRITE, "bob"},
    {"wrong password", "ann:x", NULL, CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"password of another", "carl:ann:s p\xc3\xa4ss", NULL, CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"unknown user", "dora:carl's own", NULL, CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"unknown user with the model's password", "dora:ann:s p\xc3\xa4ss", NULL, CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"no user", ":carl's own", NULL, CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"name in capitals", "Carl:carl's own", NULL, CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"no colon", "carl", NULL, CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"a hash for a password", NULL, NULL, CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"nothing", NULL, "", CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"scheme alone", NULL, "Basic", CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"scheme and a blank", NULL, "Basic ", CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"scheme in any case", NULL, "bASIC Y2FybDpjYXJsJ3Mgb3du", CG_ROLE_READ, 0, CG_ROLE_WRITE, "carl"},
    {"blanks around", NULL, "  Basic   Y2FybDpjYXJsJ3Mgb3du \t", CG_ROLE_READ, 0, CG_ROLE_WRITE, "carl"},
    {"no base64", NULL, "Basic ****", CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"two words", NULL, "Basic Y2FybDpjYXJsJ3Mgb3du x", CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"cut base64", NULL, "Basic Y2FybDpjYXJsJ3Mgb3d", CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"a NUL", NULL, "Basic Y2FybDpjYXJsJ3Mgb3duAA==", CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"a NUL in the name", NULL, "Basic Y2FybAA6Y2FybCdzIG93bg==", CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"another scheme", NULL, "Bearer Y2FybDpjYXJsJ3Mgb3du", CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
    {"a longer scheme", NULL, "Basics Y2FybDpjYXJsJ3Mgb3du", CG_ROLE_READ, 401, CG_ROLE_NONE, ""},
};

Test(auth, users) {
    for (size_t i = 0; i < sizeof basics / sizeof *basics; i++) {
        struct cg_auth *auth = new_auth(with_users(0, 3));
        const char *header = basics[i].credentials ? basic(basics[i].credentials) : basics[i].header;
        int slow = 0;
        for (int again = 0; again < 2; again++) {
            struct cg_auth_answer answer = ask(auth, header, basics[i].needed, &slow);
            assert_answer(basics[i].name, &answer, basics[i].status, basics[i].role, basics[i].who,
                          basics[i].status == 401 ? BASIC : NULL);
            if (again && basics[i].status != 401)
                cr_assert_eq(slow, 0, "%s: what was right is remembered", basics[i].name);
        }
        cg_auth_free(auth);
    }
}

/* Names are no secret that can be found out by the time an answer takes: all are checked in the same way. */
Test(auth, unknown_users_cost_the_same) {
    static const char *const wrong[] = {"ann:x", "dora:x", "carl:x", ":x"};
    struct cg_auth *auth = new_auth(with_users(0, 3));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int slow = 0;
        ask(auth, basic(wrong[i]), CG_ROLE_READ, &slow);
        cr_assert_eq(slow, 1, "%s", wrong[i]);
    }
    cg_auth_free(auth);
    auth = new_auth(with_users(2, 1));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int slow = 0;
        struct cg_auth_answer answer = ask(auth, basic(wrong[i]), CG_ROLE_READ, &slow);
        cr_assert_eq(answer.status, 401);
        cr_assert_eq(slow, 0, "%s: there is no hash to check", wrong[i]);
    }
    cg_auth_free(auth);
}

Test(auth, what_was_right_counts_for_its_address_alone) {
    struct cg_auth *auth = new_auth(with_users(0, 1));
    int slow = 0;
    const char *header = basic("ann:ann:s p\xc3\xa4ss");
    ask_at(auth, header, "192.0.2.1", CG_ROLE_READ, 0, &slow);
    cr_assert_eq(slow, 1);
    ask_at(auth, header, "192.0.2.1", CG_ROLE_READ, 0, &slow);
    cr_assert_eq(slow, 0);
    ask_at(auth, header, "192.0.2.2", CG_ROLE_READ, 0, &slow);
    cr_assert_eq(slow, 1);
    cg_auth_free(auth);
}

Test(auth, the_memory_is_bounded) {
    struct cg_auth *auth = new_auth(with_users(2, 1));
    const char *header = basic("carl:carl's own");
    for (unsigned i = 0; i < 1000; i++) {
        char client[32];
        int slow = 0;
        snprintf(client, sizeof client, "2001:db8::%x", i);
        struct cg_auth_answer answer = ask_at(auth, header, client, CG_ROLE_WRITE, 0, &slow);
        cr_assert_eq(answer.status, 0, "%s", client);
    }
    cg_auth_free(auth);
}

static void assert_too_long(struct cg_auth *auth, const char *scheme, const char *challenge) {
    static char header[3 * CG_AUTH_HEADER_MAX];
    for (size_t length = CG_AUTH_HEADER_MAX - 8; length < sizeof header - 1; length += length < 5000 ? 1 : 1000) {
        int slow = 0;
        memset(header, 'A', length);
        header[length] = '\0';
        memcpy(header, scheme, strlen(scheme));
        struct cg_auth_answer answer = ask_at(auth, header, HERE, CG_ROLE_READ, length * 100000, &slow);
        cr_assert_eq(answer.status, 401, "%zu: %u", length, (unsigned)answer.status);
        if (length > CG_AUTH_HEADER_MAX)
            cr_assert_str_eq(answer.challenge, challenge, "%zu", length);
    }
}

Test(auth, long_headers_are_refused) {
    struct cg_auth *auth = new_auth(with_users(0, 3));
    assert_too_long(auth, "Basic ", BASIC);
    cg_auth_free(auth);
    auth = new_auth(with_tokens());
    assert_too_long(auth, "Bearer ", BEARER);
    cg_auth_free(auth);
}

/* ---- bearer ---- */

static const struct {
    const char *name;
    const char *header;
    uint32_t needed;
    uint32_t status;
    uint32_t role;
    const char *who;
    const char *challenge;
} bearers[] = {
    {"reader reads", "Bearer token-of-eve-0123", CG_ROLE_READ, 0, CG_ROLE_READ, "eve", NULL},
    {"reader writes", "Bearer token-of-eve-0123", CG_ROLE_WRITE, 403, CG_ROLE_READ, "eve",
     BEARER ", error=\"insufficient_scope\""},
    {"writer writes", "Bearer token-of-script-1", CG_ROLE_WRITE, 0, CG_ROLE_WRITE, "script", NULL},
    {"scheme in any case", "bEARER  token-of-script-1 ", CG_ROLE_WRITE, 0, CG_ROLE_WRITE, "script", NULL},
    {"wrong token", "Bearer token-of-eve-0124", CG_ROLE_READ, 401, CG_ROLE_NONE, "", NOT_VALID},
    {"part of a token", "Bearer token-of-eve-012", CG_ROLE_READ, 401, CG_ROLE_NONE, "", NOT_VALID},
    {"more than a token", "Bearer token-of-eve-0123 x", CG_ROLE_READ, 401, CG_ROLE_NONE, "", NOT_VALID},
    {"nothing", NULL, CG_ROLE_READ, 401, CG_ROLE_NONE, "", BEARER},
    {"empty", "", CG_ROLE_READ, 401, CG_ROLE_NONE, "", BEARER},
    {"scheme alone", "Bearer ", CG_ROLE_READ, 401, CG_ROLE_NONE, "", BEARER},
    {"another scheme", "Basic token-of-eve-0123", CG_ROLE_READ, 401, CG_ROLE_NONE, "", BEARER},
};

Test(auth, tokens) {
    struct cg_auth *auth = new_auth(with_tokens());
    for (size_t i = 0; i < sizeof bearers / sizeof *bearers; i++) {
        int slow = 0;
        struct cg_auth_answer answer = ask(auth, bearers[i].header, bearers[i].needed, &slow);
        assert_answer(bearers[i].name, &answer, bearers[i].status, bearers[i].role, bearers[i].who,
                      bearers[i].challenge);
        cr_assert_eq(slow, 0, "%s", bearers[i].name);
    }
    int slow = 0;
    char header[128];
    snprintf(header, sizeof header, "Bearer %s", eve_token);
    struct cg_auth_answer answer = ask(auth, header, CG_ROLE_READ, &slow);
    assert_answer("a hash for a token", &answer, 401, CG_ROLE_NONE, "", NOT_VALID);
    cg_auth_free(auth);
}

/* ---- guessing ---- */

Test(auth, who_guesses_is_slowed_down) {
    struct cg_auth *auth = new_auth(with_users(2, 1));
    struct cg_auth_answer answer;
    int slow = 0;
    for (int i = 0; i < CG_AUTH_CLIENT_BURST; i++) {
        answer = ask(auth, basic("carl:x"), CG_ROLE_READ, &slow);
        cr_assert_eq(answer.status, 401, "%d: %u", i, (unsigned)answer.status);
    }
    answer = ask(auth, basic("carl:x"), CG_ROLE_READ, &slow);
    assert_answer("no allowance", &answer, 429, CG_ROLE_NONE, "", NULL);
    cr_assert_eq(answer.retry_after, 1);
    answer = ask(auth, basic("carl:carl's own"), CG_ROLE_READ, &slow);
    cr_assert_eq(answer.status, 429, "a right guess looks like a wrong one");
    answer = ask_at(auth, basic("carl:carl's own"), "198.51.100.7", CG_ROLE_READ, 0, &slow);
    cr_assert_eq(answer.status, 0, "somebody else is not kept out");
    answer = ask_at(auth, basic("carl:carl's own"), HERE, CG_ROLE_READ, 5000, &slow);
    cr_assert_eq(answer.status, 0, "time pays");
    cg_auth_free(auth);
}

/* What is remembered would answer guesses fast; whoever goes on guessing is not answered at all. */
Test(auth, who_goes_on_guessing_is_shut_out) {
    struct cg_auth *auth = new_auth(with_users(2, 1));
    const char *right = basic("carl:carl's own");
    char kept[CG_AUTH_HEADER_MAX];
    int slow = 0;
    snprintf(kept, sizeof kept, "%s", right);
    cr_assert_eq(ask(auth, kept, CG_ROLE_READ, &slow).status, 0);
    for (int i = 0; i < CG_AUTH_CLIENT_BURST + CG_AUTH_DEBT_CLOSED; i++)
        ask(auth, basic("carl:x"), CG_ROLE_READ, &slow);
    cr_assert_eq(ask(auth, kept, CG_ROLE_READ, &slow).status, 0, "who is known goes on for a while");
    for (int i = 0; i < 10; i++)
        ask(auth, basic("carl:x"), CG_ROLE_READ, &slow);
    cr_assert_eq(ask(auth, kept, CG_ROLE_READ, &slow).status, 429);
    cr_assert_eq(ask_at(auth, kept, HERE, CG_ROLE_READ, 60 * 1000, &slow).status, 0);
    cg_auth_free(auth);
}

Test(auth, guesses_from_many_addresses_share_an_allowance) {
    struct cg_auth *auth = new_auth(with_users(2, 1));
    unsigned refused = 0;
    for (unsigned i = 0; i < 10 * CG_AUTH_TOTAL_BURST; i++) {
        char client[32];
        int slow = 0;
        snprintf(client, sizeof client, "198.51.100.%u", i);
        struct cg_auth_answer answer = ask_at(auth, basic("carl:x"), client, CG_ROLE_READ, 0, &slow);
        refused += answer.status == 401;
    }
    cr_assert_eq(refused, CG_AUTH_TOTAL_BURST);
    cg_auth_free(auth);
}

Test(auth, tokens_are_not_guessed_either) {
    struct cg_auth *auth = new_auth(with_tokens());
    int slow = 0;
    for (int i = 0; i < CG_AUTH_CLIENT_BURST; i++)
        cr_assert_eq(ask(auth, "Bearer x", CG_ROLE_READ, &slow).status, 401);
    cr_assert_eq(ask(auth, "Bearer x", CG_ROLE_READ, &slow).status, 429);
    cg_auth_free(auth);
}

/* Who guesses tokens from everywhere keeps newcomers out for a moment, but nobody who is known. */
Test(auth, a_token_that_was_right_goes_on) {
    struct cg_auth *auth = new_auth(with_tokens());
    static const char right[] = "Bearer token-of-eve-0123";
    int slow = 0;
    cr_assert_eq(ask(auth, right, CG_ROLE_READ, &slow).status, 0);
    for (unsigned i = 0; i < 2 * CG_AUTH_TOTAL_BURST; i++) {
        char client[32];
        snprintf(client, sizeof client, "198.51.100.%u", i);
        ask_at(auth, "Bearer x", client, CG_ROLE_READ, 0, &slow);
    }
    cr_assert_eq(ask_at(auth, right, "203.0.113.1", CG_ROLE_READ, 0, &slow).status, 429, "somebody new");
    cr_assert_eq(ask(auth, right, CG_ROLE_READ, &slow).status, 0);
    cr_assert_eq(ask(auth, right, CG_ROLE_WRITE, &slow).status, 403, "with the same rights as before");
    cg_auth_free(auth);
}

Test(auth, few_passwords_are_checked_at_a_time) {
    struct cg_auth *auth = new_auth(with_users(0, 1));
    struct cg_auth_check *checks[CG_AUTH_CHECKS_MAX];
    struct cg_auth_answer answer;
    struct cg_auth_request request = {.authorization = basic("ann:ann:s p\xc3\xa4ss"), .needed = CG_ROLE_READ};
    char client[32];
    request.client = client;
    for (size_t i = 0; i < CG_AUTH_CHECKS_MAX; i++) {
        snprintf(client, sizeof client, "192.0.2.%zu", i);
        cr_assert_eq(cg_auth_quick(auth, &request, &answer, &checks[i]), CG_AUTH_CHECK, "%zu", i);
    }
    struct cg_auth_check *more = NULL;
    cr_assert_eq(cg_auth_quick(auth, &request, &answer, &more), CG_AUTH_KNOWN);
    assert_answer("busy", &answer, 503, CG_ROLE_NONE, "", NULL);
    cr_assert_eq(answer.retry_after, 1);
    cg_auth_verify(checks[0]);
    cg_auth_settle(checks[0], &answer);
    cr_assert_eq(answer.status, 0);
    cr_assert_eq(cg_auth_quick(auth, &request, &answer, &checks[0]), CG_AUTH_CHECK);
    /* The configuration is replaced meanwhile; nobody is admitted by a check that was given up. */
    cg_auth_free(auth);
    for (size_t i = 0; i < CG_AUTH_CHECKS_MAX; i++) {
        cg_auth_settle(checks[i], &answer);
        assert_answer("given up", &answer, 503, CG_ROLE_NONE, "", NULL);
    }
}

/* A check that nobody waited for says nothing of the password, and is no guess. */
Test(auth, a_check_that_was_given_up_is_free) {
    struct cg_auth *auth = new_auth(with_users(0, 1));
    const struct cg_auth_request request = {.authorization = basic("ann:ann:s p\xc3\xa4ss"), .client = HERE};
    struct cg_auth_answer answer;
    for (int i = 0; i < 2 * CG_AUTH_CLIENT_BURST; i++) {
        struct cg_auth_check *check = NULL;
        cr_assert_eq(cg_auth_quick(auth, &request, &answer, &check), CG_AUTH_CHECK, "%d", i);
        cg_auth_settle(check, &answer);
        assert_answer("given up", &answer, 503, CG_ROLE_NONE, "", NULL);
    }
    cg_auth_free(auth);
}

Test(auth, an_allowance_fills_up_and_not_over) {
    static struct cg_auth_limit limit;
    cg_auth_limit_init(&limit);
    const uint64_t start = UINT64_C(1) << 62;
    for (int round = 0; round < 3; round++) {
        int taken = 0;
        while (cg_auth_limit_take(&limit, 3, start + (uint64_t)round * 1000000))
            taken++;
        cr_assert_eq(taken, CG_AUTH_CLIENT_BURST, "%d: %d", round, taken);
    }
    cr_assert_eq(cg_auth_limit_take(&limit, 3, 0), 0, "a clock that goes back gives nothing");
    for (int i = 0; i < 3 * CG_AUTH_DEBT_MAX; i++)
        cr_assert_eq(cg_auth_limit_take(&limit, 3, start + 2000000), 0);
    cr_assert_eq(cg_auth_limit_closed(&limit, 3, start + 2000000), 1);
    cr_assert_eq(cg_auth_limit_closed(&limit, 3, start + 2000000 + 1000 * (CG_AUTH_DEBT_MAX - CG_AUTH_DEBT_CLOSED)), 0);
    for (int i = 0; i < 100; i++)
        cg_auth_limit_give_back(&limit, 5);
    int taken = 0;
    while (cg_auth_limit_take(&limit, 5, start + 9000000))
        taken++;
    cr_assert_eq(taken, CG_AUTH_CLIENT_BURST);
}

/* ---- the warning ---- */

static const struct {
    const char *host;
    enum cg_api_auth_type type;
    const char *certificate;
    const char *expected; /* its beginning, or NULL */
} warnings[] = {
    {"0.0.0.0", CG_API_AUTH_NONE, NULL, "The REST API listens on 0.0.0.0:8080 without api.auth and api.tls: whoever "},
    {"::", CG_API_AUTH_NONE, NULL, "The REST API listens on [::]:8080 without "},
    {"192.0.2.1", CG_API_AUTH_NONE, NULL, "The REST API listens on 192.0.2.1:8080 without "},
    {"api.example", CG_API_AUTH_NONE, NULL, "The REST API listens on api.example:8080 without "},
    {"128.0.0.1", CG_API_AUTH_NONE, NULL, "The REST API listens on 128.0.0.1:8080 without "},
    {"0.0.0.0", CG_API_AUTH_BASIC, NULL, NULL},
    {"0.0.0.0", CG_API_AUTH_NONE, "pem", NULL},
    {"127.0.0.1", CG_API_AUTH_NONE, NULL, NULL},
    {"127.1.2.3", CG_API_AUTH_NONE, NULL, NULL},
    {"::1", CG_API_AUTH_NONE, NULL, NULL},
    {"::ffff:127.0.0.1", CG_API_AUTH_NONE, NULL, NULL},
    {"Localhost", CG_API_AUTH_NONE, NULL, NULL},
};

Test(auth, open_listeners_are_warned_of) {
    for (size_t i = 0; i < sizeof warnings / sizeof *warnings; i++) {
        const struct cg_api_settings api = {.host = warnings[i].host,
                                            .port = 8080,
                                            .auth_type = warnings[i].type,
                                            .tls_certificate = warnings[i].certificate};
        char buffer[CG_AUTH_WARNING_SIZE];
        const char *text = cg_auth_warning(&api, buffer);
        cr_assert_eq(text != NULL, warnings[i].expected != NULL, "%s", warnings[i].host);
        if (text)
            cr_assert(strncmp(text, warnings[i].expected, strlen(warnings[i].expected)) == 0, "%s", text);
    }
}
