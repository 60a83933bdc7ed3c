/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One gossip core and the peers around it, all of them puppets: what they say
 * is built here, what they hear is counted here. Time is a number.
 */
#ifndef TESTS_UNIT_GOSSIP_RIG_H
#define TESTS_UNIT_GOSSIP_RIG_H

#include "proto/gossip/gossip.h"
#include "test_env.h"

#define RIG_PEERS 64
#define RIG_IDS   64
#define RIG_BUF   (2U * 1024U * 1024U)

struct rig_id {
    uint8_t bytes[64];
    size_t len;
};

/* What a peer heard since rig_forget(). */
struct rig_heard {
    unsigned frames, subs, unsubs, grafts, prunes, ihaves, iwants, idontwants;
    unsigned ihave_ids, iwant_ids, idontwant_ids, messages;
    uint64_t backoff_s;
    size_t largest;             /* frame */
    size_t message_len;         /* of the last one's data */
    struct rig_id ids[RIG_IDS]; /* of IHAVE, IWANT, IDONTWANT, in order */
    unsigned n_ids;
};

struct rig_peer {
    struct p2p_key *key;
    struct p2p_peer_id id;
    struct p2p__gossip_peer *gp; /* NULL: not connected */
    struct p2p__quota quota;
    struct rig_heard heard;
    uint64_t seqno;
    bool deaf; /* does not read */
};

struct rig_events {
    unsigned messages, subscribed, unsubscribed, grafted, pruned, graylisted;
    uint64_t handle; /* of the last message */
    uint64_t seqno;
    struct p2p_peer_id from;
    uint8_t data[64];
    size_t data_len;
};

struct rig {
    struct test_env env;
    struct p2p__quota quota; /* of what belongs to no peer */
    struct p2p__gossip_cfg cfg;
    struct p2p__gossip_score_params score;
    struct p2p__gossip *g;
    struct p2p_key *key;
    p2p_ns now;
    struct rig_peer peers[RIG_PEERS];
    struct rig_events ev;
    int rx; /* what the last rx returned */
    uint8_t *buf;
};

/* A message as its author would send it; fields can be changed before. */
struct rig_msg {
    unsigned author; /* index of the peer who signs */
    const char *topic;
    const void *data;
    size_t data_len;
    uint64_t seqno; /* 0: the author's next */
    bool no_key, no_signature, no_from, no_seqno;
    bool other_key;     /* sends the key of peer author + 1 */
    bool forged;        /* says that peer author + 1 wrote it */
    bool bad_signature; /* one bit is wrong */
    size_t seqno_len;   /* 0: 8 */
};

/* Defaults into rig->cfg; change them, then rig_start(). */
void rig_init(struct rig *r);
void rig_start(struct rig *r);

/* Frees all; fails the test when any quota is not given back. */
void rig_fini(struct rig *r);

/* Connects peer i. */
void rig_add(struct rig *r, unsigned i, enum p2p__gossip_version v,
             bool outbound);
void rig_add_as(struct rig *r, unsigned i, struct p2p__gossip_peer_info *info);
void rig_remove(struct rig *r, unsigned i);

/* Peers [0, n) connect with v1.2, inbound, and subscribe to `topic`. */
void rig_crowd(struct rig *r, unsigned n, const char *topic);

/* The core subscribes. */
void rig_join(struct rig *r, const char *topic);

/* Peer i says something: one RPC each. */
void rig_say(struct rig *r, unsigned i, const void *rpc, size_t len);
void rig_sub(struct rig *r, unsigned i, const char *topic, bool on);
void rig_graft(struct rig *r, unsigned i, const char *topic);
void rig_prune(struct rig *r, unsigned i, const char *topic, uint64_t backoff);
/* IHAVE (1), IWANT (2) or IDONTWANT (5) with n ids of `ids`. */
void rig_ids(struct rig *r, unsigned i, unsigned kind, const char *topic,
             const struct rig_id *ids, unsigned n);
/* The same with made-up ids, `seed` onwards. */
void rig_made_up(struct rig *r, unsigned i, unsigned kind, const char *topic,
                 unsigned seed, unsigned n);

/* Encodes a Message to out; returns its length. `id` (may be NULL) is set to
 * from ‖ seqno. */
size_t rig_encode(struct rig *r, const struct rig_msg *m, uint8_t *out,
                  struct rig_id *id);

/* Peer i sends the message. */
void rig_send(struct rig *r, unsigned i, const struct rig_msg *m,
              struct rig_id *id);
/* Peer i sends a small message that it wrote. */
void rig_hello(struct rig *r, unsigned i, const char *topic, struct rig_id *id);

/* Pulls frames and events; rig_beat() runs n heartbeats and pulls. */
void rig_pull(struct rig *r);
void rig_beat(struct rig *r, unsigned n);

/* Forgets what was heard and pulled. */
void rig_forget(struct rig *r);

/* Members of our mesh in the topic; whether peer i is one of them. */
size_t rig_mesh(struct rig *r, const char *topic);
bool rig_in_mesh(struct rig *r, const char *topic, unsigned i);

double rig_score(struct rig *r, unsigned i);

#endif
