/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What transports want of multiaddrs: where the thin waist leads, and the
 * address of a socket as a multiaddr.
 */
#ifndef P2P_WIRE_MADDR_H
#define P2P_WIRE_MADDR_H

#include "p2p/multiaddr.h"
#include "port/net.h"
#include "wire/maddr_value.h"

/*
 * The thin waist: {ip4 | [ip6zone] ip6 | dns | dns4 | dns6} and then a port,
 * at the front of a multiaddr.
 */
struct p2p__maddr_waist {
    /* The address and port; where there is a name, its family (4, 6, or 0:
     * either) and no bytes. A zone that is a number is the scope. */
    struct p2p__addr addr;
    char name[P2P__MADDR_NAME_MAX + 1]; /* to be resolved, or "" */
    char zone[P2P__MADDR_ZONE_MAX + 1]; /* to be looked up, or "" */
    uint32_t port_code;                 /* P2P_MULTIADDR_TCP or _UDP */
    size_t rest; /* where the component behind the port begins, in bytes */
};

/*
 * Reads the waist of a multiaddr, borrowed.
 * Errors: P2P_ENOTSUP (it has none: dnsaddr, unix, memory, …).
 */
int p2p__maddr_waist(const struct p2p_multiaddr *ma,
                     struct p2p__maddr_waist *waist);

/*
 * Makes /ip4/…/tcp/… or /ip6/…/tcp/… of an address of family 4 or 6; the port
 * is of P2P_MULTIADDR_TCP or _UDP. A scope makes an /ip6zone in front.
 */
void p2p__maddr_from_addr(const struct p2p__addr *addr, uint32_t port_code,
                          struct p2p_multiaddr *ma);

/*
 * Puts a component at the end; `value`, borrowed, is its binary value.
 * Errors: P2P_EFORMAT (no value of `code`), P2P_ETOOBIG (ma is as it was).
 */
int p2p__maddr_push(struct p2p_multiaddr *ma, uint32_t code, const void *value,
                    size_t len);

/* Whether a multiaddr has a component of this code. */
bool p2p__maddr_has(const struct p2p_multiaddr *ma, uint32_t code);

/*
 * The relay of a circuit's address, without the /p2p/ID at its end: all before
 * /p2p-circuit, which ends with the relay's /p2p/ID and may have no more.
 * Errors: P2P_ENOTSUP (no circuit), P2P_EFORMAT (no relay, or a circuit over a
 * circuit, or something behind it).
 */
int p2p__maddr_relay(const struct p2p_multiaddr *ma,
                     struct p2p_multiaddr *relay);

#endif
