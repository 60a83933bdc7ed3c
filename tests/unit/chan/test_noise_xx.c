/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Vectors: cacophony (with prologue and payloads), and that of flynn/noise
 * without either. T12, and the part of T8 and T11 that is Noise's own. */
#include "chan/noise/xx.h"
#include "hex.h"
#include "test_env.h"
#include "unit.h"

#define MESSAGES_MAX 6
#define BYTES_MAX    256

struct vector {
    const char *prologue;
    const char *keys[2];       /* static, of the initiator and the responder */
    const char *ephemerals[2]; /* the same */
    const char *hash;          /* NULL: not told */
    bool initiator_goes_on;    /* writes the first message after the third */
    struct {
        const char *payload, *wire;
    } messages[MESSAGES_MAX];
};

static const struct vector cacophony = {
    .prologue = "4a6f686e2047616c74",
    .keys = {"e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
             "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e489"
             "3"},
    .ephemerals =
        {"893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
         "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"},
    .hash = "c8e5f64e846193be2a834104c2a009868d6c9f3bd3c186299888b488b2f1f58e",
    .messages =
        {{"4c756477696720766f6e204d69736573",
          "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
          "4c756477696720766f6e204d69736573"},
         {"4d757272617920526f746862617264",
          "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
          "81cbad1f276e038c48378ffce2b65285e08d6b68aaa3629a5a8639392490e5b9"
          "bd5269c2f1e4f488ed8831161f19b7815528f8982ffe09be9b5c412f8a0db50f"
          "8814c7194e83f23dbd8d162c9326ad"},
         {"462e20412e20486179656b",
          "c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a8"
          "0ae475b9df0f169ae80a89be0865b57f58c9fea0d4ec82a286427402f113e4b6"
          "ae769a1d95941d49b25030"},
         {"4361726c204d656e676572",
          "96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df"},
         {"4a65616e2d426170746973746520536179",
          "3e40f15f6f3a46ae446b253bf8b1d9ffb6ed9b174d272328ff91a7e2e5c79c07"
          "f5"},
         {"457567656e2042f6686d20766f6e2042617765726b",
          "eb3f3515110702e047a6c9da4478b6ead94873c11c0f2d710ddb3f09fce024b3"
          "a58502ae3f"}},
};

static const struct vector flynn = {
    .prologue = "",
    .keys = {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
             "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2"
             "0"},
    .ephemerals =
        {"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
         "4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60"},
    .initiator_goes_on = true,
    .messages =
        {{"",
          "358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254"},
         {"",
          "64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466"
          "3414af878d3e46a2f58911a816d6e8346d4ea17a6f2a0bb4ef4ed56c133cff45"
          "60a34e36ea82109f26cf2e5a5caf992b608d55c747f615e5a3425a7a19eefb8f"},
         {"",
          "87f864c11ba449f46a0a4f4e2eacbb7b0457784f4fca1937f572c93603e9c4d9"
          "7e5ea11b16f3968710b23a3be3202dc1b5e1ce3c963347491e74f5c0768a9b42"},
         {"79656c6c6f777375626d6172696e65",
          "a52ef02ba60e12696d1d6b9ef4245c88fca757b6134ad6e76b56e310a6adf6"},
         {"7375626d6172696e6579656c6c6f77",
          "2445aa438ebd649281c636cc7269ca82f1d9023d72520943aeabf909cdf521"}},
};

/* The numbers that a vector says. */
struct fixed_env {
    struct p2p__env env;
    uint8_t bytes[P2P__KEY_BYTES];
};

static void fixed(struct p2p__env *env, void *p, size_t len)
{
    assert_int_equal(len, P2P__KEY_BYTES);
    memcpy(p, P2P__CONTAINER(env, struct fixed_env, env)->bytes, len);
}

/* Both ends of a handshake; [0] is the initiator. */
struct pair {
    struct p2p__crypto *crypto;
    struct p2p__noise_xx ends[2];
    uint8_t priv[2][P2P__KEY_BYTES];
    uint8_t pub[2][P2P__KEY_BYTES];
};

static void pair_init(struct pair *p, const struct vector *v)
{
    uint8_t prologue[BYTES_MAX];
    size_t len = unhex(v->prologue, prologue, sizeof prologue);

    assert_int_equal(p2p__crypto_new(&p->crypto), 0);
    for (int i = 0; i < 2; i++) {
        struct fixed_env env = {.env.random = fixed};
        struct p2p__noise_xx_cfg cfg = {
            .dialer = i == 0,
            .crypto = p->crypto,
            .s_priv = p->priv[i],
            .s_pub = p->pub[i],
            .prologue = p2p__slice_of(prologue, len),
        };

        (void)unhex(v->keys[i], p->priv[i], P2P__KEY_BYTES);
        (void)unhex(v->ephemerals[i], env.bytes, P2P__KEY_BYTES);
        assert_int_equal(
            p2p__crypto_x25519_public(p->crypto, p->priv[i], p->pub[i]), 0);
        assert_int_equal(p2p__noise_xx_init(&p->ends[i], &cfg, &env.env), 0);
    }
}

/* Lets the end whose turn it is write; returns the message's length. */
static size_t write_message(struct p2p__noise_xx *x, const char *payload,
                            uint8_t *buf)
{
    size_t len = unhex(payload, buf + p2p__noise_xx_head(x), BYTES_MAX);
    size_t size = p2p__noise_xx_size(x, len);

    assert_true(p2p__noise_xx_writes(x));
    assert_int_equal(p2p__noise_xx_write(x, buf, len), 0);
    return size;
}

/* One message over, and what it says. */
static void step(struct pair *p, const struct vector *v, int i)
{
    uint8_t buf[2 * BYTES_MAX];
    size_t size = write_message(&p->ends[i % 2], v->messages[i].payload, buf);
    struct p2p__slice msg = p2p__slice_of(buf, size), payload;

    assert_hex(buf, size, v->messages[i].wire);
    assert_false(p2p__noise_xx_writes(&p->ends[(i + 1) % 2]));
    assert_int_equal(p2p__noise_xx_read(&p->ends[(i + 1) % 2], &msg, &payload),
                     0);
    assert_hex(payload.p, payload.len, v->messages[i].payload);
}

/* The messages after the handshake. */
static void transport(struct pair *p, const struct vector *v)
{
    uint8_t tx[2][P2P__KEY_BYTES], rx[2][P2P__KEY_BYTES];
    uint64_t nonces[2] = {0, 0};

    for (int i = 0; i < 2; i++) {
        p2p__noise_xx_split(&p->ends[i], tx[i], rx[i]);
    }
    assert_memory_equal(tx[0], rx[1], P2P__KEY_BYTES);
    assert_memory_equal(tx[1], rx[0], P2P__KEY_BYTES);
    for (int i = 3; i < MESSAGES_MAX && v->messages[i].wire != NULL; i++) {
        int writer = (i - 3 + (v->initiator_goes_on ? 0 : 1)) % 2;
        uint8_t buf[BYTES_MAX];
        size_t len = unhex(v->messages[i].payload, buf, sizeof buf);

        assert_int_equal(p2p__crypto_seal(p->crypto, tx[writer],
                                          nonces[writer]++, NULL, buf, len),
                         0);
        assert_hex(buf, len + P2P__TAG_BYTES, v->messages[i].wire);
    }
}

static void run_vector(const struct vector *v)
{
    struct pair p;

    pair_init(&p, v);
    for (int i = 0; i < 3; i++) {
        step(&p, v, i);
    }
    assert_memory_equal(p.ends[0].rs, p.pub[1], P2P__KEY_BYTES);
    assert_memory_equal(p.ends[1].rs, p.pub[0], P2P__KEY_BYTES);
    assert_memory_equal(p.ends[0].h, p.ends[1].h, P2P_SHA256_BYTES);
    if (v->hash != NULL) {
        assert_hex(p.ends[0].h, P2P_SHA256_BYTES, v->hash);
    }
    transport(&p, v);
    p2p__crypto_free(p.crypto);
}

static void test_vector_with_prologue_and_payloads(void **state)
{
    (void)state;
    run_vector(&cacophony);
}

static void test_vector_without(void **state)
{
    (void)state;
    run_vector(&flynn);
}

/* Message `i` with one bit of byte `at` changed; what the reader says. */
static int read_flipped(int i, size_t at)
{
    struct pair p;
    uint8_t buf[2 * BYTES_MAX];
    struct p2p__slice msg, payload;
    struct p2p__noise_xx *reader = &p.ends[(i + 1) % 2];
    uint64_t nonce;
    int rv;

    pair_init(&p, &cacophony);
    for (int before = 0; before < i; before++) {
        step(&p, &cacophony, before);
    }
    msg = p2p__slice_of(
        buf, write_message(&p.ends[i % 2], cacophony.messages[i].payload, buf));
    if (at < msg.len) {
        buf[at] ^= 0x10;
    }
    rv = p2p__noise_xx_read(reader, &msg, &payload);
    nonce = reader->nonce;
    assert_true(rv == 0 || nonce <= 1);
    p2p__crypto_free(p.crypto);
    return rv;
}

static void test_T8_every_byte_of_messages_2_and_3_counts(void **state)
{
    (void)state;
    for (int i = 1; i < 3; i++) {
        size_t len = strlen(cacophony.messages[i].wire) / 2;

        for (size_t at = 0; at < len; at++) {
            assert_int_equal(read_flipped(i, at), P2P_EAUTH);
        }
        assert_int_equal(read_flipped(i, len), 0); /* not flipped */
    }
}

static void test_T11_failed_decryption_moves_no_nonce(void **state)
{
    struct pair p;
    uint8_t buf[2 * BYTES_MAX];
    struct p2p__slice msg, payload;
    uint8_t h[P2P_SHA256_BYTES];

    (void)state;
    pair_init(&p, &cacophony);
    step(&p, &cacophony, 0);
    step(&p, &cacophony, 1);
    msg = p2p__slice_of(
        buf, write_message(&p.ends[0], cacophony.messages[2].payload, buf));
    buf[3] ^= 1;
    memcpy(h, p.ends[1].h, sizeof h);
    assert_int_equal(p.ends[1].nonce, 1);
    assert_int_equal(p2p__noise_xx_read(&p.ends[1], &msg, &payload), P2P_EAUTH);
    assert_int_equal(p.ends[1].nonce, 1);
    assert_memory_equal(p.ends[1].h, h, sizeof h);
    p2p__crypto_free(p.crypto);
}

static void test_T12_short_messages(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct pair p;
        uint8_t buf[2 * BYTES_MAX];
        size_t least;

        pair_init(&p, &flynn); /* no payload: these are the shortest */
        for (int before = 0; before < i; before++) {
            step(&p, &flynn, before);
        }
        least = write_message(&p.ends[i % 2], "", buf);
        for (size_t len = 0; len < least; len++) {
            struct p2p__slice msg = p2p__slice_of(buf, len), payload;

            assert_int_equal(
                p2p__noise_xx_read(&p.ends[(i + 1) % 2], &msg, &payload),
                P2P_EPROTO);
        }
        p2p__crypto_free(p.crypto);
    }
}

/* Points of low order, in the encodings that implementations meet. */
static const char *const low_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void test_T12_ephemeral_keys_of_low_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < P2P__COUNT(low_order); i++) {
        struct pair p;
        uint8_t buf[2 * BYTES_MAX];
        struct p2p__slice msg = p2p__slice_of(buf, P2P__KEY_BYTES), payload;

        pair_init(&p, &flynn); /* as message 1: shows when we answer */
        (void)unhex(low_order[i], buf, sizeof buf);
        assert_int_equal(p2p__noise_xx_read(&p.ends[1], &msg, &payload), 0);
        assert_int_equal(p2p__noise_xx_write(&p.ends[1], buf, 0), P2P_EAUTH);
        p2p__crypto_free(p.crypto);

        pair_init(&p, &flynn); /* in message 2 */
        step(&p, &flynn, 0);
        msg = p2p__slice_of(buf, write_message(&p.ends[1], "", buf));
        (void)unhex(low_order[i], buf, sizeof buf);
        assert_int_equal(p2p__noise_xx_read(&p.ends[0], &msg, &payload),
                         P2P_EAUTH);
        p2p__crypto_free(p.crypto);
    }
}

static void test_T12_static_keys_of_low_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < P2P__COUNT(low_order); i++) {
        for (int who = 0; who < 2; who++) {
            struct pair p;
            uint8_t buf[2 * BYTES_MAX];
            struct p2p__slice msg, payload;
            int n = who == 0 ? 2 : 1; /* the message that carries it */

            pair_init(&p, &flynn);
            (void)unhex(low_order[i], p.pub[who], P2P__KEY_BYTES);
            for (int before = 0; before < n; before++) {
                uint8_t *b = buf;

                msg =
                    p2p__slice_of(b, write_message(&p.ends[before % 2], "", b));
                assert_int_equal(p2p__noise_xx_read(&p.ends[(before + 1) % 2],
                                                    &msg, &payload),
                                 0);
            }
            msg = p2p__slice_of(buf, write_message(&p.ends[who], "", buf));
            assert_int_equal(
                p2p__noise_xx_read(&p.ends[1 - who], &msg, &payload),
                P2P_EAUTH);
            p2p__crypto_free(p.crypto);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector_with_prologue_and_payloads),
        cmocka_unit_test(test_vector_without),
        cmocka_unit_test(test_T8_every_byte_of_messages_2_and_3_counts),
        cmocka_unit_test(test_T11_failed_decryption_moves_no_nonce),
        cmocka_unit_test(test_T12_short_messages),
        cmocka_unit_test(test_T12_ephemeral_keys_of_low_order),
        cmocka_unit_test(test_T12_static_keys_of_low_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
