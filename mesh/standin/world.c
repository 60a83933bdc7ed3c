/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The real world. Files are written in place, as Unit writes them: whole, with
 * no care for power cuts. Paths of configurations begin at a root of choice,
 * so that tests can show a machine that is not there. Failure modes: what the
 * system says, mapped to the codes that the stand-in knows.
 */
#include "mesh/standin/world.h"

#include <arpa/inet.h>
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mesh/standin/apps.h"
#include "p2p/err.h"

enum { BACKLOG = 511, READ_BYTES = 65536 };
enum { SOCKET_MODE = 0666, CONTROL_MODE = 0600 };

struct um_sworld {
    char state[UM_SWORLD_PATH_MAX];
    char root[UM_SWORLD_PATH_MAX];
    struct in_addr any; /* where *:PORT listens */
    struct um_sworld_sockets sockets;
};

static int error_of(int err)
{
    switch (err) {
        case ENOENT:
        case ENOTDIR:
            return P2P_ENOTFOUND;
        case EADDRINUSE:
            return P2P_EADDRINUSE;
        case EADDRNOTAVAIL:
            return P2P_ENOADDR;
        case EACCES:
        case EPERM:
            return P2P_EACCES;
        default:
            return P2P_EIO;
    }
}

/* A path in a folder, as a C string; false if it does not fit or has a zero. */
static bool join(char *out, const char *folder, struct um_str name)
{
    size_t n = strlen(folder);

    if (um_str_has(name, '\0') || n + name.len + 2 > UM_SWORLD_PATH_MAX)
        return false;
    memcpy(out, folder, n);
    out[n++] = '/';
    memcpy(out + n, name.p, name.len);
    out[n + name.len] = '\0';
    return true;
}

static int read_all(int fd, struct um_buf *out)
{
    for (;;) {
        char *p = um_buf_reserve(out, READ_BYTES);
        ssize_t n;

        if (p == NULL)
            return P2P_ENOMEM;
        n = read(fd, p, READ_BYTES);
        if (n < 0 && errno != EINTR)
            return error_of(errno);
        if (n == 0)
            return 0;
        if (n > 0)
            out->len += (size_t)n;
    }
}

static int load_file(void *ctx, struct um_str name, struct um_buf *out)
{
    const struct um_sworld *w = ctx;
    char path[UM_SWORLD_PATH_MAX];
    int fd, rc;

    if (!join(path, w->state, name))
        return P2P_ENOTFOUND;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_of(errno);
    rc = read_all(fd, out);
    close(fd);
    return rc;
}

static int write_all(int fd, struct um_str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.p, bytes.len);

        if (n < 0 && errno != EINTR)
            return error_of(errno);
        if (n > 0)
            bytes = um_str_skip(bytes, (size_t)n);
    }
    return 0;
}

static int store_file(void *ctx, struct um_str name, struct um_str bytes)
{
    const struct um_sworld *w = ctx;
    char path[UM_SWORLD_PATH_MAX];
    int fd, rc;

    if (!join(path, w->state, name))
        return P2P_ETOOBIG;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_of(errno);
    rc = write_all(fd, bytes);
    if (close(fd) != 0 && rc == 0)
        rc = error_of(errno);
    return rc;
}

static int remove_file(void *ctx, struct um_str name)
{
    const struct um_sworld *w = ctx;
    char path[UM_SWORLD_PATH_MAX];

    if (!join(path, w->state, name))
        return P2P_ENOTFOUND;
    return unlink(path) == 0 ? 0 : error_of(errno);
}

static int list_folder(void *ctx, struct um_str folder,
                       void (*each)(void *arg, struct um_str name), void *arg)
{
    const struct um_sworld *w = ctx;
    char path[UM_SWORLD_PATH_MAX];
    const struct dirent *e;
    DIR *dir;

    if (!join(path, w->state, folder))
        return P2P_ENOTFOUND;
    dir = opendir(path);
    if (dir == NULL)
        return error_of(errno);
    while ((e = readdir(dir)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            each(arg, um_str(e->d_name));
    }
    closedir(dir);
    return 0;
}

/* The address as the system wants it; its length, or 0 if it is too long. */
static socklen_t fill_unix(const struct um_sworld *w,
                           const struct um_addr *addr, struct sockaddr_un *out)
{
    char path[UM_SWORLD_PATH_MAX];
    size_t room = sizeof(out->sun_path);
    size_t n = addr->path_len;

    memset(out, 0, sizeof(*out));
    out->sun_family = AF_UNIX;
    memcpy(path, addr->path, n);
    path[n] = '\0';
    if (addr->abstract) {
        path[0] = '\0';
    } else if (path[0] == '/' && w != NULL && w->root[0] != '\0') {
        int len = snprintf(path, sizeof(path), "%s%.*s", w->root,
                           (int)addr->path_len, addr->path);

        n = (size_t)len;
    }
    if (n >= room)
        return 0;
    memcpy(out->sun_path, path, n);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n +
                       !addr->abstract);
}

static socklen_t fill_address(const struct um_sworld *w,
                              const struct um_addr *addr,
                              struct sockaddr_storage *out)
{
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof(*out));
    if (addr->kind == UM_ADDR_UNIX)
        return fill_unix(w, addr, (struct sockaddr_un *)out);
    if (addr->kind == UM_ADDR_IP4) {
        in->sin_family = AF_INET;
        in->sin_port = htons(addr->port);
        memcpy(&in->sin_addr, addr->ip, sizeof(in->sin_addr));
        if (w != NULL && in->sin_addr.s_addr == htonl(INADDR_ANY))
            in->sin_addr = w->any;
        return sizeof(*in);
    }
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(addr->port);
    memcpy(&in6->sin6_addr, addr->ip, sizeof(in6->sin6_addr));
    return sizeof(*in6);
}

int um_sworld_listen(struct um_sworld *w, const struct um_addr *addr)
{
    struct sockaddr_storage sa;
    socklen_t len = fill_address(w, addr, &sa);
    const int on = 1;
    int err, fd;

    if (len == 0)
        return P2P_ETOOBIG;
    fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_of(errno);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (sa.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (w == NULL && addr->kind == UM_ADDR_UNIX)
        fchmod(fd, CONTROL_MODE); /* what bind() makes has it from the start */
    if (bind(fd, (const struct sockaddr *)&sa, len) == 0 &&
        listen(fd, BACKLOG) == 0) {
        if (w != NULL && addr->kind == UM_ADDR_UNIX && !addr->abstract)
            chmod(((const struct sockaddr_un *)&sa)->sun_path, SOCKET_MODE);
        return fd;
    }
    err = errno;
    close(fd);
    return error_of(err);
}

static int bind_listener(void *ctx, struct um_str name,
                         const struct um_addr *addr)
{
    struct um_sworld *w = ctx;
    int fd = um_sworld_listen(w, addr);

    if (fd < 0)
        return fd;
    return w->sockets.opened(w->sockets.ctx, name, addr, fd);
}

static void unbind_listener(void *ctx, struct um_str name,
                            const struct um_addr *addr)
{
    struct um_sworld *w = ctx;
    struct sockaddr_un sa;

    (void)name;
    w->sockets.closed(w->sockets.ctx, addr);
    if (addr->kind == UM_ADDR_UNIX && !addr->abstract &&
        fill_unix(w, addr, &sa) > 0)
        unlink(sa.sun_path);
}

/* A path of a configuration on this machine. */
static bool real_path(const struct um_sworld *w, struct um_str path, char *out)
{
    size_t n = strlen(w->root);

    if (path.len == 0 || um_str_has(path, '\0'))
        return false;
    if (path.p[0] != '/')
        n = 0;
    if (n + path.len + 1 > UM_SWORLD_PATH_MAX)
        return false;
    memcpy(out, w->root, n);
    memcpy(out + n, path.p, path.len);
    out[n + path.len] = '\0';
    return true;
}

static bool exists(void *ctx, struct um_str path, bool folder)
{
    char real[UM_SWORLD_PATH_MAX];
    struct stat st;

    if (!real_path(ctx, path, real) || stat(real, &st) != 0)
        return false;
    return !folder || S_ISDIR(st.st_mode);
}

static bool is_user(void *ctx, struct um_str name)
{
    char text[UM_SWORLD_PATH_MAX];

    (void)ctx;
    return join(text, "", name) && getpwnam(text + 1) != NULL;
}

static bool is_group(void *ctx, struct um_str name)
{
    char text[UM_SWORLD_PATH_MAX];

    (void)ctx;
    return join(text, "", name) && getgrnam(text + 1) != NULL;
}

static int start_app(void *ctx, const struct um_standin_app *app)
{
    const struct um_sapps_view view = {ctx, exists, is_user, is_group};

    return um_sapps_can_start(&view, app) ? 0 : P2P_EIO;
}

/* Unit opens the log; the stand-in looks whether it could. */
static int open_log(void *ctx, struct um_str path)
{
    size_t slash = path.len;

    while (slash > 0 && path.p[slash - 1] != '/')
        slash--;
    if (slash <= 1 || exists(ctx, um_str_head(path, slash), true))
        return 0;
    return P2P_ENOTFOUND;
}

static int fill_content(int fd, const struct stat *st, struct um_buf *content)
{
    if (st->st_size > UM__CAP_STANDIN_SITE_FILE_BYTES)
        return P2P_ETOOBIG;
    return read_all(fd, content);
}

static int open_file(void *ctx, const struct um_ssite_open *how,
                     struct um_ssite_file *file, struct um_buf *content)
{
    char real[UM_SWORLD_PATH_MAX];
    struct stat st;
    int fd, rc = 0;
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;

    if (!real_path(ctx, how->path, real))
        return P2P_ENOTFOUND;
    fd = open(real, flags | (how->no_symlinks ? O_NOFOLLOW : 0));
    if (fd < 0)
        return errno == ELOOP ? P2P_EACCES : error_of(errno);
    if (fstat(fd, &st) != 0)
        rc = error_of(errno);
    file->folder = rc == 0 && S_ISDIR(st.st_mode);
    file->regular = rc == 0 && S_ISREG(st.st_mode);
    file->mtime_s = (int64_t)st.st_mtime;
    file->size_bytes = (uint64_t)st.st_size;
    if (rc == 0 && file->regular && how->content)
        rc = fill_content(fd, &st, content);
    close(fd);
    return rc;
}

struct um_ssite_files um_sworld_files(struct um_sworld *w)
{
    return (struct um_ssite_files){w, open_file};
}

struct um_standin_world um_sworld_port(struct um_sworld *w)
{
    return (struct um_standin_world){
        .ctx = w,
        .load = load_file,
        .store = store_file,
        .remove = remove_file,
        .list = list_folder,
        .bind = bind_listener,
        .unbind = unbind_listener,
        .start = start_app,
        .open_log = open_log,
    };
}

static bool make_folder(const struct um_sworld *w, const char *name)
{
    char path[UM_SWORLD_PATH_MAX];

    if (!join(path, w->state, um_str(name)))
        return false;
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

struct um_sworld *um_sworld_new(const struct um_sworld_cfg *cfg)
{
    struct um_sworld *w = calloc(1, sizeof(*w));
    const char *root = cfg->root != NULL ? cfg->root : "";

    if (w == NULL)
        return NULL;
    w->sockets = cfg->sockets;
    if (strlen(cfg->state) < sizeof(w->state) &&
        strlen(root) < sizeof(w->root)) {
        strcpy(w->state, cfg->state);
        strcpy(w->root, root);
        w->any.s_addr = htonl(INADDR_ANY);
        if ((cfg->any == NULL || inet_pton(AF_INET, cfg->any, &w->any) == 1) &&
            (mkdir(w->state, 0755) == 0 || errno == EEXIST) &&
            make_folder(w, "certs") && make_folder(w, "scripts"))
            return w;
    }
    free(w);
    return NULL;
}

void um_sworld_free(struct um_sworld *w)
{
    free(w);
}
