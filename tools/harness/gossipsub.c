/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The program of gossipsub-interop: --params FILE. The node's number is that
 * of the host's name ("node7"), its key is made of the number, it listens on
 * port 9000 and finds node N under the name "nodeN". Outside of the simulator
 * NODE_ID is the number, and with NODE_NET=127.7.1. node N is at 127.7.1.N+1.
 *
 * Happy path: read the script, make a host, do a step after the other until
 * one waits; on until the program is killed. A step that fails ends it with 1.
 */
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <p2p/p2p.h>

#include "params.h"

#define PORT           9000
#define ID_BYTES       8
#define SIZE_MAX_BYTES (1U << 20)

struct node {
    unsigned number;
    const char *net; /* NULL: by name */
    struct params *params;
    size_t at; /* the next step */
    struct p2p_loop *loop;
    struct p2p_host *host;
    struct p2p_key *key;
    struct p2p_pubsub *pubsub;
    struct p2p_timer *timer;
    uint64_t started_ns;
    bool publishing; /* the message is our own */
    int code;
};

static void go_on(struct node *n);

/* Begins a line of the log: time and msg. */
static void begin_line(const char *msg)
{
    struct timespec ts;
    struct tm tm;
    char text[32];

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    (void)gmtime_r(&ts.tv_sec, &tm);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)printf("{\"time\":\"%s.%09ldZ\",\"level\":\"INFO\",\"msg\":\"%s\"",
                 text, ts.tv_nsec, msg);
}

static void end_line(void)
{
    (void)printf("}\n");
    (void)fflush(stdout);
}

static void fail(struct node *n, const char *what, const char *why)
{
    (void)fprintf(stderr, "node%u: %s: %s\n", n->number, what, why);
    n->code = 1;
    p2p_loop_stop(n->loop);
}

static uint64_t number_of(const struct p2p_message *msg)
{
    uint64_t id = 0;

    for (size_t i = 0; i < ID_BYTES && i < msg->len; i++) {
        id = id << 8 | msg->data[i];
    }
    return id;
}

/* The first 8 bytes. This is asked of each message that comes, duplicates
 * included, so it is the place to log them. */
static size_t message_id(void *user, const struct p2p_message *msg, uint8_t *id)
{
    const struct node *n = user;

    if (msg->len < ID_BYTES) {
        return 0;
    }
    memcpy(id, msg->data, ID_BYTES);
    if (!n->publishing) {
        begin_line("Received Message");
        (void)printf(
            ",\"service\":\"gossipsub\",\"topic\":\"%s\","
            "\"id\":\"%" PRIu64 "\"",
            msg->topic, number_of(msg));
        end_line();
    }
    return ID_BYTES;
}

static enum p2p_verdict on_message(void *user, const struct p2p_message *msg)
{
    (void)user;
    (void)fprintf(stderr, "delivered %" PRIu64 "\n", number_of(msg));
    return P2P_ACCEPT;
}

static int make_key(unsigned number, struct p2p_key **out)
{
    uint8_t seed[32] = {0};

    for (size_t i = 0; i < 4; i++) {
        seed[i] = (uint8_t)(number >> (8 * i));
    }
    return p2p_key_from_seed(seed, out);
}

/* The IPv4 address of a node as text; false: its name is not known. */
static bool find_node(const struct node *n, unsigned number, char text[64])
{
    const struct addrinfo hints = {.ai_family = AF_INET,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char name[32];
    bool ok;

    if (n->net != NULL) {
        (void)snprintf(text, 64, "%s%u", n->net, number + 1);
        return true;
    }
    (void)snprintf(name, sizeof name, "node%u", number);
    ok = getaddrinfo(name, NULL, &hints, &found) == 0 &&
         getnameinfo(found->ai_addr, found->ai_addrlen, text, 64, NULL, 0,
                     NI_NUMERICHOST) == 0;
    freeaddrinfo(found);
    return ok;
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct node *n = user;

    (void)peer;
    if (status < 0) {
        fail(n, "connect", p2p_err_text(status));
    } else {
        go_on(n);
    }
}

/* A step begins: 0 done, 1 it goes on later, or a negative code. */
static int do_connect(struct node *n, const struct step *step)
{
    char at[64], id[P2P_PEER_ID_TEXT_MAX], addr[256];
    struct p2p_peer_id peer;
    struct p2p_key *key = NULL;
    int rv = make_key(step->node, &key);

    if (rv == 0) {
        size_t len;
        const uint8_t *pb = p2p_key_public(key, &len);

        rv = p2p_peer_id_from_pubkey(pb, len, &peer);
    }
    p2p_key_free(key);
    if (rv != 0) {
        return rv;
    }
    if (!find_node(n, step->node, at)) {
        return P2P_ENOADDR;
    }
    (void)snprintf(addr, sizeof addr, "/ip4/%s/tcp/%d/p2p/%s", at, PORT,
                   p2p_peer_id_text(&peer, id));
    rv = p2p_host_dial(n->host, addr, on_dialed, n);
    return rv == 0 ? 1 : rv;
}

static void on_time(void *user)
{
    struct node *n = user;

    p2p_timer_free(n->timer);
    n->timer = NULL;
    go_on(n);
}

static int do_wait(struct node *n, const struct step *step)
{
    double passed = (double)(p2p_loop_now_ns(n->loop) - n->started_ns) / 1e9;
    double left = step->seconds - passed;
    int rv;

    if (left <= 0) {
        return 0;
    }
    rv = p2p_timer_new(n->loop, (uint64_t)(left * 1000.0) + 1, 0, on_time, n,
                       &n->timer);
    return rv == 0 ? 1 : rv;
}

static int do_publish(struct node *n, const struct step *step)
{
    uint8_t *data;
    int rv;

    if (step->size > SIZE_MAX_BYTES) {
        return P2P_ETOOBIG;
    }
    data = calloc(1, (size_t)step->size);
    if (data == NULL) {
        return P2P_ENOMEM;
    }
    for (size_t i = 0; i < ID_BYTES; i++) {
        data[i] = (uint8_t)(step->message >> (8 * (ID_BYTES - 1 - i)));
    }
    n->publishing = true;
    rv = p2p_pubsub_publish(n->pubsub, step->topic, data, (size_t)step->size);
    n->publishing = false;
    free(data);
    return rv < 0 ? rv : 0;
}

static int do_init(struct node *n)
{
    struct p2p_pubsub_config cfg = P2P_PUBSUB_CONFIG_INIT;

    cfg.msgid = P2P_MSGID_APP;
    cfg.msgid_fn = message_id;
    cfg.msgid_user = n;
    cfg.no_sign = true;
    return p2p_pubsub_new(n->host, &cfg, &n->pubsub);
}

static int do_step(struct node *n, const struct step *step)
{
    if (step->kind != STEP_INIT && n->pubsub == NULL) {
        int rv = do_init(n);

        if (rv != 0) {
            return rv;
        }
    }
    switch (step->kind) {
        case STEP_INIT:
            return n->pubsub != NULL ? 0 : do_init(n);
        case STEP_CONNECT:
            return do_connect(n, step);
        case STEP_WAIT:
            return do_wait(n, step);
        case STEP_PUBLISH:
            return do_publish(n, step);
        case STEP_SUBSCRIBE:
            return p2p_pubsub_subscribe(n->pubsub, step->topic, on_message, n);
    }
    return P2P_ENOTSUP;
}

static void go_on(struct node *n)
{
    const struct step *step;

    while ((step = params_step(n->params, n->at)) != NULL) {
        int rv;

        n->at++;
        rv = do_step(n, step);
        if (rv < 0) {
            fail(n, "a step of the script", p2p_err_text(rv));
        }
        if (rv != 0) {
            return;
        }
    }
    (void)fprintf(stderr, "node%u: the script is done\n", n->number);
}

static int start(struct node *n)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    char addr[64], id[P2P_PEER_ID_TEXT_MAX], at[64] = "0.0.0.0";
    int rv = make_key(n->number, &n->key);

    if (rv == 0) {
        rv = p2p_loop_new(&n->loop);
    }
    cfg.key = n->key;
    if (rv == 0) {
        rv = p2p_host_new(n->loop, &cfg, &n->host);
    }
    if (n->net != NULL) {
        (void)find_node(n, n->number, at);
    }
    (void)snprintf(addr, sizeof addr, "/ip4/%s/tcp/%d", at, PORT);
    if (rv == 0) {
        rv = p2p_host_listen(n->host, addr);
    }
    if (rv != 0) {
        (void)fprintf(stderr, "%s: %s\n", addr, p2p_err_text(rv));
        return rv;
    }
    n->started_ns = p2p_loop_now_ns(n->loop);
    begin_line("PeerID");
    (void)printf(",\"id\":\"%s\",\"node_id\":%u",
                 p2p_peer_id_text(p2p_host_id(n->host), id), n->number);
    end_line();
    return 0;
}

/* The number of this node; false: the host's name has none. */
static bool read_number(unsigned *number)
{
    const char *given = getenv("NODE_ID");
    char name[256] = "";

    (void)gethostname(name, sizeof name - 1);
    return sscanf(given != NULL ? given : name, given != NULL ? "%u" : "node%u",
                  number) == 1;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"params", required_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
    struct node n = {.net = getenv("NODE_NET"), .code = 1};
    const char *path = NULL;
    int o;

    while ((o = getopt_long_only(argc, argv, "", options, NULL)) == 'p') {
        path = optarg;
    }
    if (o != -1 || optind != argc || path == NULL || !read_number(&n.number)) {
        (void)fprintf(stderr,
                      "usage: gossipsub --params FILE, on a host "
                      "nodeN or with NODE_ID=N\n");
        return 2;
    }
    if (params_read(path, n.number, &n.params) == 0 && start(&n) == 0) {
        go_on(&n);
        p2p_loop_run(n.loop);
    }
    p2p_timer_free(n.timer);
    p2p_host_free(n.host);
    p2p_loop_free(n.loop);
    p2p_key_free(n.key);
    params_free(n.params);
    return n.code;
}
