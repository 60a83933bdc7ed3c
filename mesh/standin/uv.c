/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The shell on libuv: ports that accept, links that read and write, one timer.
 * The happy path of a link: accepted, read as long as its core has room, the
 * answer written, closed. Whatever goes wrong on a link closes it. A handle is
 * freed in its close callback, the shell when the last one is.
 */
#include "mesh/standin/uv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mesh/standin/core.h"
#include "mesh/standin/site.h"
#include "mesh/standin/world.h"
#include "p2p/err.h"

enum { READ_BYTES = 65536, NS_PER_MS = 1000000 };

/* A socket that accepts; the control API's has no listener's name. */
struct port {
    struct um_slink link;
    struct um_standin_uv *u;
    union {
        uv_handle_t any;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } h;
    struct um_addr addr;
    bool control;
    size_t name_len;
    char name[];
};

/* A connection, to the control API or to a listener. */
struct link {
    struct um_slink link;
    struct um_standin_uv *u;
    union {
        uv_handle_t any;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } h;
    struct um_standin_conn *conn; /* or */
    struct um_ssite *site;
    uv_write_t write;
    size_t written; /* bytes of the write that is under way */
    bool writing;
    bool closing;
};

struct um_standin_uv {
    uv_loop_t *loop;
    struct um_standin *s;
    struct um_sworld *world;
    uv_timer_t timer;
    struct um_slink ports;
    struct um_slink links;
    size_t link_count;
    size_t handles; /* that are not closed yet */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
    char control[UM_STANDIN_UV_CONTROL_MAX];
    char read_room[READ_BYTES];
};

static struct um_standin_time time_now(void)
{
    return (struct um_standin_time){uv_hrtime(), (int64_t)time(NULL)};
}

/* One handle less; the last one takes the shell along. */
static void handle_gone(struct um_standin_uv *u)
{
    void (*closed)(void *arg) = u->closed;
    void *arg = u->closed_arg;

    assert(u->handles > 0);
    u->handles--;
    if (u->handles > 0 || !u->closing)
        return;
    um_standin_free(u->s);
    um_sworld_free(u->world);
    free(u);
    if (closed != NULL)
        closed(arg);
}

static void pump(struct um_standin_uv *u);

static void on_timer(uv_timer_t *timer)
{
    struct um_standin_uv *u = timer->data;
    struct um_standin_time now = time_now();

    um_standin_expire(u->s, &now);
    pump(u);
}

static void arm_timer(struct um_standin_uv *u)
{
    uint64_t when = um_standin_deadline(u->s);
    uint64_t now = uv_hrtime();
    uint64_t ms = 0;

    if (when == UM_STANDIN_NEVER || u->closing) {
        uv_timer_stop(&u->timer);
        return;
    }
    if (when > now)
        ms = (when - now + NS_PER_MS - 1) / NS_PER_MS;
    uv_timer_start(&u->timer, on_timer, ms, 0);
}

static void on_link_closed(uv_handle_t *handle)
{
    struct link *l = handle->data;
    struct um_standin_uv *u = l->u;

    if (l->conn != NULL)
        um_standin_hangup(l->conn);
    um_ssite_free(l->site);
    um_slink_remove(&l->link);
    u->link_count--;
    free(l);
    handle_gone(u);
}

static void close_link(struct link *l)
{
    if (l->closing)
        return;
    l->closing = true;
    uv_close(&l->h.any, on_link_closed);
}

static void link_next(struct link *l);
static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf);
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

static void on_written(uv_write_t *req, int status)
{
    struct link *l = req->data;

    l->writing = false;
    if (l->closing)
        return;
    if (status != 0 || l->conn != NULL) {
        close_link(l);
    } else {
        um_ssite_sent(l->site, l->written);
        link_next(l);
    }
}

static void write_link(struct link *l, struct um_str bytes)
{
    /* libuv reads only, but its type says otherwise */
    union {
        const char *in;
        char *out;
    } p = {bytes.p};
    uv_buf_t buf = uv_buf_init(p.out, (unsigned)bytes.len);

    l->writing = true;
    l->written = bytes.len;
    l->write.data = l;
    if (uv_write(&l->write, &l->h.stream, &buf, 1, on_written) != 0) {
        l->writing = false;
        close_link(l);
    }
}

/*
 * What a listener's connection wants next: to write, to end, to read on. While
 * it writes it does not read, so a peer that does not read gets no further.
 */
static void link_next(struct link *l)
{
    struct um_standin_time now = time_now();
    bool end = false;
    struct um_str bytes = um_ssite_tx(l->site, &now, &end);

    if (bytes.len > 0) {
        uv_read_stop(&l->h.stream);
        write_link(l, bytes);
    } else if (end || uv_read_start(&l->h.stream, on_alloc, on_read) != 0) {
        close_link(l);
    }
}

/* Writes the answers that are there. */
static void pump(struct um_standin_uv *u)
{
    struct um_standin_conn *c;

    while ((c = um_standin_next(u->s)) != NULL) {
        struct link *l = um_standin_user(c);
        struct um_str bytes = um_standin_tx(c);

        uv_read_stop(&l->h.stream);
        if (bytes.len > 0 && !l->closing)
            write_link(l, bytes);
        else
            close_link(l);
    }
    arm_timer(u);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    struct link *l = handle->data;
    size_t room = sizeof(l->u->read_room);

    (void)hint;
    if (l->conn != NULL && um_standin_room(l->conn) < room)
        room = um_standin_room(l->conn);
    *buf = uv_buf_init(l->u->read_room, (unsigned)room);
}

static void on_control_read(struct link *l, struct um_str bytes)
{
    struct um_standin_time now = time_now();

    um_standin_rx(l->conn, bytes, &now);
    if (um_standin_room(l->conn) == 0)
        uv_read_stop(&l->h.stream);
    pump(l->u);
}

static void on_site_read(struct link *l, struct um_str bytes)
{
    assert(!l->writing);
    um_ssite_rx(l->site, bytes);
    link_next(l);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct link *l = stream->data;

    if (n > 0 && l->conn != NULL) {
        on_control_read(l, um_str_n(buf->base, (size_t)n));
    } else if (n > 0) {
        on_site_read(l, um_str_n(buf->base, (size_t)n));
    } else if (n == UV_EOF && l->conn != NULL) {
        uv_read_stop(stream);
        um_standin_eof(l->conn);
        pump(l->u);
    } else if (n < 0) {
        close_link(l);
    }
}

/* Who is at the other end of a unix socket. */
static struct um_standin_peer peer_of(const struct link *l, bool is_unix)
{
    struct um_standin_peer peer = {.is_unix = is_unix};
    struct ucred cred;
    socklen_t len = sizeof(cred);
    uv_os_fd_t fd;

    if (is_unix && uv_fileno(&l->h.any, &fd) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0)
        peer.uid = cred.uid;
    return peer;
}

/* The address of a socket's end as the stand-in knows addresses. */
static struct um_addr address_of(const struct sockaddr_storage *sa)
{
    struct um_addr out = {.kind = UM_ADDR_UNIX};
    const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

    if (sa->ss_family == AF_INET) {
        out.kind = UM_ADDR_IP4;
        out.port = ntohs(in->sin_port);
        memcpy(out.ip, &in->sin_addr, sizeof(in->sin_addr));
    } else if (sa->ss_family == AF_INET6) {
        out.kind = UM_ADDR_IP6;
        out.port = ntohs(in6->sin6_port);
        memcpy(out.ip, &in6->sin6_addr, sizeof(in6->sin6_addr));
    }
    return out;
}

static bool open_site(struct link *l, const struct port *p)
{
    struct sockaddr_storage local = {.ss_family = AF_UNIX};
    struct sockaddr_storage remote = {.ss_family = AF_UNIX};
    struct um_ssite_cfg cfg = {
        .s = l->u->s,
        .listener = um_str_n(p->name, p->name_len),
        .files = um_sworld_files(l->u->world),
    };
    int local_len = sizeof(local);
    int remote_len = sizeof(remote);

    if (p->addr.kind != UM_ADDR_UNIX) {
        uv_tcp_getsockname(&l->h.tcp, (struct sockaddr *)&local, &local_len);
        uv_tcp_getpeername(&l->h.tcp, (struct sockaddr *)&remote, &remote_len);
    }
    cfg.local = address_of(&local);
    cfg.remote = address_of(&remote);
    l->site = um_ssite_new(&cfg);
    return l->site != NULL;
}

static bool open_link(struct link *l, struct port *p)
{
    bool is_unix = p->addr.kind == UM_ADDR_UNIX;
    struct um_standin_time now = time_now();
    struct um_standin_peer peer;

    if (uv_accept(&p->h.stream, &l->h.stream) != 0 || l->u->closing ||
        l->u->link_count > UM__CAP_STANDIN_LINKS)
        return false;
    if (!p->control)
        return open_site(l, p);
    peer = peer_of(l, is_unix);
    l->conn = um_standin_accept(l->u->s, &peer, &now);
    if (l->conn == NULL)
        return false;
    um_standin_set_user(l->conn, l);
    return true;
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct port *p = stream->data;
    struct link *l = status == 0 ? calloc(1, sizeof(*l)) : NULL;

    if (l == NULL)
        return;
    l->u = p->u;
    um_slink_append(&p->u->links, &l->link);
    p->u->link_count++;
    p->u->handles++;
    if (p->addr.kind == UM_ADDR_UNIX)
        uv_pipe_init(p->u->loop, &l->h.pipe, 0);
    else
        uv_tcp_init(p->u->loop, &l->h.tcp);
    l->h.any.data = l;
    if (!open_link(l, p) || uv_read_start(&l->h.stream, on_alloc, on_read) != 0)
        close_link(l);
}

static void on_port_closed(uv_handle_t *handle)
{
    struct port *p = handle->data;
    struct um_standin_uv *u = p->u;

    um_slink_remove(&p->link);
    free(p);
    handle_gone(u);
}

static void close_port(struct port *p)
{
    if (!uv_is_closing(&p->h.any))
        uv_close(&p->h.any, on_port_closed);
}

/* A socket that listens becomes a port; takes fd. */
static int open_port(struct um_standin_uv *u, struct um_str name,
                     const struct um_addr *addr, int fd, bool control)
{
    struct port *p = calloc(1, sizeof(*p) + name.len);
    int rc;

    if (p == NULL) {
        close(fd);
        return P2P_ENOMEM;
    }
    p->u = u;
    p->addr = *addr;
    p->control = control;
    p->name_len = name.len;
    memcpy(p->name, name.p, name.len);
    um_slink_append(&u->ports, &p->link);
    u->handles++;
    if (addr->kind == UM_ADDR_UNIX) {
        uv_pipe_init(u->loop, &p->h.pipe, 0);
        rc = uv_pipe_open(&p->h.pipe, fd);
    } else {
        uv_tcp_init(u->loop, &p->h.tcp);
        rc = uv_tcp_open(&p->h.tcp, fd);
    }
    p->h.any.data = p;
    if (rc != 0)
        close(fd);
    if (rc == 0)
        rc = uv_listen(&p->h.stream, SOMAXCONN, on_connection);
    if (rc == 0)
        return 0;
    close_port(p);
    return P2P_EIO;
}

static int on_opened(void *ctx, struct um_str name, const struct um_addr *addr,
                     int fd)
{
    return open_port(ctx, name, addr, fd, false);
}

static void on_closed(void *ctx, const struct um_addr *addr)
{
    struct um_standin_uv *u = ctx;

    for (struct um_slink *l = u->ports.next; l != &u->ports; l = l->next) {
        struct port *p = UM_SLINK_OF(l, struct port, link);

        if (!p->control && um_addr_eq(&p->addr, addr) &&
            !uv_is_closing(&p->h.any)) {
            close_port(p);
            return;
        }
    }
}

/* "ADDR:0" lets the system choose a port. */
static bool parse_control(struct um_str text, struct um_addr *out)
{
    char any[UM_STANDIN_UV_CONTROL_MAX];

    if (text.len >= sizeof(any))
        return false;
    if (!um_str_ends(text, UM_STR(":0")))
        return um_addr_parse(text, true, out);
    memcpy(any, text.p, text.len);
    any[text.len - 1] = '1';
    if (!um_addr_parse(um_str_n(any, text.len), true, out))
        return false;
    out->port = 0;
    return true;
}

static void name_control(struct um_standin_uv *u, const char *wish, int fd)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    size_t colon = strlen(wish);

    snprintf(u->control, sizeof(u->control), "%s", wish);
    if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0 ||
        sa.ss_family == AF_UNIX)
        return;
    while (colon > 0 && wish[colon - 1] != ':')
        colon--;
    snprintf(u->control + colon, sizeof(u->control) - colon, "%u",
             address_of(&sa).port);
}

static int open_control(struct um_standin_uv *u, const char *wish)
{
    struct um_addr addr;
    int fd;

    if (!parse_control(um_str(wish), &addr))
        return P2P_EINVAL;
    if (addr.kind == UM_ADDR_UNIX && !addr.abstract)
        unlink(addr.path);
    fd = um_sworld_listen(NULL, &addr);
    if (fd < 0)
        return fd;
    name_control(u, wish, fd);
    return open_port(u, UM_STR("control"), &addr, fd, true);
}

/* Whether the text of --modules can be read. 0, or P2P_EFORMAT, P2P_ENOMEM. */
static int check_modules(const char *json)
{
    struct um_smodules m;
    int rv = 0;

    if (json != NULL) {
        um_smodules_init(&m);
        rv = um_smodules_load(&m, um_str(json));
        um_smodules_fini(&m);
    }
    return rv;
}

static int make_core(struct um_standin_uv *u,
                     const struct um_standin_uv_cfg *cfg)
{
    const struct um_sworld_cfg world = {
        .state = cfg->state,
        .root = cfg->root,
        .any = cfg->any,
        .sockets = {u, on_opened, on_closed},
    };
    struct um_standin_cfg core = {
        .flavour = cfg->flavour,
        .njs = cfg->njs,
        .modules_json = cfg->modules_json,
        .own_uid = (uint32_t)geteuid(),
        .faults = cfg->faults,
        .asked = cfg->asked,
        .asked_user = cfg->asked_user,
    };
    struct um_standin_time now = time_now();
    int rv = check_modules(cfg->modules_json);

    if (rv != 0)
        return rv;
    u->world = um_sworld_new(&world);
    if (u->world == NULL)
        return P2P_EIO;
    core.world = um_sworld_port(u->world);
    u->s = um_standin_new(&core, &now);
    return u->s != NULL ? 0 : P2P_EIO;
}

int um_standin_uv_new(uv_loop_t *loop, const struct um_standin_uv_cfg *cfg,
                      struct um_standin_uv **out)
{
    struct um_standin_uv *u = calloc(1, sizeof(*u));
    int rc;

    if (u == NULL)
        return P2P_ENOMEM;
    u->loop = loop;
    um_slink_init(&u->ports);
    um_slink_init(&u->links);
    uv_timer_init(loop, &u->timer);
    u->timer.data = u;
    u->handles = 1;
    /* the control API first: a listener may not take its address */
    rc = open_control(u, cfg->control);
    if (rc == 0)
        rc = make_core(u, cfg);
    if (rc != 0) {
        um_standin_uv_close(u, NULL, NULL);
        return rc;
    }
    arm_timer(u);
    *out = u;
    return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct um_standin_uv *u = handle->data;

    handle_gone(u);
}

static void close_links(struct um_standin_uv *u)
{
    for (struct um_slink *l = u->links.next; l != &u->links; l = l->next)
        close_link(UM_SLINK_OF(l, struct link, link));
}

static void remove_control(const struct um_standin_uv *u)
{
    if (strncmp(u->control, "unix:/", 6) == 0)
        unlink(u->control + 5);
}

void um_standin_uv_close(struct um_standin_uv *u, void (*closed)(void *arg),
                         void *arg)
{
    assert(!u->closing);
    u->closing = true;
    u->closed = closed;
    u->closed_arg = arg;
    remove_control(u);
    close_links(u);
    for (struct um_slink *l = u->ports.next; l != &u->ports; l = l->next)
        close_port(UM_SLINK_OF(l, struct port, link));
    uv_close((uv_handle_t *)&u->timer, on_timer_closed);
}

struct um_standin *um_standin_uv_core(struct um_standin_uv *u)
{
    return u->s;
}

void um_standin_uv_restart(struct um_standin_uv *u, enum um_standin_restart how)
{
    struct um_standin_time now = time_now();

    um_standin_restart(u->s, how, &now);
    close_links(u);
    pump(u);
}

const char *um_standin_uv_control(const struct um_standin_uv *u)
{
    return u->control;
}
