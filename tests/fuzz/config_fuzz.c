/*
 * config_fuzz.c - any bytes as a configuration file.
 *
 * Either there are settings and no error, or no settings and at least one error. Settings can be completed with the
 * options of a module and shown; doing either twice gives the same. No message holds the value of a variable.
 */
#include <stdlib.h>
#include <string.h>

#include "config/settings.h"
#include "config/show.h"

#define SECRET "hunter2hunter2"
#define OPTION_COUNT (sizeof table / sizeof(struct cg_option *))
#define OUTPUT_LIMIT ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cg_option options[] = {
    {sizeof(struct cg_option), CG_OPTION_STRING, 0, CG_OPTION_REQUIRED, "id", NULL, 0, 0, NULL, NULL},
    {sizeof(struct cg_option), CG_OPTION_INT, 0, CG_OPTION_MIN, "count", "3", 1, 0, NULL, NULL},
    {sizeof(struct cg_option), CG_OPTION_SECTION, 0, 0, "model", NULL, 0, 0, NULL, NULL},
    {sizeof(struct cg_option), CG_OPTION_DECIMAL, 0, 0, "model.rate", "0.1", 0, 0, NULL, NULL},
    {sizeof(struct cg_option), CG_OPTION_MAP, CG_OPTION_SECTION, 0, "model.regions", "{}", 0, 0, NULL, NULL},
    {sizeof(struct cg_option), CG_OPTION_DECIMAL, 0, CG_OPTION_NULLABLE, "model.regions.*.rate", NULL, 0, 0, NULL,
     NULL},
    {sizeof(struct cg_option), CG_OPTION_LIST, CG_OPTION_SECTION, CG_OPTION_NULLABLE, "flink", NULL, 0, 0, NULL, NULL},
    {sizeof(struct cg_option), CG_OPTION_URL, 0, CG_OPTION_REQUIRED, "flink[].url", NULL, 0, 0, NULL, NULL},
    {sizeof(struct cg_option), CG_OPTION_CHOICE, 0, CG_OPTION_LOWER, "flink[].kind", "a", 0, 0, "a|b", NULL},
    {sizeof(struct cg_option), CG_OPTION_BOOL, 0, 0, "flink[].on", "yes", 0, 0, NULL, NULL},
    {sizeof(struct cg_option), CG_OPTION_LIST, CG_OPTION_SCALAR, 0, "free", "[1, x]", 0, 0, NULL, NULL},
};

static const struct cg_option *const table[] = {&options[0], &options[1], &options[2], &options[3],
                                                &options[4], &options[5], &options[6], &options[7],
                                                &options[8], &options[9], &options[10]};

static void require(int holds) {
    if (!holds)
        abort();
}

static void check_texts(const struct cg_problems *problems) {
    struct cg_buf buf;
    cg_buf_init(&buf, OUTPUT_LIMIT);
    require(cg_problems_format(problems, 0, &buf) == CG_OK && cg_problems_format(problems, 1, &buf) == CG_OK);
    require(!strstr(cg_buf_text(&buf), SECRET));
    cg_buf_done(&buf);
}

static void check_settings(struct cg_settings *settings, struct cg_problems *problems) {
    struct cg_buf first;
    struct cg_buf second;
    cg_buf_init(&first, OUTPUT_LIMIT);
    cg_buf_init(&second, OUTPUT_LIMIT);
    require(cg_settings_show(settings, &first) == CG_OK);
    for (size_t i = 0; i < settings->tenant_count; i++) {
        struct cg_tenant_settings *tenant = &settings->tenants[i];
        require(tenant->storage && tenant->plugin_settings && *tenant->name && *tenant->tenant_id);
        cg_status status = cg_settings_apply_options(settings, tenant, table, OPTION_COUNT, problems);
        require(cg_settings_apply_options(settings, tenant, table, OPTION_COUNT, problems) == status);
        for (size_t k = 0; k < tenant->emitter_count; k++) {
            require(tenant->emitters[k].name && tenant->emitters[k].params);
            cg_settings_apply_emitter_options(settings, &tenant->emitters[k], table, 2, problems);
        }
    }
    require(cg_settings_show(settings, &second) == CG_OK);
    require(strcmp(cg_buf_text(&first), cg_buf_text(&second)) == 0);
    cg_buf_done(&first);
    cg_buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cg_environment *environment = cg_environment_new(0);
    struct cg_problems *problems = cg_problems_new();
    struct cg_settings *settings = NULL;
    require(environment && problems);
    require(cg_environment_set(environment, "A", SECRET) == CG_OK);
    require(cg_environment_set(environment, "E", "") == CG_OK);
    const uint32_t flags = CG_SETTINGS_NO_FILES | (size % 2 ? CG_SETTINGS_READER : 0);
    cg_status status = cg_settings_load_text((const char *)data, size, "c", environment, flags, problems, &settings);
    require((status == CG_OK) == (settings != NULL));
    require((status == CG_OK) == (cg_problems_errors(problems) == 0));
    /* The input may hold the word itself. */
    const int32_t may_show = size >= sizeof SECRET - 1 && memmem(data, size, SECRET, sizeof SECRET - 1) != NULL;
    if (settings)
        check_settings(settings, problems);
    if (!may_show)
        check_texts(problems);
    cg_settings_free(settings);
    cg_problems_free(problems);
    cg_environment_free(environment);
    return 0;
}
