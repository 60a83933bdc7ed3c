/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See network.h. */
#include "network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef WITH_QUIC
#include <p2p/quic.h>
#endif
#ifdef WITH_WS
#include <p2p/ws.h>
#endif

/* Reads a file of at most `cap` bytes; how many, or a negative code. */
static int read_file(struct network *n, const char *path, char *to, size_t cap)
{
    FILE *f = fopen(path, "rb");
    size_t len;

    if (f == NULL) {
        (void)snprintf(n->why, sizeof n->why, "%s: %s", path, strerror(errno));
        return P2P_EIO;
    }
    len = fread(to, 1, cap, f);
    if (ferror(f)) {
        (void)snprintf(n->why, sizeof n->why, "%s: %s", path, strerror(errno));
        (void)fclose(f);
        return P2P_EIO;
    }
    (void)fclose(f);
    return (int)len;
}

static int read_psk(struct network *n, const char *path)
{
    char file[P2P_PSK_FILE_MAX + 1], why[P2P_PSK_WHY_MAX];
    int len = read_file(n, path, file, sizeof file);
    int rv = len;

    if (len >= 0) {
        rv = p2p_psk_read(file, (size_t)len, n->psk, why, sizeof why);
        if (rv != 0) {
            (void)snprintf(n->why, sizeof n->why, "%s: %s", path, why);
        }
    }
    explicit_bzero(file, sizeof file);
    n->is_private = rv == 0;
    return rv;
}

#ifdef WITH_WS
/* The longest file of certificates. */
#define PEM_MAX 65536

/* A file of PEM in memory of its own; NULL, 0 where none is named. */
static int read_pem(struct network *n, const char *path, char **out,
                    size_t *out_len)
{
    int len;

    *out = NULL;
    *out_len = 0;
    if (path == NULL) {
        return 0;
    }
    *out = malloc(PEM_MAX);
    len = *out == NULL ? P2P_ENOMEM : read_file(n, path, *out, PEM_MAX);
    if (len < 0) {
        return len;
    }
    *out_len = (size_t)len;
    return 0;
}

/* Makes the transport of secure WebSockets. */
static int make_wss(struct network *n, const struct network_opts *o)
{
    struct p2p_wss_config cfg = P2P_WSS_CONFIG_INIT;
    char *cert = NULL, *key = NULL, *ca = NULL;
    int rv = read_pem(n, o->tls_cert, &cert, &cfg.cert_len);

    if (rv == 0) {
        rv = read_pem(n, o->tls_key, &key, &cfg.key_len);
    }
    if (rv == 0) {
        rv = read_pem(n, o->tls_ca, &ca, &cfg.ca_len);
    }
    if (rv == 0) {
        cfg.cert = cert;
        cfg.key = key;
        cfg.ca = ca;
        cfg.insecure = o->tls_insecure;
        rv = p2p_transport_wss_new(&cfg, &n->wss);
    }
    if (rv != 0 && n->why[0] == '\0') {
        (void)snprintf(n->why, sizeof n->why,
                       "the certificate, key or authorities of TLS: %s",
                       p2p_err_text(rv));
    }
    if (key != NULL) {
        explicit_bzero(key, PEM_MAX);
    }
    free(cert);
    free(key);
    free(ca);
    return rv;
}
#endif

/* All transports that this program was built with; QUIC has no place for the
 * key of a private network. */
static int set_transports(struct network *n, const struct network_opts *o)
{
    size_t count = 0;
    int rv = 0;

    n->transports[count++] = p2p_transport_tcp();
#ifdef WITH_QUIC
    if (o->psk == NULL) {
        n->transports[count++] = p2p_transport_quic();
    }
#endif
#ifdef WITH_WS
    n->transports[count++] = p2p_transport_ws();
    rv = make_wss(n, o);
    if (rv == 0) {
        n->transports[count++] = n->wss;
    }
#endif
    (void)o;
    n->transports[count] = NULL;
    return rv;
}

struct network_opts network_env(void)
{
    return (struct network_opts){.psk = getenv("P2P_PSK"),
                                 .tls_ca = getenv("P2P_TLS_CA")};
}

int network_open(struct network *n, const struct network_opts *opts)
{
    int rv;

    *n = (struct network){0};
    rv = set_transports(n, opts);
    if (rv == 0 && opts->psk != NULL) {
        rv = read_psk(n, opts->psk);
    }
    return rv;
}

void network_set(const struct network *n, struct p2p_host_config *cfg)
{
    cfg->transports = n->transports;
    cfg->psk = n->is_private ? n->psk : NULL;
}

void network_close(struct network *n)
{
#ifdef WITH_WS
    p2p_transport_wss_free(n->wss);
#endif
    explicit_bzero(n->psk, sizeof n->psk);
    n->is_private = false;
}
