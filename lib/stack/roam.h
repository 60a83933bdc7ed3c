/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A machine that moves: whether its addresses are others than before, and
 * whether it slept. A core without I/O: it is told of stirs, and at its
 * deadline what there is now.
 *
 * A stir is not believed, it only brings the next look closer; many in a row
 * are one. Where nobody tells of stirs, looks are frequent. A look that comes
 * far too late, or between which the machine slept, means that what was known
 * of others is old.
 */
#ifndef P2P_STACK_ROAM_H
#define P2P_STACK_ROAM_H

#include "port/ifaces.h"

/* Addresses of interfaces that are looked at. */
#define P2P__ROAM_IFACES 64U

/* How long a stir waits for the next one, and at most for all. */
#define P2P__ROAM_SETTLE_NS  P2P__MS(200)
#define P2P__ROAM_LONGEST_NS P2P__SEC(1)

/* How often the clocks are looked at. */
#define P2P__ROAM_TICK_NS P2P__SEC(5)

/* How often addresses are, where stirs are told, and where they are not. */
#define P2P__ROAM_WATCHED_NS   P2P__SEC(60)
#define P2P__ROAM_UNWATCHED_NS P2P__SEC(10)

/* Who slept for so long, or came so late, asks whether the others are there. */
#define P2P__ROAM_SLEPT_NS P2P__SEC(3)

/* Connections are asked for another route not more often than so. */
#define P2P__ROAM_ROUTES_NS P2P__SEC(10)

/* What a look found. */
enum {
    P2P__ROAM_ADDRS = 1 << 0, /* there are other addresses */
    P2P__ROAM_WOKE = 1 << 1,  /* time passed that we know nothing of */
    P2P__ROAM_ROUTES = 1 << 2 /* what we send goes another way */
};

struct p2p__roam {
    p2p_ns tick_at; /* the clocks are looked at */
    p2p_ns look_at; /* the addresses are */
    p2p_ns by;      /* stirs put it off no further; P2P_NEVER: there was none */
    int64_t slept;  /* at the last look */
    p2p_ns routes_at; /* a route is news again */
    bool rerouted;
    bool watched;
    bool knows;   /* there was a look at addresses */
    bool partial; /* at some of them: there are more */
    size_t n;
    struct p2p__iface own[P2P__ROAM_IFACES];
};

/* One that has looked at nothing yet: the first deadline is now. `watched`:
 * stirs will be told. */
void p2p__roam_init(struct p2p__roam *r, bool watched, int64_t slept_ns,
                    p2p_ns now);

/* Something about addresses may have changed. */
void p2p__roam_stir(struct p2p__roam *r, p2p_ns now);

/* What we send goes another way; it is a stir, too. */
void p2p__roam_reroute(struct p2p__roam *r, p2p_ns now);

/* When to call p2p__roam_tick(). */
p2p_ns p2p__roam_deadline(const struct p2p__roam *r);

/* Looks at the clocks; P2P__ROAM_WOKE or 0. It also brings the next look at
 * addresses, if there was sleep. */
unsigned p2p__roam_tick(struct p2p__roam *r, int64_t slept_ns, p2p_ns now);

/* Whether the addresses are to be looked at now. */
bool p2p__roam_is_due(const struct p2p__roam *r, p2p_ns now);

/* There are `found` addresses now, of which the first P2P__ROAM_IFACES are
 * looked at: P2P__ROAM_ADDRS, P2P__ROAM_ROUTES, both or none. The first
 * addresses are no news. < 0: nobody could look, as when there is no file
 * descriptor left, and all stays as it was. */
unsigned p2p__roam_look(struct p2p__roam *r, const struct p2p__iface *own,
                        int found, p2p_ns now);

/* Whether an address was ours at the last look, or may have been. */
bool p2p__roam_has(const struct p2p__roam *r, const struct p2p__addr *addr);

#endif
