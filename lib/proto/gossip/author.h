/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Replays that are older than the memory of ids: for authors whose sequence
 * numbers increase (go, rust, today's js, ours; not js of 2021), a number
 * below the largest that was seen two memories ago can only be a replay.
 * Within that time any order is fine, unlike with go's BasicSeqnoValidator,
 * which loses what overtakes. Private to this folder.
 */
#ifndef P2P_PROTO_GOSSIP_AUTHOR_H
#define P2P_PROTO_GOSSIP_AUTHOR_H

#include "proto/gossip/state.h"

/*
 * Notes a message whose signature is good. Nothing is noted at the cap of
 * memory. Errors: P2P_EDUP: it is a replay.
 */
int p2p__gossip_author_note(struct p2p__gossip *g,
                            const struct p2p__gossip_view *v, p2p_ns now);

/* Forgets authors that were silent for seqno_retain_ms. */
void p2p__gossip_authors_expire(struct p2p__gossip *g, p2p_ns now);

/* Forgets all: the end of g alone. */
void p2p__gossip_authors_fini(struct p2p__gossip *g);

#endif
