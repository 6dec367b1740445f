/* The sections that the REST API and the log read: api, api.auth, api.tls, logging.output, features.worker_memory_mib.
 */
#include "config/api.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/accounts.h"
#include "loaded.h"

#define ARGON "$argon2id$v=19$m=65536,t=2,p=1$WbIXMG0TJ+KENOjrQGH8Fw$pCgIvMwXSi+wt7vwECtY0RuCy8pfW1r2ad0i9Mxj3Ks"
#define TOKEN "sha256:918a954ac4dfb54ac39f068d9868227f69ab39bc362e2c9b0083bf6a109d6ad7"
#define CLEAR_USER                                                                                                   \
    "it is written in the configuration itself; give password_hash, made by `chitragupt hash password`, or take it " \
    "from a variable\n"
#define CLEAR_TOKEN                                                                                                   \
    "it is written in the configuration itself; give token_hash, made by `chitragupt hash token`, or take it from a " \
    "variable\n"
#define HASH_PROBLEM "Input should be a hash that `chitragupt hash password` printed\n"
#define TOKEN_PROBLEM "Input should be a hash that `chitragupt hash token` printed: sha256: and 64 digits\n"
#define NAME_PROBLEM "A name should have 1 to 255 bytes, no colon, no control characters and no '#' at its start\n"

static const char *const variables[] = {"PASS=geheim", "EMPTY=", NULL};

static const struct {
    const char *name;
    const char *text;
    const char *errors;
    const char *warnings;
} cases[] = {
    {"limits at their ends",
     "api: {max_connections: 16, max_body_bytes: 1024, threads: 0}\nfeatures: {worker_memory_mib: 0}\n", "", ""},
    {"limits at their other ends",
     "api: {max_connections: 65536, max_body_bytes: 268435456, threads: 64}\nfeatures: {worker_memory_mib: 1048576}\n",
     "", ""},
    {"limits below",
     "api: {max_connections: 15, max_body_bytes: 1023, threads: -1}\nfeatures: {worker_memory_mib: -1}\n",
     "c.yaml:1: api.max_connections: Input should be greater than or equal to 16\n"
     "c.yaml:1: api.max_body_bytes: Input should be greater than or equal to 1024\n"
     "c.yaml:1: api.threads: Input should be greater than or equal to 0\n"
     "c.yaml:2: features.worker_memory_mib: Input should be greater than or equal to 0\n",
     ""},
    {"limits above",
     "api: {max_connections: 65537, max_body_bytes: 268435457, threads: 65}\nfeatures: {worker_memory_mib: 1048577}\n",
     "c.yaml:1: api.max_connections: Input should be less than or equal to 65536\n"
     "c.yaml:1: api.max_body_bytes: Input should be less than or equal to 268435456\n"
     "c.yaml:1: api.threads: Input should be less than or equal to 64\n"
     "c.yaml:2: features.worker_memory_mib: Input should be less than or equal to 1048576\n",
     ""},
    {"output", "logging: {output: xml}\n", "c.yaml:1: logging.output: Input should be 'text' or 'json'\n", ""},
    {"near misses", "api: {max_conections: 20, auth: {typ: basic}, tls: {cert: x}}\nlogging: {outputs: json}\n", "",
     "c.yaml:1: api.auth: unknown key 'typ' is ignored; did you mean 'type'?\n"
     "c.yaml:1: api.tls: unknown key 'cert' is ignored\n"
     "c.yaml:1: api: unknown key 'max_conections' is ignored; did you mean 'max_connections'?\n"
     "c.yaml:2: logging: unknown key 'outputs' is ignored; did you mean 'output'?\n"},

    {"a user with a hash", "api: {auth: {type: basic, users: [{name: ann, password_hash: '" ARGON "'}]}}\n", "", ""},
    {"a user with a variable", "api: {auth: {type: basic, users: [{name: ann, password: '${PASS}'}]}}\n", "", ""},
    {"a user in the clear", "api: {auth: {type: basic, users: [{name: ann, password: geheim}]}}\n", "",
     "c.yaml:1: api.auth.users.0.password: " CLEAR_USER},
    {"a token in the clear", "api: {auth: {type: bearer, tokens: [{name: ann, token: geheim}]}}\n", "",
     "c.yaml:1: api.auth.tokens.0.token: " CLEAR_TOKEN},
    {"a token with a hash", "api: {auth: {type: bearer, tokens: [{name: ann, token_hash: '" TOKEN "'}]}}\n", "", ""},
    {"an unknown type", "api: {auth: {type: digest}}\n",
     "c.yaml:1: api.auth.type: Input should be 'none', 'basic' or 'bearer'\n", ""},
    {"basic with nobody", "api: {auth: {type: basic}}\n",
     "c.yaml:1: api.auth.type: There is nobody in users or file, so no request could ever be answered\n", ""},
    {"bearer with nobody", "api: {auth: {type: bearer, tokens: []}}\n",
     "c.yaml:1: api.auth.type: There is nobody in tokens or file, so no request could ever be answered\n", ""},
    {"the wrong list", "api: {auth: {type: bearer, users: [{name: ann, password: '${PASS}'}]}}\n",
     "c.yaml:1: api.auth.type: There is nobody in tokens or file, so no request could ever be answered\n",
     "c.yaml:1: api.auth.users: it has no effect, because api.auth.type is 'bearer'\n"},
    {"none with everybody",
     "api:\n  auth:\n    users: [{name: ann, password: '${PASS}'}]\n    tokens: [{name: ann, token: '${PASS}'}]\n"
     "    file: users\n",
     "",
     "c.yaml:3: api.auth.users: it has no effect, because api.auth.type is 'none'\n"
     "c.yaml:4: api.auth.tokens: it has no effect, because api.auth.type is 'none'\n"
     "c.yaml:5: api.auth.file: it has no effect, because api.auth.type is 'none'\n"},
    {"neither", "api: {auth: {type: basic, users: [{name: ann}]}}\n",
     "c.yaml:1: api.auth.users.0: Exactly one of password_hash and password is to be given\n", ""},
    {"both", "api: {auth: {type: bearer, tokens: [{name: ann, token: '${PASS}', token_hash: '" TOKEN "'}]}}\n",
     "c.yaml:1: api.auth.tokens.0: Exactly one of token_hash and token is to be given\n", ""},
    {"an empty variable", "api: {auth: {type: basic, users: [{name: ann, password: '${EMPTY}'}]}}\n",
     "c.yaml:1: api.auth.users.0.password: String should have at least 1 character (the environment variable 'EMPTY' "
     "is set but empty)\n",
     ""},
    {"no name", "api: {auth: {type: basic, users: [{password: '${PASS}'}]}}\n",
     "c.yaml:1: api.auth.users.0.name: Field required\n", ""},
    {"a name with a colon", "api: {auth: {type: basic, users: [{name: 'a:b', password: '${PASS}'}]}}\n",
     "c.yaml:1: api.auth.users.0.name: " NAME_PROBLEM, ""},
    {"a name with a line end", "api: {auth: {type: basic, users: [{name: \"a\\nb\", password: '${PASS}'}]}}\n",
     "c.yaml:1: api.auth.users.0.name: " NAME_PROBLEM, ""},
    {"twice", "api: {auth: {type: basic, users: [{name: a, password: '${PASS}'}, {name: a, password: '${PASS}'}]}}\n",
     "c.yaml:1: api.auth.users.1.name: This name is given more than once\n", ""},
    {"an unknown role", "api: {auth: {type: basic, users: [{name: a, password: '${PASS}', role: admin}]}}\n",
     "c.yaml:1: api.auth.users.0.role: Input should be 'read' or 'write'\n", ""},
    {"no hash", "api: {auth: {type: basic, users: [{name: a, password_hash: geheim}]}}\n",
     "c.yaml:1: api.auth.users.0.password_hash: " HASH_PROBLEM, ""},
    {"the hash of a token", "api: {auth: {type: basic, users: [{name: a, password_hash: '" TOKEN "'}]}}\n",
     "c.yaml:1: api.auth.users.0.password_hash: " HASH_PROBLEM, ""},
    {"half a hash",
     "api: {auth: {type: basic, users: [{name: a, password_hash: '$argon2id$v=19$m=65536,t=2,p=1$'}]}}\n",
     "c.yaml:1: api.auth.users.0.password_hash: " HASH_PROBLEM, ""},
    {"a hash that eats the machine",
     "api: {auth: {type: basic, users: [{name: a, password_hash: '$argon2id$v=19$m=4194304,t=2,p=1$"
     "WbIXMG0TJ+KENOjrQGH8Fw$pCgIvMwXSi+wt7vwECtY0RuCy8pfW1r2ad0i9Mxj3Ks'}]}}\n",
     "c.yaml:1: api.auth.users.0.password_hash: The hash asks for more than 1 GiB of memory per check; make one with "
     "`chitragupt hash password`\n",
     ""},
    {"a hash that eats the day",
     "api: {auth: {type: basic, users: [{name: a, password_hash: '$argon2id$v=19$m=65536,t=4000000000,p=1$"
     "WbIXMG0TJ+KENOjrQGH8Fw$pCgIvMwXSi+wt7vwECtY0RuCy8pfW1r2ad0i9Mxj3Ks'}]}}\n",
     "c.yaml:1: api.auth.users.0.password_hash: The hash asks for more than 64 passes per check; make one with "
     "`chitragupt hash password`\n",
     ""},
    {"a short token hash", "api: {auth: {type: bearer, tokens: [{name: a, token_hash: 'sha256:00'}]}}\n",
     "c.yaml:1: api.auth.tokens.0.token_hash: " TOKEN_PROBLEM, ""},
    {"lists are checked whatever the type",
     "api: {auth: {users: [{name: a, password_hash: x}], tokens: [{name: a, token_hash: x}]}}\n",
     "c.yaml:1: api.auth.users.0.password_hash: " HASH_PROBLEM "c.yaml:1: api.auth.tokens.0.token_hash: " TOKEN_PROBLEM,
     "c.yaml:1: api.auth.users: it has no effect, because api.auth.type is 'none'\n"
     "c.yaml:1: api.auth.tokens: it has no effect, because api.auth.type is 'none'\n"},
    {"no file", "api: {auth: {type: basic, file: /nonexistent/users}}\n",
     "c.yaml:1: api.auth.file: The file '/nonexistent/users' cannot be used: there is no such file\n", ""},
    {"a folder for a file", "api: {auth: {type: basic, file: /tmp}}\n",
     "c.yaml:1: api.auth.file: The file '/tmp' cannot be used: it is a directory\n", ""},
    {"a device for a file", "api: {auth: {type: basic, file: /dev/zero}}\n",
     "c.yaml:1: api.auth.file: The file '/dev/zero' cannot be used: it is no regular file\n", ""},

    {"a certificate alone", "api: {tls: {certificate: c.pem}}\n",
     "c.yaml:1: api.tls: certificate and key belong together; key is missing\n", ""},
    {"a key alone", "api: {tls: {key: k.pem}}\n",
     "c.yaml:1: api.tls: certificate and key belong together; certificate is missing\n", ""},
    {"no files", "api:\n  tls:\n    certificate: /nonexistent/c\n    key: /nonexistent/k\n",
     "c.yaml:3: api.tls.certificate: The file '/nonexistent/c' cannot be used: there is no such file\n"
     "c.yaml:4: api.tls.key: The file '/nonexistent/k' cannot be used: there is no such file\n",
     ""},
    {"the key itself", "api: {tls: {certificate: /tmp, key: '-----BEGIN PRIVATE KEY----- geheim'}}\n",
     "c.yaml:1: api.tls.certificate: The file '/tmp' cannot be used: it is a directory\n"
     "c.yaml:1: api.tls.key: Input should be the path of a PEM file, not its text\n",
     ""},
};

Test(api, rules) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct loaded loaded = load(cases[i].text, variables);
        cr_expect_str_eq(cg_buf_text(&loaded.errors), cases[i].errors, "%s: errors:\n%s", cases[i].name,
                         cg_buf_text(&loaded.errors));
        cr_expect_str_eq(cg_buf_text(&loaded.warnings), cases[i].warnings, "%s: warnings:\n%s", cases[i].name,
                         cg_buf_text(&loaded.warnings));
        unload(&loaded);
    }
}

Test(api, defaults) {
    struct loaded loaded = load("", NULL);
    const struct cg_api_settings *api = &loaded.settings->api;
    cr_assert_eq(api->max_connections, 4096);
    cr_assert_eq(api->max_body_bytes, 16777216);
    cr_assert_eq(api->threads, 0);
    cr_assert_eq(api->auth_type, CG_API_AUTH_NONE);
    cr_assert_eq(api->account_count, 0);
    cr_assert_null(api->tls_certificate);
    cr_assert_null(api->tls_key);
    cr_assert_eq(loaded.settings->log_json, 0);
    cr_assert_eq(loaded.settings->worker_memory_mib, 2048);
    unload(&loaded);
}

Test(api, values) {
    struct loaded loaded =
        load("logging: {output: json, level: debug}\nfeatures: {worker_memory_mib: '17'}\n"
             "api: {max_connections: 100, max_body_bytes: 2048, threads: 3, auth: {type: basic, users: "
             "[{name: ann, password: '${PASS}', role: write}, {name: bob, password_hash: '" ARGON "'}], tokens: "
             "[{name: ann, token: '${PASS}'}]}}\n",
             variables);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    const struct cg_api_settings *api = &loaded.settings->api;
    cr_assert_eq(api->max_connections, 100);
    cr_assert_eq(api->max_body_bytes, 2048);
    cr_assert_eq(api->threads, 3);
    cr_assert_eq(loaded.settings->worker_memory_mib, 17);
    cr_assert_eq(cg_settings_log(loaded.settings).json, 1);
    cr_assert_eq(cg_settings_log(loaded.settings).level, CG_LOG_DEBUG);
    cr_assert_eq(api->auth_type, CG_API_AUTH_BASIC);
    cr_assert_eq(api->account_count, 2);
    cr_assert_str_eq(api->accounts[0].name, "ann");
    cr_assert_str_eq(api->accounts[0].plain, "geheim");
    cr_assert_null(api->accounts[0].hash);
    cr_assert_eq(api->accounts[0].role, CG_ROLE_WRITE);
    cr_assert_str_eq(api->accounts[1].hash, ARGON);
    cr_assert_null(api->accounts[1].plain);
    cr_assert_eq(api->accounts[1].role, CG_ROLE_READ);
    unload(&loaded);
}

/* ---- files ---- */

static char folder[] = "/tmp/cg-api-test-XXXXXX";

static void write_file(const char *name, const char *text, mode_t mode) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(chmod(path, mode), 0);
}

static void make_folder(void) {
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void) {
    static const char *const names[] = {"users", "c.pem", "k.pem", "config.yaml"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

TestSuite(api_files, .init = make_folder, .fini = remove_folder);

/* Loads folder/config.yaml, and everything it names. */
static struct loaded load_folder(const char *config, uint32_t flags) {
    struct loaded loaded = {.problems = cg_problems_new(), .environment = cg_environment_new(0)};
    char path[256];
    write_file("config.yaml", config, 0600);
    snprintf(path, sizeof path, "%s/config.yaml", folder);
    cg_buf_init(&loaded.errors, 65536);
    cg_buf_init(&loaded.warnings, 65536);
    loaded.status = cg_settings_load(path, NULL, flags, loaded.problems, &loaded.settings);
    refresh(&loaded);
    return loaded;
}

static const char basic[] = "api: {auth: {type: basic, file: users}}\n";
static const char bearer[] = "api: {auth: {type: bearer, file: users}}\n";

static const struct {
    const char *name;
    const char *config;
    const char *file;
    mode_t mode;
    size_t count;       /* accounts, when there is no error */
    const char *errors; /* each %s is the folder */
} files[] = {
    {"users", basic, "# staff\n\nann:read:" ARGON "\nbob:write:" ARGON "\r\n  eve:read:" ARGON "  ", 0640, 3, ""},
    {"tokens", bearer, "ann:read:" TOKEN "\n", 0400, 1, ""},
    {"nobody", basic, "# nobody\n", 0600, 0,
     "%s/config.yaml:1: api.auth.file: There is nobody in it, and nobody in users, so no request could ever be "
     "answered\n"},
    {"everybody reads", basic, "ann:read:" ARGON "\n", 0644, 0,
     "%s/config.yaml:1: api.auth.file: The file 'users' cannot be used: it can be read or written by everybody; take "
     "the right away: chmod o-rw\n"},
    {"everybody writes", basic, "ann:read:" ARGON "\n", 0602, 0,
     "%s/config.yaml:1: api.auth.file: The file 'users' cannot be used: it can be read or written by everybody; take "
     "the right away: chmod o-rw\n"},
    {"no form", basic, "ann:read:" ARGON "\nbob\n", 0600, 0,
     "%s/users:2: this line is not of the form name:role:hash\n"},
    {"no role", basic, "ann:admin:" ARGON "\n", 0600, 0,
     "%s/users:1: The role, between the colons, should be 'read' or 'write'\n"},
    {"a password", basic, "ann:read:geheim\n", 0600, 0, "%s/users:1: " HASH_PROBLEM},
    {"no name", basic, ":read:" ARGON "\n", 0600, 0, "%s/users:1: " NAME_PROBLEM},
    {"twice", basic, "ann:read:" ARGON "\nann:write:" ARGON "\n", 0600, 0,
     "%s/users:2: This name is given more than once\n"},
    {"hashes of the other kind", bearer, "ann:read:" ARGON "\n", 0600, 0, "%s/users:1: " TOKEN_PROBLEM},
};

Test(api_files, accounts) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char expected[1024];
        write_file("users", files[i].file, files[i].mode);
        struct loaded loaded = load_folder(files[i].config, 0);
        snprintf(expected, sizeof expected, "%s%s", *files[i].errors ? folder : "",
                 *files[i].errors ? files[i].errors + 2 : "");
        cr_expect_str_eq(cg_buf_text(&loaded.errors), expected, "%s: %s", files[i].name, cg_buf_text(&loaded.errors));
        cr_expect_str_eq(cg_buf_text(&loaded.warnings), "", "%s: %s", files[i].name, cg_buf_text(&loaded.warnings));
        if (loaded.settings)
            cr_expect_eq(loaded.settings->api.account_count, files[i].count, "%s", files[i].name);
        unload(&loaded);
    }
}

Test(api_files, accounts_of_both_places) {
    write_file("users", "bob:write:" ARGON "\n", 0600);
    struct loaded loaded =
        load_folder("api: {auth: {type: basic, file: users, users: [{name: ann, password_hash: '" ARGON "'}]}}\n", 0);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    cr_assert_eq(loaded.settings->api.account_count, 2);
    cr_assert_str_eq(loaded.settings->api.accounts[1].name, "bob");
    cr_assert_eq(loaded.settings->api.accounts[1].role, CG_ROLE_WRITE);
    unload(&loaded);
}

#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nS3CR3T\n-----END PRIVATE KEY-----\n"

static const struct {
    const char *name;
    const char *certificate;
    const char *key;
    mode_t mode; /* of the key */
    const char *errors;
    const char *warnings;
} pems[] = {
    {"right", CERTIFICATE, KEY, 0600, "", ""},
    {"another kind of key", CERTIFICATE, "-----BEGIN EC PRIVATE KEY-----\n", 0600, "", ""},
    {"everybody reads", CERTIFICATE, KEY, 0644, "",
     "api.tls.key: the key file can be read or written by everybody; take the right away: chmod o-rw\n"},
    {"the wrong way round", KEY, CERTIFICATE, 0600,
     "api.tls.certificate: The file 'c.pem' cannot be used: it is no PEM file of this kind\n"
     "api.tls.key: The file 'k.pem' cannot be used: it is no PEM file of this kind\n",
     ""},
    {"a passphrase", CERTIFICATE, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 0600,
     "api.tls.key: The file 'k.pem' cannot be used: it is protected by a passphrase, which cannot be given here; store "
     "it without one\n",
     ""},
    {"empty", "", "", 0600,
     "api.tls.certificate: The file 'c.pem' cannot be used: it is no PEM file of this kind\n"
     "api.tls.key: The file 'k.pem' cannot be used: it is no PEM file of this kind\n",
     ""},
};

/* The lines without "FOLDER/config.yaml:1: ". */
static void assert_lines(const char *name, const char *found, const char *expected) {
    char prefix[128];
    snprintf(prefix, sizeof prefix, "%s/config.yaml:1: ", folder);
    const char *all = found;
    while (*found && *expected) {
        size_t length = strcspn(expected, "\n") + 1;
        cr_assert(strncmp(found, prefix, strlen(prefix)) == 0, "%s: %s", name, all);
        found += strlen(prefix);
        cr_assert(strncmp(found, expected, length) == 0, "%s: %s", name, all);
        found += length;
        expected += length;
    }
    cr_assert(!*found && !*expected, "%s: %s", name, all);
}

Test(api_files, pem) {
    for (size_t i = 0; i < sizeof pems / sizeof *pems; i++) {
        write_file("c.pem", pems[i].certificate, 0644);
        write_file("k.pem", pems[i].key, pems[i].mode);
        struct loaded loaded = load_folder("api: {tls: {certificate: c.pem, key: k.pem}}\n", 0);
        assert_lines(pems[i].name, cg_buf_text(&loaded.errors), pems[i].errors);
        assert_lines(pems[i].name, cg_buf_text(&loaded.warnings), pems[i].warnings);
        if (loaded.settings) {
            cr_assert_str_eq(loaded.settings->api.tls_certificate, pems[i].certificate, "%s", pems[i].name);
            cr_assert_str_eq(loaded.settings->api.tls_key, pems[i].key, "%s", pems[i].name);
        }
        unload(&loaded);
    }
}

Test(api_files, a_file_has_a_limit) {
    size_t size = CG_API_FILE_MAX_BYTES + 1;
    char *text = malloc(size + 1);
    cr_assert_not_null(text);
    memset(text, '#', size);
    text[size] = '\0';
    write_file("users", text, 0600);
    struct loaded loaded = load_folder(basic, 0);
    assert_lines("large", cg_buf_text(&loaded.errors),
                 "api.auth.file: The file 'users' cannot be used: it is too large\n");
    unload(&loaded);
    free(text);
}

/* A worker, or a report, has no business with keys and accounts. */
Test(api_files, not_read_by_those_who_serve_nobody) {
    static const char config[] = "api: {auth: {type: basic, file: users}, tls: {certificate: c.pem, key: k.pem}}\n";
    struct loaded loaded = load_folder(config, CG_SETTINGS_NO_FILES);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    cr_assert_null(loaded.settings->api.tls_key);
    cr_assert_eq(loaded.settings->api.account_count, 0);
    unload(&loaded);
    loaded = load_folder(config, CG_SETTINGS_READER);
    cr_assert_eq(loaded.status, CG_INVALID);
    unload(&loaded);
}
