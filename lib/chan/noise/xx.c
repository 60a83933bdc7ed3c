/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Noise XX: see xx.h.
 *
 * The happy path is the table of tokens, walked by write and by read: each key
 * and payload that goes over the wire is mixed into h, each Diffie-Hellman
 * into ck and k. What fails: a message that is shorter than its tokens, a tag
 * that does not verify, a Diffie-Hellman that is zero (a point of low order).
 * A handshake that failed is of no more use; nothing is mixed of what did not
 * verify.
 */
#include "chan/noise/xx.h"

#include "base/mem.h"

/* What a message does, in order. Of its three kinds of Diffie-Hellman, es and
 * se are one to those who take part: the writer's static key with the reader's
 * ephemeral one. */
enum token { END, E, S, EE, SE };

#define TOKENS_MAX 5

static const uint8_t pattern[P2P__NOISE_XX_MESSAGES][TOKENS_MAX] = {
    {E},
    {E, EE, S, SE},
    {S, SE}};

static const char protocol_name[] = "Noise_XX_25519_ChaChaPoly_SHA256";

static void hash_with(struct p2p__noise_xx *x, const void *p, size_t len,
                      uint8_t out[P2P_SHA256_BYTES])
{
    struct p2p__slice h = p2p__slice_of(x->h, sizeof x->h);
    struct p2p__slice data = p2p__slice_of(p, len);

    p2p__crypto_sha256_2(x->crypto, &h, &data, out);
}

static void mix_hash(struct p2p__noise_xx *x, const void *p, size_t len)
{
    hash_with(x, p, len, x->h);
}

/* Mixes the Diffie-Hellman of one of our keys and one of the peer's. */
static int mix_dh(struct p2p__noise_xx *x, const uint8_t *priv,
                  const uint8_t *pub)
{
    uint8_t secret[P2P__KEY_BYTES];

    if (p2p__crypto_x25519(x->crypto, priv, pub, secret) != 0) {
        return P2P_EAUTH;
    }
    p2p__crypto_hkdf2(x->crypto, x->ck, secret, sizeof secret, x->ck, x->k);
    p2p__wipe(secret, sizeof secret);
    x->nonce = 0;
    x->keyed = true;
    return 0;
}

/* What encryption adds to the bytes of a message, as far as it has come. */
static size_t tag_bytes(const struct p2p__noise_xx *x)
{
    return x->keyed ? P2P__TAG_BYTES : 0;
}

/* EncryptAndHash: `len` bytes at p, with room for a tag behind them. */
static int encrypt(struct p2p__noise_xx *x, uint8_t *p, size_t len)
{
    struct p2p__slice ad = p2p__slice_of(x->h, sizeof x->h);

    if (x->keyed) {
        int rv = p2p__crypto_seal(x->crypto, x->k, x->nonce++, &ad, p, len);

        if (rv != 0) {
            return rv;
        }
    }
    mix_hash(x, p, len + tag_bytes(x));
    return 0;
}

/* DecryptAndHash: `len` bytes at p, tag included. The hash is of the
 * ciphertext, so it is taken first and mixed when that proved genuine. */
static int decrypt(struct p2p__noise_xx *x, uint8_t *p, size_t len)
{
    struct p2p__slice ad = p2p__slice_of(x->h, sizeof x->h);
    uint8_t next[P2P_SHA256_BYTES];

    hash_with(x, p, len, next);
    if (x->keyed) {
        int rv = p2p__crypto_open(x->crypto, x->k, x->nonce, &ad, p, len);

        if (rv != 0) {
            return rv;
        }
        x->nonce++;
    }
    memcpy(x->h, next, sizeof x->h);
    return 0;
}

int p2p__noise_xx_init(struct p2p__noise_xx *x,
                       const struct p2p__noise_xx_cfg *cfg,
                       struct p2p__env *env)
{
    const int rv = p2p__crypto_ready(cfg->crypto);

    static_assert(sizeof protocol_name - 1 == P2P_SHA256_BYTES,
                  "a name of this length is not hashed");
    *x = (struct p2p__noise_xx){
        .crypto = cfg->crypto,
        .s_priv = cfg->s_priv,
        .s_pub = cfg->s_pub,
        .dialer = cfg->dialer,
    };
    if (rv != 0) {
        return rv;
    }
    memcpy(x->h, protocol_name, sizeof x->h);
    memcpy(x->ck, x->h, sizeof x->ck);
    mix_hash(x, cfg->prologue.p, cfg->prologue.len);
    env->random(env, x->e_priv, sizeof x->e_priv);
    return p2p__crypto_x25519_public(x->crypto, x->e_priv, x->e_pub);
}

bool p2p__noise_xx_writes(const struct p2p__noise_xx *x)
{
    return x->message < P2P__NOISE_XX_MESSAGES &&
           (x->message % 2 == 0) == x->dialer;
}

size_t p2p__noise_xx_head(const struct p2p__noise_xx *x)
{
    size_t n = 0;

    assert(x->message < P2P__NOISE_XX_MESSAGES);
    for (const uint8_t *t = pattern[x->message]; *t != END; t++) {
        n += *t == E ? P2P__KEY_BYTES : 0;
        n += *t == S ? P2P__KEY_BYTES + P2P__TAG_BYTES : 0;
    }
    return n;
}

size_t p2p__noise_xx_size(const struct p2p__noise_xx *x, size_t len)
{
    return p2p__noise_xx_head(x) + len + (x->message > 0 ? P2P__TAG_BYTES : 0);
}

/* Writes one token at *p, and moves it. */
static int write_token(struct p2p__noise_xx *x, enum token token, uint8_t **p)
{
    size_t len = P2P__KEY_BYTES;
    int rv;

    switch (token) {
        case E:
            memcpy(*p, x->e_pub, len);
            mix_hash(x, *p, len);
            *p += len;
            return 0;
        case S:
            memcpy(*p, x->s_pub, len);
            rv = encrypt(x, *p, len);
            *p += len + tag_bytes(x);
            return rv;
        case EE:
            return mix_dh(x, x->e_priv, x->re);
        default:
            return mix_dh(x, x->s_priv, x->re);
    }
}

int p2p__noise_xx_write(struct p2p__noise_xx *x, uint8_t *out, size_t len)
{
    uint8_t *p = out;

    assert(p2p__noise_xx_writes(x));
    for (const uint8_t *t = pattern[x->message]; *t != END; t++) {
        int rv = write_token(x, (enum token) * t, &p);

        if (rv != 0) {
            return rv;
        }
    }
    assert(p == out + p2p__noise_xx_head(x));
    x->message++;
    return encrypt(x, p, len);
}

/* Reads one token from the front of `in`, which is long enough. */
static int read_token(struct p2p__noise_xx *x, enum token token,
                      struct p2p__slice *in)
{
    size_t len = P2P__KEY_BYTES;
    int rv;

    switch (token) {
        case E:
            memcpy(x->re, in->p, len);
            mix_hash(x, x->re, len);
            p2p__slice_skip(in, len);
            return 0;
        case S:
            rv = decrypt(x, in->p, len + tag_bytes(x));
            if (rv == 0) {
                memcpy(x->rs, in->p, len);
                p2p__slice_skip(in, len + tag_bytes(x));
            }
            return rv;
        case EE:
            return mix_dh(x, x->e_priv, x->re);
        default:
            return mix_dh(x, x->e_priv, x->rs);
    }
}

int p2p__noise_xx_read(struct p2p__noise_xx *x, const struct p2p__slice *msg,
                       struct p2p__slice *payload)
{
    struct p2p__slice in = *msg;
    int rv;

    assert(!p2p__noise_xx_writes(x));
    if (msg->len < p2p__noise_xx_size(x, 0)) {
        return P2P_EPROTO;
    }
    for (const uint8_t *t = pattern[x->message]; *t != END; t++) {
        rv = read_token(x, (enum token) * t, &in);
        if (rv != 0) {
            return rv;
        }
    }
    x->message++;
    rv = decrypt(x, in.p, in.len);
    if (rv == 0) {
        *payload = in;
        payload->len -= tag_bytes(x);
    }
    return rv;
}

void p2p__noise_xx_split(struct p2p__noise_xx *x, uint8_t tx[P2P__KEY_BYTES],
                         uint8_t rx[P2P__KEY_BYTES])
{
    assert(x->message == P2P__NOISE_XX_MESSAGES);
    p2p__crypto_hkdf2(x->crypto, x->ck, NULL, 0, x->dialer ? tx : rx,
                      x->dialer ? rx : tx);
}
