/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See codes.h. */
#include "stack/codes.h"

#include "base/types.h"
#include "p2p/err.h"

struct pair {
    int status;
    uint32_t code;
};

static const struct pair conns[] = {
    {P2P_EGATED, P2P__CODE_CONN_GATED},
    {P2P_ELIMIT, P2P__CODE_CONN_LIMIT},
};

static const struct pair streams[] = {
    {P2P_ENOPROTO, P2P__CODE_STREAM_NOPROTO},
    {P2P_ELIMIT, P2P__CODE_STREAM_LIMIT},
    {P2P_EPROTO, P2P__CODE_STREAM_PROTO},
};

static uint32_t code_of(const struct pair *p, size_t n, int status)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i].status == status) {
            return p[i].code;
        }
    }
    return P2P__CODE_NONE;
}

static int status_of(const struct pair *p, size_t n, uint64_t code, int none)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i].code == code) {
            return p[i].status;
        }
    }
    return none;
}

uint32_t p2p__code_of_conn(int status)
{
    return code_of(conns, P2P__COUNT(conns), status);
}

uint32_t p2p__code_of_stream(int status)
{
    return code_of(streams, P2P__COUNT(streams), status);
}

int p2p__code_conn_status(uint64_t code, int none)
{
    return status_of(conns, P2P__COUNT(conns), code, none);
}

int p2p__code_stream_status(uint64_t code, int none)
{
    return status_of(streams, P2P__COUNT(streams), code, none);
}
