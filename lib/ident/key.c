/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Private keys. A key is what its type's table made of it, with the public
 * half beside it as the protobuf that travels. The happy path is one
 * allocation and the table's own. A private half that does not belong to its
 * public one is refused when it is read. Secrets are wiped wherever they were.
 */
#include "ident/key.h"

#include "base/mem.h"
#include "crypto/sign.h"
#include "wire/pb.h"

#define FIELD_TYPE 1
#define FIELD_DATA 2

struct p2p_key {
    const struct p2p__sign_alg *alg;
    void *secret;                  /* alg's; NULL: it is somewhere else */
    const struct p2p_key_ops *ops; /* then */
    void *user;
    enum p2p_key_type type;
    size_t pub_len;
    uint8_t pub[P2P_PUBKEY_MAX];
};

/* Writes a key protobuf around data that `save` writes. */
static int write_pb(const struct p2p_key *key,
                    int (*save)(const struct p2p__sign_alg *alg,
                                const void *key, uint8_t *buf, size_t cap),
                    uint8_t *buf, size_t cap)
{
    struct p2p__pbw w;
    int data_len = save(key->alg, key->secret, NULL, 0);

    if (data_len < 0) {
        return data_len;
    }
    p2p__pbw_init(&w, buf, cap);
    p2p__pbw_uint(&w, FIELD_TYPE, (uint64_t)key->type);
    p2p__pbw_head(&w, FIELD_DATA, (size_t)data_len);
    if (buf != NULL) {
        if (w.len > cap || (size_t)data_len > cap - w.len) {
            return P2P_ETOOBIG;
        }
        data_len = save(key->alg, key->secret, buf + w.len, cap - w.len);
        if (data_len < 0) {
            return data_len;
        }
    }
    return (int)w.len + data_len;
}

/* Makes a key of what a table made; takes `secret`, also when it fails. */
static int wrap(enum p2p_key_type type, void *secret, struct p2p_key **out)
{
    struct p2p_key *key = p2p__zalloc(sizeof *key);
    int len;

    if (key == NULL) {
        p2p__sign_alg((uint64_t)type)->drop(secret);
        return P2P_ENOMEM;
    }
    key->alg = p2p__sign_alg((uint64_t)type);
    key->secret = secret;
    key->type = type;
    len = write_pb(key, key->alg->save_public, key->pub, sizeof key->pub);
    if (len < 0) {
        p2p_key_free(key);
        return len;
    }
    key->pub_len = (size_t)len;
    *out = key;
    return 0;
}

int p2p_key_generate(enum p2p_key_type type, struct p2p_key **out)
{
    const struct p2p__sign_alg *alg = p2p__sign_alg((uint64_t)type);
    void *secret;
    int err;

    *out = NULL;
    if (alg == NULL) {
        return P2P_EINVAL;
    }
    err = alg->generate(alg, &secret);
    return err != 0 ? err : wrap(type, secret, out);
}

int p2p_key_from_seed(const uint8_t seed[32], struct p2p_key **out)
{
    uint8_t priv[P2P__ED25519_PRIVATE];
    void *secret;
    int err;

    *out = NULL;
    p2p__ed25519_expand(seed, priv);
    err = p2p__sign_ed25519.load(&p2p__sign_ed25519,
                                 p2p__slice_of(priv, sizeof priv), &secret);
    p2p__wipe(priv, sizeof priv);
    return err != 0 ? err : wrap(P2P_KEY_ED25519, secret, out);
}

int p2p_key_external(const void *pub, size_t pub_len,
                     const struct p2p_key_ops *ops, void *user,
                     struct p2p_key **out)
{
    int type = p2p_pubkey_check(pub, pub_len);
    struct p2p_key *key;

    *out = NULL;
    if (type < 0 || ops->sign == NULL) {
        return type < 0 ? type : P2P_EINVAL;
    }
    assert(pub_len <= sizeof key->pub);
    key = p2p__zalloc(sizeof *key);
    if (key == NULL) {
        return P2P_ENOMEM;
    }
    key->alg = p2p__sign_alg((uint64_t)type);
    key->ops = ops;
    key->user = user;
    key->type = (enum p2p_key_type)type;
    key->pub_len = pub_len;
    memcpy(key->pub, pub, pub_len);
    *out = key;
    return 0;
}

int p2p__key_generate_env(enum p2p_key_type type, struct p2p__env *env,
                          struct p2p_key **out)
{
    uint8_t seed[P2P__ED25519_SEED];
    int err;

    *out = NULL;
    if (type != P2P_KEY_ED25519) {
        return P2P_ENOTSUP;
    }
    env->random(env, seed, sizeof seed);
    err = p2p_key_from_seed(seed, out);
    p2p__wipe(seed, sizeof seed);
    return err;
}

int p2p_key_decode(const void *pb, size_t len, struct p2p_key **out)
{
    const struct p2p__sign_alg *alg;
    struct p2p__slice data;
    uint64_t type;
    void *secret;
    int err;

    *out = NULL;
    if (len > P2P_PRIVKEY_MAX) {
        return P2P_ETOOBIG;
    }
    err = p2p__key_split(p2p__slice_of(pb, len), &type, &data);
    if (err != 0) {
        return err;
    }
    alg = p2p__sign_alg(type);
    if (alg == NULL) {
        return P2P_ENOTSUP;
    }
    err = alg->load(alg, data, &secret);
    return err != 0 ? err : wrap((enum p2p_key_type)type, secret, out);
}

int p2p_key_encode(const struct p2p_key *key, void *buf, size_t cap)
{
    return key->ops != NULL ? P2P_ENOTSUP
                            : write_pb(key, key->alg->save, buf, cap);
}

void p2p_key_free(struct p2p_key *key)
{
    if (key == NULL) {
        return;
    }
    if (key->ops == NULL) {
        key->alg->drop(key->secret);
    } else if (key->ops->drop != NULL) {
        key->ops->drop(key->user);
    }
    p2p__free(key);
}

enum p2p_key_type p2p_key_type(const struct p2p_key *key)
{
    return key->type;
}

const uint8_t *p2p_key_public(const struct p2p_key *key, size_t *len)
{
    *len = key->pub_len;
    return key->pub;
}

const struct p2p_key_ops *p2p__key_ops(const struct p2p_key *key, void **user)
{
    *user = key->user;
    return key->ops;
}

const uint8_t *p2p__key_ed25519(const struct p2p_key *key)
{
    return key->type == P2P_KEY_ED25519 ? key->secret : NULL;
}

int p2p_key_sign(const struct p2p_key *key, const void *msg, size_t msg_len,
                 uint8_t *sig, size_t *sig_len)
{
    int len;

    if (key->ops != NULL) {
        return key->ops->sign(key->user, msg, msg_len, sig, sig_len);
    }
    len =
        key->alg->sign(key->alg, key->secret, p2p__slice_of(msg, msg_len), sig);
    if (len < 0) {
        *sig_len = 0;
        return len;
    }
    assert(len <= P2P_SIGNATURE_MAX);
    *sig_len = (size_t)len;
    return 0;
}
