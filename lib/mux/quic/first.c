/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What can be said of a datagram before there is a connection for it. */
#include "mux/quic/priv.h"

enum p2p__quic_kind p2p__quic_look(const struct p2p__slice *in,
                                   struct p2p__quic_first *first)
{
    ngtcp2_version_cid vc;
    int rv =
        ngtcp2_pkt_decode_version_cid(&vc, in->p, in->len, P2P__QUIC_ID_BYTES);

    *first = (struct p2p__quic_first){0};
    if ((rv != 0 && rv != NGTCP2_ERR_VERSION_NEGOTIATION) ||
        vc.dcidlen > P2P__QUIC_ID_MAX || vc.scidlen > P2P__QUIC_ID_MAX) {
        return P2P__QUIC_JUNK;
    }
    first->version = vc.version;
    first->dcid.len = (uint8_t)vc.dcidlen;
    first->scid.len = (uint8_t)vc.scidlen;
    memcpy(first->dcid.bytes, vc.dcid, vc.dcidlen);
    if (vc.scidlen > 0) {
        memcpy(first->scid.bytes, vc.scid, vc.scidlen);
    }
    if (rv == NGTCP2_ERR_VERSION_NEGOTIATION) {
        return P2P__QUIC_OTHER_VERSION;
    }
    return (in->p[0] & 0x80) != 0 ? P2P__QUIC_LONG : P2P__QUIC_SHORT;
}

bool p2p__quic_is_first(const struct p2p__slice *in,
                        struct p2p__quic_first *first)
{
    ngtcp2_pkt_hd hd;

    if (ngtcp2_accept(&hd, in->p, in->len) != 0 ||
        hd.version != NGTCP2_PROTO_VER_V1) {
        return false;
    }
    *first = (struct p2p__quic_first){.version = hd.version,
                                      .dcid = p2p__quic_id_from(&hd.dcid),
                                      .scid = p2p__quic_id_from(&hd.scid),
                                      .token = p2p__ng_token_of(&hd)};
    return true;
}
