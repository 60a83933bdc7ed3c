/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What an AutoNAT client knows: which of its addresses others can reach, as
 * servers told it, and whom to ask next. It decides; asking is its owner's.
 *
 * A server's word is one word, however often it says it and whatever other
 * servers stand beside it: a verdict wants several sites that agree. v2 is
 * asked about addresses; v1, where a server does not speak v2 or we have no
 * address to ask about, about the node.
 * Spec: libp2p autonat-v2, "Implementation Suggestions"; autonat-v1.
 */
#ifndef P2P_PROTO_AUTONAT_VERDICTS_H
#define P2P_PROTO_AUTONAT_VERDICTS_H

#include "base/types.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"
#include "proto/autonat/caps.h"
#include "proto/autonat/site.h"

/* Sites that must agree, if the configuration does not say. */
#define P2P__AUTONAT_NEEDED 3U

/* Sites whose word about an address is remembered: the newest. */
#define P2P__AUTONAT_WORDS 8U

/* Addresses in one request. */
#define P2P__AUTONAT_PROBE_ADDRS 8U

/* A server is asked about what it answered lately after so long, then after
 * twice that, up to the time after which a verdict is looked at again. */
#define P2P__AUTONAT_AGAIN   P2P__SEC(600)
#define P2P__AUTONAT_REFRESH P2P__SEC(3600)

/* What was said so long ago counts no more, once somebody says something. */
#define P2P__AUTONAT_STALE P2P__SEC(10800)

/* Between two requests to one server; and after a first one that failed,
 * which doubles up to P2P__AUTONAT_REFRESH. */
#define P2P__AUTONAT_SPACING P2P__SEC(5)
#define P2P__AUTONAT_BACKOFF P2P__SEC(60)

/* A server of v2 that we have no address for is asked by v1 after this: others
 * may have told one until then. */
#define P2P__AUTONAT_V1_AFTER P2P__SEC(10)

/* What a server speaks. */
#define P2P__AUTONAT_SERVES_V1 1U
#define P2P__AUTONAT_SERVES_V2 2U

enum p2p__autonat_verdict {
    P2P__AUTONAT_UNKNOWN,
    P2P__AUTONAT_REACHABLE, /* of the node: it is public */
    P2P__AUTONAT_UNREACHABLE
};

/* What a request came to. */
enum p2p__autonat_outcome {
    P2P__AUTONAT_YES,     /* the address was dialed */
    P2P__AUTONAT_NO,      /* it could not be */
    P2P__AUTONAT_REFUSED, /* the server dials none of them */
    P2P__AUTONAT_FAILED   /* no answer that can be used */
};

/* What a site said last. Private. */
struct p2p__autonat_word {
    struct p2p__autonat_site site;
    uint8_t outcome; /* not FAILED */
    uint8_t times;   /* in a row */
    p2p_ns at;
};

/* An address, or the node. Private. */
struct p2p__autonat_subject {
    struct p2p_multiaddr addr; /* len 0: the node, for v1 */
    struct p2p__autonat_word words[P2P__AUTONAT_WORDS];
    uint8_t n_words;
    uint8_t verdict;
    uint8_t told; /* the verdict that the owner knows */
};

/* A server. Private. */
struct p2p__autonat_known {
    struct p2p_peer_id id;
    struct p2p__autonat_site site;
    uint8_t serves;
    bool barred;  /* it is not to be asked */
    p2p_ns since; /* it is known */
    uint8_t failures;
    p2p_ns not_before;
};

/* All members are private. */
struct p2p__autonat_verdicts {
    struct p2p__autonat_subject addrs[P2P__CAP_AUTONAT_TRACKED];
    struct p2p__autonat_subject node;
    struct p2p__autonat_known servers[P2P__CAP_AUTONAT_SERVERS];
    size_t n_addrs;
    size_t n_servers;
    uint32_t needed;
    uint8_t told; /* of the node */
    bool asking;
};

/* What to ask whom. */
struct p2p__autonat_probe {
    struct p2p_peer_id server;
    bool v2;
    size_t n_addrs; /* v1: 0 */
    struct p2p_multiaddr addrs[P2P__AUTONAT_PROBE_ADDRS];
};

/* Knows no address and no server. `needed`: sites that must agree; 0: 3. */
void p2p__autonat_verdicts_init(struct p2p__autonat_verdicts *v,
                                uint32_t needed);

/* These are the addresses that want a verdict now, copied, the first ones most
 * of all; beyond the cap they are left out. What is known of those that were
 * there before stays. Whether the addresses are others than before. */
bool p2p__autonat_verdicts_set(struct p2p__autonat_verdicts *v,
                               const struct p2p_multiaddr *addrs, size_t n);

/* A peer that is connected from `addr` serves these versions, of
 * P2P__AUTONAT_SERVES_V1 and _V2. Where there is no room, of all or at its
 * site, it takes the place of who failed most, if anybody did. */
void p2p__autonat_verdicts_server(struct p2p__autonat_verdicts *v,
                                  const struct p2p_peer_id *id,
                                  const struct p2p__addr *addr, uint8_t serves,
                                  p2p_ns now);

/* Looks anew whom to ask, of those that are known; who is known later may be
 * asked until then. */
void p2p__autonat_verdicts_sift(struct p2p__autonat_verdicts *v,
                                bool (*may)(void *user,
                                            const struct p2p_peer_id *id),
                                void *user);

/* A peer is connected no more. What it said stays said. */
void p2p__autonat_verdicts_gone(struct p2p__autonat_verdicts *v,
                                const struct p2p_peer_id *id);

/* Whom to ask now, if anybody; until the answer nobody else is. */
bool p2p__autonat_verdicts_next(struct p2p__autonat_verdicts *v,
                                struct p2p__autonat_probe *probe, p2p_ns now);

/* When there will be somebody to ask; P2P_NEVER: somebody is being asked, or
 * nobody is there. */
p2p_ns p2p__autonat_verdicts_deadline(const struct p2p__autonat_verdicts *v);

/* What a probe came to: about the address of that index, if it is YES or NO.
 * v1: about the node, and `dialed` (or NULL) if it is YES. */
void p2p__autonat_verdicts_answer(struct p2p__autonat_verdicts *v,
                                  const struct p2p__autonat_probe *probe,
                                  enum p2p__autonat_outcome outcome,
                                  size_t index, p2p_ns now);
void p2p__autonat_verdicts_answer_v1(struct p2p__autonat_verdicts *v,
                                     const struct p2p__autonat_probe *probe,
                                     enum p2p__autonat_outcome outcome,
                                     const struct p2p_multiaddr *dialed,
                                     p2p_ns now);

/* A verdict that changed since this told it; *addr is NULL when it is that of
 * the node. Valid until the next call on v. False: none did. */
bool p2p__autonat_verdicts_change(struct p2p__autonat_verdicts *v,
                                  const struct p2p_multiaddr **addr,
                                  enum p2p__autonat_verdict *verdict);

/* The verdict of an address; UNKNOWN, too, if it is not one of ours. */
enum p2p__autonat_verdict p2p__autonat_verdicts_of(
    const struct p2p__autonat_verdicts *v, const struct p2p_multiaddr *addr);

/* That of the node: v2's, if it has one, or v1's. */
enum p2p__autonat_verdict p2p__autonat_verdicts_node(
    const struct p2p__autonat_verdicts *v);

/* How many sites say yes and no about an address of index < v->n_addrs. */
void p2p__autonat_verdicts_count(const struct p2p__autonat_verdicts *v,
                                 size_t index, uint32_t *yes, uint32_t *no);

#endif
