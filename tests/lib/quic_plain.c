/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * QUIC without its cryptography, for fuzzers: linked in front of p2p-quic it is
 * in place of tls.c and of the callbacks of ngtcp2's crypto library. Packets
 * are plain, and any is taken for real unless its last byte is above 127: so
 * whoever makes up a packet is a peer that has the keys. The handshake is four
 * messages, with the parameters of either end.
 *
 *     client INITIAL hello   ->
 *                            <- server INITIAL hello, HANDSHAKE params
 *     client HANDSHAKE done  ->
 */
#include "base/mem.h"
#include "mux/quic/priv.h"

#define TAG_BYTES     16U
#define IV_BYTES      12U
#define MESSAGE_BYTES 512U

/* Kinds of messages; each is followed by its length in two bytes. */
enum { CLIENT_HELLO = 1, SERVER_HELLO, SERVER_PARAMS, CLIENT_DONE };

/* What is here in place of GnuTLS's session. */
struct plain {
    uint8_t next; /* the kind that is due */
    size_t len;
    uint8_t in[MESSAGE_BYTES]; /* of a message that has not come whole */
};

static const uint8_t no_iv[IV_BYTES];
static const uint8_t no_secret[32];

static struct plain *plain_of(const struct p2p__quic *q)
{
    return (struct plain *)(void *)q->tls;
}

/* A key, which ngtcp2 wants to be something. */
static ngtcp2_crypto_aead_ctx key_of(ngtcp2_conn *conn)
{
    return (ngtcp2_crypto_aead_ctx){.native_handle = conn};
}

static ngtcp2_crypto_cipher_ctx mask_of(ngtcp2_conn *conn)
{
    return (ngtcp2_crypto_cipher_ctx){.native_handle = conn};
}

static ngtcp2_crypto_ctx suite_of(ngtcp2_conn *conn)
{
    return (ngtcp2_crypto_ctx){
        .aead = {.native_handle = conn, .max_overhead = TAG_BYTES},
        .md = {.native_handle = conn},
        .hp = {.native_handle = conn},
        .max_encryption = UINT64_MAX,
        .max_decryption_failure = 1000};
}

static int install_initial(ngtcp2_conn *conn)
{
    const ngtcp2_crypto_ctx suite = suite_of(conn);
    const ngtcp2_crypto_aead_ctx key = key_of(conn);
    const ngtcp2_crypto_cipher_ctx mask = mask_of(conn);

    ngtcp2_conn_set_initial_crypto_ctx(conn, &suite);
    return ngtcp2_conn_install_initial_key(conn, &key, no_iv, &mask, &key,
                                           no_iv, &mask, IV_BYTES);
}

static int install_handshake(ngtcp2_conn *conn)
{
    const ngtcp2_crypto_ctx suite = suite_of(conn);
    const ngtcp2_crypto_aead_ctx key = key_of(conn);
    const ngtcp2_crypto_cipher_ctx mask = mask_of(conn);
    int rv;

    ngtcp2_conn_set_crypto_ctx(conn, &suite);
    rv = ngtcp2_conn_install_rx_handshake_key(conn, &key, no_iv, IV_BYTES,
                                              &mask);
    return rv != 0 ? rv
                   : ngtcp2_conn_install_tx_handshake_key(conn, &key, no_iv,
                                                          IV_BYTES, &mask);
}

static int install_rx(ngtcp2_conn *conn)
{
    const ngtcp2_crypto_aead_ctx key = key_of(conn);
    const ngtcp2_crypto_cipher_ctx mask = mask_of(conn);

    return ngtcp2_conn_install_rx_key(conn, no_secret, sizeof no_secret, &key,
                                      no_iv, IV_BYTES, &mask);
}

static int install_tx(ngtcp2_conn *conn)
{
    const ngtcp2_crypto_aead_ctx key = key_of(conn);
    const ngtcp2_crypto_cipher_ctx mask = mask_of(conn);

    return ngtcp2_conn_install_tx_key(conn, no_secret, sizeof no_secret, &key,
                                      no_iv, IV_BYTES, &mask);
}

/* Sends a message, with our parameters if `params`. */
static int say(ngtcp2_conn *conn, p2p__ng_level level, uint8_t kind,
               bool params)
{
    uint8_t text[MESSAGE_BYTES] = {kind};
    ngtcp2_ssize n = 0;

    if (params) {
        n = ngtcp2_conn_encode_local_transport_params(conn, text + 3,
                                                      sizeof text - 3);
    }
    if (n < 0) {
        return (int)n;
    }
    text[1] = (uint8_t)(n >> 8);
    text[2] = (uint8_t)n;
    return ngtcp2_conn_submit_crypto_data(conn, level, text, (size_t)n + 3);
}

static int on_client_hello(ngtcp2_conn *conn, const uint8_t *body, size_t len)
{
    int rv = p2p__ng_decode_params(conn, body, len);

    if (rv == 0) {
        rv = say(conn, P2P__NG_LEVEL_INITIAL, SERVER_HELLO, false);
    }
    if (rv == 0) {
        rv = install_handshake(conn);
    }
    if (rv == 0) {
        rv = say(conn, P2P__NG_LEVEL_HANDSHAKE, SERVER_PARAMS, true);
    }
    return rv == 0 ? install_tx(conn) : rv;
}

static int on_server_params(ngtcp2_conn *conn, const uint8_t *body, size_t len)
{
    int rv = p2p__ng_decode_params(conn, body, len);

    if (rv == 0) {
        rv = install_rx(conn);
    }
    if (rv == 0) {
        rv = say(conn, P2P__NG_LEVEL_HANDSHAKE, CLIENT_DONE, false);
    }
    if (rv == 0) {
        rv = install_tx(conn);
    }
    if (rv == 0) {
        p2p__ng_shaken(conn);
    }
    return rv;
}

static int on_client_done(ngtcp2_conn *conn)
{
    int rv = install_rx(conn);

    if (rv == 0) {
        p2p__ng_shaken(conn);
    }
    return rv;
}

/* A whole message, where it may come. */
static int on_message(struct p2p__quic *q, p2p__ng_level level,
                      const uint8_t *m, size_t len)
{
    struct plain *t = plain_of(q);
    const bool hello = m[0] == CLIENT_HELLO || m[0] == SERVER_HELLO;

    if (m[0] != t->next || hello != (level == P2P__NG_LEVEL_INITIAL)) {
        q->refusal = P2P_EAUTH;
        return NGTCP2_ERR_CRYPTO;
    }
    t->next = 0;
    switch (m[0]) {
        case CLIENT_HELLO:
            t->next = CLIENT_DONE;
            return on_client_hello(q->conn, m + 3, len - 3);
        case SERVER_HELLO:
            t->next = SERVER_PARAMS;
            return install_handshake(q->conn);
        case SERVER_PARAMS:
            return on_server_params(q->conn, m + 3, len - 3);
        default:
            return on_client_done(q->conn);
    }
}

int ngtcp2_crypto_client_initial_cb(ngtcp2_conn *conn, void *user)
{
    int rv = install_initial(conn);

    (void)user;
    rv = rv == 0 ? say(conn, P2P__NG_LEVEL_INITIAL, CLIENT_HELLO, true) : rv;
    return rv == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

int ngtcp2_crypto_recv_client_initial_cb(ngtcp2_conn *conn,
                                         const ngtcp2_cid *dcid, void *user)
{
    (void)dcid;
    (void)user;
    return install_initial(conn) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

int ngtcp2_crypto_recv_retry_cb(ngtcp2_conn *conn, const ngtcp2_pkt_hd *hd,
                                void *user)
{
    (void)hd;
    (void)user;
    return install_initial(conn) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

int ngtcp2_crypto_recv_crypto_data_cb(ngtcp2_conn *conn, p2p__ng_level level,
                                      uint64_t offset, const uint8_t *data,
                                      size_t len, void *user)
{
    struct p2p__quic *q = user;
    struct plain *t = plain_of(q);
    int rv = 0;

    (void)conn;
    (void)offset;
    if (len > sizeof t->in - t->len) {
        return NGTCP2_ERR_CRYPTO;
    }
    memcpy(t->in + t->len, data, len);
    t->len += len;
    while (rv == 0 && t->len >= 3) {
        const size_t n = 3 + (size_t)t->in[1] * 256 + t->in[2];

        if (n > t->len) {
            break;
        }
        rv = on_message(q, level, t->in, n);
        t->len -= n;
        memmove(t->in, t->in + n, t->len);
    }
    return rv;
}

int ngtcp2_crypto_version_negotiation_cb(ngtcp2_conn *conn, uint32_t version,
                                         const ngtcp2_cid *client_dcid,
                                         void *user)
{
    (void)conn;
    (void)version;
    (void)client_dcid;
    (void)user;
    return NGTCP2_ERR_CALLBACK_FAILURE;
}

int ngtcp2_crypto_update_key_cb(ngtcp2_conn *conn, uint8_t *rx_secret,
                                uint8_t *tx_secret, ngtcp2_crypto_aead_ctx *rx,
                                uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx,
                                uint8_t *tx_iv, const uint8_t *current_rx,
                                const uint8_t *current_tx, size_t len,
                                void *user)
{
    (void)user;
    memcpy(rx_secret, current_rx, len);
    memcpy(tx_secret, current_tx, len);
    *rx = *tx = key_of(conn);
    memset(rx_iv, 0, IV_BYTES);
    memset(tx_iv, 0, IV_BYTES);
    return 0;
}

int ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                             const ngtcp2_crypto_aead_ctx *key,
                             const uint8_t *text, size_t len,
                             const uint8_t *nonce, size_t nonce_len,
                             const uint8_t *aad, size_t aad_len)
{
    (void)aead;
    (void)key;
    (void)nonce;
    (void)nonce_len;
    (void)aad;
    (void)aad_len;
    memmove(dest, text, len);
    memset(dest + len, 0, TAG_BYTES);
    return 0;
}

int ngtcp2_crypto_decrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                             const ngtcp2_crypto_aead_ctx *key,
                             const uint8_t *text, size_t len,
                             const uint8_t *nonce, size_t nonce_len,
                             const uint8_t *aad, size_t aad_len)
{
    (void)aead;
    (void)key;
    (void)nonce;
    (void)nonce_len;
    (void)aad;
    (void)aad_len;
    if (len < TAG_BYTES || text[len - 1] > 127) {
        return NGTCP2_ERR_DECRYPT;
    }
    memmove(dest, text, len - TAG_BYTES);
    return 0;
}

int ngtcp2_crypto_hp_mask_cb(uint8_t *dest, const ngtcp2_crypto_cipher *hp,
                             const ngtcp2_crypto_cipher_ctx *mask,
                             const uint8_t *sample)
{
    (void)hp;
    (void)mask;
    (void)sample;
    memset(dest, 0, NGTCP2_HP_MASKLEN);
    return 0;
}

void ngtcp2_crypto_delete_crypto_aead_ctx_cb(ngtcp2_conn *conn,
                                             ngtcp2_crypto_aead_ctx *key,
                                             void *user)
{
    (void)conn;
    (void)user;
    key->native_handle = NULL;
}

void ngtcp2_crypto_delete_crypto_cipher_ctx_cb(ngtcp2_conn *conn,
                                               ngtcp2_crypto_cipher_ctx *mask,
                                               void *user)
{
    (void)conn;
    (void)user;
    mask->native_handle = NULL;
}

int p2p__quic_tls_open(struct p2p__quic *q)
{
    struct plain *t;
    int rv = p2p__quota_take(q->quota, P2P__Q_MEMORY, P2P__QUIC_TLS_BYTES);

    if (rv != 0) {
        return rv;
    }
    t = p2p__zalloc(sizeof *t);
    if (t == NULL) {
        p2p__quota_give(q->quota, P2P__Q_MEMORY, P2P__QUIC_TLS_BYTES);
        return P2P_ENOMEM;
    }
    t->next = q->bits & P2P__QC_DIALER ? SERVER_HELLO : CLIENT_HELLO;
    q->tls = (void *)t;
    return 0;
}

int p2p__quic_tls_done(struct p2p__quic *q)
{
    assert(q->tls != NULL && !(q->bits & P2P__QC_ESTABLISHED));
    q->peer->id = (struct p2p_peer_id){.len = 2, .bytes = {0, 0}};
    return 0;
}

void p2p__quic_tls_free(struct p2p__quic *q)
{
    if (q->tls != NULL) {
        p2p__free(plain_of(q));
        q->tls = NULL;
        p2p__quota_give(q->quota, P2P__Q_MEMORY, P2P__QUIC_TLS_BYTES);
    }
}

static int id_new(struct p2p__crypto *crypto, struct p2p__env *env,
                  const struct p2p_key *key, void **id)
{
    (void)crypto;
    (void)env;
    (void)key;
    *id = p2p__zalloc(sizeof(struct p2p__tls_id));
    return *id == NULL ? P2P_ENOMEM : 0;
}

static void id_free(void *id)
{
    p2p__free(id);
}

static bool next(void *chan, struct p2p__sec_ev *ev)
{
    struct p2p__quic *q = chan;

    if (q->peer == NULL || q->bits & (P2P__QC_PEER_TOLD | P2P__QC_POISONED) ||
        !(q->bits & P2P__QC_ESTABLISHED)) {
        return false;
    }
    q->bits |= P2P__QC_PEER_TOLD;
    *ev = (struct p2p__sec_ev){.peer = q->peer->id, .muxer = -1};
    p2p__mark(q->owner);
    return true;
}

static const uint8_t *binding(const void *chan)
{
    const struct p2p__quic *q = chan;

    return q->bits & P2P__QC_ESTABLISHED ? q->binding : NULL;
}

const struct p2p_security p2p__quic_security = {.id_new = id_new,
                                                .id_free = id_free,
                                                .next = next,
                                                .binding = binding};
