/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The first byte says what the rest is: an envelope as it comes, or the
 * payload of a record, which is sealed first, so that the signature does not
 * keep the fuzzer out.
 */
#include <stdlib.h>

#include "ident/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine) {
        abort();
    }
}

static void open_record(struct p2p__slice in, const struct p2p_key *key)
{
    struct p2p__record record;
    struct p2p__record_walk walk;
    struct p2p_multiaddr ma;
    struct p2p_peer_id own;
    size_t count = 0;
    size_t len;
    const uint8_t *pub = p2p_key_public(key, &len);

    if (p2p__record_open(in, &record) != 0) {
        return;
    }
    need(p2p_peer_id_from_pubkey(pub, len, &own) == 0);
    need(p2p_peer_id_equal(&own, &record.peer));
    p2p__record_walk_init(&walk, &record);
    while (p2p__record_walk_next(&walk, &ma)) {
        need(ma.len > 0);
        count++;
    }
    need(count <= P2P__CAP_RECORD_ADDRS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t type[] = {0x03, 0x01};
    static const struct p2p__envelope_kind kind = {
        .domain = "libp2p-peer-record", .type = type, .type_len = sizeof type};
    static uint8_t buf[P2P__CAP_ENVELOPE_BYTES];
    const uint8_t seed[32] = {1};
    struct p2p_key *key;
    int len;

    if (size == 0 || p2p_key_from_seed(seed, &key) != 0) {
        return 0;
    }
    if (data[0] % 2 == 0) {
        open_record(p2p__slice_of(data + 1, size - 1), key);
    } else {
        len = p2p__envelope_seal(key, &kind, p2p__slice_of(data + 1, size - 1),
                                 buf, sizeof buf);
        if (len > 0) {
            open_record(p2p__slice_of(buf, (size_t)len), key);
        }
    }
    p2p_key_free(key);
    return 0;
}
