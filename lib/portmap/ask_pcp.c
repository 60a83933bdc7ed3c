/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Asks by PCP. Happy path: a datagram goes to the gateway, its answer comes
 * back with our nonce. Failure modes: it is sent again, at longer and longer
 * intervals; what comes from elsewhere, or is about something else, was not
 * heard.
 */
#include "portmap/internal.h"

/* When it is sent again the first time; then after twice as long. The RFC's 3 s
 * are for gateways that are far away: this one is next to us, and other
 * methods wait. */
#define AGAIN_NS P2P__MS(250)
#define SENDINGS 4U

/* Sends the request, again. */
static void send_it(struct p2p_portmap *pm, p2p_ns now)
{
    struct p2p__portmap_pcp *a = &pm->pcp;
    struct p2p__addr to = pm->leases.gateway;

    to.port = P2P__PCP_PORT;
    if (a->udp->send(a->udp, a->request, sizeof a->request, &to, 0) != 0) {
        a->unsent++;
    }
    p2p__timer_set(&a->timer, p2p__ns_after(now, AGAIN_NS << a->sent));
    a->sent++;
}

static void end(struct p2p__portmap_pcp *a)
{
    a->asking = false;
    p2p__timer_set(&a->timer, P2P_NEVER);
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p_portmap *pm =
        P2P__CONTAINER(timer, struct p2p_portmap, pcp.timer);

    if (!pm->pcp.asking) {
        return;
    }
    if (pm->pcp.sent < SENDINGS) {
        send_it(pm, now);
        return;
    }
    end(&pm->pcp);
    if (pm->pcp.unsent == pm->pcp.sent) {
        p2p__portmap_failed(pm, P2P__PORTMAP_UNSENT,
                            "nothing can be sent to it");
        return;
    }
    p2p__portmap_failed(pm, P2P__PORTMAP_SILENT, "it does not answer");
}

/* Whether an answer is one to what we asked. */
static bool is_ours(const struct p2p__portmap_order *o,
                    const struct p2p__pcp_answer *a)
{
    return memcmp(a->map.nonce, o->nonce, sizeof o->nonce) == 0 &&
           a->map.inner.udp == o->inner.udp &&
           a->map.inner.port == o->inner.port;
}

static void on_datagram(void *user, struct p2p__slice in,
                        const struct p2p__addr *from, uint32_t ifindex,
                        p2p_ns now)
{
    struct p2p_portmap *pm = user;
    struct p2p__pcp_answer a;
    int rv;

    (void)ifindex;
    (void)now;
    if (!pm->pcp.asking || from->port != P2P__PCP_PORT ||
        !p2p__addr_same_ip(from, &pm->leases.gateway)) {
        return;
    }
    rv = p2p__pcp_read_map(in, &a);
    if (rv == P2P_ENOTSUP || (rv == 0 && p2p__pcp_result_is_unable(a.result))) {
        end(&pm->pcp);
        p2p__portmap_failed(pm, P2P__PORTMAP_UNABLE, "it does not speak it");
    } else if (rv == 0 && is_ours(&pm->pcp.order, &a)) {
        const struct p2p__portmap_answer answer = {
            .outcome = a.result == 0 ? P2P__PORTMAP_DONE : P2P__PORTMAP_REFUSED,
            .why = p2p__pcp_result_text(a.result),
            .outer = a.map.outer,
            .lifetime_s = a.map.lifetime_s,
            .has_epoch = true,
            .epoch = a.epoch};

        end(&pm->pcp);
        p2p__portmap_answered(pm, &answer);
    }
}

/* A socket with the address that the request says we have. */
static bool open_socket(struct p2p_portmap *pm)
{
    static const struct p2p__udp_cb cb = {.datagram = on_datagram};
    struct p2p__net *net = pm->host->world->net;
    struct p2p__portmap_pcp *a = &pm->pcp;
    int err;

    if (a->udp != NULL && p2p__addr_same_ip(&a->own, &pm->own)) {
        return true;
    }
    if (a->udp != NULL) {
        a->udp->close(a->udp);
    }
    a->own = pm->own;
    a->own.port = 0;
    a->udp = net->udp(net, &a->own, false, &cb, pm, &err);
    return a->udp != NULL;
}

void p2p__portmap_pcp_init(struct p2p_portmap *pm)
{
    p2p__timer_init(&pm->pcp.timer, pm->host->world->q, on_due);
}

void p2p__portmap_pcp_ask(struct p2p_portmap *pm,
                          const struct p2p__portmap_order *order, p2p_ns now)
{
    struct p2p__portmap_pcp *a = &pm->pcp;
    struct p2p__pcp_map map = {.inner = order->inner,
                               .outer = order->outer,
                               .lifetime_s = order->lifetime_s};

    if (!open_socket(pm)) {
        p2p__portmap_failed(pm, P2P__PORTMAP_UNSENT, "there is no socket");
        return;
    }
    a->order = *order;
    a->asking = true;
    a->sent = a->unsent = 0;
    memcpy(map.nonce, order->nonce, sizeof map.nonce);
    p2p__pcp_write_map(a->request, &pm->own, &map);
    send_it(pm, now);
}

void p2p__portmap_pcp_fini(struct p2p_portmap *pm)
{
    p2p__timer_fini(&pm->pcp.timer);
    if (pm->pcp.udp != NULL) {
        pm->pcp.udp->close(pm->pcp.udp);
    }
}

static void on_announcement(void *user, struct p2p__slice in,
                            const struct p2p__addr *from, uint32_t ifindex,
                            p2p_ns now)
{
    struct p2p_portmap *pm = user;
    uint32_t epoch;

    (void)ifindex;
    if (from->port == P2P__PCP_PORT &&
        p2p__addr_same_ip(from, &pm->leases.gateway) &&
        p2p__pcp_read_announce(in, &epoch) == 0) {
        p2p__leases_announced(&pm->leases, epoch, now);
        p2p__mark(&pm->job);
    }
}

/* Every machine is in the group that they go to. */
void p2p__portmap_listen(struct p2p_portmap *pm)
{
    static const struct p2p__udp_cb cb = {.datagram = on_announcement};
    static const struct p2p__addr at = {.family = 4,
                                        .port = P2P__PCP_ANNOUNCE_PORT};
    struct p2p__net *net = pm->host->world->net;
    int err;

    pm->announced = net->udp(net, &at, true, &cb, pm, &err);
}
