/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Walks any bytes as a message, nested ones too, and writes what it read:
 * that reads the same again. */
#include <stdlib.h>

#include "wire/pb.h"

#define DEPTH_MAX 4
#define BUF_BYTES 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_field(struct p2p__pbw *w, const struct p2p__pb_field *f)
{
    uint8_t fixed[8];

    switch (f->tag & 7) {
        case P2P__PB_WIRE_VARINT:
            p2p__pbw_uint(w, f->tag >> 3, f->value);
            break;
        case P2P__PB_WIRE_LEN:
            p2p__pbw_bytes(w, f->tag >> 3, f->bytes.p, f->bytes.len);
            break;
        default:
            for (size_t i = 0; i < sizeof fixed; i++) {
                fixed[i] = (uint8_t)(f->value >> (8 * i));
            }
            p2p__pbw_bytes(w, f->tag >> 3, fixed, sizeof fixed);
            break;
    }
}

static void walk(struct p2p__slice msg, struct p2p__pbw *w, int depth)
{
    struct p2p__pb r;
    struct p2p__pb_field f;

    p2p__pb_init(&r, msg);
    while (p2p__pb_next(&r, &f)) {
        if ((f.tag & 7) == P2P__PB_WIRE_LEN) {
            if (f.bytes.p < msg.p ||
                f.bytes.p + f.bytes.len > msg.p + msg.len) {
                abort();
            }
            if (depth < DEPTH_MAX) {
                walk(f.bytes, w, depth + 1);
            }
        }
        if (depth == 0) {
            write_field(w, &f);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[BUF_BYTES];
    static uint8_t second[BUF_BYTES];
    struct p2p__pbw w;
    int len;

    p2p__pbw_init(&w, first, sizeof first);
    walk(p2p__slice_of(data, size), &w, 0);
    len = p2p__pbw_end(&w);
    if (len < 0) {
        return 0;
    }
    p2p__pbw_init(&w, second, sizeof second);
    walk(p2p__slice_of(first, (size_t)len), &w, 0);
    if (p2p__pbw_end(&w) != len || memcmp(first, second, (size_t)len) != 0) {
        abort();
    }
    return 0;
}
