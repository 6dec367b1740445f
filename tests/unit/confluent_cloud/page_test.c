#include "page.h"

#include "json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *url;
    const char *token; /* NULL: none */
} tokens[] = {
    {"https://api.confluent.cloud/org/v2/environments?page_size=99&page_token=a%2Bb%3D%3D", "a+b=="},
    {"https://elsewhere.example/other?page_token=x&page_token=y", "x"},
    {"?page_token=x", "x"},
    {"/p?page_token=a+b%zz%4", "a b%zz%4"},
    {"/p?page_token=x#fragment", "x"},
    {"/p?page_token=%C3%A9", "\xC3\xA9"},
    {"/p?other=1&page_token=", NULL},
    {"/p?my_page_token=1", NULL},
    {"/p?page_tokens=1", NULL},
    {"/p", NULL},
    {"", NULL},
    {"/p#?page_token=x", "x"},
};

Test(page, tokens) {
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        char *token = NULL;
        cr_assert_eq(ccloud_page_token(tokens[i].url, &token), CG_OK, "%s", tokens[i].url);
        if (tokens[i].token == NULL) {
            cr_expect(token == NULL, "%s gave %s", tokens[i].url, token == NULL ? "" : token);
        } else {
            cr_expect(token != NULL && strcmp(token, tokens[i].token) == 0, "%s gave %s", tokens[i].url,
                      token == NULL ? "none" : token);
        }
        free(token);
    }
}

Test(page, odd_tokens_are_refused) {
    char *token = NULL;
    char url[CCLOUD_TOKEN_MAX + 64] = "/p?page_token=";
    cr_expect_eq(ccloud_page_token("/p?page_token=a%00b", &token), CG_INVALID);
    memset(url + strlen(url), 'x', CCLOUD_TOKEN_MAX + 1);
    cr_expect_eq(ccloud_page_token(url, &token), CG_INVALID);
    cr_expect(token == NULL);
}

static const struct {
    const char *name;
    const char *body;
    const char *text; /* NULL: fine */
    size_t items;
    const char *token;
} envelopes[] = {
    {"two items and a next page", "{\"data\": [1, 2], \"metadata\": {\"next\": \"/x?page_token=t\"}}", NULL, 2, "t"},
    {"null metadata", "{\"data\": [1], \"metadata\": null}", NULL, 1, NULL},
    {"no metadata", "{\"data\": [1]}", NULL, 1, NULL},
    {"null data", "{\"data\": null, \"metadata\": {}}", NULL, 0, NULL},
    {"no data", "{}", NULL, 0, NULL},
    {"null next", "{\"data\": [], \"metadata\": {\"next\": null}}", NULL, 0, NULL},
    {"empty next", "{\"data\": [], \"metadata\": {\"next\": \"\"}}", NULL, 0, NULL},
    {"a list", "[]", "Confluent Cloud answered GET /x with a list instead of an object.", 0, NULL},
    {"data is an object", "{\"data\": {}}",
     "Confluent Cloud answered GET /x with a page whose \"data\" is an object instead of a list.", 0, NULL},
    {"metadata is a list", "{\"data\": [], \"metadata\": []}",
     "Confluent Cloud answered GET /x with a page whose \"metadata\" is a list instead of an object.", 0, NULL},
    {"next is a number", "{\"data\": [], \"metadata\": {\"next\": 5}}",
     "Confluent Cloud answered GET /x with a page whose \"metadata.next\" is a number instead of a URL.", 0, NULL},
    {"HTML", "<html>",
     "Confluent Cloud answered GET /x with a body that is not valid JSON (line 1, column 1: '[' or '{' expected).", 0,
     NULL},
    {"cut off", "{\"data\": [",
     "Confluent Cloud answered GET /x with a body that is not valid JSON (line 1, column 10: ']' expected).", 0, NULL},
    {"empty", "",
     "Confluent Cloud answered GET /x with a body that is not valid JSON (line 1, column 0: '[' or '{' expected).", 0,
     NULL},
    {"no UTF-8", "{\"data\": [\"\xff\"]}",
     "Confluent Cloud answered GET /x with a body that is not valid JSON (line 1, column 11: unable to decode byte "
     "0xff).",
     0, NULL},
};

/* What goes with a sentence: only an answer that is no JSON may be whole the next time. */
static cg_status status_for(const char *text) {
    if (text == NULL) {
        return CG_OK;
    }
    return strstr(text, "not valid JSON") != NULL ? CG_TEMPORARY : CG_PERMANENT;
}

Test(page, envelopes) {
    for (size_t i = 0; i < sizeof envelopes / sizeof envelopes[0]; i++) {
        struct ccloud_page page;
        char text[CCLOUD_TEXT_SIZE];
        cg_status status = ccloud_page_parse("/x", envelopes[i].body, strlen(envelopes[i].body), &page, text);
        cr_expect_eq(status, status_for(envelopes[i].text), "%s", envelopes[i].name);
        cr_expect_str_eq(text, envelopes[i].text == NULL ? "" : envelopes[i].text, "%s: got %s", envelopes[i].name,
                         text);
        cr_expect_eq(json_array_size(page.items), envelopes[i].items, "%s", envelopes[i].name);
        cr_expect_str_eq(page.token == NULL ? "-" : page.token, envelopes[i].token == NULL ? "-" : envelopes[i].token,
                         "%s", envelopes[i].name);
        ccloud_page_done(&page);
    }
}

static const struct {
    const char *name;
    const char *body;
    const char *text; /* NULL: fine */
    size_t members;
} objects[] = {
    {"two members", "{\"a\": {}, \"b\": null}", NULL, 2},
    {"no member", "{}", NULL, 0},
    {"the envelope of an empty list", "{\"data\": [], \"metadata\": {}}", NULL, 0},
    {"the same with null", "{\"data\": [], \"metadata\": null}", NULL, 0},
    {"an envelope that is not empty", "{\"data\": [1], \"metadata\": {}}", NULL, 2},
    {"an item that is called data", "{\"data\": {}, \"metadata\": {}}", NULL, 2},
    {"an empty list alone", "{\"data\": []}", NULL, 1},
    {"a list", "[]", "Confluent Cloud answered GET /x with a list instead of an object.", 0},
    {"HTML", "<html>",
     "Confluent Cloud answered GET /x with a body that is not valid JSON (line 1, column 1: '[' or '{' expected).", 0},
};

Test(page, objects) {
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        struct ccloud_page page;
        char text[CCLOUD_TEXT_SIZE];
        cg_status status = ccloud_page_parse_object("/x", objects[i].body, strlen(objects[i].body), &page, text);
        cr_expect_eq(status, status_for(objects[i].text), "%s", objects[i].name);
        cr_expect_str_eq(text, objects[i].text == NULL ? "" : objects[i].text, "%s: got %s", objects[i].name, text);
        cr_expect_eq(json_object_size(page.items), objects[i].members, "%s", objects[i].name);
        cr_expect(page.token == NULL, "%s", objects[i].name);
        ccloud_page_done(&page);
    }
}

static const struct {
    const char *json;
    const char *text; /* NULL: not a number that fits */
} numbers[] = {
    {"1.5", "1.5"},
    {"15", "15"},
    {"2.0", "2.0"},
    {"0", "0"},
    {"-0", "0"},
    {"-1.25", "-1.25"},
    {"1e-7", "1E-7"},
    {"1e16", "1E+16"},
    {"0.1", "0.1"},
    {"0.30000000000000004", "0.30000000000000004"},
    {"123456789012345678", "123456789012345678"},
    {"9223372036854775807", "9223372036854775807"},
    {"9223372036854775808", "9223372036854775808"},
    {"-12345678901234567890123", "-12345678901234567890123"},
    {"12345678901234567890123456789012345678", "12345678901234567890123456789012345678"},
    {"123456789012345678901234567890123456789", NULL},
    {"1e300", NULL},
    {"1e999", NULL},
    {"-1e999", NULL},
    {"\"12.3400\"", "12.3400"},
    {"\" 7 \"", "7"},
    {"\"1e-7\"", "1E-7"},
    {"\"0.10\"", "0.10"},
    {"\"\"", NULL},
    {"\"abc\"", NULL},
    {"\"NaN\"", NULL},
    {"\"Infinity\"", NULL},
    {"\"1_000\"", NULL},
    {"true", NULL},
    {"{}", NULL},
    {"[]", NULL},
};

Test(page, numbers) {
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char body[256];
        char error[256];
        char text[CG_DECIMAL_TEXT_SIZE] = "";
        struct cg_decimal value;
        /* The oversized neighbour makes the whole document go the long way. */
        (void)snprintf(body, sizeof body, "{\"a\\\"1e999\": \"x\\\\\", \"n\": %s, \"big\": 1E999, \"z\": -0.5e-1}",
                       numbers[i].json);
        json_t *root = ccloud_json_parse(body, strlen(body), error, sizeof error);
        cr_assert(root != NULL, "%s: %s", body, error);
        cr_expect_str_eq(ccloud_json_text(root, "a\"1e999"), "x\\");
        cr_expect_str_eq(ccloud_json_text(root, "big"), "1E999");
        cr_expect(json_is_real(ccloud_json_get(root, "z")));
        cg_status status = ccloud_json_decimal(ccloud_json_get(root, "n"), &value);
        if (status == CG_OK) {
            (void)cg_decimal_format(&value, text);
        }
        cr_expect_eq(status == CG_OK, numbers[i].text != NULL, "%s gave status %d, %s", numbers[i].json, status, text);
        if (numbers[i].text != NULL) {
            cr_expect_str_eq(text, numbers[i].text, "%s gave %s", numbers[i].json, text);
        }
        json_decref(root);
    }
}

Test(page, a_number_that_is_no_json_stays_an_error) {
    static const char *const bodies[] = {"[1e999, 01]", "[1e999, 1.]", "[1e999, 1e]", "[1e999, -]", "[1e999, \"x"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        char error[256];
        json_t *root = ccloud_json_parse(bodies[i], strlen(bodies[i]), error, sizeof error);
        cr_expect(root == NULL, "%s was accepted", bodies[i]);
        cr_expect_str_neq(error, "");
        json_decref(root);
    }
}
