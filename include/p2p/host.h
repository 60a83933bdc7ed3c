/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A host: an identity, places where it listens, connections with peers, and
 * the protocols that it serves. identify, ping and perf are served by every
 * host.
 *
 *     struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
 *     cfg.key = key;
 *     cfg.events = &events;
 *     p2p_host_new(loop, &cfg, &host);
 *     p2p_host_listen(host, "/ip4/0.0.0.0/tcp/4001");
 *     p2p_host_handle(host, "/chat/1.0.0", on_stream, NULL);
 *     p2p_loop_run(loop);
 */
#ifndef P2P_HOST_H
#define P2P_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/autonat.h"
#include "p2p/dcutr.h"
#include "p2p/dht.h"
#include "p2p/err.h"
#include "p2p/key.h"
#include "p2p/loop.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"
#include "p2p/psk.h"
#include "p2p/relay.h"
#include "p2p/rendezvous.h"
#include "p2p/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

struct p2p_host;

/** What a connection is, for people and programs; valid during the event. */
struct p2p_conn_info {
    struct p2p_peer_id peer;
    struct p2p_multiaddr addr; /**< the other end, without /p2p */
    bool outbound;             /**< we dialed */
    bool early_mux;            /**< muxer agreed on inside the handshake */
    const char *security;      /**< "/noise" or "/tls/1.0.0" */
    const char *muxer;         /**< "/yamux/1.0.0" */
    const char *transport; /**< "tcp", "quic-v1", "ws", "wss", "p2p-circuit" */
    uint64_t rtt_us;       /**< last round trip; 0: not measured yet */
    bool limited;          /**< a relay limits its bytes and its time */
};

/** What a peer told about itself; valid during the event. */
struct p2p_peer_info {
    struct p2p_peer_id peer;
    const char *agent;
    const char *protocol_version;
    const char *const *protocols;
    size_t n_protocols;
    const struct p2p_multiaddr *addrs;
    size_t n_addrs;
    struct p2p_multiaddr observed; /**< how it sees us; len 0: not told */
    bool signed_record;            /**< the addresses are signed by it */
    bool push;                     /**< it told without being asked */
};

struct p2p_limited;

/** What a host tells its owner; NULL members are not called. */
struct p2p_host_events {
    /** A connection opened. */
    void (*connected)(void *user, const struct p2p_conn_info *conn);
    /** A connection ended; `status` says why (P2P_ECLOSED: in order). */
    void (*disconnected)(void *user, const struct p2p_conn_info *conn,
                         int status);
    /** A peer's first connection opened; its last one ended. */
    void (*peer_up)(void *user, const struct p2p_peer_id *peer);
    void (*peer_down)(void *user, const struct p2p_peer_id *peer);
    /** A peer told who it is and what it serves. */
    void (*identified)(void *user, const struct p2p_peer_info *info);
    /** mDNS found a peer; it is dialed by itself if `mdns_dial` is set. */
    void (*found)(void *user, const struct p2p_peer_id *peer,
                  const struct p2p_multiaddr *addrs, size_t n_addrs);
    /** A line for the log; level 0 (error) to 4 (trace). */
    void (*log)(void *user, int level, const char *text);
    /** Another host has our key, probably by a copy of our files: it proved it
     * at, or from, this address. At most once a minute. */
    void (*twin)(void *user, const struct p2p_multiaddr *addr);
    /** A limit said no, see p2p/limit.h; at most once a second each. */
    void (*limited)(void *user, const struct p2p_limited *what);
    /** What p2p_host_addrs() says changed by itself: an interface came or went,
     * a relay agreed, AutoNAT learned something. */
    void (*addrs_changed)(void *user);
    void (*reserved[2])(void); /**< leave them NULL: room for more events */
};

/** A security protocol, which proves who is at the other end. */
struct p2p_security;

/** A transport: how connections are made at an address. */
struct p2p_transport;

/** What p2p_host_new() is told. Begin with P2P_HOST_CONFIG_INIT. */
struct p2p_host_config {
    size_t size;                          /**< set by P2P_HOST_CONFIG_INIT */
    const struct p2p_key *key;            /**< borrows until host is freed */
    const char *agent;                    /**< copied; NULL: "p2p/VERSION" */
    const struct p2p_host_events *events; /**< borrows until freed; or NULL */
    void *user;                           /**< borrows until freed */
    bool mplex;               /**< serve and offer mplex too, after yamux */
    bool no_yamux;            /**< offer mplex alone: for tests */
    bool mdns;                /**< announce and look for peers: today's form */
    bool mdns_2021;           /**< the form that js spoke in 2021 */
    bool mdns_dial;           /**< dial what mDNS found */
    uint32_t mdns_interval_s; /**< between questions; 0: 10 s */
    int log_level;            /**< 0 error … 4 trace; default 1 */
    uint32_t max_conns;       /**< in each direction; 0: 4096 */
    uint32_t low_water;       /**< connections kept when trimmed; 0: 2048 */
    uint32_t high_water;      /**< connections that trim; 0: 3072 */
    uint64_t max_memory; /**< bytes that peers may make us hold; 0: 512 MiB */
    uint32_t max_pending_per_addr; /**< handshakes of one address; 0: 8 */
    /** Security protocols in the order of preference, NULL at the end; borrows
     * for the call. NULL: Noise alone. With one, a dialer does not wait for the
     * other end to agree. */
    const struct p2p_security *const *security;
    /** Transports, NULL at the end; borrows for the call. NULL: TCP alone. Of
     * a peer's addresses those of QUIC are tried first. */
    const struct p2p_transport *const *transports;
    /** The key of a private network, P2P_PSK_BYTES of it; copied. NULL: none.
     * With it this host and those that have it, too, talk to each other alone,
     * over TCP and WebSocket. Spec: libp2p pnet, PSK v1. */
    const uint8_t *psk;
    /** This host is a relay for others, with these limits; borrows for the
     * call. NULL: it is none. Spec: libp2p circuit relay v2. */
    const struct p2p_relay_config *relay;
    /** This host is a rendezvous point, with these limits; borrows for the
     * call. NULL: it is none. Spec: libp2p rendezvous (r3). */
    const struct p2p_rendezvous_config *rendezvous;
    /** Holes are punched for peers that come by relays; borrows for the call.
     * NULL: no. Spec: libp2p DCUtR (r1). */
    const struct p2p_dcutr_config *dcutr;
    /** This host asks others where it can be reached; borrows for the call.
     * NULL: it does not, and all its addresses are told. */
    const struct p2p_autonat_config *autonat;
    /** This host dials others back who want to know that, within limits;
     * borrows for the call. NULL: it does not. */
    const struct p2p_autonat_server_config *autonat_server;
    /** This host is part of a DHT, in this way; borrows for the call. NULL: of
     * none. Spec: libp2p kad-dht. */
    const struct p2p_dht_config *dht;
};

/**
 * Noise: the security protocol that every libp2p speaks.
 * Spec: libp2p noise.
 * @return a constant
 */
P2P_API const struct p2p_security *p2p_security_noise(void);

/**
 * TCP, with nothing between it and security.
 * @return a constant
 */
P2P_API const struct p2p_transport *p2p_transport_tcp(void);

/** A config with the defaults. */
#define P2P_HOST_CONFIG_INIT                                   \
    {                                                          \
        .size = sizeof(struct p2p_host_config), .log_level = 1 \
    }

/**
 * Makes a host that does not listen yet.
 * @param loop borrows the loop until the host is freed
 * @param cfg  borrows the config for the call
 * @param out  returns owned: p2p_host_free() it
 * @return 0, P2P_EINVAL (no key, bad numbers, a size that is not set or of a
 *         newer header), P2P_ENOTSUP (a transport that a private network cannot
 *         have, such as QUIC), P2P_EACCES (no psk, where the environment says
 *         LIBP2P_FORCE_PNET=1), P2P_ENOMEM, P2P_ECRYPTO
 */
P2P_API int p2p_host_new(struct p2p_loop *loop,
                         const struct p2p_host_config *cfg,
                         struct p2p_host **out);

/**
 * Ends all connections and frees a host. Streams hear `closed` during the
 * call. Not to be called inside an event of the host: post it instead.
 * @param host takes the host; NULL is fine
 */
P2P_API void p2p_host_free(struct p2p_host *host);

/**
 * Our own id.
 * @param host borrows the host
 * @return an id that is valid until the host is freed
 */
P2P_API const struct p2p_peer_id *p2p_host_id(const struct p2p_host *host);

/**
 * Listens at an address such as "/ip4/0.0.0.0/tcp/4001" (port 0: any), or, by
 * a relay, at "/ip4/192.0.2.7/tcp/4001/p2p/RELAY/p2p-circuit": that is an
 * address of ours as long as the relay grants a reservation.
 * @param host borrows the host
 * @param addr borrows the text
 * @return 0, P2P_EFORMAT, P2P_ENOTSUP, P2P_EADDRINUSE, P2P_EACCES, P2P_ENOMEM
 */
P2P_API int p2p_host_listen(struct p2p_host *host, const char *addr);

/**
 * Where we can be reached: the listening addresses, those of all interfaces
 * when we listen on 0.0.0.0 or ::, then those by relays, each with our /p2p/ID.
 * With p2p_host_config.autonat those of the internet are left out until they
 * are confirmed, and there may be some more; see p2p/autonat.h.
 * @param host borrows the host
 * @param out  room for `cap` addresses; may be NULL when cap is 0
 * @param cap  how many fit
 * @return how many there are, perhaps more than cap
 */
P2P_API size_t p2p_host_addrs(const struct p2p_host *host,
                              struct p2p_multiaddr *out, size_t cap);

/** How a dial ended: status 0 and the peer, or a negative status. */
typedef void (*p2p_dial_done)(void *user, int status,
                              const struct p2p_peer_id *peer);

/**
 * Connects to an address, with or without /p2p/ID at its end; with it, the
 * other end must prove to be that peer (P2P_EPEER). It may begin with a name:
 * /dns4/HOST/tcp/PORT, or /dnsaddr/NAME, whose TXT records are addresses. Of
 * those without /p2p/ID the first that has one says which peer it must be.
 * @param host borrows the host
 * @param addr borrows the text
 * @param done told once, later, P2P_ECLOSED when the host ends; may be NULL
 * @param user borrows until done
 * @return 0, P2P_EFORMAT, P2P_ENOTSUP, P2P_ELIMIT, P2P_ESELF, P2P_ENOMEM,
 *         P2P_ECLOSED (the host is ending)
 */
P2P_API int p2p_host_dial(struct p2p_host *host, const char *addr,
                          p2p_dial_done done, void *user);

/**
 * Adds a peer to begin with. While the host is connected with nobody it dials
 * those that were added, one after the other until one answers, and again after
 * a pause that grows from 5 seconds to 5 minutes. With /dnsaddr/NAME the list
 * is in DNS. The peer is not kept: see p2p_host_keep().
 * @param host borrows the host
 * @param addr borrows the text, as of p2p_host_dial()
 * @return 0, P2P_EFORMAT, P2P_ELIMIT (more than 32), P2P_ENOMEM
 */
P2P_API int p2p_host_bootstrap(struct p2p_host *host, const char *addr);

/**
 * Notes an address of a peer, with /p2p/ID at its end, without dialing.
 * @param host  borrows the host
 * @param addr  borrows the text
 * @param ttl_s how long it is believed, in seconds; 0: for ever
 * @return 0, P2P_EFORMAT, P2P_ELIMIT, P2P_ENOMEM
 */
P2P_API int p2p_host_add_addr(struct p2p_host *host, const char *addr,
                              uint32_t ttl_s);

/**
 * Keeps a peer: it is never trimmed, and dialed again, with back-off, when it
 * goes away. false lets it go: its connections stay, and dials to it that only
 * this asked for end. p2p_host_disconnect() lets it go, too.
 * @param host borrows the host
 * @param peer borrows the id
 * @param keep whether
 * @return 0, P2P_ENOMEM
 */
P2P_API int p2p_host_keep(struct p2p_host *host, const struct p2p_peer_id *peer,
                          bool keep);

/**
 * Closes all connections with a peer. One that is kept is let go, connected or
 * not: it is not dialed again.
 * @param host borrows the host
 * @param peer borrows the id
 * @return 0, P2P_ENOTFOUND (neither connected nor kept)
 */
P2P_API int p2p_host_disconnect(struct p2p_host *host,
                                const struct p2p_peer_id *peer);

/**
 * The open connections.
 * @param host borrows the host
 * @param out  room for `cap` entries; may be NULL when cap is 0
 * @param cap  how many fit
 * @param size sizeof *out
 * @return how many there are, perhaps more than cap
 */
P2P_API size_t p2p_host_conns(const struct p2p_host *host,
                              struct p2p_conn_info *out, size_t cap,
                              size_t size);

/** An inbound stream: call p2p_stream_listen() now, or reset it. */
typedef void (*p2p_stream_handler)(void *user, struct p2p_stream *stream);

/**
 * Serves a protocol; connected peers are told by identify push.
 * @param host     borrows the host
 * @param protocol borrows the name, at most 255 bytes
 * @param handler  called for each inbound stream; NULL: serve it no more
 * @param user     borrows until the host is freed
 * @return 0, P2P_EINVAL, P2P_ELIMIT, P2P_ENOMEM
 */
P2P_API int p2p_host_handle(struct p2p_host *host, const char *protocol,
                            p2p_stream_handler handler, void *user);

/** One round trip: status 0 and microseconds, or a negative status. */
typedef void (*p2p_ping_done)(void *user, int status, uint64_t rtt_us);

/**
 * Pings a peer by /ipfs/ping/1.0.0, dialing it if need be.
 * @param host  borrows the host
 * @param peer  borrows the id
 * @param count how many round trips; `done` is called for each, or once with
 *              the failure that ended them
 * @param done  told; may not be NULL
 * @param user  borrows until the last call of done
 * @return 0, P2P_ENOADDR, P2P_ELIMIT, P2P_ENOMEM
 */
P2P_API int p2p_host_ping(struct p2p_host *host, const struct p2p_peer_id *peer,
                          uint32_t count, p2p_ping_done done, void *user);

/** One finished measurement; bytes and nanoseconds of each direction. */
struct p2p_perf_result {
    uint64_t up_bytes;
    uint64_t up_ns;
    uint64_t down_bytes;
    uint64_t down_ns;
};

/** How a perf run ended; result is valid during the call. */
typedef void (*p2p_perf_done)(void *user, int status,
                              const struct p2p_perf_result *result);

/**
 * Measures a connection by /perf/1.0.0.
 * @param host borrows the host
 * @param peer borrows the id
 * @param up   bytes to send
 * @param down bytes to ask for
 * @param done told once; may not be NULL
 * @param user borrows until done
 * @return 0, P2P_ENOADDR, P2P_ELIMIT, P2P_ENOMEM
 */
P2P_API int p2p_host_perf(struct p2p_host *host, const struct p2p_peer_id *peer,
                          uint64_t up, uint64_t down, p2p_perf_done done,
                          void *user);

/** What a host holds and has done. */
struct p2p_host_stats {
    uint32_t conns_in;
    uint32_t conns_out;
    uint32_t streams_in;
    uint32_t streams_out;
    uint32_t peers_known;
    uint32_t handshakes_pending;
    uint32_t descriptors;  /**< of connections and listeners */
    uint64_t memory_bytes; /**< that peers make us hold */
    uint64_t refused_gate;
    uint64_t refused_pending;
    uint64_t refused_quota; /**< by a limit on memory, connections, streams */
    uint64_t trimmed;
};

/**
 * A snapshot of the counters.
 * @param host borrows the host
 * @param out  set
 * @param size sizeof *out
 */
P2P_API void p2p_host_stats(const struct p2p_host *host,
                            struct p2p_host_stats *out, size_t size);

/** What went over the streams of a protocol since the start. */
struct p2p_traffic {
    /** One that is or was served or asked for here; "others" for those beyond
     * the first 31. Valid until the host is freed. */
    const char *protocol;
    uint64_t streams_in;
    uint64_t streams_out;
    uint64_t bytes_in; /**< of payload, without what the muxer adds */
    uint64_t bytes_out;
};

/**
 * Changes which lines are made for the log from now on.
 * @param host  borrows the host
 * @param level 0 (error) to 4 (trace); others are the nearest of these
 */
P2P_API void p2p_host_set_log_level(struct p2p_host *host, int level);

/**
 * The traffic, a protocol an entry.
 * @param host borrows the host
 * @param out  room for `cap` entries; may be NULL when cap is 0
 * @param cap  how many fit
 * @param size sizeof *out
 * @return how many there are, perhaps more than cap
 */
P2P_API size_t p2p_host_traffic(const struct p2p_host *host,
                                struct p2p_traffic *out, size_t cap,
                                size_t size);

#ifdef __cplusplus
}
#endif

#endif
