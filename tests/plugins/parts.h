/*
 * parts.h - what the test modules share. Like any module they know the SDK alone.
 */
#ifndef CG_TEST_PLUGINS_PARTS_H
#define CG_TEST_PLUGINS_PARTS_H

#include <chitragupt/plugin.h>

/** Defines `register` with a registration whose members are all written by hand: RAW_REGISTER(.magic = ..., ...). */
#define RAW_REGISTER(...)                                                  \
    static const struct cg_registration raw_registration_ = {__VA_ARGS__}; \
    const struct cg_registration *cg_plugin_register(void) {               \
        return &raw_registration_;                                         \
    }

/** The members of a sound registration of overrides; later designators may not repeat them. */
#define SOUND_TEXTS .version = "1.0.0", .description = "A test module", .license = "Apache-2.0"

/** Exports an allocator that makes no row, so that a module of overrides has something to export. */
#define EMPTY_ALLOCATOR(symbol_)                                                                                      \
    static cg_status symbol_##_allocate(const struct cg_allocator *self, const struct cg_allocation_context *context, \
                                        const struct cg_row_sink *rows) {                                             \
        (void)self;                                                                                                   \
        (void)context;                                                                                                \
        (void)rows;                                                                                                   \
        return CG_OK;                                                                                                 \
    }                                                                                                                 \
    CG_ALLOCATOR(symbol_, "makes no row", symbol_##_allocate, NULL)

#endif
