#include "module/elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bounds for what a file may claim. */
#define SYMBOLS_MAX 1000000u
#define BUILD_ID_MAX 64u

static cg_status refuse_format(struct cg_error *error) {
    return cg_error_set(error, CG_PERMANENT,
                        "it is not an ELF shared object; compile it with chitragupt_add_plugin, or move it out of the "
                        "plugin directory");
}

/* `start + count * size` must lie inside the file. */
static cg_status check_end(uint64_t start, uint64_t count, uint64_t size, uint64_t file_size, struct cg_error *error) {
    uint64_t length = 0;
    uint64_t end = 0;
    if (__builtin_mul_overflow(count, size, &length) || __builtin_add_overflow(start, length, &end))
        end = UINT64_MAX;
    if (end <= file_size)
        return CG_OK;
    return cg_error_set(error, CG_PERMANENT,
                        "it is cut short: its headers speak of %llu bytes, the file has %llu; copy it again whole",
                        (unsigned long long)end, (unsigned long long)file_size);
}

/* The dynamic linker maps what the program headers promise; a shorter file kills it with SIGBUS. */
static cg_status check_length(Elf *elf, const GElf_Ehdr *header, uint64_t size, struct cg_error *error) {
    cg_status status = check_end(header->e_phoff, header->e_phnum, header->e_phentsize, size, error);
    size_t count = 0;
    if (status == CG_OK && (elf_getphdrnum(elf, &count) != 0 || count == 0))
        status = refuse_format(error);
    for (size_t i = 0; status == CG_OK && i < count && i <= INT_MAX; i++) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf, (int)i, &segment))
            status = refuse_format(error);
        else if (segment.p_type == PT_LOAD && segment.p_filesz > 0)
            status = check_end(segment.p_offset, segment.p_filesz, 1, size, error);
    }
    if (status == CG_OK)
        status = check_end(header->e_shoff, header->e_shnum, header->e_shentsize, size, error);
    return status;
}

static const char *hex(struct cg_arena *arena, const unsigned char *bytes, size_t count) {
    char *text = cg_arena_alloc(arena, count * 2 + 1);
    return text ? sodium_bin2hex(text, count * 2 + 1, bytes, count) : NULL;
}

/* The build id among the notes of one segment; NULL when there is none. */
static const unsigned char *find_build_id(Elf *elf, const GElf_Phdr *segment, size_t *ret_length) {
    Elf_Data *notes = elf_getdata_rawchunk(elf, (int64_t)segment->p_offset, segment->p_filesz,
                                           segment->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    GElf_Nhdr note;
    size_t name;
    size_t value;
    size_t next = 0;
    while (notes && (next = gelf_getnote(notes, next, &note, &name, &value)) > 0) {
        const unsigned char *bytes = notes->d_buf;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof ELF_NOTE_GNU && note.n_descsz > 0 &&
            note.n_descsz <= BUILD_ID_MAX && memcmp(bytes + name, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0) {
            *ret_length = note.n_descsz;
            return bytes + value;
        }
    }
    return NULL;
}

static cg_status hash_file(int fd, struct cg_arena *arena, const char **ret, struct cg_error *error) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    unsigned char block[16384];
    off_t offset = 0;
    for (;;) {
        ssize_t length = pread(fd, block, sizeof block, offset);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return cg_error_set(error, CG_PERMANENT, "it cannot be read: %s", strerror(errno));
        if (length == 0)
            break;
        crypto_hash_sha256_update(&state, block, (unsigned long long)length);
        offset += length;
    }
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, digest);
    *ret = hex(arena, digest, sizeof digest);
    return *ret ? CG_OK : cg_error_no_memory(error);
}

static cg_status read_build_id(Elf *elf, int fd, struct cg_arena *arena, struct cg_elf_file *file,
                               struct cg_error *error) {
    size_t count;
    if (elf_getphdrnum(elf, &count) != 0)
        return refuse_format(error);
    for (size_t i = 0; i < count && i <= INT_MAX; i++) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_NOTE)
            continue;
        size_t length = 0;
        const unsigned char *id = find_build_id(elf, &segment, &length);
        if (id) {
            file->build_id = hex(arena, id, length);
            return file->build_id ? CG_OK : cg_error_no_memory(error);
        }
    }
    return hash_file(fd, arena, &file->build_id, error);
}

/* 1 for a symbol that other objects can see and that this object defines. */
static int32_t is_exported(const GElf_Sym *symbol) {
    unsigned binding = GELF_ST_BIND(symbol->st_info);
    unsigned visibility = GELF_ST_VISIBILITY(symbol->st_other);
    return symbol->st_shndx != SHN_UNDEF &&
           (binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE) &&
           (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

static int by_name(const void *left, const void *right) {
    return strcmp(((const struct cg_elf_symbol *)left)->name, ((const struct cg_elf_symbol *)right)->name);
}

/* Walks the dynamic symbols: once with `symbols` NULL to count, once to fill. */
static cg_status walk_symbols(Elf *elf, Elf_Scn *section, uint64_t minimum_size, struct cg_arena *arena,
                              struct cg_elf_file *file, struct cg_elf_symbol *symbols) {
    GElf_Shdr header;
    Elf_Data *data = elf_getdata(section, NULL);
    if (!data || !gelf_getshdr(section, &header) || header.sh_entsize == 0)
        return CG_OK;
    uint64_t count = header.sh_size / header.sh_entsize;
    file->symbol_count = 0;
    for (uint64_t i = 0; i < count && i < SYMBOLS_MAX; i++) {
        GElf_Sym symbol;
        const char *name = gelf_getsym(data, (int)i, &symbol) ? elf_strptr(elf, header.sh_link, symbol.st_name) : NULL;
        if (!name || !is_exported(&symbol))
            continue;
        unsigned type = GELF_ST_TYPE(symbol.st_info);
        if (type == STT_FUNC && strcmp(name, "register") == 0)
            file->has_register = 1;
        if (type != STT_OBJECT || symbol.st_size < minimum_size || strlen(name) > CG_ELF_NAME_MAX)
            continue;
        if (symbols) {
            char *copy = cg_arena_string(arena, name);
            if (!copy)
                return CG_NO_MEMORY;
            symbols[file->symbol_count] = (struct cg_elf_symbol){.name = copy, .size = symbol.st_size};
        }
        file->symbol_count++;
    }
    return CG_OK;
}

static cg_status read_symbols(Elf *elf, uint64_t minimum_size, struct cg_arena *arena, struct cg_elf_file *file,
                              struct cg_error *error) {
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    do {
        section = elf_nextscn(elf, section);
    } while (section && (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNSYM));
    if (!section)
        return CG_OK;
    walk_symbols(elf, section, minimum_size, arena, file, NULL);
    if (file->symbol_count == 0)
        return CG_OK;
    struct cg_elf_symbol *symbols = cg_arena_array(arena, file->symbol_count, sizeof *symbols);
    if (!symbols || walk_symbols(elf, section, minimum_size, arena, file, symbols) != CG_OK)
        return cg_error_no_memory(error);
    qsort(symbols, file->symbol_count, sizeof *symbols, by_name);
    file->symbols = symbols;
    return CG_OK;
}

static cg_status read_elf(int fd, uint64_t minimum_size, struct cg_arena *arena, struct cg_elf_file *file,
                          struct cg_error *error) {
    struct stat found;
    if (fstat(fd, &found) != 0)
        return cg_error_set(error, CG_PERMANENT, "it cannot be read: %s", strerror(errno));
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    GElf_Ehdr header = {0};
    cg_status status = CG_OK;
    if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header) || header.e_type != ET_DYN)
        status = refuse_format(error);
    if (status == CG_OK)
        status = check_length(elf, &header, (uint64_t)found.st_size, error);
    if (status == CG_OK)
        status = read_symbols(elf, minimum_size, arena, file, error);
    if (status == CG_OK)
        status = read_build_id(elf, fd, arena, file, error);
    elf_end(elf);
    return status;
}

cg_status cg_elf_file_read(const char *path, uint64_t minimum_size, struct cg_arena *arena, struct cg_elf_file *ret,
                           struct cg_error *error) {
    if (elf_version(EV_CURRENT) == EV_NONE)
        return cg_error_set(error, CG_PERMANENT, "libelf is too old for this program");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return cg_error_set(error, CG_PERMANENT, "it cannot be read: %s", strerror(errno));
    struct cg_elf_file file = {0};
    cg_status status = read_elf(fd, minimum_size, arena, &file, error);
    close(fd);
    if (status == CG_OK)
        *ret = file;
    return status;
}
