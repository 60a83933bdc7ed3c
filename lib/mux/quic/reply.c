/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See reply.h. */
#include "mux/quic/reply.h"

#include "mux/quic/priv.h"

/* A stateless reset looks like a short packet with this much behind it. */
#define RESET_RANDOM 25U
#define RESET_LEAST  (NGTCP2_MIN_STATELESS_RESET_RANDLEN + 16U + 1U)

static size_t written(ngtcp2_ssize n)
{
    return n > 0 ? (size_t)n : 0;
}

size_t p2p__quic_reply_version(const struct p2p__quic_first *first,
                               struct p2p__env *env, uint8_t *to)
{
    const uint32_t ours[] = {NGTCP2_PROTO_VER_V1};
    uint8_t dice;

    env->random(env, &dice, 1);
    return written(ngtcp2_pkt_write_version_negotiation(
        to, P2P__QUIC_REPLY_BYTES, dice, first->scid.bytes, first->scid.len,
        first->dcid.bytes, first->dcid.len, ours, P2P__COUNT(ours)));
}

/* The address of a client, as ngtcp2 wants it. */
static const ngtcp2_addr *address(const struct p2p__addr *from,
                                  ngtcp2_path_storage *ps)
{
    p2p__quic_path_to(&(struct p2p__quic_path){.local = *from, .remote = *from},
                      ps);
    return &ps->path.remote;
}

size_t p2p__quic_reply_retry(const struct p2p__quic_shared *shared,
                             const struct p2p__quic_first *first,
                             const struct p2p__addr *from, uint8_t *to,
                             p2p_ns now)
{
    uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN];
    const ngtcp2_cid dcid = p2p__quic_id_to(&first->dcid);
    const ngtcp2_cid scid = p2p__quic_id_to(&first->scid);
    ngtcp2_cid ours = {.datalen = P2P__QUIC_ID_BYTES};
    ngtcp2_path_storage ps;
    const ngtcp2_addr *a = address(from, &ps);
    ngtcp2_ssize n;

    shared->env->random(shared->env, ours.data, ours.datalen);
    n = ngtcp2_crypto_generate_retry_token(
        token, shared->reset_key, sizeof shared->reset_key, first->version,
        a->addr, a->addrlen, &ours, &dcid, now);
    return n < 0 ? 0
                 : written(ngtcp2_crypto_write_retry(
                       to, P2P__QUIC_REPLY_BYTES, first->version, &scid, &ours,
                       &dcid, token, (size_t)n));
}

bool p2p__quic_reply_proven(const struct p2p__quic_shared *shared,
                            struct p2p__quic_first *first,
                            const struct p2p__addr *from, p2p_ns now)
{
    const ngtcp2_cid dcid = p2p__quic_id_to(&first->dcid);
    ngtcp2_path_storage ps;
    const ngtcp2_addr *a = address(from, &ps);
    ngtcp2_cid original;

    if (ngtcp2_crypto_verify_retry_token(
            &original, first->token.p, first->token.len, shared->reset_key,
            sizeof shared->reset_key, first->version, a->addr, a->addrlen,
            &dcid, P2P__QUIC_TOKEN_NS, now) != 0) {
        return false;
    }
    first->original = p2p__quic_id_from(&original);
    return true;
}

size_t p2p__quic_reply_refuse(const struct p2p__quic_first *first,
                              uint64_t code, uint8_t *to)
{
    const ngtcp2_cid dcid = p2p__quic_id_to(&first->dcid);
    const ngtcp2_cid scid = p2p__quic_id_to(&first->scid);

    return written(ngtcp2_crypto_write_connection_close(
        to, P2P__QUIC_REPLY_BYTES, first->version, &scid, &dcid, code, NULL,
        0));
}

size_t p2p__quic_reply_reset(const struct p2p__quic_shared *shared,
                             const struct p2p__quic_first *first, size_t len,
                             uint8_t *to)
{
    uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
    uint8_t random[RESET_RANDOM];
    size_t n;

    if (len <= RESET_LEAST) {
        return 0;
    }
    n = p2p__min(sizeof random, len - 1 - sizeof token);
    p2p__quic_reset_token(shared, &first->dcid, token);
    shared->env->random(shared->env, random, n);
    return written(ngtcp2_pkt_write_stateless_reset(to, P2P__QUIC_REPLY_BYTES,
                                                    token, random, n));
}
