/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A fleet: whole hosts in sites behind NATs of each kind, and some on the
 * internet, which are relays; a few of those are rendezvous points, the only
 * ones that all know from the start. What a node does to stay connected is in
 * keep.c, how it finds others in find.c.
 */
#ifndef TESTS_SIM_SITES_FLEET_H
#define TESTS_SIM_SITES_FLEET_H

#include "simhost.h"
#include "site.h"
#include "tally.h"

#define FLEET_TOPIC "fleet"
/* Peers outside of its site, peers in it, and relays that a node wants. */
#define FLEET_FAR    4U
#define FLEET_MATES  3U
#define FLEET_RELAYS 2U
/* Whom a node has found and not tried yet. */
#define FLEET_FOUND 32U
/* Nodes register in groups of about so many. */
#define FLEET_GROUP 32U
/* Nodes that everybody knows. */
#define FLEET_POINTS 4U
/* One node in so many is on the internet. */
#define FLEET_PUBLIC 20U
/* A node that has been up for so long is to hear all. */
#define FLEET_SETTLE P2P__SEC(30)
/* A registration at a point is good for so long. */
#define FLEET_TTL_S 7200U

/* How nodes find each other. */
enum fleet_how {
    FLEET_TOLD, /* by a hand that knows: it costs nothing */
    FLEET_RENDEZVOUS,
    FLEET_DHT
};

struct fleet_cfg {
    struct sim_cfg net;
    size_t nodes, sites;
    enum fleet_how how;
    bool no_gossip, no_relay, no_dcutr, no_mdns; /* modules that are left out */
    bool autonat;
    p2p_ns idle;    /* the span that is measured */
    p2p_ns renewal; /* registrations are renewed after so long, at most */
    unsigned churn_percent;
    p2p_ns heal; /* a message after a cut may miss for so long */
    bool trace;
};

struct fleet;

/* Somebody a node wants to be connected with. */
struct fleet_link {
    bool used;
    struct p2p_peer_id id;
    p2p_ns bad_since; /* not connected, or limited; 0: it is fine */
};

/* Peers that were found and are not linked. */
struct fleet_list {
    size_t n;
    struct p2p_peer_id ids[FLEET_FOUND];
};

/* What a search is for. */
enum fleet_what { FLEET_ANY, FLEET_RELAY, FLEET_WHATS };

/* A search under way. */
struct fleet_search {
    struct fleet_node *node;
    enum fleet_what what;
    bool under_way;
    p2p_ns began;    /* the last one */
    uint64_t before; /* bytes of the protocol by then */
};

struct fleet_node {
    struct fleet *fleet;
    size_t index;
    size_t site; /* its number, or fleet->cfg.sites: on the internet */
    struct p2p_key *key;
    struct p2p_peer_id id;
    struct p2p_host *host; /* NULL: it is down */
    struct p2p_pubsub *pubsub;
    unsigned life;   /* how often it was started */
    p2p_ns up_since; /* P2P_NEVER: it is down */
    struct fleet_link far[FLEET_FAR], mates[FLEET_MATES];
    struct fleet_link relays[FLEET_RELAYS];
    struct fleet_list found[FLEET_WHATS], seen; /* seen: in its site */
    struct fleet_search searches[FLEET_WHATS];
    unsigned point; /* that it asks now */
    bool registering;
    p2p_ns registered; /* 0: not */
    p2p_ns renew;      /* when to do it again */
    uint64_t told;     /* a hash of the addresses that were registered */
    uint64_t before;   /* bytes of the protocol by then */
    p2p_ns fine;       /* when it was last seen not alone */
};

/* How long a search or a registration took, and how many failed. */
struct fleet_times {
    uint64_t done, failed, found;
    uint64_t billed, bytes; /* of those of nodes in sites: what it took */
    p2p_ns took, longest;
};

/* What watch.c saw. */
struct fleet_watch {
    p2p_ns alone;            /* the longest that a node was */
    size_t alone_node;       /* which */
    uint64_t samples, apart; /* nodes looked at; of those, alone just then */
    uint32_t reservations, per_addr, circuits; /* the most at a relay */
    uint32_t conns;                            /* … and at any node */
    uint64_t memory;
    uint64_t refused;       /* by quotas */
    unsigned islands;       /* parts that the topic fell into, at the end */
    uint64_t held;          /* when all had let go */
    uint64_t mappings;      /* of all NATs, at the end of the idle span */
    size_t direct, relayed; /* links with far peers then */
    size_t unreserved;      /* inside, and without a reservation */
};

struct fleet {
    struct fleet_cfg cfg;
    struct sim sim;
    struct p2p__rng rng;
    struct sim_site **sites;
    struct fleet_node *nodes;
    size_t n_public; /* the first nodes; the first of them are points */
    size_t n_points;
    struct tally tally;
    p2p_ns began;
    size_t cut; /* the site that is cut off; none: cfg.sites */
    p2p_ns cut_at, healed_at;
    struct fleet_times searches[FLEET_WHATS], registrations;
    uint64_t punched, not_punched;
    struct fleet_watch watch;
    unsigned went, dark, fresh, relays_gone;
    bool over; /* nothing more begins */
};

/* Makes the nodes; they start during the first seconds. */
void fleet_init(struct fleet *f, const struct fleet_cfg *cfg);

/* Time passes. */
void fleet_run(struct fleet *f, p2p_ns span);

/* Says a message each second for a while. */
void fleet_talk(struct fleet *f, p2p_ns span);

/* Some nodes look for others, or register, half a second apart. */
void fleet_probe(struct fleet *f, unsigned count, bool registering);

/* How long a storm takes. */
#define FLEET_STORM P2P__SEC(240)

/* Nodes go and come back, relays die, a site is cut off and healed; messages
 * are said meanwhile. */
void fleet_storm(struct fleet *f);

/* All but the nodes on the internet end, these let go of each other, and
 * what is held then is in watch.held. */
void fleet_part(struct fleet *f);
void fleet_fini(struct fleet *f);

/* Whether it is up, since some time, and the site of another one is not cut
 * off from it. */
bool fleet_is_settled(const struct fleet_node *n, p2p_ns when);
bool fleet_together(const struct fleet *f, const struct fleet_node *a,
                    const struct fleet_node *b);

static inline bool fleet_is_public(const struct fleet_node *n)
{
    return n->index < n->fleet->n_public;
}

/* The node with an id, or NULL. */
struct fleet_node *fleet_find_node(const struct fleet *f,
                                   const struct p2p_peer_id *id);

/* Its address with /p2p, of a node on the internet or for its mates. */
void fleet_addr(const struct fleet_node *n, char *buf);

/* Something that happens to a node, or (NULL) to the fleet, unless it has been
 * restarted meanwhile. */
void fleet_at(struct fleet *f, p2p_ns when, struct fleet_node *n,
              void (*run)(struct fleet *f, struct fleet_node *n));
p2p_ns fleet_between(struct fleet *f, p2p_ns from, p2p_ns to);

/* A node begins to look after its connections. */
void fleet_keep(struct fleet_node *n);

/* It was told of a mate. */
void fleet_keep_mate(struct fleet_node *n, const struct p2p_peer_id *id);

/* Notes somebody who was found. */
void fleet_list_add(struct fleet_list *l, const struct p2p_peer_id *id);

/* Configures what a node finds others with. */
void fleet_find_config(const struct fleet_node *n, struct p2p_host_config *cfg);
void fleet_find_start(struct fleet_node *n);

/* Looks for others, unless that is under way. */
void fleet_find(struct fleet_node *n, enum fleet_what what);

/* Registers where the others look. */
void fleet_register(struct fleet_node *n);

/* Looks at all now and then, from the settling on. */
void fleet_watch_start(struct fleet *f);

/* The state of things at the end of the idle span, and at the end. */
void fleet_watch_idle(struct fleet *f);
void fleet_watch_end(struct fleet *f);

/* After all let go. */
void fleet_watch_rest(struct fleet *f);

#endif
