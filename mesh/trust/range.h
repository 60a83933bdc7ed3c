/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Ranges of socket addresses, as a policy writes them: "10.0.0.0/8:80",
 * "[fd00::/8]:1024-65535", an asterisk for any address or any port,
 * "unix:/run/web.sock", "unix:/run/" for all that lies below, "unix:@name",
 * "unix:" for any.
 */
#ifndef UM_TRUST_RANGE_H
#define UM_TRUST_RANGE_H

#include "mesh/base/arena.h"
#include "mesh/doc/addr.h"

/** A range. */
struct um_range {
    enum { UM_RANGE_ANY, UM_RANGE_IP4, UM_RANGE_IP6, UM_RANGE_UNIX } kind;
    uint8_t ip[16];
    unsigned bits;        /**< of ip that count */
    uint16_t first, last; /**< ports */
    bool abstract;        /**< unix: a name, and no path */
    bool below;           /**< unix: all below path, or all */
    struct um_str path;   /**< unix: clean, in the arena, or a name */
};

/** What an address is for. */
enum um_range_use { UM_RANGE_LISTEN, UM_RANGE_CONNECT };

/**
 * Reads a range.
 * @param text borrowed as long as out is used
 * @return 0, P2P_EFORMAT or P2P_ENOMEM
 */
int um_range_parse(struct um_arena *a, struct um_str text,
                   struct um_range *out);

/**
 * Makes an address what it is to the system: an IPv4 address in IPv6 is that
 * one, and who connects to no address connects to the host itself.
 */
void um_range_resolve(struct um_addr *at, enum um_range_use use);

/** Whether all that a resolved address means lies in a range. */
bool um_range_holds(const struct um_range *r, const struct um_addr *at);

/** Whether some of it does; what cannot be compared does. */
bool um_range_meets(const struct um_range *r, const struct um_addr *at);

#endif
