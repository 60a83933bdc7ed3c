/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See hostile.h. It says on the topic what is no hint, hints with a byte that
 * is another, hints of others once more, rows that contradict each other, items
 * that it may not sign; if it is a writer, revisions on any parent, with any
 * clock, on parents that it keeps to itself, and facts about anything. On
 * streams it answers with noise, or not at all.
 */
#include "hostile.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "mesh/sync/frame.h"
#include "mesh/sync/hint.h"
#include "mesh/sync/session.h"
#include "mesh/trust/fact.h"
#include "mesh/trust/revision.h"
#include "mesh/trust/row.h"
#include "p2p/key.h"
#include "people.h"

static void noise(struct world *w, struct um_buf *out, size_t max)
{
    size_t n = (size_t)world_between(w, 1, max);

    for (size_t i = 0; i < n; i++)
        um_buf_byte(out, (char)world_dice(w, 256));
}

static void random_name(struct world *w, struct um_name *out)
{
    for (size_t i = 0; i < sizeof out->b; i++)
        out->b[i] = (uint8_t)world_dice(w, 256);
}

/* ---- streams */

static void on_data(void *user, struct p2p_stream *stream, const uint8_t *bytes,
                    size_t len)
{
    struct member *m = user;
    struct world *w = m->w;
    struct um_buf out = UM_BUF_INIT;

    switch (world_dice(w, 5)) {
        case 0:
            um_buf_add(&out, bytes, len); /* what it was asked */
            if (out.len > 1)
                out.p[world_dice(w, out.len)] ^= 1;
            break;
        case 1:
            noise(w, &out, 300);
            break;
        case 2:
            p2p_stream_reset(stream);
            break;
        default:
            break; /* nothing at all */
    }
    if (out.len > 0)
        (void)p2p_stream_send(stream, out.p, out.len);
    um_buf_fini(&out);
}

static const struct p2p_stream_events events = {.data = on_data};

static void on_stream(void *user, struct p2p_stream *stream)
{
    p2p_stream_listen(stream, &events, user);
}

static void call_somebody(struct member *m)
{
    static const char *const protocol = UM_SYNC_PROTOCOL;
    struct world *w = m->w;
    const struct member *peer = w->members[world_dice(w, w->n)];
    struct um_buf out = UM_BUF_INIT;
    struct p2p_stream *s;

    if (peer == m ||
        um_bus_open(m->bus, &peer->id, &protocol, &events, m, &s) != 0)
        return;
    noise(w, &out, 2000);
    if (world_chance(w, 500) && out.len > 4) { /* the length of a frame */
        out.p[0] = out.p[1] = 0;
        out.p[2] = 1;
    }
    (void)p2p_stream_send(s, out.p, out.len);
    if (world_chance(w, 500))
        p2p_stream_finish(s);
    um_buf_fini(&out);
}

/* ---- hints */

static void say(struct member *m, const void *data, size_t len)
{
    char topic[UM_HINT_TOPIC_MAX];

    net_publish(m, um_hint_topic(&m->w->mesh, topic), data, len);
}

static void say_item(struct member *m, enum um_kind kind, struct um_str item)
{
    struct um_hint h = {0};
    struct um_buf out = UM_BUF_INIT;

    if (um_hint_item(&h, kind, item) && um_hint_write(&h, &out) == 0)
        say(m, out.p, out.len);
    um_buf_fini(&out);
    um_hint_fini(&h);
}

static void say_bytes(struct member *m)
{
    struct world *w = m->w;
    struct um_str last = net_last_message(w);
    struct um_buf out = UM_BUF_INIT;

    if (last.len == 0 || world_chance(w, 300)) {
        noise(w, &out, 500);
    } else {
        um_buf_str(&out, last);
        if (world_chance(w, 700))
            out.p[world_dice(w, out.len)] ^= (char)world_between(w, 1, 255);
    }
    say(m, out.p, out.len);
    um_buf_fini(&out);
}

static void say_row(struct member *m)
{
    struct world *w = m->w;
    struct um_name stranger;
    struct p2p_key *key = NULL;
    struct um_buf out = UM_BUF_INIT;
    struct um_row row = {.mesh = w->mesh,
                         .seq = 8 * (WORLD_T0 + w->now) / 10000 * 10000,
                         .wall_ms = WORLD_T0 + world_dice(w, 1000000000),
                         .healthy_ms = world_dice(w, 100000),
                         .ready = true,
                         .name = UM_STR("harm")};

    random_name(w, &row.applied);
    random_name(w, &stranger);
    if (world_chance(w, 300)) /* of somebody who is no member */
        must(p2p_key_from_seed(stranger.b, &key) == 0, "a key");
    if (um_row_seal(&row, key != NULL ? key : m->key, &out) == 0)
        say_item(m, UM_ROW, um_buf_view(&out));
    p2p_key_free(key);
    um_buf_fini(&out);
}

/* ---- items */

/* A revision that somebody has; NULL: nobody has one. */
static const struct um_past *any_revision(struct world *w)
{
    for (unsigned i = 0; i < 4; i++) {
        const struct member *m = w->members[world_dice(w, w->n)];
        const struct um_history *h =
            m->node != NULL ? &um_node_model(m->node)->history : NULL;

        if (h != NULL && h->revs_n > 0)
            return um_history_ranked(
                h, (size_t)world_dice(w, h->revs_n < 5 ? h->revs_n : 5));
    }
    return NULL;
}

static uint64_t any_clock(struct world *w)
{
    return world_chance(w, 500) ? WORLD_T0 + w->now
                                : WORLD_T0 + world_dice(w, 10000000000);
}

static void say_revision(struct member *m)
{
    static const enum um_rev_policy all[] = {UM_IMMEDIATE, UM_STAGED, UM_TRIAL};
    struct world *w = m->w;
    const struct um_past *p = any_revision(w);
    struct um_buf out = UM_BUF_INIT;
    struct um_revision r = {.mesh = w->mesh,
                            .parents_n = 1,
                            .wall_ms = any_clock(w),
                            .policy = all[world_dice(w, 3)],
                            .message = UM_STR("harm")};

    if (p == NULL)
        return;
    r.parents[0] = p->rev.id;
    r.number = p->rev.number + (world_chance(w, 900) ? 1 : 7);
    if (world_chance(w, 100)) /* a parent that it keeps to itself */
        random_name(w, &r.parents[0]);
    r.doc = p->rev.doc;
    r.doc_bytes = p->rev.doc_bytes;
    if (r.policy != UM_IMMEDIATE)
        r.deadline_ms = world_between(w, 1000, 60000);
    r.soak_ms = r.policy == UM_STAGED ? 1000 : 0;
    if (um_revision_seal(&r, m->key, &out) == 0)
        say_item(m, UM_REVISION, um_buf_view(&out));
    um_buf_fini(&out);
}

static void say_fact(struct member *m)
{
    struct world *w = m->w;
    const struct um_past *p = any_revision(w);
    struct um_buf out = UM_BUF_INIT;
    struct um_fact f = {.mesh = w->mesh,
                        .wall_ms = any_clock(w),
                        .what = world_chance(w, 500) ? UM_CONFIRM : UM_ABORT};

    if (p == NULL)
        return;
    f.revision = p->rev.id;
    if (um_fact_seal(&f, m->key, &out) == 0)
        say_item(m, UM_FACT, um_buf_view(&out));
    um_buf_fini(&out);
}

/* It makes itself, or nobody, an owner. */
static void say_statement(struct member *m)
{
    struct world *w = m->w;
    struct um_buf out = UM_BUF_INIT;
    struct um_statement s = {.mesh = w->mesh,
                             .what = UM_GRANT,
                             .key = m->name,
                             .roles = UM_OWNER | UM_WRITER,
                             .wall_ms = any_clock(w)};

    if (world_chance(w, 500))
        random_name(w, &s.key);
    if (um_statement_seal(&s, m->key, &out) == 0)
        say_item(m, UM_STATEMENT, um_buf_view(&out));
    um_buf_fini(&out);
}

static void on_turn(void *arg)
{
    static void (*const all[])(struct member * m) = {
        say_bytes, say_bytes, say_row,       say_revision,
        say_fact,  say_fact,  say_statement, call_somebody};
    struct member *m = arg;
    struct world *w = m->w;

    if (!w->storm || !m->alive)
        return;
    all[world_dice(w, sizeof all / sizeof all[0])](m);
    (void)world_at(w, world_between(w, 100, 3000), m, on_turn, m);
}

static void on_storm(void *arg)
{
    struct member *m = arg;

    if (!m->w->storm) {
        (void)world_at(m->w, 500, m, on_storm, m);
        return;
    }
    on_turn(m);
}

void hostile_begin(struct member *m)
{
    if (m->alive)
        return;
    m->alive = true;
    m->run++;
    m->bus = net_bus_new(m);
    (void)um_bus_serve(m->bus, UM_SYNC_PROTOCOL, on_stream, m);
    (void)world_at(m->w, 500, m, on_storm, m);
}

void hostile_end(struct member *m)
{
    if (!m->alive)
        return;
    net_bus_free(m->bus);
    m->bus = NULL;
    net_gone(m->w, m);
    m->alive = false;
}
