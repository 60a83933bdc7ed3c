/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A member: a machine with a disk and a Unit, on which a node runs, ends, and
 * runs again. Its ports (alarms, a worker, a wall clock, a log) are the
 * world's.
 */
#ifndef TESTS_MESHSIM_MEMBER_H
#define TESTS_MESHSIM_MEMBER_H

#include "agent_pair.h"
#include "disk.h"
#include "mesh/node/node.h"
#include "mesh/store/store.h"
#include "net.h"
#include "unit.h"

/* What the worker has, or had when its node ended. */
struct errand {
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
    struct event *event;
    bool worked;
};

struct member {
    struct world *w;
    size_t index;
    struct p2p_key *key;
    struct p2p_key *owner; /* an owner's key, if it is here; borrowed */
    struct um_name name;
    struct p2p_peer_id id;
    char called[16];
    char path[512]; /* of its store */
    struct disk disk;
    struct unit *unit;
    int64_t skew_ms;      /* of the wall clock */
    unsigned sets;        /* how often that was set */
    bool writes;          /* it was given the role of a writer */
    bool hostile;         /* no node runs there */
    bool let_in;          /* its GRANT is on the owner's disk */
    bool in;              /* by a code: its place is on its disk */
    bool invited;         /* it is to be let in by a code */
    bool too_late;        /* its code was used by another */
    bool asked;           /* a code is being made for it */
    unsigned codes;       /* that it was given */
    unsigned tries;       /* with the last */
    uint64_t in_ms;       /* when it begins, once it has one */
    struct um_code *code; /* NULL: it has none */
    uint64_t until_ms;    /* by the clock of its door; 0: for ever */
    unsigned door_sets;   /* its door's, when it was asked for */
    struct member *door;  /* whose node printed it */
    bool waits;           /* it was told that an owner has to approve it */
    struct member *told;  /* by whom: another door may follow */
    bool approved;        /* he did, whatever came of that */
    bool rejected;        /* he did not, and will not */
    bool revoked;         /* an owner said so */
    enum um_drift_policy drift;

    unsigned run;  /* how often it began */
    bool alive;    /* a node runs */
    bool dying;    /* nothing leaves it any more; it ends after this event */
    unsigned fuse; /* so many uses of ports until it dies; 0: it does not */
    uint64_t stands_until; /* nothing happens here before */
    uint64_t late_until;   /* what waited for that comes then, although it may
                              have ended before */
    struct um_store store;
    struct um_bus *bus;
    struct um_unit *client;
    struct um_applier *applier;
    struct agent_pair pair;  /* its files are on a disk that loses nothing */
    char refused_order[256]; /* what the applier said of it */
    struct um_policy policy;
    struct um_node *node;
    struct um_knock *knock; /* instead of a node, until it is in */
    struct um_alarms alarms;
    struct um_worker worker;
    struct um_log log;
    struct errand errand;
    uint64_t crashes;
    bool pruning;
    struct um_name *ended; /* revisions that it knew had ended, on its disk */
    size_t ended_n;
};

/* Makes a member with a new key and an empty store; nothing runs yet. */
struct member *member_new(struct world *w);
void member_free(struct member *m);

/* Its wall clock. */
uint64_t member_wall_ms(const struct member *m);

/* Its node begins, on what the disk has. */
void member_start(struct member *m);

/* Its node ends in good order. */
void member_stop(struct member *m);

/* The power is cut: nothing is written or said any more; comes back in ms. */
void member_crash(struct member *m, uint64_t back_in_ms);

/* A port is used: a fuse may blow. */
void member_uses_port(struct member *m);

/* After each event that happened to it. */
void member_after(struct member *m);

/* Whether it is a member whose state counts: it runs, and has a role. */
bool member_counts(const struct member *m);

#endif
