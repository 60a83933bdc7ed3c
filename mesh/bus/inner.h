/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A bus from inside, for the files of this folder.
 */
#ifndef UM_BUS_INNER_H
#define UM_BUS_INNER_H

#include <p2p/p2p.h>

#include "mesh/bus/bus.h"
#include "mesh/bus/kept.h"
#include "mesh/bus/meet.h"
#include "mesh/bus/named.h"

/** Addresses and connections of this host that are looked at. */
#define UM_BUS_ADDRS 64
#define UM_BUS_CONNS 4096

/** Bytes of the name of a DHT, with its 0. */
#define UM_BUS_DHT_BYTES 64

/** A peer, connected or not. */
struct um_bus_entry {
    struct um_bus_entry *next;
    struct p2p_peer_id id;
    char agent[128];
    struct p2p_multiaddr observed; /* how it sees us */
    struct um_kept kept;           /* held while it has a part in the bus */
    uint64_t changed_ns;
    uint64_t twin_ns; /* when two addresses were told of; 0: never */
    uint64_t rtt_us;  /* as measured here; 0: not yet */
    bool connected;
    bool measuring;
    bool relays; /* it says that it is a relay for others */
    bool leaned; /* it was asked to be one for this host */
    struct um_meet meet;
    /* Public: it says that it listens there, and was dialed there; len 0:
     * nowhere. */
    struct p2p_multiaddr open;
};

struct um_bus_subscription {
    struct um_bus_subscription *next;
    const struct um_bus *bus;
    um_bus_message *on_message;
    void *user;
};

struct p2p_portmap;

struct um_bus {
    struct um_bus_cfg cfg;
    struct p2p_host *host;
    struct p2p_pubsub *pubsub;
    struct p2p_portmap *portmap; /* NULL: no gateway is asked */
    void (*left)(void *user);    /* told when it was told that we go */
    void *left_user;
    struct um_bus_entry *peers;
    struct um_named *named;
    struct um_bus_subscription *subs;
    size_t n_peers;
    size_t n_connected;
    bool closing;
    bool relays;                 /* this host is one for others */
    bool meets;                  /* it is a rendezvous point for others */
    enum p2p_reachability found; /* by others, last */
    uint64_t lost_ns;            /* when that was lost; 0: it holds */
    bool looks;                  /* it is part of the mesh's DHT */
    bool strange;                /* its DHT is another one, as was told */
    char dht[UM_BUS_DHT_BYTES];  /* the one that it joined; "": none */
    bool seeking;                /* somebody is looked for there: */
    struct p2p_peer_id sought;
    uint64_t seek_ns; /* not before it the next one is */
    char twin[128];   /* where our key is too */
};

/** The entry of a peer, or NULL. */
struct um_bus_entry *um_bus_find(const struct um_bus *bus,
                                 const struct p2p_peer_id *id);

/** The same, made if there is none, in place of who has been gone for longest
 * if there are too many. NULL: no memory. */
struct um_bus_entry *um_bus_entry_for(struct um_bus *bus,
                                      const struct p2p_peer_id *id);

/** Whether a peer was named by hand: then it is kept whatever it is. */
bool um_bus_is_named(const struct um_bus *bus, const struct p2p_peer_id *id);

/** Notes where a member is, as somebody tells; it is dialed there if that is
 * news and it is not connected, or by relays alone. What it signed takes the
 * place of what is known, the rest stands behind that. */
void um_bus_moved(struct um_bus *bus, const struct p2p_peer_info *info,
                  const char *by, bool is_signed);

/** The open connections, `n` of them: free() them; NULL: none, or no memory. */
struct p2p_conn_info *um_bus_conns(const struct um_bus *bus, size_t *n);

/** Whether somebody asks who has a part in the bus, and a peer has; nobody is
 * asked at the end. */
bool um_bus_is_part(const struct um_bus *bus, const struct p2p_peer_id *id);

/** Whether a peer has a part and is a member. */
bool um_bus_is_member(const struct um_bus *bus, const struct p2p_peer_id *id);

#endif
