/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A pubsub stream at once and in pieces: the same frames, the same end, and
 * no memory or quota left. The first byte seeds the cuts. */
#include <stdlib.h>

#include "base/map.h"
#include "chunker.h"
#include "proto/gossip/caps.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads a stream; returns how it ended and mixes all frames into *hash. */
static int read_all(const uint8_t *data, size_t size, struct chunker *c,
                    uint64_t *hash)
{
    static const uint64_t key[2] = {1, 2};
    struct p2p__frame f;
    struct p2p__quota q;
    int rv = 0;

    p2p__quota_init(&q, NULL, "conn");
    p2p__frame_init(&f, &q, P2P__CAP_GOSSIP_FRAME);
    for (size_t at = 0, n; at < size && rv >= 0; at += n) {
        struct p2p__slice in, rpc;

        n = chunker_next(c, size - at);
        in = p2p__slice_of(data + at, n);
        while ((rv = p2p__frame_next(&f, &in, &rpc)) == 1) {
            uint64_t mix[2] = {*hash, p2p__siphash(key, rpc.p, rpc.len)};

            *hash = p2p__siphash(key, mix, sizeof mix);
        }
        if (q.used[P2P__Q_MEMORY] > 2 * size + 512) {
            abort(); /* more than twice what came */
        }
    }
    p2p__frame_fini(&f);
    p2p__quota_fini(&q);
    return rv;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t whole = 0, pieces = 0;
    struct chunker all, some;

    if (size == 0) {
        return 0;
    }
    chunker_init(&all, CHUNK_ALL, 0);
    chunker_init(&some, data[0] == 0 ? CHUNK_ONE : CHUNK_RANDOM, data[0]);
    if (read_all(data + 1, size - 1, &all, &whole) !=
            read_all(data + 1, size - 1, &some, &pieces) ||
        whole != pieces) {
        abort();
    }
    return 0;
}
