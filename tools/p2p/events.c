/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a node's host tells, as lines of JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "node.h"

#define DATA_SHOWN 512
/* Peers whose identify message is kept for the command `identify`. */
#define KEPT_PEERS 1024

static void on_connected(void *user, const struct p2p_conn_info *c)
{
    const struct node *n = user;
    struct json j;

    if (n->opts.quiet) {
        return;
    }
    json_begin(&j, "connected");
    json_peer(&j, "peer", &c->peer);
    json_addr(&j, "addr", &c->addr);
    json_text(&j, "dir", c->outbound ? "out" : "in");
    json_text(&j, "security", c->security);
    json_text(&j, "muxer", c->muxer);
    json_text(&j, "transport", c->transport);
    json_bool(&j, "early_mux", c->early_mux);
    json_bool(&j, "limited", c->limited);
    json_end(&j);
}

static void on_disconnected(void *user, const struct p2p_conn_info *c,
                            int status)
{
    const struct node *n = user;
    struct json j;

    if (n->opts.quiet) {
        return;
    }
    json_begin(&j, "disconnected");
    json_peer(&j, "peer", &c->peer);
    json_text(&j, "why", p2p_err_text(status));
    json_end(&j);
}

struct node_peer *node_find_peer(struct node *n, const struct p2p_peer_id *id)
{
    struct node_peer *p = n->peers;

    while (p != NULL && !p2p_peer_id_equal(&p->id, id)) {
        p = p->next;
    }
    return p;
}

static void clear_peer(struct node_peer *p)
{
    for (size_t i = 0; i < p->n_protocols; i++) {
        free(p->protocols[i]);
    }
    free(p->protocols);
    free(p->addrs);
    free(p->agent);
    free(p->protocol_version);
}

/* Frees the peers of a list from here on. */
static void free_from(struct node_peer **at)
{
    while (*at != NULL) {
        struct node_peer *p = *at;

        *at = p->next;
        clear_peer(p);
        free(p);
    }
}

void node_free_peers(struct node *n)
{
    free_from(&n->peers);
}

/* Those who told us of themselves longest ago are forgotten. */
static void forget_old(struct node *n)
{
    struct node_peer **at = &n->peers;

    for (size_t i = 0; i < KEPT_PEERS && *at != NULL; i++) {
        at = &(*at)->next;
    }
    free_from(at);
}

static void keep_text(char **at, const char *text)
{
    if (*at == NULL || text[0] != '\0') {
        free(*at);
        *at = strdup(text);
    }
}

static void keep_protocols(struct node_peer *p,
                           const struct p2p_peer_info *info)
{
    for (size_t i = 0; i < p->n_protocols; i++) {
        free(p->protocols[i]);
    }
    free(p->protocols);
    p->n_protocols = info->n_protocols;
    p->protocols = calloc(info->n_protocols + 1, sizeof *p->protocols);
    if (p->protocols == NULL) {
        abort();
    }
    for (size_t i = 0; i < info->n_protocols; i++) {
        p->protocols[i] = strdup(info->protocols[i]);
    }
}

static void keep_addrs(struct node_peer *p, const struct p2p_peer_info *info)
{
    free(p->addrs);
    p->n_addrs = info->n_addrs;
    p->addrs = calloc(info->n_addrs + 1, sizeof *p->addrs);
    if (p->addrs == NULL) {
        abort();
    }
    if (info->n_addrs > 0) {
        memcpy(p->addrs, info->addrs, info->n_addrs * sizeof *p->addrs);
    }
}

/* Copies what was told. In a push, what is absent has not changed. Memory that
 * is not there ends a tool. */
static void fill_peer(struct node_peer *p, const struct p2p_peer_info *info)
{
    p->id = info->peer;
    keep_text(&p->agent, info->agent);
    keep_text(&p->protocol_version, info->protocol_version);
    if (!info->push || info->n_protocols > 0) {
        keep_protocols(p, info);
    }
    if (!info->push || info->n_addrs > 0) {
        keep_addrs(p, info);
    }
    if (info->observed.len > 0) {
        p->observed = info->observed;
    }
    p->signed_record = info->signed_record;
}

static struct node_peer *keep_peer(struct node *n,
                                   const struct p2p_peer_info *info)
{
    struct node_peer *p = node_find_peer(n, &info->peer);

    if (p == NULL) {
        p = calloc(1, sizeof *p);
        if (p == NULL) {
            abort();
        }
        p->next = n->peers;
        n->peers = p;
        forget_old(n);
    }
    fill_peer(p, info);
    return p;
}

static void on_identified(void *user, const struct p2p_peer_info *info)
{
    struct node *n = user;
    const struct node_peer *p = keep_peer(n, info);
    struct json j;

    if (!n->opts.quiet) {
        json_begin(&j, "identify");
        json_peer(&j, "peer", &info->peer);
        json_text(&j, "agent", info->agent);
        json_array(&j, "protocols");
        for (size_t i = 0; i < info->n_protocols; i++) {
            json_text(&j, NULL, info->protocols[i]);
        }
        json_array_end(&j);
        json_array(&j, "addrs");
        for (size_t i = 0; i < info->n_addrs; i++) {
            json_addr(&j, NULL, &info->addrs[i]);
        }
        json_array_end(&j);
        json_addr(&j, "observed", &info->observed);
        json_bool(&j, "signed_record", info->signed_record);
        json_bool(&j, "push", info->push);
        json_end(&j);
    }
    node_identified(n, p);
}

static void on_found(void *user, const struct p2p_peer_id *peer,
                     const struct p2p_multiaddr *addrs, size_t n_addrs)
{
    const struct node *n = user;
    struct json j;

    if (n->opts.quiet) {
        return;
    }
    json_begin(&j, "mdns");
    json_peer(&j, "peer", peer);
    json_array(&j, "addrs");
    for (size_t i = 0; i < n_addrs; i++) {
        json_addr(&j, NULL, &addrs[i]);
    }
    json_array_end(&j);
    json_end(&j);
}

static void on_limited(void *user, const struct p2p_limited *what)
{
    const struct node *n = user;
    struct json j;

    if (n->opts.quiet) {
        return;
    }
    json_begin(&j, "limited");
    json_text(&j, "scope", what->scope);
    json_text(&j, "what", what->what);
    json_uint(&j, "times", what->times);
    if (what->peer.len > 0) {
        json_peer(&j, "peer", &what->peer);
    }
    json_end(&j);
}

void node_punched(void *user, const struct p2p_dcutr_result *result)
{
    const struct node *n = user;
    struct json j;

    if (n->opts.quiet) {
        return;
    }
    json_begin(&j, "holepunch");
    json_peer(&j, "peer", &result->peer);
    json_bool(&j, "ok", result->ok);
    json_bool(&j, "initiator", result->initiator);
    json_uint(&j, "attempts", result->attempts);
    json_uint(&j, "ms", result->ms);
    json_end(&j);
}

static void on_addrs_changed(void *user)
{
    const struct node *n = user;
    struct json j;

    if (!n->opts.quiet) {
        json_begin(&j, "addrs");
        node_addrs(n, &j);
        json_end(&j);
    }
}

static void on_log(void *user, int level, const char *text)
{
    static const char *const names[] = {"error", "warn", "info", "debug",
                                        "trace"};

    (void)user;
    (void)fprintf(stderr, "%s %s\n", names[level], text);
}

const struct p2p_host_events node_events = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .identified = on_identified,
    .found = on_found,
    .limited = on_limited,
    .addrs_changed = on_addrs_changed,
    .log = on_log,
};

static enum p2p_verdict on_message(void *user, const struct p2p_message *m)
{
    struct node *n = user;
    struct json j;

    n->messages++;
    if (n->opts.quiet) {
        return P2P_ACCEPT;
    }
    json_begin(&j, "msg");
    json_text(&j, "topic", m->topic);
    json_peer(&j, "from", &m->from);
    json_peer(&j, "via", &m->via);
    json_uint(&j, "seqno", m->seqno);
    json_uint(&j, "size", m->len);
    json_bytes(&j, "data", m->data, m->len < DATA_SHOWN ? m->len : DATA_SHOWN);
    json_end(&j);
    return P2P_ACCEPT;
}

int node_subscribe(struct node *n, const char *topic)
{
    return p2p_pubsub_subscribe(n->pubsub, topic, on_message, n);
}
