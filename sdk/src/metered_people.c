/* Who is charged: principals that metrics show, with their teams, and a list of identities in the settings. */
#include <chitragupt/metered.h>

#include "models_share.h"

#include <stdlib.h>
#include <string.h>

#define TYPE_PRINCIPAL "principal"
#define DEFAULT_TEAM "UNASSIGNED"

/* ---- reading the settings ---- */

static int compare_teams(const void *left, const void *right) {
    const struct cg_metered_team *a = left;
    const struct cg_metered_team *b = right;
    return strcmp(a->principal, b->principal);
}

static cg_status read_teams(struct cg_metered_memory *memory, const struct cg_config *map,
                            struct cg_metered_people *people) {
    const struct cg_config_api *config = people->host->config;
    size_t count = config->count(map);
    struct cg_metered_team *teams = cg_metered_alloc(memory, (count + 1) * sizeof *teams);
    if (teams == NULL) {
        return cg_scratch_error(people->host, "the teams of principals");
    }
    for (size_t i = 0; i < count; i++) {
        teams[i].principal = config->key_at(map, i);
        teams[i].team = config->text(config->at(map, i), "", "");
    }
    qsort(teams, count, sizeof *teams, compare_teams);
    people->teams = teams;
    people->team_count = count;
    return CG_OK;
}

/* A listed identity with the one field it may have, and its place in the list. */
struct listed {
    struct cg_identity identity;
    struct cg_field field;
    size_t place;
};

static int compare_listed(const void *left, const void *right) {
    const struct listed *a = *(const struct listed *const *)left;
    const struct listed *b = *(const struct listed *const *)right;
    int order = strcmp(a->identity.id, b->identity.id);
    return order != 0 ? order : a->place < b->place ? -1 : a->place > b->place;
}

static void read_listed(const struct cg_config_api *config, const struct cg_config *node, struct listed *ret) {
    const char *id = config->text(node, "identity_id", "");
    const char *name = cg_metered_given(config, node, "display_name");
    const char *team = cg_metered_given(config, node, "team");
    ret->field = (struct cg_field){.key = "team", .value = team, .kind = CG_FIELD_STRING};
    ret->identity = (struct cg_identity){.struct_size = sizeof ret->identity,
                                         .field_count = team != NULL ? 1 : 0,
                                         .id = id,
                                         .type = config->text(node, "identity_type", "unknown"),
                                         .display_name = name != NULL ? name : id,
                                         .created_at = CG_TIME_NONE,
                                         .deleted_at = CG_TIME_NONE,
                                         .fields = &ret->field};
}

static cg_status read_list(struct cg_metered_memory *memory, const struct cg_config *list,
                           struct cg_metered_people *people) {
    const struct cg_config_api *config = people->host->config;
    size_t count = config->count(list);
    struct listed *items = cg_metered_alloc(memory, (count + 1) * sizeof *items);
    struct listed **sorted = cg_metered_alloc(memory, (count + 1) * sizeof(struct listed *));
    const struct cg_identity **identities = cg_metered_alloc(memory, (count + 1) * sizeof(const struct cg_identity *));
    if (items == NULL || sorted == NULL || identities == NULL) {
        return cg_scratch_error(people->host, "the static identities");
    }
    for (size_t i = 0; i < count; i++) {
        items[i].place = i;
        sorted[i] = &items[i];
        read_listed(config, config->at(list, i), &items[i]);
    }
    qsort(sorted, count, sizeof(struct listed *), compare_listed);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && strcmp(identities[kept - 1]->id, sorted[i]->identity.id) == 0) {
            kept--;
        }
        identities[kept++] = &sorted[i]->identity;
    }
    people->listed = identities;
    people->listed_count = kept;
    return CG_OK;
}

cg_status cg_metered_people_read(struct cg_metered_memory *memory, const struct cg_host *host,
                                 const struct cg_config *section, int32_t keeps_raw, struct cg_metered_people *ret) {
    const struct cg_config_api *config = host->config;
    const char *source = config->text(section, "source", "prometheus");
    struct cg_metered_people people = {
        .host = host,
        .from_metrics = strcmp(source, "static") != 0,
        .from_list = strcmp(source, "prometheus") != 0,
        .keeps_raw = keeps_raw,
        .default_team = config->text(section, "default_team", DEFAULT_TEAM),
    };
    cg_status status = read_teams(memory, config->get(section, "principal_to_team"), &people);
    if (status == CG_OK) {
        status = read_list(memory, config->get(section, "static_identities"), &people);
    }
    if (status == CG_OK) {
        *ret = people;
    }
    return status;
}

/* ---- identities ---- */

void cg_metered_principal(const struct cg_metered_people *people, const char *id,
                          struct cg_field fields[CG_METERED_PRINCIPAL_FIELDS], struct cg_identity *ret) {
    const struct cg_metered_team wanted = {.principal = id};
    const struct cg_metered_team *found =
        bsearch(&wanted, people->teams, people->team_count, sizeof *people->teams, compare_teams);
    const char *team = found != NULL ? found->team : people->default_team;
    uint32_t count = 0;
    if (people->keeps_raw) {
        fields[count++] = (struct cg_field){.key = "raw_principal", .value = id, .kind = CG_FIELD_STRING};
    }
    fields[count++] = (struct cg_field){.key = "team", .value = team, .kind = CG_FIELD_STRING};
    *ret = (struct cg_identity){.struct_size = sizeof *ret,
                                .field_count = count,
                                .id = id,
                                .type = TYPE_PRINCIPAL,
                                .display_name = strcmp(team, people->default_team) == 0 ? id : team,
                                .created_at = CG_TIME_NONE,
                                .deleted_at = CG_TIME_NONE,
                                .fields = fields};
}

const struct cg_identity *cg_metered_listed(const struct cg_metered_people *people, const char *id) {
    const struct cg_identity_list list = {.items = people->listed, .count = people->listed_count};
    return cg_identity_list_find(&list, id);
}

/* Whether no identity before `index` in the list has the same type. */
static int is_first_of_type(const struct cg_metered_people *people, size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (strcmp(people->listed[i]->type, people->listed[index]->type) == 0) {
            return 0;
        }
    }
    return 1;
}

/* A principal of this name would take the place of the system's own identity. */
static int is_reserved(const char *id) {
    return strcmp(id, CG_IDENTITY_UNALLOCATED) == 0;
}

/* Principals that are not seen in the metrics for a while are still there, so their type is complete only when all of
 * them are listed. */
static cg_status report_types(const struct cg_gather *gather, const struct cg_metered_people *people) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < people->listed_count && status == CG_OK; i++) {
        const char *type = people->listed[i]->type;
        int is_principal = strcmp(type, TYPE_PRINCIPAL) == 0;
        int is_system = strcmp(type, CG_IDENTITY_TYPE_SYSTEM) == 0;
        if (is_system || (is_principal && people->from_metrics) || !is_first_of_type(people, i)) {
            continue;
        }
        status = gather->family(gather, type, CG_OK, NULL);
    }
    return status;
}

cg_status cg_metered_people_gather(const struct cg_gather *gather, const struct cg_metered_people *people,
                                   const struct cg_text_list *principals) {
    cg_status status = CG_OK;
    int takes_list = people->from_list || principals->count == 0;
    for (size_t i = 0; i < principals->count && status == CG_OK; i++) {
        struct cg_field fields[CG_METERED_PRINCIPAL_FIELDS];
        struct cg_identity identity;
        if (is_reserved(principals->items[i]) ||
            (takes_list && cg_metered_listed(people, principals->items[i]) != NULL)) {
            continue;
        }
        cg_metered_principal(people, principals->items[i], fields, &identity);
        status = gather->identity(gather, &identity);
    }
    for (size_t i = 0; i < people->listed_count && takes_list && status == CG_OK; i++) {
        status = gather->identity(gather, people->listed[i]);
    }
    return status == CG_OK && people->from_list ? report_types(gather, people) : status;
}

/* ---- resolution ---- */

cg_status cg_metered_add_derived(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink,
                                 const struct cg_metered_people *people, const char *id) {
    struct cg_field fields[CG_METERED_PRINCIPAL_FIELDS];
    struct cg_identity made;
    id = cg_metered_id(context->host, id);
    if (id == NULL) {
        return cg_scratch_error(context->host, "a principal");
    }
    if (is_reserved(id)) {
        return CG_OK;
    }
    const struct cg_identity *identity = cg_identity_list_find(&context->tenant_period, id);
    if (identity == NULL) {
        identity = cg_metered_listed(people, id);
    }
    if (identity == NULL) {
        cg_metered_principal(people, id, fields, &made);
        identity = &made;
    }
    return sink->add_derived(sink, identity);
}

cg_status cg_metered_add_listed(const struct cg_resolution_sink *sink, const struct cg_metered_people *people) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < people->listed_count && status == CG_OK; i++) {
        status = sink->add_active(sink, people->listed[i]);
    }
    return status;
}
