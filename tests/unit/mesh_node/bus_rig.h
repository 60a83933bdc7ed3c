/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A world of buses on virtual time, in the place of mesh/bus and of the
 * library's streams: nodes that connect and go, streams with back-pressure that
 * deliver in pieces, topics, alarms. Nothing happens but in world_run(): alarms
 * that are due, then bytes, and when none are on the way the next alarm.
 */
#ifndef TESTS_UNIT_MESH_NODE_BUS_RIG_H
#define TESTS_UNIT_MESH_NODE_BUS_RIG_H

#include "mesh/base/alarm.h"
#include "mesh/base/buf.h"
#include "mesh/bus/bus.h"
#include "mesh/trust/name.h"
#include "p2p/stream.h"

#define WORLD_BUSES 40

struct world;

/* A node's end of the world. */
struct um_bus {
    struct world *w;
    struct p2p_peer_id id;
    struct um_name name;
    p2p_stream_handler on_stream;
    void *stream_user;
    void (*on_up)(void *user, const struct p2p_peer_id *peer);
    void (*on_down)(void *user, const struct p2p_peer_id *peer);
    void *user;
    char topic[128];
    um_bus_message *on_message;
    void *message_user;
    bool up[WORLD_BUSES]; /* with whom it is connected */
    uint64_t heard;       /* bytes that came over its streams */
    uint64_t opened;      /* streams that it opened */
    uint64_t published;
    uint64_t longest; /* bytes of the longest message that it published */
    enum um_bus_verdict verdict; /* of the last message that came */
    bool stopped;                /* it reads nothing from its streams */
    int open_err;                /* what opening a stream says, if not 0 */
};

struct rig_alarm;

struct world {
    struct um_bus buses[WORLD_BUSES];
    size_t n;
    struct p2p_stream *streams;
    struct rig_alarm *alarms;
    struct um_alarms port;
    uint64_t now;
    uint64_t alarm_no;
    unsigned rings; /* alarms that went off at this moment */
    size_t window;  /* bytes that a stream takes before P2P_EAGAIN */
    size_t piece;   /* the most that is delivered at once */
    /* When so many bytes came to bus `cut_at`, who sent the last is gone. */
    uint64_t cut_after;
    size_t cut_at;
    bool failing_alarms;
};

/* A world of nobody. */
void world_init(struct world *w);

/* Ends it: all streams close, and nothing may be left on it. */
void world_fini(struct world *w);

/* Adds a bus with a member's name. */
struct um_bus *world_add(struct world *w, const struct um_name *name);

/* Connects two and tells both; or ends it, with their streams. */
void world_connect(struct world *w, struct um_bus *a, struct um_bus *b);
void world_disconnect(struct world *w, struct um_bus *a, struct um_bus *b);

/* Lets the world go on until done(arg), or so many ms have passed: false. */
bool world_run(struct world *w, uint64_t ms, bool (*done)(void *arg),
               void *arg);

/* Lets it go on for so long. */
void world_pass(struct world *w, uint64_t ms);

/* How many streams are open at a bus. */
size_t world_streams(const struct world *w, const struct um_bus *bus);

#endif
