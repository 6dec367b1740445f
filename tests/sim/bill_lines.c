/* What a day costs: a table of products, and which of them each resource uses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bill.h"
#include "history.h"

struct product {
    const char *line_type;
    const char *product;
    const char *unit;
    int64_t price; /* mantissa */
    unsigned price_scale;
    int64_t least; /* daily quantity in thousandths: least .. least + spread */
    int64_t spread;
};

static const struct product p_cku = {"KAFKA_NUM_CKU", "KAFKA", "CKU-hour", 22345, 4, 24000, 0};
static const struct product p_ckus = {"KAFKA_NUM_CKUS", "KAFKA", "CKU-hour", 22345, 4, 24000, 0};
static const struct product p_base = {"KAFKA_BASE", "KAFKA", "Hour", 385, 3, 24000, 0};
static const struct product p_read = {"KAFKA_NETWORK_READ", "KAFKA", "GB", 50, 3, 2000, 900000};
static const struct product p_write = {"KAFKA_NETWORK_WRITE", "KAFKA", "GB", 50, 3, 1000, 400000};
static const struct product p_storage = {"KAFKA_STORAGE", "KAFKA", "GB-hour", 109589, 9, 50000, 90000000};
static const struct product p_partition = {"KAFKA_PARTITION", "KAFKA", "Partition-hour", 15, 4, 120000, 9000000};
static const struct product p_partition_free = {"KAFKA_PARTITION", "KAFKA", "Partition-hour", 0, 0, 24000, 200000};
static const struct product p_rest = {"KAFKA_REST_PRODUCE", "KAFKA", "GB", 8, 2, 100, 5000};
static const struct product p_streams = {"KAFKA_STREAMS", "KAFKA", "Hour", 125, 3, 24000, 0};
static const struct product p_registry = {"SCHEMA_REGISTRY", "STREAM_GOVERNANCE", "Schema-hour", 2, 3, 24000, 9000000};
static const struct product p_governance = {"GOVERNANCE_BASE", "STREAM_GOVERNANCE", "Hour", 137, 2, 24000, 0};
static const struct product p_rules = {"NUM_RULES", "STREAM_GOVERNANCE", "Rule-hour", 2, 2, 0, 96000};
static const struct product p_capacity = {"CONNECT_CAPACITY", "CONNECT", "Hour", 5, 3, 24000, 0};
static const struct product p_tasks = {"CONNECT_NUM_TASKS", "CONNECT", "Task-hour", 34722, 6, 24000, 72000};
static const struct product p_throughput = {"CONNECT_THROUGHPUT", "CONNECT", "GB", 25, 3, 50, 90000};
static const struct product p_plugin = {"CUSTOM_CONNECT_PLUGIN", "CONNECT", "Hour", 1, 1, 24000, 0};
static const struct product p_custom_tasks = {"CUSTOM_CONNECT_NUM_TASKS", "CONNECT", "Task-hour", 3, 2, 24000, 24000};
static const struct product p_custom_throughput = {"CUSTOM_CONNECT_THROUGHPUT", "CONNECT", "GB", 2, 2, 10, 40000};
static const struct product p_csu = {"KSQL_NUM_CSU", "KSQL", "CSU-hour", 23, 2, 24000, 0};
static const struct product p_csus = {"KSQL_NUM_CSUS", "KSQL", "CSU-hour", 23, 2, 24000, 0};
static const struct product p_cfu = {"FLINK_NUM_CFU", "FLINK", "CFU-minute", 35, 4, 60000, 9000000};
static const struct product p_cfus = {"FLINK_NUM_CFUS", "FLINK", "CFU-minute", 35, 4, 60000, 9000000};
static const struct product p_flow_data = {"TABLEFLOW_DATA_PROCESSED", "TABLEFLOW", "GB", 4, 2, 100, 80000};
static const struct product p_flow_topics = {"TABLEFLOW_NUM_TOPICS", "TABLEFLOW", "Topic-hour", 1, 1, 24000, 48000};
static const struct product p_flow_storage = {"TABLEFLOW_STORAGE", "TABLEFLOW", "GB-hour", 54795, 9, 9000, 9000000};
static const struct product p_link = {"CLUSTER_LINKING_PER_LINK", "CLUSTER_LINK", "Hour", 25, 2, 24000, 0};
static const struct product p_link_read = {"CLUSTER_LINKING_READ", "CLUSTER_LINK", "GB", 3, 2, 100, 70000};
static const struct product p_link_write = {"CLUSTER_LINKING_WRITE", "CLUSTER_LINK", "GB", 3, 2, 100, 70000};
static const struct product p_audit = {"AUDIT_LOG_READ", "AUDIT_LOG", "GB", 50, 3, 10, 9000};
static const struct product p_support = {"SUPPORT", "SUPPORT_CLOUD_BUSINESS", "Day", 328767123, 7, 1000, 0};
static const struct product p_promo = {"PROMO_CREDIT", "PROMO_CREDIT", "Credit", -25, 1, 1000, 9000};

/* Whom a line is billed to. */
struct target {
    const char *id;
    const char *name;
    const char *environment;
    size_t index; /* keeps the numbers of different targets apart */
};

struct maker {
    const struct cg_sim_scenario *scenario;
    struct cg_sim_day_sheet *sheet;
    int64_t day;
    bool failed;
};

struct cg_sim_line *cg_sim_sheet_add(struct cg_sim_day_sheet *sheet) {
    if (sheet->count == sheet->cap) {
        size_t cap = sheet->cap == 0 ? 64 : sheet->cap * 2;
        struct cg_sim_line *lines = realloc(sheet->lines, cap * sizeof(*lines));
        if (lines == NULL) {
            return NULL;
        }
        sheet->lines = lines;
        sheet->cap = cap;
    }
    struct cg_sim_line *line = &sheet->lines[sheet->count++];
    *line = (struct cg_sim_line){0};
    return line;
}

/* The shortest decimal text of the double `price * quantity`, as an exact amount; false when it is out of range. */
static bool double_amount(const struct cg_sim_line *line, cg_sim_units *ret_amount) {
    double value = (double)line->price.mantissa * (double)line->quantity.mantissa;
    for (unsigned i = 0; i < line->price.scale + line->quantity.scale; i++) {
        value /= 10.0;
    }
    if (value < 0.1 || value >= 1e6) {
        return false;
    }
    for (int digits = 15; digits <= 17; digits++) {
        char text[40];
        int len = snprintf(text, sizeof(text), "%.*g", digits, value);
        double back = 0.0;
        if (len > 0 && sscanf(text, "%lf", &back) == 1 && back == value) {
            return cg_sim_units_parse(text, ret_amount);
        }
    }
    return false;
}

/* Decides how the amount is written, and gives some lines amounts that only such a form can carry. */
static void amount_shape(struct cg_sim_line *line, uint64_t hash) {
    unsigned turn = (unsigned)(hash % 20);
    if (turn == 19 && line->price.mantissa != 0) {
        /* eighteen decimals: both factors get nine */
        for (; line->price.scale < 9; line->price.scale++) {
            line->price.mantissa *= 10;
        }
        for (; line->quantity.scale < 9; line->quantity.scale++) {
            line->quantity.mantissa *= 10;
        }
        line->price.mantissa += (int64_t)(hash >> 8) % 1000 * (line->price.mantissa < 0 ? -1 : 1);
        line->quantity.mantissa += (int64_t)((hash >> 24) % 1000000) + 1;
    }
    line->original =
        cg_sim_units_product(line->price.mantissa, line->price.scale, line->quantity.mantissa, line->quantity.scale);
    if ((hash >> 40) % 9 == 0) {
        line->discount = line->original / 10;
    }
    line->amount = line->original - line->discount;
    line->form = CG_SIM_FORM_NUMBER;
    if (turn >= 12 && turn <= 14) {
        line->form = CG_SIM_FORM_STRING;
    } else if (turn == 15) {
        line->form = CG_SIM_FORM_PADDED;
    } else if (turn == 16) {
        line->form = CG_SIM_FORM_EXPONENT;
    } else if ((turn == 17 || turn == 18) && double_amount(line, &line->amount)) {
        line->form = CG_SIM_FORM_DOUBLE;
        line->original = line->amount;
        line->discount = 0;
    }
}

/* Prices may differ by tier; `quantity_factor` multiplies the drawn quantity (CKUs, CSUs). */
static void line_add(struct maker *maker, const struct product *product, const struct target *target,
                     int64_t quantity_factor, unsigned tier) {
    struct cg_sim_line *line = maker->failed ? NULL : cg_sim_sheet_add(maker->sheet);
    if (line == NULL) {
        maker->failed = true;
        return;
    }
    uint64_t chain = cg_sim_hash(maker->scenario->seed, (uint64_t)maker->day);
    chain = cg_sim_hash_string(chain, product->line_type);
    chain = cg_sim_hash(cg_sim_hash(chain, target->index), tier);
    line->id = chain;
    line->product = product->product;
    line->line_type = product->line_type;
    line->unit = product->unit;
    line->price = (struct cg_sim_scaled){product->price, product->price_scale};
    if (tier > 0) {
        /* the second and third tier cost 7/10 and 4/10 */
        line->price = (struct cg_sim_scaled){product->price * (10 - 3 * (int64_t)tier), product->price_scale + 1};
    }
    int64_t quantity = product->least;
    if (product->spread > 0) {
        /* Every target has its own size, and days differ by less than half of it; weekends are quieter. */
        uint64_t size = cg_sim_hash(cg_sim_hash_string(maker->scenario->seed, product->line_type), target->index);
        int64_t usual = product->spread / 50 + (int64_t)(size % (uint64_t)product->spread);
        quantity += usual * (int64_t)(600 + cg_sim_hash(chain, 1) % 400) / 1000;
        quantity = cg_sim_day_weekday(maker->day) >= 5 ? quantity / 3 : quantity;
    }
    line->quantity = (struct cg_sim_scaled){quantity * quantity_factor, 3};
    amount_shape(line, cg_sim_hash(chain, 2));
    line->shape = target->id == NULL ? CG_SIM_RESOURCE_ABSENT : CG_SIM_RESOURCE_FULL;
    line->resource_id = target->id;
    line->resource_name = target->name;
    line->environment_id = target->environment;
}

static struct target target_make(const struct cg_sim_scenario *s, const struct cg_sim_entity *entity,
                                 size_t environment, size_t index) {
    return (struct target){entity->id, entity->name, s->environments[environment].id, index};
}

static void cluster_lines(struct maker *maker, size_t index) {
    const struct cg_sim_scenario *s = maker->scenario;
    const struct cg_sim_cluster *cluster = &s->clusters[index];
    struct target target = target_make(s, &cluster->entity, cluster->environment, index);
    if (cluster->cku > 0) {
        line_add(maker, index % 5 == 3 ? &p_ckus : &p_cku, &target, cluster->cku, 0);
    } else {
        line_add(maker, &p_base, &target, 1, 0);
    }
    unsigned tiers = index % 3 == 1 ? 3 : index % 3 == 2 ? 2 : 1;
    for (unsigned tier = 0; tier < tiers; tier++) {
        line_add(maker, &p_read, &target, 1, tier);
    }
    line_add(maker, &p_write, &target, 1, 0);
    line_add(maker, &p_storage, &target, 1, 0);
    line_add(maker, cluster->cku == 0 && index % 2 == 0 ? &p_partition_free : &p_partition, &target, 1, 0);
    if (s->plain) {
        return;
    }
    if (index % 4 == 1) {
        line_add(maker, &p_streams, &target, 1, 0);
        line_add(maker, &p_rest, &target, 1, 0);
    } else if (index % 4 == 2) {
        line_add(maker, &p_link, &target, 1, 0);
        line_add(maker, &p_link_read, &target, 1, 0);
        line_add(maker, &p_link_write, &target, 1, 0);
    } else if (index % 4 == 3) {
        line_add(maker, &p_flow_data, &target, 1, 0);
        line_add(maker, &p_flow_topics, &target, 1, 0);
        line_add(maker, &p_flow_storage, &target, 1, 0);
    }
}

static void registry_lines(struct maker *maker, size_t index) {
    const struct cg_sim_scenario *s = maker->scenario;
    struct target target = target_make(s, &s->registries[index].entity, s->registries[index].environment, index);
    line_add(maker, &p_registry, &target, 1, 0);
    if (!s->plain) {
        line_add(maker, &p_governance, &target, 1, 0);
        line_add(maker, &p_rules, &target, 1, 0);
    }
}

static void connector_lines(struct maker *maker, size_t index) {
    const struct cg_sim_scenario *s = maker->scenario;
    const struct cg_sim_connector *connector = &s->connectors[index];
    struct target target = target_make(s, &connector->entity, s->clusters[connector->cluster].environment, index);
    if (connector->without_id) {
        target.id = connector->entity.name;
    }
    line_add(maker, connector->custom ? &p_plugin : &p_capacity, &target, 1, 0);
    line_add(maker, connector->custom ? &p_custom_tasks : &p_tasks, &target, 1, 0);
    line_add(maker, connector->custom ? &p_custom_throughput : &p_throughput, &target, 1, 0);
}

/* Costs of the whole organization: no resource, or one that says nothing. */
static void organization_lines(struct maker *maker) {
    struct target nobody = {NULL, NULL, NULL, 0};
    line_add(maker, &p_support, &nobody, 1, 0);
    line_add(maker, &p_audit, &nobody, 1, 0);
    if (!maker->failed) {
        static const enum cg_sim_resource_shape shapes[] = {CG_SIM_RESOURCE_WITHOUT_ID, CG_SIM_RESOURCE_NULL_ID,
                                                            CG_SIM_RESOURCE_EMPTY_ID};
        maker->sheet->lines[maker->sheet->count - 1].shape = shapes[maker->day % 3];
    }
    if (maker->day % 3 == 0) {
        line_add(maker, &p_promo, &nobody, 1, 0);
    }
}

bool cg_sim_lines_make(const struct cg_sim_scenario *scenario, int64_t day, struct cg_sim_day_sheet *sheet) {
    struct maker maker = {.scenario = scenario, .sheet = sheet, .day = day};
    for (size_t i = 0; i < scenario->cluster_count; i++) {
        if (cg_sim_entity_lives_on(&scenario->clusters[i].entity, day)) {
            cluster_lines(&maker, i);
        }
    }
    for (size_t i = 0; i < scenario->registry_count; i++) {
        if (cg_sim_entity_lives_on(&scenario->registries[i].entity, day)) {
            registry_lines(&maker, i);
        }
    }
    for (size_t i = 0; i < scenario->connector_count; i++) {
        if (cg_sim_entity_lives_on(&scenario->connectors[i].entity, day)) {
            connector_lines(&maker, i);
        }
    }
    for (size_t i = 0; i < scenario->ksql_count; i++) {
        const struct cg_sim_ksql *ksql = &scenario->ksqls[i];
        struct target target = target_make(scenario, &ksql->entity, scenario->clusters[ksql->cluster].environment, i);
        if (cg_sim_entity_lives_on(&ksql->entity, day)) {
            line_add(&maker, i % 2 == 0 ? &p_csu : &p_csus, &target, ksql->csu, 0);
        }
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        struct target target = target_make(scenario, &scenario->pools[i].entity, scenario->pools[i].environment, i);
        if (cg_sim_entity_lives_on(&scenario->pools[i].entity, day)) {
            line_add(&maker, i % 4 == 3 ? &p_cfus : &p_cfu, &target, 1, 0);
        }
    }
    if (!scenario->plain) {
        organization_lines(&maker);
    }
    return !maker.failed;
}
