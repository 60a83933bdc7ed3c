/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands about rendezvous points: register, unregister, discover. */
#include <stdlib.h>

#include "json.h"
#include "node.h"

static void on_registered(void *user, int status, uint32_t ttl_s)
{
    struct json j;

    (void)user;
    json_reply(&j, "register", status);
    if (status == 0) {
        json_uint(&j, "ttl", ttl_s);
    }
    json_end(&j);
}

static void on_unregistered(void *user, int status, uint32_t ttl_s)
{
    (void)user;
    (void)ttl_s;
    node_reply("unregister", status);
}

int node_register(struct node *n, const struct p2p_peer_id *point,
                  const char *ns, uint32_t ttl_s)
{
    return p2p_rendezvous_register(n->host, point, ns, ttl_s, on_registered,
                                   NULL);
}

int node_unregister(struct node *n, const struct p2p_peer_id *point,
                    const char *ns)
{
    return p2p_rendezvous_unregister(n->host, point, ns, on_unregistered, NULL);
}

/* An answer that is being printed. */
struct search {
    struct node *node;
    struct json j;
    bool begun;
};

static void begin(struct search *s, int status)
{
    if (!s->begun) {
        json_reply(&s->j, "discover", status);
        json_array(&s->j, "registrations");
        s->begun = true;
    }
}

static void on_found(void *user, const struct p2p_rendezvous_peer *peer)
{
    struct search *s = user;

    begin(s, 0);
    json_object(&s->j, NULL);
    json_peer(&s->j, "peer", &peer->peer);
    json_text(&s->j, "ns", peer->ns);
    json_array(&s->j, "addrs");
    for (size_t i = 0; i < peer->n_addrs; i++) {
        json_addr(&s->j, NULL, &peer->addrs[i]);
    }
    json_array_end(&s->j);
    json_uint(&s->j, "ttl", peer->ttl_s);
    json_object_end(&s->j);
}

static void on_done(void *user, int status,
                    const struct p2p_rendezvous_cookie *cookie)
{
    struct search *s = user;

    if (status == 0) {
        s->node->cookie = *cookie;
    }
    begin(s, status);
    json_array_end(&s->j);
    json_end(&s->j);
    free(s);
}

int node_discover(struct node *n, const struct p2p_peer_id *point,
                  const struct p2p_rendezvous_search *search)
{
    static const struct p2p_rendezvous_events events = {.found = on_found,
                                                        .done = on_done};
    struct search *s = calloc(1, sizeof *s);
    int rv = P2P_ENOMEM;

    if (s != NULL) {
        s->node = n;
        rv = p2p_rendezvous_discover(n->host, point, search, &events, s);
    }
    if (rv != 0) {
        free(s);
    }
    return rv;
}
