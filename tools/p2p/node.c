/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Starting and ending of `p2p node`. A thread reads stdin and posts each line
 * to the loop, so that it does not matter whether stdin is a pipe, a file or
 * a terminal.
 */
#include "node.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "keys.h"

#define MAX_ADDRS 64

static uint64_t now_ns(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

int node_make_key(const struct node_opts *o, struct p2p_key **out)
{
    int type = key_type_of(o->key_type);

    if (o->key_file != NULL) {
        return key_load(o->key_file, out);
    }
    if (o->has_seed && type == P2P_KEY_ED25519) {
        return key_from_number(o->seed, out);
    }
    return p2p_key_generate((enum p2p_key_type)type, out);
}

static int fatal_text(const char *text)
{
    struct json j;

    json_begin(&j, "fatal");
    json_text(&j, "error", text);
    json_end(&j);
    return 1;
}

static int fatal(const char *what, int status)
{
    char text[512];

    (void)snprintf(text, sizeof text, "%s: %s", what, p2p_err_text(status));
    return fatal_text(text);
}

void node_addrs(const struct node *n, struct json *j)
{
    struct p2p_multiaddr addrs[MAX_ADDRS];
    const size_t count = p2p_host_addrs(n->host, addrs, MAX_ADDRS);

    json_array(j, "addrs");
    for (size_t i = 0; i < count && i < MAX_ADDRS; i++) {
        json_addr(j, NULL, &addrs[i]);
    }
    json_array_end(j);
}

static void print_listening(struct node *n)
{
    struct json j;

    json_begin(&j, "listening");
    json_peer(&j, "peer", p2p_host_id(n->host));
    node_addrs(n, &j);
    json_real(&j, "ready_ms", (double)(now_ns() - n->started_ns) / 1e6);
    json_int(&j, "pid", getpid());
    json_end(&j);
}

/* What the reading thread hands to the loop. */
struct line {
    struct node *node;
    char *text; /* NULL: the end */
};

static void on_line(void *arg)
{
    struct line *l = arg;

    if (l->text == NULL) {
        l->node->input_ended = true;
        node_end(l->node);
    } else {
        node_command(l->node, l->text);
    }
    free(l->text);
    free(l);
}

static void post_line(struct node *n, char *text)
{
    struct line *l = malloc(sizeof *l);

    if (l == NULL) {
        abort();
    }
    *l = (struct line){.node = n, .text = text};
    if (p2p_loop_post(n->loop, on_line, l) != 0) {
        abort();
    }
}

static void *read_stdin(void *arg)
{
    struct node *n = arg;
    char *text = NULL;
    size_t cap = 0;
    ssize_t len;

    while ((len = getline(&text, &cap, stdin)) > 0) {
        if (text[len - 1] == '\n') {
            text[len - 1] = '\0';
        }
        if (strcmp(text, "quit") == 0) {
            break;
        }
        post_line(n, strdup(text));
    }
    free(text);
    post_line(n, NULL);
    return NULL;
}

static void on_deadline(void *user)
{
    node_end(user);
}

static int start_host(struct node *n)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    const struct p2p_relay_config relay = P2P_RELAY_CONFIG_INIT;
    const struct p2p_rendezvous_config rendezvous = P2P_RENDEZVOUS_CONFIG_INIT;
    struct p2p_dcutr_config dcutr = P2P_DCUTR_CONFIG_INIT;
    struct p2p_autonat_config autonat = P2P_AUTONAT_CONFIG_INIT;
    struct p2p_autonat_server_config autonat_server =
        P2P_AUTONAT_SERVER_CONFIG_INIT;
    struct p2p_dht_config dht = P2P_DHT_CONFIG_INIT;
    const struct node_opts *o = &n->opts;

    cfg.key = n->key;
    cfg.events = &node_events;
    cfg.user = n;
    cfg.mplex = strcmp(o->muxer, "yamux") != 0;
    cfg.no_yamux = strcmp(o->muxer, "mplex") == 0;
    cfg.security = o->security;
    cfg.mdns = o->mdns;
    cfg.mdns_2021 = o->mdns_2021;
    cfg.mdns_dial = true;
    cfg.log_level = o->log_level;
    cfg.max_pending_per_addr = o->handshakes;
    cfg.relay = o->relay_server ? &relay : NULL;
    cfg.rendezvous = o->rendezvous_server ? &rendezvous : NULL;
    dcutr.done = node_punched;
    dcutr.user = n;
    cfg.dcutr = o->holepunch ? &dcutr : NULL;
    node_set_autonat(n, &autonat, &autonat_server);
    cfg.autonat = o->autonat ? &autonat : NULL;
    cfg.autonat_server = o->autonat_server ? &autonat_server : NULL;
    if (o->dht != NULL) {
        dht.server = strcmp(o->dht, "server") == 0;
        dht.prefix = o->dht_prefix;
        dht.validators = node_dht_validators;
        dht.n_validators = NODE_DHT_VALIDATORS;
        cfg.dht = &dht;
    }
    network_set(&n->network, &cfg);
    return p2p_host_new(n->loop, &cfg, &n->host);
}

/* What others are told: what the flags say. */
static size_t announce(void *user, const struct p2p_multiaddr *addrs, size_t n,
                       struct p2p_multiaddr *out, size_t cap)
{
    const struct node_opts *o = user;
    size_t made = 0;

    (void)addrs;
    (void)n;
    for (size_t i = 0; i < o->n_announced && made < cap; i++) {
        const char *text = o->announced[i];

        if (p2p_multiaddr_from_text(text, strlen(text), &out[made]) == 0) {
            made++;
        }
    }
    return made;
}

/* With whom the host talks, and what it tells. 0, or the exit code. */
static int set_gate(struct node *n)
{
    const struct node_opts *o = &n->opts;

    for (size_t i = 0; i < o->n_rules; i++) {
        int rv =
            p2p_host_filter(n->host, o->rules[i],
                            o->denied[i] ? P2P_FILTER_DENY : P2P_FILTER_ALLOW);

        if (rv != 0) {
            return fatal(o->rules[i], rv);
        }
    }
    for (size_t i = 0; i < o->n_announced; i++) {
        struct p2p_multiaddr ma;
        int rv = p2p_multiaddr_from_text(o->announced[i],
                                         strlen(o->announced[i]), &ma);

        if (rv != 0) {
            return fatal(o->announced[i], rv);
        }
    }
    if (o->n_announced > 0) {
        p2p_host_set_announce(n->host, announce, &n->opts);
    }
    return 0;
}

static int start_pubsub(struct node *n)
{
    struct p2p_pubsub_config cfg = P2P_PUBSUB_CONFIG_INIT;
    int rv;

    cfg.msgid = strcmp(n->opts.msgid, "key") == 0 ? P2P_MSGID_KEY_SEQNO
                                                  : P2P_MSGID_FROM_SEQNO;
    cfg.no_sign = strcmp(n->opts.sign, "nosign") == 0;
    cfg.scoring = n->opts.scoring;
    rv = p2p_pubsub_new(n->host, &cfg, &n->pubsub);
    for (size_t i = 0; i < n->opts.n_topics && rv == 0; i++) {
        rv = node_subscribe(n, n->opts.topics[i]);
    }
    return rv;
}

/* A dial at the start that failed is an event. */
static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    const char *addr = user;
    struct json j;

    (void)peer;
    if (status < 0) {
        json_begin(&j, "connect_failed");
        json_text(&j, "addr", addr);
        json_text(&j, "error", p2p_err_text(status));
        json_end(&j);
    }
}

static int start(struct node *n)
{
    const struct node_opts *o = &n->opts;
    int rv = node_make_key(o, &n->key);

    if (rv != 0) {
        return fatal(o->key_file != NULL ? o->key_file : "key", rv);
    }
    if (network_open(&n->network, &o->network) != 0) {
        return fatal_text(n->network.why);
    }
    rv = p2p_loop_new(&n->loop);
    if (rv == 0) {
        rv = start_host(n);
    }
    if (rv == 0) {
        rv = node_echo_serve(n->host, NULL);
    }
    if (rv == 0) {
        rv = start_pubsub(n);
    }
    if (rv != 0) {
        return fatal("host", rv);
    }
    if (set_gate(n) != 0) {
        return 1;
    }
    rv = node_portmap_start(n);
    if (rv != 0) {
        return fatal("portmap", rv);
    }
    for (size_t i = 0; i < o->n_listen; i++) {
        rv = p2p_host_listen(n->host, o->listen[i]);
        if (rv != 0) {
            return fatal(o->listen[i], rv);
        }
    }
    print_listening(n);
    for (size_t i = 0; i < o->n_connect; i++) {
        union {
            const char *c;
            void *m;
        } addr = {.c = o->connect[i]};

        rv = p2p_host_dial(n->host, o->connect[i], on_dialed, addr.m);
        if (rv != 0) {
            on_dialed(addr.m, rv, NULL);
        }
    }
    return 0;
}

static void stop(struct node *n)
{
    p2p_timer_free(n->deadline);
    node_portmap_stop(n);
    p2p_host_free(n->host);
    network_close(&n->network);
    p2p_loop_free(n->loop);
    p2p_key_free(n->key);
    node_free_peers(n);
}

int node_main(int argc, char **argv)
{
    struct node n = {.started_ns = now_ns()};
    pthread_t reader;
    int rv = node_parse(&n.opts, argc, argv);

    if (rv != 0) {
        return rv == 1 ? 0 : rv;
    }
    rv = start(&n);
    if (rv == 0) {
        if (n.opts.max_seconds > 0) {
            (void)p2p_timer_new(n.loop, n.opts.max_seconds * 1000ULL, 0,
                                on_deadline, &n, &n.deadline);
        }
        if (pthread_create(&reader, NULL, read_stdin, &n) != 0) {
            return fatal("thread", P2P_ENOMEM);
        }
        p2p_loop_run(n.loop);
        rv = n.exit_code;
    }
    if (n.loop != NULL && n.host != NULL && rv == 0 && n.input_ended) {
        (void)pthread_join(reader, NULL); /* it posts no more */
        stop(&n);
        return rv;
    }
    (void)fflush(stdout); /* the reader may still post: end all at once */
    _exit(rv);
}
