/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two ends of a private network's channel, cut in any way. */
#include "chan/pnet/pnet.h"

#include <sodium.h>
#include <stdlib.h>

#include "chunker.h"
#include "test_env.h"
#include "unit.h"

#define WIRE  65536U
#define NONCE P2P__XSALSA_NONCE

static const uint8_t psk[P2P__PNET_KEY] = {1, 2, 3, 4};
static const uint8_t other_psk[P2P__PNET_KEY] = {1, 2, 3, 5};

struct end {
    struct p2p__pnet c;
    struct test_env env;
    struct p2p__src src;
    const uint8_t *app;
    size_t app_len;
    int app_err; /* what above says once it has nothing left */
    uint8_t wire[WIRE];
    size_t wire_len;
    uint8_t up[WIRE];
    size_t up_len;
};

static int pull(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    struct end *e = P2P__CONTAINER(src, struct end, src);
    size_t n = p2p__min(e->app_len, cap);

    (void)now;
    if (n == 0) {
        return e->app_err;
    }
    memcpy(dst, e->app, n);
    e->app += n;
    e->app_len -= n;
    return (int)n;
}

static struct end *end_new(uint64_t seed, const uint8_t *key)
{
    struct end *e = calloc(1, sizeof *e);

    assert_non_null(e);
    test_env_init(&e->env, seed);
    e->src.pull = pull;
    p2p__pnet_init(&e->c,
                   &(struct p2p__pnet_cfg){.psk = key, .env = &e->env.env});
    return e;
}

static void end_free(struct end *e)
{
    static const struct p2p__pnet nothing;

    p2p__pnet_fini(&e->c);
    assert_memory_equal(&e->c, &nothing, sizeof nothing);
    free(e);
}

/* Draws all there is, in pieces of `step` bytes. */
static void draw(struct end *e, size_t step)
{
    size_t before;

    do {
        struct p2p__outbuf out = {.p = e->wire + e->wire_len,
                                  .cap = p2p__min(step, WIRE - e->wire_len)};

        before = e->wire_len;
        assert_int_equal(p2p__pnet_ops.tx(&e->c, &e->src, &out, 0), 0);
        e->wire_len += out.len;
    } while (e->wire_len > before);
}

/* Gives an end bytes after a plan, each piece in memory of its own size. */
static void feed(struct end *e, const uint8_t *p, size_t len, struct chunker *c)
{
    while (len > 0) {
        size_t n = chunker_next(c, len);
        uint8_t *copy = malloc(n);
        struct p2p__slice in = p2p__slice_of(copy, n), up;

        assert_non_null(copy);
        memcpy(copy, p, n);
        assert_int_equal(p2p__pnet_ops.rx(&e->c, &in, &up, 0), 0);
        assert_int_equal(in.len, 0);
        if (up.len > 0) {
            memcpy(e->up + e->up_len, up.p, up.len);
            e->up_len += up.len;
        }
        free(copy);
        p += n;
        len -= n;
    }
}

static void fill(uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        p[i] = (uint8_t)(i * 131 + (i >> 8));
    }
}

static void test_the_nonce_is_due_at_once(void **state)
{
    struct end *e = end_new(1, psk);

    (void)state;
    draw(e, WIRE);
    assert_int_equal(e->wire_len, NONCE);
    assert_true(p2p__pnet_ops.deadline(&e->c) == P2P_NEVER);
    assert_int_equal(p2p__pnet_ops.expire(&e->c, P2P__SEC(100)), 0);
    end_free(e);
}

static void test_what_goes_out_is_xsalsa20_behind_the_nonce(void **state)
{
    struct end *e = end_new(1, psk);
    uint8_t plain[1000], want[1000];

    (void)state;
    fill(plain, sizeof plain);
    e->app = plain;
    e->app_len = sizeof plain;
    draw(e, WIRE);
    assert_int_equal(e->wire_len, NONCE + sizeof plain);
    assert_int_equal(
        crypto_stream_xsalsa20_xor(want, plain, sizeof plain, e->wire, psk), 0);
    assert_memory_equal(e->wire + NONCE, want, sizeof want);
    end_free(e);
}

static void test_bytes_pass_in_any_pieces(void **state)
{
    static uint8_t text[20000];

    (void)state;
    fill(text, sizeof text);
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct end *a = end_new(seed, psk), *b = end_new(seed + 100, psk);
        struct chunker c;

        chunker_init(&c, (enum chunk_plan)(seed % CHUNK_PLANS), seed);
        a->app = b->app = text;
        a->app_len = sizeof text;
        b->app_len = 100;
        draw(a, 1 + (size_t)(seed * 37));
        draw(b, 3);
        assert_memory_not_equal(a->wire, b->wire, NONCE);
        feed(b, a->wire, a->wire_len, &c);
        feed(a, b->wire, b->wire_len, &c);
        assert_int_equal(b->up_len, sizeof text);
        assert_memory_equal(b->up, text, sizeof text);
        assert_int_equal(a->up_len, 100);
        assert_memory_equal(a->up, text, 100);
        end_free(a);
        end_free(b);
    }
}

static void test_another_key_reads_noise(void **state)
{
    static const char text[] = "\x13/multistream/1.0.0\n";
    struct end *a = end_new(1, psk), *b = end_new(2, other_psk);
    struct chunker c;

    (void)state;
    chunker_init(&c, CHUNK_ALL, 0);
    a->app = (const uint8_t *)text;
    a->app_len = sizeof text - 1;
    draw(a, WIRE);
    feed(b, a->wire, a->wire_len, &c);
    assert_int_equal(b->up_len, sizeof text - 1);
    assert_memory_not_equal(b->up, text, 8);
    end_free(a);
    end_free(b);
}

static void test_no_nonce_no_bytes(void **state)
{
    struct end *e = end_new(1, psk);
    uint8_t nonce[NONCE] = {0};
    struct chunker c;

    (void)state;
    chunker_init(&c, CHUNK_ONE, 0);
    feed(e, nonce, sizeof nonce, &c);
    assert_int_equal(e->up_len, 0);
    feed(e, nonce, 1, &c);
    assert_int_equal(e->up_len, 1);
    end_free(e);
}

static void test_what_above_says_is_told(void **state)
{
    struct end *e = end_new(1, psk);
    struct p2p__outbuf out = {.p = e->wire, .cap = NONCE};

    (void)state;
    e->app_err = P2P_EPROTO;
    assert_int_equal(p2p__pnet_ops.tx(&e->c, &e->src, &out, 0), 0);
    assert_int_equal(out.len, NONCE); /* no room, nobody asked */
    out.cap = NONCE + 1;
    assert_int_equal(p2p__pnet_ops.tx(&e->c, &e->src, &out, 0), P2P_EPROTO);
    assert_int_equal(p2p__pnet_ops.tx(&e->c, NULL, &out, 0), 0);
    end_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nonce_is_due_at_once),
        cmocka_unit_test(test_what_goes_out_is_xsalsa20_behind_the_nonce),
        cmocka_unit_test(test_bytes_pass_in_any_pieces),
        cmocka_unit_test(test_another_key_reads_noise),
        cmocka_unit_test(test_no_nonce_no_bytes),
        cmocka_unit_test(test_what_above_says_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
