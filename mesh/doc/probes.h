/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * HTTP probes of a document: what a node asks its own listeners, to see
 * whether what runs there does well.
 *
 *     {"listener": "*:80", "path": "/healthz", "host": "shop.example",
 *      "status": "200-399", "interval": 10, "timeout": 2, "failures": 3}
 *
 * A probe goes to a listener of this node's configuration and nowhere else: a
 * document is no way to have requests sent into somebody's network.
 */
#ifndef UM_DOC_PROBES_H
#define UM_DOC_PROBES_H

#include "mesh/doc/addr.h"
#include "mesh/doc/error.h"
#include "mesh/doc/value.h"

/** Probes of one node; a document with more is refused. Each costs a request
 * every second at most. */
#define UM__CAP_DOC_PROBES 16U

/** Bytes of a probe's name, which is told with what it found. */
#define UM__CAP_DOC_PROBE_NAME_BYTES 64U

/** Bytes of each text of a probe. */
#define UM__CAP_DOC_PROBE_TEXT_BYTES 1024U

/** A probe; its texts are views of the document. */
struct um_probe {
    struct um_str name;
    struct um_str listener; /**< as the configuration names it */
    struct um_str path;
    struct um_str host;  /**< of the field Host; empty: the address */
    unsigned status_min; /**< the answers that are good, both included */
    unsigned status_max;
    unsigned interval_s;
    unsigned timeout_s;
    unsigned failures; /**< in a row, until the node is not healthy */
};

/** Where a probe goes. */
struct um_probe_target {
    char authority[64];                /**< "127.0.0.1:80", for a URL */
    char socket[UM_ADDR_UNIX_MAX + 1]; /**< of a unix socket; "": TCP */
    bool tls;                          /**< the listener speaks TLS */
};

/** True if s may be the name of a probe. */
bool um_probe_name(struct um_str s);

/**
 * Reads a probe.
 * @param a where err's pointer is made
 * @param open texts with variables in them are not looked at yet
 * @param err where it is wrong: its pointer begins at the probe
 * @return 0, P2P_EFORMAT or P2P_ENOMEM
 */
int um_probe_read(struct um_arena *a, const struct um_member *m, bool open,
                  struct um_probe *out, struct um_doc_error *err);

/**
 * Finds out where a probe goes.
 * @param config of this node: the listener has to be in it
 * @return NULL, or why it goes nowhere; a constant, for people
 */
const char *um_probe_aim(const struct um_probe *p, const struct um_val *config,
                         struct um_probe_target *out);

#endif
