/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The DHT of a mesh: a way to find where members are, and nothing else. Happy
 * path: who is missed is looked for among members, who tell where they last met
 * him; he is dialed there, and has to prove who he is. Nothing is put into it.
 * Failure modes: nobody knows, and the next one who is missed is looked for; a
 * host is part of one DHT until its end, and has none in a mesh that it came to
 * from another one.
 */
#include <string.h>

#include "mesh/bus/inner.h"

/* Between two searches. */
#define PAUSE_NS UINT64_C(20000000000)

/* Members are often in one network. */
#define PER_NETWORK 1024U

static bool is_in(void *user, const struct p2p_peer_id *peer)
{
    const struct um_bus *bus = user;

    return bus->looks && um_bus_is_member(bus, peer);
}

/* The host is part of a DHT already: of this one, or it is told once. */
static void look_again(struct um_bus *bus, const char *prefix)
{
    bus->looks = strcmp(bus->dht, prefix) == 0;
    if (!bus->looks && !bus->strange) {
        bus->strange = true;
        um_log_line(bus->cfg.log, UM_LOG_WARN,
                    "members are not found by the DHT of this mesh before this "
                    "node is restarted: it is part of that of another mesh");
    }
}

int um_bus_dht(struct um_bus *bus, const char *prefix)
{
    struct p2p_dht_config cfg = P2P_DHT_CONFIG_INIT;
    int rv;

    if (prefix == NULL) {
        bus->looks = bus->strange = false;
        return 0;
    }
    if (bus->dht[0] != '\0') {
        look_again(bus, prefix);
        return 0;
    }
    if (strlen(prefix) >= sizeof bus->dht) {
        return P2P_EINVAL;
    }
    cfg.prefix = prefix;
    cfg.server = true;
    cfg.max_per_network = PER_NETWORK;
    cfg.allow = is_in;
    cfg.user = bus;
    bus->looks = true;
    rv = p2p_dht_join(bus->host, &cfg);
    bus->looks = rv == 0;
    if (rv == 0) {
        memcpy(bus->dht, prefix, strlen(prefix) + 1);
    }
    return rv;
}

static void on_found(void *user, const struct p2p_dht_result *r)
{
    struct um_bus *bus = user;
    const struct p2p_peer_info info = {
        .peer = bus->sought, .addrs = r->addrs, .n_addrs = r->n_addrs};

    bus->seeking = false;
    bus->seek_ns = p2p_loop_now_ns(bus->cfg.loop) + PAUSE_NS;
    if (r->n_addrs > 0 && !bus->closing) {
        um_bus_moved(bus, &info, "a member, over the DHT,", false);
    }
}

bool um_bus_look_up(struct um_bus *bus, const struct p2p_peer_id *peer)
{
    struct p2p_dht_want want = P2P_DHT_WANT_INIT;

    if (!bus->looks || bus->seeking ||
        p2p_loop_now_ns(bus->cfg.loop) < bus->seek_ns) {
        return false;
    }
    want.done = on_found;
    want.user = bus;
    bus->sought = *peer;
    bus->seeking = p2p_dht_find_peer(bus->host, peer, &want, NULL) == 0;
    return bus->seeking;
}
