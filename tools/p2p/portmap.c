/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ports of a node that its gateway lets in, and what it says of them. */
#include <string.h>

#include "json.h"
#include "node.h"

#ifdef WITH_PORTMAP
#include <p2p/portmap.h>

/* Ports that are shown. */
#define SHOWN 32U

static void on_closed(void *user)
{
    struct node *n = user;

    n->portmap = NULL;
    p2p_loop_stop(n->loop);
}

/* An address, or null where there is none. */
static void put_addr(struct json *j, const char *key,
                     const struct p2p_multiaddr *ma)
{
    if (ma->len > 0) {
        json_addr(j, key, ma);
    } else {
        json_null(j, key);
    }
}

static void put_text(struct json *j, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        json_text(j, key, text);
    } else {
        json_null(j, key);
    }
}

/* The ports with these addresses of theirs that others are told, or not. */
static void put_ports(struct json *j, const char *key,
                      const struct p2p_portmap_port *ports, size_t n, bool told)
{
    json_array(j, key);
    for (size_t i = 0; i < n; i++) {
        if (ports[i].external.len > 0 && ports[i].told == told) {
            json_addr(j, NULL, &ports[i].external);
        }
    }
    json_array_end(j);
}

/* The longest that one of them lasts without being renewed. */
static uint32_t longest(const struct p2p_portmap_port *ports, size_t n)
{
    uint32_t left = 0;

    for (size_t i = 0; i < n; i++) {
        left = ports[i].left_s > left ? ports[i].left_s : left;
    }
    return left;
}

static void put(const struct node *n, struct json *j)
{
    struct p2p_portmap_port ports[SHOWN];
    struct p2p_portmap_status s;
    size_t count = p2p_portmap_ports(n->portmap, ports, SHOWN, sizeof ports[0]);

    count = count < SHOWN ? count : SHOWN;
    p2p_portmap_status(n->portmap, &s, sizeof s);
    put_addr(j, "gateway", &s.gateway);
    put_addr(j, "internal", &s.internal);
    put_text(j, "method", s.method);
    put_ports(j, "told", ports, count, true);
    put_ports(j, "not_told", ports, count, false);
    json_uint(j, "ports", s.ports);
    json_uint(j, "mapped", s.mapped);
    json_uint(j, "left_s", longest(ports, count));
    json_uint(j, "asked", s.asked);
    json_uint(j, "failed", s.failed);
    json_bool(j, "nat_behind", s.nat_behind);
    json_bool(j, "public", s.is_public);
    put_text(j, "why", s.why);
}

static void on_changed(void *user)
{
    const struct node *n = user;
    struct json j;

    if (!n->opts.quiet) {
        json_begin(&j, "portmap");
        put(n, &j);
        json_end(&j);
    }
}

int node_portmap_start(struct node *n)
{
    struct p2p_portmap_config cfg = P2P_PORTMAP_CONFIG_INIT;
    const char *only = n->opts.portmap_by;

    if (!n->opts.portmap) {
        return 0;
    }
    cfg.lifetime_s = n->opts.portmap_s;
    cfg.no_pcp = only != NULL && strcmp(only, "pcp") != 0;
    cfg.no_natpmp = only != NULL && strcmp(only, "nat-pmp") != 0;
    cfg.no_upnp = only != NULL && strcmp(only, "upnp") != 0;
    cfg.changed = on_changed;
    cfg.user = n;
    return p2p_portmap_new(n->loop, n->host, &cfg, &n->portmap);
}

void node_end(struct node *n)
{
    if (n->portmap == NULL || n->ending) {
        p2p_loop_stop(n->loop);
        return;
    }
    n->ending = true;
    p2p_portmap_close(n->portmap, on_closed, n);
}

void node_portmap_stop(struct node *n)
{
    p2p_portmap_free(n->portmap);
    n->portmap = NULL;
}

void node_portmap(struct node *n, const char *cmd, char *rest)
{
    struct json j;

    (void)rest;
    if (n->portmap == NULL) {
        node_reply(cmd, P2P_ENOTSUP); /* no --portmap */
        return;
    }
    json_reply(&j, cmd, 0);
    put(n, &j);
    json_end(&j);
}
#else
int node_portmap_start(struct node *n)
{
    return n->opts.portmap ? P2P_ENOTSUP : 0;
}

void node_end(struct node *n)
{
    p2p_loop_stop(n->loop);
}

void node_portmap_stop(struct node *n)
{
    (void)n;
}

void node_portmap(struct node *n, const char *cmd, char *rest)
{
    (void)n;
    (void)rest;
    node_reply(cmd, P2P_ENOTSUP);
}
#endif
