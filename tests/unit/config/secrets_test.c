#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "config/show.h"
#include "loaded.h"

#define SECRET "S3CR3T"

/* The settings of an ecosystem with secrets of its own. */
static const struct cg_option api = {sizeof api, CG_OPTION_SECTION, 0, 0, "cloud_api", NULL, 0, 0, NULL, NULL};
static const struct cg_option key = {
    sizeof key, CG_OPTION_STRING, 0, CG_OPTION_REQUIRED, "cloud_api.key", NULL, 0, 0, NULL, NULL};
static const struct cg_option secret = {
    sizeof secret, CG_OPTION_STRING, 0, CG_OPTION_REQUIRED | CG_OPTION_SECRET, "cloud_api.secret", NULL, 0, 0, NULL,
    NULL};
static const struct cg_option url = {sizeof url, CG_OPTION_URL, 0, 0, "url", NULL, 0, 0, NULL, NULL};
static const struct cg_option count = {sizeof count, CG_OPTION_INT, 0, CG_OPTION_MIN, "count", NULL, 5, 0, NULL, NULL};
static const struct cg_option *const options[] = {&api, &key, &secret, &url, &count};

/* Every place where a value can stand; %s is the value. */
static const char *const places[] = {
    "%s",
    "logging: %s\n",
    "logging: {level: %s}\n",
    "logging: {format: %s}\n",
    "logging: {per_module_levels: {core: %s}}\n",
    "logging: {per_module_levels: [%s]}\n",
    "features: {refresh_interval: %s, enable_periodic_refresh: %s, max_parallel_tenants: %s}\n",
    "api: {host: %s, port: %s, enable_cors: %s, cors_origins: %s, request_timeout_seconds: %s}\n",
    "api: {auth: %s, tls: %s}\n",
    "api: {auth: {type: %s, users: %s, tokens: [%s]}}\n",
    "api: {auth: {type: basic, users: [{name: [%s], role: %s, password: %s}]}}\n",
    "api: {auth: {type: basic, users: [{name: a, password: %s}]}}\n",
    "api: {auth: {type: basic, users: [{name: a, password_hash: %s}]}}\n",
    "api: {auth: {type: basic, users: [{name: a, password: %s, password_hash: %s}]}}\n",
    "api: {auth: {type: basic, users: [{name: a, password: [%s]}]}}\n",
    "api: {auth: {type: basic, users: [{name: a, pasword: %s}]}}\n",
    "api: {auth: {type: bearer, tokens: [{name: a, token: %s}]}}\n",
    "api: {auth: {type: bearer, tokens: [{name: a, token_hash: %s}]}}\n",
    "api: {auth: {users: [{name: a, password: %s}], tokens: [{name: a, token: %s}]}}\n",
    "api: {tls: {certificate: /tmp, key: '-----BEGIN PRIVATE KEY----- " SECRET "'}}\n",
    "api: {tls: {certificate: /tmp, key: [%s]}}\n",
    "logging: {output: %s}\n",
    "api: {max_connections: %s, max_body_bytes: %s, threads: %s}\n",
    "preview: %s\n",
    "preview: {x: {y: [%s]}}\n",
    "plugins_path: [%s]\n",
    "tenants: %s\n",
    "tenants: {a: %s}\n",
    "tenants: {a: {ecosystem: [%s], tenant_id: [%s]}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, unknown: %s}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, lookback_days: %s, cutoff_days: %s, retention_days: %s}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, storage: %s}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, storage: {connection_string: %s}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, storage: {connection_string: [%s]}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, storage: {backend: sqlite, connection_string: %s}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, storage: {backend: [%s]}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, storage: {connection_string: 'postgresql://u:" SECRET "@h:x/d'}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, storage: {connection_string: 'postgresql://u:" SECRET "@[h/d'}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, storage: {connection_string: 'postgresql://u:" SECRET "@h/d'}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, storage: {connection_string: 'postgresql://u:" SECRET "@h/d'}}, "
    "b: {ecosystem: e, tenant_id: t, storage: {connection_string: 'postgresql://u:" SECRET "@h/d'}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, focus_preview: %s}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, focus_preview: {a: %s}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: %s}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {allocator_params: %s}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {allocator_params: {x: [%s]}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {allocator_overrides: {x: [%s]}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {granularity_durations: {x: %s}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {chargeback_granularity: %s}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {emitters: [{type: x, aggregation: %s}, %s]}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {emitters: [{type: x, params: {password: %s}}]}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: %s}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: {url: %s, auth_type: %s}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: {url: 'http://u:" SECRET "@p'}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: {url: 'http://p', password: %s}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: {url: 'http://p', auth_type: basic, "
    "password: %s}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: {url: 'http://p', bearer_token: [%s]}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: {url: 'http://p', password:" SECRET "}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: {url: 'http://p', headers: {X: %s}}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: {url: 'http://p', headers: {X: [%s]}}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: {url: 'http://p', headers: {X: \"" SECRET
    "\\n\"}}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {metrics: {url: 'http://p', client_key_password: "
    "%s}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {allocator_params: {password:" SECRET "}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {cloud_api: {secret: %s}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {cloud_api: {key: [%s], secret: [%s]}}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {cloud_api: %s, url: %s, count: %s}}}\n",
    "tenants: {a: {ecosystem: e, tenant_id: t, plugin_settings: {cloud_api: {key: k, secret: " SECRET
    ", scret: %s}}}}\n",
    "password: !" SECRET "\n",
    "password: *" SECRET "\n",
    "password: &" SECRET " *x\n",
    "password: \"" SECRET "\\q\"\n",
    "password: '" SECRET "\n",
    "password: " SECRET ": x\n",
    "password: @" SECRET "\n",
    "password: %%" SECRET "\n",
    "password: \"" SECRET "\\0\"\n",
    "password: !!int " SECRET "\n",
    "? [" SECRET "]\n: x\n",
    "a: 1\n---\n" SECRET "\n",
};

/* Levels and formats from the file itself are told, because those texts say what was found. */
static int is_told(const char *place, const char *value) {
    return *value != '"' && (strstr(place, "{level: ") || strstr(place, "{format: ") || strstr(place, "{core: "));
}

/* The ecosystem's own table, then what would be shown. */
static void use(struct loaded *loaded, struct cg_buf *shown) {
    if (loaded->status != CG_OK)
        return;
    for (size_t i = 0; i < loaded->settings->tenant_count; i++)
        cg_settings_apply_options(loaded->settings, &loaded->settings->tenants[i], options,
                                  sizeof options / sizeof(struct cg_option *), loaded->problems);
    refresh(loaded);
    cr_assert_eq(cg_settings_show(loaded->settings, shown), CG_OK);
}

Test(secrets, never_appear) {
    static const char *const values[] = {SECRET, "\"${VAR}\"", "\"x${VAR}y\""};
    size_t said = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            if (is_told(places[i], values[k]))
                continue;
            struct cg_buf text;
            struct cg_buf shown;
            cg_buf_init(&text, 10000);
            cg_buf_init(&shown, 100000);
            for (const char *at = places[i]; *at; at++) {
                if (at[0] == '%' && at[1] == 's')
                    cg_buf_add_text(&text, values[k]);
                else
                    cg_buf_add_char(&text, *at);
                at += at[0] == '%';
            }
            struct loaded loaded = load(cg_buf_text(&text), (const char *const[]){"VAR=" SECRET, NULL});
            use(&loaded, &shown);
            said += loaded.errors.length + loaded.warnings.length;
            cr_expect_null(strstr(cg_buf_text(&loaded.errors), SECRET), "%s: %s", cg_buf_text(&text),
                           cg_buf_text(&loaded.errors));
            cr_expect_null(strstr(cg_buf_text(&loaded.warnings), SECRET), "%s: %s", cg_buf_text(&text),
                           cg_buf_text(&loaded.warnings));
            /* What is not secret by its key is shown when it is asked for. */
            if (!strstr(places[i], "host: "))
                cr_expect_null(strstr(cg_buf_text(&shown), SECRET), "%s: %s", cg_buf_text(&text), cg_buf_text(&shown));
            unload(&loaded);
            cg_buf_done(&text);
            cg_buf_done(&shown);
        }
    }
    cr_expect_gt(said, 1000);
}

Test(secrets, a_dotenv_file_is_not_repeated) {
    static const char text[] = "K " SECRET "\n=" SECRET "\nK='" SECRET "\nK=\"" SECRET "\" " SECRET "\n";
    struct cg_environment *environment = cg_environment_new(0);
    struct cg_problems *problems = cg_problems_new();
    struct cg_buf buf;
    cg_buf_init(&buf, 10000);
    cr_expect_eq(cg_dotenv_parse(text, sizeof text - 1, ".env", environment, problems), CG_OK);
    cr_assert_eq(cg_problems_format(problems, 1, &buf), CG_OK);
    cr_expect_eq(cg_problems_warnings(problems), 4);
    cr_expect_null(strstr(cg_buf_text(&buf), SECRET), "%s", cg_buf_text(&buf));
    cg_buf_done(&buf);
    cg_problems_free(problems);
    cg_environment_free(environment);
}
