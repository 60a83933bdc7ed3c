/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * WebSocket as a transport of hosts: a library of its own, p2p-ws
 * (`pkg-config --libs p2p-ws`), of the same version as p2p. Browsers speak it,
 * and it passes where HTTP alone does.
 *
 *     const struct p2p_transport *const transports[] = {p2p_transport_tcp(),
 * p2p_transport_ws(), NULL}; cfg.transports = transports;
 *     …
 *     p2p_host_listen(host, "/ip4/0.0.0.0/tcp/80/ws");
 */
#ifndef P2P_WS_H
#define P2P_WS_H

#include "p2p/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * WebSocket in the clear: addresses that end in /ws. What goes over it is
 * secured all the same, by Noise or TLS inside. A server may stand behind a
 * reverse proxy, which ends TLS for it; all its connections come from the
 * proxy's address then, see p2p_host_config.max_pending_per_addr.
 * Spec: libp2p websockets; RFC 6455.
 * @return a constant
 */
P2P_API const struct p2p_transport *p2p_transport_ws(void);

/** What secure WebSockets need. Begin with P2P_WSS_CONFIG_INIT. PEM in memory,
 * borrowed for the call. */
struct p2p_wss_config {
    size_t size;      /**< set by P2P_WSS_CONFIG_INIT */
    const char *cert; /**< a server's certificate, and those between it and its
                           authority; NULL: this host does not listen */
    size_t cert_len;  /**< bytes of it */
    const char *key;  /**< its private key */
    size_t key_len;   /**< bytes of it */
    const char *ca;   /**< authorities that dials believe; NULL: the system's */
    size_t ca_len;    /**< bytes of it */
    /** Dials believe any certificate. Who the peer is, is proven inside all the
     * same; but who is in between can then see and stop the connection as over
     * plain WebSocket. For tests, and for servers without an authority. */
    bool insecure;
};

/** A config with the defaults: dials only, and the system's authorities. */
#define P2P_WSS_CONFIG_INIT                                      \
    {                                                            \
        .size = sizeof(struct p2p_wss_config), .insecure = false \
    }

/**
 * Secure WebSocket: addresses that end in /wss, /tls/ws or /tls/sni/NAME/ws. A
 * dial verifies that the server's certificate is for the NAME, or else for the
 * name or IP address in front of the port, as https does: else it fails with
 * P2P_EAUTH, and with P2P_ENOTFOUND where the system has no authorities.
 * Spec: libp2p websockets; RFC 6455.
 * @param cfg borrows the config for the call
 * @param out returns owned: p2p_transport_wss_free() it
 * @return 0, P2P_EINVAL (one of cert and key is missing; the size), P2P_EFORMAT
 *         (not PEM, or a key of another certificate), P2P_ENOMEM
 */
P2P_API int p2p_transport_wss_new(const struct p2p_wss_config *cfg,
                                  struct p2p_transport **out);

/**
 * Has another certificate, or other authorities, for connections that begin
 * from now on.
 * @param wss borrows the transport
 * @param cfg borrows the config for the call
 * @return as p2p_transport_wss_new(); on failure all is as it was
 */
P2P_API int p2p_transport_wss_renew(struct p2p_transport *wss,
                                    const struct p2p_wss_config *cfg);

/**
 * Lets a transport go; hosts that were made with it go on with it.
 * @param wss takes the transport; NULL is fine
 */
P2P_API void p2p_transport_wss_free(struct p2p_transport *wss);

#ifdef __cplusplus
}
#endif

#endif
