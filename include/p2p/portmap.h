/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * NAT mapping: the gateway of this network is asked to let in what comes to
 * the ports that a host listens at, by PCP, NAT-PMP or UPnP, whichever it
 * speaks. A library of its own, p2p-portmap (`pkg-config --libs p2p-portmap`),
 * of the same version as p2p.
 *
 *     p2p_portmap_new(loop, host, NULL, &portmap);
 *     …
 *     p2p_portmap_close(portmap, on_closed, NULL); // which frees the host
 *
 * Ports of IPv4 are mapped that the host listens at on all interfaces, or on
 * the one towards the gateway, if that has a private address. They are renewed
 * at half of the time that the gateway grants and every quarter of an hour at
 * least, made anew when it began anew or another gateway is there, and taken
 * away by p2p_portmap_close().
 *
 * Where others reach the host then is among p2p_host_addrs(): at once, or, with
 * p2p_host_config.autonat, when it is confirmed, unless that tells all. DCUtR
 * tells it anyway. An address that is not of the internet is not told: there is
 * another NAT.
 *
 * A gateway is believed no further: answers count that come from its own
 * address, and nobody is told of loopback, multicast or reserved addresses, nor
 * of a port below 1024 that is not the host's own. By UPnP nothing is sent to
 * anybody but the gateway's own address, whatever its answers, its description
 * or a redirection name; what it says may have 64 KiB, an answer takes five
 * seconds at most, an order twenty. Who is given another place outside again
 * and again tells others of four, then of one each ten minutes.
 * Spec: RFC 6887 (PCP), RFC 6886 (NAT-PMP), UPnP WANIPConnection:1 and :2.
 */
#ifndef P2P_PORTMAP_H
#define P2P_PORTMAP_H

#include "p2p/host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct p2p_portmap;

/** How ports are mapped. Begin with P2P_PORTMAP_CONFIG_INIT; 0 and NULL are the
 * defaults. */
struct p2p_portmap_config {
    size_t size;         /**< set by P2P_PORTMAP_CONFIG_INIT */
    uint32_t lifetime_s; /**< that is asked for; 0: 7200 */
    bool no_pcp;         /**< do not ask by PCP */
    bool no_natpmp;      /**< do not ask by NAT-PMP */
    bool no_upnp;        /**< do not ask by UPnP */
    /** Whom to ask, an IPv4 address as text; copied. NULL: the gateway of the
     * default route. */
    const char *gateway;
    /** Tell addresses that are not of the internet, too: for tests. */
    bool private_addrs;
    /** What p2p_portmap_status() says changed. May be NULL. */
    void (*changed)(void *user);
    void *user; /**< borrows until the portmap is freed */
};

/** A config with the defaults. */
#define P2P_PORTMAP_CONFIG_INIT                   \
    {                                             \
        .size = sizeof(struct p2p_portmap_config) \
    }

/**
 * Begins to map the ports of a host, those that it listens at now or later.
 * @param loop borrows the loop, the host's, until the portmap is freed
 * @param host borrows the host until the portmap is freed
 * @param cfg  borrows the config for the call; NULL: the defaults
 * @param out  returns owned: p2p_portmap_close() or p2p_portmap_free() it
 * @return 0, P2P_EINVAL (the host has one, a gateway that is no IPv4 address, a
 *         size that is not set or of a newer header), P2P_ENOMEM
 */
P2P_API int p2p_portmap_new(struct p2p_loop *loop, struct p2p_host *host,
                            const struct p2p_portmap_config *cfg,
                            struct p2p_portmap **out);

/**
 * Takes the mappings away at the gateway and frees the portmap, five seconds
 * from now at the latest; what the gateway did not take away by then ends with
 * the time that it granted.
 * @param portmap takes the portmap; NULL is fine: nothing is told then
 * @param done    told once, later, on the loop's thread, after the portmap was
 *                freed; it may free the host. May be NULL
 * @param user    borrows until done
 */
P2P_API void p2p_portmap_close(struct p2p_portmap *portmap,
                               void (*done)(void *user), void *user);

/**
 * Frees a portmap at once. The gateway is not told: its mappings end with the
 * time that it granted. Not to be called inside `changed`.
 * @param portmap takes the portmap; NULL is fine
 */
P2P_API void p2p_portmap_free(struct p2p_portmap *portmap);

/** What a gateway does for a host. */
struct p2p_portmap_status {
    struct p2p_multiaddr gateway;  /**< /ip4/…; len 0: there is none */
    struct p2p_multiaddr internal; /**< our address there; len 0: none */
    /** By which it maps: "pcp", "nat-pmp", "upnp"; NULL: by none so far. */
    const char *method;
    uint32_t ports;  /**< that are to be let in */
    uint32_t mapped; /**< that are */
    uint32_t told;   /**< of these, whose address others are told */
    bool nat_behind; /**< the gateway's own address is behind another NAT */
    bool is_public;  /**< our own address is: nothing has to be mapped */
    uint64_t asked;  /**< how often it was asked for something */
    uint64_t failed; /**< how often that brought nothing */
    /** A sentence for people: what is wrong. Empty: nothing is. */
    char why[256];
};

/**
 * A snapshot.
 * @param portmap borrows the portmap
 * @param out     set
 * @param size    sizeof *out
 */
P2P_API void p2p_portmap_status(const struct p2p_portmap *portmap,
                                struct p2p_portmap_status *out, size_t size);

/** A port of a host, and where the gateway lets others in to it. */
struct p2p_portmap_port {
    uint16_t port; /**< that the host listens at */
    bool udp;      /**< of UDP, not of TCP */
    bool told;     /**< others are told of `external` */
    /** /ip4/…/tcp/… or /ip4/…/udp/…; len 0: it does not let them in. */
    struct p2p_multiaddr external;
    uint32_t left_s; /**< of the time that it granted */
    const char *why; /**< it is not told, for people, a constant; or NULL */
};

/**
 * The ports, each once.
 * @param portmap borrows the portmap
 * @param out     room for `cap` entries; may be NULL when cap is 0
 * @param cap     how many fit
 * @param size    sizeof *out
 * @return how many there are, perhaps more than cap
 */
P2P_API size_t p2p_portmap_ports(const struct p2p_portmap *portmap,
                                 struct p2p_portmap_port *out, size_t cap,
                                 size_t size);

/**
 * Writes the counters as OpenMetrics text, without "# EOF" at its end: to stand
 * in front of what p2p_host_metrics() writes.
 * @param portmap borrows the portmap
 * @param buf     room for `cap` bytes with the NUL; may be NULL when cap is 0
 * @param cap     how many fit; what does not is cut
 * @return the bytes that all of it takes, without the NUL
 */
P2P_API size_t p2p_portmap_metrics(const struct p2p_portmap *portmap, char *buf,
                                   size_t cap);

#ifdef __cplusplus
}
#endif

#endif
