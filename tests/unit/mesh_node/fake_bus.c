/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See fake_bus.h. */
#include "fake_bus.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

void fake_bus_init(struct um_bus *b)
{
    memset(b, 0, sizeof *b);
}

/* Ends a stream. */
static void end(struct um_bus *b, struct p2p_stream *s, int status)
{
    struct p2p_stream **at = &b->streams;

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    b->streams_n--;
    if (s->events != NULL && s->events->closed != NULL)
        s->events->closed(s->user, s, status);
    um_buf_fini(&s->sent);
    free(s);
}

void fake_bus_fini(struct um_bus *b)
{
    while (b->streams != NULL)
        end(b, b->streams, P2P_ECLOSED);
    while (b->dials_n > 0)
        (void)fake_bus_dialed(b, b->dials[0].addr, P2P_ECLOSED, NULL);
}

void fake_bus_turn(struct um_bus *b)
{
    struct p2p_stream *s = b->streams;

    while (s != NULL) {
        if (s->reset || (s->over && (s->finished || s->status != 0))) {
            end(b, s, s->reset ? P2P_ECANCELED : s->status);
            s = b->streams;
        } else {
            s = s->next;
        }
    }
}

static struct p2p_stream *stream_new(struct um_bus *b,
                                     const struct p2p_peer_id *peer)
{
    struct p2p_stream *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->peer = *peer;
    s->next = b->streams;
    b->streams = s;
    b->streams_n++;
    return s;
}

struct p2p_stream *fake_bus_come(struct um_bus *b,
                                 const struct p2p_peer_id *peer)
{
    struct p2p_stream *s = stream_new(b, peer);

    if (b->no_binding)
        s->status = 1;
    assert_non_null(b->on_stream);
    b->on_stream(b->user, s);
    if (!s->reset)
        return s;
    fake_bus_turn(b);
    return NULL;
}

struct p2p_stream *fake_bus_with(struct um_bus *b,
                                 const struct p2p_peer_id *peer)
{
    struct p2p_stream *s = b->streams;

    while (s != NULL && !p2p_peer_id_equal(&s->peer, peer))
        s = s->next;
    return s;
}

void fake_bus_say(struct p2p_stream *s, struct um_str bytes)
{
    assert_false(s->reset || s->over);
    s->events->data(s->user, s, (const uint8_t *)bytes.p, bytes.len);
}

void fake_bus_finish(struct p2p_stream *s)
{
    s->over = true;
    if (s->events->finished != NULL && !s->reset)
        s->events->finished(s->user, s);
}

void fake_bus_cut(struct p2p_stream *s, int status)
{
    s->over = true;
    s->status = status;
}

void fake_bus_up(struct um_bus *b, const struct p2p_peer_id *peer)
{
    assert_true(b->up_n < FAKE_BUS_PEERS);
    b->up[b->up_n++] = *peer;
}

void fake_bus_down(struct um_bus *b, const struct p2p_peer_id *peer)
{
    for (size_t i = 0; i < b->up_n; i++) {
        if (p2p_peer_id_equal(&b->up[i], peer)) {
            b->up[i] = b->up[--b->up_n];
            return;
        }
    }
    fail();
}

bool fake_bus_dialed(struct um_bus *b, const char *addr, int status,
                     const struct p2p_peer_id *peer)
{
    for (size_t i = 0; i < b->dials_n; i++) {
        p2p_dial_done done = b->dials[i].done;
        void *user = b->dials[i].user;

        if (strcmp(b->dials[i].addr, addr) != 0)
            continue;
        b->dials[i] = b->dials[--b->dials_n];
        done(user, status, peer);
        return true;
    }
    return false;
}

/* What is played. */

int um_bus_serve(struct um_bus *bus, const char *protocol,
                 p2p_stream_handler on_stream, void *user)
{
    assert_string_equal(protocol, "/unitmesh/join/1.0.0");
    bus->on_stream = on_stream;
    bus->user = user;
    return 0;
}

int um_bus_open(struct um_bus *bus, const struct p2p_peer_id *peer,
                const char *const *protocol,
                const struct p2p_stream_events *events, void *user,
                struct p2p_stream **out)
{
    assert_string_equal(*protocol, "/unitmesh/join/1.0.0");
    assert_true(um_bus_is_up(bus, peer));
    if (bus->no_stream)
        return P2P_ELIMIT;
    *out = stream_new(bus, peer);
    (*out)->events = events;
    (*out)->user = user;
    (*out)->status = bus->no_binding ? 1 : 0;
    bus->opened++;
    return 0;
}

int um_bus_dial(struct um_bus *bus, const char *addr, p2p_dial_done done,
                void *user)
{
    if (addr[0] != '/')
        return P2P_EFORMAT;
    assert_true(bus->dials_n < FAKE_BUS_DIALS);
    (void)snprintf(bus->dials[bus->dials_n].addr, sizeof bus->dials[0].addr,
                   "%s", addr);
    bus->dials[bus->dials_n].done = done;
    bus->dials[bus->dials_n].user = user;
    bus->dials_n++;
    bus->dialed++;
    return 0;
}

bool um_bus_is_up(const struct um_bus *bus, const struct p2p_peer_id *peer)
{
    for (size_t i = 0; i < bus->up_n; i++) {
        if (p2p_peer_id_equal(&bus->up[i], peer))
            return true;
    }
    return false;
}

void um_bus_peers(struct um_bus *bus,
                  void (*each)(void *user, const struct um_bus_peer *peer),
                  void *user)
{
    for (size_t i = 0; i < bus->up_n; i++)
        each(user, &(struct um_bus_peer){
                       .id = bus->up[i], .addr = "", .connected = true});
}

void p2p_stream_listen(struct p2p_stream *s,
                       const struct p2p_stream_events *events, void *user)
{
    s->events = events;
    s->user = user;
}

int p2p_stream_send(struct p2p_stream *s, const void *bytes, size_t len)
{
    assert_false(s->finished);
    if (s->reset)
        return P2P_ERESET;
    um_buf_add(&s->sent, bytes, len);
    return 0;
}

void p2p_stream_finish(struct p2p_stream *s)
{
    s->finished = true;
}

void p2p_stream_reset(struct p2p_stream *s)
{
    s->reset = true;
}

const struct p2p_peer_id *p2p_stream_peer(const struct p2p_stream *s)
{
    return &s->peer;
}

int p2p_stream_binding(const struct p2p_stream *s,
                       uint8_t out[P2P_BINDING_BYTES])
{
    if (s->status == 1)
        return P2P_ESTATE;
    memset(out, 0x42, P2P_BINDING_BYTES);
    return 0;
}
