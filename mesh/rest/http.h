/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * An HTTP server on one listening socket (libmicrohttpd), driven by whoever
 * owns the loop: wait until um_http_fd() is readable or the time-out has
 * passed, then um_http_run(). A handler answers at once or later.
 */
#ifndef UM_REST_HTTP_H
#define UM_REST_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Connections of one server, and of one address to it. */
#define UM__CAP_HTTP_CONNS          64
#define UM__CAP_HTTP_CONNS_PER_ADDR 16
/** Bytes of a request's head; libmicrohttpd answers 431 above it. */
#define UM__CAP_HTTP_HEAD_BYTES 16384
/** Fields of a request's head; 431 above it. */
#define UM__CAP_HTTP_FIELDS 64
/** Bytes of a request's path; 414 above it. */
#define UM__CAP_HTTP_PATH_BYTES 2048
/** Seconds of silence after which a connection is closed. */
#define UM__CAP_HTTP_IDLE_S 30
/** Seconds of silence before a request's head is there. */
#define UM__CAP_HTTP_SILENT_S 5
/** Seconds within which a head is there that was begun; and a body. */
#define UM__CAP_HTTP_HEAD_S 10
#define UM__CAP_HTTP_BODY_S 60
/** Bytes of a stream that wait for a slow reader; it is cut off above it. */
#define UM__CAP_HTTP_STREAM_BYTES 262144

struct um_http;
struct um_http_req;

/** What a server is told. */
struct um_http_cfg {
    int fd;          /**< a listening socket; takes it */
    bool local;      /**< a unix socket: peers have no address */
    size_t max_body; /**< bytes of a request's body; 413 if more is announced,
                          the connection ends if more comes */
    /** Called when a request is whole; must lead to one um_http_reply(). */
    void (*handle)(void *user, struct um_http_req *req);
    /** Called with each answer but streams, before the request goes, whoever
     * gave it; NULL: nobody listens. The body is borrowed. */
    void (*said)(void *user, const struct um_http_req *req, unsigned status,
                 const void *body, size_t len);
    void *user; /**< borrowed until um_http_free() */
};

/**
 * Starts a server.
 * @return owned, or NULL: no memory, or the socket cannot be used
 */
struct um_http *um_http_new(const struct um_http_cfg *cfg);

/** Ends a server; requests that wait for an answer get a 503 now. */
void um_http_free(struct um_http *h);

/** The descriptor to wait for; it stays the server's. */
int um_http_fd(const struct um_http *h);

/** Does what is due. */
void um_http_run(struct um_http *h);

/** Milliseconds until um_http_run() is due anyway; -1: no limit. It may be
 * another one after any call that `due` is told of. */
int um_http_timeout_ms(const struct um_http *h);

/** Whom to tell that a reply, or a word of a stream, from outside of
 * um_http_run() left something to do, of which um_http_fd() says nothing: to
 * send it. He calls um_http_run() soon, not before he returns: what is said
 * from outside calls neither handlers nor who hears of readers that are gone.
 * @param due borrows its user until um_http_free(); not called by that
 */
void um_http_on_due(struct um_http *h, void (*due)(void *user), void *user);

/** The method, such as "GET"; valid until the reply. HEAD is one:
 * it is answered without the body. */
const char *um_http_method(const struct um_http_req *req);

/** Whether it was HEAD. */
bool um_http_is_head(const struct um_http_req *req);

/** The path as sent, with its escapes, without the query; valid until the
 * reply. */
const char *um_http_path(const struct um_http_req *req);

/** A header's value, or NULL; valid until the reply. */
const char *um_http_header(const struct um_http_req *req, const char *name);

/** A query argument's value, "" if it has none; NULL: it is not there. Valid
 * until the reply. */
const char *um_http_query(const struct um_http_req *req, const char *name);

/** The first query argument that is none of these; NULL: there is no other.
 * Valid until the reply. */
const char *um_http_query_other(const struct um_http_req *req,
                                const char *const *names, size_t n);

/** The body; valid until the reply. */
const char *um_http_body(const struct um_http_req *req, size_t *len);

/** The client's address as text, "" on a unix socket; valid until the reply.
 */
const char *um_http_client(const struct um_http_req *req);

/** Who is at the other end of a unix socket. */
struct um_http_peer {
    bool known; /**< else it is none, or the system does not say */
    uint32_t uid;
    int32_t pid; /**< 0: not of a process that we may see */
};

/** Who that is, as the system said when the request came. */
struct um_http_peer um_http_peer(const struct um_http_req *req);

/** A header of the answer that was added; NULL: it was not. Valid until the
 * reply. */
const char *um_http_answered(const struct um_http_req *req, const char *name);

/**
 * Answers a request and ends it. Copies the body.
 * @param req    takes the request
 * @param status the HTTP status
 * @param type   the Content-Type, constant; NULL: text/plain
 * @param body   borrows the bytes
 * @param len    how many
 */
void um_http_reply(struct um_http_req *req, unsigned status, const char *type,
                   const void *body, size_t len);

/** Adds a header to the answer; call it before um_http_reply(). */
void um_http_reply_header(struct um_http_req *req, const char *name,
                          const char *value);

/** An answer without an end. */
struct um_http_stream;

/**
 * Answers a request, 200, with what will come; from the handler, at once.
 * @param req  takes the request
 * @param type the Content-Type, constant
 * @param gone told once, later: the reader is, or is cut off, or the server
 *             ends; the stream is no more then
 * @return owned until `gone` or um_http_stream_end(); NULL: the client left, or
 *         asked for the head alone, or no memory, and `gone` is not told
 */
struct um_http_stream *um_http_stream(struct um_http_req *req, const char *type,
                                      void (*gone)(void *user), void *user);

/** Sends more; copied. May tell `gone` before it returns. */
void um_http_stream_say(struct um_http_stream *s, const char *text, size_t len);

/** Ends it; `gone` is not told. */
void um_http_stream_end(struct um_http_stream *s);

#endif
