/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The ports of ours that a gateway lets in, and what there is to do about
 * them: ask for one, renew it at half of its time, ask anew after the gateway
 * forgot, take it away. It decides; asking is its owner's, one thing at a time.
 *
 * How a gateway is asked is tried out: PCP, NAT-PMP, UPnP. The first that maps
 * a port is used until it no longer answers. Where none does they are tried
 * again, ever more seldom.
 * Spec: RFC 6887, sections 8.5, 11.2.1, 14.1.3; RFC 6886, sections 3.6, 3.7.
 */
#ifndef P2P_PROTO_PORTMAP_LEASES_H
#define P2P_PROTO_PORTMAP_LEASES_H

#include "base/bucket.h"
#include "port/env.h"
#include "proto/portmap/pcp.h"

/* Ports that are mapped, or about to be, or to be taken away. */
#define P2P__CAP_PORTMAP_PORTS 16U

/* How long a port is asked for, if the configuration does not say. */
#define P2P__PORTMAP_LIFETIME_S 7200U

/* What is longer than this is not believed. */
#define P2P__PORTMAP_LIFETIME_MAX_S 86400U

/* A port is asked for again at least so often: a gateway that began anew need
 * not say so. And at most so often, whatever is granted. */
#define P2P__PORTMAP_LOOK  P2P__SEC(900)
#define P2P__PORTMAP_QUICK P2P__SEC(5)

/* A gateway that does nothing for us is asked again after this; each time it is
 * in vain twice that, up to the second one. */
#define P2P__PORTMAP_BACKOFF     P2P__SEC(60)
#define P2P__PORTMAP_BACKOFF_MAX P2P__SEC(3600)

/* How often one that answered may be silent in a row. */
#define P2P__PORTMAP_SILENCES 3U

/* A gateway that began anew is not asked by all at once; nor does it make us
 * do so more often than this. */
#define P2P__PORTMAP_SPREAD P2P__SEC(2)
#define P2P__PORTMAP_REMAKE P2P__SEC(30)

/* Others are told so often at once of another place outside, and once each so
 * often after that: each time is a message to all of them. */
#define P2P__PORTMAP_TELLS     4U
#define P2P__PORTMAP_TELL_EACH P2P__SEC(600)

/* Where nothing can be sent it is tried again after this, then after twice as
 * long, so often in a row before that counts as silence. */
#define P2P__PORTMAP_UNSENT_NS  P2P__SEC(1)
#define P2P__PORTMAP_UNSENT_MAX 3U

enum p2p__portmap_method {
    P2P__PORTMAP_PCP,
    P2P__PORTMAP_NATPMP,
    P2P__PORTMAP_UPNP,
    P2P__PORTMAP_METHODS
};

/* What a gateway is to be asked. */
struct p2p__portmap_order {
    enum p2p__portmap_method method;
    struct p2p__portmap_port inner;
    struct p2p__addr outer; /* that it had, or is wished; without an IP
                             * address or a port: whichever */
    uint32_t lifetime_s;    /* 0: take it away */
    uint8_t nonce[P2P__PCP_NONCE_BYTES];
};

/* What that came to. */
enum p2p__portmap_outcome {
    P2P__PORTMAP_DONE,
    P2P__PORTMAP_REFUSED, /* it speaks the method, and says no */
    P2P__PORTMAP_TAKEN,   /* somebody else has that port outside */
    P2P__PORTMAP_UNABLE,  /* it does not speak it */
    P2P__PORTMAP_SILENT,  /* nothing came */
    P2P__PORTMAP_UNSENT   /* it could not be asked: something here failed */
};

struct p2p__portmap_answer {
    enum p2p__portmap_outcome outcome;
    const char *why; /* unless DONE: a constant, for people */
    bool unsure;     /* unless DONE: it may have been done all the same */
    struct p2p__addr outer; /* DONE */
    uint32_t lifetime_s;    /* DONE */
    bool has_epoch;
    uint32_t epoch;
};

/* A port. `held`: the gateway lets it in at `outer`. */
struct p2p__lease {
    struct p2p__portmap_port inner;
    struct p2p__addr outer; /* as it is, or was; family 0: never had one */
    p2p_ns ends;            /* of what was granted */
    bool held;
    bool told;       /* to others: see p2p__leases_may_tell() */
    const char *why; /* it is not held, or not told; NULL: nothing is wrong */
    /* Private. */
    bool wanted;
    bool unsure; /* it may be let in without our knowing, by this method, */
    enum p2p__portmap_method unsure_by;
    uint16_t unsure_port; /* at this port outside */
    uint8_t failures;
    struct p2p__bucket tells;
    p2p_ns due;
    uint8_t nonce[P2P__PCP_NONCE_BYTES];
};

struct p2p__leases_cfg {
    uint32_t lifetime_s; /* 0: the default */
    bool without[P2P__PORTMAP_METHODS];
    bool private_addrs;   /* also what is not of the internet is told */
    struct p2p__env *env; /* borrowed until the end */
};

/* All members are private but rows and n, method and proven, gateway, why. */
struct p2p__leases {
    struct p2p__leases_cfg cfg;
    struct p2p__lease rows[P2P__CAP_PORTMAP_PORTS];
    size_t n;
    struct p2p__addr gateway;              /* family 0: there is none */
    enum p2p__portmap_method method;       /* that is used, or tried */
    bool proven;                           /* it maps */
    const char *why[P2P__PORTMAP_METHODS]; /* it did not, the last time */
    size_t asked;  /* the row of the order that is under way */
    bool asking;   /* there is one */
    bool stale;    /* its answer does not matter */
    bool removing; /* it takes the port away */
    enum p2p__portmap_method asked_by; /* its method, */
    uint16_t asked_port;               /* and the port outside */
    bool stopped;
    bool changed;      /* what is held, or told, since that was pulled */
    uint8_t rounds;    /* in vain, of all methods */
    uint8_t unsent;    /* orders in a row that did not go out */
    p2p_ns not_before; /* nothing is asked */
    p2p_ns may_remake; /* all may be asked for again */
    bool has_epoch;
    uint32_t epoch;  /* that the gateway told last, */
    p2p_ns epoch_at; /* and when */
};

/* Knows of no gateway and no port. */
void p2p__leases_init(struct p2p__leases *l, const struct p2p__leases_cfg *cfg);

/* This is the gateway now, an IPv4 address; family 0: there is none. What
 * another one granted is gone. */
void p2p__leases_gateway(struct p2p__leases *l, const struct p2p__addr *gateway,
                         p2p_ns now);

/* These are the ports that are to be let in, each once; beyond the cap they are
 * left out. Others are taken away. */
void p2p__leases_want(struct p2p__leases *l,
                      const struct p2p__portmap_port *ports, size_t n,
                      p2p_ns now);

/* All are taken away, and no more are asked for. */
void p2p__leases_stop(struct p2p__leases *l);

/* What to ask now, if anything; nothing more until the answer. */
bool p2p__leases_next(struct p2p__leases *l, struct p2p__portmap_order *order,
                      p2p_ns now);

/* What the order under way came to. */
void p2p__leases_answer(struct p2p__leases *l,
                        const struct p2p__portmap_answer *answer, p2p_ns now);

/* Time passed that nobody counted, and what was granted may be over: all is
 * asked for again. */
void p2p__leases_again(struct p2p__leases *l, p2p_ns now);

/* The gateway told all what its epoch is. */
void p2p__leases_announced(struct p2p__leases *l, uint32_t epoch, p2p_ns now);

/* When to pull again; P2P_NEVER: after an answer, or when something changes. */
p2p_ns p2p__leases_deadline(const struct p2p__leases *l);

/* Whether what is held or told is different from when this was pulled last, or
 * all methods have been tried in vain since. */
bool p2p__leases_changed(struct p2p__leases *l);

/* Whether there is no order under way, and nothing to take away. */
bool p2p__leases_idle(const struct p2p__leases *l);

#endif
