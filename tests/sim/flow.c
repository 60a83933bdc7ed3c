/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See flow.h. */
#include "flow.h"

static const char *const protocol[] = {"/flow/1.0.0"};

static void send_more(struct flow *f)
{
    static const uint8_t chunk[4096];

    while (f->left > 0) {
        size_t n = p2p__min(f->left, sizeof chunk);

        if (p2p_stream_send(f->stream, chunk, n) != 0) {
            return;
        }
        f->left -= n;
    }
    p2p_stream_finish(f->stream);
}

static void on_writable(void *user, struct p2p_stream *s)
{
    struct flow *f = user;

    (void)s;
    if (f->left > 0) {
        send_more(f);
    }
}

static void on_closed(void *user, struct p2p_stream *s, int status)
{
    struct flow *f = user;

    (void)s;
    f->stream = NULL;
    f->closed = true;
    f->status = status;
}

static const struct p2p_stream_events flow_events = {
    .writable = on_writable,
    .closed = on_closed,
};

static void on_data(void *user, struct p2p_stream *s, const uint8_t *p,
                    size_t len)
{
    (void)s;
    (void)p;
    *(size_t *)user += len;
}

static void on_finished(void *user, struct p2p_stream *s)
{
    (void)user;
    p2p_stream_finish(s);
}

static const struct p2p_stream_events sink_events = {
    .data = on_data,
    .finished = on_finished,
};

static void on_stream(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &sink_events, user);
}

void flow_serve(struct simhost *h, size_t *at)
{
    int rv = p2p_host_handle(h->host, protocol[0], on_stream, at);

    assert(rv == 0);
    (void)rv;
}

void flow_open(struct flow *f, struct simhost *from, const struct simhost *to)
{
    int rv = p2p_stream_open(from->host, p2p_host_id(to->host), protocol, 1,
                             &flow_events, f, &f->stream);

    assert(rv == 0);
    rv = p2p_stream_send(f->stream, "!", 1);
    assert(rv == 0);
    (void)rv;
}

void flow_send(struct flow *f, size_t bytes)
{
    f->left = bytes;
    send_more(f);
}
