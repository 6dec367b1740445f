/*
 * modules.h - finding shared objects, loading those that keep the contract, and looking things up in them.
 *
 * A set of modules is made once, at start-up, on the main thread and before any other thread calls into this room: the
 * library behind it keeps process-wide state. Afterwards a set never changes and may be read from any thread.
 */
#ifndef CG_MODULE_MODULES_H
#define CG_MODULE_MODULES_H

#include <chitragupt/plugin.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"

/** A set of modules, loaded and refused. Opaque. */
struct cg_modules;

/** One override descriptor that a module exports. */
struct cg_module_override {
    const char *symbol;
    uint32_t kind;           /**< CG_OVERRIDE_ */
    const char *description; /**< one line, "" when there is none */
    const void *descriptor;  /**< struct cg_allocator or struct cg_identity_resolver; valid until the process ends */
};

/** One file found. Strings live as long as the set, unless said otherwise. */
struct cg_module {
    const char *path; /**< absolute */
    const char *file_name;
    int32_t loaded;     /**< 0: refused, or replaced by a module of the same name */
    const char *reason; /**< when not loaded: one sentence: file, what was expected, what was found, what to do */
    int32_t bundled;    /**< it came with the program; 0: from plugins_path or by name */

    /* What the module says about itself: name, version and the rest are NULL or 0 when it was refused before they were
     * read. Control characters and bytes that are no UTF-8 are '?'; texts longer than 63 (version) and 255 (others)
     * bytes are cut and end in "...". */
    const char *name;
    const char *version;
    const char *description;
    const char *license;
    uint32_t kind; /**< CG_KIND_ */
    uint16_t abi_major;
    uint16_t abi_minor;

    /** The host's own copy, zero beyond what the module knew, its factory likewise; valid until the process ends. */
    const struct cg_registration *registration;
    const struct cg_module_override *overrides; /**< by symbol, in byte order */
    size_t override_count;
    const char *build_id; /**< GNU build id in hex, or the SHA-256 of the file when there is none; NULL when refused */
};

/** Where to look, and how. */
struct cg_modules_options {
    const char *bundled_dir;   /**< or NULL */
    const char *plugins_path;  /**< a directory, relative to the working directory or absolute; NULL or "": none */
    const char *probe_program; /**< run as `PROGRAM plugins probe FILE` before a file is loaded; NULL: no probing */
    int64_t probe_timeout_us;  /**< a probe that takes longer is killed; 0: 10 seconds */
    const struct cg_log *log;  /**< what was loaded, replaced and refused; NULL: say nothing */
};

/**
 * Looks for modules in both directories and loads those that may be loaded: `*.so` and `NAME/NAME.so`, in byte order of
 * their names, without those that begin with "_" or ".". A file that is refused is part of the set and one warning; a
 * directory that does not exist is one warning. Errors: CG_RANGE (thousands of files), CG_NO_MEMORY.
 */
cg_status cg_modules_scan(const struct cg_modules_options *options, struct cg_modules **ret, struct cg_error *error);

/**
 * Loads exactly these files (absolute paths) in this order, without probing them: for a worker process, whose parent
 * has probed them. A file that is refused (it was replaced meanwhile) is part of the set and one warning; it matters
 * only to those who need it. Errors: CG_RANGE, CG_NO_MEMORY.
 */
cg_status cg_modules_open(const char *const *paths, size_t count, const struct cg_log *log, struct cg_modules **ret,
                          struct cg_error *error);

/** Ends a set. The code of its modules stays mapped until the process ends. NULL is fine. */
void cg_modules_free(struct cg_modules *modules);

/** Number of files found, refused ones included. */
size_t cg_modules_count(const struct cg_modules *modules);

/** Number of files that were refused; one whose place another module took is none of them. */
size_t cg_modules_refused(const struct cg_modules *modules);

/** The file at `index`: bundled ones first. NULL beyond the end. */
const struct cg_module *cg_modules_at(const struct cg_modules *modules, size_t index);

/** The loaded module of this kind and name, or NULL. */
const struct cg_module *cg_modules_find(const struct cg_modules *modules, uint32_t kind, const char *name);

/** The loaded SQL driver that serves a URL scheme ("sqlite"), or NULL; of several the last, so plugins_path wins. */
const struct cg_module *cg_modules_find_sql_driver(const struct cg_modules *modules, const char *scheme);

/** Appends the names of the loaded modules of a kind, sorted: "a, b, c"; "none" when there is none. */
cg_status cg_modules_names(const struct cg_modules *modules, uint32_t kind, struct cg_buf *out);

/**
 * Finds the override that a tenant's settings name. `spec` is "symbol" or "module:symbol". A bare symbol is looked up
 * in the module `ecosystem_module` (or NULL) first, then in the others, where it must be unique. Errors: CG_INVALID
 * with a sentence that says what is wrong with `spec` and what can be written in its place.
 */
cg_status cg_modules_find_override(const struct cg_modules *modules, const char *ecosystem_module,
                                   uint32_t override_kind, const char *spec, const void **ret_descriptor,
                                   const struct cg_module **ret_module, struct cg_error *error);

/** "ecosystem", "sql driver", "emitter", "overrides", or "unknown kind". */
const char *cg_module_kind_name(uint32_t kind);

#endif
