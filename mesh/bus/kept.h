/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A peer that is dialed again when it is gone, where it said that it listens:
 * nothing else may show it, where mDNS does not reach.
 */
#ifndef UM_BUS_KEPT_H
#define UM_BUS_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include <p2p/host.h>

#include "mesh/base/ip.h"

/** Addresses that are noted of a peer: one by each transport, then others; and
 * those that go by relays. */
#define UM_KEPT_WAYS 3
#define UM_KEPT_VIAS 2

/** Begins as zeroes. */
struct um_kept {
    struct p2p_multiaddr ways[UM_KEPT_WAYS + UM_KEPT_VIAS];
    uint8_t n;
    uint8_t n_vias; /* of them */
    bool held;
    bool guarded;
};

/** Notes where a peer says that it listens. */
void um_kept_note(struct um_kept *k, const struct p2p_peer_info *info);

/** Whether a peer says that it listens where that is not noted yet. */
bool um_kept_news(const struct um_kept *k, const struct p2p_peer_info *info);

/** Notes one way more, as long as there is room; by a relay it takes the place
 * of the oldest of these. */
void um_kept_add(struct um_kept *k, const struct p2p_multiaddr *ma);

/** Notes where somebody else says that a peer listens, behind what there is and
 * as long as there is room. Whether any of it was noted. */
bool um_kept_hear(struct um_kept *k, const struct um_kept *said);

/** Tells the ways as texts, with /p2p/ID. */
void um_kept_tell(const struct um_kept *k, const struct p2p_peer_id *id,
                  void (*each)(void *user, const char *addr), void *user);

/** Has the host dial it again, now and whenever it is gone. */
void um_kept_hold(struct um_kept *k, struct p2p_host *host,
                  const struct p2p_peer_id *id);

/** Whether there is room for it at the host whatever strangers take: of
 * handshakes, and of connections. */
void um_kept_guard(struct um_kept *k, struct p2p_host *host,
                   const struct p2p_peer_id *id, bool guarded);

/** Lets it go, if it was held, and guards it no more. */
void um_kept_drop(struct um_kept *k, struct p2p_host *host,
                  const struct p2p_peer_id *id);

/** The address at the front of a multiaddr; false: it begins with none. */
bool um_kept_ip(const struct p2p_multiaddr *ma, struct um_ip *ip);

#endif
