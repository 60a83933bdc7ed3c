/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Asks by NAT-PMP, with libnatpmp, whose socket is watched by the loop. Happy
 * path: the gateway says its address, then maps the port. Failure modes:
 * libnatpmp sends again and again for a minute; we wait three seconds.
 */
#include <netinet/in.h>

#include "base/mem.h"
#include "portmap/internal.h"
#include "uv/loop.h"

static void on_poll_closed(uv_handle_t *h)
{
    p2p__free(h);
}

/* Nothing is asked any more. */
static void end(struct p2p__portmap_natpmp *a)
{
    if (a->poll != NULL) {
        uv_close((uv_handle_t *)a->poll, on_poll_closed);
    }
    if (a->lib != NULL) {
        (void)closenatpmp(a->lib);
    }
    p2p__free(a->lib);
    a->lib = NULL;
    a->poll = NULL;
    p2p__timer_set(&a->timer, P2P_NEVER);
}

static void fail(struct p2p_portmap *pm, enum p2p__portmap_outcome outcome,
                 const char *why)
{
    end(&pm->natpmp);
    p2p__portmap_failed(pm, outcome, why);
}

/* What an error of the library's means. */
static void fail_by(struct p2p_portmap *pm, int error)
{
    switch (error) {
        case NATPMP_ERR_UNSUPPORTEDVERSION:
        case NATPMP_ERR_UNSUPPORTEDOPCODE:
        case NATPMP_ERR_NOGATEWAYSUPPORT:
            fail(pm, P2P__PORTMAP_UNABLE, "it does not speak it");
            break;
        case NATPMP_ERR_NOTAUTHORIZED:
            fail(pm, P2P__PORTMAP_REFUSED, "it does not allow it");
            break;
        case NATPMP_ERR_NETWORKFAILURE:
            fail(pm, P2P__PORTMAP_REFUSED, "its own network fails");
            break;
        case NATPMP_ERR_OUTOFRESOURCES:
            fail(pm, P2P__PORTMAP_REFUSED, "it has no room for more");
            break;
        default:
            fail(pm, P2P__PORTMAP_SILENT, "it does not answer");
            break;
    }
}

/* When the library wants to be asked again, and when that is enough. */
static void arm(struct p2p__portmap_natpmp *a, p2p_ns now)
{
    struct timeval tv = {0};
    p2p_ns at = a->ends;

    if (getnatpmprequesttimeout(a->lib, &tv) == 0) {
        const p2p_ns span =
            tv.tv_sec < 0 ? 0
                          : P2P__SEC(tv.tv_sec) + P2P__US(tv.tv_usec + 1000);

        at = p2p__ns_min(at, p2p__ns_after(now, span));
    }
    p2p__timer_set(&a->timer, at);
}

/* Asks for the port, behind the address. */
static int ask_port(struct p2p__portmap_natpmp *a)
{
    const struct p2p__portmap_order *o = &a->order;

    return sendnewportmappingrequest(
        a->lib, o->inner.udp ? NATPMP_PROTOCOL_UDP : NATPMP_PROTOCOL_TCP,
        o->inner.port, o->lifetime_s == 0 ? 0 : o->outer.port, o->lifetime_s);
}

static void mapped(struct p2p_portmap *pm, const natpmpresp_t *r)
{
    struct p2p__portmap_natpmp *a = &pm->natpmp;
    struct p2p__portmap_answer answer = {
        .outcome = P2P__PORTMAP_DONE,
        .outer = a->outer,
        .lifetime_s = r->pnu.newportmapping.lifetime,
        .has_epoch = true,
        .epoch = r->epoch};

    answer.outer.port = r->pnu.newportmapping.mappedpublicport;
    end(a);
    p2p__portmap_answered(pm, &answer);
}

/* The gateway said something; whether another request is under way. */
static bool heard(struct p2p_portmap *pm, const natpmpresp_t *r)
{
    struct p2p__portmap_natpmp *a = &pm->natpmp;

    if (!a->has_outer && r->type == NATPMP_RESPTYPE_PUBLICADDRESS) {
        a->has_outer = true;
        a->outer = (struct p2p__addr){.family = 4};
        memcpy(a->outer.ip, &r->pnu.publicaddress.addr, 4);
        if (ask_port(a) < 0) {
            fail(pm, P2P__PORTMAP_UNSENT, "nothing can be sent to it");
            return false;
        }
    } else if (a->has_outer &&
               r->type == (a->order.inner.udp
                               ? NATPMP_RESPTYPE_UDPPORTMAPPING
                               : NATPMP_RESPTYPE_TCPPORTMAPPING) &&
               r->pnu.newportmapping.privateport == a->order.inner.port) {
        mapped(pm, r);
        return false;
    } else {
        /* The same once more; the library takes any for what was asked for. */
        a->lib->has_pending_request = 1;
    }
    return true;
}

static void step(struct p2p_portmap *pm, p2p_ns now)
{
    struct p2p__portmap_natpmp *a = &pm->natpmp;
    natpmpresp_t r;
    int rv;

    if (a->lib == NULL) {
        return;
    }
    if (now >= a->ends) {
        fail(pm, P2P__PORTMAP_SILENT, "it does not answer");
        return;
    }
    memset(&r, 0, sizeof r);
    rv = readnatpmpresponseorretry(a->lib, &r);
    if (rv == NATPMP_TRYAGAIN || rv == NATPMP_ERR_WRONGPACKETSOURCE ||
        (rv == 0 && heard(pm, &r))) {
        arm(a, now);
    } else if (rv != 0) {
        fail_by(pm, rv);
    }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct p2p_portmap *pm = poll->data;

    (void)status;
    (void)events;
    step(pm, p2p__host_now(pm->host));
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    step(P2P__CONTAINER(timer, struct p2p_portmap, natpmp.timer), now);
}

void p2p__portmap_natpmp_init(struct p2p_portmap *pm)
{
    p2p__timer_init(&pm->natpmp.timer, pm->host->world->q, on_due);
}

/* The library with its socket, watched. */
static bool begin(struct p2p_portmap *pm)
{
    struct p2p__portmap_natpmp *a = &pm->natpmp;
    in_addr_t gateway;
    natpmp_t *lib;
    uv_poll_t *poll;

    memcpy(&gateway, pm->leases.gateway.ip, sizeof gateway);
    lib = p2p__zalloc(sizeof *lib);
    poll = p2p__zalloc(sizeof *poll);
    if (lib == NULL || poll == NULL || initnatpmp(lib, 1, gateway) != 0) {
        if (lib != NULL && poll != NULL) {
            (void)closenatpmp(lib); /* it keeps its socket when it fails */
        }
        p2p__free(lib);
        p2p__free(poll);
        return false;
    }
    a->lib = lib;
    if (uv_poll_init(p2p_loop_uv(pm->loop), poll, lib->s) != 0) {
        p2p__free(poll);
        return false;
    }
    poll->data = pm;
    a->poll = poll;
    return uv_poll_start(poll, UV_READABLE, on_readable) == 0;
}

void p2p__portmap_natpmp_ask(struct p2p_portmap *pm,
                             const struct p2p__portmap_order *order, p2p_ns now)
{
    struct p2p__portmap_natpmp *a = &pm->natpmp;
    int rv;

    assert(a->lib == NULL);
    if (pm->loop == NULL || !begin(pm)) {
        fail(pm, P2P__PORTMAP_UNSENT, "there is no socket");
        return;
    }
    a->order = *order;
    a->ends = p2p__ns_after(now, P2P__PORTMAP_PATIENCE);
    a->has_outer = order->lifetime_s == 0; /* it does not matter then */
    rv = a->has_outer ? ask_port(a) : sendpublicaddressrequest(a->lib);
    if (rv < 0) {
        fail(pm, P2P__PORTMAP_UNSENT, "nothing can be sent to it");
        return;
    }
    arm(a, now);
}

void p2p__portmap_natpmp_fini(struct p2p_portmap *pm)
{
    end(&pm->natpmp);
    p2p__timer_fini(&pm->natpmp.timer);
}
