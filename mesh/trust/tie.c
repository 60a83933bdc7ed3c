/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See tie.h. */
#include "mesh/trust/tie.h"

#include <string.h>

/* A byte behind the member: what it goes over, and two flags. */
enum { OVER = 0x0f, RELAYED = 0x10, DIALLED = 0x20 };

#define RTT_MAX ((UINT32_C(1) << 24) - 1)

/* What a multiaddr has of each, the more special first: a secure WebSocket is
 * one, and all stand on TCP or UDP. */
static const struct {
    const char *part;
    enum um_tie_over over;
} parts[] = {{"/webtransport", UM_TIE_WEBTRANSPORT},
             {"/webrtc", UM_TIE_WEBRTC},
             {"/tls/ws", UM_TIE_WSS},
             {"/wss", UM_TIE_WSS},
             {"/ws", UM_TIE_WS},
             {"/quic", UM_TIE_QUIC},
             {"/tcp/", UM_TIE_TCP}};

void um_tie_addr(const char *addr, struct um_tie *t)
{
    t->relayed = strstr(addr, "/p2p-circuit") != NULL;
    t->over = UM_TIE_OTHER;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strstr(addr, parts[i].part) != NULL) {
            t->over = parts[i].over;
            return;
        }
    }
}

const char *um_tie_word(enum um_tie_over over)
{
    switch (over) {
        case UM_TIE_TCP:
            return "tcp";
        case UM_TIE_QUIC:
            return "quic";
        case UM_TIE_WS:
            return "ws";
        case UM_TIE_WSS:
            return "wss";
        case UM_TIE_WEBRTC:
            return "webrtc";
        case UM_TIE_WEBTRANSPORT:
            return "webtransport";
        case UM_TIE_OTHER:
            break;
    }
    return "other";
}

void um_tie_put(struct um_buf *out, const struct um_tie *t)
{
    uint32_t rtt = t->rtt_us < RTT_MAX ? t->rtt_us : RTT_MAX;
    const uint8_t rest[] = {
        (uint8_t)((unsigned)t->over | (t->relayed ? RELAYED : 0U) |
                  (t->dialled ? DIALLED : 0U)),
        (uint8_t)(rtt >> 16), (uint8_t)(rtt >> 8), (uint8_t)rtt};

    um_buf_add(out, t->member, sizeof t->member);
    um_buf_add(out, rest, sizeof rest);
}

bool um_tie_take(struct um_str *ties, struct um_tie *out)
{
    uint8_t b[UM_TIE_BYTES];
    unsigned over;

    if (ties->len < sizeof b) {
        return false;
    }
    memcpy(b, ties->p, sizeof b);
    *ties = um_str_skip(*ties, sizeof b);
    memcpy(out->member, b, sizeof out->member);
    over = b[UM_TIE_MEMBER_BYTES] & OVER;
    out->over =
        over <= UM_TIE_WEBTRANSPORT ? (enum um_tie_over)over : UM_TIE_OTHER;
    out->relayed = (b[UM_TIE_MEMBER_BYTES] & RELAYED) != 0;
    out->dialled = (b[UM_TIE_MEMBER_BYTES] & DIALLED) != 0;
    out->rtt_us = (uint32_t)b[9] << 16 | (uint32_t)b[10] << 8 | b[11];
    return true;
}

bool um_tie_fits(struct um_str ties)
{
    return ties.len % UM_TIE_BYTES == 0 &&
           ties.len / UM_TIE_BYTES <= UM__CAP_ROW_TIES;
}
