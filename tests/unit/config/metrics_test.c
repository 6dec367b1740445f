/* The section `metrics` of plugin_settings: its rules, and what comes of it. */
#include <criterion/criterion.h>

#include "loaded.h"

/* From line 6: what follows "      metrics: ". */
#define METRICS(yaml)                                                                                 \
    "tenants:\n  a:\n    ecosystem: e\n    tenant_id: t\n    plugin_settings:\n      metrics: {url: " \
    "'https://p', " yaml "}\n"
#define AT "c.yaml:6: tenants.a.plugin_settings.metrics"

static const struct {
    const char *name;
    const char *text;
    const char *errors;
    const char *warnings;
} cases[] = {
    {"everything",
     METRICS("auth_type: bearer, bearer_token_file: /t, headers: {X-Scope-OrgID: 'a|b', X-Empty: ''}, ca_file: /ca, "
             "client_certificate_file: /c, client_key_file: /k, client_key_password: p, method: get, "
             "max_concurrent_requests: 2, max_points_per_query: 5000, timeout_seconds: 5"),
     "", ""},
    {"password from a file", METRICS("auth_type: basic, username: u, password_file: /p"), "", ""},
    {"two passwords", METRICS("auth_type: basic, username: u, password: p, password_file: /p"),
     AT ": password and password_file exclude each other\n", ""},
    {"two tokens", METRICS("auth_type: bearer, bearer_token: t, bearer_token_file: /t"),
     AT ": bearer_token and bearer_token_file exclude each other\n", ""},
    {"a file without use", METRICS("bearer_token_file: /t"), AT ": credentials provided but auth_type is 'none'\n", ""},
    {"a key without certificate", METRICS("client_key_file: /k"),
     AT ": client_key_file needs client_certificate_file\n", ""},
    {"a key's password alone", METRICS("client_key_password: p"),
     AT ": client_key_password needs client_certificate_file\n", ""},
    {"ranges", METRICS("max_concurrent_requests: 0, max_points_per_query: 9, timeout_seconds: 3601, method: put"),
     AT ".method: Input should be 'post' or 'get'\n" AT
        ".max_concurrent_requests: Input should be greater than or equal to 1\n" AT
        ".max_points_per_query: Input should be greater than or equal to 10\n" AT
        ".timeout_seconds: Input should be less than or equal to 3600\n",
     ""},
    {"headers that are not the user's",
     METRICS("headers: {authorization: x, Host: y, content-length: '1', 'a b': c, '': d, X: \"a\\nb\", Y: 7}"),
     AT ".headers.Y: Input should be a valid string\n", ""},
    {"headers of the right type",
     METRICS("headers: {authorization: x, Host: y, content-length: '1', 'a b': c, '': d, X: \"a\\nb\"}"),
     AT ".headers.authorization: The header cannot be set here; credentials have keys of their own (auth_type)\n" AT
        ".headers.Host: The header cannot be set, because the program writes it itself\n" AT
        ".headers.content-length: The header cannot be set, because the program writes it itself\n" AT
        ".headers.a b: The header needs a name of letters, digits and \"!#$%&'*+-.^_`|~\"\n" AT
        ".headers.: The header needs a name of letters, digits and \"!#$%&'*+-.^_`|~\"\n" AT
        ".headers.X: The header has a value with control characters\n",
     ""},
    {"a header twice", METRICS("headers: {X-A: b, x-a: c}"),
     AT ".headers.x-a: The header is there twice; upper and lower case are the same\n", ""},
    {"a typo", METRICS("bearer_tokenfile: /t"), "",
     AT ": unknown key 'bearer_tokenfile' is ignored; did you mean 'bearer_token_file'?\n"},
    {"an authority without TLS",
     "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: {url: 'http://p', ca_file: /ca}}}}\n", "",
     "c.yaml:1: tenants.a.plugin_settings.metrics: ca_file and client_certificate_file have no effect, because the URL "
     "is not https://\n"},
};

Test(metrics, problems) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct loaded loaded = load(cases[i].text, NULL);
        cr_expect_str_eq(cg_buf_text(&loaded.errors), cases[i].errors, "%s:\n%s", cases[i].name,
                         cg_buf_text(&loaded.errors));
        cr_expect_str_eq(cg_buf_text(&loaded.warnings), cases[i].warnings, "%s:\n%s", cases[i].name,
                         cg_buf_text(&loaded.warnings));
        unload(&loaded);
    }
}

Test(metrics, values) {
    struct loaded loaded = load(cases[0].text, NULL);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    const struct cg_metrics_settings *metrics = &loaded.settings->tenants[0].metrics;
    cr_expect_str_eq(metrics->bearer_token_file, "/t");
    cr_expect_null(metrics->bearer_token);
    cr_assert_eq(metrics->header_count, 2);
    cr_expect_str_eq(metrics->headers[0].name, "X-Scope-OrgID");
    cr_expect_str_eq(metrics->headers[0].value, "a|b");
    cr_expect_str_eq(metrics->headers[1].value, "");
    cr_expect_str_eq(metrics->ca_file, "/ca");
    cr_expect_str_eq(metrics->client_certificate_file, "/c");
    cr_expect_str_eq(metrics->client_key_file, "/k");
    cr_expect_str_eq(metrics->client_key_password, "p");
    cr_expect_eq(metrics->use_get, 1);
    cr_expect_eq(metrics->max_concurrent_requests, 2);
    cr_expect_eq(metrics->max_points_per_query, 5000);
    cr_expect_eq(metrics->timeout_seconds, 5);
    unload(&loaded);
}

Test(metrics, defaults) {
    struct loaded loaded = load(METRICS("type: prometheus"), NULL);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    const struct cg_metrics_settings *metrics = &loaded.settings->tenants[0].metrics;
    cr_expect_str_eq(metrics->auth_type, "none");
    cr_expect_eq(metrics->header_count, 0);
    cr_expect_null(metrics->ca_file);
    cr_expect_eq(metrics->use_get, 0);
    cr_expect_eq(metrics->max_concurrent_requests, 0);
    cr_expect_eq(metrics->max_points_per_query, 11000);
    cr_expect_eq(metrics->timeout_seconds, 30);
    unload(&loaded);
}
