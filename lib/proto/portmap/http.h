/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A reader of one answer of HTTP, as gateways give their descriptions and what
 * came of an order: a status, headers of which two count, and a body that ends
 * by its length, in chunks, or with the connection. What is too long is refused
 * as soon as that is known; where an answer says to look elsewhere, its status
 * tells, and nobody goes there.
 * Spec: RFC 9112, sections 2 to 7.
 */
#ifndef P2P_PROTO_PORTMAP_HTTP_H
#define P2P_PROTO_PORTMAP_HTTP_H

#include "base/slice.h"

/* The longest body, in bytes: descriptions of gateways have 2 to 20 KiB. */
#define P2P__CAP_PORTMAP_PAGE_BYTES 65536U

/* All lines that are not of the body, in bytes: headers, sizes of chunks. */
#define P2P__CAP_PORTMAP_HEAD_BYTES 8192U

/* What is kept of a line: more than one that counts has. */
#define P2P__HTTP_LINE_BYTES 128U

enum p2p__http_state {
    P2P__HTTP_STATUS,
    P2P__HTTP_HEADERS,
    P2P__HTTP_SOME,       /* of the body, as long as it was said to be */
    P2P__HTTP_REST,       /* until the connection ends */
    P2P__HTTP_CHUNK_SIZE, /* a line of it */
    P2P__HTTP_CHUNK,
    P2P__HTTP_CHUNK_END,
    P2P__HTTP_TRAILER,
    P2P__HTTP_DONE
};

/* All members but status, body and len are private. */
struct p2p__http {
    unsigned status; /* 0: it was not read yet */
    char *body;      /* ends with a zero that `len` does not count; or NULL */
    size_t len;
    size_t cap;
    enum p2p__http_state state;
    char line[P2P__HTTP_LINE_BYTES + 1];
    size_t line_len;
    size_t head; /* bytes of all lines */
    size_t left; /* of the body, or the chunk */
    bool has_length;
    bool chunked;
};

/* Begins to read. */
void p2p__http_init(struct p2p__http *h);

/* Reads on; what comes behind the answer is dropped. Errors: P2P_EPROTO,
 * P2P_ETOOBIG, P2P_ENOMEM. */
int p2p__http_rx(struct p2p__http *h, struct p2p__slice in);

/* The connection ended. Errors: P2P_EPROTO, the answer did not. */
int p2p__http_ended(struct p2p__http *h);

/* Frees the body; from any state. */
void p2p__http_fini(struct p2p__http *h);

#endif
