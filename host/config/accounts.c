#include "config/accounts.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "config/api.h"

/* Longest line of the file of accounts. */
#define LINE_MAX_BYTES 1024u

/* What differs between the two types. */
struct type {
    enum cg_api_auth_type type;
    const char *name;
    const char *list; /* key under api.auth */
    const char *hash; /* keys of an entry */
    const char *plain;
    const char *command; /* what makes the hash */
    const char *(*problem)(const char *hash);
};

static const struct type types[] = {
    {CG_API_AUTH_BASIC, "basic", "users", "password_hash", "password", "chitragupt hash password",
     cg_password_hash_problem},
    {CG_API_AUTH_BEARER, "bearer", "tokens", "token_hash", "token", "chitragupt hash token", cg_token_hash_problem},
};

#define TYPE_COUNT (sizeof types / sizeof *types)

/* The accounts while they are gathered. */
struct reading {
    struct cg_settings *settings;
    struct cg_document *document;
    const struct type *type;
    struct cg_api_account *accounts; /* room for CG_API_ACCOUNTS_MAX */
    size_t count;
};

/* ---- hashes ---- */

const char *cg_password_hash_problem(const char *hash) {
    static const char problem[] = "Input should be a hash that `chitragupt hash password` printed";
    static const char prefix[] = "$argon2id$v=19$m=";
    if (strncmp(hash, prefix, strlen(prefix)) != 0 || strlen(hash) >= crypto_pwhash_STRBYTES)
        return problem;
    if (crypto_pwhash_str_needs_rehash(hash, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE) <
        0)
        return problem;
    char *end = NULL;
    if (strtoul(hash + strlen(prefix), &end, 10) > CG_PASSWORD_MAX_KIB)
        return "The hash asks for more than 1 GiB of memory per check; make one with `chitragupt hash password`";
    if (strncmp(end, ",t=", 3) != 0 || strtoul(end + 3, NULL, 10) > CG_PASSWORD_MAX_PASSES)
        return "The hash asks for more than 64 passes per check; make one with `chitragupt hash password`";
    return NULL;
}

const char *cg_token_hash_problem(const char *hash) {
    static const char problem[] = "Input should be a hash that `chitragupt hash token` printed: sha256: and 64 digits";
    size_t length = strlen(CG_TOKEN_HASH_PREFIX);
    if (strncmp(hash, CG_TOKEN_HASH_PREFIX, length) != 0)
        return problem;
    return strspn(hash + length, "0123456789abcdefABCDEF") == 64 && strlen(hash) == length + 64 ? NULL : problem;
}

/* ---- one account ---- */

/* What is wrong with a name, or NULL. A colon would end it in what a client sends. */
static const char *name_problem(const char *name) {
    if (!*name || strchr(name, ':') || *name == '#' || !cg_text_is_clean(name, CG_ACCOUNT_NAME_MAX))
        return "A name should have 1 to 255 bytes, no colon, no control characters and no '#' at its start";
    return NULL;
}

static int32_t is_taken(const struct reading *reading, const char *name) {
    for (size_t i = 0; i < reading->count; i++)
        if (strcmp(reading->accounts[i].name, name) == 0)
            return 1;
    return 0;
}

static int32_t is_full(const struct reading *reading) {
    return reading->count >= CG_API_ACCOUNTS_MAX;
}

/* ---- the list in the configuration ---- */

static const struct cg_config *given(const struct cg_config *entry, const char *key) {
    const struct cg_config *node = cg_config_member(entry, key);
    return cg_config_type(node) == CG_CONFIG_STRING ? node : NULL;
}

/* Checks the secret of an entry; 1 when it can be used. */
static int32_t check_secret(const struct type *type, struct cg_config *entry) {
    const struct cg_config *hash = given(entry, type->hash);
    const struct cg_config *plain = given(entry, type->plain);
    if (!hash == !plain) {
        cg_config_error(entry, "Exactly one of %s and %s is to be given", type->hash, type->plain);
        return 0;
    }
    const char *problem = hash ? type->problem(hash->text) : NULL;
    if (problem) {
        cg_config_error(cg_config_mutable(hash), "%s", problem);
        return 0;
    }
    if (plain && plain->length > CG_ACCOUNT_SECRET_MAX) {
        cg_config_error(cg_config_mutable(plain), "String should have at most %u characters", CG_ACCOUNT_SECRET_MAX);
        return 0;
    }
    if (plain && !(plain->flags & CG_NODE_SUBSTITUTED))
        cg_config_warning(plain,
                          "it is written in the configuration itself; give %s, made by `%s`, or take it from a "
                          "variable",
                          type->hash, type->command);
    return 1;
}

static void read_entry(struct reading *reading, struct cg_config *entry) {
    struct cg_config *name = cg_config_member(entry, "name");
    if (cg_config_broken(entry) || !name)
        return;
    const char *problem = name_problem(name->text);
    if (!problem && is_taken(reading, name->text))
        problem = "This name is given more than once";
    if (problem)
        cg_config_error(name, "%s", problem);
    if (!check_secret(reading->type, entry) || problem || is_full(reading))
        return;
    const struct cg_config *hash = given(entry, reading->type->hash);
    const struct cg_config *plain = given(entry, reading->type->plain);
    reading->accounts[reading->count++] = (struct cg_api_account){
        .name = name->text,
        .hash = hash ? hash->text : NULL,
        .plain = plain ? plain->text : NULL,
        .role = strcmp(cg_config_text(entry, "role", ""), "write") == 0 ? CG_ROLE_WRITE : CG_ROLE_READ,
    };
}

/* Reads the list of one type, also when it is not in use, so that it is checked. */
static void read_list(struct reading *reading, const struct cg_config *section) {
    struct cg_config *list = cg_config_member(section, reading->type->list);
    if (cg_config_count(list) > CG_API_ACCOUNTS_MAX)
        cg_config_error(list, "There can be at most %u entries", CG_API_ACCOUNTS_MAX);
    else
        for (uint32_t i = 0; i < cg_config_count(list); i++)
            read_entry(reading, list->items[i]);
}

/* ---- the file ---- */

static void file_error(struct reading *reading, const char *path, uint32_t line, const char *text) {
    reading->document->errors++;
    cg_problems_add(reading->document->problems, 0, path, line, "", "%s", text);
}

/* Reads one line "name:role:hash", which may be changed. */
static cg_status read_line(struct reading *reading, const char *path, uint32_t number, char *line) {
    struct cg_api_account account = {.role = CG_ROLE_NONE};
    char *role = strchr(line, ':');
    char *hash = role ? strchr(role + 1, ':') : NULL;
    if (!hash) {
        file_error(reading, path, number, "this line is not of the form name:role:hash");
        return CG_OK;
    }
    *role++ = '\0';
    *hash++ = '\0';
    const char *problem = name_problem(line);
    if (strcmp(role, "read") == 0)
        account.role = CG_ROLE_READ;
    else if (strcmp(role, "write") == 0)
        account.role = CG_ROLE_WRITE;
    else if (!problem)
        problem = "The role, between the colons, should be 'read' or 'write'";
    if (!problem)
        problem = reading->type->problem(hash);
    if (!problem && is_taken(reading, line))
        problem = "This name is given more than once";
    if (!problem && is_full(reading))
        problem = "There are too many accounts; there can be at most 1000";
    if (problem) {
        file_error(reading, path, number, problem);
        return CG_OK;
    }
    account.name = cg_arena_string(reading->document->arena, line);
    account.hash = cg_arena_string(reading->document->arena, hash);
    if (!account.name || !account.hash)
        return CG_NO_MEMORY;
    reading->accounts[reading->count++] = account;
    return CG_OK;
}

static cg_status read_lines(struct reading *reading, const char *path, const char *text) {
    char line[LINE_MAX_BYTES];
    uint32_t number = 0;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");
        const char *next = at + length + (at[length] == '\n');
        number++;
        for (; length && (*at == ' ' || *at == '\t'); length--)
            at++;
        while (length && (at[length - 1] == '\r' || at[length - 1] == ' ' || at[length - 1] == '\t'))
            length--;
        if (length >= sizeof line) {
            file_error(reading, path, number, "this line is too long");
        } else if (length && *at != '#') {
            memcpy(line, at, length);
            line[length] = '\0';
            if (read_line(reading, path, number, line) != CG_OK)
                return CG_NO_MEMORY;
        }
        at = next;
    }
    sodium_memzero(line, sizeof line);
    return CG_OK;
}

static cg_status read_file(struct reading *reading, struct cg_config *node) {
    char shown[CG_CONFIG_SHOWN_SIZE];
    struct cg_buf text;
    const char *reason = "";
    uint32_t mode = 0;
    const char *path = cg_api_section_path(node);
    if (!path)
        return CG_NO_MEMORY;
    cg_status status = cg_file_read_regular(path, CG_API_FILE_MAX_BYTES, &text, &mode, &reason);
    if (status == CG_OK && mode & (S_IROTH | S_IWOTH)) {
        reason = "it can be read or written by everybody; take the right away: chmod o-rw";
        status = CG_INVALID;
    } else if (status == CG_OK && memchr(cg_buf_text(&text), '\0', text.length)) {
        reason = "it is no text";
        status = CG_INVALID;
    }
    if (status == CG_INVALID) {
        cg_config_error(node, "The file %s cannot be used: %s", cg_config_shown(node, shown), reason);
        status = CG_OK;
    } else if (status == CG_OK) {
        /* A path from a variable is not shown in problems of single lines either. */
        const char *name = node->flags & CG_NODE_SUBSTITUTED ? "api.auth.file" : path;
        status = read_lines(reading, name, cg_buf_text(&text));
    }
    cg_buf_done(&text);
    return status;
}

/* ---- the section ---- */

/* Warns of what is given and has no effect with the type in use. */
static void warn_unused(const struct cg_config *section, const struct cg_config *kind, const char *key) {
    const struct cg_config *node = cg_config_member(section, key);
    if (cg_config_count(node) || given(section, key))
        cg_config_warning(node, "it has no effect, because api.auth.type is '%s'", kind->text);
}

/* Reads both lists, to check them, and keeps the accounts of the type in use. */
static cg_status read_all(struct reading *reading, const struct cg_config *section, struct cg_config *kind) {
    struct cg_api_settings *api = &reading->settings->api;
    struct cg_config *file = cg_config_member(section, "file");
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        reading->type = &types[i];
        reading->count = 0;
        read_list(reading, section);
        if (strcmp(kind->text, types[i].name) != 0) {
            warn_unused(section, kind, types[i].list);
            continue;
        }
        uint32_t errors = reading->document->errors;
        int32_t with_file = given(section, "file") && !cg_config_broken(file);
        if (with_file && !(reading->settings->flags & CG_SETTINGS_NO_FILES) && read_file(reading, file) != CG_OK)
            return CG_NO_MEMORY;
        if (!reading->count && !with_file && !cg_config_broken(section))
            cg_config_error(kind, "There is nobody in %s or file, so no request could ever be answered", types[i].list);
        else if (!reading->count && with_file && errors == reading->document->errors &&
                 !(reading->settings->flags & CG_SETTINGS_NO_FILES))
            cg_config_error(file, "There is nobody in it, and nobody in %s, so no request could ever be answered",
                            types[i].list);
        api->auth_type = types[i].type;
        api->account_count = reading->count;
        api->accounts = cg_arena_array(reading->document->arena, reading->count, sizeof *api->accounts);
        if (!api->accounts)
            return CG_NO_MEMORY;
        if (reading->count)
            memcpy(api->accounts, reading->accounts, reading->count * sizeof *api->accounts);
    }
    if (api->auth_type == CG_API_AUTH_NONE)
        warn_unused(section, kind, "file");
    return CG_OK;
}

cg_status cg_accounts_read(struct cg_settings *settings) {
    const struct cg_config *section = cg_config_get(settings->root, "api.auth");
    struct cg_config *kind = cg_config_member(section, "type");
    struct reading reading = {.settings = settings, .document = settings->document};
    if (cg_config_type(kind) != CG_CONFIG_STRING || cg_config_broken(kind))
        return CG_OK;
    reading.accounts = calloc(CG_API_ACCOUNTS_MAX, sizeof *reading.accounts);
    cg_status status = reading.accounts ? read_all(&reading, section, kind) : CG_NO_MEMORY;
    free(reading.accounts);
    return status;
}
