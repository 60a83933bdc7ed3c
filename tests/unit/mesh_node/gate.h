/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A node at whose door one asks: a mesh, a roster, a store in a folder of its
 * own behind a disk that the test turns, and the welcome. Key 0 is the owner,
 * whose key is here; key 1 is the node's own, unless the test says another.
 */
#ifndef TESTS_UNIT_MESH_NODE_GATE_H
#define TESTS_UNIT_MESH_NODE_GATE_H

#include "../mesh_store/rig.h"
#include "fake_disk.h"
#include "mesh/node/welcome.h"
#include "mesh_maker.h"

enum { GATE_LOG = 8192, GATE_CODE = 1100 };

struct gate {
    struct mesh_maker mesh;
    struct um_roster roster;
    struct rig store;
    struct um_disk disk;
    struct um_log log;
    char lines[GATE_LOG]; /* of the log, the last ones may be missing */
    struct um_welcome *w;
    unsigned me; /* which key is the node's */
    uint64_t wall;
    bool owns;       /* an owner's key is here; true at first */
    int grant_err;   /* what a GRANT cannot be signed for */
    int take_err;    /* what it cannot be taken for */
    bool take_lies;  /* it says that it took one, and did not */
    unsigned taken;  /* GRANTs */
    unsigned let_in; /* that people were told of */
    unsigned put_down;
    struct um_name whom; /* who that was, the last time */
    char name[64];
    unsigned codes; /* that were told of */
    int code_err;
    char text[GATE_CODE]; /* of the last code */
    struct um_code code;  /* the same, read */
};

void gate_init(struct gate *g);

/* Opens the door, once a bus and alarms are there. */
void gate_open(struct gate *g, struct um_bus *bus,
               const struct um_alarms *alarms);

/* Closes it; what waits for the disk is lost. */
void gate_close(struct gate *g);
void gate_fini(struct gate *g);

/* Makes an invitation of a node for so many uses, and waits for the disk. */
void gate_invite(struct gate *g, uint32_t uses, uint64_t expires_ms,
                 const char *addr);

/* The uses of the one invitation, in memory and on the disk alike. */
unsigned gate_used(struct gate *g);

/* How many keys wait, in memory and on the disk alike. */
size_t gate_waiting(struct gate *g);

#endif
