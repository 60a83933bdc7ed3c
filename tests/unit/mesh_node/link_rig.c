/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See link_rig.h. */
#include "link_rig.h"

static void on_up(void *user, const struct p2p_peer_id *peer)
{
    const struct host *h = user;

    um_links_up(h->links, peer);
}

static void on_down(void *user, const struct p2p_peer_id *peer)
{
    const struct host *h = user;

    um_links_down(h->links, peer);
}

void host_init(struct host *h, struct world *w, const struct pool *pool,
               unsigned key)
{
    struct um_bus *bus = world_add(w, &pool->names[key]);

    host_make(h, pool, key, bus, &w->port);
    bus->on_up = on_up;
    bus->on_down = on_down;
    bus->user = h;
}

void host_fini(struct host *h)
{
    host_drop(h);
    h->bus->on_up = NULL;
    h->bus->on_down = NULL;
}

void scene_init(struct scene *s, const struct pool *pool, unsigned n)
{
    world_init(&s->w);
    s->n = n;
    for (unsigned i = 0; i < n; i++)
        host_init(&s->hosts[i], &s->w, pool, i);
}

void scene_fini(struct scene *s)
{
    for (unsigned i = 0; i < s->n; i++)
        host_fini(&s->hosts[i]);
    world_fini(&s->w);
}

void scene_connect(struct scene *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        for (unsigned k = i + 1; k < s->n; k++)
            world_connect(&s->w, s->hosts[i].bus, s->hosts[k].bus);
    }
}

bool scene_equal(void *arg)
{
    struct scene *s = arg;

    for (unsigned i = 0; i < s->n; i++) {
        if (host_count(&s->hosts[i]) != s->hosts[0].pool->n)
            return false;
    }
    return true;
}

bool scene_still(void *arg)
{
    struct scene *s = arg;

    for (unsigned i = 0; i < s->n; i++) {
        if (host_stats(&s->hosts[i]).sessions > 0)
            return false;
    }
    return s->w.streams == NULL;
}

void scene_deal(struct scene *s)
{
    for (size_t i = 0; i < s->hosts[0].pool->n; i++)
        host_give(&s->hosts[i % s->n], i);
}

/* ---- peers of the test */

static void on_data(void *user, struct p2p_stream *stream, const uint8_t *bytes,
                    size_t len)
{
    struct raw *r = user;

    (void)stream;
    um_buf_add(&r->in, bytes, len);
}

static void on_finished(void *user, struct p2p_stream *stream)
{
    const struct raw *r = user;

    if (!r->deaf)
        p2p_stream_finish(stream);
}

static void on_closed(void *user, struct p2p_stream *stream, int status)
{
    struct raw *r = user;

    (void)status;
    for (size_t i = 0; i < r->n; i++) {
        if (r->streams[i] == stream)
            r->streams[i] = NULL;
    }
    r->closed++;
}

static const struct p2p_stream_events events = {.data = on_data,
                                                .finished = on_finished,
                                                .closed = on_closed};

static void on_stream(void *user, struct p2p_stream *stream)
{
    struct raw *r = user;

    assert_true(r->n < sizeof r->streams / sizeof r->streams[0]);
    p2p_stream_listen(stream, &events, r);
    r->streams[r->n++] = stream;
}

void raw_init(struct raw *r, struct world *w, const struct um_name *name)
{
    memset(r, 0, sizeof *r);
    r->bus = world_add(w, name);
    (void)um_bus_serve(r->bus, UM_SYNC_PROTOCOL, on_stream, r);
}

void raw_fini(struct raw *r)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->streams[i] != NULL) {
            p2p_stream_listen(r->streams[i], NULL, NULL);
            p2p_stream_reset(r->streams[i]);
        }
    }
    um_buf_fini(&r->in);
}

size_t raw_open(struct raw *r, const struct um_bus *to)
{
    static const char *const protocol[] = {UM_SYNC_PROTOCOL};

    assert_true(r->n < sizeof r->streams / sizeof r->streams[0]);
    assert_int_equal(
        um_bus_open(r->bus, &to->id, protocol, &events, r, &r->streams[r->n]),
        0);
    return r->n++;
}

void raw_say(struct raw *r, size_t stream, const struct um_sync_msg *m)
{
    struct um_str frame = rig_frame(m);

    assert_non_null(r->streams[stream]);
    assert_int_equal(p2p_stream_send(r->streams[stream], frame.p, frame.len),
                     0);
}

size_t raw_heard(const struct raw *r, enum um_sync_what what)
{
    struct um_str in = um_buf_view(&r->in);
    struct um_sync_msg m;
    uint64_t len;
    size_t n = 0;

    while (in.len > 0) {
        assert_true(um_pb_take_varint(&in, &len) && len <= in.len);
        n += um_sync_read(um_str_head(in, (size_t)len), &m) == 0 &&
             m.what == what;
        in = um_str_skip(in, (size_t)len);
    }
    return n;
}
