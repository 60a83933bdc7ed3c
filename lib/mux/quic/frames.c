/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One look at the frames of a packet before ngtcp2 has them: whether the peer
 * takes back connection ids that it gave us. The happy path steps over a frame
 * or two. What is not understood ends the look: ngtcp2 refuses it, too.
 */
#include "mux/quic/priv.h"

/* A frame's form: so many numbers, and bytes behind them. RFC 9000, 19. */
enum tail { UNKNOWN, NONE, COUNTED, REST, EIGHT, ID, ACK };

struct form {
    uint8_t numbers;
    uint8_t tail;
};

#define NEW_ID 0x18U

static const struct form forms[] = {
    [0x00] = {0, NONE},    [0x01] = {0, NONE},    [0x02] = {4, ACK},
    [0x03] = {4, ACK},     [0x04] = {3, NONE},    [0x05] = {2, NONE},
    [0x06] = {1, COUNTED}, [0x07] = {0, COUNTED}, [0x08] = {1, REST},
    [0x09] = {1, REST},    [0x0a] = {1, COUNTED}, [0x0b] = {1, COUNTED},
    [0x0c] = {2, REST},    [0x0d] = {2, REST},    [0x0e] = {2, COUNTED},
    [0x0f] = {2, COUNTED}, [0x10] = {1, NONE},    [0x11] = {2, NONE},
    [0x12] = {1, NONE},    [0x13] = {1, NONE},    [0x14] = {1, NONE},
    [0x15] = {2, NONE},    [0x16] = {1, NONE},    [0x17] = {1, NONE},
    [NEW_ID] = {2, ID},    [0x19] = {1, NONE},    [0x1a] = {0, EIGHT},
    [0x1b] = {0, EIGHT},   [0x1c] = {2, COUNTED}, [0x1d] = {1, COUNTED},
    [0x1e] = {0, NONE},    [0x30] = {0, REST},    [0x31] = {0, COUNTED},
};

/* Takes a number of QUIC's from the front; false: it is cut off. RFC 9000,
 * 16. */
static bool number(struct p2p__slice *in, uint64_t *value)
{
    const size_t n = in->len == 0 ? 1 : (size_t)1 << (in->p[0] >> 6);

    if (in->len < n) {
        return false;
    }
    *value = in->p[0] & 0x3f;
    for (size_t i = 1; i < n; i++) {
        *value = *value << 8 | in->p[i];
    }
    p2p__slice_skip(in, n);
    return true;
}

static bool skip(struct p2p__slice *in, uint64_t n)
{
    if (n > in->len) {
        return false;
    }
    p2p__slice_skip(in, (size_t)n);
    return true;
}

/* Steps over what follows the numbers of a frame; `count`: of an ACK's
 * ranges. */
static bool skip_tail(struct p2p__slice *in, uint8_t type, uint64_t count)
{
    uint64_t n = 0;

    switch (forms[type].tail) {
        case COUNTED:
            return number(in, &n) && skip(in, n);
        case REST:
            return skip(in, in->len);
        case EIGHT:
            return skip(in, 8);
        case ID:
            return in->len > 0 && skip(in, 1 + (uint64_t)in->p[0] + 16);
        case ACK: /* two numbers a range, of a byte at least */
            if (count > in->len / 2) {
                return false;
            }
            for (uint64_t left = 2 * count + (type == 0x03 ? 3 : 0); left > 0;
                 left--) {
                if (!number(in, &n)) {
                    return false;
                }
            }
            return true;
        default:
            return forms[type].tail == NONE;
    }
}

bool p2p__quic_takes_back(struct p2p__slice in)
{
    while (in.len > 0) {
        const uint8_t type = in.p[0];
        uint64_t n = 0, count = 0;

        p2p__slice_skip(&in, 1);
        if (type >= P2P__COUNT(forms)) {
            return false;
        }
        for (unsigned i = 0; i < forms[type].numbers; i++) {
            if (!number(&in, &n)) {
                return false;
            }
            count = i == 2 ? n : count;
        }
        if (type == NEW_ID && n > 0) {
            return true;
        }
        if (!skip_tail(&in, type, count)) {
            return false;
        }
    }
    return false;
}
