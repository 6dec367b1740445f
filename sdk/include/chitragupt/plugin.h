/*
 * plugin.h - how a shared object becomes a module of chitragupt.
 *
 * A module exports one function under the symbol name `register`, which takes nothing and returns a constant
 * registration. It allocates nothing, starts nothing and reads no configuration. `register` is a keyword of C, so the
 * function has the C name cg_plugin_register and the assembler name `register`; CG_REGISTER writes it:
 *
 *     static const struct cg_ecosystem acme = {.struct_size = sizeof acme, .create = ..., ...};
 *     CG_REGISTER(CG_KIND_ECOSYSTEM, "acme", "1.0.0", "Acme's own Kafka", &acme, acme_options, 3)
 *
 * Names match [a-z][a-z0-9_]* and have at most 63 characters. Options describe plugin_settings (ecosystems) or params
 * (emitters).
 *
 * The host refuses a module whose magic or abi_major differs, or whose structs are shorter than in ABI 1.0; it loads
 * one with a smaller or greater abi_minor (greater: only unless CG_MODULE_NEEDS_MINOR is set).
 *
 * Since ABI 1.0.
 */
#ifndef CHITRAGUPT_PLUGIN_H
#define CHITRAGUPT_PLUGIN_H

#include <chitragupt/ecosystem.h>
#include <chitragupt/emitter.h>
#include <chitragupt/sql_driver.h>

CG_BEGIN_DECLS

#define CG_ABI_MAJOR 1
#define CG_ABI_MINOR 3

/** First bytes of a registration: "CGPT". */
#define CG_MODULE_MAGIC UINT32_C(0x43475054)

#define CG_KIND_ECOSYSTEM 1u  /**< factory: struct cg_ecosystem */
#define CG_KIND_SQL_DRIVER 2u /**< factory: struct cg_sql_driver */
#define CG_KIND_EMITTER 3u    /**< factory: struct cg_emitter */
#define CG_KIND_OVERRIDES 4u  /**< no factory (NULL): only override symbols */

/** The module uses services newer than its abi_minor allows to do without: a host with a smaller minor must refuse it.
 */
#define CG_MODULE_NEEDS_MINOR 1u

/* ---- option tables ---- */

#define CG_OPTION_STRING 1u
#define CG_OPTION_INT 2u
#define CG_OPTION_BOOL 3u
#define CG_OPTION_DECIMAL 4u
#define CG_OPTION_CHOICE 5u  /**< one of `choices` */
#define CG_OPTION_MAP 6u     /**< a mapping with free keys; `element` gives the type of its values */
#define CG_OPTION_LIST 7u    /**< a list; `element` gives the type of its items */
#define CG_OPTION_SECTION 8u /**< a mapping whose members have entries of their own in the table */
#define CG_OPTION_SCALAR 9u  /**< a boolean, integer, number or string, kept as it is */
#define CG_OPTION_URL 10u    /**< https://..., or http://... to a loopback address */

#define CG_OPTION_REQUIRED 1u  /**< must be given (inside a section: when the section is given) */
#define CG_OPTION_SECRET 2u    /**< masked wherever it could be shown */
#define CG_OPTION_NON_EMPTY 4u /**< "" is refused (strings), at least one item (lists) */
#define CG_OPTION_NULLABLE 8u  /**< null is the same as absent */
#define CG_OPTION_MIN 16u      /**< `minimum` holds */
#define CG_OPTION_MAX 32u      /**< `maximum` holds */
#define CG_OPTION_LOWER 64u    /**< trimmed and lower-cased before it is checked */

/**
 * One key. `key` is its path from the settings' root: "ccloud_api.key"; "[]" stands for every item of a list
 * ("flink[].region_id"), "*" for every key of a map. Sections and lists of sections need an entry of their own before
 * their members. A table is constant and lives as long as the module.
 */
struct cg_option {
    uint32_t struct_size;
    uint32_t type;    /**< CG_OPTION_STRING... */
    uint32_t element; /**< of maps and lists: type of the values, else 0 */
    uint32_t flags;   /**< CG_OPTION_REQUIRED... */
    const char *key;
    const char *default_text; /**< as it would stand in YAML; NULL: absent when not given */
    int64_t minimum;
    int64_t maximum;
    const char *choices; /**< "a|b|c" in the order in which messages list them, else NULL */
    const char *help;    /**< one sentence */
};

/** What a module is. Constant; lives as long as the process. */
struct cg_registration {
    uint32_t magic; /**< CG_MODULE_MAGIC */
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t struct_size;
    uint32_t flags; /**< CG_MODULE_ */
    uint32_t kind;  /**< CG_KIND_ */
    uint32_t option_count;
    const char *name;
    const char *version; /**< of the module */
    const char *description;
    const char *license;                    /**< SPDX expression */
    const void *factory;                    /**< the struct of `kind` */
    const struct cg_option *const *options; /**< `option_count` pointers, or NULL */
};

/*
 * Two modules linked into one program (a unit test) would both define `register`: such a build defines CG_STATIC_MODULE
 * to a name of its own, and the function is then cg_plugin_register_<name>.
 */
#ifdef CG_STATIC_MODULE
#define CG_PASTE_(a, b) a##b
#define CG_PASTE(a, b) CG_PASTE_(a, b)
#define CG_REGISTER_FUNCTION CG_PASTE(cg_plugin_register_, CG_STATIC_MODULE)
const struct cg_registration *CG_REGISTER_FUNCTION(void);
#else
#define CG_REGISTER_FUNCTION cg_plugin_register
CG_EXPORT const struct cg_registration *cg_plugin_register(void) __asm__("register");
#endif

/** Defines the registration and the function that returns it. `factory_` NULL with CG_KIND_OVERRIDES. */
#define CG_REGISTER(kind_, name_, version_, description_, factory_, options_, option_count_) \
    static const struct cg_registration cg_registration_ = {CG_MODULE_MAGIC,                 \
                                                            CG_ABI_MAJOR,                    \
                                                            CG_ABI_MINOR,                    \
                                                            sizeof(struct cg_registration),  \
                                                            0,                               \
                                                            (kind_),                         \
                                                            (option_count_),                 \
                                                            (name_),                         \
                                                            (version_),                      \
                                                            (description_),                  \
                                                            "Apache-2.0",                    \
                                                            (factory_),                      \
                                                            (options_)};                     \
    const struct cg_registration *CG_REGISTER_FUNCTION(void) {                               \
        return &cg_registration_;                                                            \
    }

/** Fills the header of an override descriptor. */
#define CG_OVERRIDE_HEADER(type_, kind_) \
    { sizeof(type_), CG_OVERRIDE_MAGIC, (kind_), CG_ABI_MAJOR, CG_ABI_MINOR }

/** Defines and exports an allocator override under the given symbol name. */
#define CG_ALLOCATOR(symbol_, description_, function_, data_)                                            \
    CG_EXPORT extern const struct cg_allocator symbol_;                                                  \
    const struct cg_allocator symbol_ = {CG_OVERRIDE_HEADER(struct cg_allocator, CG_OVERRIDE_ALLOCATOR), \
                                         (description_), (function_), (data_)};

/** Defines and exports an identity resolver override under the given symbol name. */
#define CG_IDENTITY_RESOLVER(symbol_, description_, function_, data_)                                                \
    CG_EXPORT extern const struct cg_identity_resolver symbol_;                                                      \
    const struct cg_identity_resolver symbol_ = {                                                                    \
        CG_OVERRIDE_HEADER(struct cg_identity_resolver, CG_OVERRIDE_IDENTITY_RESOLVER), (description_), (function_), \
        (data_)};

CG_END_DECLS

#endif
