/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libmicrohttpd with its epoll descriptor, no threads. Happy path: the access
 * handler collects the body, calls the owner, and the reply is queued: at
 * once, or by resuming the connection. A stream's connection is suspended
 * whenever it has nothing to send. Failure: a body above the cap is
 * answered 413 without being read on; a client that leaves early ends the
 * request, and a reply to it then goes nowhere.
 */
#include "mesh/rest/http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "mesh/base/buf.h"
#include "mesh/rest/left.h"
#include "mesh/rest/line.h"

#define MAX_HEADERS 12

/* A mistake as those above say it. */
#define MISTAKE(text) "{\"error\":\"" text "\"}\n"
#define JSON          "application/json"

struct header {
    char *name;
    char *value;
};

struct um_http {
    struct MHD_Daemon *mhd;
    struct um_http_cfg cfg;
    struct um_http_req *open; /* of which the owner was asked, no reply yet */
    struct um_http_stream *streams;
    struct um_line *lines;
    bool running;            /* inside MHD_run() */
    void (*due)(void *user); /* or NULL */
    void *due_user;
};

/* Its request keeps it until libmicrohttpd is done with that. */
struct um_http_stream {
    struct um_http_stream *next; /* of the server's */
    struct um_http_req *req;
    struct um_buf waiting; /* to be sent */
    void (*gone)(void *user);
    void *user;
    bool over; /* nothing more comes */
};

struct um_http_req {
    struct um_http *http;
    struct um_http_req *next;    /* in http->open */
    struct MHD_Connection *conn; /* NULL: the client left */
    char *method;
    char *path;
    char *body;
    size_t len;
    size_t room; /* of body */
    struct header headers[MAX_HEADERS];
    size_t n_headers;
    struct MHD_Response *response;
    struct um_http_stream *stream; /* that it is answered with; or NULL */
    unsigned status;
    char client[INET6_ADDRSTRLEN];
    struct um_http_peer peer;
    bool handled;   /* the owner was asked, or need not be */
    bool head;      /* HEAD: asked as GET, answered without a body */
    bool suspended; /* libmicrohttpd waits for the reply */
    bool ended;     /* libmicrohttpd is done with it */
};

static void req_free(struct um_http_req *r)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        free(r->headers[i].name);
        free(r->headers[i].value);
    }
    if (r->response != NULL) {
        MHD_destroy_response(r->response);
    }
    if (r->stream != NULL) {
        um_buf_fini(&r->stream->waiting);
        free(r->stream);
    }
    free(r->method);
    free(r->path);
    free(r->body);
    free(r);
}

static void set_client(struct um_http_req *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    if (info == NULL || info->client_addr == NULL || r->http->cfg.local) {
        return;
    }
    if (info->client_addr->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, info->client_addr, sizeof in);
        (void)inet_ntop(AF_INET, &in.sin_addr, r->client, sizeof r->client);
    } else if (info->client_addr->sa_family == AF_INET6) {
        struct sockaddr_in6 in;

        memcpy(&in, info->client_addr, sizeof in);
        (void)inet_ntop(AF_INET6, &in.sin6_addr, r->client, sizeof r->client);
    }
}

/* Of a unix socket: whose process it is. */
static void set_peer(struct um_http_req *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->conn, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred who;
    socklen_t len = sizeof who;

    if (r->http->cfg.local && info != NULL &&
        getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &who, &len) ==
            0) {
        r->peer = (struct um_http_peer){true, who.uid, who.pid};
    }
}

/* What a request's head has of what there may not be too much of. */
struct head {
    unsigned host, authorization, length, coding;
    unsigned fields;
    uint64_t body_bytes; /* announced; UINT64_MAX: more than can be */
};

static uint64_t announced(const char *value)
{
    char *end;
    unsigned long long n;

    errno = 0;
    n = strtoull(value, &end, 10);
    return errno != 0 || *end != '\0' ? UINT64_MAX : n;
}

static enum MHD_Result look_at_field(void *user, enum MHD_ValueKind kind,
                                     const char *name, const char *value)
{
    struct head *n = user;

    (void)kind;
    n->fields++;
    n->host += strcasecmp(name, "Host") == 0;
    n->authorization += strcasecmp(name, "Authorization") == 0;
    n->coding += strcasecmp(name, "Transfer-Encoding") == 0;
    if (strcasecmp(name, "Content-Length") == 0) {
        n->length++;
        n->body_bytes = announced(value);
    }
    return MHD_YES;
}

/* What is wrong with a head: a text and *status, or NULL. Two fields of a kind:
 * whoever stands between may have seen the other one. */
static const char *wrong(struct um_http_req *r, unsigned *status)
{
    struct head n = {0};

    (void)MHD_get_connection_values(r->conn, MHD_HEADER_KIND, look_at_field,
                                    &n);
    *status = 400;
    if (n.host > 1 || n.authorization > 1 || n.length + n.coding > 1) {
        return MISTAKE("A field stands twice.");
    }
    *status = 431;
    if (n.fields > UM__CAP_HTTP_FIELDS) {
        return MISTAKE("There are too many fields.");
    }
    *status = 414;
    if (strlen(r->path) > UM__CAP_HTTP_PATH_BYTES) {
        return MISTAKE("The path is too long.");
    }
    *status = 413;
    return n.body_bytes > r->http->cfg.max_body
               ? MISTAKE("The body is too big.")
               : NULL;
}

static void on_connection(void *cls, struct MHD_Connection *conn,
                          void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct um_http *h = cls;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = um_line_new(&h->lines, conn);
        if (*context != NULL) {
            um_line_expect(*context, UM__CAP_HTTP_SILENT_S,
                           UM__CAP_HTTP_HEAD_S);
        }
    } else if (*context != NULL) {
        um_line_free(&h->lines, *context);
        *context = NULL;
    }
}

/* The first line was read: libmicrohttpd decodes the path from here on, and a
 * segment may hold an escaped slash. */
static void *on_uri(void *cls, const char *uri, struct MHD_Connection *conn)
{
    struct um_line *l = um_line_of(conn);

    (void)cls;
    if (l != NULL) {
        free(l->path);
        l->path = strndup(uri, strcspn(uri, "?"));
    }
    return NULL; /* no request yet */
}

static struct um_http_req *req_new(struct um_http *h,
                                   struct MHD_Connection *conn,
                                   const char *method)
{
    struct um_http_req *r = calloc(1, sizeof *r);
    struct um_line *l = um_line_of(conn);

    if (r == NULL || l == NULL) {
        free(r);
        return NULL;
    }
    r->http = h;
    r->conn = conn;
    r->head = strcmp(method, "HEAD") == 0;
    r->method = strdup(r->head ? "GET" : method);
    r->path = l->path;
    l->path = NULL;
    if (r->method == NULL || r->path == NULL) {
        req_free(r);
        return NULL;
    }
    set_client(r);
    set_peer(r);
    return r;
}

/* Adds a piece of the body; one that nobody announced and that goes above the
 * cap can only be cut off. */
static enum MHD_Result collect(struct um_http_req *r, const char *data,
                               size_t *size)
{
    if (*size > r->http->cfg.max_body - r->len) {
        return MHD_NO;
    }
    if (*size >= r->room - r->len) {
        size_t room = (r->len + *size + 1) * 2;
        char *grown = realloc(r->body, room);

        if (grown == NULL) {
            return MHD_NO;
        }
        r->body = grown;
        r->room = room;
    }
    memcpy(r->body + r->len, data, *size);
    r->len += *size;
    r->body[r->len] = '\0';
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result queue(struct um_http_req *r)
{
    return MHD_queue_response(r->conn, r->status, r->response);
}

static void open_add(struct um_http_req *r)
{
    r->next = r->http->open;
    r->http->open = r;
}

static void open_remove(struct um_http_req *r)
{
    struct um_http_req **at = &r->http->open;

    while (*at != r) {
        at = &(*at)->next;
    }
    *at = r->next;
}

/* The head is there. */
static enum MHD_Result begin(struct um_http_req *r)
{
    unsigned status;
    const char *why;

    if (r == NULL) {
        return MHD_NO;
    }
    um_line_expect(um_line_of(r->conn), UM__CAP_HTTP_IDLE_S,
                   UM__CAP_HTTP_BODY_S);
    why = wrong(r, &status);
    if (why == NULL) {
        return MHD_YES;
    }
    r->handled = true;
    open_add(r);
    um_http_reply(r, status, JSON, why, strlen(why));
    return r->response != NULL ? queue(r) : MHD_NO;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn,
                                  const char *path, const char *method,
                                  const char *version, const char *data,
                                  size_t *size, void **state)
{
    struct um_http *h = cls;
    struct um_http_req *r = *state;

    (void)version;
    (void)path;
    if (r == NULL) {
        r = req_new(h, conn, method);
        *state = r;
        return begin(r);
    }
    if (*size > 0) {
        return collect(r, data, size);
    }
    if (!r->handled) {
        r->handled = true;
        open_add(r);
        um_line_expect(um_line_of(conn), UM__CAP_HTTP_IDLE_S, 0);
        h->cfg.handle(h->cfg.user, r);
    }
    if (r->response != NULL) {
        return queue(r);
    }
    r->suspended = true;
    MHD_suspend_connection(conn);
    return MHD_YES;
}

/* Takes a stream out of the server's; whether it was there. */
static bool stream_remove(struct um_http_stream *s)
{
    struct um_http_stream **at = &s->req->http->streams;

    while (*at != NULL && *at != s) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        return false;
    }
    *at = s->next;
    return true;
}

/* Nobody reads it any more. */
static void stream_lost(struct um_http_stream *s)
{
    s->over = true;
    if (stream_remove(s)) {
        s->gone(s->user);
    }
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct um_http_req *r = *state;
    struct um_line *l = um_line_of(conn);

    (void)cls;
    (void)code;
    *state = NULL;
    if (r == NULL) {
        return;
    }
    if (l != NULL) { /* the next head may begin when it has rested */
        um_line_expect(l, UM__CAP_HTTP_IDLE_S,
                       UM__CAP_HTTP_IDLE_S + UM__CAP_HTTP_HEAD_S);
    }
    if (r->stream != NULL) {
        stream_lost(r->stream);
    }
    if (r->handled && r->response == NULL) {
        r->ended = true; /* the owner still has it: the reply frees it */
        r->conn = NULL;
        return;
    }
    req_free(r);
}

/* Goes on with a connection that was suspended, in the next run: who speaks
 * from outside may stand on what a handler or the end of a reader frees. */
static void wake(struct um_http_req *req)
{
    struct um_http *h = req->http;

    if (!req->suspended) {
        return;
    }
    req->suspended = false;
    MHD_resume_connection(req->conn);
    if (!h->running && h->due != NULL) {
        h->due(h->due_user); /* resuming wakes no epoll descriptor */
    }
}

struct um_http *um_http_new(const struct um_http_cfg *cfg)
{
    struct um_http *h = calloc(1, sizeof *h);
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;

    if (h == NULL) {
        return NULL;
    }
    h->cfg = *cfg;
    h->mhd = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, cfg->fd,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)UM__CAP_HTTP_CONNS,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        cfg->local ? 0U : (unsigned)UM__CAP_HTTP_CONNS_PER_ADDR,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)UM__CAP_HTTP_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)UM__CAP_HTTP_HEAD_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_uri,
        NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
    if (h->mhd == NULL) {
        free(h);
        return NULL;
    }
    return h;
}

void um_http_free(struct um_http *h)
{
    static const char text[] = MISTAKE("The daemon is ending.");

    if (h == NULL) {
        return;
    }
    h->running = true; /* once, below, for all of them */
    while (h->open != NULL) {
        um_http_reply(h->open, 503, JSON, text, sizeof text - 1);
    }
    while (h->streams != NULL) {
        struct um_http_stream *s = h->streams;

        stream_lost(s);
        wake(s->req);
    }
    (void)MHD_run(h->mhd); /* it must not be stopped while one is suspended */
    MHD_stop_daemon(h->mhd);
    free(h);
}

int um_http_fd(const struct um_http *h)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD);

    return info != NULL ? info->epoll_fd : -1;
}

/* Ends streams of those who left: nothing is read while nothing is said. */
static void end_left(struct um_http *h)
{
    for (struct um_http_stream *s = h->streams, *next; s != NULL; s = next) {
        next = s->next;
        if (s->req->suspended && um_left_look(s->req->conn)) {
            stream_lost(s);
            wake(s->req);
        }
    }
}

void um_http_run(struct um_http *h)
{
    h->running = true;
    end_left(h);
    um_line_end_late(h->lines);
    (void)MHD_run(h->mhd);
    h->running = false;
}

int um_http_timeout_ms(const struct um_http *h)
{
    MHD_UNSIGNED_LONG_LONG ms;
    int late = um_line_late_ms(h->lines);

    if (MHD_get_timeout(h->mhd, &ms) != MHD_YES) {
        return late;
    }
    ms = ms > 60000 ? 60000 : ms;
    return late >= 0 && (unsigned)late < ms ? late : (int)ms;
}

void um_http_on_due(struct um_http *h, void (*due)(void *user), void *user)
{
    h->due = due;
    h->due_user = user;
}

const char *um_http_method(const struct um_http_req *req)
{
    return req->method;
}

bool um_http_is_head(const struct um_http_req *req)
{
    return req->head;
}

const char *um_http_path(const struct um_http_req *req)
{
    return req->path;
}

const char *um_http_header(const struct um_http_req *req, const char *name)
{
    return req->conn == NULL
               ? NULL
               : MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, name);
}

const char *um_http_query(const struct um_http_req *req, const char *name)
{
    const char *value = NULL;

    if (req->conn == NULL ||
        MHD_lookup_connection_value_n(req->conn, MHD_GET_ARGUMENT_KIND, name,
                                      strlen(name), &value, NULL) != MHD_YES) {
        return NULL;
    }
    return value != NULL ? value : "";
}

/* A look for an argument that is none of these. */
struct other {
    const char *const *names;
    size_t n;
    const char *found;
};

static enum MHD_Result on_argument(void *user, enum MHD_ValueKind kind,
                                   const char *name, const char *value)
{
    struct other *o = user;

    (void)kind;
    (void)value;
    for (size_t i = 0; i < o->n; i++) {
        if (strcasecmp(o->names[i], name) == 0) { /* as the look-up does */
            return MHD_YES;
        }
    }
    o->found = name;
    return MHD_NO;
}

const char *um_http_query_other(const struct um_http_req *req,
                                const char *const *names, size_t n)
{
    struct other o = {names, n, NULL};

    if (req->conn != NULL) {
        (void)MHD_get_connection_values(req->conn, MHD_GET_ARGUMENT_KIND,
                                        on_argument, &o);
    }
    return o.found;
}

const char *um_http_body(const struct um_http_req *req, size_t *len)
{
    *len = req->len;
    return req->body != NULL ? req->body : "";
}

const char *um_http_client(const struct um_http_req *req)
{
    return req->client;
}

struct um_http_peer um_http_peer(const struct um_http_req *req)
{
    return req->peer;
}

const char *um_http_answered(const struct um_http_req *req, const char *name)
{
    for (size_t i = 0; i < req->n_headers; i++) {
        if (req->headers[i].name != NULL &&
            strcasecmp(req->headers[i].name, name) == 0) {
            return req->headers[i].value;
        }
    }
    return NULL;
}

void um_http_reply_header(struct um_http_req *req, const char *name,
                          const char *value)
{
    struct header *e;

    if (req->n_headers >= MAX_HEADERS) {
        return;
    }
    e = &req->headers[req->n_headers++];
    e->name = strdup(name);
    e->value = strdup(value);
}

static bool has_header(const struct um_http_req *req, const char *name)
{
    for (size_t i = 0; i < req->n_headers; i++) {
        if (req->headers[i].name != NULL &&
            strcmp(req->headers[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void add_headers(struct um_http_req *req, const char *type)
{
    (void)MHD_add_response_header(
        req->response, "Content-Type",
        type != NULL ? type : "text/plain; charset=utf-8");
    (void)MHD_add_response_header(req->response, "X-Content-Type-Options",
                                  "nosniff");
    (void)MHD_add_response_header(req->response, "Cross-Origin-Resource-Policy",
                                  "same-origin");
    if (!has_header(req, "Cache-Control")) {
        (void)MHD_add_response_header(req->response, "Cache-Control",
                                      "no-store");
    }
    for (size_t i = 0; i < req->n_headers; i++) {
        if (req->headers[i].name != NULL && req->headers[i].value != NULL) {
            (void)MHD_add_response_header(req->response, req->headers[i].name,
                                          req->headers[i].value);
        }
    }
}

void um_http_reply(struct um_http_req *req, unsigned status, const char *type,
                   const void *body, size_t len)
{
    union {
        const void *c;
        void *m;
    } bytes = {.c = body};

    open_remove(req);
    if (req->http->cfg.said != NULL) {
        req->http->cfg.said(req->http->cfg.user, req, status, body, len);
    }
    if (req->ended) {
        req_free(req);
        return;
    }
    req->status = status;
    req->response =
        MHD_create_response_from_buffer(len, bytes.m, MHD_RESPMEM_MUST_COPY);
    if (req->response == NULL) {
        return; /* out of memory: the connection times out */
    }
    add_headers(req, type);
    wake(req);
}

/* Gives libmicrohttpd what waits; the connection sleeps if nothing does. */
static ssize_t on_pull(void *cls, uint64_t at, char *out, size_t room)
{
    struct um_http_stream *s = cls;
    size_t n = s->waiting.len < room ? s->waiting.len : room;

    (void)at;
    if (n > 0) {
        memcpy(out, s->waiting.p, n);
        um_buf_consume(&s->waiting, n);
        return (ssize_t)n;
    }
    if (s->over) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    s->req->suspended = true;
    MHD_suspend_connection(s->req->conn);
    return 0;
}

struct um_http_stream *um_http_stream(struct um_http_req *req, const char *type,
                                      void (*gone)(void *user), void *user)
{
    struct um_http_stream *s = calloc(1, sizeof *s);

    assert(!req->suspended);
    if (s == NULL || req->ended) {
        free(s);
        um_http_reply(req, 500, NULL, "", 0);
        return NULL;
    }
    if (req->head) { /* libmicrohttpd would send the end of a body */
        free(s);
        um_http_reply(req, 200, type, "", 0);
        return NULL;
    }
    *s = (struct um_http_stream){.req = req, .gone = gone, .user = user};
    req->response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096,
                                                      on_pull, s, NULL);
    if (req->response == NULL) {
        free(s);
        um_http_reply(req, 500, NULL, "", 0);
        return NULL;
    }
    open_remove(req);
    req->stream = s;
    req->status = 200;
    s->next = req->http->streams;
    req->http->streams = s;
    add_headers(req, type);
    return s;
}

void um_http_stream_say(struct um_http_stream *s, const char *text, size_t len)
{
    if (s->waiting.len + len > UM__CAP_HTTP_STREAM_BYTES) {
        um_buf_clear(&s->waiting);
        stream_lost(s); /* what it got last has no end, and it sees that */
    } else {
        um_buf_add(&s->waiting, text, len);
    }
    wake(s->req);
}

void um_http_stream_end(struct um_http_stream *s)
{
    s->over = true;
    (void)stream_remove(s);
    wake(s->req);
}
