/* How an emitter is tested without the program: the test host stands in for it. */
#define _POSIX_C_SOURCE 200809L

#include <chitragupt/plugin.h>
#include <chitragupt/test_host.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 256, TEXT_SIZE = 4096 };

static int failures;

static void expect(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "not so: %s\n", what);
        failures++;
    }
}

#define DAY INT64_C(1794441600000000) /* 2026-11-12 */

static const struct cg_emitted_row row = {.struct_size = sizeof row,
                                          .tenant_id = "acme",
                                          .timestamp = DAY,
                                          .product_type = "MACHINE",
                                          .identity_id = "team \"a\"",
                                          .cost_type = "usage",
                                          .amount = "3.3334",
                                          .allocation_method = "even_split"};
static const char row_text[] = "{\"tenant_id\":\"acme\",\"resource_id\":null,\"product_type\":\"MACHINE\","
                               "\"identity_id\":\"team \\\"a\\\"\",\"cost_type\":\"usage\",\"amount\":\"3.3334\","
                               "\"allocation_method\":\"even_split\",\"allocation_detail\":null,"
                               "\"timestamp\":1794441600}\n";

static const struct cg_emitted_topic_row topic_row = {.struct_size = sizeof topic_row,
                                                      .tenant_id = "acme",
                                                      .timestamp = DAY,
                                                      .cluster_resource_id = "lkc-1",
                                                      .topic_name = "orders",
                                                      .product_type = "KAFKA_STORAGE",
                                                      .attribution_method = "bytes_ratio",
                                                      .amount = "2.1875"};
static const char topic_text[] = "{\"tenant_id\":\"acme\",\"cluster_resource_id\":\"lkc-1\",\"topic_name\":\"orders\","
                                 "\"product_type\":\"KAFKA_STORAGE\",\"amount\":\"2.1875\","
                                 "\"attribution_method\":\"bytes_ratio\",\"timestamp\":1794441600}\n";

/* The text of the date's file; "" when there is none. */
static const char *read_file(const char *path) {
    static char text[TEXT_SIZE];
    FILE *file = fopen(path, "r");
    size_t length = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

static cg_status begin(const struct cg_emitter *factory, void *acme, const char *pipeline) {
    const struct cg_emission emission = {
        .struct_size = sizeof emission, .pipeline = pipeline, .date = "2026-11-12", .date_time = DAY};
    return factory->begin(acme, &emission);
}

static void check_emissions(const struct cg_emitter *factory, void *acme, const char *path) {
    const struct cg_emitted_row *const rows[] = {&row, &row};
    const struct cg_emitted_topic_row *const topic_rows[] = {&topic_row};

    expect(begin(factory, acme, CG_PIPELINE_TOPICS) == CG_OK, "a date of topic rows begins");
    expect(factory->topic_rows(acme, topic_rows, 1) == CG_OK, "topic rows are taken");
    expect(access(path, F_OK) != 0, "nothing is visible before finish");
    expect(factory->finish(acme) == CG_OK && strcmp(read_file(path), topic_text) == 0, "topic rows are written");

    expect(begin(factory, acme, CG_PIPELINE_CHARGEBACK) == CG_OK, "a date of chargeback rows begins");
    expect(factory->rows(acme, rows, 2) == CG_OK, "rows are taken");
    factory->abort(acme);
    expect(strcmp(read_file(path), topic_text) == 0, "an aborted date leaves the old file");

    expect(begin(factory, acme, CG_PIPELINE_CHARGEBACK) == CG_OK && factory->rows(acme, rows, 1) == CG_OK &&
               factory->finish(acme) == CG_OK && strcmp(read_file(path), row_text) == 0,
           "a date that comes again replaces its file");
    expect(begin(factory, acme, CG_PIPELINE_CHARGEBACK) == CG_OK && factory->finish(acme) == CG_OK &&
               access(path, F_OK) != 0,
           "a date without rows loses its file");
}

int main(void) {
    const struct cg_registration *registration = CG_REGISTER_FUNCTION();
    const struct cg_emitter *factory = registration->factory;
    struct cg_test_host test;
    char folder[] = "/tmp/acme-jsonl-XXXXXX";
    char path[PATH_SIZE];
    if (mkdtemp(folder) == NULL) {
        fprintf(stderr, "There is no room for a folder in /tmp.\n");
        return 1;
    }
    snprintf(path, sizeof path, "%s/2026-11-12.jsonl", folder);
    const struct cg_test_setting settings[] = {{"output_dir", folder, 0}};
    cg_test_host_init(&test);
    const struct cg_emitter_spec spec = {.struct_size = sizeof spec,
                                         .name = "acme_jsonl",
                                         .tenant_name = "acme",
                                         .tenant_id = "acme",
                                         .params = cg_test_config(&test, settings, 1)};
    void *acme = NULL;
    expect(factory->create(&test.host, &spec, &acme) == CG_OK, "an instance is created");
    if (acme != NULL) {
        check_emissions(factory, acme, path);
    }
    factory->destroy(acme);
    cg_test_host_done(&test);
    expect(rmdir(folder) == 0, "nothing is left behind");
    return failures != 0;
}
