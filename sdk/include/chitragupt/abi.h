/*
 * abi.h - the few rules every other header of the SDK leans on.
 *
 * Rules of the border, which hold for every struct and function declared in these headers:
 *
 *  - Fixed-width integers, pointers, size_t and double only. No bool, enum, long, time_t or bit-field in a struct.
 *  - Every struct that may grow starts with `uint32_t struct_size`, filled by whoever creates it with sizeof. It only
 * grows at its end. Such structs are handed over in arrays of pointers, so that their size never matters to the reader.
 * The few structs without it (cg_field, cg_decimal, cg_text_list, cg_identity_list, cg_metric_point) are frozen for
 * ever.
 *  - Strings are UTF-8 and NUL-terminated. NULL is "absent" and differs from "".
 *  - Pointers handed to a function are borrowed for that call, unless its comment says otherwise. Nobody frees what
 *    another party allocated.
 *  - Money is struct cg_decimal, never a floating point number.
 *  - Times are int64_t microseconds since 1970-01-01T00:00:00Z ("time"), days are UTC days.
 *
 * Thread tags: a comment's [register], [start], [run] or [any] says where a function may be called. A module is called
 * by one thread at a time; [run] functions are called in a worker process that serves one tenant and one run.
 *
 * Since ABI 1.0.
 */
#ifndef CHITRAGUPT_ABI_H
#define CHITRAGUPT_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CG_BEGIN_DECLS extern "C" {
#define CG_END_DECLS }
#else
#define CG_BEGIN_DECLS
#define CG_END_DECLS
#endif

/** Makes one symbol of a module visible; modules are built with hidden visibility. */
#define CG_EXPORT __attribute__((visibility("default")))

/** Lets the compiler check a printf-like function: TEXT_ and FIRST_ are argument positions from 1. */
#define CG_PRINTF(text_, first_) __attribute__((format(printf, text_, first_)))

/** A point in time that is not known or does not exist (a resource that was never deleted). */
#define CG_TIME_NONE INT64_MIN

/** Microseconds in one UTC day. */
#define CG_DAY_US INT64_C(86400000000)

/**
 * True when MEMBER lies inside the part of *POINTER that its creator knew: use it before reading a member that was
 * added after ABI 1.0.
 */
#define CG_HAS_MEMBER(pointer, type, member) \
    ((pointer)->struct_size >= offsetof(type, member) + sizeof(((const type *)0)->member))

#endif
