#include "config/dotenv.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loaded.h"

static const struct {
    const char *text;
    const char *name;
    const char *value; /* NULL: not set */
    size_t warnings;
} cases[] = {
    {"K=one", "K", "one", 0},
    {"export K=one", "K", "one", 0},
    {"K = one", "K", "one", 0},
    {"  K=one  ", "K", "one", 0},
    {"K=spaced value # note", "K", "spaced value", 0},
    {"K=a#b", "K", "a#b", 0},
    {"K=# all", "K", "# all", 0},
    {"K=\"a \\n b\"", "K", "a \n b", 0},
    {"K=\"a \\t\\\"\\\\ \\x b\" # c", "K", "a \t\"\\ \\x b", 0},
    {"K='a \\n b'", "K", "a \\n b", 0},
    {"K='it\\'s'", "K", "it's", 0},
    {"K=\"two\nlines\"\nL=1", "L", "1", 0},
    {"K=\"two\nlines\"", "K", "two\nlines", 0},
    {"O=x\nK=${O}-x", "K", "x-x", 0},
    {"K=\"${NONE:-dd}\"", "K", "dd", 0},
    {"O=x\nK='${O}'", "K", "x", 0},
    {"K=${NONE}", "K", "", 0},
    {"K=${PRE}", "K", "given", 0},
    {"O=1\nK=${O:x}", "K", "${O:x}", 0},
    {"K=${O", "K", "${O", 0},
    {"K=", "K", "", 0},
    {"K=\nL=2", "L", "2", 0},
    {"K", "K", NULL, 0},
    {"# K=1", "K", NULL, 0},
    {"\n\n \nK=1\r\nL=2\r\n", "L", "2", 0},
    {"K=1\nK=2", "K", "2", 0},
    {"\xEF\xBB\xBFK=1", "K", "1", 0},
    {"'my key'=1", "my key", "1", 0},
    {"K=\"open\nL=1", "L", "1", 1},
    {"K=\"a\" b\nL=1", "K", NULL, 1},
    {"= x\nL=1", "L", "1", 1},
    {"K z\n", "K", NULL, 1},
    {"export", "export", NULL, 0},
    {"export=1", "export", "1", 0},
};

Test(dotenv, lines) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cg_environment *environment = cg_environment_new(0);
        struct cg_problems *problems = cg_problems_new();
        cg_environment_set(environment, "PRE", "given");
        cr_expect_eq(cg_dotenv_parse(cases[i].text, strlen(cases[i].text), ".env", environment, problems), CG_OK, "%s",
                     cases[i].text);
        const char *value = cg_environment_get(environment, cases[i].name);
        if (cases[i].value)
            cr_expect(value && strcmp(value, cases[i].value) == 0, "%s: '%s'", cases[i].text, value ? value : "(none)");
        else
            cr_expect_null(value, "%s: '%s'", cases[i].text, value);
        cr_expect_eq(cg_problems_warnings(problems), cases[i].warnings, "%s: warnings", cases[i].text);
        cg_problems_free(problems);
        cg_environment_free(environment);
    }
}

Test(dotenv, refuses_what_is_no_text) {
    static const struct {
        const char *text;
        size_t length;
    } texts[] = {{"K=\xFF", 3}, {"K=\0x", 4}};
    for (size_t i = 0; i < 2; i++) {
        struct cg_environment *environment = cg_environment_new(0);
        struct cg_problems *problems = cg_problems_new();
        cr_expect_eq(cg_dotenv_parse(texts[i].text, texts[i].length, ".env", environment, problems), CG_INVALID);
        cr_expect_str_eq(cg_problems_at(problems, 0)->text, "the file is not UTF-8 text");
        cg_problems_free(problems);
        cg_environment_free(environment);
    }
}

Test(dotenv, too_many_variables_and_too_long_values_are_refused) {
    struct cg_buf text;
    cg_buf_init(&text, CG_DOTENV_MAX_BYTES);
    for (unsigned i = 0; i <= CG_DOTENV_MAX_VARIABLES; i++)
        cg_buf_printf(&text, "K%u=\n", i);
    struct cg_environment *environment = cg_environment_new(0);
    struct cg_problems *problems = cg_problems_new();
    cr_expect_eq(cg_dotenv_parse(text.data, text.length, ".env", environment, problems), CG_INVALID);
    cr_expect_eq(cg_problems_at(problems, 0)->line, CG_DOTENV_MAX_VARIABLES + 1);
    cg_environment_free(environment);
    cg_buf_clear(&text);
    cg_buf_add_text(&text, "K=");
    for (size_t i = 0; i <= CG_DOTENV_MAX_VALUE; i++)
        cg_buf_add_char(&text, 'x');
    environment = cg_environment_new(0);
    cr_expect_eq(cg_dotenv_parse(text.data, text.length, ".env", environment, problems), CG_INVALID);
    cg_environment_free(environment);
    cg_problems_free(problems);
    cg_buf_done(&text);
}

/* A directory with a configuration, and perhaps a .env file. */
static void write_file(const char *folder, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert(fputs(text, file) >= 0);
    cr_assert_eq(fclose(file), 0);
}

static struct loaded load_file(const char *folder, const char *env_name) {
    struct loaded loaded = {.problems = cg_problems_new(), .environment = cg_environment_new(0)};
    char path[256];
    char env_path[256];
    snprintf(path, sizeof path, "%s/config.yaml", folder);
    snprintf(env_path, sizeof env_path, "%s/%s", folder, env_name ? env_name : "");
    cg_buf_init(&loaded.errors, 10000);
    cg_buf_init(&loaded.warnings, 10000);
    loaded.status = cg_settings_load(path, env_name ? env_path : NULL, 0, loaded.problems, &loaded.settings);
    refresh(&loaded);
    return loaded;
}

Test(dotenv, the_file_beside_the_configuration_is_found) {
    char folder[] = "/tmp/cg_config_dotenv_XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    write_file(folder, "config.yaml",
               "api: {port: \"${CG_TEST_DOTENV_PORT:-1}\", host: \"${CG_TEST_DOTENV_HOST:-h}\"}\n");
    struct loaded loaded = load_file(folder, NULL);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    cr_expect_eq(loaded.settings->api.port, 1);
    cr_expect_null(loaded.settings->env_file);
    unload(&loaded);

    write_file(folder, ".env", "CG_TEST_DOTENV_PORT=81\nCG_TEST_DOTENV_HOST=file\n");
    write_file(folder, "other.env", "CG_TEST_DOTENV_PORT=82\n");
    setenv("CG_TEST_DOTENV_HOST", "process", 1);
    loaded = load_file(folder, NULL);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    cr_expect_eq(loaded.settings->api.port, 81);
    cr_expect_str_eq(loaded.settings->api.host, "process");
    cr_expect_not_null(loaded.settings->env_file);
    unload(&loaded);

    loaded = load_file(folder, "other.env");
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    cr_expect_eq(loaded.settings->api.port, 82);
    unload(&loaded);

    loaded = load_file(folder, "nothing.env");
    cr_expect_eq(loaded.status, CG_INVALID);
    cr_expect_not_null(strstr(cg_buf_text(&loaded.errors), "nothing.env' cannot be loaded: there is no such file."));
    unload(&loaded);
}

Test(dotenv, files_that_cannot_be_read_are_named) {
    struct cg_problems *problems = cg_problems_new();
    struct cg_settings *settings = NULL;
    cr_expect_eq(cg_settings_load("/nonexistent/c.yaml", NULL, 0, problems, &settings), CG_INVALID);
    cr_expect_str_eq(cg_problems_at(problems, 0)->text,
                     "The configuration file '/nonexistent/c.yaml' cannot be loaded: there is no such file.");
    cr_expect_eq(cg_settings_load("/tmp", NULL, 0, problems, &settings), CG_INVALID);
    cr_expect_str_eq(cg_problems_at(problems, 1)->text,
                     "The configuration file '/tmp' cannot be loaded: it is a directory.");
    cg_problems_free(problems);
}
