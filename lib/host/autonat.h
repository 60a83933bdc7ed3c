/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* AutoNAT of a host: what its two halves and the other files of lib/host have
 * of each other. Each half is NULL where the configuration does not ask. */
#ifndef P2P_HOST_AUTONAT_H
#define P2P_HOST_AUTONAT_H

#include "host/internal.h"

struct p2p__identify_info;

/* autonat_server.c: dials back for others. The config is p2p_host_new()'s. */
int p2p__host_autonat_server_init(struct p2p_host *h,
                                  const struct p2p_host_config *cfg);

/* Ends what is under way; streams of askers are gone by then. */
void p2p__host_autonat_server_fini(struct p2p_host *h);

/* autonat_client.c: asks. */
int p2p__host_autonat_init(struct p2p_host *h,
                           const struct p2p_autonat_config *cfg);
void p2p__host_autonat_fini(struct p2p_host *h);

/* A peer said on a connection what it serves, if it did, and where it sees
 * us. */
void p2p__host_autonat_identified(struct p2p_host *h, const struct p2p__conn *c,
                                  const struct p2p__identify_info *info);

/* A connection ended; a peer is gone. */
void p2p__host_autonat_closed(struct p2p_host *h, const struct p2p__conn *c);
void p2p__host_autonat_gone(struct p2p_host *h, const struct p2p_peer_id *id);

/* The addresses that we listen at may have changed. */
void p2p__host_autonat_look(struct p2p_host *h);

/* Whether an address of a listener may be told to others. */
bool p2p__host_autonat_may_tell(const struct p2p_host *h,
                                const struct p2p_multiaddr *ma);

/* An address beside those that we listen at which is confirmed, without our
 * /p2p/ID; false: there are no more. */
bool p2p__host_autonat_addr(const struct p2p_host *h, size_t index,
                            struct p2p_multiaddr *out);

#endif
