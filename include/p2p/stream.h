/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Streams: ordered bytes both ways between two hosts, under one protocol.
 *
 * A stream lives from p2p_stream_open(), or the call of a protocol's handler,
 * until its `closed` event, which comes exactly once and last. It has
 * back-pressure in both directions: p2p_stream_send() says P2P_EAGAIN when
 * enough is queued, and a peer cannot send more than the window that is open,
 * which opens again when bytes are consumed.
 */
#ifndef P2P_STREAM_H
#define P2P_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "p2p/err.h"
#include "p2p/peer_id.h"

#ifdef __cplusplus
extern "C" {
#endif

struct p2p_host;
struct p2p_stream;

/** What a stream tells its owner; NULL members are not called. */
struct p2p_stream_events {
    /** The peer agreed on the protocol. */
    void (*opened)(void *user, struct p2p_stream *stream);
    /** Bytes, valid until the call returns; they are consumed then, unless
     * p2p_stream_manual() was called. */
    void (*data)(void *user, struct p2p_stream *stream, const uint8_t *bytes,
                 size_t len);
    /** There is room again after P2P_EAGAIN. */
    void (*writable)(void *user, struct p2p_stream *stream);
    /** The peer sends no more; we still may. */
    void (*finished)(void *user, struct p2p_stream *stream);
    /** The end; the handle is invalid after this call. Status is 0 when both
     * sides finished, else why not: P2P_ERESET, P2P_ECLOSED, P2P_ENOPROTO, … */
    void (*closed)(void *user, struct p2p_stream *stream, int status);
    void (*reserved[3])(void); /**< leave them NULL: room for more events */
};

/**
 * Opens a stream to a peer, dialing it first if it is not connected and an
 * address is known. With a single protocol data may be sent at once.
 * @param host      borrows the host
 * @param peer      borrows the peer's id
 * @param protocols borrows 1 to 5 names, best first; the strings must outlive
 *                  the stream
 * @param n         how many
 * @param events    borrows the table until `closed`; may be NULL
 * @param user      borrows until `closed`
 * @param out       set to the stream
 * @return 0, P2P_ENOADDR, P2P_ELIMIT, P2P_ESELF, P2P_EINVAL, P2P_ENOMEM,
 *         P2P_ELIMITED, P2P_ECLOSED (the host is ending)
 */
P2P_API int p2p_stream_open(struct p2p_host *host,
                            const struct p2p_peer_id *peer,
                            const char *const *protocols, size_t n,
                            const struct p2p_stream_events *events, void *user,
                            struct p2p_stream **out);

/**
 * As p2p_stream_open(), and may go over a connection that a relay limits,
 * which ends after minutes or some KiB; p2p_stream_open() says P2P_ELIMITED
 * where there is no other.
 * @param host      borrows the host
 * @param peer      borrows the peer's id
 * @param protocols borrows 1 to 5 names, as p2p_stream_open()
 * @param n         how many
 * @param events    borrows the table until `closed`; may be NULL
 * @param user      borrows until `closed`
 * @param out       set to the stream
 * @return as p2p_stream_open(), but for P2P_ELIMITED
 */
P2P_API int p2p_stream_open_limited(struct p2p_host *host,
                                    const struct p2p_peer_id *peer,
                                    const char *const *protocols, size_t n,
                                    const struct p2p_stream_events *events,
                                    void *user, struct p2p_stream **out);

/**
 * Sets who is told about a stream: the first thing that a handler does.
 * @param stream borrows the stream
 * @param events borrows the table until `closed`; NULL: nobody
 * @param user   borrows until `closed`
 */
P2P_API void p2p_stream_listen(struct p2p_stream *stream,
                               const struct p2p_stream_events *events,
                               void *user);

/**
 * Queues bytes to be sent: all of them, or none. What is queued counts against
 * the host's `max_memory`, and 32 MiB of one connection; a send may be a
 * quarter of the lower one. While others hold too much of it, sending says
 * P2P_EAGAIN; after 30 s of that P2P_ELIMIT, and fewer bytes, or a later try,
 * may still go.
 * @param stream borrows the stream
 * @param bytes  borrows the bytes; they are copied
 * @param len    how many
 * @return 0, P2P_EAGAIN (`writable` follows), P2P_ELIMIT (none follows),
 *         P2P_ECLOSED, P2P_ERESET, P2P_ENOMEM
 */
P2P_API int p2p_stream_send(struct p2p_stream *stream, const void *bytes,
                            size_t len);

/**
 * Takes consuming into the owner's hands: from now on the window opens only
 * by p2p_stream_consume().
 * @param stream borrows the stream
 */
P2P_API void p2p_stream_manual(struct p2p_stream *stream);

/**
 * Says that bytes of `data` events were dealt with.
 * @param stream borrows the stream
 * @param len    how many bytes
 */
P2P_API void p2p_stream_consume(struct p2p_stream *stream, size_t len);

/**
 * Ends our direction after what is queued; the peer's goes on.
 * @param stream borrows the stream
 */
P2P_API void p2p_stream_finish(struct p2p_stream *stream);

/**
 * Ends both directions now and drops what is queued. `closed` follows later,
 * never inside this call.
 * @param stream borrows the stream
 */
P2P_API void p2p_stream_reset(struct p2p_stream *stream);

/**
 * The protocol that is spoken.
 * @param stream borrows the stream
 * @return a constant string that is valid until `closed`
 */
P2P_API const char *p2p_stream_protocol(const struct p2p_stream *stream);

/**
 * Who is at the other end.
 * @param stream borrows the stream
 * @return an id that is valid until `closed`
 */
P2P_API const struct p2p_peer_id *p2p_stream_peer(
    const struct p2p_stream *stream);

/** Bytes of a connection's binding. */
#define P2P_BINDING_BYTES 32

/**
 * The binding of the connection that a stream is on: 32 bytes that both ends
 * share, that no other connection has, and that nobody can choose (the hash of
 * the Noise handshake). A code over it proves something on this connection
 * alone, whoever stands in between.
 * @param stream borrows the stream
 * @param out    room for P2P_BINDING_BYTES bytes
 * @return 0, P2P_ESTATE (the stream waits for a connection)
 */
P2P_API int p2p_stream_binding(const struct p2p_stream *stream,
                               uint8_t out[P2P_BINDING_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
