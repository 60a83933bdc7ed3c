/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Frames on a pubsub stream: unsigned varint length, then one RPC. A frame
 * that lies wholly in the bytes given is handed out as a view of them; only
 * one that spans is put together, in memory of just its size that grows as
 * bytes arrive.
 *
 *     while (p2p__gossip_frame_next(&f, &in, &rpc) == 1) { … rpc … }
 */
#ifndef P2P_PROTO_GOSSIP_FRAME_H
#define P2P_PROTO_GOSSIP_FRAME_H

#include "base/quota.h"
#include "base/slice.h"

struct p2p__gossip_frame {
    struct p2p__quota *quota; /* borrowed; charged for `buf` */
    uint8_t *buf;             /* the part of a frame that spans */
    size_t have, room;        /* bytes in it, bytes charged */
    size_t want;              /* the frame's length, once the prefix is read */
    uint64_t prefix;          /* the bits of the prefix so far */
    uint8_t prefix_len;       /* its bytes so far */
    bool in_body;
    bool given; /* buf was handed out: free it with the next call */
};

/* A reader at the start of a stream. */
void p2p__gossip_frame_init(struct p2p__gossip_frame *f,
                            struct p2p__quota *quota);

/*
 * Takes bytes of `in` until a frame is whole. Returns 1 with *rpc, valid
 * until the next call on f and no longer than the bytes of `in`; or 0: `in`
 * is used up. Empty frames are skipped, as go does.
 * Errors (only fini then): P2P_ETOOBIG (above P2P__CAP_GOSSIP_FRAME),
 * P2P_EFORMAT (prefix not minimal or too long), P2P_ELIMIT, P2P_ENOMEM.
 */
int p2p__gossip_frame_next(struct p2p__gossip_frame *f, struct p2p__slice *in,
                           struct p2p__slice *rpc);

/* Frees what it holds and gives the quota back, from any state. */
void p2p__gossip_frame_fini(struct p2p__gossip_frame *f);

#endif
