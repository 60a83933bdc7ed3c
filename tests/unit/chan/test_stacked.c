/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Channels on channels, as a connection has them: multistream agrees on Noise,
 * Noise secures, a second multistream agrees on a muxer, and where the muxer
 * would be are 1 MiB of bytes each way. Any cuts, any room, eager or not; in
 * the end every byte is there and no memory is left.
 */
#include <stdlib.h>

#include "chan/multistream/multistream.h"
#include "failing_mem.h"
#include "sec_pair.h"
#include "unit.h"

#define LAYERS_MAX 3
#define BYTES      (1024U * 1024U)

static const char *const security[] = {"/noise"};
static const char *const muxers[] = {"/yamux/1.0.0", "/mplex/6.7.0"};

struct side;

struct level {
    struct p2p__src src; /* what the layer below pulls from */
    struct side *side;
    const struct p2p__chan_ops *ops; /* NULL: took itself out */
    void *chan;
    size_t at;
};

struct side {
    struct level levels[LAYERS_MAX + 1]; /* the last is the application */
    size_t count;
    struct p2p__multistream ms[2];
    size_t ms_count;
    struct sec_pair *pair;
    struct sec_end *end; /* keys, quota and the Noise channel */
    bool dialer;
    bool eager;
    bool open; /* the muxer is agreed on */
    struct p2p__rng rng;
    uint8_t *app;
    size_t sent;
    uint8_t *got;
    size_t got_len;
};

static int pull_level(struct p2p__src *src, uint8_t *dst, size_t cap,
                      p2p_ns now);

static void push(struct side *s, const struct p2p__chan_ops *ops, void *chan)
{
    struct level *l = &s->levels[s->count];

    assert_true(s->count < LAYERS_MAX);
    l->ops = ops;
    l->chan = chan;
    s->count++;
}

static void push_multistream(struct side *s, const char *const *names,
                             size_t count)
{
    struct p2p__multistream_cfg cfg = {.dialer = s->dialer,
                                       .eager = s->eager,
                                       .protocols = names,
                                       .count = count,
                                       .quota = &s->end->quota};
    struct p2p__multistream *m = &s->ms[s->ms_count++];

    assert_int_equal(p2p__multistream_init(m, &cfg, 0), 0);
    push(s, &p2p__multistream_ops, m);
}

static void push_noise(struct side *s)
{
    struct p2p__sec_cfg cfg = sec_pair_cfg(s->pair, s->dialer ? 0 : 1);

    assert_int_equal(p2p__noise_init(&s->end->n, &cfg, 0), 0);
    push(s, &p2p__noise_ops, &s->end->n);
}

static bool has_noise(const struct side *s)
{
    return s->count > 1;
}

static void on_multistream(struct side *s, size_t i,
                           const struct p2p__multistream_ev *ev)
{
    if (ev->type == P2P__MULTISTREAM_DONE) {
        for (size_t k = 0; k < s->count; k++) {
            if (s->levels[k].chan == &s->ms[i]) {
                s->levels[k].ops = NULL;
            }
        }
        p2p__multistream_fini(&s->ms[i]);
        return;
    }
    assert_int_equal(ev->type, P2P__MULTISTREAM_AGREED);
    if (i == 1) {
        s->open = true;
        assert_int_equal(ev->index, s->dialer ? 0 : 1);
    } else if (!has_noise(s)) {
        push_noise(s);
    }
}

/* What the stack does after each rx and tx. */
static void handle_events(struct side *s)
{
    struct p2p__multistream_ev ev;
    struct p2p__sec_ev nev;

    for (size_t i = 0; i < s->ms_count; i++) {
        while (p2p__multistream_next(&s->ms[i], &ev)) {
            on_multistream(s, i, &ev);
        }
    }
    while (has_noise(s) && p2p__noise_next(&s->end->n, &nev)) {
        /* The dialer has one that the listener has only as its second. */
        push_multistream(s, s->dialer ? muxers + 1 : muxers, s->dialer ? 1 : 2);
        s->open = s->eager;
    }
}

static int climb(struct side *s, size_t i, struct p2p__slice in)
{
    struct p2p__slice up;
    int rv = 0;

    if (i == s->count && in.len > 0) {
        assert_true(s->open);
        assert_true(s->got_len + in.len <= BYTES);
        memcpy(s->got + s->got_len, in.p, in.len);
        s->got_len += in.len;
        return 0;
    }
    if (i < s->count && s->levels[i].ops == NULL) {
        return climb(s, i + 1, in);
    }
    while (rv == 0 && i < s->count) {
        rv = s->levels[i].ops->rx(s->levels[i].chan, &in, &up, 0);
        handle_events(s);
        if (rv == 0 && up.len > 0) {
            rv = climb(s, i + 1, up);
        }
        if (in.len == 0 && up.len == 0) {
            break;
        }
        if (s->levels[i].ops == NULL) {
            return rv == 0 ? climb(s, i + 1, in) : rv;
        }
    }
    return rv;
}

/* Draws level i and all above it into an outbuf. */
static int draw(struct side *s, size_t i, struct p2p__outbuf *out)
{
    int rv;

    while (i < s->count && s->levels[i].ops == NULL) {
        i++;
    }
    if (i == s->count) {
        size_t n = p2p__min(p2p__outbuf_room(out), BYTES - s->sent);

        p2p__outbuf_put(out, s->app + s->sent, s->open ? n : 0);
        s->sent += s->open ? n : 0;
        return 0;
    }
    rv = s->levels[i].ops->tx(s->levels[i].chan, &s->levels[i + 1].src, out, 0);
    if (i == 0) {
        handle_events(s);
    }
    return rv;
}

static int pull_level(struct p2p__src *src, uint8_t *dst, size_t cap,
                      p2p_ns now)
{
    struct level *l = P2P__CONTAINER(src, struct level, src);
    struct p2p__outbuf out = {.p = dst, .cap = cap};
    int rv = draw(l->side, l->at, &out);

    (void)now;
    return rv != 0 ? rv : (int)out.len;
}

static void side_init(struct side *s, struct sec_pair *pair, bool dialer,
                      bool eager)
{
    *s = (struct side){.pair = pair,
                       .end = &pair->ends[dialer ? 0 : 1],
                       .dialer = dialer,
                       .eager = dialer && eager};
    for (size_t i = 0; i <= LAYERS_MAX; i++) {
        s->levels[i].src.pull = pull_level;
        s->levels[i].side = s;
        s->levels[i].at = i;
    }
    p2p__rng_seed(&s->rng, dialer);
    s->got = malloc(BYTES);
    s->app = malloc(BYTES);
    assert_true(s->got != NULL && s->app != NULL);
    for (size_t i = 0; i < BYTES; i += 8) {
        uint64_t word = p2p__rng_next(&s->rng);

        memcpy(s->got + i, &word, 8);
    }
    memcpy(s->app, s->got, BYTES);
    push_multistream(s, security, 1);
    if (s->eager) {
        push_noise(s);
    }
}

static void side_fini(struct side *s)
{
    for (size_t i = 0; i < s->ms_count; i++) {
        p2p__multistream_fini(&s->ms[i]);
    }
    free(s->got);
    free(s->app);
}

/* Moves what one side has to say to the other; how much it was. */
static size_t move(struct side *from, struct side *to, struct chunker *c,
                   bool small_rooms)
{
    static uint8_t wire[65536];
    size_t cap = small_rooms ? 1 + (size_t)p2p__rng_below(&from->rng, 3000)
                             : sizeof wire;
    struct p2p__outbuf out = {.p = wire, .cap = cap};
    size_t at = 0;

    assert_int_equal(draw(from, 0, &out), 0);
    while (at < out.len) {
        size_t n = chunker_next(c, out.len - at);

        assert_int_equal(climb(to, 0, p2p__slice_of(wire + at, n)), 0);
        at += n;
    }
    return cap == sizeof wire ? out.len : out.len + 1;
}

static void run(struct chunker *c, bool eager, bool small_rooms)
{
    size_t live = failing_mem_live(), moved;
    struct sec_pair pair;
    struct side d, l;

    assert_int_equal(sec_pair_init(&pair), 0);
    side_init(&d, &pair, true, eager);
    side_init(&l, &pair, false, eager);
    do {
        moved = move(&d, &l, c, small_rooms) + move(&l, &d, c, small_rooms);
    } while (moved > 0 && (d.got_len < BYTES || l.got_len < BYTES));
    assert_int_equal(d.got_len, BYTES);
    assert_int_equal(l.got_len, BYTES);
    assert_memory_equal(d.got, l.app, BYTES);
    assert_memory_equal(l.got, d.app, BYTES);
    for (size_t i = 0; i < LAYERS_MAX; i++) {
        bool noise = d.levels[i].chan == &d.end->n;

        assert_true(noise || d.levels[i].ops == NULL); /* took themselves out */
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair.ends[i].quota.used[P2P__Q_MEMORY], 0);
    }
    side_fini(&d);
    side_fini(&l);
    sec_pair_fini(&pair);
    assert_int_equal(failing_mem_live(), live);
}

static void run_plan(enum chunk_plan plan)
{
    struct chunker c;

    for (int how = 0; how < 4; how++) {
        chunker_init(&c, plan, (uint64_t)how);
        run(&c, how & 1, how & 2);
    }
}

static void test_all_at_once(void **state)
{
    (void)state;
    run_plan(CHUNK_ALL);
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    run_plan(CHUNK_ONE);
}

static void test_at_random(void **state)
{
    (void)state;
    run_plan(CHUNK_RANDOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
