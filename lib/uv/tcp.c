/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A TCP connection as a pipe. Happy path: dial or accept, read into the hot
 * slab, uv_try_write at once. What the kernel does not take is copied into a
 * write request (the rest of one out buffer at most: the caller waits for
 * writable). close() lets that rest leave, for LINGER_MS at most.
 * Failure modes: every error of libuv ends in cb->ended or cb->connected. A
 * connection that there is no descriptor or memory for is taken and closed, so
 * that the listener goes on (libuv keeps a descriptor in reserve for that).
 * What the kernel has heard nothing of for DEAD_S ends, whatever runs on it.
 */
#include "uv/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

#include "base/mem.h"
#include "uv/addr.h"
#include "uv/errors.h"

#define LINGER_MS 2000U
#define BACKLOG   4096

/* Silence after which the kernel asks, how often, and when it gives up. */
#define IDLE_S  15
#define PROBE_S 5
#define DEAD_S  30

/* How long the kernel waits at most until it sends once more what was not
 * acknowledged. It doubles that time again and again, so that a connection
 * which was cut for 15 s would stand still for up to 15 s more. Linux 6.15. */
#define RESEND_MS 2000
#if defined __linux__ && !defined TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif

struct rest {
    uv_write_t req;
    struct tcp *tcp;
    uint8_t bytes[];
};

struct farewell {
    uv_timer_t timer;
    struct tcp *tcp;
    struct p2p__uv_net *net;
};

struct tcp {
    struct p2p__pipe pipe;
    struct p2p__uv_net *net;
    uv_tcp_t h;
    struct farewell *farewell;
    bool writing;
    bool closing; /* the owner is done with us */
    bool gone;    /* uv_close was called */
};

struct dial {
    uv_connect_t req;
    struct tcp *tcp;
};

struct tcp_listener {
    struct p2p__listener l;
    struct p2p__uv_net *net;
    uv_tcp_t h;
    uv_tcp_t unwanted; /* takes and closes what there is no memory for */
    unsigned handles;  /* of the two, those that are open */
    bool busy;         /* `unwanted` is being closed */
    bool waiting;      /* one more is to be closed after that */
    bool closing;
};

static struct tcp *of_pipe(const struct p2p__pipe *p)
{
    union {
        const struct p2p__pipe *c;
        struct p2p__pipe *m;
    } u = {.c = p};

    return P2P__CONTAINER(u.m, struct tcp, pipe);
}

static void on_closed(uv_handle_t *h)
{
    struct tcp *t = h->data;

    t->net->handles--;
    p2p__free(t);
}

static void on_linger_closed(uv_handle_t *h)
{
    struct farewell *l = h->data;

    l->net->handles--;
    p2p__free(l);
}

static void shut(struct tcp *t)
{
    if (t->gone) {
        return;
    }
    t->gone = true;
    if (t->farewell != NULL) {
        uv_close((uv_handle_t *)&t->farewell->timer, on_linger_closed);
    }
    uv_close((uv_handle_t *)&t->h, on_closed);
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
    const struct tcp *t = h->data;

    (void)hint;
    p2p__uv_hot(t->net, buf);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct tcp *t = s->data;

    (void)buf;
    if (t->closing || n == 0) {
        return;
    }
    if (n < 0) {
        (void)uv_read_stop(s);
        t->pipe.cb->ended(t->pipe.user, n == UV_EOF ? 0 : p2p__uv_err((int)n),
                          p2p__uv_now());
        return;
    }
    t->pipe.cb->data(t->pipe.user, p2p__uv_hot_slice(t->net, (size_t)n),
                     p2p__uv_now());
    p2p__uv_hot_done(t->net);
}

static void on_written(uv_write_t *req, int status)
{
    struct rest *r = P2P__CONTAINER(req, struct rest, req);
    struct tcp *t = r->tcp;

    p2p__free(r);
    t->writing = false;
    if (t->gone) {
        return;
    }
    if (t->closing) {
        shut(t);
    } else if (status < 0) {
        t->pipe.cb->ended(t->pipe.user, p2p__uv_err(status), p2p__uv_now());
    } else {
        t->pipe.cb->writable(t->pipe.user, p2p__uv_now());
    }
}

/* Copies what the kernel did not take into a request. */
static int write_rest(struct tcp *t, const uint8_t *buf, size_t len)
{
    struct rest *r = p2p__alloc(sizeof *r + len);
    uv_buf_t b;
    int rv;

    if (r == NULL) {
        return P2P_ENOMEM;
    }
    r->tcp = t;
    memcpy(r->bytes, buf, len);
    b = uv_buf_init((char *)r->bytes, (unsigned)len);
    rv = uv_write(&r->req, (uv_stream_t *)&t->h, &b, 1, on_written);
    if (rv != 0) {
        p2p__free(r);
        return p2p__uv_err(rv);
    }
    t->writing = true;
    return 0;
}

static int tcp_write(struct p2p__pipe *pipe, const uint8_t *buf, size_t len)
{
    struct tcp *t = of_pipe(pipe);
    union {
        const uint8_t *c;
        char *m;
    } u = {.c = buf};
    uv_buf_t b = uv_buf_init(u.m, (unsigned)len);
    int n;

    assert(!t->writing && !t->closing);
    n = uv_try_write((uv_stream_t *)&t->h, &b, 1);
    if (n == (int)len) {
        return 1;
    }
    if (n < 0 && n != UV_EAGAIN) {
        return p2p__uv_err(n);
    }
    n = n < 0 ? 0 : n;
    return write_rest(t, buf + n, len - (size_t)n);
}

/* What libuv keeps for us, and what the kernel has and the peer has not. */
static size_t tcp_unsent(const struct p2p__pipe *pipe)
{
    const struct tcp *t = of_pipe(pipe);
    size_t left = uv_stream_get_write_queue_size((const uv_stream_t *)&t->h);
#ifdef SIOCOUTQ
    uv_os_fd_t fd;
    int queued = 0;

    if (uv_fileno((const uv_handle_t *)&t->h, &fd) == 0 &&
        ioctl(fd, SIOCOUTQ, &queued) == 0 && queued > 0) {
        left += (size_t)queued;
    }
#endif
    return left;
}

#ifdef __linux__
/* Whether the kernel was told to ask, and was able to obey. */
static bool asks(uv_os_fd_t fd)
{
    int idle = 0;
    socklen_t len = sizeof idle;

    return getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, &len) == 0 &&
           idle == IDLE_S;
}
#endif

/* The kernel asks when it has heard nothing for IDLE_S, and then ends what was
 * silent for DEAD_S; but its time begins anew with what is sent meanwhile. */
static p2p_ns tcp_silence(const struct p2p__pipe *pipe)
{
    uint32_t ms = 0;
#ifdef __linux__
    const struct tcp *t = of_pipe(pipe);
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)&t->h, &fd) == 0 && asks(fd) &&
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0) {
        ms = info.tcpi_last_ack_recv < info.tcpi_last_data_recv
                 ? info.tcpi_last_ack_recv
                 : info.tcpi_last_data_recv;
    }
#else
    (void)pipe;
#endif
    return P2P__MS(ms);
}

static void tcp_read(struct p2p__pipe *pipe, bool on)
{
    struct tcp *t = of_pipe(pipe);

    if (on) {
        (void)uv_read_start((uv_stream_t *)&t->h, on_alloc, on_read);
    } else {
        (void)uv_read_stop((uv_stream_t *)&t->h);
    }
}

static void on_linger(uv_timer_t *timer)
{
    const struct farewell *l = timer->data;

    shut(l->tcp);
}

/* Waits a while for the rest to leave. */
static void wait_for_rest(struct tcp *t)
{
    struct farewell *l = p2p__zalloc(sizeof *l);

    if (l == NULL || uv_timer_init(t->net->uv, &l->timer) != 0) {
        p2p__free(l);
        shut(t);
        return;
    }
    l->tcp = t;
    l->net = t->net;
    l->timer.data = l;
    t->farewell = l;
    t->net->handles++;
    (void)uv_timer_start(&l->timer, on_linger, LINGER_MS, 0);
}

static void tcp_close(struct p2p__pipe *pipe)
{
    struct tcp *t = of_pipe(pipe);

    assert(!t->closing);
    t->closing = true;
    (void)uv_read_stop((uv_stream_t *)&t->h);
    if (t->writing) {
        wait_for_rest(t);
    } else {
        shut(t);
    }
}

static void tcp_local(const struct p2p__pipe *pipe, struct p2p__addr *addr)
{
    struct sockaddr_storage sa = {0};
    int len = sizeof sa;

    (void)uv_tcp_getsockname(&of_pipe(pipe)->h, (struct sockaddr *)&sa, &len);
    p2p__uv_from_sockaddr((struct sockaddr *)&sa, addr);
}

static void tcp_remote(const struct p2p__pipe *pipe, struct p2p__addr *addr)
{
    struct sockaddr_storage sa = {0};
    int len = sizeof sa;

    (void)uv_tcp_getpeername(&of_pipe(pipe)->h, (struct sockaddr *)&sa, &len);
    p2p__uv_from_sockaddr((struct sockaddr *)&sa, addr);
}

static const struct p2p__pipe_ops tcp_ops = {
    .write = tcp_write,
    .unsent = tcp_unsent,
    .silence = tcp_silence,
    .read = tcp_read,
    .close = tcp_close,
    .local = tcp_local,
    .remote = tcp_remote,
};

static void set_option(int fd, int level, int option, int value)
{
    /* One that this system does not have is done without. */
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

/* Lets the kernel find out that the peer is gone: mplex has no ping, and what
 * waits in the kernel is out of the stack's sight. Accepted connections have
 * it from their listener. */
static void watch_peer(const uv_tcp_t *h)
{
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)h, &fd) != 0) {
        return;
    }
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, PROBE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, (DEAD_S - IDLE_S) / PROBE_S);
#endif
#ifdef TCP_USER_TIMEOUT
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_S * 1000);
#endif
#ifdef TCP_RTO_MAX_MS
    set_option(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, RESEND_MS);
#endif
}

/* A pipe without a socket yet, or (AF_INET, AF_INET6) with one. */
static struct tcp *tcp_new(struct p2p__uv_net *n, unsigned family, int *err)
{
    struct tcp *t = p2p__zalloc(sizeof *t);
    int rv;

    if (t == NULL) {
        *err = P2P_ENOMEM;
        return NULL;
    }
    rv = uv_tcp_init_ex(n->uv, &t->h, family);
    if (rv != 0) {
        p2p__free(t);
        *err = p2p__uv_err(rv);
        return NULL;
    }
    t->pipe.ops = &tcp_ops;
    t->net = n;
    t->h.data = t;
    n->handles++;
    return t;
}

static void on_connected(uv_connect_t *req, int status)
{
    struct dial *d = P2P__CONTAINER(req, struct dial, req);
    struct tcp *t = d->tcp;

    p2p__free(d);
    if (t->closing) {
        return;
    }
    if (status == 0) {
        (void)uv_tcp_nodelay(&t->h, 1);
    }
    t->pipe.cb->connected(t->pipe.user, p2p__uv_err(status), p2p__uv_now());
}

/* Takes a listener's address before a dial. Both sockets must agree to that,
 * the listener from now on: so two programs do not listen there by mistake. */
static int bind_beside(struct tcp *t, const struct tcp_listener *from)
{
    struct sockaddr_storage sa;
    const socklen_t len = from->l.addr.family == 4
                              ? sizeof(struct sockaddr_in)
                              : sizeof(struct sockaddr_in6);
    uv_os_fd_t theirs, own;

    if (uv_fileno((const uv_handle_t *)&from->h, &theirs) != 0 ||
        uv_fileno((const uv_handle_t *)&t->h, &own) != 0 ||
        p2p__uv_to_sockaddr(&from->l.addr, &sa) != 0) {
        return P2P_ENOTSUP;
    }
    set_option(theirs, SOL_SOCKET, SO_REUSEPORT, 1);
    set_option(own, SOL_SOCKET, SO_REUSEPORT, 1);
    set_option(own, SOL_SOCKET, SO_REUSEADDR, 1); /* connections that were */
    if (from->l.addr.family == 6) {
        set_option(own, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    }
    return bind(own, (struct sockaddr *)&sa, len) == 0
               ? 0
               : p2p__uv_err(uv_translate_sys_error(errno));
}

/* Starts the connect; the request lives until on_connected. */
static int start_dial(struct tcp *t, const struct p2p__addr *to)
{
    struct sockaddr_storage sa;
    struct dial *d;
    int rv = p2p__uv_to_sockaddr(to, &sa);

    if (rv != 0) {
        return rv;
    }
    d = p2p__zalloc(sizeof *d);
    if (d == NULL) {
        return P2P_ENOMEM;
    }
    d->tcp = t;
    rv = uv_tcp_connect(&d->req, &t->h, (struct sockaddr *)&sa, on_connected);
    if (rv != 0) {
        p2p__free(d);
        return p2p__uv_err(rv);
    }
    watch_peer(&t->h);
    return 0;
}

/* Starts a dial, from beside a listener if there is one. NULL and *err. */
static struct p2p__pipe *dial(struct tcp *t, const struct tcp_listener *from,
                              const struct p2p__addr *to, int *err)
{
    *err = from != NULL ? bind_beside(t, from) : 0;
    if (*err == 0) {
        *err = start_dial(t, to);
    }
    if (*err != 0) {
        t->closing = true;
        shut(t);
        return NULL;
    }
    return &t->pipe;
}

static struct p2p__pipe *net_dial(struct p2p__net *net,
                                  const struct p2p__addr *to,
                                  const struct p2p__pipe_cb *cb, void *user,
                                  int *err)
{
    struct p2p__uv_net *n = P2P__CONTAINER(net, struct p2p__uv_net, net);
    struct tcp *t = tcp_new(n, AF_UNSPEC, err);

    if (t == NULL) {
        return NULL;
    }
    t->pipe.cb = cb;
    t->pipe.user = user;
    return dial(t, NULL, to, err);
}

static struct p2p__pipe *net_dial_from(struct p2p__net *net,
                                       const struct p2p__leg *leg,
                                       const struct p2p__pipe_cb *cb,
                                       void *user, int *err)
{
    struct p2p__uv_net *n = P2P__CONTAINER(net, struct p2p__uv_net, net);
    struct tcp_listener *l = P2P__CONTAINER(leg->from, struct tcp_listener, l);
    struct tcp *t = tcp_new(n, l->l.addr.family == 4 ? AF_INET : AF_INET6, err);

    if (t == NULL) {
        return NULL;
    }
    t->pipe.cb = cb;
    t->pipe.user = user;
    return dial(t, l, leg->to, err);
}

/* One handle of the listener is closed; with the last one it goes. */
static void listener_unref(struct tcp_listener *l)
{
    l->net->handles--;
    if (--l->handles == 0) {
        p2p__free(l);
    }
}

static void turn_away(struct tcp_listener *l);

static void on_turned_away(uv_handle_t *h)
{
    struct tcp_listener *l = h->data;
    bool again = l->waiting && !l->closing;

    l->busy = l->waiting = false;
    if (again) {
        turn_away(l);
    }
    listener_unref(l);
}

/* Takes a connection and closes it. Left where it is it would keep all others
 * waiting: libuv accepts none before it is taken. */
static void turn_away(struct tcp_listener *l)
{
    if (l->busy) {
        l->waiting = true;
        return;
    }
    (void)uv_tcp_init(l->net->uv, &l->unwanted); /* takes no memory */
    l->unwanted.data = l;
    l->busy = true;
    l->handles++;
    l->net->handles++;
    (void)uv_accept((uv_stream_t *)&l->h, (uv_stream_t *)&l->unwanted);
    uv_close((uv_handle_t *)&l->unwanted, on_turned_away);
}

static void on_incoming(uv_stream_t *server, int status)
{
    struct tcp_listener *l = server->data;
    struct tcp *t;
    int err;

    if (status < 0) {
        return;
    }
    t = tcp_new(l->net, AF_UNSPEC, &err);
    if (t == NULL) {
        turn_away(l);
        return;
    }
    if (uv_accept(server, (uv_stream_t *)&t->h) != 0) {
        t->closing = true;
        shut(t);
        return;
    }
    (void)uv_tcp_nodelay(&t->h, 1);
    l->l.cb->accepted(l->l.user, &t->pipe, p2p__uv_now());
}

static void on_listener_closed(uv_handle_t *h)
{
    listener_unref(h->data);
}

static void listener_close(struct p2p__listener *base)
{
    struct tcp_listener *l = P2P__CONTAINER(base, struct tcp_listener, l);

    l->closing = true;
    uv_close((uv_handle_t *)&l->h, on_listener_closed);
}

static int start_listen(struct tcp_listener *l, const struct p2p__addr *at)
{
    struct sockaddr_storage sa;
    int len = sizeof sa;
    unsigned flags = at->family == 6 ? UV_TCP_IPV6ONLY : 0;
    int rv = p2p__uv_to_sockaddr(at, &sa);

    if (rv != 0) {
        return rv;
    }
    rv = uv_tcp_bind(&l->h, (struct sockaddr *)&sa, flags);
    if (rv == 0) {
        watch_peer(&l->h);
        rv = uv_listen((uv_stream_t *)&l->h, BACKLOG, on_incoming);
    }
    if (rv == 0) {
        rv = uv_tcp_getsockname(&l->h, (struct sockaddr *)&sa, &len);
    }
    p2p__uv_from_sockaddr((struct sockaddr *)&sa, &l->l.addr);
    return p2p__uv_err(rv);
}

static struct p2p__listener *net_listen(struct p2p__net *net,
                                        const struct p2p__addr *at,
                                        const struct p2p__listener_cb *cb,
                                        void *user, int *err)
{
    struct p2p__uv_net *n = P2P__CONTAINER(net, struct p2p__uv_net, net);
    struct tcp_listener *l = p2p__zalloc(sizeof *l);

    if (l == NULL || uv_tcp_init(n->uv, &l->h) != 0) {
        p2p__free(l);
        *err = P2P_ENOMEM;
        return NULL;
    }
    l->net = n;
    l->h.data = l;
    l->l.cb = cb;
    l->l.user = user;
    l->l.close = listener_close;
    l->handles = 1;
    n->handles++;
    *err = start_listen(l, at);
    if (*err != 0) {
        listener_close(&l->l);
        return NULL;
    }
    return &l->l;
}

void p2p__uv_tcp_setup(struct p2p__uv_net *n)
{
    n->net.dial = net_dial;
    n->net.dial_from = net_dial_from;
    n->net.listen = net_listen;
}
