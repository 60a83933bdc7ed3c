/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where a node can be reached, as servers of AutoNAT say. */
#include "json.h"
#include "node.h"

/* Entries that are shown. */
#define SHOWN 32U

static const char *text_of(enum p2p_reachability verdict)
{
    switch (verdict) {
        case P2P_REACHABLE:
            return "public";
        case P2P_UNREACHABLE:
            return "private";
        case P2P_REACHABILITY_UNKNOWN:
            break;
    }
    return "unknown";
}

/* One verdict: that of the host has no address, and may be v1's. */
static void print(const struct p2p_reachability_info *what)
{
    struct json j;

    json_begin(&j, "reachability");
    json_text(&j, "status", text_of(what->verdict));
    if (what->addr.len > 0) {
        json_uint(&j, "version", 2);
        json_addr(&j, "addr", &what->addr);
        json_uint(&j, "yes", what->yes);
        json_uint(&j, "no", what->no);
        json_bool(&j, "observed", what->observed);
    } else {
        json_null(&j, "version");
        json_null(&j, "addr");
    }
    json_end(&j);
}

static void on_changed(void *user, const struct p2p_reachability_info *what)
{
    const struct node *n = user;

    if (!n->opts.quiet) {
        print(what);
    }
}

void node_set_autonat(struct node *n, struct p2p_autonat_config *client,
                      struct p2p_autonat_server_config *server)
{
    client->servers = n->opts.autonat_agree;
    client->witnesses = n->opts.autonat_seen;
    client->private_addrs = server->private_addrs = n->opts.autonat_private;
    client->changed = on_changed;
    client->user = n;
}

/* Those of the addresses that have a verdict. */
static void list(struct json *j, const char *key,
                 const struct p2p_reachability_info *info, size_t count,
                 enum p2p_reachability verdict)
{
    json_array(j, key);
    for (size_t i = 0; i < count; i++) {
        if (info[i].addr.len > 0 && info[i].verdict == verdict) {
            json_addr(j, NULL, &info[i].addr);
        }
    }
    json_array_end(j);
}

void node_reachability(struct node *n, const char *cmd, char *rest)
{
    struct p2p_reachability_info info[SHOWN];
    size_t count = p2p_host_reachability(n->host, info, SHOWN, sizeof info[0]);
    struct json j;

    (void)rest;
    if (count == 0) {
        node_reply(cmd, P2P_ENOTSUP); /* it does not ask */
        return;
    }
    count = count > SHOWN ? SHOWN : count;
    json_reply(&j, cmd, 0);
    json_text(&j, "status", text_of(info[0].verdict));
    list(&j, "public", info, count, P2P_REACHABLE);
    list(&j, "private", info, count, P2P_UNREACHABLE);
    list(&j, "unknown", info, count, P2P_REACHABILITY_UNKNOWN);
    json_end(&j);
}
