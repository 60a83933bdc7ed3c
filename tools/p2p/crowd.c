/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Several hosts on one loop that talk to one peer: see crowd.h. Happy path:
 * parse, start, dial each member, samples, print, free. Every failure ends the
 * bench with exit code 1: a bench that lost something has no result.
 */
#include "crowd.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "json.h"
#include "network.h"

#define MAX_COUNT 10000000U
#define MAX_PAR   4096U

uint64_t crowd_now_ns(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static int number(const char *text, uint32_t max, uint32_t *out)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || n == 0 || n > max) {
        return -1;
    }
    *out = (uint32_t)n;
    return 0;
}

/* An option's value; 0, or -1: it is none. */
static int parse_option(struct crowd *c, int o, const char *value)
{
    switch (o) {
        case 'n':
            return number(value, MAX_COUNT, &c->want);
        case 'p':
            return number(value, MAX_PAR, &c->par);
        case 's':
            return security_list(value, c->security) ? 0 : -1;
        default:
            return -1;
    }
}

static int parse_addr(struct crowd *c, const char *text)
{
    struct p2p_multiaddr ma;

    c->addr = text;
    return p2p_multiaddr_from_text(text, strlen(text), &ma) == 0 &&
                   p2p_multiaddr_peer(&ma, &c->peer)
               ? 0
               : -1;
}

int crowd_parse(struct crowd *c, int argc, char **argv, const char *usage)
{
    static const struct option options[] = {
        {"addr", required_argument, NULL, 'a'},
        {"par", required_argument, NULL, 'p'},
        {"security", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    const char *addr = NULL;
    int rv = 0, o;

    while (rv == 0 &&
           (o = getopt_long(argc, argv, "n:", options, NULL)) != -1) {
        if (o == 'a') {
            addr = optarg;
        } else {
            rv = parse_option(c, o, optarg);
        }
    }
    if (addr == NULL && optind < argc) {
        addr = argv[optind++];
    }
    if (rv != 0 || optind != argc || addr == NULL || parse_addr(c, addr) != 0) {
        (void)fprintf(stderr, "usage: p2p %s\n", usage);
        return 2;
    }
    return 0;
}

void crowd_end(struct crowd *c, const char *text, int status)
{
    if (c->ended) {
        return; /* the first one counts */
    }
    if (text != NULL) {
        (void)fprintf(stderr, "p2p: %s: %s: %s\n", c->addr, text,
                      p2p_err_text(status));
        c->code = 1;
    }
    c->ended = true;
    p2p_loop_stop(c->loop);
}

static void on_identified(void *user, const struct p2p_peer_info *info)
{
    struct member *m = user;

    if (!info->push && !m->connected) {
        m->connected = true;
        m->crowd->cb->ready(m);
    }
}

static void on_peer_down(void *user, const struct p2p_peer_id *peer)
{
    struct member *m = user;

    (void)peer;
    m->connected = false;
    if (m->crowd->ended) {
        return;
    }
    if (m->crowd->cb->gone != NULL) {
        m->crowd->cb->gone(m);
    } else {
        crowd_end(m->crowd, "the connection went away", P2P_ECLOSED);
    }
}

static int start_member(struct crowd *c, struct member *m)
{
    static const struct p2p_host_events events = {.identified = on_identified,
                                                  .peer_down = on_peer_down};
    const struct network_opts network_opts = network_env();
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct network network;
    int rv = p2p_key_generate(P2P_KEY_ED25519, &m->key);

    m->crowd = c;
    cfg.key = m->key;
    cfg.events = &events;
    cfg.user = m;
    cfg.security = c->security[0] == NULL ? NULL : c->security;
    if (rv == 0) {
        rv = network_open(&network, &network_opts);
    }
    if (rv == 0) {
        network_set(&network, &cfg);
        rv = p2p_host_new(c->loop, &cfg, &m->host);
        network_close(&network);
    }
    return rv;
}

int crowd_start(struct crowd *c, uint32_t n)
{
    int rv;

    c->members = calloc(n, sizeof *c->members);
    c->sample_us = calloc(c->want, sizeof *c->sample_us);
    if (c->members == NULL || c->sample_us == NULL) {
        abort();
    }
    rv = p2p_loop_new(&c->loop);
    for (; rv == 0 && c->n_members < n; c->n_members++) {
        rv = start_member(c, &c->members[c->n_members]);
    }
    if (rv != 0) {
        (void)fprintf(stderr, "p2p: %s\n", p2p_err_text(rv));
        c->code = 1;
    }
    return c->code;
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct member *m = user;

    (void)peer;
    if (status < 0) {
        crowd_end(m->crowd, "dial", status);
    }
}

void crowd_dial(struct member *m)
{
    int rv;

    m->started_ns = crowd_now_ns();
    rv = p2p_host_dial(m->host, m->crowd->addr, on_dialed, m);
    if (rv != 0) {
        crowd_end(m->crowd, "dial", rv);
    }
}

void crowd_sample(struct crowd *c, uint64_t us)
{
    if (c->done < c->want) {
        c->sample_us[c->done++] = us;
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static double cpu_s(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

void crowd_print(struct crowd *c, const char *type, uint64_t took_ns)
{
    struct json j;

    qsort(c->sample_us, c->done, sizeof *c->sample_us, compare);
    json_begin(&j, type);
    json_uint(&j, "n", c->done);
    json_real(&j, "s", (double)took_ns / 1e9);
    json_real(&j, "cpu_s", cpu_s());
    if (c->done > 0) {
        json_uint(&j, "min_us", c->sample_us[0]);
        json_uint(&j, "p50_us", c->sample_us[c->done / 2]);
        json_uint(&j, "p99_us", c->sample_us[(uint64_t)c->done * 99 / 100]);
    }
    json_end(&j);
}

int crowd_free(struct crowd *c)
{
    c->ended = true;
    for (uint32_t i = 0; i < c->n_members; i++) {
        p2p_host_free(c->members[i].host);
        p2p_key_free(c->members[i].key);
        free(c->members[i].echoes);
    }
    p2p_loop_free(c->loop);
    free(c->members);
    free(c->sample_us);
    return c->code;
}
