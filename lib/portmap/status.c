/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What there is to tell of a portmap, to programs and people. */
#include <inttypes.h>

#include "base/config.h"
#include "base/text.h"
#include "portmap/internal.h"
#include "wire/addr_class.h"
#include "wire/maddr.h"

/* An address without a port as /ip4/…; empty: there is none. */
static struct p2p_multiaddr host_part(const struct p2p__addr *a)
{
    struct p2p_multiaddr ma = {0};

    if (a->family == 4) {
        (void)p2p__maddr_push(&ma, P2P_MULTIADDR_IP4, a->ip, 4);
    }
    return ma;
}

static struct p2p_multiaddr whole(const struct p2p__lease *row)
{
    struct p2p_multiaddr ma;

    p2p__maddr_from_addr(&row->outer,
                         row->inner.udp ? P2P_MULTIADDR_UDP : P2P_MULTIADDR_TCP,
                         &ma);
    return ma;
}

static const char *method_name(enum p2p__portmap_method method)
{
    static const char *const names[] = {"pcp", "nat-pmp", "upnp"};

    return names[method];
}

/* What each method came to. */
static void put_methods(struct p2p__text *t, const struct p2p__leases *l)
{
    static const char *const names[] = {"PCP", "NAT-PMP", "UPnP"};
    const char *between = "";

    for (unsigned m = 0; m < P2P__PORTMAP_METHODS; m++) {
        if (l->why[m] != NULL) {
            p2p__text_put(t, "%s%s: %s", between, names[m], l->why[m]);
            between = "; ";
        }
    }
}

/* The first port that is not told, and why. */
static void put_port(struct p2p__text *t, const struct p2p__leases *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct p2p__lease *row = &l->rows[i];

        if (row->why != NULL && !row->told) {
            p2p__text_put(t, "%s %u: %s", row->inner.udp ? "UDP" : "TCP",
                          row->inner.port, row->why);
            return;
        }
    }
}

static void put_why(struct p2p__text *t, const struct p2p_portmap *pm)
{
    const struct p2p__leases *l = &pm->leases;

    if (pm->is_public) {
        return; /* nothing has to be mapped */
    } else if (l->gateway.family == 0) {
        p2p__text_put(t, "there is no gateway");
    } else if (l->n == 0) {
        p2p__text_put(t, "no port is listened at that could be mapped");
    } else if (l->proven) {
        put_port(t, l);
    } else if (l->rounds > 0) { /* else it is being found out */
        put_methods(t, l);
    }
}

void p2p_portmap_status(const struct p2p_portmap *portmap,
                        struct p2p_portmap_status *out, size_t size)
{
    const struct p2p__leases *l = &portmap->leases;
    struct p2p_portmap_status own = {
        .gateway = host_part(&l->gateway),
        .internal = host_part(&portmap->own),
        .method = l->proven ? method_name(l->method) : NULL,
        .ports = (uint32_t)l->n,
        .is_public = portmap->is_public,
        .asked = portmap->asked,
        .failed = portmap->failed};
    struct p2p__text t = {.p = own.why, .cap = sizeof own.why};

    for (size_t i = 0; i < l->n; i++) {
        const struct p2p__lease *row = &l->rows[i];

        own.mapped += row->held ? 1 : 0;
        own.told += row->told ? 1 : 0;
        own.nat_behind =
            own.nat_behind ||
            (row->held && p2p__addr_class(&row->outer) != P2P__ADDR_PUBLIC);
    }
    put_why(&t, portmap);
    p2p__out_write(out, size, &own, sizeof own);
}

size_t p2p_portmap_ports(const struct p2p_portmap *portmap,
                         struct p2p_portmap_port *out, size_t cap, size_t size)
{
    const struct p2p__leases *l = &portmap->leases;
    const p2p_ns now = p2p__host_now(portmap->host);
    char *at = (char *)out;

    for (size_t i = 0; i < l->n && i < cap; i++) {
        const struct p2p__lease *row = &l->rows[i];
        struct p2p_portmap_port own = {.port = row->inner.port,
                                       .udp = row->inner.udp,
                                       .told = row->told,
                                       .why = row->why};

        if (row->held) {
            own.external = whole(row);
            own.left_s = (uint32_t)((row->ends > now ? row->ends - now : 0) /
                                    P2P__SEC(1));
        }
        p2p__out_write(at + i * size, size, &own, sizeof own);
    }
    return l->n;
}

static void head(struct p2p__text *t, const char *name, const char *type,
                 const char *help)
{
    p2p__text_put(t, "# TYPE p2p_portmap_%s %s\n# HELP p2p_portmap_%s %s\n",
                  name, type, name, help);
}

size_t p2p_portmap_metrics(const struct p2p_portmap *portmap, char *buf,
                           size_t cap)
{
    struct p2p__text t = {.p = buf, .cap = cap};
    struct p2p_portmap_status s;

    p2p_portmap_status(portmap, &s, sizeof s);
    head(&t, "ports", "gauge", "Ports that a gateway is to let in.");
    p2p__text_put(&t, "p2p_portmap_ports %" PRIu32 "\n", s.ports);
    head(&t, "mapped", "gauge", "Ports that it lets in, by method.");
    for (unsigned m = 0; m < P2P__PORTMAP_METHODS; m++) {
        const char *name = method_name((enum p2p__portmap_method)m);

        p2p__text_put(&t, "p2p_portmap_mapped{method=\"%s\"} %" PRIu32 "\n",
                      name, s.method == name ? s.mapped : 0);
    }
    head(&t, "told", "gauge", "Ports at it that others are told of.");
    p2p__text_put(&t, "p2p_portmap_told %" PRIu32 "\n", s.told);
    head(&t, "asked", "counter", "How often a gateway was asked.");
    p2p__text_put(&t, "p2p_portmap_asked_total %" PRIu64 "\n", s.asked);
    head(&t, "failed", "counter", "How often that brought nothing.");
    p2p__text_put(&t, "p2p_portmap_failed_total %" PRIu64 "\n", s.failed);
    return t.len;
}
