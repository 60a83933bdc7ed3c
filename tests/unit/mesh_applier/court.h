/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A warden with a mesh around it: revisions and facts by number, signed by the
 * keys of mesh_maker. Key 0 is the owner, 1 to 5 are writers and nodes, ME is
 * this node, PLAIN is a node and no writer, those above are strangers.
 * Revision 0 is r1; the moment is MESH_MAKER_T0 plus `now`.
 */
#ifndef TESTS_UNIT_MESH_APPLIER_COURT_H
#define TESTS_UNIT_MESH_APPLIER_COURT_H

#include "mesh/applier/warden.h"
#include "mesh_maker.h"

enum { ME = 1, WRITERS = 5, PLAIN = 6, STRANGER = 7, COURT_ITEMS = 2048 };

/* The deadline of court_staged(). */
enum { COURT_N = 600000 };

struct court {
    struct mesh_maker m;
    struct um_warden *w;
    uint64_t now;
    struct um_revision revs[COURT_ITEMS];
    struct um_buf rev_bytes[COURT_ITEMS];
    unsigned revs_n;
    struct um_fact facts[COURT_ITEMS];
    struct um_buf fact_bytes[COURT_ITEMS];
    unsigned facts_n;
    /* The case that is made up; a judgement empties it. */
    struct um_str with_revs[COURT_ITEMS];
    struct um_str with_facts[COURT_ITEMS];
    struct um_case with;
    struct um_order order;
};

void court_init(struct court *c);
void court_fini(struct court *c);

/* The same for cmocka: a court is the state. */
int court_setup(void **state);
int court_teardown(void **state);

/* A new warden, which has the roster and nothing else. */
void court_again(struct court *c);

/* An owner, or another key, says something; the warden is told. */
void court_say(struct court *c, unsigned by, struct um_statement s);

/* Takes from a key what it is, but for what is below revisions. */
void court_revoke(struct court *c, unsigned key, unsigned keep);
void court_revoke_two(struct court *c, unsigned key, unsigned a, unsigned b);

/* Makes revisions void. */
void court_void(struct court *c, unsigned rev);

/* Signs a revision; parents that are given stand for its number. */
unsigned court_rev(struct court *c, unsigned by, struct um_revision shape);
struct um_revision court_shape(const struct court *c, unsigned parent);
struct um_revision court_merge(const struct court *c, unsigned a, unsigned b);

/* An immediate one with a parent. */
unsigned court_edit(struct court *c, unsigned by, unsigned parent);

/* A staged one, whose first batch is a key. */
unsigned court_staged(struct court *c, unsigned by, unsigned parent,
                      unsigned first);

/* Signs a fact; `node` is to whom it opens. */
unsigned court_fact(struct court *c, enum um_fact_what what, unsigned rev,
                    unsigned by, unsigned node);

/* Adds an item to the case. */
void court_with(struct court *c, unsigned rev);
void court_with_fact(struct court *c, unsigned fact);

/* Judges an order with the case and its header; the error. */
int court_judge(struct court *c, unsigned rev);

/* The same without its header. */
int court_judge_bare(struct court *c, unsigned rev);

/* It must be granted, and runs then. */
void court_run(struct court *c, unsigned rev);

/* It must be refused, for a reason that has this text. */
void court_refuses(struct court *c, unsigned rev, const char *why);

/* Lets the warden hear the case. */
int court_hear(struct court *c);

#endif
