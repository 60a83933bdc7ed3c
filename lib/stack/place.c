/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See place.h. */
#include "stack/place.h"

#include "base/mem.h"

static bool is_plain(const struct p2p_transport *t)
{
    return t->channel == NULL && t->own == NULL && t->dial == NULL;
}

int p2p__place_init(struct p2p__place *p, const struct p2p__via *via,
                    const struct p2p_multiaddr *ma)
{
    *p = (struct p2p__place){.via = via};
    if (is_plain(via->ops)) {
        return 0;
    }
    p->bytes = p2p__memdup(ma->bytes, ma->len);
    p->len = ma->len;
    return p->bytes == NULL ? P2P_ENOMEM : 0;
}

void p2p__place_fini(struct p2p__place *p)
{
    p2p__free(p->bytes);
    p->bytes = NULL;
}

void p2p__place_given(const struct p2p__place *p, const struct p2p__addr *addr,
                      struct p2p_multiaddr *out)
{
    if (p->bytes == NULL) {
        p2p__place_at(p, addr, out);
        return;
    }
    memcpy(out->bytes, p->bytes, p->len);
    out->len = p->len;
}

void p2p__place_at(const struct p2p__place *p, const struct p2p__addr *addr,
                   struct p2p_multiaddr *out)
{
    struct p2p_multiaddr given;
    struct p2p__maddr_waist waist;

    if (p->via->ops->dial != NULL) { /* no socket address is of it */
        p2p__place_given(p, addr, out);
        return;
    }
    p2p__maddr_from_addr(addr, p->via->ops->port_code, out);
    if (p->bytes == NULL) {
        return;
    }
    p2p__place_given(p, addr, &given);
    if (p2p__maddr_waist(&given, &waist) == 0 &&
        out->len + given.len - waist.rest <= sizeof out->bytes) {
        memcpy(out->bytes + out->len, given.bytes + waist.rest,
               given.len - waist.rest);
        out->len = (uint16_t)(out->len + given.len - waist.rest);
    }
}
