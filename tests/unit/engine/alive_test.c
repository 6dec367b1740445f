#include "engine/alive.h"

#include "engine/answers.h"
#include "store/inputs.h"

#include "bench.h"

/* Every pair of a birth and a death on one of these days; 0 is unknown. Deaths before births exist in databases, too.
 */
#define DAYS 6
#define LIVES (DAYS * DAYS)

static int64_t day_of(int day) {
    return at("2026-06-01") + day * DAY;
}

static int64_t birth_of(int life) {
    return life % DAYS ? day_of(life % DAYS) : CG_TIME_NONE;
}

static int64_t death_of(int life) {
    return life / DAYS ? day_of(life / DAYS) : CG_TIME_NONE;
}

/* Each as an identity and as a resource. */
static void put_lives(struct bench *bench) {
    for (int life = 0; life < LIVES; life++) {
        char times[2][CG_TIME_TEXT_SIZE + 2] = {"NULL", "NULL"};
        char text[CG_TIME_TEXT_SIZE];
        char sql[1024];
        if (birth_of(life) != CG_TIME_NONE)
            snprintf(times[0], sizeof times[0], "'%s'", cg_time_format_micros(birth_of(life), text));
        if (death_of(life) != CG_TIME_NONE)
            snprintf(times[1], sizeof times[1], "'%s'", cg_time_format_micros(death_of(life), text));
        snprintf(sql, sizeof sql,
                 "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, created_at, deleted_at) "
                 "VALUES ('confluent_cloud', 't-1', 'x-%02d', 'user', %s, %s);"
                 "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, created_at, deleted_at) "
                 "VALUES ('confluent_cloud', 't-1', 'x-%02d', 'thing', %s, %s)",
                 life, times[0], times[1], life, times[0], times[1]);
        stage_run(&bench->stage, sql);
    }
}

static int lives_in(int life, int64_t start, int64_t end) {
    return (birth_of(life) == CG_TIME_NONE || birth_of(life) < end) &&
           (death_of(life) == CG_TIME_NONE || death_of(life) > start);
}

/* What can be seen of a window: '.' not there, '+' there, '-' leaves before its end. */
static void see(int64_t start, int64_t end, char seen[LIVES + 1]) {
    for (int life = 0; life < LIVES; life++)
        seen[life] = !lives_in(life, start, end)                              ? '.'
                     : death_of(life) != CG_TIME_NONE && death_of(life) < end ? '-'
                                                                              : '+';
    seen[LIVES] = '\0';
}

/* Windows between all pairs of half days: more than are kept, and met again in a second round. */
#define HALF_DAYS (2 * DAYS + 1)
#define WINDOWS (HALF_DAYS * (HALF_DAYS - 1) / 2)

static void window(size_t number, int64_t *ret_start, int64_t *ret_end) {
    size_t first = 0;
    while (number >= HALF_DAYS - 1 - first)
        number -= HALF_DAYS - 1 - first++;
    *ret_start = day_of(0) + (int64_t)first * (DAY / 2);
    *ret_end = *ret_start + (int64_t)(number + 1) * (DAY / 2);
}

Test(alive, every_window_has_its_people_and_its_digest) {
    static char seen[WINDOWS][LIVES + 1];
    static unsigned char digests[WINDOWS][CG_DIGEST_BYTES];
    struct bench bench;
    struct cg_alive *alive = NULL;
    bench_open(&bench);
    put_lives(&bench);
    cr_assert_eq(cg_alive_new(bench.stage.store, &alive, &bench.error), CG_OK, "%s", bench.error.text);
    cr_assert_eq(cg_alive_everybody(alive)->count, LIVES);
    for (size_t i = 0; i < 2 * (size_t)WINDOWS; i++) {
        size_t number = i * 7 % WINDOWS;
        int64_t start = 0;
        int64_t end = 0;
        struct cg_identity_list people = {0};
        size_t wanted = 0;
        window(number, &start, &end);
        cr_assert_eq(cg_alive_in(alive, start, end, &people), CG_OK);
        for (int life = 0; life < LIVES; life++) {
            char id[16];
            snprintf(id, sizeof id, "x-%02d", life);
            cr_assert_eq(cg_identity_list_find(&people, id) != NULL, lives_in(life, start, end), "window %zu, %s",
                         number, id);
            wanted += (size_t)lives_in(life, start, end);
        }
        cr_assert_eq(people.count, wanted, "window %zu", number);
        see(start, end, seen[number]);
        if (i < WINDOWS)
            memcpy(digests[number], cg_alive_digest(alive, start, end), CG_DIGEST_BYTES);
        else
            cr_assert_arr_eq(cg_alive_digest(alive, start, end), digests[number], CG_DIGEST_BYTES, "window %zu",
                             number);
    }
    for (size_t i = 0; i < WINDOWS; i++)
        for (size_t j = 0; j < WINDOWS; j++)
            cr_assert_eq(memcmp(digests[i], digests[j], CG_DIGEST_BYTES) == 0, strcmp(seen[i], seen[j]) == 0,
                         "windows %zu and %zu: %s, %s", i, j, seen[i], seen[j]);
    cg_alive_free(alive);
    bench_close(&bench);
}

/* What is kept of the first window answers for the others. */
Test(alive, the_inventory_answers_for_every_window) {
    static const struct cg_identity_list nobody = {NULL, 0};
    struct bench bench;
    bench_open(&bench);
    put_lives(&bench);
    struct cg_answers *answers = cg_answers_new(bench.stage.store, &nobody);
    for (size_t i = 0; i < WINDOWS; i++) {
        struct cg_question question = {.kind = CG_QUESTION_RESOURCES, .type = "thing"};
        const struct cg_resource *const *items = NULL;
        size_t count = 0;
        unsigned char given[CG_DIGEST_BYTES];
        unsigned char again[CG_DIGEST_BYTES];
        window(i, &question.start, &question.end);
        assert_ok(&bench.stage, cg_store_resources_in(bench.stage.store, question.start, question.end, "thing", NULL,
                                                      bench.stage.arena, &items, &count, &bench.stage.error));
        cg_answer_resources(items, count, question.end, given);
        cr_assert_eq(cg_answers_get(answers, &question, again, &bench.error), CG_OK, "%s", bench.error.text);
        cr_assert_arr_eq(given, again, sizeof given, "window %zu", i);

        char id[16];
        snprintf(id, sizeof id, "x-%02zu", i % LIVES);
        question = (struct cg_question){.kind = CG_QUESTION_RESOURCE, .end = question.end, .id = id};
        const struct cg_resource *found = NULL;
        assert_ok(&bench.stage,
                  cg_store_find_resource(bench.stage.store, id, bench.stage.arena, &found, &bench.stage.error));
        cg_answer_resources(&found, found ? 1 : 0, question.end, given);
        cr_assert_eq(cg_answers_get(answers, &question, again, &bench.error), CG_OK, "%s", bench.error.text);
        cr_assert_arr_eq(given, again, sizeof given, "window %zu, %s", i, id);
    }
    cg_answers_free(answers);
    bench_close(&bench);
}

/* More than is kept is asked again, with the same answers. */
Test(alive, what_is_kept_has_an_end) {
    static const struct cg_identity_list nobody = {NULL, 0};
    static char id[CG_INPUTS_QUESTIONS_LIMIT / 2];
    struct bench bench;
    bench_open(&bench);
    put_lives(&bench);
    struct cg_answers *answers = cg_answers_new(bench.stage.store, &nobody);
    memset(id, 'x', sizeof id - 1);
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < 2 * CG_ANSWERS_BYTES / sizeof id; i++) {
            const struct cg_question missing = {.kind = CG_QUESTION_RESOURCE, .end = day_of(9), .id = id};
            const struct cg_question known = {.kind = CG_QUESTION_RESOURCE, .end = day_of(9), .id = "x-09"};
            unsigned char digests[3][CG_DIGEST_BYTES];
            id[0] = (char)('a' + i % 26);
            id[1] = (char)('a' + i / 26 % 26);
            cr_assert_eq(cg_answers_get(answers, &missing, digests[0], &bench.error), CG_OK, "%s", bench.error.text);
            cr_assert_eq(cg_answers_get(answers, &known, digests[1], &bench.error), CG_OK, "%s", bench.error.text);
            cg_answer_resources(NULL, 0, missing.end, digests[2]);
            cr_assert_arr_eq(digests[0], digests[2], CG_DIGEST_BYTES);
            cr_assert_neq(memcmp(digests[0], digests[1], CG_DIGEST_BYTES), 0);
        }
    cg_answers_free(answers);
    bench_close(&bench);
}
