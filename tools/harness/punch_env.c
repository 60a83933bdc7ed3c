/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See punch_env.h. The routes are set as `ip route add NET via ROUTER` does. */
#include "punch_env.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECONDS 180U

static const char *first(const char *one, const char *other,
                         const char *otherwise)
{
    const char *text = harness_env_text(one);

    text = text != NULL ? text : harness_env_text(other);
    return text != NULL ? text : otherwise;
}

static void put(struct sockaddr *out, struct in_addr addr)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = addr};

    memcpy(out, &in, sizeof in);
}

/* "10.1.2.64/27" and the address of a router to it. */
static bool route_of(const char *net, const char *router, struct rtentry *out)
{
    const char *slash = strchr(net, '/');
    char addr[INET_ADDRSTRLEN];
    struct in_addr to, via, mask;
    size_t len = slash != NULL ? (size_t)(slash - net) : sizeof addr;
    int bits = slash != NULL ? atoi(slash + 1) : 0;

    if (len >= sizeof addr || bits < 1 || bits > 32) {
        return false;
    }
    memcpy(addr, net, len);
    addr[len] = '\0';
    mask.s_addr = htonl(UINT32_MAX << (32 - bits));
    if (inet_pton(AF_INET, addr, &to) != 1 ||
        inet_pton(AF_INET, router, &via) != 1) {
        return false;
    }
    *out = (struct rtentry){.rt_flags = RTF_UP | RTF_GATEWAY};
    put(&out->rt_dst, to);
    put(&out->rt_genmask, mask);
    put(&out->rt_gateway, via);
    return true;
}

/* Sets the route of two variables, if they are there. */
static bool route(const char *net_name, const char *router_name)
{
    const char *net = harness_env_text(net_name);
    const char *router = harness_env_text(router_name);
    struct rtentry entry;
    const char *why = "not a network and a router";
    int fd;

    if (net == NULL || router == NULL) {
        return true;
    }
    if (route_of(net, router, &entry)) {
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        why = ioctl(fd, SIOCADDRT, &entry) == 0 || errno == EEXIST
                  ? NULL
                  : strerror(errno);
        (void)close(fd);
    }
    if (why != NULL) {
        (void)fprintf(stderr, "route to %s via %s: %s\n", net, router, why);
    }
    return why == NULL;
}

/* libp2p/test-plans: MODE and TRANSPORT alone; its relay is theirs. */
static bool read_old(struct punch_env *p, const char *mode)
{
    const char *transport = harness_env_text("TRANSPORT");
    bool quic = transport != NULL && strcmp(transport, "quic") == 0;

    p->role = strcmp(mode, "dial") == 0 ? PUNCH_DIALER : PUNCH_LISTENER;
    p->env.old_style = true;
    p->env.redis = first("REDIS_ADDR", "REDIS_ADDR", "redis:6379");
    p->env.transport = quic ? "quic-v1" : transport;
    p->env.ip = "0.0.0.0";
    p->relay.old_name = quic ? "RELAY_QUIC_ADDRESS" : "RELAY_TCP_ADDRESS";
    if (strcmp(mode, "dial") != 0 && strcmp(mode, "listen") != 0) {
        (void)fprintf(stderr, "MODE is neither listen nor dial: %s\n", mode);
        return false;
    }
    return harness_env_complete(&p->env);
}

/* libp2p/unified-testing. A relay has no IS_DIALER. */
static bool read_new(struct punch_env *p)
{
    const char *dialer = harness_env_text("IS_DIALER");

    if (dialer == NULL && first("IS_RELAY", "RELAY_IP", NULL) == NULL) {
        (void)fprintf(stderr,
                      "none of IS_DIALER, IS_RELAY, RELAY_IP, MODE is "
                      "set\n");
        return false;
    }
    p->role = dialer == NULL                ? PUNCH_RELAY
              : strcmp(dialer, "true") == 0 ? PUNCH_DIALER
                                            : PUNCH_LISTENER;
    p->env.redis = harness_env_text("REDIS_ADDR");
    p->env.test_key = harness_env_text("TEST_KEY");
    p->env.transport = harness_env_text("TRANSPORT");
    p->env.security = harness_env_text("SECURE_CHANNEL");
    p->env.muxer = harness_env_text("MUXER");
    p->env.ip = first(p->role == PUNCH_RELAY    ? "RELAY_IP"
                      : p->role == PUNCH_DIALER ? "DIALER_IP"
                                                : "LISTENER_IP",
                      "PEER_IP", "0.0.0.0");
    return harness_env_complete(&p->env) &&
           route("WAN_SUBNET", "WAN_ROUTER_IP") &&
           route("DIALER_LAN_SUBNET", "DIALER_ROUTER_IP") &&
           route("LISTENER_LAN_SUBNET", "LISTENER_ROUTER_IP");
}

bool punch_env_read(struct punch_env *p)
{
    const char *mode = harness_env_text("MODE");
    bool ok;

    *p = (struct punch_env){
        .relay = {.name = "relay_multiaddr", .what = "where the relay is"}};
    p->env.seconds = SECONDS;
    ok = mode != NULL ? read_old(p, mode) : read_new(p);
    p->env.dialer = p->role == PUNCH_DIALER;
    return ok;
}
