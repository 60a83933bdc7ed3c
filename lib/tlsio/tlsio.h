/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A session of GnuTLS that does no I/O: what it reads comes out of the slice
 * that rx was called with, what it writes goes straight to where tx writes or,
 * while there is no such place, into a small buffer that the next tx empties. A
 * record's text is what GnuTLS decrypted it into, lent until the next call.
 * Channels own it by value. Libraries of their own have such channels, so this
 * is compiled into each of those.
 */
#ifndef P2P_TLSIO_TLSIO_H
#define P2P_TLSIO_TLSIO_H

#include <gnutls/gnutls.h>

#include "base/quota.h"
#include "base/slice.h"
#include "base/turn.h"

/* What is read without a byte for the layer above, in bytes: a handshake with
 * the longest certificates, later two records. GnuTLS puts a message together
 * before it looks at its length, and that can be 16 MiB. */
#define P2P__CAP_TLSIO_QUIET_BYTES 34816U

/* What we have to say and nobody has drawn yet, in bytes: a flight of the
 * handshake; later, answers to key updates of a peer that never reads. */
#define P2P__TLSIO_PENDING_MAX 16384U

/* What a session of GnuTLS takes, as it is charged to the quota: measured
 * after a handshake. In bytes. */
#define P2P__TLSIO_SESSION_BYTES 16384U

/* The most plaintext of a record, in bytes, and what is around it; TLS 1.2 has
 * a nonce there, too. */
#define P2P__TLSIO_PLAIN_MAX    16384U
#define P2P__TLSIO_OVERHEAD     22U
#define P2P__TLSIO_OVERHEAD_1_2 29U

/* Records are not begun with less room than this behind others, in bytes. */
#define P2P__TLSIO_ROOM_MIN 512U

/* All members but session and refusal are private. */
struct p2p__tlsio {
    gnutls_session_t session;
    gnutls_packet_t packet;  /* lent by the last receive; or NULL */
    struct p2p__slice *in;   /* of the rx that is under way */
    struct p2p__outbuf *out; /* of the tx that may be written to directly */
    uint8_t *pending;        /* not drawn yet */
    size_t pending_len;
    size_t pending_cap;
    struct p2p__quota *quota;
    struct p2p__job *owner;
    int refusal;     /* what is wrong, if it is not GnuTLS that says so */
    size_t overhead; /* of a record, known after the handshake */
    uint32_t quiet;  /* bytes read since there was one for the layer above */
};

/*
 * Opens a session; `flags` are those of gnutls_init() besides the ones that
 * such a session always has. Quota and owner are borrowed until fini, or NULL.
 * Errors: P2P_ELIMIT, P2P_ENOMEM; fini it then, too.
 */
int p2p__tlsio_init(struct p2p__tlsio *t, unsigned flags,
                    struct p2p__quota *quota, struct p2p__job *owner);

/*
 * Goes on with the handshake, reading `in` (NULL: nothing is here yet). Returns
 * 1 when it is over, 0 when more is needed, or what is wrong, after an alert.
 * Errors: refusal, P2P_EPROTO, P2P_EAUTH, P2P_ENOPROTO, P2P_ETOOBIG,
 * P2P_ENOMEM, P2P_ELIMIT.
 */
int p2p__tlsio_shake(struct p2p__tlsio *t, struct p2p__slice *in);

/*
 * Reads a record of `in`, after the handshake. `up` is its text, valid until
 * the next call on t; nothing: no data, or not all of it is here.
 * Errors: as above, and P2P_ECLOSED (the peer said so).
 */
int p2p__tlsio_receive(struct p2p__tlsio *t, struct p2p__slice *in,
                       struct p2p__slice *up);

/* Draws what is pending; false: some is left. */
bool p2p__tlsio_draw(struct p2p__tlsio *t, struct p2p__outbuf *out);

/* Writes records of what above has, while there is room. 0, or what above or
 * GnuTLS say. */
int p2p__tlsio_send(struct p2p__tlsio *t, struct p2p__src *above,
                    struct p2p__outbuf *out, p2p_ns now);

/* Lets the last record go. */
void p2p__tlsio_release(struct p2p__tlsio *t);

/* Frees everything and gives the quota back; from any state. */
void p2p__tlsio_fini(struct p2p__tlsio *t);

#endif
