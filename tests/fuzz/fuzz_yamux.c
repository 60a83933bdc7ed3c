/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A yamux session under a hostile peer and an application: mux_calls.h. */
#include "mux/yamux/frame.h"
#include "mux/yamux/yamux.h"
#include "mux_calls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Mostly sane headers: small ids, lengths from all over. */
static size_t frame(struct calls *c, uint8_t *out)
{
    static const uint32_t lengths[] = {
        0,      1,      7,          200,        262143,
        262144, 262145, 0xfffbffff, 0xfffc0000, 0xffffffff};
    uint8_t b = calls_byte(c);
    uint8_t n = calls_byte(c);
    const struct p2p__yamux_header h = {
        .type = b & 3,
        .flags = (uint16_t)(b >> 4),
        .id = calls_byte(c) % 8U,
        .length = n < P2P__COUNT(lengths) ? lengths[n] : calls_u32(c) >> 16};

    p2p__yamux_encode(out, &h);
    return P2P__YAMUX_HEADER_BYTES;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct calls c;
    struct p2p__yamux_cfg cfg = {.tune = NULL};

    calls_init(&c, &p2p__yamux_ops, data, size);
    c.frame = frame;
    cfg.sess = calls_cfg(&c);
    if (p2p__yamux_new(&cfg, &c.sess, c.now) == 0) {
        calls_play(&c);
    }
    return 0;
}
