/* The list of Kafka servers in a setting. */
#ifndef SELF_KAFKA_SERVERS_H
#define SELF_KAFKA_SERVERS_H

#include <chitragupt/error.h>
#include <stddef.h>

/** Longest list that is accepted, with its NUL. */
#define CG_KAFKA_SERVERS_SIZE 8192u

/** A checked list. */
struct cg_kafka_servers {
    size_t count;
    char list[CG_KAFKA_SERVERS_SIZE]; /**< "host:port,[::1]:port": no blanks, every port said */
    char problem[256];                /**< what is wrong, as the rest of a sentence that begins with the key; or "" */
};

/**
 * Reads "host[:port],..." with blanks around the entries; empty entries are left out, a missing port is 9092. An IPv6
 * address with a port needs brackets: "[2001:db8::7]:9093". Error: CG_INVALID; then `ret->problem` says why, and the
 * rest of `ret` is empty.
 */
cg_status cg_kafka_servers_parse(const char *text, struct cg_kafka_servers *ret);

#endif
