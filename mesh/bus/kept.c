/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See kept.h. The library dials, with pauses that grow. Failure mode: no
 * memory, and the peer is not dialed again. */
#include "mesh/bus/kept.h"

#include <string.h>

#include <p2p/p2p.h>

#include "mesh/bus/relays.h"

bool um_kept_ip(const struct p2p_multiaddr *ma, struct um_ip *ip)
{
    struct p2p_multiaddr_part part;
    size_t at = 0;

    *ip = (struct um_ip){0};
    while (p2p_multiaddr_next(ma, &at, &part)) {
        if (part.code == P2P_MULTIADDR_IP4 || part.code == P2P_MULTIADDR_IP6) {
            ip->len = (uint8_t)part.len;
            memcpy(ip->bytes, part.value, part.len);
            return true;
        }
    }
    return false;
}

/* TCP or UDP, or a relay: what a multiaddr goes over; 0: neither. */
static uint32_t port_code(const struct p2p_multiaddr *ma)
{
    struct p2p_multiaddr_part part;
    struct p2p_peer_id relay;
    size_t at = 0;

    if (um_relays_via(ma, &relay)) {
        return P2P_MULTIADDR_CIRCUIT;
    }
    while (p2p_multiaddr_next(ma, &at, &part)) {
        if (part.code == P2P_MULTIADDR_TCP || part.code == P2P_MULTIADDR_UDP) {
            return part.code;
        }
    }
    return 0;
}

/* Whether a way is noted that is the same, or goes over the same. */
static bool has(const struct um_kept *k, const struct p2p_multiaddr *ma,
                bool same)
{
    for (size_t i = 0; i < k->n; i++) {
        if (same ? p2p_multiaddr_equal(&k->ways[i], ma)
                 : port_code(&k->ways[i]) == port_code(ma)) {
            return true;
        }
    }
    return false;
}

/* Puts a way behind those that there are, if there is room for one of its
 * kind. */
static void put(struct um_kept *k, const struct p2p_multiaddr *ma)
{
    struct p2p_peer_id relay;
    bool via = um_relays_via(ma, &relay);
    bool room =
        via ? k->n_vias < UM_KEPT_VIAS : k->n - k->n_vias < UM_KEPT_WAYS;

    if (room) {
        k->n_vias += via;
        k->ways[k->n++] = *ma;
    }
}

/* Loopback is another machine's, unless it is all that there is. */
void um_kept_note(struct um_kept *k, const struct p2p_peer_info *info)
{
    bool far = false;
    struct um_ip ip;

    for (size_t i = 0; i < info->n_addrs; i++) {
        far = far ||
              (um_kept_ip(&info->addrs[i], &ip) && !um_ip_is_loopback(&ip));
    }
    k->n = k->n_vias = 0;
    for (size_t i = 0; i < 2 * info->n_addrs; i++) {
        const struct p2p_multiaddr *ma = &info->addrs[i % info->n_addrs];

        if (um_kept_ip(ma, &ip) && far != um_ip_is_loopback(&ip) &&
            !has(k, ma, i >= info->n_addrs)) {
            put(k, ma);
        }
    }
}

bool um_kept_news(const struct um_kept *k, const struct p2p_peer_info *info)
{
    struct um_kept said = {.n = 0};
    bool news = false;

    um_kept_note(&said, info);
    for (size_t i = 0; i < said.n && !news; i++) {
        news = !has(k, &said.ways[i], true);
    }
    return news;
}

/* Forgets the way by a relay that was noted first. */
static void drop_via(struct um_kept *k)
{
    struct p2p_peer_id relay;
    size_t i = 0;

    while (!um_relays_via(&k->ways[i], &relay)) {
        i++;
    }
    k->n--;
    k->n_vias--;
    memmove(&k->ways[i], &k->ways[i + 1], (k->n - i) * sizeof *k->ways);
}

void um_kept_add(struct um_kept *k, const struct p2p_multiaddr *ma)
{
    struct p2p_peer_id relay;

    if (has(k, ma, true)) {
        return;
    }
    if (k->n_vias == UM_KEPT_VIAS && um_relays_via(ma, &relay)) {
        drop_via(k);
    }
    put(k, ma);
}

bool um_kept_hear(struct um_kept *k, const struct um_kept *said)
{
    const uint8_t before = k->n;

    for (size_t i = 0; i < said->n; i++) {
        if (!has(k, &said->ways[i], true)) {
            put(k, &said->ways[i]);
        }
    }
    return k->n > before;
}

void um_kept_tell(const struct um_kept *k, const struct p2p_peer_id *id,
                  void (*each)(void *user, const char *addr), void *user)
{
    char text[P2P_MULTIADDR_TEXT_MAX];

    for (size_t i = 0; i < k->n; i++) {
        struct p2p_multiaddr ma = k->ways[i];

        if (p2p_multiaddr_append_peer(&ma, id) == 0) {
            each(user, p2p_multiaddr_text(&ma, text));
        }
    }
}

static void note_addr(void *user, const char *addr)
{
    (void)p2p_host_add_addr(user, addr, 0);
}

void um_kept_hold(struct um_kept *k, struct p2p_host *host,
                  const struct p2p_peer_id *id)
{
    um_kept_tell(k, id, note_addr, host);
    k->held = k->held || (k->n > 0 && p2p_host_keep(host, id, true) == 0);
}

void um_kept_guard(struct um_kept *k, struct p2p_host *host,
                   const struct p2p_peer_id *id, bool guarded)
{
    if (k->guarded != guarded && p2p_host_protect(host, id, guarded) == 0) {
        k->guarded = guarded;
    }
}

void um_kept_drop(struct um_kept *k, struct p2p_host *host,
                  const struct p2p_peer_id *id)
{
    um_kept_guard(k, host, id, false);
    if (k->held) {
        k->held = false;
        (void)p2p_host_keep(host, id, false);
    }
}
