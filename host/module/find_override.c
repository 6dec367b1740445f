/* From the name in a tenant's settings to an override descriptor. */
#include <string.h>

#include "module/contract.h"
#include "module/set.h"

/* The longest symbol; an ELF name may be longer, a name in a configuration need not be. */
#define SYMBOL_SIZE 256u
/* Room for a list of candidates inside a sentence. */
#define LIST_SIZE 700u

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS "0123456789"

/* What a kind of override is called. */
struct words {
    const char *article; /* "an allocator" */
    const char *plural;
    const char *key; /* of the settings */
    const char *type;
    const char *macro;
};

static const struct words allocator_words = {"an allocator", "allocators", "allocator_overrides", "struct cg_allocator",
                                             "CG_ALLOCATOR"};
static const struct words resolver_words = {"an identity resolver", "identity resolvers",
                                            "identity_resolution_overrides", "struct cg_identity_resolver",
                                            "CG_IDENTITY_RESOLVER"};

static const struct words *words_of(uint32_t kind) {
    return kind == CG_OVERRIDE_IDENTITY_RESOLVER ? &resolver_words : &allocator_words;
}

/* A name taken apart, and what it is asked for. */
struct request {
    const struct cg_modules *modules;
    const char *spec;
    const struct words *words;
    uint32_t kind;
    char module[CG_MODULE_NAME_SIZE]; /* "" when not pinned */
    char symbol[SYMBOL_SIZE];
};

/* What was found. */
struct match {
    const struct cg_module *module;
    const struct cg_module_override *override;
};

static cg_status refuse_python(const struct request *request, struct cg_error *error) {
    const char *name = request->spec;
    for (const char *at = name; *at; at++)
        if ((*at == '.' || *at == ':') && at[1])
            name = at + 1;
    const struct words *words = request->words;
    return cg_error_set(error, CG_INVALID,
                        "'%s' is a Python path; chitragupt loads compiled overrides: export a `const %s` with "
                        "%s(%s, ...) from a shared object in plugins_path and write its symbol name, e.g. `%s` or "
                        "`module:%s`",
                        request->spec, words->type, words->macro, name, name, name);
}

/* Cuts `spec` into module and symbol. */
static cg_status take_apart(struct request *request, struct cg_error *error) {
    const char *spec = request->spec;
    const struct words *words = request->words;
    if (!spec || !spec[0])
        return cg_error_set(
            error, CG_INVALID,
            "the name of the override is empty; write the symbol of an exported `const %s`, as `symbol` "
            "or `module:symbol`",
            words->type);
    size_t length = strlen(spec);
    if (strchr(spec, '.') && strspn(spec, LETTERS DIGITS ".:") == length)
        return refuse_python(request, error);
    const char *colon = strchr(spec, ':');
    const char *symbol = colon ? colon + 1 : spec;
    size_t module_length = colon ? (size_t)(colon - spec) : 0;
    size_t symbol_length = strlen(symbol);
    if (symbol_length == 0 || symbol_length >= SYMBOL_SIZE || strspn(symbol, LETTERS DIGITS) != symbol_length ||
        strspn(symbol, LETTERS) == 0 || module_length >= CG_MODULE_NAME_SIZE || (colon && module_length == 0))
        return cg_error_set(error, CG_INVALID,
                            "'%.300s' is neither `symbol` nor `module:symbol`, where the symbol is the C name of an "
                            "exported `const %s`",
                            spec, words->type);
    memcpy(request->module, spec, module_length);
    memcpy(request->symbol, symbol, symbol_length);
    return CG_OK;
}

static const struct cg_module_override *find_in(const struct cg_module *module, const char *symbol) {
    for (size_t i = 0; i < module->override_count; i++)
        if (strcmp(module->overrides[i].symbol, symbol) == 0)
            return &module->overrides[i];
    return NULL;
}

/* The loaded module that follows `previous` (NULL: none) in the order of names; files decide between equal names. */
static const struct cg_module *next_by_name(const struct cg_modules *modules, const struct cg_module *previous) {
    const struct cg_module *best = NULL;
    for (size_t i = 0; i < modules->count; i++) {
        const struct cg_module *module = &modules->entries[i]->module;
        if (!module->loaded)
            continue;
        int order = previous ? strcmp(module->name, previous->name) : 1;
        if (order < 0 || (order == 0 && strcmp(module->path, previous->path) <= 0))
            continue;
        order = best ? strcmp(module->name, best->name) : -1;
        if (order < 0 || (order == 0 && strcmp(module->path, best->path) < 0))
            best = module;
    }
    return best;
}

/*
 * Counts the overrides that fit; `wanted` NULL or "" means every symbol, `pinned` NULL or "" every module. The first
 * one goes to `first`, all of them as "module:symbol, ..." to `list`; each of the two may be NULL.
 */
static size_t collect(const struct request *request, const char *pinned, const char *wanted, uint32_t kind,
                      struct match *first, struct cg_buf *list) {
    size_t count = 0;
    const struct cg_module *module = NULL;
    while ((module = next_by_name(request->modules, module))) {
        if (pinned && pinned[0] && strcmp(module->name, pinned) != 0)
            continue;
        for (size_t i = 0; i < module->override_count; i++) {
            const struct cg_module_override *override = &module->overrides[i];
            if (override->kind != kind || (wanted && wanted[0] && strcmp(override->symbol, wanted) != 0))
                continue;
            if (first && count == 0)
                *first = (struct match){.module = module, .override = override};
            if (list && list->status == CG_OK)
                cg_buf_printf(list, "%s%s:%s", count > 0 ? ", " : "", module->name, override->symbol);
            count++;
        }
    }
    return count;
}

/* "; the allocators there are: a:b, c:d" and how many files were refused. */
static void append_candidates(const struct request *request, struct cg_buf *out) {
    struct cg_buf list;
    cg_buf_init(&list, LIST_SIZE);
    size_t count = collect(request, NULL, NULL, request->kind, NULL, &list);
    if (count == 0)
        cg_buf_printf(out, "; there are no %s at all", request->words->plural);
    else if (list.status == CG_OK)
        cg_buf_printf(out, "; the %s there are: %s", request->words->plural, cg_buf_text(&list));
    else
        cg_buf_printf(out, "; there are %zu %s, 'chitragupt plugins' lists them", count, request->words->plural);
    cg_buf_done(&list);
    size_t refused = cg_modules_refused(request->modules);
    if (refused > 0)
        cg_buf_printf(out, " (%zu module%s refused: 'chitragupt plugins' says why)", refused,
                      refused == 1 ? " was" : "s were");
}

/* Ends a sentence with the candidates and makes it the error. */
static cg_status refuse_with_candidates(const struct request *request, struct cg_buf *text, struct cg_error *error) {
    append_candidates(request, text);
    cg_status status =
        text->status == CG_OK ? cg_error_set(error, CG_INVALID, "%s", cg_buf_text(text)) : cg_error_no_memory(error);
    cg_buf_done(text);
    return status;
}

static cg_status refuse_module(const struct request *request, struct cg_error *error) {
    struct cg_buf text;
    cg_buf_init(&text, 4096);
    cg_buf_printf(&text,
                  "'%s' names the module '%s', but no module of that name is loaded; `module:symbol` means an exported "
                  "symbol of a shared object, not a Python module",
                  request->spec, request->module);
    return refuse_with_candidates(request, &text, error);
}

static cg_status refuse_kind(const struct request *request, const struct match *other, struct cg_error *error) {
    const struct words *words = words_of(other->override->kind);
    struct cg_buf text;
    cg_buf_init(&text, 4096);
    cg_buf_printf(&text, "'%s' of the module '%s' is %s, which belongs under %s; %s needs %s", other->override->symbol,
                  other->module->name, words->article, words->key, request->words->key, request->words->article);
    return refuse_with_candidates(request, &text, error);
}

static cg_status refuse_symbol(const struct request *request, struct cg_error *error) {
    uint32_t other_kind =
        request->kind == CG_OVERRIDE_ALLOCATOR ? CG_OVERRIDE_IDENTITY_RESOLVER : CG_OVERRIDE_ALLOCATOR;
    struct match other = {0};
    if (collect(request, request->module, request->symbol, other_kind, &other, NULL) > 0)
        return refuse_kind(request, &other, error);
    struct cg_buf text;
    cg_buf_init(&text, 4096);
    if (request->module[0])
        cg_buf_printf(&text, "the module '%s' exports no %s '%s'", request->module,
                      strchr(request->words->article, ' ') + 1, request->symbol);
    else
        cg_buf_printf(&text, "no loaded module exports %s '%s'", request->words->article, request->symbol);
    return refuse_with_candidates(request, &text, error);
}

/* A name stands once for a kind only, so modules of two kinds may share the one that is pinned. */
static cg_status refuse_pinned(const struct request *request, size_t count, struct cg_error *error) {
    struct cg_buf list;
    cg_buf_init(&list, LIST_SIZE);
    const struct cg_module *module = NULL;
    while ((module = next_by_name(request->modules, module))) {
        const struct cg_module_override *override =
            strcmp(module->name, request->module) == 0 ? find_in(module, request->symbol) : NULL;
        if (override && override->kind == request->kind)
            cg_buf_printf(&list, "%s'%s'", list.length ? ", " : "", module->path);
    }
    cg_error_set(error, CG_INVALID,
                 "the module name '%s' is used by %zu modules that export '%s': %s; give one of them another name in "
                 "CG_REGISTER",
                 request->module, count, request->symbol,
                 list.status == CG_OK ? cg_buf_text(&list) : "'chitragupt plugins' lists them");
    cg_buf_done(&list);
    return CG_INVALID;
}

static cg_status refuse_ambiguous(const struct request *request, size_t count, struct cg_error *error) {
    if (request->module[0])
        return refuse_pinned(request, count, error);
    struct cg_buf list;
    cg_buf_init(&list, LIST_SIZE);
    collect(request, NULL, request->symbol, request->kind, NULL, &list);
    cg_error_set(error, CG_INVALID, "'%s' is exported by %zu modules; pin one with `module:symbol`: %s",
                 request->symbol, count, list.status == CG_OK ? cg_buf_text(&list) : "'chitragupt plugins' lists them");
    cg_buf_done(&list);
    return CG_INVALID;
}

static int32_t has_module(const struct cg_modules *modules, const char *name) {
    const struct cg_module *module = NULL;
    while ((module = next_by_name(modules, module)))
        if (strcmp(module->name, name) == 0)
            return 1;
    return 0;
}

/* The override in the ecosystem's own module. */
static int32_t find_own(const struct request *request, const char *ecosystem_module, struct match *match) {
    const struct cg_module *module =
        ecosystem_module ? cg_modules_find(request->modules, CG_KIND_ECOSYSTEM, ecosystem_module) : NULL;
    const struct cg_module_override *override = module ? find_in(module, request->symbol) : NULL;
    if (!override || override->kind != request->kind)
        return 0;
    *match = (struct match){.module = module, .override = override};
    return 1;
}

cg_status cg_modules_find_override(const struct cg_modules *modules, const char *ecosystem_module,
                                   uint32_t override_kind, const char *spec, const void **ret_descriptor,
                                   const struct cg_module **ret_module, struct cg_error *error) {
    struct request request = {
        .modules = modules, .spec = spec, .words = words_of(override_kind), .kind = override_kind};
    cg_status status = take_apart(&request, error);
    if (status != CG_OK)
        return status;
    struct match match = {0};
    if (request.module[0] && !has_module(modules, request.module))
        return refuse_module(&request, error);
    if (request.module[0] || !find_own(&request, ecosystem_module, &match)) {
        size_t count = collect(&request, request.module, request.symbol, request.kind, &match, NULL);
        if (count == 0)
            return refuse_symbol(&request, error);
        if (count > 1)
            return refuse_ambiguous(&request, count, error);
    }
    *ret_descriptor = match.override->descriptor;
    if (ret_module)
        *ret_module = match.module;
    return CG_OK;
}
