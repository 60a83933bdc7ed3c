/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bytes that flow from one simulated host to another on a stream. */
#ifndef TESTS_SIM_FLOW_H
#define TESTS_SIM_FLOW_H

#include "simhost.h"

/* What one stream still has to send, and how it ended. */
struct flow {
    struct p2p_stream *stream; /* NULL: ended */
    size_t left;
    bool closed;
    int status;
};

/* The host takes what comes on flows and counts the bytes in *at. */
void flow_serve(struct simhost *h, size_t *at);

/* Opens a stream and says one byte, so that its protocol is agreed on. */
void flow_open(struct flow *f, struct simhost *from, const struct simhost *to);

/* Sends so many bytes, as the stream takes them; then ends it. */
void flow_send(struct flow *f, size_t bytes);

#endif
