/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a peer can make us hold is counted in a tree: host > peer > connection
 * > stream, and host > transient > connection while the peer is not known.
 * Taking charges every scope up to the root, or none; the scope that refused
 * counts it and tells the root's watch, so that one can see which limit it was.
 */
#ifndef P2P_BASE_QUOTA_H
#define P2P_BASE_QUOTA_H

#include "base/types.h"

/* What is counted: X(name, text). */
#define P2P__QUOTA_MAP(X)                \
    X(MEMORY, "memory bytes")            \
    X(CONNS_IN, "inbound connections")   \
    X(CONNS_OUT, "outbound connections") \
    X(STREAMS_IN, "inbound streams")     \
    X(STREAMS_OUT, "outbound streams")   \
    X(FDS, "file descriptors")

enum p2p__quota_kind {
#define P2P__QUOTA_ENUM(name, text) P2P__Q_##name,
    P2P__QUOTA_MAP(P2P__QUOTA_ENUM)
#undef P2P__QUOTA_ENUM
        P2P__Q_COUNT
};

/* A limit that is never reached. */
#define P2P__Q_UNLIMITED UINT64_MAX

struct p2p__quota;

/* Who is told of each refusal in a tree: scope `at` said no to scope `asked`,
 * which is it or below it. Called in the middle of things: only to note. */
struct p2p__quota_watch {
    void (*refused)(struct p2p__quota_watch *watch, const struct p2p__quota *at,
                    struct p2p__quota *asked, enum p2p__quota_kind k);
};

struct p2p__quota {
    struct p2p__quota *parent;      /* borrowed; outlives this scope */
    const char *name;               /* constant: "host", "peer", "conn", … */
    struct p2p__quota_watch *watch; /* the root's; borrowed, or NULL */
    unsigned level;                 /* the owner's, for the watch */
    uint64_t used[P2P__Q_COUNT];
    uint64_t limit[P2P__Q_COUNT];
    uint64_t refused;       /* how often this scope said no */
    uint64_t refused_below; /* how often those below it did */
};

/* A scope below `parent` (may be NULL), with every limit unlimited. */
void p2p__quota_init(struct p2p__quota *q, struct p2p__quota *parent,
                     const char *name);

/* Ends a scope; asserts that all was given back. */
void p2p__quota_fini(struct p2p__quota *q);

/*
 * Charges `n` in this scope and all above it, or in none.
 * q == NULL charges nothing. Errors: P2P_ELIMIT.
 */
int p2p__quota_take(struct p2p__quota *q, enum p2p__quota_kind k, uint64_t n);

/* Gives `n` back in this scope and all above it. q == NULL is fine. */
void p2p__quota_give(struct p2p__quota *q, enum p2p__quota_kind k, uint64_t n);

/*
 * Moves a scope with all that it holds from its parent to `to`: a connection
 * whose peer became known. `to` is below that parent, or beside it.
 * Errors: P2P_ELIMIT (nothing moved).
 */
int p2p__quota_move(struct p2p__quota *q, struct p2p__quota *to);

/* How much could be taken now without a refusal. */
uint64_t p2p__quota_room(const struct p2p__quota *q, enum p2p__quota_kind k);

/* The most that a scope can ever hold: its limit, or a lower one above it. */
uint64_t p2p__quota_most(const struct p2p__quota *q, enum p2p__quota_kind k);

/* The text of a kind. */
const char *p2p__quota_kind_text(enum p2p__quota_kind k);

#endif
