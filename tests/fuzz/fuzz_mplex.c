/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An mplex session under a hostile peer and an application: mux_calls.h. */
#include "mux/mplex/mplex.h"
#include "mux_calls.h"
#include "wire/varint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Mostly sane headers: small ids, lengths from all over. */
static size_t frame(struct calls *c, uint8_t *out)
{
    static const uint32_t lengths[] = {0, 1, 7, 1024, 1025, 1048576, 1048577};
    uint8_t b = calls_byte(c);
    uint8_t n = calls_byte(c);
    size_t len = p2p__varint_put(out, b % 64U);

    return len + p2p__varint_put(out + len,
                                 n < P2P__COUNT(lengths) ? lengths[n] : n / 8U);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct calls c;
    struct p2p__mplex_cfg cfg;

    calls_init(&c, &p2p__mplex_ops, data, size);
    c.frame = frame;
    cfg.sess = calls_cfg(&c);
    if (p2p__mplex_new(&cfg, &c.sess, c.now) == 0) {
        calls_play(&c);
    }
    return 0;
}
