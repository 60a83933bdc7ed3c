/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See side.h. Happy path: key, loop, host; a listener tells its first address
 * that others can reach and runs; a dialer has a limit of time.
 */
#include "side.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#ifdef WITH_QUIC
#include <p2p/quic.h>
#endif
#ifdef WITH_TLS
#include <p2p/tls.h>
#endif
#ifdef WITH_WS
#include <p2p/ws.h>

#include "cert.h"
#endif

#define ADDRS_MAX 16

uint64_t side_now(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

double side_ms(uint64_t start_ns)
{
    return (double)(side_now() - start_ns) / 1e6;
}

void side_end(struct side *s, int code)
{
    s->code = code;
    p2p_loop_stop(s->loop);
}

void side_fail(struct side *s, const char *what, int status)
{
    (void)fprintf(stderr, "%s: %s\n", what, p2p_err_text(status));
    side_end(s, 1);
}

static void on_limit(void *user)
{
    side_fail(user, "the test", P2P_ETIMEDOUT);
}

/* The security protocol of a name; NULL and a sentence if there is none. */
static const struct p2p_security *security_of(const char *name)
{
    if (name == NULL || strcmp(name, "noise") == 0) {
        return p2p_security_noise();
    }
#ifdef WITH_TLS
    if (strcmp(name, "tls") == 0) {
        return p2p_security_tls();
    }
#endif
    (void)fprintf(stderr, "security %s: not supported\n", name);
    return NULL;
}

static int muxer_of(const char *name, struct p2p_host_config *cfg)
{
    if (name == NULL || strcmp(name, "yamux") == 0) {
        return 0;
    }
    if (strcmp(name, "mplex") != 0) {
        (void)fprintf(stderr, "muxer %s: not supported\n", name);
        return P2P_ENOTSUP;
    }
    cfg->mplex = true;
    cfg->no_yamux = true;
    return 0;
}

static int open_host(struct side *s, const struct p2p_host_config *cfg)
{
    int rv = p2p_loop_new(&s->loop);

    if (rv == 0) {
        rv = p2p_host_new(s->loop, cfg, &s->host);
    }
    if (rv == 0 && s->env->dialer) {
        rv = p2p_timer_new(s->loop, s->env->seconds * 1000ULL, 0, on_limit, s,
                           &s->limit);
    }
    if (rv != 0) {
        (void)fprintf(stderr, "host: %s\n", p2p_err_text(rv));
    }
    return rv;
}

/* Secure WebSockets, if that is what is asked for. Dialers believe any
 * certificate: a harness has no authority. 0, or a negative code. */
static int wss_open(struct side *s)
{
    int rv = 0;
#ifdef WITH_WS
    struct p2p_wss_config cfg = P2P_WSS_CONFIG_INIT;
    struct cert own;

    if (strcmp(s->env->transport, "wss") != 0) {
        return 0;
    }
    rv = cert_make(&own) < 0 ? P2P_ECRYPTO : 0;
    cfg.cert = (const char *)own.cert.data;
    cfg.cert_len = own.cert.size;
    cfg.key = (const char *)own.key.data;
    cfg.key_len = own.key.size;
    cfg.insecure = true;
    rv = rv != 0 ? rv : p2p_transport_wss_new(&cfg, &s->wss);
    cert_fini(&own);
#endif
    return rv;
}

static void wss_close(struct side *s)
{
#ifdef WITH_WS
    p2p_transport_wss_free(s->wss);
#else
    (void)s;
#endif
}

int side_open(struct side *s, const struct harness_env *env)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;

    return side_open_as(s, env, &cfg);
}

int side_open_as(struct side *s, const struct harness_env *env,
                 const struct p2p_host_config *base)
{
    struct p2p_host_config cfg = *base;
    const struct p2p_security *security[2] = {security_of(env->security)};
    const struct p2p_transport *transports[] = {p2p_transport_tcp(),
#ifdef WITH_WS
                                                p2p_transport_ws(),
#endif
#ifdef WITH_QUIC
                                                p2p_transport_quic(),
#endif
                                                NULL, NULL};
    const size_t last = sizeof transports / sizeof transports[0] - 2;
    int rv = security[0] != NULL ? muxer_of(env->muxer, &cfg) : P2P_ENOTSUP;

    *s = (struct side){.env = env, .code = 1};
    if (rv == 0) {
        rv = p2p_key_generate(P2P_KEY_ED25519, &s->key);
    }
    rv = rv != 0 ? rv : wss_open(s);
    transports[last] = s->wss;
    cfg.key = s->key;
    cfg.security = security;
    cfg.transports = transports;
    return rv != 0 ? rv : open_host(s, &cfg);
}

int side_close(struct side *s)
{
    p2p_timer_free(s->limit);
    p2p_host_free(s->host);
    wss_close(s);
    p2p_loop_free(s->loop);
    p2p_key_free(s->key);
    return s->code;
}

/* The multiaddr to listen at; false: no such transport is known here. */
static bool listen_text(const struct harness_env *env, char *text, size_t cap)
{
    static const struct {
        const char *name, *port, *rest;
    } shapes[] = {{"tcp", "tcp", ""},
                  {"ws", "tcp", "/ws"},
                  {"wss", "tcp", "/tls/ws"},
                  {"quic-v1", "udp", "/quic-v1"}};

    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (strcmp(shapes[i].name, env->transport) == 0) {
            int n = snprintf(text, cap, "/ip4/%s/%s/0%s", env->ip,
                             shapes[i].port, shapes[i].rest);

            return n > 0 && (size_t)n < cap;
        }
    }
    return false;
}

/* The first address that is not on loopback, or else the first one. */
static bool reachable(const struct side *s, char text[P2P_MULTIADDR_TEXT_MAX])
{
    struct p2p_multiaddr addrs[ADDRS_MAX];
    size_t n = p2p_host_addrs(s->host, addrs, ADDRS_MAX);

    n = n < ADDRS_MAX ? n : ADDRS_MAX;
    for (size_t i = n; i-- > 0;) {
        (void)p2p_multiaddr_text(&addrs[i], text);
        if (strncmp(text, "/ip4/127.", 9) != 0) {
            return true;
        }
    }
    return n > 0;
}

int side_listen(struct side *s)
{
    char text[P2P_MULTIADDR_TEXT_MAX];
    int rv = listen_text(s->env, text, sizeof text)
                 ? p2p_host_listen(s->host, text)
                 : P2P_ENOTSUP;

    if (rv != 0) {
        (void)fprintf(stderr, "transport %s at %s: %s\n", s->env->transport,
                      s->env->ip, p2p_err_text(rv));
    }
    return rv;
}

int side_serve(struct side *s, const struct meet_key *key)
{
    char text[P2P_MULTIADDR_TEXT_MAX];
    int rv = side_listen(s);

    if (rv != 0) {
        return rv;
    }
    if (!reachable(s, text) || !meet_tell(s->env, key, text)) {
        return P2P_EIO;
    }
    (void)fprintf(stderr, "listening at %s\n", text);
    p2p_loop_run(s->loop);
    return 0;
}
