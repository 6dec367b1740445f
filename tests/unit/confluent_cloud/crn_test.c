#include "crn.h"

#include <criterion/criterion.h>

static const struct {
    const char *crn;
    const char *organization; /* NULL: none */
} crns[] = {
    {"crn://confluent.cloud/organization=o-9/environment=env-1/compute-pool=lfcp-2z", "o-9"},
    {"crn://confluent.cloud/environment=env-1/organization=o-9", "o-9"},
    {"crn:///organization=o-9", "o-9"},
    {"crn://x/organization=a=b", "a=b"},
    {"crn://x/organization=o-1/organization=o-2", "o-2"},
    {"crn://x/organization=o-1/organization=/organization", "o-1"},
    {"crn://x/=o-9//organization=o-9/", "o-9"},
    {"crn://organization=o-9", NULL},
    {"crn://x/my-organization=o-9", NULL},
    {"crn://x/organizations=o-9", NULL},
    {"crn://x/organization=", NULL},
    {"crn://x/organization", NULL},
    {"crn://x", NULL},
    {"crn://", NULL},
    {"https://x/organization=o-9", NULL},
    {"", NULL},
    {NULL, NULL},
    {"crn://x/organization=12345678901", "12345678901"},
    {"crn://x/organization=123456789012", NULL},
};

Test(crn, organizations) {
    for (size_t i = 0; i < sizeof crns / sizeof crns[0]; i++) {
        char value[12] = "untouched";
        int found = ccloud_crn_value(crns[i].crn, "organization", value, sizeof value);
        cr_expect_eq(found, crns[i].organization != NULL, "%s", crns[i].crn == NULL ? "NULL" : crns[i].crn);
        cr_expect_str_eq(value, crns[i].organization == NULL ? "untouched" : crns[i].organization, "%s: got %s",
                         crns[i].crn == NULL ? "NULL" : crns[i].crn, value);
    }
}
