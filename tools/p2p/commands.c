/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands that `p2p node` reads from stdin: one table. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "json.h"
#include "node.h"

#define MAX_ADDRS 64
#define MAX_PEERS 1024
#define PING_MAX  100000

/* The next word of a line, or NULL; cuts it out. */
static char *next_word(char **rest)
{
    char *word = *rest;
    char *end;

    if (word == NULL) {
        return NULL;
    }
    word += strspn(word, " ");
    if (*word == '\0') {
        return NULL;
    }
    end = strchr(word, ' ');
    if (end != NULL) {
        *end++ = '\0';
    }
    *rest = end;
    return word;
}

static uint64_t next_number(char **rest, uint64_t otherwise)
{
    const char *word = next_word(rest);

    return word != NULL ? strtoull(word, NULL, 10) : otherwise;
}

void node_reply(const char *cmd, int status)
{
    struct json j;

    json_reply(&j, cmd, status);
    json_end(&j);
}

int node_peer_of(const char *text, struct p2p_peer_id *id)
{
    struct p2p_multiaddr ma;

    if (text == NULL) {
        return P2P_EINVAL;
    }
    if (text[0] != '/') {
        return p2p_peer_id_from_text(text, strlen(text), id);
    }
    if (p2p_multiaddr_from_text(text, strlen(text), &ma) != 0) {
        return P2P_EFORMAT;
    }
    return p2p_multiaddr_peer(&ma, id) ? 0 : P2P_EFORMAT;
}

/* The peer that a command means; notes its address if one is given. */
static int target(struct node *n, const char *text, struct p2p_peer_id *id)
{
    int rv = node_peer_of(text, id);

    if (rv == 0 && text[0] == '/') {
        rv = p2p_host_add_addr(n->host, text, 600);
    }
    return rv;
}

static void cmd_addrs(struct node *n, const char *cmd, char *rest)
{
    struct json j;

    (void)rest;
    json_reply(&j, cmd, 0);
    node_addrs(n, &j);
    json_end(&j);
}

static bool listed(const struct p2p_conn_info *conns, size_t n,
                   const struct p2p_peer_id *id)
{
    for (size_t i = 0; i < n; i++) {
        if (p2p_peer_id_equal(&conns[i].peer, id)) {
            return true;
        }
    }
    return false;
}

static void cmd_peers(struct node *n, const char *cmd, char *rest)
{
    struct p2p_conn_info *conns = calloc(MAX_PEERS, sizeof *conns);
    size_t count;
    struct json j;

    (void)rest;
    if (conns == NULL) {
        abort();
    }
    count = p2p_host_conns(n->host, conns, MAX_PEERS, sizeof *conns);
    count = count < MAX_PEERS ? count : MAX_PEERS;
    json_reply(&j, cmd, 0);
    json_array(&j, "peers");
    for (size_t i = 0; i < count; i++) {
        if (!listed(conns, i, &conns[i].peer)) {
            json_peer(&j, NULL, &conns[i].peer);
        }
    }
    json_array_end(&j);
    json_uint(&j, "conns", count);
    json_end(&j);
    free(conns);
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct json j;

    (void)user;
    json_reply(&j, "connect", status);
    if (status == 0) {
        json_peer(&j, "peer", peer);
    }
    json_end(&j);
}

static void cmd_connect(struct node *n, const char *cmd, char *rest)
{
    const char *addr = next_word(&rest);
    int rv =
        addr == NULL ? P2P_EINVAL : p2p_host_dial(n->host, addr, on_dialed, n);

    if (rv != 0) {
        node_reply(cmd, rv);
    }
}

static void cmd_disconnect(struct node *n, const char *cmd, char *rest)
{
    struct p2p_peer_id id;
    int rv = node_peer_of(next_word(&rest), &id);

    node_reply(cmd, rv != 0 ? rv : p2p_host_disconnect(n->host, &id));
}

static void cmd_protect(struct node *n, const char *cmd, char *rest)
{
    struct p2p_peer_id id;
    int rv = node_peer_of(next_word(&rest), &id);

    node_reply(cmd, rv != 0 ? rv : p2p_host_protect(n->host, &id, true));
}

/* An `identify` that waits for its peer. */
struct node_wait {
    struct node_wait *next;
    struct p2p_peer_id id;
};

static void reply_identify(const struct node_peer *p)
{
    struct json j;

    json_reply(&j, "identify", 0);
    json_peer(&j, "peer", &p->id);
    json_text(&j, "agent", p->agent);
    json_text(&j, "protocol_version", p->protocol_version);
    json_array(&j, "protocols");
    for (size_t i = 0; i < p->n_protocols; i++) {
        json_text(&j, NULL, p->protocols[i]);
    }
    json_array_end(&j);
    json_array(&j, "addrs");
    for (size_t i = 0; i < p->n_addrs; i++) {
        json_addr(&j, NULL, &p->addrs[i]);
    }
    json_array_end(&j);
    json_addr(&j, "observed", &p->observed);
    json_bool(&j, "signed_record", p->signed_record);
    json_end(&j);
}

void node_identified(struct node *n, const struct node_peer *p)
{
    struct node_wait **at = &n->waits;

    while (*at != NULL) {
        struct node_wait *w = *at;

        if (p2p_peer_id_equal(&w->id, &p->id)) {
            *at = w->next;
            free(w);
            reply_identify(p);
        } else {
            at = &w->next;
        }
    }
}

static void wait_for_identify(struct node *n, const struct p2p_peer_id *id)
{
    struct node_wait *w = calloc(1, sizeof *w);

    if (w == NULL) {
        abort();
    }
    w->id = *id;
    w->next = n->waits;
    n->waits = w;
}

static void on_identify_dialed(void *user, int status,
                               const struct p2p_peer_id *peer)
{
    (void)user;
    (void)peer;
    if (status < 0) {
        node_reply("identify", status);
    }
}

static void cmd_identify(struct node *n, const char *cmd, char *rest)
{
    const char *text = next_word(&rest);
    const struct node_peer *p;
    struct p2p_peer_id id;
    int rv = node_peer_of(text, &id);

    p = rv == 0 ? node_find_peer(n, &id) : NULL;
    if (p != NULL) {
        reply_identify(p);
        return;
    }
    if (rv == 0) {
        wait_for_identify(n, &id);
        if (text[0] == '/') {
            rv = p2p_host_dial(n->host, text, on_identify_dialed, n);
        }
    }
    if (rv != 0) {
        node_reply(cmd, rv);
    }
}

struct pings {
    uint32_t want;
    uint32_t got;
    uint64_t rtt_us[];
};

static void on_ping(void *user, int status, uint64_t rtt_us)
{
    struct pings *p = user;
    struct json j;

    if (status == 0) {
        p->rtt_us[p->got++] = rtt_us;
        if (p->got < p->want) {
            return;
        }
    }
    json_reply(&j, "ping", status);
    json_array(&j, "rtt_us");
    for (uint32_t i = 0; i < p->got; i++) {
        json_uint(&j, NULL, p->rtt_us[i]);
    }
    json_array_end(&j);
    json_end(&j);
    free(p);
}

static void cmd_ping(struct node *n, const char *cmd, char *rest)
{
    struct p2p_peer_id id;
    int rv = target(n, next_word(&rest), &id);
    uint64_t count = next_number(&rest, 1);
    struct pings *p;

    if (count == 0 || count > PING_MAX) {
        rv = P2P_EINVAL;
    }
    if (rv != 0) {
        node_reply(cmd, rv);
        return;
    }
    p = calloc(1, sizeof *p + count * sizeof p->rtt_us[0]);
    if (p == NULL) {
        abort();
    }
    p->want = (uint32_t)count;
    rv = p2p_host_ping(n->host, &id, p->want, on_ping, p);
    if (rv != 0) {
        free(p);
        node_reply(cmd, rv);
    }
}

static void cmd_echo(struct node *n, const char *cmd, char *rest)
{
    struct p2p_peer_id id;
    int rv = target(n, next_word(&rest), &id);

    if (rv != 0) {
        node_reply(cmd, rv);
        return;
    }
    node_echo(n, &id, next_number(&rest, 1024));
}

/* The echo under one more name: connected peers are told of it. */
static void cmd_handle(struct node *n, const char *cmd, char *rest)
{
    const char *name = next_word(&rest);

    node_reply(cmd, name == NULL ? P2P_EINVAL : node_echo_serve(n->host, name));
}

static void cmd_unhandle(struct node *n, const char *cmd, char *rest)
{
    const char *name = next_word(&rest);

    node_reply(cmd, name == NULL ? P2P_EINVAL
                                 : p2p_host_handle(n->host, name, NULL, NULL));
}

static void on_perf(void *user, int status, const struct p2p_perf_result *r)
{
    struct json j;

    (void)user;
    json_reply(&j, "perf", status);
    if (status == 0) {
        json_uint(&j, "up_bytes", r->up_bytes);
        json_real(&j, "up_s", (double)r->up_ns / 1e9);
        json_uint(&j, "down_bytes", r->down_bytes);
        json_real(&j, "down_s", (double)r->down_ns / 1e9);
    }
    json_end(&j);
}

static void cmd_perf(struct node *n, const char *cmd, char *rest)
{
    struct p2p_peer_id id;
    int rv = target(n, next_word(&rest), &id);
    uint64_t up = next_number(&rest, 0);
    uint64_t down = next_number(&rest, 0);

    if (rv == 0) {
        rv = p2p_host_perf(n->host, &id, up, down, on_perf, n);
    }
    if (rv != 0) {
        node_reply(cmd, rv);
    }
}

/* POINT NAMESPACE [TTL] */
static void cmd_register(struct node *n, const char *cmd, char *rest)
{
    struct p2p_peer_id point;
    int rv = target(n, next_word(&rest), &point);
    const char *ns = next_word(&rest);

    if (rv == 0) {
        rv = node_register(n, &point, ns, (uint32_t)next_number(&rest, 0));
    }
    if (rv != 0) {
        node_reply(cmd, rv);
    }
}

/* POINT NAMESPACE */
static void cmd_unregister(struct node *n, const char *cmd, char *rest)
{
    struct p2p_peer_id point;
    int rv = target(n, next_word(&rest), &point);

    if (rv == 0) {
        rv = node_unregister(n, &point, next_word(&rest));
    }
    if (rv != 0) {
        node_reply(cmd, rv);
    }
}

/* POINT NAMESPACE [LIMIT [more]]; `*`: all of them. */
static void cmd_discover(struct node *n, const char *cmd, char *rest)
{
    struct p2p_rendezvous_search search = {0};
    struct p2p_peer_id point;
    int rv = target(n, next_word(&rest), &point);
    const char *more;

    search.ns = next_word(&rest);
    search.limit = (uint32_t)next_number(&rest, 0);
    more = next_word(&rest);
    if (search.ns == NULL || (more != NULL && strcmp(more, "more") != 0)) {
        rv = P2P_EINVAL;
    } else if (strcmp(search.ns, "*") == 0) {
        search.ns = NULL;
    }
    search.cookie = more != NULL ? &n->cookie : NULL;
    if (rv == 0) {
        rv = node_discover(n, &point, &search);
    }
    if (rv != 0) {
        node_reply(cmd, rv);
    }
}

static void cmd_sub(struct node *n, const char *cmd, char *rest)
{
    const char *topic = next_word(&rest);

    node_reply(cmd, topic == NULL ? P2P_EINVAL : node_subscribe(n, topic));
}

static void cmd_unsub(struct node *n, const char *cmd, char *rest)
{
    const char *topic = next_word(&rest);

    node_reply(cmd, topic == NULL ? P2P_EINVAL
                                  : p2p_pubsub_unsubscribe(n->pubsub, topic));
}

static void cmd_pub(struct node *n, const char *cmd, char *rest)
{
    const char *topic = next_word(&rest);
    const char *text = rest != NULL ? rest : "";
    struct json j;
    int rv = topic == NULL
                 ? P2P_EINVAL
                 : p2p_pubsub_publish(n->pubsub, topic, text, strlen(text));

    json_reply(&j, cmd, rv);
    if (rv >= 0) {
        json_int(&j, "peers", rv);
    }
    json_end(&j);
}

static void cmd_mesh(struct node *n, const char *cmd, char *rest)
{
    const char *topic = next_word(&rest);
    struct p2p_peer_id ids[MAX_ADDRS];
    struct json j;

    if (topic == NULL) {
        node_reply(cmd, P2P_EINVAL);
        return;
    }
    json_reply(&j, cmd, 0);
    for (int mesh = 1; mesh >= 0; mesh--) {
        size_t count =
            p2p_pubsub_peers(n->pubsub, topic, mesh == 1, ids, MAX_ADDRS);

        json_array(&j, mesh == 1 ? "mesh" : "peers");
        for (size_t i = 0; i < count && i < MAX_ADDRS; i++) {
            json_peer(&j, NULL, &ids[i]);
        }
        json_array_end(&j);
    }
    json_end(&j);
}

static uint64_t rss_kb(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long size = 0, resident = 0;

    if (f != NULL) {
        if (fscanf(f, "%lu %lu", &size, &resident) != 2) {
            resident = 0;
        }
        (void)fclose(f);
    }
    return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* What malloc() has given out. */
static uint64_t heap_bytes(void)
{
#ifdef __GLIBC__
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
#else
    return 0;
#endif
}

static double cpu_s(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void cmd_stats(struct node *n, const char *cmd, char *rest)
{
    struct p2p_host_stats h;
    struct p2p_pubsub_stats p;
    struct json j;

    (void)rest;
    p2p_host_stats(n->host, &h, sizeof h);
    p2p_pubsub_stats(n->pubsub, &p, sizeof p);
    json_reply(&j, cmd, 0);
    json_uint(&j, "rss_kb", rss_kb());
    json_real(&j, "cpu_s", cpu_s());
    json_uint(&j, "messages", n->messages);
    json_uint(&j, "conns_in", h.conns_in);
    json_uint(&j, "conns_out", h.conns_out);
    json_uint(&j, "streams_in", h.streams_in);
    json_uint(&j, "streams_out", h.streams_out);
    json_uint(&j, "peers_known", h.peers_known);
    json_uint(&j, "memory_bytes", h.memory_bytes);
    json_uint(&j, "heap_bytes", heap_bytes());
    json_uint(&j, "descriptors", h.descriptors);
    json_uint(&j, "handshakes_pending", h.handshakes_pending);
    json_uint(&j, "refused",
              h.refused_gate + h.refused_pending + h.refused_quota);
    json_uint(&j, "received", p.received);
    json_uint(&j, "delivered", p.delivered);
    json_uint(&j, "duplicates", p.duplicates);
    json_uint(&j, "invalid", p.invalid);
    json_uint(&j, "forwarded", p.forwarded);
    json_uint(&j, "dropped", p.dropped);
    json_end(&j);
}

static const struct command {
    const char *name;
    void (*run)(struct node *n, const char *cmd, char *rest);
} commands[] = {
    {"addrs", cmd_addrs},
    {"peers", cmd_peers},
    {"connect", cmd_connect},
    {"disconnect", cmd_disconnect},
    {"protect", cmd_protect},
    {"identify", cmd_identify},
    {"ping", cmd_ping},
    {"echo", cmd_echo},
    {"perf", cmd_perf},
    {"handle", cmd_handle},
    {"unhandle", cmd_unhandle},
    {"sub", cmd_sub},
    {"unsub", cmd_unsub},
    {"pub", cmd_pub},
    {"flood", node_flood},
    {"mesh", cmd_mesh},
    {"stats", cmd_stats},
    {"register", cmd_register},
    {"discover", cmd_discover},
    {"unregister", cmd_unregister},
    {"reachability", node_reachability},
    {"portmap", node_portmap},
    {"dhtput", node_dht},
    {"dhtget", node_dht},
    {"dhtfindpeer", node_dht},
    {"dhtprovide", node_dht},
    {"dhtfindprovs", node_dht},
};

void node_command(struct node *n, char *line)
{
    char *rest = line;
    const char *word = next_word(&rest);

    if (word == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, word) == 0) {
            commands[i].run(n, word, rest);
            return;
        }
    }
    node_reply(word, P2P_ENOTSUP);
}

void node_command_names(void)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        (void)printf(" %s", commands[i].name);
    }
    (void)puts(" quit");
}
