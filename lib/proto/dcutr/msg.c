/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See msg.h. Failure modes: what is no protobuf; a type that nobody knows,
 * which is told as such; addresses that are none or lead to nobody else, which
 * are passed over.
 */
#include "proto/dcutr/msg.h"

#include "wire/addr_class.h"
#include "wire/maddr.h"

#define FIELD_TYPE 1
#define FIELD_ADDR 2

static bool is_reachable(const struct p2p__addr *addr,
                         enum p2p__dcutr_reach reach)
{
    switch (p2p__addr_class(addr)) {
        case P2P__ADDR_PUBLIC:
            return true;
        case P2P__ADDR_PRIVATE:
        case P2P__ADDR_LINK_LOCAL:
        case P2P__ADDR_LOOPBACK:
            return reach == P2P__DCUTR_ALL;
        default:
            return false;
    }
}

bool p2p__dcutr_is_usable(const struct p2p_multiaddr *ma,
                          enum p2p__dcutr_reach reach)
{
    struct p2p__maddr_waist waist;

    return p2p__maddr_waist(ma, &waist) == 0 && waist.name[0] == '\0' &&
           waist.zone[0] == '\0' && waist.addr.port != 0 &&
           is_reachable(&waist.addr, reach) &&
           !p2p__maddr_has(ma, P2P_MULTIADDR_CIRCUIT);
}

bool p2p__dcutr_add(struct p2p__dcutr_addrs *to, const struct p2p_multiaddr *ma,
                    enum p2p__dcutr_reach reach)
{
    struct p2p_multiaddr one = *ma;

    p2p_multiaddr_strip_peer(&one);
    if (to->n == P2P__CAP_DCUTR_ADDRS || one.len > P2P__CAP_DCUTR_ADDR_BYTES ||
        !p2p__dcutr_is_usable(&one, reach)) {
        return false;
    }
    for (size_t i = 0; i < to->n; i++) {
        if (p2p_multiaddr_equal(&to->list[i], &one)) {
            return false;
        }
    }
    to->list[to->n++] = one;
    return true;
}

int p2p__dcutr_msg_read(struct p2p__slice in, enum p2p__dcutr_reach reach,
                        enum p2p__dcutr_type *type,
                        struct p2p__dcutr_addrs *addrs)
{
    struct p2p_multiaddr ma;
    struct p2p__pb_field f;
    struct p2p__pb r;

    *type = P2P__DCUTR_UNKNOWN;
    addrs->n = 0;
    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_UINT(FIELD_TYPE)) {
            *type = f.value == P2P__DCUTR_CONNECT || f.value == P2P__DCUTR_SYNC
                        ? (enum p2p__dcutr_type)f.value
                        : P2P__DCUTR_UNKNOWN;
        } else if (f.tag == P2P__PB_BYTES(FIELD_ADDR) &&
                   p2p_multiaddr_from_bytes(f.bytes.p, f.bytes.len, &ma) == 0) {
            (void)p2p__dcutr_add(addrs, &ma, reach);
        }
    }
    return r.err;
}

void p2p__dcutr_msg_write(struct p2p__pbw *w, enum p2p__dcutr_type type,
                          const struct p2p__dcutr_addrs *addrs)
{
    const size_t frame = p2p__pbw_open_frame(w);

    p2p__pbw_uint(w, FIELD_TYPE, (uint64_t)type);
    for (size_t i = 0; addrs != NULL && i < addrs->n; i++) {
        p2p__pbw_bytes(w, FIELD_ADDR, addrs->list[i].bytes, addrs->list[i].len);
    }
    p2p__pbw_close(w, frame);
}
