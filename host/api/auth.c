#include "api/auth.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/auth_limit.h"
#include "config/accounts.h"

/* Passwords and tokens that were right, and are remembered. */
#define CACHE_SIZE 256u

#define KEYED_BYTES 32u

/* The bytes of a token's hash. */
#define TOKEN_HASH_BYTES crypto_hash_sha256_BYTES

struct account {
    const char *name;
    const char *hash; /* of a password, or NULL: it stands in the configuration */
    uint32_t role;
    unsigned char who[KEYED_BYTES];    /* keyed hash of the name */
    unsigned char secret[KEYED_BYTES]; /* keyed hash of name and password, or the hash of a token */
};

/* A client, user and password that were right, or a client and token: whoever guesses from elsewhere does not keep out
 * who is known. */
struct remembered {
    unsigned char digest[KEYED_BYTES];
    const struct account *account; /* NULL: free */
};

struct cg_auth {
    enum cg_api_auth_type type;
    struct account *accounts;
    size_t account_count;
    const char *model; /* the first hash, checked in the place of one that is missing; NULL: no account has one */
    unsigned char key[crypto_generichash_KEYBYTES];
    struct remembered cache[CACHE_SIZE];
    size_t cache_next;
    struct cg_auth_limit limit;
    size_t checks; /* not settled */
    int32_t ended; /* freed with the last check */
};

struct cg_auth_check {
    struct cg_auth *auth;
    const struct account *account; /* NULL: there is no such user, and the password is checked all the same */
    size_t slot;
    uint32_t needed;
    int32_t done; /* 1: it was verified */
    int32_t right;
    unsigned char digest[KEYED_BYTES];
    char password[CG_ACCOUNT_SECRET_MAX + 1];
    size_t password_length;
};

/* ---- keyed hashes ---- */

/* A digest of several texts under the key of the object; each with its NUL, which none of them contains. */
static void keyed(const struct cg_auth *auth, const char *const *texts, size_t count, unsigned char *ret) {
    crypto_generichash_state state;
    crypto_generichash_init(&state, auth->key, sizeof auth->key, KEYED_BYTES);
    for (size_t i = 0; i < count; i++)
        crypto_generichash_update(&state, (const unsigned char *)texts[i], strlen(texts[i]) + 1);
    crypto_generichash_final(&state, ret, KEYED_BYTES);
    sodium_memzero(&state, sizeof state);
}

static void hash_token(const char *token, unsigned char *ret) {
    crypto_hash_sha256(ret, (const unsigned char *)token, strlen(token));
}

/* ---- life ---- */

static void read_account(struct cg_auth *auth, const struct cg_api_account *given, struct account *account) {
    *account = (struct account){.name = given->name, .role = given->role};
    keyed(auth, (const char *const[]){given->name}, 1, account->who);
    if (auth->type == CG_API_AUTH_BEARER && given->hash)
        (void)sodium_hex2bin(account->secret, sizeof account->secret, given->hash + strlen(CG_TOKEN_HASH_PREFIX),
                             2 * TOKEN_HASH_BYTES, NULL, NULL, NULL);
    else if (auth->type == CG_API_AUTH_BEARER)
        hash_token(given->plain, account->secret);
    else if (given->hash)
        account->hash = given->hash;
    else
        keyed(auth, (const char *const[]){given->name, given->plain}, 2, account->secret);
    if (account->hash && !auth->model)
        auth->model = account->hash;
}

cg_status cg_auth_new(const struct cg_api_settings *api, struct cg_auth **ret) {
    _Static_assert(TOKEN_HASH_BYTES <= KEYED_BYTES, "a token's hash fits into an account");
    if (sodium_init() < 0)
        return CG_PERMANENT;
    struct cg_auth *auth = calloc(1, sizeof *auth);
    struct account *accounts = calloc(api->account_count ? api->account_count : 1, sizeof *accounts);
    if (!auth || !accounts) {
        free(auth);
        free(accounts);
        return CG_NO_MEMORY;
    }
    auth->type = api->auth_type;
    auth->accounts = accounts;
    auth->account_count = api->account_count;
    randombytes_buf(auth->key, sizeof auth->key);
    cg_auth_limit_init(&auth->limit);
    for (size_t i = 0; i < api->account_count; i++)
        read_account(auth, &api->accounts[i], &accounts[i]);
    *ret = auth;
    return CG_OK;
}

static void destroy(struct cg_auth *auth) {
    sodium_memzero(auth->accounts, auth->account_count * sizeof *auth->accounts);
    free(auth->accounts);
    sodium_memzero(auth, sizeof *auth);
    free(auth);
}

void cg_auth_free(struct cg_auth *auth) {
    if (!auth)
        return;
    auth->ended = 1;
    if (!auth->checks)
        destroy(auth);
}

/* ---- answers ---- */

#define BASIC_CHALLENGE "Basic realm=\"chitragupt\", charset=\"UTF-8\""
#define BEARER_CHALLENGE "Bearer realm=\"chitragupt\""

/* 401. `given` 0: the request brought nothing at all. */
static void refuse(const struct cg_auth *auth, int32_t given, struct cg_auth_answer *ret) {
    const int32_t basic = auth->type == CG_API_AUTH_BASIC;
    *ret = (struct cg_auth_answer){.status = 401, .name = ""};
    if (basic)
        ret->challenge = BASIC_CHALLENGE;
    else
        ret->challenge = given ? BEARER_CHALLENGE ", error=\"invalid_token\"" : BEARER_CHALLENGE;
    if (given)
        ret->detail = basic ? "User name or password is wrong" : "The token is not valid";
    else
        ret->detail = basic ? "A user name and a password are required" : "A token is required";
}

/* 0 or 403. */
static void admit(const struct cg_auth *auth, const struct account *account, uint32_t needed,
                  struct cg_auth_answer *ret) {
    *ret = (struct cg_auth_answer){.role = account->role, .name = account->name};
    if (account->role >= needed)
        return;
    ret->status = 403;
    ret->detail = "This account may only read";
    if (auth->type == CG_API_AUTH_BEARER)
        ret->challenge = BEARER_CHALLENGE ", error=\"insufficient_scope\"";
}

static void put_off(uint32_t status, struct cg_auth_answer *ret) {
    *ret = (struct cg_auth_answer){.status = status, .name = "", .retry_after = 1};
    ret->detail = status == 429 ? "Too many wrong passwords or tokens came from here; wait before trying again"
                                : "Too many passwords are being checked; try again in a moment";
}

/* ---- the header ---- */

/* What follows the scheme, or NULL when the header has another one or is no sound text. */
static const char *credentials(const char *header, const char *scheme) {
    size_t length = strlen(scheme);
    if (!header || strnlen(header, CG_AUTH_HEADER_MAX + 1) > CG_AUTH_HEADER_MAX)
        return NULL;
    header += strspn(header, " \t");
    if (strncasecmp(header, scheme, length) != 0 || header[length] != ' ')
        return NULL;
    header += length + strspn(header + length, " ");
    return *header ? header : NULL;
}

/* Length of a text without the blanks at its end. */
static size_t trimmed_length(const char *text) {
    size_t length = strlen(text);
    while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    return length;
}

/* ---- what was right before ---- */

static const struct account *find_remembered(const struct cg_auth *auth, const unsigned char *digest) {
    const struct account *found = NULL;
    for (size_t i = 0; i < CACHE_SIZE; i++)
        if (sodium_memcmp(auth->cache[i].digest, digest, KEYED_BYTES) == 0)
            found = auth->cache[i].account;
    return found;
}

static void remember(struct cg_auth *auth, const unsigned char *digest, const struct account *account) {
    if (find_remembered(auth, digest))
        return;
    struct remembered *entry = &auth->cache[auth->cache_next];
    auth->cache_next = (auth->cache_next + 1) % CACHE_SIZE;
    memcpy(entry->digest, digest, KEYED_BYTES);
    entry->account = account;
}

/* ---- bearer ---- */

/* The account with this token, or NULL. */
static const struct account *find_token(const struct cg_auth *auth, const char *token) {
    const struct account *found = NULL;
    unsigned char hash[TOKEN_HASH_BYTES];
    hash_token(token, hash);
    for (size_t i = 0; i < auth->account_count; i++)
        if (sodium_memcmp(hash, auth->accounts[i].secret, sizeof hash) == 0)
            found = &auth->accounts[i];
    return found;
}

static void answer_token(struct cg_auth *auth, const struct cg_auth_request *request, size_t slot, const char *token,
                         struct cg_auth_answer *ret) {
    unsigned char digest[KEYED_BYTES];
    keyed(auth, (const char *const[]){request->client, token}, 2, digest);
    const struct account *account = find_remembered(auth, digest);
    if (!account) {
        if (!cg_auth_limit_take(&auth->limit, slot, request->now)) {
            put_off(429, ret);
            return;
        }
        account = find_token(auth, token);
        if (!account) {
            refuse(auth, 1, ret);
            return;
        }
        cg_auth_limit_give_back(&auth->limit, slot);
        remember(auth, digest, account);
    }
    admit(auth, account, request->needed, ret);
}

static void answer_bearer(struct cg_auth *auth, const struct cg_auth_request *request, size_t slot,
                          struct cg_auth_answer *ret) {
    char token[CG_AUTH_HEADER_MAX + 1];
    const char *text = credentials(request->authorization, "Bearer");
    size_t length = text ? trimmed_length(text) : 0;
    if (!length) {
        refuse(auth, text != NULL, ret);
        return;
    }
    memcpy(token, text, length);
    token[length] = '\0';
    answer_token(auth, request, slot, token, ret);
    sodium_memzero(token, sizeof token);
}

/* ---- basic ---- */

/* Decodes user and password into `buffer` (CG_AUTH_HEADER_MAX + 1 bytes). NULL password: they cannot be those of
 * anybody. */
static const char *decode_basic(const char *header, char *buffer, const char **ret_user) {
    const char *text = credentials(header, "Basic");
    size_t decoded = 0;
    if (!text || sodium_base642bin((unsigned char *)buffer, CG_AUTH_HEADER_MAX, text, trimmed_length(text), NULL,
                                   &decoded, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return NULL;
    buffer[decoded] = '\0';
    char *colon = memchr(buffer, ':', decoded);
    if (!colon || strlen(buffer) != decoded)
        return NULL;
    *colon = '\0';
    *ret_user = buffer;
    return strlen(colon + 1) <= CG_ACCOUNT_SECRET_MAX ? colon + 1 : NULL;
}

/* The account whose password stands in the configuration and is this one, or NULL. */
static const struct account *find_plain(const struct cg_auth *auth, const char *user, const char *password) {
    const struct account *found = NULL;
    unsigned char digest[KEYED_BYTES];
    keyed(auth, (const char *const[]){user, password}, 2, digest);
    for (size_t i = 0; i < auth->account_count; i++)
        if (sodium_memcmp(auth->accounts[i].secret, digest, sizeof digest) == 0 && !auth->accounts[i].hash)
            found = &auth->accounts[i];
    return found;
}

/* The account with this name whose password is hashed, or NULL. */
static const struct account *find_hashed(const struct cg_auth *auth, const char *user) {
    const struct account *found = NULL;
    unsigned char who[KEYED_BYTES];
    keyed(auth, (const char *const[]){user}, 1, who);
    for (size_t i = 0; i < auth->account_count; i++)
        if (sodium_memcmp(auth->accounts[i].who, who, sizeof who) == 0 && auth->accounts[i].hash)
            found = &auth->accounts[i];
    return found;
}

/* Makes a check; NULL when there is no memory. */
static struct cg_auth_check *new_check(struct cg_auth *auth, const char *user, const char *password,
                                       const unsigned char *digest) {
    struct cg_auth_check *check = calloc(1, sizeof *check);
    if (!check)
        return NULL;
    check->auth = auth;
    check->account = find_hashed(auth, user);
    check->password_length = strlen(password);
    memcpy(check->digest, digest, KEYED_BYTES);
    memcpy(check->password, password, check->password_length);
    auth->checks++;
    return check;
}

static enum cg_auth_verdict answer_user(struct cg_auth *auth, const struct cg_auth_request *request, size_t slot,
                                        const char *user, const char *password, struct cg_auth_answer *ret_answer,
                                        struct cg_auth_check **ret_check) {
    unsigned char digest[KEYED_BYTES];
    keyed(auth, (const char *const[]){request->client, user, password}, 3, digest);
    const struct account *account = find_remembered(auth, digest);
    if (account) {
        admit(auth, account, request->needed, ret_answer);
        return CG_AUTH_KNOWN;
    }
    if (!cg_auth_limit_take(&auth->limit, slot, request->now)) {
        put_off(429, ret_answer);
        return CG_AUTH_KNOWN;
    }
    account = find_plain(auth, user, password);
    if (account) {
        cg_auth_limit_give_back(&auth->limit, slot);
        remember(auth, digest, account);
        admit(auth, account, request->needed, ret_answer);
        return CG_AUTH_KNOWN;
    }
    if (!auth->model) {
        refuse(auth, 1, ret_answer);
        return CG_AUTH_KNOWN;
    }
    struct cg_auth_check *check = auth->checks < CG_AUTH_CHECKS_MAX ? new_check(auth, user, password, digest) : NULL;
    if (!check) {
        cg_auth_limit_give_back(&auth->limit, slot);
        put_off(503, ret_answer);
        return CG_AUTH_KNOWN;
    }
    check->slot = slot;
    check->needed = request->needed;
    *ret_check = check;
    return CG_AUTH_CHECK;
}

static enum cg_auth_verdict answer_basic(struct cg_auth *auth, const struct cg_auth_request *request, size_t slot,
                                         struct cg_auth_answer *ret_answer, struct cg_auth_check **ret_check) {
    char buffer[CG_AUTH_HEADER_MAX + 1];
    const char *user = NULL;
    enum cg_auth_verdict verdict = CG_AUTH_KNOWN;
    const char *password = decode_basic(request->authorization, buffer, &user);
    if (password)
        verdict = answer_user(auth, request, slot, user, password, ret_answer, ret_check);
    else
        refuse(auth, request->authorization && *request->authorization, ret_answer);
    sodium_memzero(buffer, sizeof buffer);
    return verdict;
}

/* ---- asking ---- */

enum cg_auth_verdict cg_auth_quick(struct cg_auth *auth, const struct cg_auth_request *request,
                                   struct cg_auth_answer *ret_answer, struct cg_auth_check **ret_check) {
    if (auth->type == CG_API_AUTH_NONE) {
        *ret_answer = (struct cg_auth_answer){.role = CG_ROLE_WRITE, .name = ""};
        return CG_AUTH_KNOWN;
    }
    size_t slot = cg_auth_limit_slot(&auth->limit, request->client);
    if (cg_auth_limit_closed(&auth->limit, slot, request->now)) {
        (void)cg_auth_limit_take(&auth->limit, slot, request->now);
        put_off(429, ret_answer);
        return CG_AUTH_KNOWN;
    }
    if (auth->type == CG_API_AUTH_BASIC)
        return answer_basic(auth, request, slot, ret_answer, ret_check);
    answer_bearer(auth, request, slot, ret_answer);
    return CG_AUTH_KNOWN;
}

void cg_auth_verify(struct cg_auth_check *check) {
    const char *hash = check->account ? check->account->hash : check->auth->model;
    int32_t right = crypto_pwhash_str_verify(hash, check->password, check->password_length) == 0;
    check->right = right && check->account;
    check->done = 1;
}

void cg_auth_settle(struct cg_auth_check *check, struct cg_auth_answer *ret) {
    struct cg_auth *auth = check->auth;
    if (!check->done || check->right)
        cg_auth_limit_give_back(&auth->limit, check->slot);
    if (!check->done) {
        put_off(503, ret);
    } else if (check->right) {
        remember(auth, check->digest, check->account);
        admit(auth, check->account, check->needed, ret);
    } else {
        refuse(auth, 1, ret);
    }
    sodium_memzero(check, sizeof *check);
    free(check);
    auth->checks--;
    if (auth->ended && !auth->checks)
        destroy(auth);
}

/* ---- the warning ---- */

static int32_t is_loopback(const char *host) {
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
    return strcasecmp(host, "localhost") == 0;
}

const char *cg_auth_warning(const struct cg_api_settings *api, char *buffer) {
    if (api->auth_type != CG_API_AUTH_NONE || api->tls_certificate || is_loopback(api->host))
        return NULL;
    const int32_t six = strchr(api->host, ':') != NULL;
    snprintf(buffer, CG_AUTH_WARNING_SIZE,
             "The REST API listens on %s%.200s%s:%lld without api.auth and api.tls: whoever reaches this address can "
             "read all costs and change tags; set api.auth.type and api.tls, or api.host to 127.0.0.1",
             six ? "[" : "", api->host, six ? "]" : "", (long long)api->port);
    return buffer;
}
