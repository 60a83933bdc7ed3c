/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A world of whole nodes on virtual time: what happens is a row of events,
 * taken one after the other, each with its moment; chance comes from the seed
 * alone. Members are in member.h, the network in net.h, their disks in disk.h,
 * their Units in unit.h. Everything that happens is folded into a hash.
 */
#ifndef TESTS_MESHSIM_WORLD_H
#define TESTS_MESHSIM_WORLD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mesh/base/str.h"
#include "mesh/trust/name.h"

enum { WORLD_MEMBERS = 1024 };

/* Milliseconds since 1970 when a world begins. */
#define WORLD_T0 UINT64_C(1764000000000)

struct member;
struct event;
struct net;
struct people;
struct touch;

/* What a world is like; chances in a thousand. */
struct plan {
    uint64_t seed;
    unsigned nodes;
    uint64_t calm_ms;  /* from the beginning, until faults begin */
    uint64_t storm_ms; /* how long there are faults and people */
    uint64_t rest_ms;  /* how long it may take until all are the same */
    unsigned loss;     /* of messages on topics */
    unsigned twice;    /* the same, that come twice */
    unsigned people;   /* commands in a thousand seconds, each writer */
    unsigned crashes;  /* of a node, in a thousand seconds; the others alike */
    unsigned pauses;
    unsigned cuts;       /* of a connection */
    unsigned partitions; /* of the world */
    unsigned disk;       /* troubles of a disk */
    unsigned unit;       /* of a Unit */
    unsigned roster;     /* statements of the owner */
    unsigned clocks;     /* of a wall clock, which is set */
    uint64_t heartbeat_ms;
    uint64_t deadline_ms; /* the longest; all have passed when the run ends */
    bool skew;
    bool hostile; /* a member that means harm */
    bool trace;
};

/* What was seen, for the last lines. */
struct tally {
    uint64_t events;
    uint64_t revisions;
    uint64_t facts;
    uint64_t statements;
    uint64_t acked;
    uint64_t refused_commands;
    uint64_t crashes;
    uint64_t puts;
    uint64_t rejected_puts;
    uint64_t messages;
    uint64_t segments;
    uint64_t checks;
    uint64_t bad_rollouts; /* of what no Unit takes */
    uint64_t adopted;
    uint64_t pruned;
    uint64_t coded;    /* members that are in by a code */
    uint64_t waited;   /* for an owner's approval */
    uint64_t rejected; /* of these */
    uint64_t kept_out; /* with a code that was used */
};

/* When an event happens. */
struct moment {
    uint64_t at;
    uint64_t no; /* how many were made before */
    struct event *e;
};

/* Which Units were given a revision that none takes: rules.c. */
struct rules {
    struct touch *touches;
};

struct world {
    struct plan plan;
    uint64_t now;
    uint64_t random;
    uint64_t trace; /* the hash of all that happened */
    uint64_t no;    /* of the last event */
    struct moment *heap;
    size_t heap_n;
    size_t heap_cap;
    struct member *members[WORLD_MEMBERS];
    size_t n;
    struct net *net;
    struct people *people;
    struct rules rules;
    struct um_name mesh;
    const char *folder;
    bool storm; /* faults happen */
    bool over;  /* nobody begins any more */
    bool failed;
    struct tally tally;
};

/* Begins a world of nobody; ends it, with all that waits. */
void world_init(struct world *w, const struct plan *plan);
void world_fini(struct world *w);

/* A number below n (n > 0), from lo to hi, or whether a chance in a thousand
 * comes true. */
uint64_t world_dice(struct world *w, uint64_t n);
uint64_t world_between(struct world *w, uint64_t lo, uint64_t hi);
bool world_chance(struct world *w, unsigned in_thousand);

/*
 * fn(arg) happens in ms milliseconds, to a member or (NULL) to nobody in
 * particular; while the member stands still it waits. The event is valid until
 * then, or until world_cancel().
 */
struct event *world_at(struct world *w, uint64_t ms, struct member *of,
                       void (*fn)(void *arg), void *arg);
void world_cancel(struct world *w, struct event *e);

/* Lets the world go on for so long. */
void world_pass(struct world *w, uint64_t ms);

/* Folds bytes into the hash of what happened. */
void world_note(struct world *w, const void *bytes, size_t len);
void world_note_at(struct world *w, char what, size_t member, uint64_t value);

/* Says a line, if lines are wanted. */
void world_say(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Something that must hold does not: says so, and the run has failed. */
void world_fail(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends the program at an error of the simulator's own. */
void must(bool holds, const char *what);
void *must_alloc(size_t n);

#endif
