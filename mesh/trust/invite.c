/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See invite.h. Every code has its own label in front, so that none can stand
 * for another: the joiner's proof never is the inviter's. The secret itself is
 * not kept; its id and its key do not lead back to it.
 */
#include "mesh/trust/invite.h"

#include <assert.h>

#include "p2p/err.h"
#include "p2p/hash.h"

#define ID_LABEL     "unitmesh-join-id/1"
#define KEY_LABEL    "unitmesh-join-key/1"
#define HELLO_LABEL  "unitmesh-join-hello/1"
#define ANSWER_LABEL "unitmesh-join-answer/1"

#define TEXT_MAX 192

/* What a code is made over. */
struct text {
    uint8_t p[TEXT_MAX];
    size_t len;
};

static void add(struct text *t, const void *p, size_t len)
{
    assert(len <= sizeof t->p - t->len);
    memcpy(t->p + t->len, p, len);
    t->len += len;
}

void um_invite_init(struct um_invite *inv,
                    const uint8_t secret[UM_CODE_SECRET_BYTES],
                    const uint8_t mesh_half[UM_CODE_HALF_BYTES])
{
    uint8_t id[P2P_SHA256_BYTES];
    struct text t = {.len = 0};

    memset(inv, 0, sizeof *inv);
    p2p_hmac_sha256(secret, UM_CODE_SECRET_BYTES, ID_LABEL, strlen(ID_LABEL),
                    id);
    memcpy(inv->id, id, sizeof inv->id);
    add(&t, KEY_LABEL, strlen(KEY_LABEL));
    add(&t, mesh_half, UM_CODE_HALF_BYTES);
    p2p_hmac_sha256(secret, UM_CODE_SECRET_BYTES, t.p, t.len, inv->key);
}

int um_invite_take(struct um_invite *inv, uint64_t now_ms)
{
    if (inv->expires_ms != 0 && now_ms >= inv->expires_ms)
        return P2P_ETIMEDOUT;
    if (inv->used >= inv->uses)
        return P2P_ELIMIT;
    inv->used++;
    return 0;
}

/* The proof of one direction. */
static void prove(const struct um_invite *inv, const char *label,
                  const struct um_join *join, size_t mesh_bytes,
                  uint8_t proof[UM_INVITE_PROOF_BYTES])
{
    struct text t = {.len = 0};

    add(&t, label, strlen(label));
    add(&t, join->binding, sizeof join->binding);
    add(&t, join->joiner.b, UM_NAME_BYTES);
    add(&t, join->inviter.b, UM_NAME_BYTES);
    add(&t, join->mesh.b, mesh_bytes);
    p2p_hmac_sha256(inv->key, sizeof inv->key, t.p, t.len, proof);
}

void um_invite_hello(const struct um_invite *inv, const struct um_join *join,
                     uint8_t proof[UM_INVITE_PROOF_BYTES])
{
    prove(inv, HELLO_LABEL, join, UM_CODE_HALF_BYTES, proof);
}

void um_invite_answer(const struct um_invite *inv, const struct um_join *join,
                      uint8_t proof[UM_INVITE_PROOF_BYTES])
{
    prove(inv, ANSWER_LABEL, join, UM_NAME_BYTES, proof);
}

bool um_invite_equal(const uint8_t a[UM_INVITE_PROOF_BYTES],
                     const uint8_t b[UM_INVITE_PROOF_BYTES])
{
    return p2p_hmac_equal(a, b, UM_INVITE_PROOF_BYTES) != 0;
}
