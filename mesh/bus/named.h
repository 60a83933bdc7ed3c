/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Peers that were named by hand, as addresses: dialed until they answer, and
 * again when they go.
 */
#ifndef UM_BUS_NAMED_H
#define UM_BUS_NAMED_H

#include <p2p/p2p.h>

#include "mesh/base/log.h"

struct um_named;

/**
 * Begins to keep one address.
 * @param text borrows the multiaddr, with or without /p2p/ID, until freed
 * @param list the others, which it joins
 * @return 0 or a negative code of p2p: it is no address that can be dialed
 */
int um_named_add(struct um_named **list, struct p2p_loop *loop,
                 struct p2p_host *host, const char *text,
                 const struct um_log *log);

/** A peer's last connection ended. */
void um_named_gone(struct um_named *list, const struct p2p_peer_id *peer);

/** No more dials: the host is about to be freed. */
void um_named_close(struct um_named *list);

/** Takes the list; after its host was freed. */
void um_named_free(struct um_named *list);

/** Whether one of `n` multiaddrs says that it leads to the peer. */
bool um_named_among(const char *const *texts, size_t n,
                    const struct p2p_peer_id *peer);

#endif
