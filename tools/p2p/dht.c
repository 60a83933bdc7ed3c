/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands about the DHT: dhtput, dhtget, dhtfindpeer, dhtprovide,
 * dhtfindprovs. What is provided is a text; its multihash is the key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "node.h"

#define MULTIHASH_BYTES (2 + P2P_SHA256_BYTES)

/* A command that waits for its answer. */
struct waiter {
    char cmd[16]; /* the line that it stood in is gone */
    struct node *node;
    size_t n_found;
    struct p2p_peer_id found[64];
};

/* Takes any value, and keeps the first: for tests alone. */
static bool on_valid(void *user, const struct p2p_dht_record *record)
{
    (void)user;
    (void)record;
    return true;
}

static bool on_better(void *user, const struct p2p_dht_record *record,
                      const struct p2p_dht_record *than)
{
    (void)user;
    (void)record;
    (void)than;
    return false;
}

const struct p2p_dht_validator node_dht_validators[NODE_DHT_VALIDATORS] = {
    {.ns = "example", .valid = on_valid, .better = on_better},
    {.ns = "test", .valid = on_valid, .better = on_better},
    {.ns = "v", .valid = on_valid, .better = on_better},
};

static void on_provider(void *user, const struct p2p_peer_id *peer,
                        const struct p2p_multiaddr *addrs, size_t n_addrs)
{
    struct waiter *w = user;

    (void)addrs;
    (void)n_addrs;
    if (w->n_found < sizeof w->found / sizeof w->found[0]) {
        w->found[w->n_found++] = *peer;
    }
}

static void on_done(void *user, const struct p2p_dht_result *r)
{
    struct waiter *w = user;
    struct json j;

    json_reply(&j, w->cmd, r->status);
    if (strcmp(w->cmd, "dhtget") == 0 && r->status == 0) {
        json_bytes(&j, "value", r->value, r->value_len);
    } else if (strcmp(w->cmd, "dhtfindpeer") == 0) {
        json_array(&j, "addrs");
        for (size_t i = 0; i < r->n_addrs; i++) {
            json_addr(&j, NULL, &r->addrs[i]);
        }
        json_array_end(&j);
    } else if (strcmp(w->cmd, "dhtfindprovs") == 0) {
        json_array(&j, "providers");
        for (size_t i = 0; i < w->n_found; i++) {
            json_peer(&j, NULL, &w->found[i]);
        }
        json_array_end(&j);
    } else if (r->status == 0) {
        json_uint(&j, "kept", r->count);
    }
    json_end(&j);
    free(w);
}

/* Starts what a command asks for; `key` is a key, a peer, or a text. */
static int start(struct waiter *w, const char *key, const char *value)
{
    uint8_t hash[MULTIHASH_BYTES] = {0x12, P2P_SHA256_BYTES};
    struct p2p_dht_want want = P2P_DHT_WANT_INIT;
    struct p2p_host *host = w->node->host;
    struct p2p_peer_id id;
    int rv;

    want.done = on_done;
    want.provider = on_provider;
    want.user = w;
    want.key = key;
    want.key_len = strlen(key);
    want.value = value;
    want.value_len = value != NULL ? strlen(value) : 0;
    if (strcmp(w->cmd, "dhtput") == 0) {
        return p2p_dht_put(host, &want, NULL);
    }
    if (strcmp(w->cmd, "dhtget") == 0) {
        return p2p_dht_get(host, &want, NULL);
    }
    if (strcmp(w->cmd, "dhtfindpeer") == 0) {
        rv = node_peer_of(key, &id);
        return rv != 0 ? rv : p2p_dht_find_peer(host, &id, &want, NULL);
    }
    p2p_sha256(key, strlen(key), hash + 2);
    want.key = hash;
    want.key_len = sizeof hash;
    return strcmp(w->cmd, "dhtprovide") == 0
               ? p2p_dht_provide(host, &want, NULL)
               : p2p_dht_find_providers(host, &want, NULL);
}

void node_dht(struct node *n, const char *cmd, char *rest)
{
    char *key = rest != NULL ? rest + strspn(rest, " ") : NULL;
    char *value = NULL;
    struct waiter *w = calloc(1, sizeof *w);
    int rv = P2P_EINVAL;

    if (w == NULL) {
        abort();
    }
    (void)snprintf(w->cmd, sizeof w->cmd, "%s", cmd);
    w->node = n;
    if (key != NULL && strcmp(cmd, "dhtput") == 0) {
        value = strchr(key, ' ');
        if (value != NULL) {
            *value++ = '\0';
        }
    }
    if (key != NULL && *key != '\0') {
        rv = start(w, key, value);
    }
    if (rv != 0) {
        free(w);
        node_reply(cmd, rv);
    }
}
