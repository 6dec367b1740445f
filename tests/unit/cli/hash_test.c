/* chitragupt hash: what it prints can be given to api.auth, and what it was given is never repeated. */
#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "support/program.h"

#define PROGRAM CG_TEST_BINARY_DIR "/bin/chitragupt"

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(hash, .init = start, .fini = stop);

/* Runs `hash WORD` with the file `input` as standard input. */
static void hash(const char *word, struct cg_test_result *ret) {
    char *line = cg_test_format("exec " PROGRAM " hash %s <input", word);
    const char *const argv[] = {"/bin/sh", "-c", line, NULL};
    const struct cg_test_process_options options = {.argv = argv, .directory = folder};
    cg_test_process_run(&options, ret);
    free(line);
}

static const struct {
    const char *name;
    const char *input;
    const char *password;
} passwords[] = {
    {"a line", "geheim\n", "geheim"},
    {"no line end", "geheim", "geheim"},
    {"more lines", "geheim\nmore\n", "geheim"},
    {"blanks", " ge heim \n", " ge heim "},
    {"letters", "p\xc3\xa4ss\n", "p\xc3\xa4ss"},
};

Test(hash, of_a_password) {
    cr_assert_geq(sodium_init(), 0);
    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
        struct cg_test_result result;
        cg_test_file_write(folder, "input", passwords[i].input);
        hash("password", &result);
        cr_assert_eq(result.exit_status, 0, "%s: %s", passwords[i].name, result.err);
        cr_assert_str_eq(result.err, "", "%s", passwords[i].name);
        size_t length = strcspn(result.out, "\n");
        cr_assert_str_eq(result.out + length, "\n", "%s: %s", passwords[i].name, result.out);
        result.out[length] = '\0';
        cr_assert(strncmp(result.out, "$argon2id$", 10) == 0, "%s: %s", passwords[i].name, result.out);
        cr_assert_eq(crypto_pwhash_str_verify(result.out, passwords[i].password, strlen(passwords[i].password)), 0,
                     "%s: %s", passwords[i].name, result.out);
        cg_test_result_done(&result);
    }
}

Test(hash, of_a_token) {
    struct cg_test_result result;
    cg_test_file_write(folder, "input", "abcdefghijklmnopq\n");
    hash("token", &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_assert_str_eq(result.out, "sha256:918a954ac4dfb54ac39f068d9868227f69ab39bc362e2c9b0083bf6a109d6ad7\n");
    cg_test_result_done(&result);
}

static const struct {
    const char *word;
    const char *input;
    const char *said;
} refused[] = {
    {"password", "", "nothing was given; the secret is read from the first line of standard input"},
    {"password", "\ngeheim\n", "nothing was given; "},
    {"password", "geheim\r\n", "the line ends with a carriage return, which would be part of the password"},
    {"token", "geheim\n", "a token should have at least 16 characters"},
    {"token", "geheim geheim geheim\n", "a token cannot have blanks in it"},
    {"token", "geheimgeheimgeheim\r\n", "a token cannot have blanks in it"},
};

Test(hash, of_nothing_that_makes_sense) {
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct cg_test_result result;
        cg_test_file_write(folder, "input", refused[i].input);
        hash(refused[i].word, &result);
        cr_assert_eq(result.exit_status, 1, "%zu: %d", i, result.exit_status);
        cr_assert_str_eq(result.out, "", "%zu", i);
        cg_test_has(refused[i].input, result.err, "chitragupt: hash: ");
        cg_test_has(refused[i].input, result.err, refused[i].said);
        cg_test_has_not(refused[i].input, result.err, "geheim");
        cg_test_result_done(&result);
    }
}

Test(hash, of_more_than_anybody_types) {
    char text[3000];
    struct cg_test_result result;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cg_test_file_write(folder, "input", text);
    hash("password", &result);
    cr_assert_eq(result.exit_status, 1);
    cg_test_has("a long password", result.err, "the secret is longer than 1024 bytes");
    cg_test_result_done(&result);
}
