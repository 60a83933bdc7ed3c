/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Nodes of a mesh for tests of um_model_step(): real keys and real items; a
 * disk that is a list of what was to be stored, and a Unit that does as it is
 * told. Key 0 is the root, and a writer and a node too.
 */
#ifndef TESTS_UNIT_MESH_MODEL_NODE_H
#define TESTS_UNIT_MESH_MODEL_NODE_H

#include "mesh/model/model.h"
#include "p2p/key.h"

/* When r1 was made, and everybody's clock at the beginning. */
#define T0 UINT64_C(1000000000)

#define KEYS_MAX   16
#define THINGS_MAX 1024
#define STORED_MAX 4096

/* An item of somebody. */
struct thing {
    enum um_kind kind;
    struct um_name id;
    struct um_buf envelope;
};

struct mesh {
    struct p2p_key *keys[KEYS_MAX];
    struct um_name names[KEYS_MAX];
    struct um_name mesh;
    struct um_name r1;
    struct thing things[THINGS_MAX];
    size_t things_n;
    size_t base_n; /* genesis, r1, grants */
};

struct node {
    struct mesh *mesh;
    struct um_model m;
    struct um_model_cfg cfg;
    struct um_effects fx;
    uint64_t wall;
    uint64_t mono;
    struct um_record disk[STORED_MAX];
    struct um_buf bytes[STORED_MAX]; /* of the disk's things */
    size_t disk_n;
    enum um_result unit;  /* what Unit says to everything */
    struct um_name live;  /* what it runs */
    struct um_name reply; /* the revision of the last REPLY */
    unsigned applies;     /* how often Unit was asked */
    unsigned makes;
    unsigned keeps;
    unsigned rows;
    unsigned heard; /* rows of others */
    bool quiet;
    struct um_buf log; /* all effects, as text, unless quiet */
};

/* The name of a number: documents, configurations. */
struct um_name name_of(unsigned n);

/* A mesh in which the keys 1 to `writers` write and run, and `nodes` more run
 * only. */
void mesh_init(struct mesh *g, unsigned writers, unsigned nodes);
void mesh_fini(struct mesh *g);

/* Makes items of others; each returns its index in g->things. */
size_t mesh_rev(struct mesh *g, unsigned by, struct um_revision r);
size_t mesh_edit(struct mesh *g, unsigned by, const struct um_name *parent,
                 uint64_t number, unsigned doc);
size_t mesh_fact(struct mesh *g, unsigned by, enum um_fact_what what,
                 const struct um_name *rev, uint64_t wall);
size_t mesh_say(struct mesh *g, unsigned by, struct um_statement s);
size_t mesh_row(struct mesh *g, unsigned by, struct um_row row);

/* The id of a thing. */
const struct um_name *mesh_id(const struct mesh *g, size_t thing);

/* A node of a key, which has loaded the base and has started; its Unit runs
 * name_of(0). */
void node_init(struct node *n, struct mesh *g, unsigned who);
void node_fini(struct node *n);

/* A step; what is to be stored goes to the disk. Returns its error. */
int node_step(struct node *n, struct um_event *e);

/* The node crashes and comes back with the first `stored` things of its disk.
 * The rest is forgotten. */
void node_restart(struct node *n, size_t stored);

/* Gives things from..to-1 in one event, as from a peer. */
void node_give(struct node *n, size_t from, size_t to);

/* Tells what Unit runs. */
void node_live(struct node *n, struct um_name effective);

/* Time goes on, and TICK. */
void node_tick(struct node *n, uint64_t ms);

/* Ticks, makes configurations (the hash of the document), and lets Unit answer,
 * until nothing is to be decided at once. */
void node_settle(struct node *n, uint64_t ms);

/* A command; n->reply is set. */
enum um_reply node_do(struct node *n, struct um_command c);

/* The effects of the last step: the first of a kind, or NULL; how many. */
const struct um_effect *node_effect(const struct node *n,
                                    enum um_effect_what what);
size_t node_effects(const struct node *n, enum um_effect_what what);

/* Whether people were told something in the last step. */
bool node_told(const struct node *n, enum um_notice what);

/* The revision that runs, and the target; r1 before the first look. */
const struct um_name *node_applied(const struct node *n);
const struct um_name *node_target(const struct node *n);

/* Makes the row of another member arrive: it runs a revision and does well for
 * some time (0: not), and names another as bad (NULL: none). */
void node_hear(struct node *n, unsigned who, const struct um_name *applied,
               uint64_t healthy_ms, const struct um_name *bad);

#endif
