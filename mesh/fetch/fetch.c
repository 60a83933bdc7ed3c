/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libcurl's multi interface by sockets. Happy path: start, curl tells which
 * descriptors to watch, the owner reports events, a finished transfer is told
 * to its owner. Unit answers one request a connection, may cut an answer off
 * (CURLE_PARTIAL_FILE), and never sends 100: no Expect, no reuse.
 */
#include "mesh/fetch/fetch.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct um_fetch {
    struct um_fetch_loop loop;
    CURLM *multi;
    struct um_fetch_job *jobs;
    size_t n_jobs;
    CURL *spare; /* a handle that nobody has, or NULL */
};

struct um_fetch_job {
    struct um_fetch_job *next;
    struct um_fetch *fetch;
    CURL *easy;
    struct curl_slist *headers;
    um_fetch_done *done;
    void *user;
    char *body; /* the request's */
    char *answer;
    size_t len;
    size_t cap;
    size_t max;
    bool too_big;
    bool local;   /* over a unix socket */
    bool refused; /* an address that may not be reached */
    um_fetch_may *may;
    char server[64]; /* the field Server */
    char error[CURL_ERROR_SIZE];
};

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user,
                     void *sockp)
{
    struct um_fetch *f = user;
    int events = 0;

    (void)easy;
    (void)sockp;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) {
        events |= UM_FETCH_READ;
    }
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) {
        events |= UM_FETCH_WRITE;
    }
    f->loop.watch(f->loop.user, fd, events);
    return 0;
}

static int on_timer_change(CURLM *multi, long ms, void *user)
{
    struct um_fetch *f = user;

    (void)multi;
    f->loop.timer(f->loop.user, ms);
    return 0;
}

struct um_fetch *um_fetch_new(const struct um_fetch_loop *loop)
{
    struct um_fetch *f = calloc(1, sizeof *f);

    if (f == NULL) {
        return NULL;
    }
    f->loop = *loop;
    f->multi = curl_multi_init();
    if (f->multi == NULL) {
        free(f);
        return NULL;
    }
    (void)curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
    (void)curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timer_change);
    (void)curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
    (void)curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, 1L);
    return f;
}

static void unlink_job(struct um_fetch_job *job)
{
    struct um_fetch_job **at = &job->fetch->jobs;

    while (*at != job) {
        at = &(*at)->next;
    }
    *at = job->next;
    job->fetch->n_jobs--;
}

/* A handle that nobody has; one is kept, since a new one costs more than what
 * it does. */
static CURL *take_easy(struct um_fetch *f)
{
    CURL *e = f->spare;

    f->spare = NULL;
    return e != NULL ? e : curl_easy_init();
}

static void give_easy(struct um_fetch *f, CURL *e)
{
    (void)curl_multi_remove_handle(f->multi, e);
    if (f->spare != NULL) {
        curl_easy_cleanup(e);
        return;
    }
    curl_easy_reset(e);
    f->spare = e;
}

static void job_free(struct um_fetch_job *job)
{
    if (job->easy != NULL) {
        give_easy(job->fetch, job->easy);
    }
    curl_slist_free_all(job->headers);
    free(job->body);
    free(job->answer);
    free(job);
}

void um_fetch_cancel(struct um_fetch_job *job)
{
    unlink_job(job);
    job_free(job);
}

void um_fetch_free(struct um_fetch *f)
{
    if (f == NULL) {
        return;
    }
    while (f->jobs != NULL) {
        um_fetch_cancel(f->jobs);
    }
    if (f->spare != NULL) {
        curl_easy_cleanup(f->spare);
    }
    (void)curl_multi_cleanup(f->multi);
    free(f);
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
    struct um_fetch_job *job = user;

    n *= size;
    if (n > job->max - job->len) {
        job->too_big = true;
        return 0;
    }
    if (n >= job->cap - job->len) {
        size_t cap = (job->len + n + 1) * 2;
        char *grown = realloc(job->answer, cap);

        if (grown == NULL) {
            return 0;
        }
        job->answer = grown;
        job->cap = cap;
    }
    memcpy(job->answer + job->len, data, n);
    job->len += n;
    return n;
}

/* A line of the head: of all fields one is kept. */
static size_t on_field(char *line, size_t size, size_t n, void *user)
{
    static const char name[] = "Server:";
    struct um_fetch_job *job = user;
    size_t at = sizeof name - 1, end = n *= size;

    if (n < at || strncasecmp(line, name, at) != 0) {
        return n;
    }
    while (at < end && (line[at] == ' ' || line[at] == '\t')) {
        at++;
    }
    while (end > at && strchr(" \t\r\n", line[end - 1]) != NULL) {
        end--;
    }
    if (end - at < sizeof job->server) {
        memcpy(job->server, line + at, end - at);
        job->server[end - at] = '\0';
    }
    return n;
}

static void set_safety(CURL *e)
{
    (void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http");
    (void)curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(e, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    (void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
    (void)curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
    (void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
                           (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
}

/* Curl's way to a socket: the address is the one that it connects to, whatever
 * a name server said before. */
static curl_socket_t on_open(void *user, curlsocktype purpose,
                             struct curl_sockaddr *at)
{
    struct um_fetch_job *job = user;
    const struct sockaddr_in *four = (const void *)&at->addr;
    const struct sockaddr_in6 *six = (const void *)&at->addr;
    bool may = false;

    (void)purpose;
    if (at->family == AF_INET) {
        may = job->may((const uint8_t *)&four->sin_addr, 4);
    } else if (at->family == AF_INET6) {
        may = job->may(six->sin6_addr.s6_addr, 16);
    }
    if (!may) {
        job->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
}

/* Where a request may go, and to whom. */
static void set_reach(struct um_fetch_job *job, const struct um_fetch_req *req)
{
    const char *authorities = getenv("SSL_CERT_FILE");
    CURL *e = job->easy;

    if (req->tls) {
        (void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https");
        (void)curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
        (void)curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (req->verified) {
        (void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
        (void)curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
        (void)curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
        if (authorities != NULL) {
            (void)curl_easy_setopt(e, CURLOPT_CAINFO, authorities);
        }
    }
    if (req->may != NULL) {
        job->may = req->may;
        (void)curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open);
        (void)curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, job);
    }
}

static CURLcode set_request(struct um_fetch_job *job,
                            const struct um_fetch_req *req)
{
    CURL *e = job->easy;

    set_safety(e);
    set_reach(job, req);
    (void)curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, req->method);
    (void)curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, req->timeout_ms);
    (void)curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, req->connect_ms);
    (void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(e, CURLOPT_WRITEDATA, job);
    (void)curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_field);
    (void)curl_easy_setopt(e, CURLOPT_HEADERDATA, job);
    (void)curl_easy_setopt(e, CURLOPT_ERRORBUFFER, job->error);
    (void)curl_easy_setopt(e, CURLOPT_PRIVATE, job);
    (void)curl_easy_setopt(e, CURLOPT_HTTPHEADER, job->headers);
    job->local = req->unix_path != NULL;
    if (job->local) {
        (void)curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, req->unix_path);
    }
    if (req->body != NULL) {
        (void)curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)req->len);
        (void)curl_easy_setopt(e, CURLOPT_POSTFIELDS, job->body);
    }
    return curl_easy_setopt(e, CURLOPT_URL, req->url);
}

/* The fields that are not curl's own. */
static struct curl_slist *make_headers(const struct um_fetch_req *req)
{
    static const char field[] = "Host: ";
    struct curl_slist *all = curl_slist_append(NULL, "Expect:"), *more = all;
    size_t cap = sizeof field + (req->host != NULL ? strlen(req->host) : 0);
    char *line = req->host != NULL && all != NULL ? malloc(cap) : NULL;

    if (line != NULL) {
        (void)snprintf(line, cap, "%s%s", field, req->host);
        more = curl_slist_append(all, line);
    } else if (req->host != NULL) {
        more = NULL;
    }
    free(line);
    for (size_t i = 0; i < req->n_fields && more != NULL; i++) {
        more = curl_slist_append(all, req->fields[i]);
    }
    if (more == NULL) {
        curl_slist_free_all(all);
    }
    return more;
}

/* Copies what must outlive the call. */
static bool copy_request(struct um_fetch_job *job,
                         const struct um_fetch_req *req)
{
    job->headers = make_headers(req);
    job->easy = take_easy(job->fetch);
    job->answer = calloc(1, 1024);
    job->cap = 1024;
    job->max = req->max_answer;
    if (req->body != NULL) {
        job->body = malloc(req->len + 1);
        if (job->body != NULL) {
            memcpy(job->body, req->body, req->len);
        }
    }
    return job->headers != NULL && job->easy != NULL && job->answer != NULL &&
           (req->body == NULL || job->body != NULL);
}

/* What nobody else's time-out depends on sets out at once: it is on its way
 * while the caller does something else. If it has ended by that, the loop comes
 * round for it. */
static void set_out(struct um_fetch *f)
{
    int running;

    (void)curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    if (running == 0) {
        f->loop.timer(f->loop.user, 0);
    }
}

struct um_fetch_job *um_fetch_start(struct um_fetch *f,
                                    const struct um_fetch_req *req,
                                    um_fetch_done *done, void *user)
{
    struct um_fetch_job *job;

    if (f->n_jobs >= UM__CAP_FETCH_ACTIVE) {
        return NULL;
    }
    job = calloc(1, sizeof *job);
    if (job == NULL) {
        return NULL;
    }
    job->fetch = f;
    job->done = done;
    job->user = user;
    job->next = f->jobs;
    f->jobs = job;
    f->n_jobs++;
    if (!copy_request(job, req) || set_request(job, req) != CURLE_OK ||
        curl_multi_add_handle(f->multi, job->easy) != CURLM_OK) {
        um_fetch_cancel(job);
        return NULL;
    }
    if (f->n_jobs == 1) {
        set_out(f);
    }
    return job;
}

static enum um_fetch_status status_of(const struct um_fetch_job *job,
                                      CURLcode code)
{
    if (job->too_big) {
        return UM_FETCH_TOO_BIG;
    }
    switch (code) {
        case CURLE_OK:
            return UM_FETCH_OK;
        case CURLE_COULDNT_CONNECT:
        case CURLE_COULDNT_RESOLVE_HOST:
            return UM_FETCH_CONNECT;
        case CURLE_OPERATION_TIMEDOUT:
            return UM_FETCH_TIMEOUT;
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
            return UM_FETCH_CLOSED;
        default:
            return UM_FETCH_FAILED;
    }
}

/* What went wrong, for people. Of a unix socket libcurl tells the host and port
 * of the URL, which mean nothing there. */
static const char *words(const struct um_fetch_job *job, CURLcode code)
{
    long err = 0;

    if (job->too_big) {
        return "the answer is too big";
    }
    if (job->refused) {
        return "its address is one that may not be asked";
    }
    if (job->local && code == CURLE_COULDNT_CONNECT) {
        (void)curl_easy_getinfo(job->easy, CURLINFO_OS_ERRNO, &err);
        return err > 0 ? strerror((int)err) : "nobody answers there";
    }
    return job->error[0] != 0 ? job->error : curl_easy_strerror(code);
}

/* Its handle is free for what its owner asks next. */
static void finish(struct um_fetch_job *job, CURLcode code)
{
    struct um_fetch_answer a = {.status = status_of(job, code),
                                .body = job->answer,
                                .len = job->len,
                                .server = job->server};

    a.text = words(job, code);
    (void)curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &a.code);
    job->answer[job->len] = '\0';
    unlink_job(job);
    give_easy(job->fetch, job->easy);
    job->easy = NULL;
    job->done(job->user, &a);
    job_free(job);
}

/* A part of a URL, or NULL; to be freed by curl. */
static char *part_of(CURLU *u, CURLUPart what)
{
    char *text = NULL;

    return curl_url_get(u, what, &text, 0) == CURLUE_OK ? text : NULL;
}

static const char *look_at_parts(CURLU *u)
{
    char *scheme = part_of(u, CURLUPART_SCHEME);
    char *user = part_of(u, CURLUPART_USER);
    char *host = part_of(u, CURLUPART_HOST);
    const char *wrong = NULL;

    if (scheme == NULL ||
        (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)) {
        wrong = "it does not begin with http:// or https://";
    } else if (host == NULL || host[0] == '\0') {
        wrong = "it has no host";
    } else if (user != NULL) {
        wrong = "it has a user or a password in it, which would be shown";
    }
    curl_free(scheme);
    curl_free(user);
    curl_free(host);
    return wrong;
}

const char *um_fetch_url_wrong(const char *url)
{
    CURLU *u = curl_url();
    const char *wrong = "it is no URL";

    if (u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK) {
        wrong = look_at_parts(u);
    }
    curl_url_cleanup(u);
    return wrong;
}

static void reap(struct um_fetch *f)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(f->multi, &left)) != NULL) {
        struct um_fetch_job *job = NULL;

        if (m->msg == CURLMSG_DONE &&
            curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE,
                              (char **)&job) == CURLE_OK &&
            job != NULL) {
            finish(job, m->data.result);
        }
    }
}

void um_fetch_on_fd(struct um_fetch *f, int fd, int events)
{
    int mask = 0, running;

    mask |= (events & UM_FETCH_READ) != 0 ? CURL_CSELECT_IN : 0;
    mask |= (events & UM_FETCH_WRITE) != 0 ? CURL_CSELECT_OUT : 0;
    (void)curl_multi_socket_action(f->multi, fd, mask, &running);
    reap(f);
}

void um_fetch_on_timer(struct um_fetch *f)
{
    int running;

    (void)curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    reap(f);
}
