/*
 * contract.h - does a module keep the contract of the SDK?
 *
 * These functions read what a module's code has handed over. They trust its pointers (a probe has followed them
 * before), and nothing else.
 */
#ifndef CG_MODULE_CONTRACT_H
#define CG_MODULE_CONTRACT_H

#include <chitragupt/plugin.h>

#include "base/error.h"

/** Most options a module may have. */
#define CG_OPTIONS_MAX 1024u

/**
 * Checks what `register` answered, in this order: an answer, magic, major, minor, size, name, kind, members of the
 * factory, option table. `ret` becomes the host's copy: what the module declared, zero beyond that. Its factory is
 * still the module's. Errors: CG_PERMANENT with a sentence.
 */
cg_status cg_registration_check(const struct cg_registration *found, struct cg_registration *ret,
                                struct cg_error *error);

/** Checks the table of a registration's options. Part of cg_registration_check. */
cg_status cg_options_check(const struct cg_registration *registration, struct cg_error *error);

/** Checks the factory of a registration whose kind is known. Part of cg_registration_check. */
cg_status cg_factory_check(const struct cg_registration *registration, struct cg_error *error);

/** The size of the struct behind the factory of a kind as this program knows it; 0 when it has none. */
size_t cg_factory_size(uint32_t kind);

/**
 * Checks the data at an exported symbol of `size` bytes. `*ret_kind` is CG_OVERRIDE_ for an override descriptor, 0 for
 * other data (it has no magic) and for a kind that a newer minor brought. Errors: CG_PERMANENT for a descriptor that
 * breaks the contract.
 */
cg_status cg_override_check(const char *symbol, const void *data, uint64_t size, uint32_t *ret_kind,
                            struct cg_error *error);

/** 1 when `name` matches [a-z][a-z0-9_]* and has at most 63 characters. */
int32_t cg_module_name_valid(const char *name);

/** A name's length, or what makes it too long: a module's string is never read further than this. */
#define CG_MODULE_NAME_SIZE 64u

#endif
