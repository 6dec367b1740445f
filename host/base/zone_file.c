#include "base/zone_file.h"

#include <string.h>

#define HEADER_SIZE 44u
#define TYPE_SIZE 6u
#define TYPE_LIMIT 256u

/* Times farther away mean nothing; with them, sums of times and offsets stay far from the limits of their type. */
#define TIME_LIMIT (INT64_C(1) << 60)

/* Numbers of a block, and where its parts are. */
struct block {
    uint32_t version; /* the character, or 0 for the first version */
    uint32_t times;
    uint32_t types;
    uint32_t leaps;
    uint32_t time_size;
    const unsigned char *start; /* behind the header: times, their types, types, the rest */
    size_t size;
};

static uint32_t read_u32(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int32_t read_i32(const unsigned char *bytes) {
    int64_t value = read_u32(bytes);
    return (int32_t)(value > INT32_MAX ? value - (INT64_C(1) << 32) : value);
}

static int64_t read_i64(const unsigned char *bytes) {
    return (int64_t)read_i32(bytes) * (INT64_C(1) << 32) + read_u32(bytes + 4);
}

static cg_status read_header(const unsigned char *data, size_t length, uint32_t time_size, struct block *ret) {
    if (length < HEADER_SIZE || memcmp(data, "TZif", 4) != 0)
        return CG_INVALID;
    const unsigned char *counts = data + 20; /* utc flags, standard flags, leaps, times, types, characters */
    uint32_t leaps = read_u32(counts + 8);
    uint32_t times = read_u32(counts + 12);
    uint32_t types = read_u32(counts + 16);
    uint64_t size = (uint64_t)times * (time_size + 1) + (uint64_t)types * TYPE_SIZE + read_u32(counts + 20) +
                    (uint64_t)leaps * (time_size + 4) + read_u32(counts + 4) + read_u32(counts);
    if (types == 0 || types > TYPE_LIMIT || size > length - HEADER_SIZE)
        return CG_INVALID;
    *ret = (struct block){data[4], times, types, leaps, time_size, data + HEADER_SIZE, (size_t)size};
    return CG_OK;
}

/* The offset of a type, or CG_INVALID. */
static cg_status read_offset(const struct block *block, uint32_t type, int32_t *ret) {
    if (type >= block->types)
        return CG_INVALID;
    int32_t offset = read_i32(block->start + (size_t)block->times * (block->time_size + 1) + (size_t)type * TYPE_SIZE);
    if (offset <= -CG_ZONE_OFFSET_LIMIT || offset >= CG_ZONE_OFFSET_LIMIT)
        return CG_INVALID;
    *ret = offset;
    return CG_OK;
}

static cg_status read_changes(const struct block *block, int64_t *times, int32_t *offsets) {
    const unsigned char *types = block->start + (size_t)block->times * block->time_size;
    for (uint32_t i = 0; i < block->times; i++) {
        const unsigned char *bytes = block->start + (size_t)i * block->time_size;
        times[i] = block->time_size == 8 ? read_i64(bytes) : read_i32(bytes);
        if (times[i] < -TIME_LIMIT || times[i] > TIME_LIMIT || (i > 0 && times[i] <= times[i - 1]) ||
            read_offset(block, types[i], &offsets[i]) != CG_OK)
            return CG_INVALID;
    }
    return CG_OK;
}

static cg_status read_block(const struct block *block, struct cg_arena *arena, struct cg_zone *zone) {
    size_t room = block->times ? block->times : 1;
    int64_t *times = cg_arena_array(arena, room, sizeof *times);
    int32_t *offsets = cg_arena_array(arena, room, sizeof *offsets);
    if (!times || !offsets)
        return CG_NO_MEMORY;
    if (block->leaps > 0 || read_offset(block, 0, &zone->first) != CG_OK ||
        read_changes(block, times, offsets) != CG_OK)
        return CG_INVALID;
    zone->count = block->times;
    zone->times = times;
    zone->offsets = offsets;
    return CG_OK;
}

/* The rule stands between two line ends behind the second block; it may be empty. */
static cg_status read_rule(const char *text, size_t length, struct cg_zone *zone) {
    const char *end = length > 0 && *text == '\n' ? memchr(text + 1, '\n', length - 1) : NULL;
    if (!end)
        return CG_INVALID;
    if (end == text + 1)
        return CG_OK;
    cg_status status = cg_zone_rule_parse(text + 1, (size_t)(end - text) - 1, &zone->rule);
    if (status == CG_OK && zone->count == 0)
        zone->first = zone->rule.standard;
    return status;
}

cg_status cg_zone_file_read(const void *data, size_t length, struct cg_arena *arena, const struct cg_zone **ret) {
    const unsigned char *bytes = data;
    struct block block;
    struct cg_zone *zone = cg_arena_alloc(arena, sizeof *zone);
    if (!zone)
        return CG_NO_MEMORY;
    cg_status status = length <= CG_ZONE_FILE_LIMIT ? read_header(bytes, length, 4, &block) : CG_INVALID;
    if (status != CG_OK)
        return status;
    if (block.version == 0) {
        status = read_block(&block, arena, zone);
    } else {
        /* Later versions repeat everything with wider times behind a block for old readers. */
        size_t skip = HEADER_SIZE + block.size;
        status = block.version >= '2' ? read_header(bytes + skip, length - skip, 8, &block) : CG_INVALID;
        if (status == CG_OK)
            status = read_block(&block, arena, zone);
        skip += HEADER_SIZE + block.size;
        if (status == CG_OK)
            status = read_rule((const char *)bytes + skip, length - skip, zone);
    }
    if (status == CG_OK)
        *ret = zone;
    return status;
}
