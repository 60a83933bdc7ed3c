/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Frames, with wslay as the judge: it understands what we write, and we what it
 * writes, however long and however cut. */
#include <wslay/wslay.h>

#include "base/rng.h"
#include "chan/ws/frame.h"
#include "unit.h"

#define ROOM (200U * 1024U)

static const size_t sizes[] = {0,    1,     2,     7,     8,     124,
                               125,  126,   127,   128,   4095,  4096,
                               4097, 65534, 65535, 65536, 65537, 131072};

/* A wire that the two share. */
struct wire {
    uint8_t *p;
    size_t len;
    size_t at;
    size_t step; /* bytes at a time */
    struct p2p__rng rng;
};

static ssize_t take(uint8_t *to, size_t len, int flags, void *user)
{
    struct wire *w = user;
    size_t n = p2p__min(p2p__min(len, w->step), w->len - w->at);

    (void)flags;
    memcpy(to, w->p + w->at, n);
    w->at += n;
    return n > 0 ? (ssize_t)n : -1;
}

static ssize_t give(const uint8_t *p, size_t len, int flags, void *user)
{
    struct wire *w = user;

    (void)flags;
    assert_true(w->len + len <= ROOM);
    memcpy(w->p + w->len, p, len);
    w->len += len;
    return (ssize_t)len;
}

static int make_mask(uint8_t *to, size_t len, void *user)
{
    struct wire *w = user;

    for (size_t i = 0; i < len; i++) {
        to[i] = (uint8_t)p2p__rng_below(&w->rng, 256);
    }
    return 0;
}

static const struct wslay_frame_callbacks callbacks = {
    .send_callback = give,
    .recv_callback = take,
    .genmask_callback = make_mask};

static void fill(uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        p[i] = (uint8_t)(i * 7 + i / 251);
    }
}

static uint8_t *room(void)
{
    uint8_t *p = malloc(ROOM);

    assert_non_null(p);
    return p;
}

/* What wslay reads of a frame of ours. */
static void they_read(struct wire *w, size_t len, bool masked,
                      const uint8_t *text)
{
    wslay_frame_context_ptr c;
    size_t got = 0;

    assert_int_equal(wslay_frame_context_init(&c, &callbacks, w), 0);
    for (;;) {
        struct wslay_frame_iocb f;
        ssize_t n = wslay_frame_recv(c, &f);

        if (n == WSLAY_ERR_WANT_READ) {
            assert_true(w->at < w->len);
            continue;
        }
        assert_true(n >= 0);
        assert_true(f.fin && f.rsv == 0 && f.opcode == WSLAY_BINARY_FRAME);
        assert_int_equal(f.mask, masked);
        assert_true(f.payload_length == len);
        assert_memory_equal(f.data, text + got, f.data_length);
        got += f.data_length;
        if (got == len) {
            break;
        }
    }
    assert_int_equal(w->at, w->len);
    wslay_frame_context_free(c);
}

static void test_they_read_ours(void **state)
{
    struct wire w = {.p = room()};
    uint8_t *text = room(), mask[P2P__WS_MASK_BYTES];

    (void)state;
    p2p__rng_seed(&w.rng, 1);
    fill(text, ROOM);
    for (size_t i = 0; i < P2P__COUNT(sizes) * 2; i++) {
        size_t len = sizes[i / 2], head;

        make_mask(mask, sizeof mask, &w);
        head = p2p__ws_frame_head(w.p, P2P__WS_BINARY, len,
                                  i % 2 == 1 ? mask : NULL);
        assert_true(head <= P2P__WS_HEADER_MAX);
        memcpy(w.p + head, text, len);
        if (i % 2 == 1) {
            p2p__ws_mask(w.p + head, len, mask, 0);
        }
        w.len = head + len;
        w.at = 0;
        w.step = i % 3 == 0 ? 1 : 4096;
        they_read(&w, len, i % 2 == 1, text);
    }
    free(w.p);
    free(text);
}

/* What we read of a frame of theirs, so many bytes at a time. */
static void we_read(struct wire *w, size_t len, bool masked,
                    const uint8_t *text)
{
    struct p2p__ws_frame f = {.have = 0};
    size_t got = 0;
    bool begun = false;

    for (size_t at = 0; at < w->len;) {
        size_t n = p2p__min(w->step, w->len - at);
        struct p2p__slice in = p2p__slice_of(w->p + at, n), piece;

        at += n;
        while (in.len > 0) {
            if (!f.open) {
                int rv = p2p__ws_frame_rx(&f, &in);

                assert_true(rv >= 0 && !begun);
                if (rv == 0) {
                    break;
                }
                begun = true;
            }
            piece = p2p__ws_frame_take(&f, &in);
            assert_memory_equal(piece.p, text + got, piece.len);
            got += piece.len;
        }
    }
    assert_true(begun && !f.open && f.fin && f.opcode == P2P__WS_BINARY);
    assert_int_equal(f.masked, masked);
    assert_int_equal(got, len);
}

static void test_we_read_theirs(void **state)
{
    struct wire w = {.p = room()};
    uint8_t *text = room();
    wslay_frame_context_ptr c;

    (void)state;
    p2p__rng_seed(&w.rng, 2);
    fill(text, ROOM);
    for (size_t i = 0; i < P2P__COUNT(sizes) * 2; i++) {
        struct wslay_frame_iocb f = {.fin = 1,
                                     .opcode = WSLAY_BINARY_FRAME,
                                     .mask = i % 2,
                                     .payload_length = sizes[i / 2],
                                     .data = text,
                                     .data_length = sizes[i / 2]};

        w.len = 0;
        assert_int_equal(wslay_frame_context_init(&c, &callbacks, &w), 0);
        assert_true(wslay_frame_send(c, &f) == (ssize_t)sizes[i / 2]);
        wslay_frame_context_free(c);
        w.step = i % 3 == 0 ? 1 + i % 5 : 8191;
        we_read(&w, sizes[i / 2], i % 2 == 1, text);
    }
    free(w.p);
    free(text);
}

/* Both say no to the same headers, of all first two bytes. */
static void test_both_refuse_the_same(void **state)
{
    static const uint8_t lengths[][8] = {{0},
                                         {0, 126},
                                         {0, 125},
                                         {0xff, 0xff},
                                         {0, 0, 0, 0, 0, 1},
                                         {0, 0, 0, 0, 0, 0, 0xff, 0xff},
                                         {0x7f, 0xff},
                                         {0x80}};
    struct wire w = {.p = room(), .step = 4096};
    unsigned refused = 0;

    (void)state;
    for (unsigned i = 0; i < 65536 * P2P__COUNT(lengths); i++) {
        struct p2p__ws_frame f = {.have = 0};
        struct p2p__slice in = p2p__slice_of(w.p, 30);
        wslay_frame_context_ptr c;
        struct wslay_frame_iocb theirs;
        ssize_t n;
        int rv;

        memset(w.p, 0, 30);
        w.p[0] = (uint8_t)(i >> 8);
        w.p[1] = (uint8_t)i;
        memcpy(w.p + 2, lengths[i / 65536], sizeof lengths[0]);
        w.len = 30;
        w.at = 0;
        assert_int_equal(wslay_frame_context_init(&c, &callbacks, &w), 0);
        n = wslay_frame_recv(c, &theirs);
        wslay_frame_context_free(c);
        rv = p2p__ws_frame_rx(&f, &in);
        if ((w.p[0] & 0x70U) != 0) {
            assert_int_equal(rv, P2P_EPROTO); /* it leaves that to the caller */
            continue;
        }
        assert_int_equal(rv < 0, n < 0);
        assert_true(n < 0 || (theirs.opcode == f.opcode &&
                              theirs.payload_length == f.len &&
                              (theirs.mask != 0) == f.masked &&
                              (theirs.fin != 0) == f.fin));
        refused += rv < 0;
    }
    assert_true(refused > 1000);
    free(w.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_they_read_ours),
        cmocka_unit_test(test_we_read_theirs),
        cmocka_unit_test(test_both_refuse_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
