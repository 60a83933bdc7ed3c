/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Where others see us: what peers say in identify, counted by who says it.
 * An address that enough sites name, for a port that we listen at, may be one
 * that we can be reached at; that it is, is to be confirmed.
 * Spec: libp2p identify, "observedAddr".
 */
#ifndef P2P_PROTO_AUTONAT_OBSERVED_H
#define P2P_PROTO_AUTONAT_OBSERVED_H

#include "base/types.h"
#include "port/net.h"
#include "proto/autonat/caps.h"
#include "proto/autonat/site.h"

/* Sites that must name an address, if the configuration does not say; go has
 * the same. */
#define P2P__AUTONAT_WITNESSES 4U

/* A port that we listen at, on whatever interface. */
struct p2p__autonat_local {
    uint8_t family; /* 4 or 6 */
    bool udp;
    uint16_t port;
};

/* An address that we are seen at. */
struct p2p__autonat_sight {
    struct p2p__addr addr;
    uint32_t witnesses; /* sites that say so */
};

/* Private. */
struct p2p__autonat_external {
    struct p2p__autonat_local local;
    struct p2p__addr addr;
    uint32_t observations; /* 0: the place is free */
    uint64_t since;        /* the number of the first one */
};

/* Private. */
struct p2p__autonat_observation {
    uint64_t by; /* the connection */
    struct p2p__autonat_site site;
    uint8_t external; /* its index */
};

/* All members are private. */
struct p2p__autonat_observed {
    struct p2p__autonat_external externals[P2P__CAP_AUTONAT_OBSERVED];
    struct p2p__autonat_observation list[P2P__CAP_AUTONAT_OBSERVATIONS];
    size_t count;
    uint64_t made; /* so far */
};

/* Nothing was seen. */
void p2p__autonat_observed_init(struct p2p__autonat_observed *o);

/* What is seen, and by whom. */
struct p2p__autonat_saying {
    uint64_t by; /* a number of the connection, for _gone() */
    struct p2p__autonat_site site;
    struct p2p__autonat_local local;
    struct p2p__addr addr;
};

/* Somebody sees us at an address; said twice on a connection it counts once.
 * Whether it is news. */
bool p2p__autonat_observed_add(struct p2p__autonat_observed *o,
                               const struct p2p__autonat_saying *what);

/* A connection ended: what was said on it is no more. Whether anything was. */
bool p2p__autonat_observed_gone(struct p2p__autonat_observed *o, uint64_t by);

/* The addresses that a port is seen at, at most `cap` of those that at least
 * `least` sites name, those that most name first. */
size_t p2p__autonat_observed_list(const struct p2p__autonat_observed *o,
                                  const struct p2p__autonat_local *local,
                                  uint32_t least,
                                  struct p2p__autonat_sight *out, size_t cap);

#endif
