/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Socket addresses as Unit's configuration writes them, and the patterns that
 * "source" and "destination" match with.
 */
#ifndef UM_DOC_ADDR_H
#define UM_DOC_ADDR_H

#include <stdint.h>

#include "mesh/base/str.h"

enum { UM_ADDR_UNIX_MAX = 107 /**< bytes of a unix socket's path */ };

/** A socket address. */
struct um_addr {
    enum { UM_ADDR_IP4, UM_ADDR_IP6, UM_ADDR_UNIX } kind;
    uint8_t ip[16]; /**< network order, 4 or 16 bytes */
    uint16_t port;
    bool abstract; /**< unix, in the abstract name space */
    char path[UM_ADDR_UNIX_MAX + 1];
    size_t path_len;
};

/**
 * Reads "ip:port", "*:port", "[ip6]:port" or "unix:path".
 * @param no_zero refuse a zero byte in a path (freeunit does)
 * @return false if it is none of these
 */
bool um_addr_parse(struct um_str text, bool no_zero, struct um_addr *out);

/** True if both are the same socket. */
bool um_addr_eq(const struct um_addr *a, const struct um_addr *b);

/** What is wrong with an address pattern. */
enum um_addr_fault {
    UM_ADDR_OK,
    UM_ADDR_PORT,
    UM_ADDR_SHORT,
    UM_ADDR_FORMAT,
    UM_ADDR_OVERLAP,
    UM_ADDR_CIDR,
};

/** An address pattern: a range of addresses, a range of ports. */
struct um_addr_pattern {
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
enum um_addr_fault um_addr_pattern_parse(struct um_str text, bool loose_dash,
                                         struct um_addr_pattern *out);

/** True if an address is one that the pattern means. */
bool um_addr_pattern_match(const struct um_addr_pattern *pattern,
                           const struct um_addr *a);

#endif
