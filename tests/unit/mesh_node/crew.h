/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whole nodes of one mesh in a world of buses (bus_rig.h): each with a store of
 * its own on disk, whose worker writes when the test lets it, and at once
 * unless it holds it. Mate 0 began the mesh and has the owner's key.
 */
#ifndef TESTS_UNIT_MESH_NODE_CREW_H
#define TESTS_UNIT_MESH_NODE_CREW_H

#include "bus_rig.h"
#include "mesh/node/inner.h"
#include "p2p/key.h"

enum { CREW_MATES = 4, CREW_KEYS = 8, CREW_LOG = 1 << 16 };

/* The wall clock at the world's time 0. */
#define CREW_T0 UINT64_C(1764000000000)

/* The keys beside those of mates: 0 to CREW_MATES - 1. */
enum { KEY_OWNER = CREW_MATES, KEY_RECOVERY, KEY_STRANGER };

struct mate {
    struct crew *crew;
    unsigned no; /* and its key's */
    struct um_bus *bus;
    struct um_store store;
    char folder[64];
    char path[96];
    struct um_worker worker;
    struct um_log log;
    struct um_policy policy;
    struct um_node *node;   /* NULL: it does not run */
    struct um_hands *hands; /* NULL: it has no Unit */
    const struct um_prober *prober;
    enum um_drift_policy drift;
    bool held; /* the disk does nothing */
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
    void *turn;      /* the alarm of a write */
    unsigned broken; /* how often it was said */
    char lines[CREW_LOG];
};

struct crew {
    struct world world;
    struct p2p_key *keys[CREW_KEYS];
    struct um_name names[CREW_KEYS];
    struct um_name mesh;
    struct mate mates[CREW_MATES];
    unsigned n;
};

/* A crew of nobody; and ends all of it. */
struct crew *crew_new(void);
void crew_free(struct crew *c);

/* Mate 0 begins the mesh with a document; it does not run yet. */
struct mate *crew_begin(struct crew *c, const char *document);

/* One more is let in by mate 0, which runs; it does not run yet. */
struct mate *crew_join(struct crew *c);

/* One more that knows which mesh it waits to be let into, and nothing else; it
 * does not run yet. */
struct mate *crew_wait(struct crew *c);

/* A store in a folder of its own, of no mesh. */
void mate_store(struct crew *c, struct mate *m);

/* Begins a node on what is in its store; the error of that. Ends it. */
int mate_try(struct mate *m);
void mate_start(struct mate *m);
void mate_stop(struct mate *m);

/* Connects two; or all. */
void crew_connect(struct mate *a, struct mate *b);
void crew_disconnect(struct mate *a, struct mate *b);

/* A mesh of so many that run, connected, with the same items. */
struct crew *crew_of(unsigned n, const char *document);

/* Lets time pass. */
void crew_pass(struct crew *c, uint64_t ms);

/* What the held disk was given is written, and told; false: nothing was. */
bool mate_write(struct mate *m);

/* Signs a statement by a key; the envelope is appended. Returns its id. */
struct um_name crew_sign(struct crew *c, unsigned by, struct um_statement s,
                         struct um_buf *out);

/* An error that was told, once. */
struct heard {
    unsigned n;
    int err;
};
void heard(void *user, int err);

/* Has a mate take a statement of the owner, and waits for its disk. */
void mate_state(struct mate *m, struct um_statement s);

/* What a command came to. */
struct told {
    unsigned n;
    enum um_reply answer;
    bool nobody_knows;
    struct um_name revision;
};
void told(void *user, enum um_reply answer, const struct um_name *revision);

/* Publishes a document; `t` hears of it. */
void mate_publish(struct mate *m, const char *document, struct told *t);

/* The same, and it must be done; the revision. */
struct um_name mate_do(struct mate *m, const char *document);

/* Whether the revision is in the history of a mate, and its document here. */
bool mate_has(struct mate *m, const struct um_name *revision);
bool mate_has_doc(struct mate *m, const char *document);

/* The SHA-256 of a text. */
struct um_name name_of(const char *text);

/* How often a text stands in its log. */
unsigned mate_said(const struct mate *m, const char *text);

#endif
