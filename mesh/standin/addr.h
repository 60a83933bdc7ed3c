/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Socket addresses as Unit's configuration writes them, and the patterns that
 * "source" and "destination" match with.
 */
#ifndef UM_STANDIN_ADDR_H
#define UM_STANDIN_ADDR_H

#include <stdint.h>

#include "mesh/base/str.h"

enum { UM_SADDR_UNIX_MAX = 107 /**< bytes of a unix socket's path */ };

/** A socket address. */
struct um_saddr {
    enum { UM_SADDR_IP4, UM_SADDR_IP6, UM_SADDR_UNIX } kind;
    uint8_t ip[16]; /**< network order, 4 or 16 bytes */
    uint16_t port;
    bool abstract; /**< unix, in the abstract name space */
    char path[UM_SADDR_UNIX_MAX + 1];
    size_t path_len;
};

/**
 * Reads "ip:port", "*:port", "[ip6]:port" or "unix:path".
 * @param no_zero refuse a zero byte in a path (freeunit does)
 * @return false if it is none of these
 */
bool um_saddr_parse(struct um_str text, bool no_zero, struct um_saddr *out);

/** True if both are the same socket. */
bool um_saddr_eq(const struct um_saddr *a, const struct um_saddr *b);

/** What is wrong with an address pattern. */
enum um_saddr_fault {
    UM_SADDR_OK,
    UM_SADDR_PORT,
    UM_SADDR_SHORT,
    UM_SADDR_FORMAT,
    UM_SADDR_OVERLAP,
    UM_SADDR_CIDR,
};

/** An address pattern: a range of addresses, a range of ports. */
struct um_saddr_pattern {
    bool negative;
    bool is_unix;
    bool any;        /**< any address of the family */
    bool any_family; /**< "*:port" */
    unsigned ip_len; /**< 4 or 16 */
    uint8_t first[16];
    uint8_t last[16];
    uint8_t mask[16]; /**< all ones unless it is a prefix */
    uint16_t port_first;
    uint16_t port_last;
};

/**
 * Reads an address pattern.
 * @param loose_dash take a trailing dash in a port range for no range (Unit
 *        1.35 does, freeunit does not)
 */
enum um_saddr_fault um_saddr_pattern_parse(struct um_str text, bool loose_dash,
                                           struct um_saddr_pattern *out);

/** True if an address is one that the pattern means. */
bool um_saddr_pattern_match(const struct um_saddr_pattern *pattern,
                            const struct um_saddr *a);

#endif
