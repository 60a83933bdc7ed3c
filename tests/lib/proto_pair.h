/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two ends of a stream protocol (port/proto.h), with a stream between them
 * that hands bytes over in pieces and takes them with little room.
 */
#ifndef TESTS_LIB_PROTO_PAIR_H
#define TESTS_LIB_PROTO_PAIR_H

#include "chunker.h"
#include "port/proto.h"

struct proto_end {
    const struct p2p__proto_ops *ops;
    void *core;
    int err;       /* the first negative return of the core */
    bool finished; /* tx ended our side */
    bool ended;    /* fin was called */
};

/* An end; borrows the core. */
void proto_end_init(struct proto_end *e, const struct p2p__proto_ops *ops,
                    void *core);

/*
 * Draws at most `room` bytes from one end and hands them to the other, then
 * the end of the stream if it came. Returns whether anything happened. After
 * an error nothing does.
 */
bool proto_move(struct proto_end *from, struct proto_end *to,
                struct chunker *plan, size_t room, p2p_ns now);

/* Hands `len` bytes to an end in pieces. Returns the first error, or 0. */
int proto_feed(struct proto_end *e, const void *bytes, size_t len,
               struct chunker *plan, p2p_ns now);

/* Draws all that an end has to say, at most `cap` bytes; returns how many. */
size_t proto_draw(struct proto_end *e, uint8_t *buf, size_t cap, p2p_ns now);

#endif
