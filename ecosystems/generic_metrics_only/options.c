#include "options.h"

#define OPTION(key_, type_, ...)                                                             \
    &(const struct cg_option) {                                                              \
        .struct_size = sizeof(struct cg_option), .key = (key_), .type = (type_), __VA_ARGS__ \
    }
#define ABSENT_TEXT(key_, help_) OPTION(key_, CG_OPTION_STRING, .flags = CG_OPTION_NULLABLE, .help = (help_))
#define REQUIRED_TEXT(key_, help_) \
    OPTION(key_, CG_OPTION_STRING, .flags = CG_OPTION_REQUIRED | CG_OPTION_NON_EMPTY, .help = (help_))

#define LISTED "identity_source.static_identities"

const struct cg_option *const generic_options[GENERIC_OPTION_COUNT] = {
    REQUIRED_TEXT("cluster_id", "Name of what is measured; resource of every billing line."),
    ABSENT_TEXT("display_name", "Its name for people; cluster_id when not given."),

    OPTION("identity_source", CG_OPTION_SECTION, .help = "Who can be charged."),
    OPTION("identity_source.source", CG_OPTION_CHOICE, .default_text = "prometheus",
           .choices = "prometheus|static|both", .help = "What a query finds, the list below, or both."),
    OPTION("identity_source.label", CG_OPTION_STRING, .default_text = "principal",
           .help = "Label that holds the identity."),
    ABSENT_TEXT("identity_source.discovery_query", "PromQL whose series carry that label."),
    OPTION("identity_source.principal_to_team", CG_OPTION_MAP, .element = CG_OPTION_STRING, .default_text = "{}",
           .help = "Team of each identity that the query finds."),
    OPTION("identity_source.default_team", CG_OPTION_STRING, .default_text = "UNASSIGNED",
           .help = "Team of the others."),
    OPTION(LISTED, CG_OPTION_LIST, .element = CG_OPTION_SECTION, .default_text = "[]",
           .help = "Identities that no metric has to show."),
    REQUIRED_TEXT(LISTED "[].identity_id", "Id of the identity."),
    REQUIRED_TEXT(LISTED "[].identity_type", "Type, for example team or service_account."),
    ABSENT_TEXT(LISTED "[].display_name", "Name for people; the id when not given."),
    ABSENT_TEXT(LISTED "[].team", "Team it belongs to."),

    OPTION("cost_types", CG_OPTION_LIST, .element = CG_OPTION_SECTION,
           .flags = CG_OPTION_REQUIRED | CG_OPTION_NON_EMPTY,
           .help = "What is paid for: one billing line a day for each."),
    REQUIRED_TEXT("cost_types[].name", "Product type; each name once."),
    REQUIRED_TEXT("cost_types[].product_category", "Category the product belongs to."),
    OPTION("cost_types[].rate", CG_OPTION_DECIMAL, .flags = CG_OPTION_REQUIRED,
           .help = "Price of one unit: an hour, a GiB-hour or a GiB."),
    OPTION("cost_types[].cost_quantity", CG_OPTION_SECTION, .flags = CG_OPTION_REQUIRED, .help = "How much of it."),
    OPTION("cost_types[].cost_quantity.type", CG_OPTION_STRING, .flags = CG_OPTION_NULLABLE,
           .help = "fixed: count x hours; storage_gib: mean GiB x hours; network_gib: GiB."),
    OPTION("cost_types[].cost_quantity.count", CG_OPTION_INT, .flags = CG_OPTION_NULLABLE,
           .help = "Of fixed: how many; above 0."),
    ABSENT_TEXT("cost_types[].cost_quantity.query", "Of the others: PromQL that measures bytes."),
    OPTION("cost_types[].allocation_strategy", CG_OPTION_CHOICE, .flags = CG_OPTION_REQUIRED,
           .choices = "even_split|usage_ratio", .help = "Equal shares, or by use."),
    ABSENT_TEXT("cost_types[].allocation_query", "Of usage_ratio: PromQL that measures use."),
    ABSENT_TEXT("cost_types[].allocation_label", "Of usage_ratio: label that holds the identity."),
};
