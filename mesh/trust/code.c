/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See code.h. The content is put together and taken apart in a buffer that is
 * wiped, since it is a secret. A code has one text: what would be written
 * otherwise is refused, so that a code that is taken is one that was printed.
 */
#include "mesh/trust/code.h"

#include "mesh/base/mem.h"
#include "p2p/err.h"
#include "p2p/hash.h"

#define PREFIX      "um"
#define SEED_PREFIX "umkey"
#define VERSION     0

#define MINUTE_MS    UINT64_C(60000)
#define EXPIRY_BYTES 4
#define FIXED_BYTES \
    (UM_CODE_SECRET_BYTES + 2 * UM_CODE_HALF_BYTES + EXPIRY_BYTES)

void um_code_fingerprint(const struct um_name *owner,
                         uint8_t out[UM_CODE_HALF_BYTES])
{
    uint8_t hash[P2P_SHA256_BYTES];

    p2p_sha256(owner->b, UM_NAME_BYTES, hash);
    memcpy(out, hash, UM_CODE_HALF_BYTES);
}

/* Frees a buffer that had a secret. */
static void drop(struct um_buf *b)
{
    um_mem_wipe(b->p, b->cap);
    um_buf_fini(b);
}

/* Puts the content together. */
static int write_content(const struct um_code *code, struct um_buf *out)
{
    uint64_t minutes = code->expires_ms / MINUTE_MS;

    if (minutes > UINT32_MAX || code->expires_ms % MINUTE_MS != 0 ||
        code->addrs_n > UM__CAP_CODE_ADDRS)
        return P2P_EINVAL;
    if (um_buf_reserve(out, UM__CAP_CODE_BYTES * 2) == NULL)
        return P2P_ENOMEM;
    um_buf_add(out, code->secret, sizeof code->secret);
    um_buf_add(out, code->mesh, sizeof code->mesh);
    um_buf_add(out, code->owner, sizeof code->owner);
    for (unsigned i = 0; i < EXPIRY_BYTES; i++)
        um_buf_byte(out, (char)(uint8_t)(minutes >> 8 * (3 - i)));
    for (size_t i = 0; i < code->addrs_n; i++) {
        if (code->addrs[i].len == 0)
            return P2P_EINVAL;
        um_buf_byte(out, (char)code->addrs[i].len);
        um_buf_add(out, code->addrs[i].bytes, code->addrs[i].len);
    }
    return out->len > UM__CAP_CODE_BYTES ? P2P_ETOOBIG : 0;
}

int um_code_put(const struct um_code *code, struct um_buf *out)
{
    struct um_buf content = UM_BUF_INIT;
    int err = write_content(code, &content);

    if (err == 0)
        err = um_bech32_put(out, PREFIX, VERSION, um_buf_view(&content));
    drop(&content);
    return err;
}

/* Takes n bytes off the front. */
static void take(struct um_str *in, void *out, size_t n)
{
    memcpy(out, in->p, n);
    *in = um_str_skip(*in, n);
}

/* Takes the content apart. */
static bool read_content(struct um_str in, struct um_code *out)
{
    uint8_t expiry[EXPIRY_BYTES];
    uint32_t minutes = 0;

    memset(out, 0, sizeof *out);
    if (in.len < FIXED_BYTES || in.len > UM__CAP_CODE_BYTES)
        return false;
    take(&in, out->secret, sizeof out->secret);
    take(&in, out->mesh, sizeof out->mesh);
    take(&in, out->owner, sizeof out->owner);
    take(&in, expiry, sizeof expiry);
    for (unsigned i = 0; i < EXPIRY_BYTES; i++)
        minutes = minutes << 8 | expiry[i];
    out->expires_ms = minutes * MINUTE_MS;
    while (in.len > 0) {
        size_t len = (uint8_t)in.p[0];

        if (out->addrs_n == UM__CAP_CODE_ADDRS || len == 0 || len >= in.len)
            return false;
        take(&in, &out->addrs[out->addrs_n].len, 1);
        take(&in, out->addrs[out->addrs_n].bytes, len);
        out->addrs_n++;
    }
    return true;
}

int um_code_get(struct um_str text, struct um_code *out,
                struct um_bech32_error *error)
{
    struct um_buf content = UM_BUF_INIT;
    int err = P2P_ENOMEM;

    *error = (struct um_bech32_error){UM_BECH32_FINE, SIZE_MAX};
    if (um_buf_reserve(&content, UM_BECH32_TEXT_MAX) != NULL)
        err = um_bech32_get(text, PREFIX, VERSION, &content, error);
    if (err == 0 && !read_content(um_buf_view(&content), out)) {
        error->wrong = UM_BECH32_CONTENT;
        err = P2P_EFORMAT;
    }
    drop(&content);
    return err;
}

int um_code_put_seed(const uint8_t seed[UM_CODE_SEED_BYTES], struct um_buf *out)
{
    return um_bech32_put(out, SEED_PREFIX, VERSION,
                         um_str_n((const char *)seed, UM_CODE_SEED_BYTES));
}

int um_code_get_seed(struct um_str text, uint8_t seed[UM_CODE_SEED_BYTES],
                     struct um_bech32_error *error)
{
    struct um_buf content = UM_BUF_INIT;
    int err = P2P_ENOMEM;

    *error = (struct um_bech32_error){UM_BECH32_FINE, SIZE_MAX};
    if (um_buf_reserve(&content, UM_BECH32_TEXT_MAX) != NULL)
        err = um_bech32_get(text, SEED_PREFIX, VERSION, &content, error);
    if (err == 0 && content.len != UM_CODE_SEED_BYTES) {
        error->wrong = UM_BECH32_CONTENT;
        err = P2P_EFORMAT;
    }
    if (err == 0)
        memcpy(seed, content.p, UM_CODE_SEED_BYTES);
    drop(&content);
    return err;
}
