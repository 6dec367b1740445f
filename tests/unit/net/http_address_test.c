#include "net/http_address.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *url;
    bool plain; /* allow_plain */
    bool query; /* keep_query */
    const char *base;
    const char *username;
    const char *password;
    bool loopback;
} accepted[] = {
    {"https://api.confluent.cloud", false, false, "https://api.confluent.cloud:443", NULL, NULL, false},
    {"https://api.confluent.cloud/", false, false, "https://api.confluent.cloud:443", NULL, NULL, false},
    {"https://host:8443/a/b//", false, false, "https://host:8443/a/b", NULL, NULL, false},
    {"HTTPS://host", false, false, "https://host:443", NULL, NULL, false},
    {"https://me:s%40cret@host/x", false, false, "https://host:443/x", "me", "s@cret", false},
    {"https://me@host", false, false, "https://host:443", "me", "", false},
    {"http://127.0.0.1:8080", false, false, "http://127.0.0.1:8080", NULL, NULL, true},
    {"http://127.9.9.9", false, false, "http://127.9.9.9:80", NULL, NULL, true},
    {"http://[::1]:9", false, false, "http://[::1]:9", NULL, NULL, true},
    {"http://LOCALHOST", false, false, "http://LOCALHOST:80", NULL, NULL, true},
    {"http://prom:9090/team", true, false, "http://prom:9090/team", NULL, NULL, false},
    {"http://prom:9090/team/?a=b#c", true, true, "http://prom:9090/team", NULL, NULL, false},
};

Test(http_address, accepts) {
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct cg_http_address address;
        struct cg_error error = {0};
        cg_status status =
            cg_http_address_init(&address, accepted[i].url, accepted[i].plain, accepted[i].query, &error);
        cr_assert_eq(status, CG_OK, "%s: %s", accepted[i].url, error.text);
        cr_assert_str_eq(address.base, accepted[i].base, "%s", accepted[i].url);
        cr_assert_eq(address.loopback, accepted[i].loopback, "%s", accepted[i].url);
        cr_assert_eq(!address.username, !accepted[i].username, "%s", accepted[i].url);
        if (address.username) {
            cr_assert_str_eq(address.username, accepted[i].username, "%s", accepted[i].url);
            cr_assert_str_eq(address.password, accepted[i].password, "%s", accepted[i].url);
        }
        cg_http_address_done(&address);
    }
}

static const struct {
    const char *url;
    const char *text; /* part of the sentence */
} refused[] = {
    {NULL, "empty"},
    {"", "empty"},
    {"host", "not an absolute URL"},
    {"//host", "not an absolute URL"},
    {"/path", "not an absolute URL"},
    {"https://", "not an absolute URL"},
    {"https://ho st", "not an absolute URL"},
    {"https://host:99999", "not an absolute URL"},
    {"https://host\r\nX: y", "not an absolute URL"},
    {"ftp://host", "scheme must be https"},
    {"file:///etc/passwd", ""},
    {"http://host", "plain http is only for loopback hosts"},
    {"http://128.0.0.1", "plain http is only for loopback hosts"},
    {"http://127.0.0.1.example.com", "plain http is only for loopback hosts"},
    {"http://localhost.example.com", "plain http is only for loopback hosts"},
    {"http://[::2]", "plain http is only for loopback hosts"},
    {"http://me:hush@host", "plain http is only for loopback hosts"},
    {"https://me:hush@host/?x=y", "no query"},
    {"https://host/#hush", "no query and no fragment"},
};

Test(http_address, refuses_with_a_sentence_and_shows_no_secret) {
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct cg_http_address address = {0};
        struct cg_error error = {0};
        cg_status status = cg_http_address_init(&address, refused[i].url, false, false, &error);
        cr_assert_eq(status, CG_INVALID, "%s", refused[i].url);
        cr_assert(strstr(error.text, refused[i].text), "%s: %s", refused[i].url, error.text);
        cr_assert(!strstr(error.text, "hush"), "%s: %s", refused[i].url, error.text);
        cr_assert_null(address.base, "%s", refused[i].url);
    }
}
