/*
 * elf_file.h - what a shared object says on disk, before any of it runs.
 */
#ifndef CG_MODULE_ELF_FILE_H
#define CG_MODULE_ELF_FILE_H

#include "base/arena.h"
#include "base/error.h"

/** Longest name of a data symbol that is looked at, in bytes. */
#define CG_ELF_NAME_MAX 255u

/** A data symbol that the object defines and exports. */
struct cg_elf_symbol {
    const char *name;
    uint64_t size;
};

/** What is read from the file; everything lives in the arena given. */
struct cg_elf_file {
    const char *build_id;                /**< GNU build id in hex, or the SHA-256 of the file when there is none */
    int32_t has_register;                /**< it defines and exports a function `register` */
    const struct cg_elf_symbol *symbols; /**< by name, in byte order */
    size_t symbol_count;
};

/**
 * Reads a file; data symbols smaller than `minimum_size` bytes are left out. Errors: CG_PERMANENT when it is no ELF
 * shared object, or shorter than its program headers say; CG_NO_MEMORY.
 */
cg_status cg_elf_file_read(const char *path, uint64_t minimum_size, struct cg_arena *arena, struct cg_elf_file *ret,
                           struct cg_error *error);

#endif
