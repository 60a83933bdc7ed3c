/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A hostile end against ours: Noise itself is kept to, so that the payload
 * arrives authenticated, but the payload lies. T8, T9, T10, T12; each with
 * the same handshake and nothing wrong as its control.
 */
#include "chan/noise/payload.h"
#include "chan/noise/xx.h"
#include "sec_pair.h"
#include "unit.h"
#include "wire/pb.h"

#define PAYLOAD_MAX 4096U

/* A payload being forged. */
struct forgery {
    struct sec_pair pair;
    struct p2p__pbw w;
    uint8_t buf[PAYLOAD_MAX];
    int victim; /* the end that is lied to: 0 dials, 1 listens */
};

static void forge(struct forgery *f, int victim)
{
    assert_int_equal(sec_pair_init(&f->pair), 0);
    f->victim = victim;
    p2p__pbw_init(&f->w, f->buf, sizeof f->buf);
}

/* The hostile end's own identity, and what a good payload has. */
static const struct p2p__noise_id *liar_id(const struct forgery *f)
{
    return f->pair.ends[1 - f->victim].id;
}

static struct p2p__noise_payload honest(const struct forgery *f)
{
    const struct p2p__noise_id *id = liar_id(f);
    struct p2p__noise_payload payload;

    assert_int_equal(p2p__noise_payload_read(
                         p2p__slice_of(id->payload, id->payload_len), &payload),
                     0);
    return payload;
}

static void put_key(struct forgery *f)
{
    struct p2p__noise_payload good = honest(f);

    p2p__pbw_bytes(&f->w, 1, good.key.p, good.key.len);
}

static void put_sig(struct forgery *f)
{
    struct p2p__noise_payload good = honest(f);

    p2p__pbw_bytes(&f->w, 2, good.sig.p, good.sig.len);
}

/* A signature with a key over any text and 32 bytes behind it. */
static void put_sig_over(struct forgery *f, const struct p2p_key *key,
                         const char *prefix, const uint8_t *pub)
{
    uint8_t msg[64], sig[P2P_SIGNATURE_MAX];
    size_t n = strlen(prefix), len;

    memcpy(msg, prefix, n);
    memcpy(msg + n, pub, P2P__KEY_BYTES);
    assert_int_equal(p2p_key_sign(key, msg, n + P2P__KEY_BYTES, sig, &len), 0);
    p2p__pbw_bytes(&f->w, 2, sig, len);
}

static const struct p2p_key *liar_key(const struct forgery *f)
{
    return f->pair.ends[1 - f->victim].key;
}

/* The liar writes its next message with a payload; the victim's answer. */
static int tell(struct forgery *f, struct p2p__noise_xx *x,
                const uint8_t *payload, size_t len)
{
    uint8_t buf[2 + PAYLOAD_MAX + P2P__NOISE_XX_OVERHEAD];
    size_t size = p2p__noise_xx_size(x, len);

    buf[0] = (uint8_t)(size >> 8);
    buf[1] = (uint8_t)size;
    if (len > 0) {
        memcpy(buf + 2 + p2p__noise_xx_head(x), payload, len);
    }
    assert_int_equal(p2p__noise_xx_write(x, buf + 2, len), 0);
    return sec_end_feed(&f->pair.ends[f->victim], buf, 2 + size, NULL);
}

static void hear(struct forgery *f, struct p2p__noise_xx *x)
{
    struct sec_end *e = &f->pair.ends[f->victim];
    struct p2p__slice msg, payload;

    assert_int_equal(sec_end_draw(e, 0), 0);
    msg = p2p__slice_of(e->wire + 2, e->wire_len - 2);
    assert_int_equal(p2p__noise_xx_read(x, &msg, &payload), 0);
    e->wire_len = 0;
}

/* Carries the handshake out with `len` bytes of payload; what becomes of it
 * with a victim that announces `muxers`. */
static int lie_with(struct forgery *f, const uint8_t *payload, size_t len,
                    const struct p2p__noise_muxers *muxers)
{
    const struct p2p__noise_id *id = liar_id(f);
    struct sec_end *e = &f->pair.ends[f->victim];
    struct p2p__sec_cfg cfg = sec_pair_cfg(&f->pair, f->victim);
    struct p2p__noise_xx x;
    struct p2p__noise_xx_cfg xx = {.dialer = f->victim == 1,
                                   .crypto = f->pair.crypto,
                                   .s_priv = id->priv,
                                   .s_pub = id->pub};
    int rv;

    cfg.muxers = muxers->names;
    cfg.muxer_count = muxers->count;
    assert_int_equal(sec_end_start(e, &cfg), 0);
    assert_int_equal(
        p2p__noise_xx_init(&x, &xx, &f->pair.ends[1 - f->victim].env.env), 0);
    if (f->victim == 1) {
        assert_int_equal(tell(f, &x, NULL, 0), 0);
    }
    hear(f, &x);
    rv = tell(f, &x, payload, len);
    assert_int_equal(e->established, rv == 0);
    if (rv != 0) {
        assert_int_equal(e->quota.used[P2P__Q_MEMORY], 0);
    }
    return rv;
}

static const struct p2p__noise_muxers no_muxers = {0};

/* Ends a forgery by carrying it out. */
static int lie(struct forgery *f)
{
    int len = p2p__pbw_end(&f->w), rv;

    assert_true(len >= 0);
    rv = lie_with(f, f->buf, (size_t)len, &no_muxers);
    sec_pair_fini(&f->pair);
    return rv;
}

/* Runs a body against the end that dials and the one that listens. */
#define EACH_VICTIM(v) for (int v = 0; v < 2; v++)

static void test_honest_payload_is_believed(void **state)
{
    (void)state;
    EACH_VICTIM(v)
    {
        struct forgery f;

        forge(&f, v);
        put_key(&f);
        put_sig(&f);
        assert_int_equal(lie(&f), 0);
        forge(&f, v); /* in any order */
        put_sig(&f);
        put_key(&f);
        assert_int_equal(lie(&f), 0);
    }
}

static int lie_flipped(int victim, size_t at, unsigned bit)
{
    struct forgery f;
    uint8_t payload[PAYLOAD_MAX];
    size_t len;
    int rv;

    forge(&f, victim);
    len = liar_id(&f)->payload_len;
    memcpy(payload, liar_id(&f)->payload, len);
    if (at < len) {
        payload[at] ^= (uint8_t)(1U << bit);
    }
    rv = lie_with(&f, payload, len, &no_muxers);
    sec_pair_fini(&f.pair);
    return at < len ? rv : rv == 0 ? 1 : -1;
}

static void test_T8_every_byte_of_key_and_signature_counts(void **state)
{
    (void)state;
    EACH_VICTIM(v)
    {
        size_t at = 0;
        int rv;

        do {
            unsigned bit = (unsigned)(at * 5 % 8);

            rv = lie_flipped(v, at++, bit);
            assert_true(rv != 0);
        } while (rv != 1 && rv != -1);
        assert_int_equal(rv, 1); /* nothing flipped: believed */
        assert_int_equal(at, 104 + 1);
    }
}

static void test_T8_any_64_bytes_are_no_signature(void **state)
{
    (void)state;
    EACH_VICTIM(v)
    {
        for (int fill = 0; fill < 256; fill += 17) {
            struct forgery f;
            uint8_t sig[64];

            memset(sig, fill, sizeof sig);
            forge(&f, v);
            put_key(&f);
            p2p__pbw_bytes(&f.w, 2, sig, sizeof sig);
            assert_int_equal(lie(&f), P2P_EAUTH);
        }
    }
}

static void test_T9_missing_key_or_signature(void **state)
{
    (void)state;
    EACH_VICTIM(v)
    {
        struct forgery f;

        forge(&f, v);
        assert_int_equal(lie(&f), P2P_EPROTO);
        forge(&f, v);
        put_key(&f);
        assert_int_equal(lie(&f), P2P_EPROTO);
        forge(&f, v);
        put_sig(&f);
        assert_int_equal(lie(&f), P2P_EPROTO);
        forge(&f, v);
        put_key(&f);
        p2p__pbw_bytes(&f.w, 2, "", 0);
        assert_int_equal(lie(&f), P2P_EPROTO);
        forge(&f, v);
        p2p__pbw_bytes(&f.w, 1, "", 0);
        put_sig(&f);
        assert_int_equal(lie(&f), P2P_EPROTO);
    }
}

static void test_T9_signature_of_somebody_else(void **state)
{
    (void)state;
    EACH_VICTIM(v)
    {
        struct forgery f;
        const struct p2p__noise_id *own;

        forge(&f, v); /* signed with another key than the one that is named */
        put_key(&f);
        put_sig_over(&f, f.pair.ends[v].key,
                     "noise-libp2p-static-key:", liar_id(&f)->pub);
        assert_int_equal(lie(&f), P2P_EAUTH);

        forge(&f, v); /* the victim's whole payload, seen before */
        own = f.pair.ends[v].id;
        p2p__pbw_raw(&f.w, own->payload, own->payload_len);
        assert_int_equal(lie(&f), P2P_EAUTH);
    }
}

static void test_T9_signature_over_something_else(void **state)
{
    static const char *const prefixes[] = {
        "", "noise-libp2p-static-key",
        "noise-libp2p-static-key:", "noise-libp2p-early-data:"};

    (void)state;
    EACH_VICTIM(v)
    {
        for (size_t i = 0; i < P2P__COUNT(prefixes); i++) {
            const struct p2p__noise_id *id;
            struct forgery f;

            forge(&f, v);
            put_key(&f);
            put_sig_over(&f, liar_key(&f), prefixes[i], liar_id(&f)->pub);
            assert_int_equal(lie(&f), i == 2 ? 0 : P2P_EAUTH);
            forge(&f, v); /* over another static key */
            put_key(&f);
            id = f.pair.ends[v].id;
            put_sig_over(&f, liar_key(&f), prefixes[i], id->pub);
            assert_int_equal(lie(&f), P2P_EAUTH);
        }
    }
}

static void test_T9_one_identity_behind_two_fields(void **state)
{
    (void)state;
    EACH_VICTIM(v)
    {
        for (uint32_t twice = 1; twice <= 2; twice++) {
            struct forgery f;

            forge(&f, v);
            p2p__pbw_bytes(&f.w, twice, "x", 1);
            put_key(&f);
            put_sig(&f);
            assert_int_equal(lie(&f), P2P_EPROTO);
            forge(&f, v);
            put_key(&f);
            put_sig(&f);
            p2p__pbw_bytes(&f.w, twice, "", 0);
            assert_int_equal(lie(&f), P2P_EPROTO);
        }
    }
}

static void test_T10_keys_that_cost_too_much(void **state)
{
    static const uint8_t big[P2P_PUBKEY_MAX + 1] = {8, 0, 0x12};

    (void)state;
    EACH_VICTIM(v)
    {
        struct forgery f;

        forge(&f, v);
        p2p__pbw_bytes(&f.w, 1, big, sizeof big);
        put_sig(&f);
        assert_int_equal(lie(&f), P2P_EPROTO);
        forge(&f, v);
        put_key(&f);
        p2p__pbw_bytes(&f.w, 2, big, P2P_SIGNATURE_MAX + 1);
        assert_int_equal(lie(&f), P2P_EPROTO);
    }
}

static void test_unknown_key_type(void **state)
{
    static const uint8_t key[] = {8, 9, 0x12, 2, 1, 2};
    struct forgery f;

    (void)state;
    forge(&f, 1);
    p2p__pbw_bytes(&f.w, 1, key, sizeof key);
    put_sig(&f);
    assert_int_equal(lie(&f), P2P_ENOTSUP);
}

static void test_T12_truncated_payload(void **state)
{
    (void)state;
    EACH_VICTIM(v)
    {
        size_t len = 0;
        bool whole;

        do {
            struct forgery f;
            int rv;

            forge(&f, v);
            whole = len == liar_id(&f)->payload_len;
            rv = lie_with(&f, liar_id(&f)->payload, len, &no_muxers);
            assert_int_equal(rv, whole ? 0 : P2P_EPROTO);
            sec_pair_fini(&f.pair);
            len++;
        } while (!whole);
    }
}

static void test_T12_junk_behind_what_is_proven(void **state)
{
    static const char *const junk[] = {"\x1a", "\x1a\x05x", "\x0b", "\x80"};

    (void)state;
    EACH_VICTIM(v)
    {
        for (size_t i = 0; i < P2P__COUNT(junk); i++) {
            struct forgery f;

            forge(&f, v);
            put_key(&f);
            put_sig(&f);
            p2p__pbw_raw(&f.w, junk[i], strlen(junk[i]));
            assert_int_equal(lie(&f), P2P_EPROTO);
        }
    }
}

static void test_T12_early_data_and_unknown_fields_are_passed_over(void **state)
{
    (void)state;
    EACH_VICTIM(v)
    {
        struct forgery f;

        forge(&f, v);
        p2p__pbw_bytes(&f.w, 3, "early data", 10);
        put_key(&f);
        p2p__pbw_uint(&f.w, 77, 1);
        put_sig(&f);
        p2p__pbw_bytes(&f.w, 3, "again", 5);
        p2p__pbw_uint(&f.w, 1, 5); /* ours, of another wire type */
        assert_int_equal(lie(&f), 0);
    }
}

static void test_T12_extensions(void **state)
{
    (void)state;
    EACH_VICTIM(v)
    {
        struct forgery f;

        forge(&f, v); /* malformed, even if nobody wants to know */
        put_key(&f);
        put_sig(&f);
        p2p__pbw_bytes(&f.w, 4, "\x12\x05/ya", 5);
        assert_int_equal(lie(&f), P2P_EPROTO);
        forge(&f, v); /* twice */
        put_key(&f);
        put_sig(&f);
        p2p__pbw_bytes(&f.w, 4, "", 0);
        p2p__pbw_bytes(&f.w, 4, "", 0);
        assert_int_equal(lie(&f), P2P_EPROTO);
        forge(&f, v); /* a certificate hash, and nothing about muxers */
        put_key(&f);
        put_sig(&f);
        p2p__pbw_bytes(&f.w, 4, "\x0a\x01h", 3);
        assert_int_equal(lie(&f), 0);
    }
}

/* A crowd of muxers costs no memory; ours among them is found. */
static void test_T12_crowd_of_muxers(void **state)
{
    static const char *const names[] = {"/yamux/1.0.0"};
    static const struct p2p__noise_muxers ours = {names, 1};

    (void)state;
    EACH_VICTIM(v)
    {
        for (int found = 0; found < 2; found++) {
            struct forgery f;
            struct sec_end *e = &f.pair.ends[v];
            size_t mark;
            int len;

            forge(&f, v);
            put_key(&f);
            put_sig(&f);
            mark = p2p__pbw_open(&f.w, 4);
            for (int i = 0; i < 1500; i++) {
                p2p__pbw_bytes(&f.w, 2, "", 0);
            }
            if (found) {
                p2p__pbw_text(&f.w, 2, names[0]);
            }
            p2p__pbw_close(&f.w, mark);
            len = p2p__pbw_end(&f.w);
            assert_true(len > 0);
            assert_int_equal(lie_with(&f, f.buf, (size_t)len, &ours),
                             found ? 0 : P2P_ENOPROTO);
            if (found) {
                assert_int_equal(e->ev.muxer, 0);
                assert_true(e->ev.announced);
            }
            sec_pair_fini(&f.pair);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest_payload_is_believed),
        cmocka_unit_test(test_T8_every_byte_of_key_and_signature_counts),
        cmocka_unit_test(test_T8_any_64_bytes_are_no_signature),
        cmocka_unit_test(test_T9_missing_key_or_signature),
        cmocka_unit_test(test_T9_signature_of_somebody_else),
        cmocka_unit_test(test_T9_signature_over_something_else),
        cmocka_unit_test(test_T9_one_identity_behind_two_fields),
        cmocka_unit_test(test_T10_keys_that_cost_too_much),
        cmocka_unit_test(test_unknown_key_type),
        cmocka_unit_test(test_T12_truncated_payload),
        cmocka_unit_test(test_T12_junk_behind_what_is_proven),
        cmocka_unit_test(
            test_T12_early_data_and_unknown_fields_are_passed_over),
        cmocka_unit_test(test_T12_extensions),
        cmocka_unit_test(test_T12_crowd_of_muxers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
