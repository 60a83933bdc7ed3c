/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Nodes for tests of sync: a pool of signed items in an order in which each
 * could be accepted, nodes that have some of them and judge like the daemon
 * does, and a pipe between two of them that counts and may be cut.
 */
#ifndef TESTS_UNIT_MESH_SYNC_RIG_H
#define TESTS_UNIT_MESH_SYNC_RIG_H

#include "chunker.h"
#include "mesh/model/history.h"
#include "mesh/sync/session.h"
#include "p2p/err.h"
#include "unit.h"

/* Milliseconds since 1970. */
#define T0 UINT64_C(1764000000000)

#define RIG_KEYS 8
#define RIG_DOCS 4

/* An item of the pool. */
struct rig_item {
    enum um_sync_set set;
    struct um_name id;
    struct um_buf bytes;
};

/* The pool. Key 0 is root and owner, 1 to 3 are writers and nodes, the others
 * nodes, who come in on the way. */
struct pool {
    struct um_name mesh;
    struct p2p_key *keys[RIG_KEYS];
    struct um_name names[RIG_KEYS];
    struct rig_item *items;
    size_t n;
    size_t cap;
    uint32_t *by_id;          /* places in items, ascending by id */
    struct um_revision *revs; /* those made so far */
    size_t revs_n;
    struct um_name docs[RIG_DOCS]; /* hashes of rig_doc() */
};

/* How much of what is in a pool, besides genesis, r1 and grants. */
struct pool_cfg {
    uint64_t seed;
    size_t edits;      /* revisions, each on one of the last few */
    size_t facts;      /* about the staged among them */
    size_t statements; /* labels, revocations, grants */
    bool chain;        /* each edit is made of the one before */
    size_t message;    /* bytes of a message in each edit */
    size_t first;      /* names in the first batch of each edit */
};

void pool_init(struct pool *p, const struct pool_cfg *cfg);
void pool_fini(struct pool *p);

/* The place of an id in the pool, or SIZE_MAX. */
size_t pool_find(const struct pool *p, const struct um_name *id);

/* The bytes of a document: the i-th has i * 300,000 + 100 of them. */
struct um_str rig_doc(unsigned i);

/* The row of a key with a seq, signed; valid until the next call. */
struct um_str rig_row(const struct pool *p, unsigned key, uint64_t seq);

/* A node. */
struct node {
    const struct pool *pool;
    struct um_sync_source source;
    struct um_roster roster;
    struct um_history history;
    struct um_digest digests[UM_SYNC_SETS];
    bool *here;              /* by place in the pool */
    uint64_t seqs[RIG_KEYS]; /* of the rows it has; 0: none */
    bool docs[RIG_DOCS];
    bool store_fails;
    bool sparing;  /* of sessions that it begins */
    size_t judged; /* items that were judged */
    size_t waited; /* that had to wait */
    size_t dups;   /* that were here already */
    size_t rows;   /* rows that came */
};

void node_init(struct node *n, const struct pool *p);
void node_fini(struct node *n);

/* Gives a node an item of the pool, if it may have it. */
bool node_give(struct node *n, size_t place);

/* Gives it each with a chance of `per_cent`, in the order of the pool. */
void node_fill(struct node *n, struct p2p__rng *rng, unsigned per_cent);

/* How many items it has. */
size_t node_count(const struct node *n);

/* Judges an ITEM or a ROW and tells the session. */
void node_judge(struct node *n, struct um_sync *s, const struct um_sync_ev *ev);

/* One end of a pipe. */
struct end {
    struct node *node;
    struct um_sync sync;
    struct um_buf out; /* pulled, and not delivered yet */
    size_t sent;       /* bytes that were pulled */
    struct um_download *download;
    unsigned done; /* DONE events since the last round that began */
    unsigned quiet;
    unsigned documents;
    unsigned slots;
    bool slot_here;
    enum um_sync_why why;
};

/* Two ends. */
struct pipe {
    struct end ends[2];
    struct chunker chunker;
    uint64_t now;
    size_t cut_after; /* bytes of both until it is cut; SIZE_MAX: never */
    bool loses;       /* by a cut all that is on the way, as a relay's does */
    size_t trips;     /* how often both had something on the way */
};

void pipe_init(struct pipe *p, struct node *a, struct node *b);
void pipe_fini(struct pipe *p);

/* Lets them speak until neither has anything to say, or the cut. */
void pipe_run(struct pipe *p);

/* A frame of a message, valid until the next call. */
struct um_str rig_frame(const struct um_sync_msg *m);

/* Lets a session have bytes, in the plan's pieces, with all its events going to
 * `end`. */
void end_rx(struct end *e, struct um_str in, struct chunker *chunker,
            uint64_t now);

/* Lets a session have a message. */
void end_hear(struct end *e, const struct um_sync_msg *m);

/* Pulls what it has to say into e->out. */
void end_tx(struct end *e, uint64_t now);

/* An end without a pipe: the other one is the test. */
void end_init(struct end *e, struct node *n, uint64_t now);
void end_fini(struct end *e);

/* Takes a frame off what an end has said; false: there is none. */
bool end_said(struct end *e, struct um_sync_msg *m);

/* Drops what it says up to a message of a kind; false: it says none. */
bool end_says(struct end *e, enum um_sync_what what, struct um_sync_msg *m);

#endif
