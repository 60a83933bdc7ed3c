/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* xoshiro256** by Blackman and Vigna, seeded by splitmix64. */
#include "base/rng.h"

static uint64_t rotl(uint64_t x, unsigned k)
{
    return (x << k) | (x >> (64U - k));
}

void p2p__rng_seed(struct p2p__rng *r, uint64_t seed)
{
    for (size_t i = 0; i < P2P__COUNT(r->s); i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15ULL);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        r->s[i] = z ^ (z >> 31);
    }
}

uint64_t p2p__rng_next(struct p2p__rng *r)
{
    uint64_t *s = r->s;
    const uint64_t result = rotl(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint64_t p2p__rng_below(struct p2p__rng *r, uint64_t bound)
{
    uint64_t reject, x;

    assert(bound > 0);
    reject = (0 - bound) % bound; /* 2^64 mod bound */
    do {
        x = p2p__rng_next(r);
    } while (x < reject);
    return x % bound;
}

void p2p__rng_fill(struct p2p__rng *r, void *p, size_t len)
{
    uint8_t *b = p;

    while (len > 0) {
        uint64_t x = p2p__rng_next(r);
        size_t n = p2p__min(len, sizeof x);

        for (size_t i = 0; i < n; i++) {
            b[i] = (uint8_t)(x >> (8 * i));
        }
        b += n;
        len -= n;
    }
}
