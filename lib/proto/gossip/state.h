/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the parts of gossip share: hosts of peers, topics, members, messages.
 * Private to this folder.
 *
 *   peer    one remote; outlives its connection while a score or a back-off
 *           must be remembered (then it is `retired`)
 *   topic   one name; lives while somebody refers to it
 *   member  what we know of one peer in one topic: subscription, place in the
 *           mesh or the fan-out, back-off, counters of the score
 *   msg     one message: one slab that is its frame, and the parts inside
 *
 * Everything walked stands on a list, in order of arrival. Choices at random
 * come from one generator.
 */
#ifndef P2P_PROTO_GOSSIP_STATE_H
#define P2P_PROTO_GOSSIP_STATE_H

#include "base/map.h"
#include "base/rng.h"
#include "proto/gossip/gossip.h"
#include "proto/gossip/idbuf.h"
#include "proto/gossip/idset.h"
#include "proto/gossip/queue.h"
#include "proto/gossip/tally.h"

#define P2P__GOSSIP_HISTORY_MAX 16U
#define P2P__GOSSIP_WHO_FEW     8U

/* Where a member is, besides in the topic. */
enum p2p__gossip_place {
    P2P__GOSSIP_NOWHERE,
    P2P__GOSSIP_MESH,   /* we are subscribed and exchange whole messages */
    P2P__GOSSIP_FANOUT, /* we are not, and publish through it */
    P2P__GOSSIP_ALWAYS  /* speaks floodsub, or is direct */
};

/* What we still have to tell a peer about a topic's mesh. */
enum p2p__gossip_word {
    P2P__GOSSIP_SAY_NOTHING,
    P2P__GOSSIP_SAY_GRAFT,
    P2P__GOSSIP_SAY_PRUNE,
    P2P__GOSSIP_SAY_LEAVE /* PRUNE with the shorter back-off */
};

struct p2p__gossip_topic {
    struct p2p__map_node node;    /* g->topics_by_name */
    struct p2p__list link;        /* g->topics */
    struct p2p__list change_link; /* g->changes */
    struct p2p__list peers;       /* members that are in it */
    struct p2p__list placed;      /* of these, our mesh or fan-out */
    struct p2p__list always;      /* of these, floodsub and direct */
    struct p2p__list recent;      /* messages in the history, oldest first */
    uint64_t serial;
    uint64_t change;       /* number of our last (un)subscription */
    uint32_t untold;       /* connected peers that do not know it yet */
    uint32_t refs;         /* members, messages, events */
    uint32_t peer_count;   /* on `peers` */
    uint32_t placed_count; /* on `placed` */
    bool subscribed;       /* we are */
    bool known;            /* the application named it */
    bool validate;
    p2p_ns fanout_until;                   /* 0: no fan-out */
    struct p2p__gossip_topic_score *score; /* owned; NULL: the default */
    uint16_t name_len;
    uint8_t name[];
};

struct p2p__gossip_member {
    struct p2p__map_node node; /* g->members */
    uint64_t key[2];           /* serials of peer and topic */
    struct p2p__list in_peer;  /* peer->members */
    struct p2p__list in_topic; /* topic->peers, while in it */
    struct p2p__list in_place; /* topic->placed or ->always */
    struct p2p__list in_words; /* peer->words, while word is not NOTHING */
    struct p2p__list in_lazy;  /* peer->lazy, while IHAVE is due */
    struct p2p__gossip_peer *peer;
    struct p2p__gossip_topic *topic;
    bool said;       /* it said that it is subscribed … */
    bool subscribed; /* … and may be: it stands on the topic's lists */
    bool barred;     /* it may not: to it and to us the other is not there */
    bool told;       /* with a filter: it was told that we are subscribed */
    uint8_t place;   /* enum p2p__gossip_place */
    uint8_t word;    /* enum p2p__gossip_word */
    p2p_ns backoff_until; /* 0: none */
    struct p2p__gossip_tally tally;
};

/* What a peer did since the last heartbeat. */
struct p2p__gossip_counts {
    uint64_t beat; /* of which heartbeat */
    uint32_t subs;
    uint32_t ihaves;     /* control messages with IHAVE */
    uint32_t asked;      /* ids that we asked for */
    uint32_t iwants;     /* ids that it asked for */
    uint32_t idontwants; /* control messages with IDONTWANT */
    uint32_t grafts;     /* GRAFTs and PRUNEs */
    uint32_t invalid;    /* messages that cost us a check for nothing */
};

struct p2p__gossip_ip; /* see colocation.h */

struct p2p__gossip_peer {
    struct p2p__map_node node;        /* g->peers_by_id */
    struct p2p__map_node serial_node; /* g->peers_by_serial */
    struct p2p__list link;            /* g->peers or g->retired */
    struct p2p__list dirty;           /* g->dirty */
    struct p2p__list members;
    struct p2p__list words; /* members with a GRAFT or PRUNE to say */
    struct p2p__list lazy;  /* members with an IHAVE to say */
    struct p2p_peer_id id;
    uint64_t key;    /* of this record, for ever */
    uint64_t serial; /* of this connection */
    uint8_t version; /* enum p2p__gossip_version */
    bool connected;
    bool outbound;
    bool direct;
    bool stalled;    /* tx gave a frame that is not done */
    bool alias_ids;  /* it uses the other kind of message ids */
    bool graylisted; /* GRAYLISTED was said */
    void *user;
    struct p2p__quota *quota; /* its own; g's when retired */
    uint64_t held;            /* bytes charged there */
    uint32_t member_count;
    uint32_t topic_count;              /* it said that it is in so many */
    uint64_t told;                     /* of our changes, the last one said */
    struct p2p__gossip_lane own;       /* published here, or asked for */
    struct p2p__gossip_lane forward;   /* the others */
    struct p2p__gossip_msg *sending;   /* of the frame that tx gave, or … */
    struct p2p__slab *sending_control; /* … this; both counted */
    struct p2p__gossip_idbuf iwant;    /* ids to ask for */
    struct p2p__gossip_idbuf idontwant;
    struct p2p__gossip_counts counts;
    struct p2p__gossip_idset unwanted;
    struct p2p__gossip_behaviour behaviour;
    double topics_score;          /* P1 to P4 as of … */
    uint64_t topics_step;         /* … this step */
    bool topics_fresh;            /* and nothing was counted since */
    struct p2p__gossip_ip *ip[2]; /* the address and its /64 */
    p2p_ns forget_at;             /* when retired */
};

/* What a message knows of a peer. */
struct p2p__gossip_who {
    uint64_t serial;
    uint8_t sent;  /* it sent us the message */
    uint8_t asked; /* how often it got it by IWANT */
};

struct p2p__gossip_msg {
    struct p2p__map_node by_fp;     /* g->cache */
    struct p2p__map_node by_alias;  /* g->cache_alias */
    struct p2p__map_node by_handle; /* g->pending_by_handle */
    struct p2p__list in_history;    /* g->history[beat % history] */
    struct p2p__list in_topic;      /* topic->recent */
    struct p2p__list in_pending;    /* g->pending */
    struct p2p__gossip_topic *topic;
    struct p2p__slab *slab; /* the frame: prefix and RPC */
    struct p2p__gossip_view view;
    struct p2p__gossip_fp fp;
    struct p2p__gossip_fp alias;
    uint64_t via;    /* serial of the peer that brought it; 0: own */
    uint64_t beat;   /* heartbeat in which it came into the history */
    uint64_t handle; /* not 0: waits for the application */
    p2p_ns due;      /* when the application is too late */
    p2p_ns accepted; /* when it was found valid; 0: not yet */
    struct p2p__gossip_who few[P2P__GOSSIP_WHO_FEW];
    struct p2p__gossip_who *many; /* all of them, once they are more */
    uint32_t who_count, who_room;
    uint32_t refs;
    uint32_t charged;           /* bytes of g's quota */
    bool listed;                /* in g->cache */
    bool cached;                /* in the history */
    uint16_t id_len, alias_len; /* alias 0: none */
    uint8_t ids[];
};

struct p2p__gossip_event {
    struct p2p_peer_id peer;
    uint64_t serial;
    struct p2p__gossip_topic *topic; /* counted; may be NULL */
    struct p2p__gossip_msg *msg;     /* counted; may be NULL */
    uint64_t handle;
    uint8_t type;
};

/* A ring of events that grows. */
struct p2p__gossip_events {
    struct p2p__gossip_event *ring;
    uint32_t room, first, count;
    struct p2p__gossip_event last; /* the one that next() gave */
};

struct p2p__gossip {
    struct p2p__gossip_cfg cfg;
    struct p2p__gossip_score_params score;
    bool scoring;
    struct p2p__env *env;
    struct p2p__job *owner;
    struct p2p__rng rng;
    uint64_t seed[4]; /* of fingerprints */
    struct p2p__map peers_by_id;
    struct p2p__map peers_by_serial;
    struct p2p__map topics_by_name;
    struct p2p__map members;
    struct p2p__map ips;
    struct p2p__list peers;   /* connected */
    struct p2p__list retired; /* remembered, oldest first */
    struct p2p__list dirty;   /* connected, with something to send */
    struct p2p__list topics;
    struct p2p__list changes; /* topics we (un)subscribed, oldest first */
    uint32_t peer_count, retired_count, topic_count;
    uint64_t serial;       /* the last one given to anything */
    uint64_t change;       /* number of our last (un)subscription */
    struct p2p__map cache; /* messages in history and pending, by fp */
    struct p2p__map cache_alias;
    struct p2p__list history[P2P__GOSSIP_HISTORY_MAX];
    uint32_t cached_count;
    uint64_t cached_bytes;
    struct p2p__gossip_idset seen;
    struct p2p__map pending_by_handle;
    struct p2p__list pending; /* messages that wait, oldest first */
    uint32_t pending_count;
    uint64_t pending_bytes;
    struct p2p__map promises_by_fp;
    struct p2p__list promises; /* oldest first */
    uint32_t promise_count;
    struct p2p__map authors_by_id;
    struct p2p__list authors; /* silent longest first */
    uint32_t author_count;
    struct p2p__gossip_events events;
    uint64_t beat;     /* heartbeats so far */
    p2p_ns next_beat;  /* when the next one is due */
    p2p_ns decay_from; /* decay steps are counted from here */
    uint64_t seqno;    /* the last one used */
    uint8_t *scratch;  /* to sign and verify in */
    size_t scratch_room;
    void **picked; /* to choose peers and messages in */
    size_t picked_room;
    size_t picked_count;
    uint64_t busy; /* messages so far, at the last heartbeat */
    struct p2p__gossip_stats stats;
};

/* The fingerprint of an id under g's secret. */
void p2p__gossip_fp_of(const struct p2p__gossip *g, const void *id, size_t len,
                       struct p2p__gossip_fp *out);

/* Room for `len` bytes at g->scratch. Errors: P2P_ENOMEM, P2P_ELIMIT. */
int p2p__gossip_scratch(struct p2p__gossip *g, size_t len);

/* Gives that room back. */
void p2p__gossip_scratch_fini(struct p2p__gossip *g);

#endif
