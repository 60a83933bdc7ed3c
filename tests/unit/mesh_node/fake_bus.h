/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * In place of mesh/bus and of the library's streams: the test is the other
 * peers. What closes does so in fake_bus_turn(), as it does in a loop.
 */
#ifndef TESTS_UNIT_MESH_NODE_FAKE_BUS_H
#define TESTS_UNIT_MESH_NODE_FAKE_BUS_H

#include "mesh/base/buf.h"
#include "mesh/bus/bus.h"

struct p2p_stream {
    struct p2p_stream *next;
    struct p2p_peer_id peer;
    const struct p2p_stream_events *events;
    void *user;
    struct um_buf sent; /* by our side */
    bool finished;      /* by our side */
    bool reset;         /* likewise */
    bool over;          /* by the peer: a status */
    int status;
};

enum { FAKE_BUS_PEERS = 1200, FAKE_BUS_DIALS = 16 };

struct um_bus {
    p2p_stream_handler on_stream;
    void *user;
    struct p2p_stream *streams; /* the newest first */
    size_t streams_n;
    size_t opened; /* by us, in all */
    struct p2p_peer_id up[FAKE_BUS_PEERS];
    size_t up_n;
    struct {
        char addr[256];
        p2p_dial_done done;
        void *user;
    } dials[FAKE_BUS_DIALS]; /* under way */
    size_t dials_n;
    size_t dialed;  /* in all */
    bool no_stream; /* none can be opened */
    bool no_binding;
};

void fake_bus_init(struct um_bus *b);

/* Closes all that is left. */
void fake_bus_fini(struct um_bus *b);

/* Ends what was reset, or finished by both. */
void fake_bus_turn(struct um_bus *b);

/* A stream that a peer opens to us. NULL: it was reset at once, and ended. */
struct p2p_stream *fake_bus_come(struct um_bus *b,
                                 const struct p2p_peer_id *peer);

/* The newest stream with a peer; NULL: there is none. */
struct p2p_stream *fake_bus_with(struct um_bus *b,
                                 const struct p2p_peer_id *peer);

/* Bytes of the peer. */
void fake_bus_say(struct p2p_stream *s, struct um_str bytes);

/* The peer finishes its half, or cuts the stream with a status. */
void fake_bus_finish(struct p2p_stream *s);
void fake_bus_cut(struct p2p_stream *s, int status);

/* A peer is connected, or no more; nobody is told. */
void fake_bus_up(struct um_bus *b, const struct p2p_peer_id *peer);
void fake_bus_down(struct um_bus *b, const struct p2p_peer_id *peer);

/* The dial to an address ends; false: there is none. */
bool fake_bus_dialed(struct um_bus *b, const char *addr, int status,
                     const struct p2p_peer_id *peer);

#endif
