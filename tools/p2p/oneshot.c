/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Commands that make a host, talk to one peer, print, and end. */
#include "oneshot.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "shot.h"

#define TIMEOUT_MS 60000
/* What perf moves each way when nobody says. */
#define PERF_BYTES (64U * 1024U * 1024U)

int shot_complain(const char *what, int status)
{
    (void)fprintf(stderr, "p2p: %s: %s\n", what, p2p_err_text(status));
    return 1;
}

void shot_end(struct shot *s, int code)
{
    s->ended = true;
    s->code = code;
    p2p_loop_stop(s->loop);
}

static void on_timeout(void *user)
{
    struct shot *s = user;

    shot_end(s, shot_complain(s->addr, P2P_ETIMEDOUT));
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct shot *s = user;

    if (s->ended) {
        return; /* the host ends, and with it the dial */
    }
    if (status < 0) {
        shot_end(s, shot_complain(s->addr, status));
        return;
    }
    s->peer = *peer;
    s->connected(s);
}

static void print_list(const char *name, const char *value)
{
    (void)printf("%-10s %s\n", name, value);
}

static void on_identified(void *user, const struct p2p_peer_info *info)
{
    struct shot *s = user;
    char text[P2P_MULTIADDR_TEXT_MAX], id[P2P_PEER_ID_TEXT_MAX];

    if (s->left != UINT32_MAX) {
        return; /* not what was asked */
    }
    print_list("peer", p2p_peer_id_text(&info->peer, id));
    print_list("agent", info->agent);
    print_list("version", info->protocol_version);
    for (size_t i = 0; i < info->n_protocols; i++) {
        print_list("protocol", info->protocols[i]);
    }
    for (size_t i = 0; i < info->n_addrs; i++) {
        print_list("address", p2p_multiaddr_text(&info->addrs[i], text));
    }
    print_list("sees us at", p2p_multiaddr_text(&info->observed, text));
    shot_end(s, 0);
}

/* Makes the host and dials. 0, or a negative code. */
static int start(struct shot *s)
{
    static const struct p2p_host_events events = {.identified = on_identified};
    const struct network_opts network_opts = network_env();
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    int rv = p2p_key_generate(P2P_KEY_ED25519, &s->key);

    if (rv == 0) {
        rv = network_open(&s->network, &network_opts);
    }
    if (rv == 0) {
        rv = p2p_loop_new(&s->loop);
    }
    cfg.key = s->key;
    cfg.events = &events;
    cfg.user = s;
    network_set(&s->network, &cfg);
    if (rv == 0) {
        rv = p2p_host_new(s->loop, &cfg, &s->host);
    }
    if (rv == 0 && s->prepare != NULL) {
        rv = s->prepare(s);
    }
    if (rv == 0 && !s->forever) {
        rv = p2p_timer_new(s->loop, TIMEOUT_MS, 0, on_timeout, s, &s->timer);
    }
    if (rv == 0) {
        rv = p2p_host_dial(s->host, s->addr, on_dialed, s);
    }
    return rv;
}

int shot_run(struct shot *s)
{
    struct p2p_multiaddr ma;
    int rv = p2p_multiaddr_from_text(s->addr, strlen(s->addr), &ma);

    if (rv != 0) {
        (void)fprintf(stderr,
                      "p2p: %s: %s; a multiaddr is such as "
                      "/ip4/192.0.2.7/tcp/4001\n",
                      s->addr, p2p_err_text(rv));
        return 2;
    }
    s->code = 1;
    rv = start(s);
    if (rv == 0) {
        p2p_loop_run(s->loop);
    } else if (s->network.why[0] != '\0') {
        (void)fprintf(stderr, "p2p: %s\n", s->network.why);
    } else {
        (void)shot_complain(s->addr, rv);
    }
    p2p_timer_free(s->look);
    p2p_timer_free(s->timer);
    p2p_host_free(s->host);
    network_close(&s->network);
    p2p_loop_free(s->loop);
    p2p_key_free(s->key);
    return s->code;
}

int shot_usage(const char *text)
{
    (void)fprintf(stderr, "usage: p2p %s\n", text);
    return 2;
}

static void on_ping(void *user, int status, uint64_t rtt_us)
{
    struct shot *s = user;
    char id[P2P_PEER_ID_TEXT_MAX];

    if (status < 0) {
        shot_end(s, shot_complain("ping", status));
        return;
    }
    (void)printf("%s: %.3f ms\n", p2p_peer_id_text(&s->peer, id),
                 (double)rtt_us / 1000.0);
    if (--s->left == 0) {
        shot_end(s, 0);
    }
}

static void start_ping(struct shot *s)
{
    int rv = p2p_host_ping(s->host, &s->peer, s->left, on_ping, s);

    if (rv != 0) {
        shot_end(s, shot_complain("ping", rv));
    }
}

int oneshot_ping(int argc, char **argv)
{
    static const char text[] = "ping MA [-n N]";
    struct shot s = {.left = 3, .connected = start_ping};
    int c;

    while ((c = getopt(argc, argv, "n:")) != -1) {
        if (c != 'n' || atoi(optarg) <= 0) {
            return shot_usage(text);
        }
        s.left = (uint32_t)atoi(optarg);
    }
    if (optind + 1 != argc) {
        return shot_usage(text);
    }
    s.addr = argv[optind];
    return shot_run(&s);
}

static void nothing(struct shot *s)
{
    (void)s;
}

int oneshot_identify(int argc, char **argv)
{
    struct shot s = {.left = UINT32_MAX, .connected = nothing};

    if (argc != 2) {
        return shot_usage("identify MA");
    }
    s.addr = argv[1];
    return shot_run(&s);
}

static void start_perf(struct shot *s);

static void on_perf(void *user, int status, const struct p2p_perf_result *r)
{
    struct shot *s = user;

    if (status < 0) {
        shot_end(s, shot_complain("perf", status));
        return;
    }
    if (r->up_bytes > 0) {
        (void)printf("up    %.1f MiB/s\n", (double)r->up_bytes / 1048576.0 /
                                               ((double)r->up_ns / 1e9));
    }
    if (r->down_bytes > 0) {
        (void)printf("down  %.1f MiB/s\n", (double)r->down_bytes / 1048576.0 /
                                               ((double)r->down_ns / 1e9));
    }
    if (--s->left == 0) {
        shot_end(s, 0);
    } else {
        start_perf(s);
    }
}

static void start_perf(struct shot *s)
{
    int rv = p2p_host_perf(s->host, &s->peer, s->up, s->down, on_perf, s);

    if (rv != 0) {
        shot_end(s, shot_complain("perf", rv));
    }
}

/* A decimal number; false: it is none, or is missing. */
static bool read_number(const char *text, uint64_t *out)
{
    char *end;

    if (text == NULL || *text < '0' || *text > '9') {
        return false;
    }
    *out = strtoull(text, &end, 10);
    return *end == '\0';
}

int oneshot_perf(int argc, char **argv)
{
    static const char text[] = "perf MA [--up BYTES] [--down BYTES] [--runs N]";
    static const struct option options[] = {
        {"up", required_argument, NULL, 'u'},
        {"down", required_argument, NULL, 'd'},
        {"runs", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    struct shot s = {.left = 1, .connected = start_perf};
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        uint64_t n;

        if (!read_number(optarg, &n) ||
            (c == 'r' && (n == 0 || n > UINT32_MAX))) {
            return shot_usage(text);
        }
        s.up = c == 'u' ? n : s.up;
        s.down = c == 'd' ? n : s.down;
        s.left = c == 'r' ? (uint32_t)n : s.left;
    }
    if (optind + 1 != argc) {
        return shot_usage(text);
    }
    if (s.up == 0 && s.down == 0) {
        s.up = s.down = PERF_BYTES;
    }
    s.addr = argv[optind];
    return shot_run(&s);
}

/* Prints the id of a key. */
static int show_key(const struct p2p_key *key)
{
    struct p2p_peer_id id;
    char text[P2P_PEER_ID_TEXT_MAX];
    size_t len;
    const uint8_t *pub = p2p_key_public(key, &len);

    if (p2p_peer_id_from_pubkey(pub, len, &id) != 0) {
        return 1;
    }
    (void)puts(p2p_peer_id_text(&id, text));
    return 0;
}

static int show_file(const char *path)
{
    struct p2p_key *key;
    int rv = key_load(path, &key);

    if (rv != 0) {
        return shot_complain(path, rv);
    }
    rv = show_key(key);
    p2p_key_free(key);
    return rv;
}

static int generate(const char *path, const char *type_name)
{
    int type = key_type_of(type_name);
    struct p2p_key *key;
    int rv;

    if (type < 0) {
        (void)fprintf(stderr,
                      "p2p: %s: must be ed25519, secp256k1, ecdsa or rsa\n",
                      type_name);
        return 2;
    }
    rv = p2p_key_generate((enum p2p_key_type)type, &key);
    if (rv != 0) {
        return shot_complain(type_name, rv);
    }
    rv = key_save(path, key);
    rv = rv != 0 ? shot_complain(path, rv) : show_key(key);
    p2p_key_free(key);
    return rv;
}

int oneshot_key(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "show") == 0) {
        return show_file(argv[2]);
    }
    if ((argc == 3 || argc == 4) && strcmp(argv[1], "gen") == 0) {
        return generate(argv[2], argc == 4 ? argv[3] : "ed25519");
    }
    return shot_usage(
        "key gen FILE [ed25519|secp256k1|ecdsa|rsa] | key show FILE");
}

int oneshot_id(int argc, char **argv)
{
    return argc == 2 ? show_file(argv[1]) : shot_usage("id FILE");
}
