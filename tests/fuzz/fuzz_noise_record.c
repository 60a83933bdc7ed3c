/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A channel whose handshake is over. First byte: the seed of the cuts; then
 * pieces of three bytes, a verb and two numbers: records that the peer wrote,
 * with and without damage, and bytes that it never wrote. Whatever comes, what
 * the channel hands up is the beginning of what the peer said.
 */
#include <stdlib.h>

#include "sec_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A pair after its handshake, to be copied for each run. */
static struct sec_pair *pair_once(struct p2p__noise *fresh)
{
    static struct sec_pair pair;
    static struct p2p__noise saved[2];
    static bool made;

    if (!made) {
        if (sec_pair_init(&pair) != 0 || sec_pair_start(&pair) != 0 ||
            sec_pair_run(&pair, NULL) != 0) {
            abort();
        }
        saved[0] = pair.ends[0].n;
        saved[1] = pair.ends[1].n;
        made = true;
    }
    fresh[0] = saved[0];
    fresh[1] = saved[1];
    return &pair;
}

/* All that a peer can say: each place has its byte. */
static const uint8_t *all_once(void)
{
    static uint8_t all[SEC_PAIR_WIRE];
    static bool made;

    for (size_t at = 0; !made && at < sizeof all; at++) {
        all[at] = (uint8_t)(at * 131 + (at >> 8));
    }
    made = true;
    return all;
}

/* Lets the peer say `len` bytes more of what it can say. */
static void say(struct sec_end *from, const uint8_t *said, size_t *said_len,
                size_t len)
{
    from->app = said + *said_len;
    from->app_len = len;
    *said_len += len;
    if (sec_end_draw(from, 0) != 0) {
        abort();
    }
}

/* Carries a piece out on the wire; false when it is full. */
static bool piece(struct sec_end *from, const uint8_t *p, const uint8_t *said,
                  size_t *said_len)
{
    size_t number = (size_t)p[1] << 8 | p[2], before = from->wire_len;

    if (before > SEC_PAIR_WIRE / 2 || *said_len > SEC_PAIR_WIRE / 2) {
        return false;
    }
    say(from, said, said_len, p[0] % 4 == 3 ? 0 : number);
    switch (p[0] % 4) {
        case 1: /* damaged somewhere */
            if (from->wire_len > before) {
                size_t n = from->wire_len - before;

                from->wire[before + (p[0] * 257U + p[1]) % n] ^=
                    (uint8_t)(p[2] | 1);
            }
            break;
        case 2: /* lost its end */
            from->wire_len -= p2p__min(from->wire_len - before, p[0] / 4);
            break;
        case 3: /* never said */
            memcpy(from->wire + before, p, 3);
            from->wire_len += 3;
            break;
        default:
            break;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct p2p__noise fresh[2];
    struct sec_pair *p = pair_once(fresh);
    struct sec_end *from = &p->ends[0], *to = &p->ends[1];
    const uint8_t *said = all_once();
    size_t said_len = 0;
    struct chunker c;

    if (size < 1) {
        return 0;
    }
    from->n = fresh[0];
    to->n = fresh[1];
    for (size_t i = 1; i + 3 <= size; i += 3) {
        if (!piece(from, data + i, said, &said_len)) {
            break;
        }
    }
    chunker_init(&c, data[0] % 4 == 0 ? CHUNK_ALL : CHUNK_RANDOM, data[0]);
    (void)sec_end_feed(to, from->wire, from->wire_len, &c);
    if (to->got_len > said_len ||
        (to->got_len > 0 && memcmp(to->got, said, to->got_len) != 0)) {
        abort();
    }
    p2p__noise_fini(&to->n);
    p2p__noise_fini(&from->n);
    if (to->quota.used[P2P__Q_MEMORY] != 0) {
        abort();
    }
    from->wire_len = 0;
    to->got_len = 0;
    return 0;
}
