/*
 * moment_fuzz.c - any bytes as a date and as a point in time of a request.
 *
 * What is accepted lies in the years 1 to 9999, a date is a midnight, and both are read again from the text they are
 * written as; what is refused says why, in a sentence that fits into JSON as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "api/moment.h"
#include "base/time.h"

#define FIRST_TIME INT64_C(-62135596800000000) /* 0001-01-01T00:00:00 */
#define LAST_TIME INT64_C(253402300799999999)  /* 9999-12-31T23:59:59.999999 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds) {
    if (!holds)
        abort();
}

static void check_problem(const struct cg_moment_problem *problem) {
    require(problem->type && *problem->type && *problem->message);
    require(memchr(problem->message, '\0', sizeof problem->message) != NULL);
    require(memchr(problem->reason, '\0', sizeof problem->reason) != NULL);
    require(!*problem->reason || strstr(problem->message, problem->reason) != NULL);
    require(strpbrk(problem->message, "\"\\\n") == NULL);
}

static void check_date(const char *text) {
    struct cg_moment_problem problem = {0};
    char written[CG_TIME_TEXT_SIZE];
    int64_t date = 1;
    int64_t again = 0;
    if (!cg_moment_date(text, &date, &problem)) {
        require(date == 1);
        check_problem(&problem);
        return;
    }
    require(date >= FIRST_TIME && date <= LAST_TIME && date == cg_time_day(date));
    require(cg_moment_date(cg_time_format_date(date, written), &again, &problem) && again == date);
}

static void check_instant(const char *text) {
    struct cg_moment_problem problem = {0};
    char written[CG_TIME_TEXT_SIZE];
    int64_t time = 1;
    int64_t again = 0;
    int32_t has_zone = 7;
    if (!cg_moment_instant(text, &time, &has_zone, &problem)) {
        require(time == 1 && has_zone == 7);
        check_problem(&problem);
        return;
    }
    require(time >= FIRST_TIME && time <= LAST_TIME && (has_zone == 0 || has_zone == 1));
    require(cg_moment_instant(cg_time_format_micros(time, written), &again, &has_zone, &problem));
    require(again == time && has_zone == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    /* A query and a body that hold a NUL are refused before. */
    const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
    char *text = strndup((const char *)data, end ? (size_t)(end - data) : size);
    require(text != NULL);
    check_date(text);
    check_instant(text);
    free(text);
    return 0;
}
