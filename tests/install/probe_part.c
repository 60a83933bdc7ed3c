/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A program of a stranger that asks for one library more: -DPART_tls, _quic,
 * _ws or _portmap. Its host listens by it where it is a transport. */
#include <p2p/p2p.h>

#if defined(PART_tls)
#include <p2p/tls.h>
#define SECURITY p2p_security_tls(),
#define AT       "/ip4/127.0.0.1/tcp/0"
#elif defined(PART_quic)
#include <p2p/quic.h>
#define TRANSPORT p2p_transport_quic(),
#define AT        "/ip4/127.0.0.1/udp/0/quic-v1"
#elif defined(PART_ws)
#include <p2p/ws.h>
#define TRANSPORT p2p_transport_ws(),
#define AT        "/ip4/127.0.0.1/tcp/0/ws"
#elif defined(PART_portmap)
#include <p2p/portmap.h>
#define PORTMAP p2p_portmap_new(loop, host, NULL, &portmap)
#define AT      "/ip4/127.0.0.1/tcp/0"
#else
#error "which part?"
#endif
#ifndef SECURITY
#define SECURITY
#endif
#ifndef TRANSPORT
#define TRANSPORT
#endif
#ifndef PORTMAP
#define PORTMAP             0
#define p2p_portmap_free(p) (void)(p)
#endif

int main(void)
{
    const struct p2p_security *const security[] = {
        SECURITY p2p_security_noise(), NULL};
    const struct p2p_transport *const transports[] = {
        TRANSPORT p2p_transport_tcp(), NULL};
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct p2p_loop *loop = NULL;
    struct p2p_host *host = NULL;
    struct p2p_key *key = NULL;
    struct p2p_portmap *portmap = NULL;
    int rv = p2p_key_generate(P2P_KEY_ED25519, &key);

    if (rv == 0) {
        rv = p2p_loop_new(&loop);
    }
    cfg.key = key;
    cfg.security = security;
    cfg.transports = transports;
    if (rv == 0) {
        rv = p2p_host_new(loop, &cfg, &host);
    }
    if (rv == 0) {
        rv = p2p_host_listen(host, AT);
    }
    if (rv == 0) {
        rv = PORTMAP;
    }
    p2p_portmap_free(portmap);
    p2p_host_free(host);
    p2p_loop_free(loop);
    p2p_key_free(key);
    return rv != 0;
}
