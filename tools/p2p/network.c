/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See network.h. */
#include "network.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/* All transports that this program was built with. */
static void set_transports(struct network *n)
{
    size_t count = 0;

    n->transports[count++] = p2p_transport_tcp();
#ifdef WITH_WS
    n->transports[count++] = p2p_transport_ws();
#endif
    n->transports[count] = NULL;
}

int network_open(struct network *n, const struct network_opts *opts)
{
    *n = (struct network){0};
    set_transports(n);
    return opts->psk != NULL ? read_psk(n, opts->psk) : 0;
}

void network_set(const struct network *n, struct p2p_host_config *cfg)
{
    cfg->transports = n->transports;
    cfg->psk = n->is_private ? n->psk : NULL;
}

void network_close(struct network *n)
{
    explicit_bzero(n->psk, sizeof n->psk);
    n->is_private = false;
}
