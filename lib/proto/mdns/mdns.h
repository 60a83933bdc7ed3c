/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Finding peers on the same link: the core of mDNS discovery, today's form and
 * that of 2021. Spec: libp2p discovery/mdns (r2), RFC 6762.
 *
 *     rx(datagram, from); while (next(&ev)) …     what came in
 *     while (tx(&out, &to)) send it               when the owner is marked
 *     expire() at deadline()
 *
 * It asks at once, then less and less often, up to the interval, and then not
 * on a link where another one asked just before: a link has one question an
 * interval, not one for each of us. Whoever asks, itself included, makes it say
 * its own record to all of that link: so those that were here before learn of a
 * newcomer by its question. What it finds is a hint: no
 * state of a peer comes of it, and no more than P2P__CAP_MDNS_NEW peers in a
 * burst, however many are forged.
 */
#ifndef P2P_PROTO_MDNS_MDNS_H
#define P2P_PROTO_MDNS_MDNS_H

#include "base/turn.h"
#include "proto/mdns/announce.h"
#include "proto/mdns/found.h"
#include "proto/mdns/seen.h"

/* The port of mDNS. */
#define P2P__MDNS_PORT 5353U

/* From question to question, if the configuration does not say. */
#define P2P__MDNS_INTERVAL P2P__SEC(10)

/* Links that are told apart; on more of them each question is one on all. */
#define P2P__MDNS_LINKS 16U

/* Answers wait up to this long, so that not all peers speak at once. */
#define P2P__MDNS_JITTER P2P__MS(30)

struct p2p__mdns_cfg {
    struct p2p_peer_id self;
    unsigned forms;         /* P2P__MDNS_TODAY, P2P__MDNS_2021, or both */
    const char *service;    /* copied; NULL: P2P__MDNS_SERVICE */
    p2p_ns interval;        /* 0: P2P__MDNS_INTERVAL */
    struct p2p__env *env;   /* borrowed until fini */
    struct p2p__job *owner; /* marked when there is output; may be NULL */
};

/* The one event: a peer is there, at these addresses; borrowed until the next
 * call on the core. */
struct p2p__mdns_ev {
    const struct p2p_peer_id *id;
    const struct p2p_multiaddr *addrs; /* without the id; at least one */
    size_t count;
    p2p_ns ttl; /* how long the peer says that this holds */
};

/* Where a datagram goes. */
enum p2p__mdns_dest {
    P2P__MDNS_TO_GROUP,       /* the group, on interfaces */
    P2P__MDNS_TO_GROUP_ALONE, /* the same from a port of our own: the answers
                                 come to it, not to the group */
    P2P__MDNS_TO_ONE
};

/* Interfaces. */
struct p2p__mdns_on {
    bool all; /* else those: */
    unsigned n;
    uint32_t ifindex[P2P__MDNS_LINKS];
};

/* A link, and what was asked there. */
struct p2p__mdns_link {
    uint32_t ifindex;
    p2p_ns heard_at[P2P__MDNS_FORMS]; /* somebody asked all; 0: never */
    unsigned left[P2P__MDNS_FORMS];   /* questions left to him, in a row */
};

struct p2p__mdns_to {
    enum p2p__mdns_dest dest;
    struct p2p__mdns_on on; /* not P2P__MDNS_TO_ONE */
    struct p2p__addr addr;  /* P2P__MDNS_TO_ONE */
    uint32_t ifindex;       /* P2P__MDNS_TO_ONE */
};

/* A question for an answer to its sender alone. */
struct p2p__mdns_asker {
    struct p2p__addr addr;
    uint32_t ifindex;
    struct p2p__mdns_reply reply;
};

/* All members are private. */
struct p2p__mdns {
    struct p2p__env *env;
    struct p2p__job *owner;
    p2p_ns interval;
    p2p_ns queried_at; /* the last questions */
    p2p_ns query_at;   /* the next questions */
    p2p_ns gap;        /* from them to those after */
    unsigned forms;
    size_t n_links; /* that we are on; 0: nobody said, or they are too many */
    struct p2p__mdns_link links[P2P__MDNS_LINKS];
    unsigned query_due; /* forms whose question has to go out */
    struct p2p__mdns_on query_on[P2P__MDNS_FORMS]; /* and where */
    unsigned answer_due;
    p2p_ns answer_at[P2P__MDNS_FORMS]; /* for those that are due */
    struct p2p__mdns_on answer_on[P2P__MDNS_FORMS];
    struct p2p__bucket answers[P2P__MDNS_FORMS];
    struct p2p__bucket asked;       /* for answers that do not go to all */
    size_t cursor[P2P__MDNS_FORMS]; /* the address that is next to be said */
    bool services_due;
    bool found; /* msg.peer is an event to pull */
    uint16_t query_id;
    size_t askers;
    struct p2p__mdns_asker asker[P2P__CAP_MDNS_ASKERS];
    struct p2p__mdns_announce announce;
    struct p2p__mdns_seen seen;
    struct p2p__mdns_msg msg;
};

/*
 * Begins with a question of each form; marks the owner.
 * Errors: P2P_EINVAL (no form, no peer id, a service that is not a name).
 */
int p2p__mdns_init(struct p2p__mdns *m, const struct p2p__mdns_cfg *cfg,
                   p2p_ns now);

/*
 * Sets our addresses, borrowed, in the order of preference, none of them
 * unspecified; see p2p__mdns_announce_set(). Says them to all if they changed.
 */
void p2p__mdns_set_addrs(struct p2p__mdns *m, const struct p2p_multiaddr *addrs,
                         size_t count, p2p_ns now);

/* We are on these links now, none twice; borrowed. */
void p2p__mdns_set_links(struct p2p__mdns *m, const uint32_t *ifindex,
                         size_t count);

/* Whether an interface is among those. */
bool p2p__mdns_is_on(const struct p2p__mdns_on *on, uint32_t ifindex);

/* Asks now: there is a new interface, or somebody is wanted. */
void p2p__mdns_ask(struct p2p__mdns *m, p2p_ns now);

/* The same, and says where we are without being asked: time passed in which
 * nobody heard us. */
void p2p__mdns_again(struct p2p__mdns *m, p2p_ns now);

/* Tells of a peer again when it next answers: the connection to it is gone. If
 * it was told of it is asked for as in the beginning, within a second. */
void p2p__mdns_forget(struct p2p__mdns *m, const struct p2p_peer_id *id,
                      p2p_ns now);

/*
 * Reads a datagram. Returns 0, or why it was ignored, for the counters:
 * P2P_EFORMAT, P2P_ETOOBIG, P2P_ELIMIT (records, packets of the source),
 * P2P_ESELF (our own answer), P2P_EUNREACH (not of this link). None of them
 * poisons the core.
 */
int p2p__mdns_rx(struct p2p__mdns *m, const struct p2p__slice *in,
                 const struct p2p__mdns_from *from, p2p_ns now);

/* Pulls the event; false: none. */
bool p2p__mdns_next(struct p2p__mdns *m, struct p2p__mdns_ev *ev);

/* What the last datagram said of our own id: addresses that need not be ours.
 * For a datagram that was P2P_ESELF, until the next call of rx. */
void p2p__mdns_self(const struct p2p__mdns *m, struct p2p__mdns_ev *ev);

/*
 * Writes one datagram and says where it goes; false: none is due now. The
 * outbuf is empty and has room for P2P__CAP_MDNS_SEND_BYTES.
 */
bool p2p__mdns_tx(struct p2p__mdns *m, struct p2p__outbuf *out,
                  struct p2p__mdns_to *to, p2p_ns now);

/* When something is to be said next. */
p2p_ns p2p__mdns_deadline(const struct p2p__mdns *m);

/* Marks the owner for what is due. */
void p2p__mdns_expire(struct p2p__mdns *m, p2p_ns now);

/* From any state. It holds no memory. */
void p2p__mdns_fini(struct p2p__mdns *m);

#endif
