/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The first byte says what the rest is: a private key, which must come back
 * from its encoding and sign, or a public key, its length given by the next
 * two bytes, with a signature behind it.
 */
#include <stdlib.h>

#include "base/types.h"
#include "p2p/key.h"

#define HEAD_BYTES 3U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine) {
        abort();
    }
}

/* Whether a key comes back the same, and signs for its public half. */
static void check_private(const struct p2p_key *key)
{
    static uint8_t pb[P2P_PRIVKEY_MAX];
    uint8_t sig[P2P_SIGNATURE_MAX];
    struct p2p_key *back;
    const uint8_t *pub;
    size_t pub_len;
    size_t sig_len;
    int len = p2p_key_encode(key, pb, sizeof pb);

    need(len > 0 && len <= P2P_PRIVKEY_MAX);
    need(p2p_key_decode(pb, (size_t)len, &back) == 0);
    pub = p2p_key_public(back, &pub_len);
    need(p2p_pubkey_check(pub, pub_len) == (int)p2p_key_type(key));
    need(p2p_key_sign(key, "m", 1, sig, &sig_len) == 0);
    need(p2p_pubkey_verify(pub, pub_len, "m", 1, sig, sig_len) == 0);
    p2p_key_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct p2p_key *key;
    size_t pub_len;

    if (size < HEAD_BYTES) {
        return 0;
    }
    if (data[0] % 2 == 0) {
        if (p2p_key_decode(data + 1, size - 1, &key) == 0) {
            check_private(key);
            p2p_key_free(key);
        }
        return 0;
    }
    pub_len = (size_t)data[1] << 8 | data[2];
    data += HEAD_BYTES;
    size -= HEAD_BYTES;
    pub_len = p2p__min(pub_len, size);
    if (p2p_pubkey_check(data, pub_len) < 0) {
        need(p2p_pubkey_verify(data, pub_len, "m", 1, data + pub_len,
                               size - pub_len) != 0);
    } else {
        (void)p2p_pubkey_verify(data, pub_len, "m", 1, data + pub_len,
                                size - pub_len);
    }
    return 0;
}
