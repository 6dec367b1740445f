#include "net/secret_file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char folder[64];
static char path[96];

static void set_up(void) {
    snprintf(folder, sizeof folder, "/tmp/cg-secret-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/token", folder);
}

static void tear_down(void) {
    (void)remove(path);
    (void)rmdir(folder);
}

TestSuite(secret_file, .init = set_up, .fini = tear_down);

static void write_file(const char *data, size_t length) {
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(data, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
}

static const struct {
    const char *name;
    const char *data;
    const char *secret; /* NULL: refused */
    const char *error;  /* what follows the path */
} contents[] = {
    {"plain", "tok", "tok", NULL},
    {"line end", "tok\n", "tok", NULL},
    {"blanks around", " \t\r\n tok en \r\n\n", "tok en", NULL},
    {"empty", "", NULL, "is empty"},
    {"only blanks", " \n\t\n", NULL, "is empty"},
    {"two lines", "hush\nmore", NULL, "has more than one line, or control characters"},
    {"escape", "hush\033", NULL, "has more than one line, or control characters"},
};

Test(secret_file, contents) {
    for (size_t i = 0; i < COUNT(contents); i++) {
        char buffer[CG_SECRET_FILE_SIZE];
        struct cg_error error = {0};
        char wanted[256];
        write_file(contents[i].data, strlen(contents[i].data));
        cg_status status = cg_secret_file_read(path, "bearer_token_file", buffer, &error);
        if (contents[i].secret) {
            cr_expect_eq(status, CG_OK, "%s: %s", contents[i].name, error.text);
            cr_expect_str_eq(buffer, contents[i].secret, "%s", contents[i].name);
            continue;
        }
        snprintf(wanted, sizeof wanted, "bearer_token_file '%s' %s", path, contents[i].error);
        cr_expect_eq(status, CG_TEMPORARY, "%s", contents[i].name);
        cr_expect_str_eq(error.text, wanted, "%s: %s", contents[i].name, error.text);
    }
}

Test(secret_file, what_is_no_file) {
    char buffer[CG_SECRET_FILE_SIZE];
    struct cg_error error = {0};
    cr_assert_eq(cg_secret_file_read(path, "f", buffer, &error), CG_TEMPORARY);
    cr_expect(strstr(error.text, "cannot be read (No such file or directory)"), "%s", error.text);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(cg_secret_file_read(path, "f", buffer, &error), CG_TEMPORARY);
    cr_expect(strstr(error.text, "is no regular file"), "%s", error.text);
    cr_assert_eq(cg_secret_file_read(folder, "f", buffer, &error), CG_TEMPORARY);
    cr_expect(strstr(error.text, "is no regular file"), "%s", error.text);
}

Test(secret_file, length) {
    char data[CG_SECRET_FILE_SIZE];
    char buffer[CG_SECRET_FILE_SIZE];
    struct cg_error error = {0};
    memset(data, 'x', sizeof data);
    write_file(data, sizeof data - 1);
    cr_assert_eq(cg_secret_file_read(path, "f", buffer, &error), CG_OK);
    cr_assert_eq(strlen(buffer), sizeof data - 1);
    write_file(data, sizeof data);
    cr_assert_eq(cg_secret_file_read(path, "f", buffer, &error), CG_TEMPORARY);
    cr_expect(strstr(error.text, "is longer than a secret can be (16 KiB)"), "%s", error.text);
}

Test(secret_file, a_link_is_followed) {
    char target[128];
    char buffer[CG_SECRET_FILE_SIZE];
    struct cg_error error = {0};
    write_file("one", 3);
    snprintf(target, sizeof target, "%s/real", folder);
    cr_assert_eq(rename(path, target), 0);
    cr_assert_eq(symlink(target, path), 0);
    cr_assert_eq(cg_secret_file_read(path, "f", buffer, &error), CG_OK);
    cr_assert_str_eq(buffer, "one");
    cr_assert_eq(remove(target), 0);
}
