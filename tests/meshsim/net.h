/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The network, in the place of mesh/bus and of the library's streams: members
 * that are to be connected are, when they can reach each other; streams deliver
 * in order, in pieces, late, or end; messages on topics go from neighbour to
 * neighbour, and get lost, come twice, or one before the other.
 */
#ifndef TESTS_MESHSIM_NET_H
#define TESTS_MESHSIM_NET_H

#include "mesh/base/buf.h"
#include "mesh/bus/bus.h"
#include "p2p/stream.h"
#include "world.h"

enum { NET_SERVED = 4 };

struct topic_of {
    char name[128];
    um_bus_message *on_message;
    void *user;
};

/* A member's end of the network, as long as it runs. */
struct um_bus {
    struct member *of;
    unsigned run; /* which of the member's runs it belongs to */
    struct {
        const char *protocol;
        p2p_stream_handler on_stream;
        void *user;
    } served[NET_SERVED];
    struct topic_of topic;
    struct p2p_stream *streams;
};

/* Begins a network; ends it. */
void net_init(struct world *w);
void net_fini(struct world *w);

/* A member is there: it is to be connected with some of the others. */
void net_add(struct world *w, struct member *m);
/* It knows where another one is, from now on. */
void net_know(struct member *m, struct member *peer);

/* Whether two can reach each other now; whether one sees a connection. */
bool net_reach(const struct world *w, const struct member *a,
               const struct member *b);
bool net_up(const struct world *w, const struct member *a,
            const struct member *b);

/* The world is cut in two, until net_heal(). */
void net_partition(struct world *w);
void net_heal(struct world *w);
bool net_parted(const struct world *w);

/* One connection ends. */
void net_cut(struct world *w);

/* A member's process is no more: the others see that sooner or later. */
void net_gone(struct world *w, struct member *m);

/* Makes and frees a member's end. */
struct um_bus *net_bus_new(struct member *m);
void net_bus_free(struct um_bus *bus);

/* A message as a member publishes it: for members that mean harm. */
void net_publish(struct member *m, const char *topic, const void *data,
                 size_t len);

/* The last message that was published by anybody; p NULL: none. */
struct um_str net_last_message(const struct world *w);

#endif
