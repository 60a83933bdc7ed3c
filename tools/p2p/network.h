/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The network that the tool's hosts are in: its key, if it is private, and the
 * transports that lead there. */
#ifndef TOOLS_P2P_NETWORK_H
#define TOOLS_P2P_NETWORK_H

#include <stdbool.h>

#include <p2p/p2p.h>

/* What the flags said; all NULL: the public one. */
struct network_opts {
    const char *psk; /* a swarm.key, or NULL */
    /* Files of secure WebSockets, PEM; NULL: dials only, the system's trust. */
    const char *tls_cert;
    const char *tls_key;
    const char *tls_ca;
    bool tls_insecure;
};

/* How many transports there may be, and NULL at the end. */
#define NETWORK_TRANSPORTS 5

struct network {
    const struct p2p_transport *transports[NETWORK_TRANSPORTS];
    struct p2p_transport *wss; /* owned, or NULL */
    uint8_t psk[P2P_PSK_BYTES];
    bool is_private;
    char why[512]; /* what is wrong, after network_open() failed */
};

/* What the environment says, for commands without flags of their own:
 * P2P_PSK and P2P_TLS_CA name files. */
struct network_opts network_env(void);

/* Reads the files that the flags name. 0, or a negative code, and why. */
int network_open(struct network *n, const struct network_opts *opts);

/* Tells a host's config; borrows the network until the host was made. */
void network_set(const struct network *n, struct p2p_host_config *cfg);

/* Frees what it has and forgets the key. */
void network_close(struct network *n);

#endif
