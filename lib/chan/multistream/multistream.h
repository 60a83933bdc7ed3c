/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * multistream-select 1.0: the two ends of a pipe agree on what is spoken next.
 * Specs: multiformats multistream-select; libp2p connections, "Protocol
 * Negotiation".
 *
 * The core is a channel (p2p__multistream_ops): below the security and the
 * muxer of a connection, or on one stream of a session. It passes bytes
 * through as soon as they are not its own any more:
 *
 *   dialer     offers its protocols in order, the header and the first of
 *              them in one write; at "na" it offers the next. With `eager` and
 *              a single protocol, bytes from above follow at once, while the
 *              answer is awaited.
 *   listener   answers by a list of its own, or, without one, asks: PROPOSED,
 *              to be answered by accept() or refuse() before the next rx.
 *
 * AGREED tells the protocol; what comes next goes on top of this channel then.
 * DONE follows when our last token has been drawn too, and the channel takes
 * itself out: rx and tx of a channel that is done just pass bytes through, so
 * it does no harm where it stays.
 *
 * Limits: a line has P2P__CAP_MULTISTREAM_LINE_BYTES bytes, a listener hears of
 * P2P__CAP_MULTISTREAM_PROPOSALS protocols ("ls" counts as one and is answered
 * "na"), and all is over in ten seconds. A line is buffered only while it is
 * incomplete or asked about, in a buffer of its size, charged to the quota.
 */
#ifndef P2P_CHAN_MULTISTREAM_H
#define P2P_CHAN_MULTISTREAM_H

#include "base/quota.h"
#include "base/turn.h"
#include "port/chan.h"

#define P2P__MULTISTREAM_PROTOCOL "/multistream/1.0.0"

/* The longest line, without its length and with its newline, in bytes. */
#define P2P__CAP_MULTISTREAM_LINE_BYTES 1024U

/* How many proposals a listener hears before it gives up. */
#define P2P__CAP_MULTISTREAM_PROPOSALS 32U

/* How long a negotiation may take, if the configuration does not say. */
#define P2P__MULTISTREAM_TIMEOUT P2P__SEC(10)

enum p2p__multistream_ev_type {
    P2P__MULTISTREAM_PROPOSED, /* listener without a list: accept or refuse */
    P2P__MULTISTREAM_AGREED,   /* `name` is spoken from here on */
    P2P__MULTISTREAM_DONE      /* all is said: the channel may be dropped */
};

struct p2p__multistream_ev {
    enum p2p__multistream_ev_type type;
    size_t index;           /* AGREED with a list: which of it */
    struct p2p__slice name; /* PROPOSED, AGREED: text without a final zero */
};

struct p2p__multistream_cfg {
    bool dialer;
    bool eager; /* dialer of one protocol: bytes from above need not wait */
    /* Names in the order of preference, at most UINT8_MAX, each shorter than
     * P2P__CAP_MULTISTREAM_LINE_BYTES; borrows both array and texts until DONE.
     * NULL for a listener that is to be asked. */
    const char *const *protocols;
    size_t count;
    struct p2p__quota *quota; /* the scope of the connection or stream; borrowed
                                 may be NULL */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
    p2p_ns timeout;           /* 0: P2P__MULTISTREAM_TIMEOUT */
};

/* All members are private. */
struct p2p__multistream {
    const char *const *protocols;
    struct p2p__quota *quota;
    struct p2p__job *owner;
    uint8_t *line; /* an incomplete or proposed line; NULL: none */
    p2p_ns deadline;
    uint16_t line_len;  /* of the line that arrives; 0: not known yet */
    uint16_t line_have; /* bytes of it that are here */
    uint16_t sent;      /* bytes of the token that goes out now */
    uint8_t prefix[2];  /* of a length that is incomplete */
    uint8_t prefix_have;
    uint8_t count;
    uint8_t chosen; /* dialer: what is offered; listener: what is agreed */
    uint8_t heard;  /* proposals */
    uint8_t na_due; /* listener: refusals to send */
    uint8_t state;
    bool dialer;
    bool eager;
    bool header_seen;
    bool header_due;  /* has to go out */
    bool name_due;    /* the offer or the echo has to go out */
    bool ev_proposed; /* events to pull */
    bool ev_agreed;
    bool ev_done;
};

/* The channel: `chan` is a struct p2p__multistream. */
extern const struct p2p__chan_ops p2p__multistream_ops;

/*
 * Begins a negotiation; marks the owner if there is something to send.
 * Errors: P2P_EINVAL (no, too many or too long names; a dialer without any).
 */
int p2p__multistream_init(struct p2p__multistream *m,
                          const struct p2p__multistream_cfg *cfg, p2p_ns now);

/*
 * Consumes tokens of `in` until there is an event; once agreed, makes `up`
 * all of `in`. See port/chan.h.
 * Errors: P2P_EPROTO (not multistream, an answer that was not asked for),
 * P2P_ETOOBIG (line), P2P_ELIMIT (proposals, quota), P2P_ENOPROTO (a dialer
 * was refused all it offered), P2P_ENOMEM.
 */
int p2p__multistream_rx(struct p2p__multistream *m, struct p2p__slice *in,
                        struct p2p__slice *up, p2p_ns now);

/*
 * Writes tokens, then, where bytes may follow them, bytes from `above` (NULL:
 * none). Pull events after it: DONE may come of it.
 */
int p2p__multistream_tx(struct p2p__multistream *m, struct p2p__src *above,
                        struct p2p__outbuf *out, p2p_ns now);

/* Pulls one event; false: none. Its name is valid until the next call on m. */
bool p2p__multistream_next(struct p2p__multistream *m,
                           struct p2p__multistream_ev *ev);

/* Answers PROPOSED: its protocol is spoken from here on. AGREED follows. */
void p2p__multistream_accept(struct p2p__multistream *m);

/* Answers PROPOSED: not here. */
void p2p__multistream_refuse(struct p2p__multistream *m);

/* Whether the other end began as all do. */
bool p2p__multistream_heard(const struct p2p__multistream *m);

/* Whether bytes from above may follow what tx has written. */
bool p2p__multistream_writable(const struct p2p__multistream *m);

/* When the negotiation is given up; P2P_NEVER once it is agreed. */
p2p_ns p2p__multistream_deadline(const struct p2p__multistream *m);

/* P2P_ETIMEDOUT when the deadline has passed, else 0. */
int p2p__multistream_expire(struct p2p__multistream *m, p2p_ns now);

/* Frees what is held and gives the quota back; from any state. */
void p2p__multistream_fini(struct p2p__multistream *m);

#endif
