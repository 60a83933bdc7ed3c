/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where peers are: what was kept of it, is learnt, and what others say. See
 * bus.h and inner.h; kept.h holds it. */
#include <string.h>

#include "mesh/bus/inner.h"
#include "mesh/bus/relays.h"

void um_bus_known(const struct um_bus *bus, size_t peers,
                  void (*each)(void *user, const char *addr), void *user)
{
    for (const struct um_bus_entry *e = bus->peers; e != NULL; e = e->next) {
        if (peers > 0 && um_bus_is_part(bus, &e->id)) {
            um_kept_tell(&e->kept, &e->id, each, user);
            peers--;
        }
    }
}

/* Notes a way to a peer; its entry, or NULL: it is none. */
static struct um_bus_entry *note_way(struct um_bus *bus, const char *addr)
{
    struct p2p_multiaddr ma;
    struct p2p_peer_id id;
    struct um_bus_entry *e =
        p2p_multiaddr_from_text(addr, strlen(addr), &ma) == 0 &&
                p2p_multiaddr_peer(&ma, &id)
            ? um_bus_entry_for(bus, &id)
            : NULL;

    if (e != NULL) {
        p2p_multiaddr_strip_peer(&ma);
        um_kept_add(&e->kept, &ma);
    }
    return e;
}

void um_bus_recall(struct um_bus *bus, const char *addr)
{
    struct um_bus_entry *e = note_way(bus, addr);

    if (e != NULL) {
        e->changed_ns = p2p_loop_now_ns(bus->cfg.loop);
    }
}

void um_bus_learn(struct um_bus *bus, const char *addr)
{
    struct p2p_multiaddr ma;
    struct p2p_peer_id relay;
    struct um_bus_entry *e =
        p2p_multiaddr_from_text(addr, strlen(addr), &ma) == 0 &&
                um_relays_via(&ma, &relay)
            ? note_way(bus, addr)
            : NULL;

    if (e != NULL && !e->connected && um_bus_is_part(bus, &e->id) &&
        !um_bus_is_named(bus, &e->id)) {
        um_kept_hold(&e->kept, bus->host, &e->id);
    }
}

static void dial_addr(void *user, const char *addr)
{
    (void)p2p_host_dial(user, addr, NULL, NULL);
}

void um_bus_moved(struct um_bus *bus, const struct p2p_peer_info *info,
                  const char *by, bool is_signed)
{
    char id[P2P_PEER_ID_TEXT_MAX], at[P2P_MULTIADDR_TEXT_MAX];
    struct um_kept said = {.n = 0};
    bool noted = true;
    struct um_bus_entry *e =
        um_bus_is_member(bus, &info->peer) &&
                !p2p_peer_id_equal(&info->peer, um_bus_id(bus))
            ? um_bus_entry_for(bus, &info->peer)
            : NULL;

    if (e == NULL || (e->connected && !um_bus_sparing(bus, &e->id)) ||
        !um_kept_news(&e->kept, info)) {
        return;
    }
    um_kept_note(&said, info);
    if (is_signed) {
        um_kept_note(&e->kept, info);
    } else {
        noted = um_kept_hear(&e->kept, &said);
    }
    um_log_line(bus->cfg.log, noted ? UM_LOG_INFO : UM_LOG_DEBUG,
                "%s says that %s is at %s", by, p2p_peer_id_text(&e->id, id),
                p2p_multiaddr_text(&said.ways[0], at));
    if (!um_bus_is_named(bus, &e->id)) {
        um_kept_hold(&e->kept, bus->host, &e->id);
    }
    um_kept_tell(&said, &e->id, dial_addr, bus->host);
}
