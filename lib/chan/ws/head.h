/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The head of HTTP that opens a WebSocket: a strict reader, of a request at the
 * server and of its answer at the client. Specs: RFC 6455 section 4, RFC 9112.
 *
 * Lines end with CRLF and go through one at a time: one that came whole is read
 * where it lies, else it is put together in a buffer that grows with it and is
 * charged to the quota. Headers that do not concern us are looked at for their
 * form and left alone: those of proxies and browsers, Origin, extensions and
 * protocols that are offered. Refused are: another method or version, a body,
 * folded lines, a header that may not come twice, control characters.
 */
#ifndef P2P_CHAN_WS_HEAD_H
#define P2P_CHAN_WS_HEAD_H

#include "base/quota.h"
#include "base/slice.h"

/* The longest head, in bytes: cookies of a page may be among it. */
#define P2P__CAP_WS_HEAD_BYTES 8192U

/* The most headers. */
#define P2P__CAP_WS_HEADERS 64U

/* Characters of a key, and of what is answered to it, without ending zeros. */
#define P2P__WS_KEY_CHARS    24U
#define P2P__WS_ACCEPT_CHARS 28U

/* All members but done, status and key are private. */
struct p2p__ws_head {
    struct p2p__quota *quota; /* borrowed; may be NULL */
    uint8_t *line;            /* one that is not whole yet, or NULL */
    uint16_t line_len;
    uint16_t line_cap;
    uint16_t total; /* bytes of all lines so far */
    uint16_t seen;  /* headers that count */
    uint8_t count;  /* of all headers */
    bool server;
    bool first; /* the first line was read */
    bool done;  /* all of it was read, and it is right */
    /* What a server answers when rx fails: 400, 405, 408, 426, 431, 503. */
    uint16_t status;
    /* The key that the request has; at the client, the one that it sent. */
    char key[P2P__WS_KEY_CHARS + 1];
};

/* A reader of a request. */
void p2p__ws_head_server(struct p2p__ws_head *h, struct p2p__quota *quota);

/* A reader of the answer to `key`, which is copied. */
void p2p__ws_head_client(struct p2p__ws_head *h, struct p2p__quota *quota,
                         const char *key);

/*
 * Takes lines of `in` until the head is done or nothing is left.
 * Errors: P2P_EPROTO (form), P2P_ETOOBIG (bytes or headers), P2P_ENOPROTO (not
 * to be upgraded, or the server did not), P2P_EAUTH (an answer to another key),
 * P2P_ELIMIT, P2P_ENOMEM, P2P_ECRYPTO.
 */
int p2p__ws_head_rx(struct p2p__ws_head *h, struct p2p__slice *in);

/* The answer to a key of P2P__WS_KEY_CHARS characters: RFC 6455 section 4.2.2.
 * Errors: P2P_ECRYPTO. */
int p2p__ws_head_accept(const char *key, char out[P2P__WS_ACCEPT_CHARS + 1]);

/* Frees what is held; from any state. */
void p2p__ws_head_fini(struct p2p__ws_head *h);

#endif
