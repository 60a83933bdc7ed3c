/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a peer tells about itself: a view of its Identify message.
 * Spec: libp2p identify (r1); the field signedPeerRecord is RFC 0003's.
 *
 * All of it is the peer's word alone, but for a record whose signature was
 * verified. `observed` says how the peer sees us; it may lie, so it must not
 * change what we tell others before somebody else confirms it (T18).
 */
#ifndef P2P_PROTO_IDENTIFY_INFO_H
#define P2P_PROTO_IDENTIFY_INFO_H

#include "base/bucket.h"
#include "ident/record.h"
#include "p2p/multiaddr.h"
#include "proto/identify/caps.h"
#include "wire/pb.h"

#define P2P__IDENTIFY_PROTOCOL      "/ipfs/id/1.0.0"
#define P2P__IDENTIFY_PUSH_PROTOCOL "/ipfs/id/push/1.0.0"

/* The fields of the message. */
enum p2p__identify_field {
    P2P__IDENTIFY_PUBKEY = 1,
    P2P__IDENTIFY_ADDR = 2,
    P2P__IDENTIFY_NAME = 3,
    P2P__IDENTIFY_OBSERVED = 4,
    P2P__IDENTIFY_VERSION = 5,
    P2P__IDENTIFY_AGENT = 6,
    P2P__IDENTIFY_RECORD = 8
};

/* What is kept of a peer while it is connected, whatever its streams do. */
struct p2p__identify_peer {
    struct p2p_peer_id id;      /* as the connection proved it */
    struct p2p__proofs *proofs; /* the host's; borrowed, or NULL */
    uint64_t seq;               /* of the newest record it showed */
    bool has_record;
    struct p2p__bucket pushes;
};

/* A peer that has said nothing yet. The owner may set `proofs` after. */
void p2p__identify_peer_init(struct p2p__identify_peer *peer,
                             const struct p2p_peer_id *id);

/* Whether one more push of the peer is to be read; else reset its stream. */
bool p2p__identify_push_allowed(struct p2p__identify_peer *peer, p2p_ns now);

/* A view: the slices are parts of the message. Texts that are absent are
 * empty. In a push, what is absent has not changed. */
struct p2p__identify_info {
    struct p2p__slice message;
    struct p2p__slice version; /* protocolVersion, at most TEXT_BYTES */
    struct p2p__slice agent;   /* agentVersion, the same */
    struct p2p__slice pubkey;  /* that of the peer's id, or empty */
    struct p2p_peer_id peer;
    struct p2p_multiaddr observed; /* len 0: not told, or not understood */
    struct p2p__record record;     /* if record_status is 0 */
    /* 0; P2P_ENOTFOUND: there is none; P2P_EDUP: not newer than the last
     * (T19); P2P_EPEER: of another peer (T15); or why it cannot be opened. */
    int record_status;
    bool has_addrs;     /* there are listen addresses */
    bool has_protocols; /* there are protocols */
};

/*
 * Reads a message, borrowed, of a peer; a record that is new is noted there.
 * Errors: P2P_EFORMAT (nothing of it is to be used).
 */
int p2p__identify_read(struct p2p__slice message,
                       struct p2p__identify_peer *peer,
                       struct p2p__identify_info *info);

/* A walk over one kind of repeated field. */
struct p2p__identify_walk {
    struct p2p__pb fields;
    const struct p2p_peer_id *peer;
    size_t seen;
};

/* Begins a walk over an info that stays as it is. */
void p2p__identify_walk_init(struct p2p__identify_walk *walk,
                             const struct p2p__identify_info *info);

/* The next listen address, without the peer's id; unknown and malformed ones
 * and those of other peers are passed over. False at the end or the cap. */
bool p2p__identify_next_addr(struct p2p__identify_walk *walk,
                             struct p2p_multiaddr *ma);

/* The next protocol; not a C string. False at the end or the cap. */
bool p2p__identify_next_protocol(struct p2p__identify_walk *walk,
                                 struct p2p__slice *name);

#endif
