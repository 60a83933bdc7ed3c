/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See run.h. Happy path: how much to ask for, the upload as fast as the stream
 * takes it, the end of ours; then what was asked for, and the end of theirs.
 */
#include "run.h"

#include <stdbool.h>

#define CHUNK (64U * 1024U)

static const char *const protocol = "/perf/1.0.0";

static void send_more(struct run *run)
{
    static const uint8_t zeros[CHUNK];
    int rv = 0;

    while (rv == 0 && run->sent < run->up) {
        uint64_t left = run->up - run->sent;
        size_t n = left < CHUNK ? (size_t)left : CHUNK;

        rv = p2p_stream_send(run->stream, zeros, n);
        run->sent += rv == 0 ? n : 0;
    }
    if (rv == 0) {
        p2p_stream_finish(run->stream);
    } else if (rv != P2P_EAGAIN) {
        p2p_stream_reset(run->stream);
    }
}

static void on_opened(void *user, struct p2p_stream *stream)
{
    struct run *run = user;
    uint8_t head[8];

    for (size_t i = 0; i < sizeof head; i++) {
        head[i] = (uint8_t)(run->down >> (8 * (7 - i)));
    }
    if (p2p_stream_send(stream, head, sizeof head) == 0) {
        send_more(run);
    } else {
        p2p_stream_reset(stream);
    }
}

static void on_writable(void *user, struct p2p_stream *stream)
{
    (void)stream;
    send_more(user);
}

static void on_data(void *user, struct p2p_stream *stream, const uint8_t *bytes,
                    size_t len)
{
    struct run *run = user;

    (void)stream;
    (void)bytes;
    run->received += len;
}

static void on_closed(void *user, struct p2p_stream *stream, int status)
{
    struct run *run = user;

    (void)stream;
    run->stream = NULL;
    if (status == 0 && (run->sent != run->up || run->received != run->down)) {
        status = P2P_EPROTO;
    }
    run->done(run, status);
}

int run_start(struct run *run, struct p2p_host *host,
              const struct p2p_peer_id *peer)
{
    static const struct p2p_stream_events events = {.opened = on_opened,
                                                    .data = on_data,
                                                    .writable = on_writable,
                                                    .closed = on_closed};

    run->sent = 0;
    run->received = 0;
    return p2p_stream_open(host, peer, &protocol, 1, &events, run,
                           &run->stream);
}
