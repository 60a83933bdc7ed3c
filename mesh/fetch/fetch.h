/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * One-shot HTTP requests (libcurl): to Unit, for the article's pull, to this
 * node's own listeners, webhooks. Plain http; https to listeners, whoever they
 * say they are, and to receivers of webhooks, who are verified; no redirects,
 * proxies or environment; every answer has a cap on size and time, and is
 * checked to be whole. The loop is the owner's: it is told which descriptors
 * and what time-out to watch.
 */
#ifndef UM_FETCH_FETCH_H
#define UM_FETCH_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Requests under way in one engine; further ones are refused. */
#define UM__CAP_FETCH_ACTIVE 64

struct um_fetch;
struct um_fetch_job;

/** What to watch for; a bit set. */
enum { UM_FETCH_READ = 1, UM_FETCH_WRITE = 2 };

/** How an engine reaches its owner's loop. */
struct um_fetch_loop {
    void *user;
    /** Watch fd for events; 0: stop watching it. */
    void (*watch)(void *user, int fd, int events);
    /** Call um_fetch_on_timer() in ms milliseconds; -1: not at all. */
    void (*timer)(void *user, long ms);
};

/** Why a request has no answer; or UM_FETCH_OK. */
enum um_fetch_status {
    UM_FETCH_OK,
    UM_FETCH_CONNECT, /**< nobody listens, or no such socket */
    UM_FETCH_TIMEOUT,
    UM_FETCH_CLOSED, /**< closed before the answer was whole: unknown */
    UM_FETCH_TOO_BIG,
    UM_FETCH_FAILED /**< anything else; text says what */
};

/** Whether to connect to an address, of 4 or 16 bytes. */
typedef bool um_fetch_may(const uint8_t *ip, size_t len);

/** A request; everything is copied. */
struct um_fetch_req {
    const char *method; /**< "GET", "PUT", … */
    const char *url;    /**< http://HOST[:PORT]/PATH */
    bool tls;           /**< it is https, and any certificate will do: for
                             a listener of this machine, which is asked
                             whether it answers, not who it is */
    bool verified;      /**< it is http, or https to whom a certificate of
                             this machine's authorities names */
    um_fetch_may *may;  /**< asked of each address; NULL: all are fine */
    const char *const *fields; /**< more fields of the head, "NAME: VALUE" */
    size_t n_fields;
    const char *unix_path; /**< a unix socket to connect to; NULL: TCP */
    const char *host;      /**< the field Host; NULL: of the URL */
    const void *body;      /**< NULL: none */
    size_t len;
    size_t max_answer; /**< bytes of the answer's body */
    long timeout_ms;   /**< for all of it */
    long connect_ms;
};

/** An answer; valid during the call. */
struct um_fetch_answer {
    enum um_fetch_status status;
    const char *text; /**< of a failure, for people */
    long code;        /**< the HTTP status, 0 when there was none */
    const char *body; /**< ends with a zero byte */
    size_t len;
    const char *server; /**< the field Server; "" if it is not there or long */
};

/** Why a URL is none that can be asked (http or https, a host, no password);
 * NULL: it is one. A constant. */
const char *um_fetch_url_wrong(const char *url);

/** Told once, never before um_fetch_start() returned. */
typedef void um_fetch_done(void *user, const struct um_fetch_answer *a);

/** An engine. Owned; NULL: no memory. `loop` is copied. */
struct um_fetch *um_fetch_new(const struct um_fetch_loop *loop);

/** Ends an engine; requests under way end without a word. */
void um_fetch_free(struct um_fetch *f);

/**
 * Starts a request.
 * @return a job that is valid until `done`; NULL: no memory, or too many
 */
struct um_fetch_job *um_fetch_start(struct um_fetch *f,
                                    const struct um_fetch_req *req,
                                    um_fetch_done *done, void *user);

/** Ends a request; `done` is not called. */
void um_fetch_cancel(struct um_fetch_job *job);

/** A watched descriptor has events. */
void um_fetch_on_fd(struct um_fetch *f, int fd, int events);

/** The time-out has passed. */
void um_fetch_on_timer(struct um_fetch *f);

#endif
