/*
 * exposition.h - samples that the program serves on a /metrics page.
 *
 * An emitter that sets CG_EMITTER_EXPOSES turns rows into samples and hands them to the host, which keeps them on disk
 * and serves them: one listener per port for all tenants and entries, from the start of the program, in the text
 * formats of Prometheus and OpenMetrics. The emitter's params contain CG_EXPOSITION_OPTIONS, which tell the host where.
 *
 * Samples of an emission carry its date as their time. Those with equal labels are added up, exactly.
 *
 * Since ABI 1.3.
 */
#ifndef CHITRAGUPT_EXPOSITION_H
#define CHITRAGUPT_EXPOSITION_H

#include <chitragupt/emitter.h>
#include <chitragupt/plugin.h>

CG_BEGIN_DECLS

/** A family of gauges. Constant; lives as long as the module. */
struct cg_exposition_family {
    uint32_t struct_size;
    uint32_t label_count;      /**< 0..32 */
    const char *name;          /**< [a-zA-Z_:][a-zA-Z0-9_:]* */
    const char *help;          /**< one sentence, or "" */
    const char *const *labels; /**< names in ascending byte order: [a-zA-Z_][a-zA-Z0-9_]*, not beginning with "__" */
};

/** The samples of one entry. Opaque, owned by the module until `close`. */
struct cg_exposition;

struct cg_exposition_api {
    uint32_t struct_size;
    uint32_t reserved;

    /**
     * Opens the place of an entry. `spec` is what the emitter was created with; both live as long as the exposition.
     * Families are shown in this order. Errors: CG_INVALID (a family is not well formed), CG_PERMANENT (the folder
     * cannot be made or written), CG_NO_MEMORY. [run]
     */
    cg_status (*open)(const struct cg_host *host, const struct cg_emitter_spec *spec,
                      const struct cg_exposition_family *const *families, size_t count, struct cg_exposition **ret);

    /** Ends it; what was shown stays. NULL is fine. [run] */
    void (*close)(struct cg_exposition *exposition);

    /** Starts the samples of an emission. Errors: CG_INVALID (one is open), CG_PERMANENT, CG_NO_MEMORY. [run] */
    cg_status (*begin)(struct cg_exposition *exposition, const struct cg_emission *emission);

    /**
     * Adds a sample to family number `family`. `values` are the label values in the family's order; NULL is "".
     * `amount` is a decimal text. Errors: CG_INVALID (no decimal, no such family), CG_RANGE (a sum with too many
     * digits), CG_PERMANENT, CG_NO_MEMORY. [run]
     */
    cg_status (*sample)(struct cg_exposition *exposition, uint32_t family, const char *const *values,
                        const char *amount);

    /** Shows the samples in place of those of the emission's pipeline and date before. None: nothing is shown of it
     * any more. After an error abort is called. [run] */
    cg_status (*finish)(struct cg_exposition *exposition);

    /** Drops them; what was shown stays. [run] */
    void (*abort)(struct cg_exposition *exposition);
};

/**
 * The options by which the host knows where samples are kept and served, as initialisers of struct cg_option:
 *   port       where they are served, 1..65535
 *   address    the address of the listener
 *   directory  the folder they are kept in
 *   keep_days  how long a date is shown after it was emitted
 *   max_mib    most room in the folder, per entry and tenant; the dates that were emitted first go
 */
#define CG_EXPOSITION_OPTION(type_, key_, default_, minimum_, maximum_, help_)                          \
    {                                                                                                   \
        .struct_size = sizeof(struct cg_option), .type = (type_),                                       \
        .flags = CG_OPTION_NON_EMPTY | ((maximum_) ? CG_OPTION_MIN | CG_OPTION_MAX : 0), .key = (key_), \
        .default_text = (default_), .minimum = (minimum_), .maximum = (maximum_), .help = (help_)       \
    }
#define CG_EXPOSITION_PORT \
    CG_EXPOSITION_OPTION(CG_OPTION_INT, "port", "8000", 1, 65535, "port of the listener that serves the samples")
#define CG_EXPOSITION_ADDRESS \
    CG_EXPOSITION_OPTION(CG_OPTION_STRING, "address", "0.0.0.0", 0, 0, "address of that listener")
#define CG_EXPOSITION_DIRECTORY \
    CG_EXPOSITION_OPTION(CG_OPTION_STRING, "directory", "data/metrics", 0, 0, "folder in which the samples are kept")
#define CG_EXPOSITION_KEEP_DAYS                                      \
    CG_EXPOSITION_OPTION(CG_OPTION_INT, "keep_days", "14", 1, 36500, \
                         "days for which a date is shown after it was emitted")
#define CG_EXPOSITION_MAX_MIB                                         \
    CG_EXPOSITION_OPTION(CG_OPTION_INT, "max_mib", "512", 1, 1048576, \
                         "most room of one entry of one tenant in that folder; what was emitted first goes first")

CG_END_DECLS

#endif
