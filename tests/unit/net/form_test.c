#include "net/form.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *path;
    bool fine;
} paths[] = {
    {"/", true},
    {"/iam/v2/users", true},
    {"/connect/v1/environments/env-1/connectors/my%20name", true},
    {"/a/...", true},
    {"/a/.b", true},
    {"/a//b", true},
    {"/a:b@c;d=e,f!$&'()*+", true},
    {"", false},
    {"iam", false},
    {"http://other/", false},
    {"/a b", false},
    {"/a?b=c", false},
    {"/a#b", false},
    {"/a\r\nX: y", false},
    {"/a\x7F", false},
    {"/\xC3\xA9", false},
    {"/a%2", false},
    {"/a%zz", false},
    {"/a%", false},
    {"/a\\b", false},
    {"/..", false},
    {"/a/../b", false},
    {"/a/./b", false},
    {"/a/%2e%2E/b", false},
    {"/a/.%2e", false},
};

Test(form, paths_are_checked) {
    for (size_t i = 0; i < COUNT(paths); i++)
        cr_assert_eq(cg_form_path_valid(paths[i].path), paths[i].fine, "%s", paths[i].path);
    cr_assert(!cg_form_path_valid(NULL));
    char longest[4098] = "/";
    memset(longest + 1, 'a', 4095);
    cr_assert(cg_form_path_valid(longest));
    longest[4096] = 'a';
    cr_assert(!cg_form_path_valid(longest));
}

Test(form, parameters_are_encoded) {
    static const struct cg_http_param params[] = {
        {"page_token", "a+b=="},
        {"x\r\ny", "1 & 2=3?#%"},
        {"q", "{kafka_id=\"lkc-1\"}\xC3\xA9~-._"},
        {"empty", ""},
    };
    struct cg_buf buf;
    cg_buf_init(&buf, 1024);
    cr_assert_eq(cg_form_add(&buf, params, COUNT(params)), CG_OK);
    cr_assert_str_eq(cg_buf_text(&buf), "page_token=a%2Bb%3D%3D&x%0D%0Ay=1%20%26%202%3D3%3F%23%25&"
                                        "q=%7Bkafka_id%3D%22lkc-1%22%7D%C3%A9~-._&empty=");
    cg_buf_done(&buf);
    cg_buf_init(&buf, 10);
    cr_assert_eq(cg_form_add(&buf, params, COUNT(params)), CG_RANGE);
    cg_buf_done(&buf);
}
