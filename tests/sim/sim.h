/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A world of many hosts in one process, on virtual time: pipes with latency,
 * loss and partitions, datagrams, crashes, one event after another in the
 * order of (moment, sequence). Everything that happens is folded into a trace
 * hash, which must be the same on every compiler and machine.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "base/heap.h"
#include "base/rng.h"
#include "port/world.h"

struct sim;
struct sim_site;

/* What a sim's network is like. */
struct sim_cfg {
    uint64_t seed;
    uint64_t map_seed;  /* seeds the hosts' hash maps apart from the rest */
    p2p_ns latency_min; /* one way */
    p2p_ns latency_max;
    uint32_t loss_permille; /* segments that are sent again; datagrams lost */
    uint64_t bytes_per_s;   /* of each pipe direction; 0: unlimited */
    void (*log)(struct sim *sim, size_t host, int level, const char *text);
};

struct sim_host {
    struct p2p__world world;
    struct p2p__runq q;
    struct p2p__env env;
    struct p2p__net net;
    struct p2p__ifaces ifaces;
    struct p2p__logger logger;
    struct p2p__heap_node turn; /* its next turn, in the sim's heap */
    struct p2p__list listeners;
    struct p2p__list udps;
    struct p2p__list pipes;
    struct p2p__rng rng;
    struct p2p__rng maps; /* seeds of its hash tables */
    struct sim *sim;
    size_t index;
    uint32_t group; /* hosts of different groups are cut off */
    p2p_ns cut_at;  /* when it came into its group, or its machine went off */
    bool alive;
    bool walled;           /* only who was sent to, by port, is let in */
    struct p2p__list sent; /* to whom, while it is walled */
    struct sim_site *site; /* that it is in, see site.h; NULL: none */
    struct p2p__addr addr; /* 10.x.y.z; a test may make the 10 an 8 */
    /* What others see it at, and find it at; family 0: `addr`. As `addr`, but
     * for the first byte. */
    struct p2p__addr outside;
    /* What it knows of the address of its interface, beside loopback; family 0:
     * `addr`. */
    struct p2p__addr iface;
    uint8_t prefix;           /* of its network; 0: it does not know */
    struct p2p__list watches; /* of its interfaces */
    int64_t slept;            /* how long the machine has slept */
    uint16_t next_port;
    uint64_t bytes_sent; /* by pipes */
    uint64_t bytes_got;
    uint64_t segs_sent;
    uint64_t udp_sent; /* bytes of datagrams; to a group: once */
};

struct sim {
    struct sim_cfg cfg;
    struct p2p__heap events;
    struct p2p__rng rng;
    p2p_ns now;
    struct sim_host *hosts;
    size_t n_hosts;
    struct sim_site **sites;
    size_t n_sites;
    uint64_t trace; /* hash of all that happened */
    uint64_t n_events;
    uint64_t bytes; /* carried by pipes */
    uint64_t segments;
    uint64_t datagrams;
};

/* A world of `n` hosts, alive, in one group. */
void sim_init(struct sim *sim, const struct sim_cfg *cfg, size_t n);

/* Ends the world; everything on it must be freed already. */
void sim_fini(struct sim *sim);

/* Runs events until `until`, or until none is left. */
void sim_run(struct sim *sim, p2p_ns until);

/* Runs until done(arg) or the moment has come; whether it was done. */
bool sim_run_until(struct sim *sim, p2p_ns until, bool (*done)(void *arg),
                   void *arg);

/* Puts a host into a group; groups cannot talk to each other. */
void sim_set_group(struct sim *sim, size_t host, uint32_t group);

/* From now on a host's world tells of changes of its interfaces; before hosts
 * are made on it. */
void sim_watch_ifaces(struct sim *sim, size_t host);

/* A host's machine is at an address that begins with this byte from now on, and
 * nobody finds it where it was. Those who watch are told. */
void sim_move(struct sim *sim, size_t host, uint8_t first);

/* Tells those who watch that a host's way out is another. */
void sim_rerouted(struct sim *sim, size_t host);

/* Tells those who watch that a host's interfaces may have changed. */
void sim_ifaces_changed(struct sim *sim, size_t host);

/*
 * Puts a host behind a wall, as a NAT that leaves ports as they are and lets
 * in from an address and port what it saw go there: dials of TCP, datagrams.
 * What comes else is lost without a word.
 */
void sim_wall(struct sim *sim, size_t host);

/*
 * The machine goes dark: the other ends of its pipes are told nothing. Free
 * what stands on it next; a process that ends on a machine that is on closes
 * its pipes instead.
 */
void sim_power_off(struct sim *sim, size_t host);

/* It comes back, without anything on it. */
void sim_revive(struct sim *sim, size_t host);

/* Adds something to the trace: deliveries, decisions. */
void sim_trace(struct sim *sim, const void *p, size_t len);

#endif
