/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The host's inside: what the files of lib/host share. A host wires the
 * protocols of lib/proto to the streams of lib/stack; each protocol has a file
 * here with its glue and a part of this struct.
 */
#ifndef P2P_HOST_INTERNAL_H
#define P2P_HOST_INTERNAL_H

#include "base/list.h"
#include "p2p/autonat.h"
#include "p2p/gate.h"
#include "p2p/host.h"
#include "p2p/pubsub.h"
#include "port/world.h"
#include "stack/roam.h"
#include "stack/swarm.h"

/* Addresses that we listen at. */
#define P2P__CAP_LISTEN_ADDRS 32
/* Addresses that we tell others, interfaces expanded. */
#define P2P__CAP_OWN_ADDRS 32

/* Peers whose dial waits. */
#define P2P__CAP_MDNS_WAITING 64
/* Streams opened again to one connected peer before we let it be. */
#define P2P__CAP_PUBSUB_REOPENS 8
/* Topics that the application may subscribe to. */
#define P2P__CAP_PUBSUB_TOPICS 1024

struct p2p__host_autonat;
struct p2p__host_autonat_server;
struct p2p__host_bootstrap;
struct p2p__host_dcutr;
struct p2p__host_identify;
struct p2p__host_kad;
struct p2p__host_mdns;
struct p2p__host_point;
struct p2p__host_relay;
struct p2p__host_roam;
struct p2p__mapper;

struct p2p_host {
    struct p2p__world *world; /* borrowed */
    struct p2p__env env;      /* the world's, with our logger */
    struct p2p__env *world_env;
    struct p2p__logger logger;
    struct p2p__swarm *swarm;
    const struct p2p_key *key;
    const struct p2p_host_events *events;
    void *user;
    char *agent;
    size_t n_listen;
    struct p2p__host_roam *roam;
    struct p2p__host_identify *identify;
    struct p2p__host_mdns *mdns;
    struct p2p_pubsub *pubsub;
    p2p_gate gate; /* NULL: none */
    void *gate_user;
    p2p_announce announce; /* NULL: all addresses are told */
    void *announce_user;
    struct p2p__host_relay *relay; /* NULL: we are none */
    struct p2p__host_point *point; /* NULL: we are none */
    struct p2p__host_kad *kad;     /* NULL: we are part of no DHT */
    struct p2p__list reservations; /* that we want, or have */
    struct p2p__host_dcutr *dcutr; /* NULL: we punch no holes */
    p2p_ns twin_dial_at;           /* not before it; see twin.c */
    p2p_ns twin_event_at;
    struct p2p__host_bootstrap *bootstrap;           /* NULL: with nobody */
    struct p2p__host_autonat *autonat;               /* NULL: we do not ask */
    struct p2p__host_autonat_server *autonat_server; /* NULL: we are none */
    struct p2p__mapper *mapper; /* NULL: no gateway is asked for anything */
    bool mdns_dial;
};

/* The moment. */
static inline p2p_ns p2p__host_now(const struct p2p_host *h)
{
    return h->world->now(h->world);
}

/* A host on any world. As p2p_host_new(). */
int p2p__host_new(struct p2p__world *world, const struct p2p_host_config *cfg,
                  struct p2p_host **out);

/* Fills the public view of a connection. */
void p2p__host_conn_info(const struct p2p__conn *c, struct p2p_conn_info *out);

/* The addresses of this machine; how many. */
size_t p2p__host_ifaces(const struct p2p_host *h,
                        struct p2p__iface out[P2P__ROAM_IFACES]);

/* Whether an address is of a network that an interface of this machine is in:
 * who is there knows no more of us than we do. */
bool p2p__host_is_on_link(const struct p2p_host *h, const struct p2p__addr *a);

/* Calls `each` for every address of a listener, without /p2p/ID: one on all
 * interfaces has that of each, with loopback where there is nothing else. */
void p2p__host_listen_addrs(const struct p2p_host *h,
                            void (*each)(void *user,
                                         const struct p2p_multiaddr *ma),
                            void *user);

/* Our addresses changed: identify and mDNS tell the others. */
void p2p__host_addrs_changed(struct p2p_host *h);

/* roam.c: looks at the machine's addresses. */
int p2p__host_roam_init(struct p2p_host *h);
void p2p__host_roam_fini(struct p2p_host *h);

/* They may have changed. */
void p2p__host_roam_stir(struct p2p_host *h, p2p_ns now);

/* What we tell of ourselves may have changed: the application hears it, unless
 * it did that itself. */
void p2p__host_roam_tell(struct p2p_host *h);
void p2p__host_roam_told(struct p2p_host *h);

/* The peer of a text id in the book, counted, or NULL. */
struct p2p__peer *p2p__host_peer(struct p2p_host *h,
                                 const struct p2p_peer_id *id);

/* A stream to a peer with one protocol (a constant string), over connections
 * of a path, or NULL and *err. */
struct p2p_stream *p2p__host_open(struct p2p_host *h,
                                  const struct p2p_peer_id *peer,
                                  const char *protocol, enum p2p__path path,
                                  int *err);

/* identify.c: serves and asks; told about peers. */
int p2p__host_identify_init(struct p2p_host *h);
void p2p__host_identify_fini(struct p2p_host *h);
void p2p__host_identify_conn(struct p2p_host *h, struct p2p__conn *c);
void p2p__host_identify_again(struct p2p_host *h, struct p2p__peer *peer,
                              p2p_ns now);
void p2p__host_identify_gone(struct p2p__peer *peer);
void p2p__host_identify_push(struct p2p_host *h);

/* Asks connected peers once more who they are. */
void p2p__host_identify_all(struct p2p_host *h);

/* Our addresses as we sign them, a sealed record; borrowed until they change.
 * 0, or P2P_ENOMEM and its like. */
int p2p__host_identify_record(struct p2p_host *h, struct p2p__slice *out);

/* The same unsigned, into P2P__CAP_OWN_ADDRS places; their number. */
size_t p2p__host_signed_addrs(struct p2p_host *h, struct p2p_multiaddr *out);

/* Whether a peer has told who it is. */
bool p2p__host_is_identified(const struct p2p__peer *peer);

/* bootstrap.c: a peer is gone; and the end. */
void p2p__host_bootstrap_gone(struct p2p_host *h, p2p_ns now);
void p2p__host_bootstrap_fini(struct p2p_host *h);

/* ping.c and perf.c: serve. */
int p2p__host_ping_init(struct p2p_host *h);
int p2p__host_perf_init(struct p2p_host *h);

/* mdns.c */
int p2p__host_mdns_init(struct p2p_host *h, const struct p2p_host_config *cfg);
void p2p__host_mdns_fini(struct p2p_host *h);
void p2p__host_mdns_addrs(struct p2p_host *h);

/* There are other interfaces; we were away, and say again that we are here. */
void p2p__host_mdns_look(struct p2p_host *h);
void p2p__host_mdns_again(struct p2p_host *h);
void p2p__host_mdns_gone(struct p2p_host *h, const struct p2p_peer_id *id,
                         p2p_ns now);

/* relay.c: serves others, where the configuration says so; a peer is gone. */
int p2p__host_relay_init(struct p2p_host *h,
                         const struct p2p_relay_config *cfg);
void p2p__host_relay_gone(struct p2p_host *h, struct p2p__peer *peer);
void p2p__host_relay_fini(struct p2p_host *h);

/* A reservation came or went, of the peer with us or of ours with it: while
 * there is one its connection is not trimmed. */
void p2p__host_relay_hold(struct p2p_host *h, struct p2p__peer *peer);

/* stop.c: takes what relays bring. */
int p2p__host_stop_init(struct p2p_host *h);

/*
 * reserve.c: keeps a reservation at the relay of a /p2p-circuit address.
 * Errors: P2P_EFORMAT, P2P_ESELF, P2P_ENOMEM, P2P_ELIMIT.
 */
int p2p__host_reserve(struct p2p_host *h, const struct p2p_multiaddr *ma);

/* Whether there is one at a relay. */
bool p2p__host_reserved_at(const struct p2p_host *h,
                           const struct p2p_peer_id *relay);

/* An address under which a relay brings others to us, without our /p2p/ID;
 * false: there are no more. */
bool p2p__host_reserved_addr(const struct p2p_host *h, size_t index,
                             struct p2p_multiaddr *out);

/* The last connection with a peer, perhaps one of our relays, ended. */
void p2p__host_reserve_gone(struct p2p_host *h, struct p2p__peer *relay,
                            p2p_ns now);
void p2p__host_reserve_fini(struct p2p_host *h);

/* Relays that could not be reached may be now. */
void p2p__host_reserve_moved(struct p2p_host *h, p2p_ns now);

/* dht.c: is part of a DHT, where the configuration says so; a peer told what it
 * serves, and where it is. */
int p2p__host_kad_init(struct p2p_host *h, const struct p2p_dht_config *cfg);
void p2p__host_kad_identified(struct p2p_host *h, struct p2p__peer *peer,
                              const struct p2p_peer_info *info, p2p_ns now);
void p2p__host_kad_fini(struct p2p_host *h);

/* Our addresses may be others: who serves a DHT tells its neighbours there. */
void p2p__host_kad_addrs(struct p2p_host *h, p2p_ns now);

/* point.c: is a rendezvous point, where the configuration says so. */
int p2p__host_point_init(struct p2p_host *h,
                         const struct p2p_rendezvous_config *cfg);
void p2p__host_point_fini(struct p2p_host *h);

/* What a peer told on a connection that matters to hole punching. */
struct p2p__dcutr_news {
    const struct p2p__conn *conn;
    const struct p2p_multiaddr *seen; /* where it sees us; empty: not told */
    bool speaks;                      /* and that it speaks the protocol: it
                                         told so without being asked */
};

/* dcutr.c: a connection opened; its peer told who it is; the last connection
 * with a peer ended. */
int p2p__host_dcutr_init(struct p2p_host *h,
                         const struct p2p_dcutr_config *cfg);
void p2p__host_dcutr_conn(struct p2p_host *h, struct p2p__conn *c, p2p_ns now);
void p2p__host_dcutr_identified(struct p2p_host *h,
                                const struct p2p__dcutr_news *news, p2p_ns now);
void p2p__host_dcutr_gone(struct p2p_host *h, struct p2p__peer *peer,
                          p2p_ns now);
void p2p__host_dcutr_fini(struct p2p_host *h);

/* twin.c: mDNS has our own id at addresses; a handshake ended with it. */
void p2p__host_twin_found(struct p2p_host *h, const struct p2p_multiaddr *addrs,
                          size_t count, p2p_ns now);
void p2p__host_twin(struct p2p_host *h, const struct p2p__conn *c, p2p_ns now);

/* limit.c: tells the owner. */
void p2p__host_limited(struct p2p_host *h, unsigned row,
                       const struct p2p__refusal_row *what);

/* pubsub_peer.c: told about peers; pubsub.c. */
void p2p__pubsub_peer_up(struct p2p_pubsub *ps, struct p2p__peer *peer);
void p2p__pubsub_peer_moved(struct p2p_pubsub *ps, struct p2p__peer *peer);
void p2p__pubsub_peer_down(struct p2p_pubsub *ps, struct p2p__peer *peer);
void p2p__pubsub_free(struct p2p_pubsub *ps);

#endif
