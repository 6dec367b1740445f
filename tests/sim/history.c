#include "history.h"

#include <string.h>

#include "number.h"

#define DAY 86400

/* Chains of the hash. */
enum chain {
    CHAIN_BIRTH = 200,
    CHAIN_END,
    CHAIN_DELAY,
    CHAIN_LATE_LINE,
    CHAIN_REVISED_DAY,
    CHAIN_REVISED_LINE,
    CHAIN_WITHDRAWN,
};

/* What becomes of a thing during the history. */
enum turn {
    TURN_STAYS,
    TURN_PASSES, /* comes and goes */
    TURN_COMES,
    TURN_GOES,
};

/* By turns and not by chance, so that few things are enough to have all of it. The first always stays. */
static const enum turn turns[] = {TURN_STAYS, TURN_PASSES, TURN_COMES, TURN_GOES, TURN_STAYS, TURN_COMES, TURN_PASSES};

static bool has_history(const struct cg_sim_scenario *scenario) {
    return scenario->history_from < scenario->history_until;
}

/* A moment between two shares (in percent) of the history. */
static int64_t moment_draw(const struct cg_sim_scenario *scenario, uint64_t hash, int64_t least, int64_t most) {
    int64_t percent = (scenario->history_until - scenario->history_from) / 100;
    return scenario->history_from + least * percent + (int64_t)(hash % (uint64_t)((most - least) * percent));
}

/* The life of a thing that was there before the history unless its turn says otherwise. */
static struct cg_sim_life life_draw(const struct cg_sim_scenario *scenario, const char *id, size_t turn) {
    uint64_t birth = cg_sim_hash_string(cg_sim_hash(scenario->seed, CHAIN_BIRTH), id);
    uint64_t end = cg_sim_hash_string(cg_sim_hash(scenario->seed, CHAIN_END), id);
    struct cg_sim_life life = {INT64_MIN, CG_SIM_FOREVER};
    switch (turns[turn % (sizeof(turns) / sizeof(turns[0]))]) {
    case TURN_STAYS:
        break;
    case TURN_PASSES:
        life.from = moment_draw(scenario, birth, 5, 40);
        life.until = moment_draw(scenario, end, 55, 92);
        break;
    case TURN_COMES:
        life.from = moment_draw(scenario, birth, 10, 85);
        break;
    case TURN_GOES:
        life.until = moment_draw(scenario, end, 15, 92);
        break;
    }
    return life;
}

struct cg_sim_life cg_sim_life_common(struct cg_sim_life life, const struct cg_sim_entity *entity) {
    life.from = life.from < entity->created ? entity->created : life.from;
    life.until = life.until > entity->gone ? entity->gone : life.until;
    return life;
}

/* Gives a thing its life, within that of another one (NULL = none). */
static void entity_live(const struct cg_sim_scenario *scenario, struct cg_sim_entity *entity, size_t turn,
                        const struct cg_sim_entity *within) {
    struct cg_sim_life life = cg_sim_life_common(life_draw(scenario, entity->id, turn), entity);
    if (within != NULL) {
        life = cg_sim_life_common(life, within);
    }
    entity->created = life.from;
    entity->gone = life.until;
}

static void keys_live(struct cg_sim_scenario *scenario) {
    for (size_t i = 0; i < scenario->key_count; i++) {
        struct cg_sim_key *key = &scenario->keys[i];
        /* A key that opens a Schema Registry has no cluster. */
        entity_live(scenario, &key->entity, i,
                    key->cluster == CG_SIM_NONE ? NULL : &scenario->clusters[key->cluster].entity);
        if (key->owner != CG_SIM_NONE) {
            struct cg_sim_life life = {key->entity.created, key->entity.gone};
            life = cg_sim_life_common(life, &scenario->principals[key->owner].entity);
            key->entity.created = life.from;
            key->entity.gone = life.until;
        }
    }
}

void cg_sim_history_make(struct cg_sim_scenario *scenario) {
    if (!has_history(scenario)) {
        return;
    }
    for (size_t i = 0; i < scenario->cluster_count; i++) {
        entity_live(scenario, &scenario->clusters[i].entity, i, NULL);
    }
    for (size_t i = 0; i < scenario->registry_count; i++) {
        entity_live(scenario, &scenario->registries[i].entity, i, NULL);
    }
    for (size_t i = 0; i < scenario->principal_count; i++) {
        entity_live(scenario, &scenario->principals[i].entity, i, NULL);
    }
    keys_live(scenario);
    for (size_t i = 0; i < scenario->connector_count; i++) {
        if (!scenario->connectors[i].retired) {
            entity_live(scenario, &scenario->connectors[i].entity, i,
                        &scenario->clusters[scenario->connectors[i].cluster].entity);
        }
    }
    for (size_t i = 0; i < scenario->ksql_count; i++) {
        if (!scenario->ksqls[i].retired) {
            entity_live(scenario, &scenario->ksqls[i].entity, i + 1,
                        &scenario->clusters[scenario->ksqls[i].cluster].entity);
        }
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        entity_live(scenario, &scenario->pools[i].entity, i, NULL);
    }
    for (size_t i = 0; i < scenario->statement_count; i++) {
        entity_live(scenario, &scenario->statements[i].entity, i + 2,
                    &scenario->pools[scenario->statements[i].pool].entity);
    }
}

bool cg_sim_entity_lives(const struct cg_sim_entity *entity, int64_t now) {
    return entity->created <= now && now < entity->gone;
}

bool cg_sim_entity_lives_on(const struct cg_sim_entity *entity, int64_t day) {
    return entity->created < entity->gone && entity->created < (day + 1) * DAY && entity->gone > day * DAY;
}

struct cg_sim_life cg_sim_topic_life(const struct cg_sim_scenario *scenario, size_t cluster, size_t topic) {
    const struct cg_sim_entity *within = &scenario->clusters[cluster].entity;
    struct cg_sim_life life = {INT64_MIN, CG_SIM_FOREVER};
    if (has_history(scenario)) {
        char name[CG_SIM_NAME_SIZE];
        cg_sim_name_make(CG_SIM_NAME_TOPIC, topic, name);
        life = life_draw(scenario, name, topic + cluster);
    }
    return cg_sim_life_common(life, within);
}

static uint64_t day_draw(const struct cg_sim_scenario *scenario, enum chain chain, int64_t day) {
    return cg_sim_hash(cg_sim_hash(scenario->seed, (uint64_t)chain), (uint64_t)day);
}

/* When a day's bill is known: six hours after the day's end. One day in six is late by up to three days. */
static int64_t arrival_of(const struct cg_sim_scenario *scenario, int64_t day, bool late) {
    uint64_t hash = day_draw(scenario, CHAIN_DELAY, day);
    int64_t delay = late && hash % 6 == 0 ? 1 + (int64_t)((hash >> 8) % 3) : 0;
    return (day + 1 + delay) * DAY + DAY / 4;
}

/* Of a late day all lines are late, or only some. */
static bool line_is_late(const struct cg_sim_scenario *scenario, int64_t day, const struct cg_sim_line *line) {
    bool whole = (day_draw(scenario, CHAIN_DELAY, day) >> 16) % 2 == 0;
    return whole || cg_sim_hash(cg_sim_hash(scenario->seed, CHAIN_LATE_LINE), line->id) % 3 == 0;
}

/* One day in nine has a third of its amounts revised, two to eighteen days after its end. */
static bool line_is_revised(const struct cg_sim_scenario *scenario, int64_t day, const struct cg_sim_line *line,
                            int64_t now) {
    uint64_t hash = day_draw(scenario, CHAIN_REVISED_DAY, day);
    int64_t at = (day + 3 + (int64_t)((hash >> 8) % 17)) * DAY + DAY / 3;
    return hash % 9 == 0 && now < at && cg_sim_hash(cg_sim_hash(scenario->seed, CHAIN_REVISED_LINE), line->id) % 3 == 0;
}

/* One line in 150 is a mistake that is taken back three to thirty days after its day. */
static bool line_is_mistake(const struct cg_sim_scenario *scenario, int64_t day, const struct cg_sim_line *line,
                            bool *ret_withdrawn, int64_t now) {
    uint64_t hash = cg_sim_hash(cg_sim_hash(scenario->seed, CHAIN_WITHDRAWN), line->id);
    int64_t at = (day + 4 + (int64_t)((hash >> 16) % 28)) * DAY + DAY / 3;
    *ret_withdrawn = now >= at;
    return hash % 150 == 0;
}

/* The amount before its revision: nine tenths, or more than was due. */
static void line_unrevise(struct cg_sim_line *line) {
    cg_sim_units factor = cg_sim_units_make(line->id % 2 == 0 ? 9 : 13, 1);
    cg_sim_units amount = 0;
    if (cg_sim_units_times(line->amount, factor, &amount)) {
        line->amount = amount;
        /* no longer known to be the shortest text of a double */
        line->form = line->form == CG_SIM_FORM_DOUBLE ? CG_SIM_FORM_NUMBER : line->form;
    }
}

void cg_sim_sheet_settle(const struct cg_sim_scenario *scenario, struct cg_sim_day_sheet *sheet, int64_t now) {
    if (!has_history(scenario)) {
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < sheet->count; i++) {
        struct cg_sim_line line = sheet->lines[i];
        bool withdrawn = false;
        if (now < arrival_of(scenario, sheet->day, line_is_late(scenario, sheet->day, &line))) {
            continue;
        }
        if (line.malformed == CG_SIM_WELL_FORMED) {
            if (line_is_mistake(scenario, sheet->day, &line, &withdrawn, now) && withdrawn) {
                continue;
            }
            if (line_is_revised(scenario, sheet->day, &line, now)) {
                line_unrevise(&line);
            }
        }
        sheet->lines[kept++] = line;
    }
    sheet->count = kept;
}
