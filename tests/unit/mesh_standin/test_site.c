/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Listeners at work: routes, returns, files, and where requests end. */
#include "mesh/standin/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/standin/pass.h"
#include "p2p/err.h"
#include "unit.h"
#include "unit_rig.h"

struct disk_file {
    const char *path;
    const char *content; /* NULL: a folder */
    bool symlink;
    int error;
};

static const struct disk_file disk[] = {
    {"/www", NULL, false, 0},
    {"/www/", NULL, false, 0},
    {"/www/index.html", "<p>hello", false, 0},
    {"/www/a.txt", "text", false, 0},
    {"/www/noext", "?", false, 0},
    {"/www/link.txt", "linked", true, 0},
    {"/www/secret.txt", "", false, P2P_EACCES},
    {"/www/big.txt", "", false, P2P_ETOOBIG},
    {"/www/dir", NULL, false, 0},
    {"/other/b.txt", "other", false, 0},
    {"/wwwx/c.txt", "outside", false, 0},
};

static int open_file(void *ctx, const struct um_ssite_open *how,
                     struct um_ssite_file *file, struct um_buf *content)
{
    (void)ctx;
    for (size_t i = 0; i < sizeof(disk) / sizeof(disk[0]); i++) {
        const struct disk_file *f = &disk[i];

        if (!um_str_eq(how->path, um_str(f->path)))
            continue;
        if (f->error != 0)
            return f->error;
        if (f->symlink && how->no_symlinks)
            return P2P_EACCES;
        file->folder = f->content == NULL;
        file->regular = !file->folder;
        file->mtime_s = 1000000000; /* Sun, 09 Sep 2001 01:46:40 GMT */
        file->size_bytes = f->content != NULL ? strlen(f->content) : 0;
        if (how->content && f->content != NULL)
            um_buf_text(content, f->content);
        return 0;
    }
    return P2P_ENOTFOUND;
}

static struct rig *rig_of(void **state)
{
    return *state;
}

static int setup(void **state)
{
    struct rig *r = malloc(sizeof(*r));

    rig_init(r);
    rig_start(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_fini(rig_of(state));
    free(*state);
    return 0;
}

static struct um_ssite *connect_to(struct rig *r, const char *listener)
{
    struct um_ssite_cfg cfg = {
        .s = r->s, .listener = um_str(listener), .files = {NULL, open_file}};
    struct um_ssite *c;

    assert_true(um_addr_parse(UM_STR("10.0.0.1:80"), true, &cfg.local));
    assert_true(um_addr_parse(UM_STR("10.9.8.7:4321"), true, &cfg.remote));
    c = um_ssite_new(&cfg);
    assert_non_null(c);
    return c;
}

/* Takes all output there is, into r->answer; true if the connection ends. */
static bool drain(struct rig *r, struct um_ssite *c)
{
    bool end = false;

    r->answer_len = 0;
    for (;;) {
        struct um_str out = um_ssite_tx(c, &r->now, &end);

        if (out.len == 0)
            break;
        memcpy(r->answer + r->answer_len, out.p, out.len);
        r->answer_len += out.len;
        um_ssite_sent(c, out.len);
    }
    r->answer[r->answer_len] = '\0';
    return end;
}

/* A whole conversation on a new connection. */
static const char *talk(struct rig *r, const char *bytes)
{
    struct um_ssite *c = connect_to(r, "*:80");

    um_ssite_rx(c, um_str(bytes));
    r->closed = drain(r, c);
    um_ssite_free(c);
    return r->answer;
}

static const char *get(struct rig *r, const char *path)
{
    static char request[1024];

    strcpy(request, "GET ");
    strcat(request, path);
    strcat(request, " HTTP/1.1\r\nHost: Example.org:80\r\n\r\n");
    return talk(r, request);
}

static void configure(struct rig *r, const char *routes)
{
    char conf[4096] =
        "{\"listeners\": {\"*:80\": {\"pass\": \"routes\"}}, "
        "\"routes\": ";

    strcat(conf, routes);
    strcat(conf, "}");
    if (rig_status(r, "PUT", "/config", conf) != 200)
        fail_msg("%s", r->answer);
}

static void named(struct rig *r, const char *pass, const char *routes)
{
    char conf[8192] = "{\"listeners\": {\"*:80\": {\"pass\": \"";

    strcat(strcat(conf, pass), "\"}}, \"routes\": ");
    strcat(strcat(conf, routes), "}");
    if (rig_status(r, "PUT", "/config", conf) != 200)
        fail_msg("%s", r->answer);
}

/* The status of an answer, 0 if there is none. */
static int status(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}

static void has(const char *answer, const char *what)
{
    if (strstr(answer, what) == NULL)
        fail_msg("no %s in\n%s", what, answer);
}

static void test_return(void **state)
{
    struct rig *r = rig_of(state);

    configure(r, "[{\"action\": {\"return\": 204}}]");
    assert_string_equal(get(r, "/"),
                        "HTTP/1.1 204 No Content\r\n"
                        "Server: Unit/1.35.0\r\n"
                        "Date: Mon, 23 Nov 2026 00:00:00 GMT\r\n"
                        "Content-Length: 0\r\n\r\n");
    assert_false(r->closed);
    configure(r, "[{\"action\": {\"return\": 404}}]");
    assert_string_equal(
        get(r, "/"),
        "HTTP/1.1 404 Not Found\r\n"
        "Content-Type: text/html\r\n"
        "Server: Unit/1.35.0\r\n"
        "Date: Mon, 23 Nov 2026 00:00:00 GMT\r\n"
        "Content-Length: 54\r\n\r\n"
        "<!DOCTYPE html><title>Error 404</title><p>Error 404.\r\n");
    configure(r, "[{\"action\": {\"return\": 7}}]");
    has(get(r, "/"), "HTTP/1.1 007 \r\n");
}

static void test_locations(void **state)
{
    struct rig *r = rig_of(state);

    configure(r,
              "[{\"action\": {\"return\": 301, \"location\": "
              "\"https://$host$request_uri\"}}]");
    has(get(r, "/a?b=c"), "\r\nLocation: https://example.org/a?b=c\r\n");
    configure(r,
              "[{\"action\": {\"return\": 302, \"location\": "
              "\"/a b?c#d?\"}}]");
    has(get(r, "/"), "\r\nLocation: /a%20b?c#d%3F\r\n");
    configure(r, "[{\"action\": {\"return\": 302, \"location\": \"/a%20b\"}}]");
    has(get(r, "/"), "\r\nLocation: /a%20b\r\n");
}

static void test_response_headers(void **state)
{
    struct rig *r = rig_of(state);

    configure(r,
              "[{\"action\": {\"return\": 200, \"location\": \"/\", "
              "\"response_headers\": {\"X-Uri\": \"<$uri>\", "
              "\"Location\": null}}}]");
    has(get(r, "/a"), "\r\nX-Uri: </a>\r\n");
    assert_null(strstr(r->answer, "Location"));
    /* an error has none */
    configure(r,
              "[{\"action\": {\"return\": 500, \"response_headers\": "
              "{\"X-Uri\": \"a\"}}}]");
    assert_null(strstr(get(r, "/a"), "X-Uri"));
}

static void test_nothing_matches(void **state)
{
    struct rig *r = rig_of(state);

    configure(r, "[]");
    assert_int_equal(status(get(r, "/")), 404);
    configure(r,
              "[{\"match\": {\"uri\": \"/a\"}, \"action\": "
              "{\"return\": 200}}]");
    assert_int_equal(status(get(r, "/b")), 404);
}

/* The route is taken for a request, or it is not. */
static void matches(struct rig *r, const char *match, const char *request,
                    bool want)
{
    char routes[1024] = "[{\"match\": {";

    strcat(strcat(routes, match), "}, \"action\": {\"return\": 299}}]");
    configure(r, routes);
    if ((status(talk(r, request)) == 299) != want)
        fail_msg("%s\n%s", match, request);
}

#define H                                                              \
    " HTTP/1.1\r\nHost: Ex.org:8\r\nX-B: z\r\nX-A: b\r\nCookie: c=1; " \
    "d=2\r\n\r\n"

static void test_matches(void **state)
{
    static const struct {
        const char *match;
        const char *request;
        bool want;
    } rows[] = {
        {"\"uri\": \"/a*\"", "GET /a%62c?x" H, true},
        {"\"uri\": \"/a%20b\"", "GET /a%20b" H, true},
        {"\"uri\": \"!/a\"", "GET /a" H, false},
        {"\"method\": \"get\"", "GET /" H, true},
        {"\"method\": [\"POST\", \"PUT\"]", "GET /" H, false},
        {"\"host\": \"EX.*\"", "GET /" H, true},
        {"\"host\": \"ex.org:8\"", "GET /" H, false},
        {"\"scheme\": \"HTTP\"", "GET /" H, true},
        {"\"scheme\": \"https\"", "GET /" H, false},
        {"\"query\": \"a=b c\"", "GET /?a=b+c" H, true},
        {"\"query\": \"\"", "GET /" H, true},
        {"\"query\": \"a*\"", "GET /" H, false},
        {"\"arguments\": {\"a\": \"1\", \"b\": \"*\"}", "GET /?b=x&a=1" H,
         true},
        {"\"arguments\": {\"a\": \"1\"}", "GET /?a=1&a=2" H, false},
        {"\"arguments\": {\"a%20\": \"1\"}", "GET /?a+=1" H, true},
        {"\"arguments\": {\"a\": \"\"}", "GET /?a" H, true},
        {"\"arguments\": [{\"z\": \"*\"}, {\"a\": \"*\"}]", "GET /?a" H, true},
        {"\"arguments\": {\"z\": \"*\"}", "GET /?a" H, false},
        {"\"arguments\": {\"a\": \"%31+\"}", "GET /?a=1%20" H, true},
        {"\"arguments\": []", "GET /" H, true},
        {"\"arguments\": {}", "GET /" H, true},
        {"\"cookies\": {\"d\": \"%32\"}", "GET /" H, false},
        {"\"headers\": {\"x-a\": \"B\"}", "GET /" H, true},
        {"\"headers\": {\"x-c\": \"!B\"}", "GET /" H, false},
        {"\"host\": \"e%78.org\"", "GET /" H, false},
        {"\"cookies\": {\"d\": \"2\"}", "GET /" H, true},
        {"\"cookies\": {\"d\": \"1\"}", "GET /" H, false},
        {"\"source\": \"10.9.0.0/16\"", "GET /" H, true},
        {"\"source\": [\"!10.9.8.7\", \"10.0.0.0/8\"]", "GET /" H, false},
        {"\"destination\": \"10.0.0.1:80\"", "GET /" H, true},
        {"\"destination\": \"*:81\"", "GET /" H, false},
        {"\"if\": \"$arg_a\"", "GET /?a=1" H, true},
        {"\"if\": \"$arg_a\"", "GET /?a=0" H, false},
        {"\"if\": \"!$arg_a\"", "GET /" H, true},
        {"\"if\": \"$header_x_a\"", "GET /" H, true},
        {"\"uri\": \"/x\", \"method\": \"GET\"", "GET /" H, false},
    };
    struct rig *r = rig_of(state);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        matches(r, rows[i].match, rows[i].request, rows[i].want);
}

static void test_routes_lead_to_routes(void **state)
{
    struct rig *r = rig_of(state);

    named(r, "routes/main",
          "{\"main\": [{\"match\": {\"uri\": \"/a/*\"}, \"action\": {\"pass\": "
          "\"routes/a\", \"rewrite\": \"/b\"}}], \"a\": [{\"match\": {\"uri\": "
          "\"/b\"}, \"action\": {\"return\": 211}}], \"ring\": [{\"action\": "
          "{\"pass\": \"routes/ring\"}}]}");
    assert_int_equal(status(get(r, "/a/x")), 211);
    assert_int_equal(status(get(r, "/b")), 404);
    named(r, "routes/$arg_to",
          "{\"a\": [{\"action\": {\"return\": 212}}], \"ring\": [{\"action\": "
          "{\"pass\": \"routes/ring\"}}]}");
    assert_int_equal(status(get(r, "/?to=a")), 212);
    assert_int_equal(status(get(r, "/?to=b")), 404);
    assert_int_equal(status(get(r, "/")), 404);
    assert_int_equal(status(get(r, "/?to=ring")), 500);
}

/* What a pass to a route leads to, if its name has `len` bytes. */
static int long_pass(struct rig *r, size_t len)
{
    struct um_buf conf = UM_BUF_INIT, ask = UM_BUF_INIT;
    int rv;

    um_buf_text(&conf, "{\"");
    um_buf_fill(&conf, 'a', len);
    um_buf_text(&conf, "\": [{\"action\": {\"return\": 212}}]}");
    um_buf_byte(&conf, '\0');
    named(r, "routes/$arg_to", conf.p);
    um_buf_text(&ask, "GET /?to=");
    um_buf_fill(&ask, 'a', len);
    um_buf_text(&ask, " HTTP/1.1\r\n\r\n");
    um_buf_byte(&ask, '\0');
    rv = status(talk(r, ask.p));
    um_buf_fini(&conf);
    um_buf_fini(&ask);
    return rv;
}

/* A pass that is too long is followed nowhere. */
static void test_cap_pass_bytes(void **state)
{
    const size_t most = UM__CAP_STANDIN_PASS_BYTES - strlen("routes/");
    struct rig *r = rig_of(state);

    assert_int_equal(long_pass(r, most), 212);
    assert_int_equal(long_pass(r, most + 1), 404);
}

/* A target is wanted where there are some, and only there. */
static void test_passes_to_applications(void **state)
{
    static const struct {
        const char *pass;
        int status;
    } rows[] = {
        {"applications/a", 503},    {"applications/a/t", 404},
        {"applications/none", 404}, {"upstreams/u", 503},
        {"upstreams/u/x", 404},     {"routes/r/x", 404},
        {"routes/r", 218},
    };
    struct rig *r = rig_of(state);

    assert_int_equal(
        rig_status(r, "PUT", "/config",
                   "{\"listeners\": {\"*:80\": {\"pass\": \"$arg_a\"}}, "
                   "\"routes\": {\"r\": [{\"action\": {\"return\": 218}}]}, "
                   "\"applications\": {\"a\": {\"type\": \"external\", "
                   "\"executable\": \"x\"}}, \"upstreams\": {\"u\": "
                   "{\"servers\": {}}}}"),
        200);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[64] = "/?a=";

        strcat(path, rows[i].pass);
        if (status(get(r, path)) != rows[i].status)
            fail_msg("%s: %s", rows[i].pass, r->answer);
    }
}

/* Templates in JavaScript are taken and cannot be run. */
static void test_javascript(void **state)
{
    struct rig *r = rig_of(state);

    um_standin_free(r->s);
    r->cfg.njs = true;
    rig_start(r);
    configure(r,
              "[{\"match\": {\"if\": \"`x`\"}, \"action\": "
              "{\"return\": 200}}]");
    assert_int_equal(status(get(r, "/")), 404);
    configure(r,
              "[{\"action\": {\"return\": 301, \"location\": "
              "\"`x`\"}}]");
    assert_int_equal(status(get(r, "/")), 500);
    configure(r, "[{\"action\": {\"share\": \"`x`\"}}]");
    assert_int_equal(status(get(r, "/")), 500);
    configure(r,
              "[{\"action\": {\"rewrite\": \"`x`\", \"return\": "
              "200}}]");
    assert_int_equal(status(get(r, "/")), 500);
    configure(r,
              "[{\"action\": {\"return\": 200, \"response_headers\": "
              "{\"A\": \"`x`\"}}}]");
    assert_int_equal(status(get(r, "/")), 500);
}

static void test_rewrites(void **state)
{
    struct rig *r = rig_of(state);

    configure(r,
              "[{\"action\": {\"rewrite\": \"/www/./x/..$uri\", "
              "\"share\": \"$uri\"}}]");
    has(get(r, "/a.txt"), "\r\n\r\ntext");
    configure(r,
              "[{\"action\": {\"rewrite\": \"$arg_r\", \"return\": 200, "
              "\"response_headers\": {\"A\": \"$uri\"}}}]");
    has(get(r, "/?r=b%2F.%2F"), "\r\nA: b/\r\n");
    assert_int_equal(status(get(r, "/?r=b%2F..")), 500);
    configure(r,
              "[{\"action\": {\"rewrite\": \"/../a\", \"return\": "
              "200}}]");
    assert_int_equal(status(get(r, "/")), 500);
}

static void test_what_a_stand_in_does_not_run(void **state)
{
    struct rig *r = rig_of(state);

    assert_int_equal(
        rig_status(r, "PUT", "/config",
                   "{\"listeners\": {\"*:80\": {\"pass\": "
                   "\"applications/a\"}}, \"applications\": {\"a\": {\"type\": "
                   "\"external\", \"executable\": \"x\"}}}"),
        200);
    assert_int_equal(status(get(r, "/")), 503);
    configure(r, "[{\"action\": {\"proxy\": \"http://127.0.0.1:1\"}}]");
    assert_int_equal(status(get(r, "/")), 502);
}

static void test_files(void **state)
{
    struct rig *r = rig_of(state);

    configure(r, "[{\"action\": {\"share\": \"/www$uri\"}}]");
    assert_string_equal(get(r, "/a.txt"),
                        "HTTP/1.1 200 OK\r\n"
                        "Last-Modified: Sun, 09 Sep 2001 01:46:40 GMT\r\n"
                        "ETag: \"3b9aca00-4\"\r\n"
                        "Content-Type: text/plain\r\n"
                        "Server: Unit/1.35.0\r\n"
                        "Date: Mon, 23 Nov 2026 00:00:00 GMT\r\n"
                        "Content-Length: 4\r\n\r\n"
                        "text");
    has(get(r, "/"), "\r\n\r\n<p>hello");
    assert_null(strstr(get(r, "/noext"), "Content-Type"));
    assert_int_equal(status(get(r, "/none")), 404);
    assert_int_equal(status(get(r, "/dir/")), 404);
    assert_int_equal(status(get(r, "/secret.txt")), 403);
    assert_int_equal(status(get(r, "/big.txt")), 500);
    assert_int_equal(status(get(r, "/dir")), 301);
    has(get(r, "/dir?q"), "\r\nLocation: /dir/?q\r\n");
    has(talk(r, "HEAD /a.txt HTTP/1.1\r\n\r\n"), "Content-Length: 4\r\n\r\n");
    assert_null(strstr(r->answer, "text\r\n\r\ntext"));
    assert_int_equal(status(talk(r, "POST /a.txt HTTP/1.1\r\n\r\n")), 405);
}

static void test_lists_of_files(void **state)
{
    struct rig *r = rig_of(state);

    configure(r, "[{\"action\": {\"share\": [\"/www$uri\", \"/other$uri\"]}}]");
    has(get(r, "/a.txt"), "\r\n\r\ntext");
    has(get(r, "/b.txt"), "\r\n\r\nother");
    assert_int_equal(status(get(r, "/c.txt")), 404);
}

static void test_index_and_types(void **state)
{
    struct rig *r = rig_of(state);

    configure(r,
              "[{\"action\": {\"share\": \"/www$uri\", \"index\": "
              "\"a.txt\", \"types\": [\"text/html\", \"!text/plain\"]}}]");
    has(get(r, "/"), "\r\n\r\ntext"); /* an index is not asked for its type */
    assert_int_equal(status(get(r, "/index.html")), 200);
    assert_int_equal(status(get(r, "/a.txt")), 403);
}

static void test_walls(void **state)
{
    struct rig *r = rig_of(state);

    configure(r,
              "[{\"action\": {\"share\": \"/www$uri\", "
              "\"follow_symlinks\": false}}]");
    assert_int_equal(status(get(r, "/link.txt")), 403);
    configure(r, "[{\"action\": {\"share\": \"/www$uri\"}}]");
    assert_int_equal(status(get(r, "/link.txt")), 200);
    configure(r,
              "[{\"action\": {\"share\": [\"/wwwx$uri\", \"/www$uri\"], "
              "\"chroot\": \"/www\"}}]");
    assert_int_equal(status(get(r, "/c.txt")), 404);
    assert_int_equal(status(get(r, "/a.txt")), 200);
}

static void test_fallbacks(void **state)
{
    struct rig *r = rig_of(state);

    configure(r,
              "[{\"action\": {\"share\": \"/www$uri\", \"fallback\": "
              "{\"share\": \"/other$uri\", \"fallback\": {\"return\": "
              "203}}}}]");
    has(get(r, "/a.txt"), "\r\n\r\ntext");
    has(get(r, "/b.txt"), "\r\n\r\nother");
    assert_int_equal(status(get(r, "/c.txt")), 203);
    assert_null(strstr(r->answer, "Last-Modified"));
}

#define OK_ROUTES                                                      \
    "[{\"match\": {\"uri\": \"/1\"}, \"action\": {\"return\": 201}}, " \
    "{\"match\": {\"uri\": \"/2\"}, \"action\": {\"return\": 202}}]"

static void test_keep_alive_and_pipelines(void **state)
{
    struct rig *r = rig_of(state);
    const char *second;

    configure(r, OK_ROUTES);
    talk(r,
         "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nConnection: close\r\n"
         "\r\nGET /1 HTTP/1.1\r\n\r\n");
    assert_int_equal(status(r->answer), 201);
    second = strstr(r->answer + 1, "HTTP/1.1 202 Accepted\r\n");
    assert_non_null(second);
    has(second, "\r\nConnection: close\r\n");
    assert_null(strstr(second + 1, "HTTP/1.1"));
    assert_true(r->closed);
}

static void test_old_clients(void **state)
{
    struct rig *r = rig_of(state);

    configure(r, OK_ROUTES);
    talk(r, "GET /1 HTTP/1.0\r\n\r\n");
    assert_true(r->closed);
    assert_null(strstr(r->answer, "Connection:"));
    talk(r, "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_false(r->closed);
    has(r->answer, "\r\nConnection: keep-alive\r\n");
}

static void test_bodies_are_skipped(void **state)
{
    static const char text[] =
        "POST /1 HTTP/1.1\r\nContent-Length: 9\r\n\r\n"
        "GET /2 HTGET /2 HTTP/1.1\r\n\r\n";
    struct rig *r = rig_of(state);

    configure(r, OK_ROUTES);
    for (int plan = 0; plan < CHUNK_PLANS; plan++) {
        struct um_ssite *c = connect_to(r, "*:80");
        struct chunker ch;
        struct um_buf all = UM_BUF_INIT;

        chunker_init(&ch, (enum chunk_plan)plan, 5);
        for (size_t at = 0; at < sizeof(text) - 1;) {
            size_t n = chunker_next(&ch, sizeof(text) - 1 - at);

            um_ssite_rx(c, um_str_n(text + at, n));
            at += n;
            assert_false(drain(r, c));
            um_buf_text(&all, r->answer);
        }
        um_buf_byte(&all, '\0');
        has(all.p, "HTTP/1.1 201 Created\r\n");
        has(all.p + 1, "HTTP/1.1 202 Accepted\r\n");
        assert_null(strstr(all.p, "404"));
        um_buf_fini(&all);
        um_ssite_free(c);
    }
}

static void test_bad_requests_end_the_connection(void **state)
{
    static const struct {
        const char *request;
        int status;
    } rows[] = {
        {"get / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411},
    };
    struct rig *r = rig_of(state);

    configure(r, OK_ROUTES);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(status(talk(r, rows[i].request)), rows[i].status);
        assert_true(r->closed);
        has(r->answer, "\r\nConnection: close\r\n");
    }
    assert_int_equal(status(talk(r, "GET /1 HTTP/1.1\r\nHost: a..b\r\n\r\n")),
                     400);
}

static void test_cap_site_head_bytes(void **state)
{
    struct rig *r = rig_of(state);
    struct um_buf b = UM_BUF_INIT;

    configure(r, OK_ROUTES);
    um_buf_text(&b, "GET /1 HTTP/1.1\r\nX: ");
    um_buf_fill(&b, 'x', UM__CAP_STANDIN_SITE_HEAD_BYTES - b.len - 4);
    um_buf_text(&b, "\r\n\r\n");
    um_buf_byte(&b, '\0');
    assert_int_equal(status(talk(r, b.p)), 201);
    b.len -= 5;
    um_buf_text(&b, "xxxxxxxx");
    um_buf_byte(&b, '\0');
    assert_int_equal(status(talk(r, b.p)), 431);
    assert_true(r->closed);
    um_buf_fini(&b);
}

static void test_cap_site_body_bytes(void **state)
{
    struct rig *r = rig_of(state);
    char text[128];

    configure(r, OK_ROUTES);
    snprintf(text, sizeof(text),
             "POST /1 HTTP/1.1\r\nContent-Length: %u\r\n\r\n",
             UM__CAP_STANDIN_SITE_BODY_BYTES);
    assert_int_equal(status(talk(r, text)), 201);
    snprintf(text, sizeof(text),
             "POST /1 HTTP/1.1\r\nContent-Length: %u\r\n\r\n",
             UM__CAP_STANDIN_SITE_BODY_BYTES + 1);
    assert_int_equal(status(talk(r, text)), 413);
    assert_true(r->closed);
}

static void traffic(struct rig *r, uint64_t accepted, uint64_t idle,
                    uint64_t closed, uint64_t requests)
{
    const struct um_standin_traffic *t = um_standin_traffic(r->s);

    assert_int_equal(t->accepted, accepted);
    assert_int_equal(t->idle, idle);
    assert_int_equal(t->closed, closed);
    assert_int_equal(t->requests, requests);
}

static void test_what_is_counted(void **state)
{
    struct rig *r = rig_of(state);
    struct um_ssite *a, *b;

    configure(r, OK_ROUTES);
    a = connect_to(r, "*:80");
    b = connect_to(r, "*:80");
    drain(r, a);
    traffic(r, 2, 0, 0, 0);
    um_ssite_rx(a, UM_STR("GET /1 HTTP/1.1\r\n\r\n"));
    drain(r, a);
    traffic(r, 2, 1, 0, 1);
    um_ssite_rx(a, UM_STR("GET /1 HT"));
    drain(r, a);
    traffic(r, 2, 0, 0, 1);
    um_ssite_rx(a, UM_STR("TP/1.1\r\n\r\n"));
    drain(r, a);
    traffic(r, 2, 1, 0, 2);
    um_ssite_free(a);
    um_ssite_free(b);
    traffic(r, 2, 0, 2, 2);
}

/* Counters begin anew with the process, whose connections are still there. */
static void test_what_is_counted_after_a_restart(void **state)
{
    struct rig *r = rig_of(state);
    struct um_ssite *c;

    configure(r, OK_ROUTES);
    c = connect_to(r, "*:80");
    um_ssite_rx(c, UM_STR("GET /1 HTTP/1.1\r\n\r\n"));
    drain(r, c);
    traffic(r, 1, 1, 0, 1);
    um_standin_restart(r->s, UM_STANDIN_RESTART_PLAIN, &r->now);
    traffic(r, 0, 0, 0, 0);
    um_ssite_free(c);
    assert_int_equal(um_standin_traffic(r->s)->idle, 0);
}

/* The configuration in force is the one that counts, request by request. */
static void test_a_change_under_way(void **state)
{
    struct rig *r = rig_of(state);
    struct um_ssite *c;

    configure(r, OK_ROUTES);
    c = connect_to(r, "*:80");
    um_ssite_rx(c, UM_STR("GET /1 HTTP/1.1\r\n\r\n"));
    drain(r, c);
    assert_int_equal(status(r->answer), 201);
    configure(r, "[{\"action\": {\"return\": 207}}]");
    um_ssite_rx(c, UM_STR("GET /1 HTTP/1.1\r\n\r\n"));
    drain(r, c);
    assert_int_equal(status(r->answer), 207);
    assert_int_equal(rig_status(r, "PUT", "/config", "{}"), 200);
    um_ssite_rx(c, UM_STR("GET /1 HTTP/1.1\r\n\r\n"));
    drain(r, c);
    assert_int_equal(status(r->answer), 404);
    um_ssite_free(c);
}

static void test_variables(void **state)
{
    struct rig *r = rig_of(state);

    configure(r,
              "[{\"action\": {\"return\": 200, \"response_headers\": "
              "{\"V\": \"$method|$uri|$request_uri|$host|$remote_addr|"
              "$arg_a|$cookie_c|$header_x_a|$dollar|$request_line|"
              "$time_local|${arg_none}\"}}}]");
    talk(r, "GET /a%20b?a=1+2&b=3" H);
    has(r->answer,
        "\r\nV: GET|/a b|/a%20b?a=1+2&b=3|ex.org|10.9.8.7|1 2|1|b|$|"
        "GET /a%20b?a=1+2&b=3 HTTP/1.1|23/Nov/2026:00:00:00 +0000|"
        "\r\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_return),
        TEST(test_locations),
        TEST(test_response_headers),
        TEST(test_nothing_matches),
        TEST(test_matches),
        TEST(test_routes_lead_to_routes),
        TEST(test_cap_pass_bytes),
        TEST(test_passes_to_applications),
        TEST(test_javascript),
        TEST(test_rewrites),
        TEST(test_what_a_stand_in_does_not_run),
        TEST(test_files),
        TEST(test_lists_of_files),
        TEST(test_index_and_types),
        TEST(test_walls),
        TEST(test_fallbacks),
        TEST(test_keep_alive_and_pipelines),
        TEST(test_old_clients),
        TEST(test_bodies_are_skipped),
        TEST(test_bad_requests_end_the_connection),
        TEST(test_cap_site_head_bytes),
        TEST(test_cap_site_body_bytes),
        TEST(test_what_is_counted),
        TEST(test_what_is_counted_after_a_restart),
        TEST(test_a_change_under_way),
        TEST(test_variables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
