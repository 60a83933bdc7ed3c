/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A program of a stranger that asks for QUIC as well. */
#include <p2p/p2p.h>
#include <p2p/quic.h>

int main(void)
{
    const struct p2p_transport *const transports[] = {
        p2p_transport_quic(), p2p_transport_tcp(), NULL};
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct p2p_loop *loop = NULL;
    struct p2p_host *host = NULL;
    struct p2p_key *key = NULL;
    int rv = p2p_key_generate(P2P_KEY_ED25519, &key);

    if (rv == 0) {
        rv = p2p_loop_new(&loop);
    }
    cfg.key = key;
    cfg.transports = transports;
    if (rv == 0) {
        rv = p2p_host_new(loop, &cfg, &host);
    }
    if (rv == 0) {
        rv = p2p_host_listen(host, "/ip4/127.0.0.1/udp/0/quic-v1");
    }
    p2p_host_free(host);
    p2p_loop_free(loop);
    p2p_key_free(key);
    return rv != 0;
}
