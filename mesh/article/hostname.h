/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Hosts as they stand in a Host header and in the article's messages: an IPv4
 * address, an IPv6 address in brackets, or a name; without a port.
 */
#ifndef UM_ARTICLE_HOSTNAME_H
#define UM_ARTICLE_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>

#include "mesh/bus/bus.h"

/** The longest host that is taken from a peer or a client, in bytes. */
#define UM__CAP_ARTICLE_HOST_BYTES 253

/** A host without a port. */
struct um_host {
    char text[UM__CAP_ARTICLE_HOST_BYTES + 1];
    struct um_ip ip; /**< len 0: a name */
};

/**
 * Reads a host, with a port behind it or not.
 * @return whether it is one
 */
bool um_host_parse(const char *text, size_t len, struct um_host *out);

/** A host that is an address: 192.0.2.1 or 2001:db8::1. */
void um_host_from_ip(const struct um_ip *ip, struct um_host *out);

/** Link-local, multicast, unspecified: never. */
bool um_host_is_forbidden(const struct um_ip *ip);

#endif
