/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The ways in which libp2p has used mDNS. Spec: libp2p discovery/mdns (r2);
 * the two older ones are what js-libp2p spoke until 2021.
 */
#ifndef P2P_PROTO_MDNS_FORM_H
#define P2P_PROTO_MDNS_FORM_H

#include "proto/mdns/dns.h"

enum p2p__mdns_form {
    P2P__MDNS_P2P,  /* _p2p._udp.local: addresses as TXT "dnsaddr=…" */
    P2P__MDNS_IPFS, /* ipfs.local: the peer id as TXT; SRV, A and AAAA */
    P2P__MDNS_GO,   /* _ipfs-discovery._udp.local: the same, asked for from
                       another port than 5353 and answered to it alone */
    P2P__MDNS_FORMS
};

/* Sets of forms. */
#define P2P__MDNS_BIT(form) (1U << (form))
#define P2P__MDNS_TODAY     P2P__MDNS_BIT(P2P__MDNS_P2P)
#define P2P__MDNS_2021 \
    (P2P__MDNS_BIT(P2P__MDNS_IPFS) | P2P__MDNS_BIT(P2P__MDNS_GO))

/* The service's name unless another is configured (private networks). */
#define P2P__MDNS_SERVICE      "_p2p._udp.local"
#define P2P__MDNS_SERVICE_IPFS "ipfs.local"
#define P2P__MDNS_SERVICE_GO   "_ipfs-discovery._udp.local"

/* Asked for by people's tools: which services are there? RFC 6763, 9. */
#define P2P__MDNS_SERVICES "_services._dns-sd._udp.local"

/* Behind our name: what we are called as a host. */
#define P2P__MDNS_HOST ".p2p.local"

/* Room for a service's name with its end. */
#define P2P__MDNS_SERVICE_MAX 64U

#endif
