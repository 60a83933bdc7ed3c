/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The mesh as the daemon sees it: peers that come and go, and messages on
 * topics. The one folder that knows the library's host.
 */
#ifndef UM_BUS_BUS_H
#define UM_BUS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p2p/autonat.h>
#include <p2p/host.h>

#include "mesh/base/log.h"
#include "mesh/base/resolver.h"

struct um_bus;
struct p2p_loop;

/** Peers that are remembered for `unitmesh peers`. */
#define UM__CAP_BUS_PEERS 1024
/** Bytes of a message that is taken from the bus. */
#define UM__CAP_BUS_MESSAGE_BYTES (1024U * 1024U)

/** A peer, connected or seen since the start; valid during the call. */
struct um_bus_peer {
    struct p2p_peer_id id;
    const char *agent;     /**< "" until it told */
    const char *addr;      /**< the other end of the connection, as multiaddr */
    const char *transport; /**< "tcp", "quic-v1", "p2p-circuit"; these are "" of
                                one gone */
    const char *security;
    const char *muxer;
    bool connected;
    bool outbound;
    bool limited;           /**< a relay limits its bytes and its time */
    struct p2p_peer_id via; /**< the relay; len 0: the connection is direct */
    uint64_t rtt_us;        /**< 0: not measured */
    uint64_t since_ms;      /**< connected, or gone, for so long */
};

/** What the bus tells; all but the last two are required. */
struct um_bus_cb {
    void (*found)(void *user, const struct p2p_peer_id *peer);
    void (*peer_up)(void *user, const struct p2p_peer_id *peer);
    void (*peer_down)(void *user, const struct p2p_peer_id *peer);
    /** Another node has our key, at this multiaddr; at most once a minute. */
    void (*twin)(void *user, const char *addr);
    /** What um_bus_known() tells may be another. NULL: nobody asks. */
    void (*learned)(void *user);
    /** Our own addresses changed: what could not be reached may be now. NULL:
     * nobody asks. */
    void (*moved)(void *user);
};

/** What a bus is made of. Borrows all until it is freed. */
struct um_bus_cfg {
    struct p2p_loop *loop;
    const struct p2p_key *key;
    const char *const *listen;
    size_t n_listen;
    const char *const *peers; /**< multiaddrs that are dialed and kept */
    size_t n_peers;
    const char *const *relays; /**< multiaddrs with /p2p/ID: reservations are
                                    kept there */
    size_t n_relays;
    const char *const *entries; /**< multiaddrs that are dialed while nobody is
                                     connected */
    size_t n_entries;
    const char *agent;
    bool mdns;
    bool portmap; /**< the gateway of this network is asked to let peers in */
    bool article; /**< mplex and the mDNS of 2021 too */
    /** What the owner says of whether others reach this host from outside of
     * its network; unknown: those who have a part in the bus tell. */
    enum p2p_reachability reach;
    const struct um_log *log;
    const struct um_bus_cb *cb;
    /**
     * Whether a peer has a part in the bus: it is dialed again when it is gone.
     * Others get no message, are told no
     * topic and not heard; they may still connect, be identified, and open
     * streams. It must call nothing of the bus. NULL: everybody has.
     */
    bool (*may)(void *user, const struct p2p_peer_id *peer);
    /** Whether somebody who has a part in the bus awaits one who has not: then
     * this host as a relay brings him. Like `may`. NULL: nobody does. */
    bool (*awaits)(void *user, const struct p2p_peer_id *peer);
    /** Whether a peer is one of those who do things for each other: dial back,
     * remember where they are. Like `may`. NULL: who has a part is. */
    bool (*member)(void *user, const struct p2p_peer_id *peer);
    /** Whether this host is about to become one: then it dials anybody back,
     * for those who let it in know it sooner than it knows them. NULL: never.
     */
    bool (*joining)(void *user);
    void *user;
};

/**
 * Starts a bus; what is wrong goes to the log.
 * @return owned, or NULL
 */
struct um_bus *um_bus_new(const struct um_bus_cfg *cfg);

/** Ends it. */
void um_bus_free(struct um_bus *bus);

/** Our own id; valid until the bus is freed. */
const struct p2p_peer_id *um_bus_id(const struct um_bus *bus);

/** Our own addresses as text, one call each. */
void um_bus_addrs(const struct um_bus *bus,
                  void (*each)(void *user, const char *addr), void *user);

/** All peers, connected ones first. */
void um_bus_peers(struct um_bus *bus,
                  void (*each)(void *user, const struct um_bus_peer *peer),
                  void *user);

/** Where peers that have a part in the bus said that they listen, as multiaddrs
 * with /p2p/ID; of so many peers at most. */
void um_bus_known(const struct um_bus *bus, size_t peers,
                  void (*each)(void *user, const char *addr), void *user);

/** Takes such a multiaddr from an earlier run: who is there is dialed and kept
 * from um_bus_recheck() on, if it has a part then. Others are passed over. */
void um_bus_recall(struct um_bus *bus, const char *addr);

/** The same of an address that goes by a relay, as a member's row tells; others
 * are passed over: a row sends nobody to where a member is not. Who is there is
 * dialed at once, if it has a part, and again whenever it is gone. */
void um_bus_learn(struct um_bus *bus, const char *addr);

/** Whether a peer is connected by relays alone, which limit how much goes over
 * them. */
bool um_bus_sparing(const struct um_bus *bus, const struct p2p_peer_id *peer);

/** Makes this host a relay of those who have a part in the bus, or takes that
 * back. 0, or a negative code of p2p: it is as before. */
int um_bus_relay(struct um_bus *bus, bool on);

/** Whether others reach this host from outside of its network: as the config
 * says, or else um_bus_found(). */
enum p2p_reachability um_bus_reach(const struct um_bus *bus);

/** What those who have a part in the bus found when they dialed this host. */
enum p2p_reachability um_bus_found(const struct um_bus *bus);

/** The same of each address. */
void um_bus_reaches(const struct um_bus *bus,
                    void (*each)(void *user,
                                 const struct p2p_reachability_info *info),
                    void *user);

/** Whether this host is a relay of those who have a part in the bus. */
bool um_bus_is_relay(const struct um_bus *bus);

/** How many relays a host that looks for them is to have. */
#define UM_BUS_RELAYS 2

/** Asks peers who are relays, and whom this host dialed where all can, to be
 * relays for it, until it has UM_BUS_RELAYS; where there is no such peer,
 * others whom it dialed. */
void um_bus_seek_relays(struct um_bus *bus);

/** What the gateway of this network does, in words and numbers. */
struct um_bus_gateway {
    bool ok;          /**< it lets peers in at all ports */
    char gateway[64]; /**< its address; "": there is none */
    char method[16];  /**< "pcp", "nat-pmp", "upnp"; "": none */
    char at[400];     /**< where, as multiaddrs with commas between */
    char why[256];    /**< what is wrong; "": nothing, or not known yet */
    uint32_t ports;   /**< that it is to let in */
    uint32_t mapped;  /**< of these, that it does */
    uint32_t told;    /**< of these, whose place there others are told */
    uint64_t asked;   /**< how often it was asked for something */
    uint64_t failed;  /**< how often that brought nothing */
};

/** The same; false: it is not asked. */
bool um_bus_gateway(const struct um_bus *bus, struct um_bus_gateway *out);

/**
 * Tells the gateway that this bus ends; that takes five seconds at most.
 * @param done told once, later, unless the bus is freed before. It may free it
 * @return false: there is nothing to tell, and done is not called
 */
bool um_bus_leave(struct um_bus *bus, void (*done)(void *user), void *user);

/** Makes this host a rendezvous point of those who have a part in the bus, or
 * takes that back. 0, or a negative code of p2p: it is as before. */
int um_bus_point(struct um_bus *bus, bool on);

/** At how many points a host registers, and how many it asks. */
#define UM_BUS_POINTS       2
#define UM_BUS_POINTS_ASKED 4

/**
 * Registers this host at points that it is connected with, if it is time, or if
 * it has other addresses than before. Of many, all hosts take the same ones.
 * Call it every few seconds.
 * @param ns     borrows the namespace
 * @param missed somebody is missed: they are asked, too, and who is there is
 *               dialed; after a while again
 */
void um_bus_meet(struct um_bus *bus, const char *ns, bool missed);

/** Takes the registrations back. */
void um_bus_unmeet(struct um_bus *bus, const char *ns);

/**
 * Makes this host part of the DHT of its mesh; NULL: it serves nobody there any
 * more. It is part of one for as long as it is: of another one it serves nobody
 * and asks nobody, which is logged once.
 * @param prefix borrows the name of the protocol, for the call
 * @return 0, or a negative code of p2p
 */
int um_bus_dht(struct um_bus *bus, const char *prefix);

/** Looks for a peer in it; where it is said to be it is dialed. false: it is
 * not time for that yet, or there is none. */
bool um_bus_look_up(struct um_bus *bus, const struct p2p_peer_id *peer);

/** As p2p_relay_status(), of a relay of the config; P2P_EFORMAT: it is none. */
int um_bus_relay_status(const struct um_bus *bus, const char *relay);

/** Where a peer may be, as multiaddrs with /p2p/ID. */
void um_bus_ways(const struct um_bus *bus, const struct p2p_peer_id *peer,
                 void (*each)(void *user, const char *addr), void *user);

/** By how many relays this host is reached now; no more than UM_BUS_RELAYS are
 * counted. */
size_t um_bus_relays_held(const struct um_bus *bus);

/** Measures the round trip to a peer that is connected, unless that is being
 * done; um_bus_peers() tells it. */
void um_bus_measure(struct um_bus *bus, const struct p2p_peer_id *peer);

/** Where another node with our key was last, as a multiaddr; "": nowhere. */
const char *um_bus_twin(const struct um_bus *bus);

/** How many peers are connected. */
size_t um_bus_connected(const struct um_bus *bus);

/** What becomes of a message. */
enum um_bus_verdict {
    UM_BUS_ACCEPT, /**< it is passed on */
    UM_BUS_IGNORE, /**< it is dropped, nobody's fault */
    UM_BUS_REJECT  /**< it is dropped, and who sent it is rated */
};

/** A message; valid during the call. */
typedef enum um_bus_verdict um_bus_message(void *user,
                                           const struct p2p_peer_id *from,
                                           const void *data, size_t len);

/**
 * Subscribes to a topic.
 * @return 0, or a negative code of p2p
 */
int um_bus_subscribe(struct um_bus *bus, const char *topic,
                     um_bus_message *on_message, void *user);

/** Leaves a topic: its messages are told no more. Errors: P2P_ENOTFOUND. */
int um_bus_unsubscribe(struct um_bus *bus, const char *topic);

/**
 * Publishes.
 * @return how many peers it went to at once, or a negative code of p2p
 */
int um_bus_publish(struct um_bus *bus, const char *topic, const void *data,
                   size_t len);

/** What `may` says has changed, of whomever: who may no more is out, who may
 * now is in, with the messages just before, and dialed if it is known where. */
void um_bus_recheck(struct um_bus *bus);

/**
 * Serves a protocol: each stream that a peer opens is handed out.
 * @param protocol  borrows for as long as the bus is
 * @param on_stream listens to the stream or resets it; NULL: it is served no
 *                  more
 * @return 0, or a negative code of p2p
 */
int um_bus_serve(struct um_bus *bus, const char *protocol,
                 p2p_stream_handler on_stream, void *user);

/**
 * Opens a stream; as p2p_stream_open_limited().
 * @param protocol borrows until the stream is closed
 */
int um_bus_open(struct um_bus *bus, const struct p2p_peer_id *peer,
                const char *const *protocol,
                const struct p2p_stream_events *events, void *user,
                struct p2p_stream **out);

/** Connects to a multiaddr; as p2p_host_dial(). */
int um_bus_dial(struct um_bus *bus, const char *addr, p2p_dial_done done,
                void *user);

/** Whether a peer is connected. */
bool um_bus_is_up(const struct um_bus *bus, const struct p2p_peer_id *peer);

/** How many peers are subscribed to a topic. */
size_t um_bus_subscribers(const struct um_bus *bus, const char *topic);

/** Whether a connection with the peer is open to this address; all loopback
 * addresses are one. */
bool um_bus_peer_at(const struct um_bus *bus, const struct p2p_peer_id *peer,
                    const struct um_ip *ip);

/** Whether any connected peer is at this address; all loopback addresses are
 * one. */
bool um_bus_anybody_at(const struct um_bus *bus, const struct um_ip *ip);

/** The address that most peers see us at; false: none told yet. */
bool um_bus_observed(const struct um_bus *bus, struct um_ip *ip);

/** Whether an address is one of this machine's. */
bool um_bus_own_ip(const struct um_bus *bus, const struct um_ip *ip);

/** Which lines of the library are made: 0 (error) to 4 (trace). */
void um_bus_log_level(struct um_bus *bus, int level);

/** The library's counters, for status pages. */
struct p2p_host_stats;
void um_bus_stats(const struct um_bus *bus, struct p2p_host_stats *out);
struct p2p_pubsub_stats;
void um_bus_pubsub_stats(const struct um_bus *bus,
                         struct p2p_pubsub_stats *out);

/** How many connections are open by a transport, such as "quic-v1". */
size_t um_bus_over(const struct um_bus *bus, const char *transport);

/** As p2p_host_traffic(). */
struct p2p_traffic;
size_t um_bus_traffic(const struct um_bus *bus, struct p2p_traffic *out,
                      size_t cap);

#endif
