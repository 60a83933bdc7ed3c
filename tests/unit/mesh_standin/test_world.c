/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A folder of the machine as the stand-in's world, and what it serves. */
#include "mesh/standin/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/standin/parse.h"
#include "p2p/err.h"
#include "unit.h"

struct here {
    char dir[64];
    char state[80];
    char root[80];
    struct um_sworld *w;
    struct um_standin_world port;
    struct um_ssite_files files;
    unsigned opened;
    unsigned closed;
    int fd;
};

static int on_opened(void *ctx, struct um_str name, const struct um_addr *addr,
                     int fd)
{
    struct here *h = ctx;

    (void)name;
    (void)addr;
    h->opened++;
    h->fd = fd;
    return 0;
}

static void on_closed(void *ctx, const struct um_addr *addr)
{
    struct here *h = ctx;

    (void)addr;
    h->closed++;
    close(h->fd);
}

static void put_file(const struct here *h, const char *name, size_t size)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s%s", h->root, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    for (size_t i = 0; i < size; i++)
        fputc('a' + (int)(i % 26), f);
    fclose(f);
}

static void put_folder(const struct here *h, const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s%s", h->root, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

static int setup(void **state)
{
    struct here *h = calloc(1, sizeof(*h));
    struct um_sworld_cfg cfg = {.sockets = {h, on_opened, on_closed}};

    strcpy(h->dir, "/tmp/um-world-XXXXXX");
    assert_non_null(mkdtemp(h->dir));
    snprintf(h->state, sizeof(h->state), "%s/state", h->dir);
    snprintf(h->root, sizeof(h->root), "%s/root", h->dir);
    assert_int_equal(mkdir(h->root, 0755), 0);
    cfg.state = h->state;
    cfg.root = h->root;
    h->w = um_sworld_new(&cfg);
    assert_non_null(h->w);
    h->port = um_sworld_port(h->w);
    h->files = um_sworld_files(h->w);
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    struct here *h = *state;
    char command[128];

    um_sworld_free(h->w);
    snprintf(command, sizeof(command), "rm -r '%s'", h->dir);
    assert_int_equal(system(command), 0);
    free(h);
    return 0;
}

static void loads(struct here *h, const char *name, const char *want)
{
    struct um_buf b = UM_BUF_INIT;

    assert_int_equal(h->port.load(h->w, um_str(name), &b), 0);
    assert_true(um_str_eq(um_buf_view(&b), um_str(want)));
    um_buf_fini(&b);
}

static void test_the_state_folder(void **state)
{
    struct here *h = *state;
    struct um_buf b = UM_BUF_INIT;
    struct stat st;
    char path[128];

    assert_int_equal(h->port.load(h->w, UM_STR("conf.json"), &b),
                     P2P_ENOTFOUND);
    assert_int_equal(h->port.store(h->w, UM_STR("conf.json"), UM_STR("long")),
                     0);
    loads(h, "conf.json", "long");
    assert_int_equal(h->port.store(h->w, UM_STR("conf.json"), UM_STR("{}")), 0);
    loads(h, "conf.json", "{}");
    snprintf(path, sizeof(path), "%s/conf.json", h->state);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(h->port.remove(h->w, UM_STR("conf.json")), 0);
    assert_int_equal(h->port.remove(h->w, UM_STR("conf.json")), P2P_ENOTFOUND);
    um_buf_fini(&b);
}

static void test_names_that_are_none(void **state)
{
    struct here *h = *state;
    struct um_buf b = UM_BUF_INIT;

    um_buf_fill(&b, 'n', UM_SWORLD_PATH_MAX);
    assert_int_equal(h->port.store(h->w, um_buf_view(&b), UM_STR("x")),
                     P2P_ETOOBIG);
    assert_int_equal(h->port.load(h->w, um_str_n("a\0b", 3), &b),
                     P2P_ENOTFOUND);
    um_buf_clear(&b);
    um_buf_text(&b, "certs/");
    um_buf_fill(&b, 'n', 256); /* one more than a name may have */
    assert_true(h->port.store(h->w, um_buf_view(&b), UM_STR("x")) < 0);
    um_buf_fini(&b);
}

static void count(void *arg, struct um_str name)
{
    unsigned *n = arg;

    *n += um_str_eq(name, UM_STR("a")) ? 1 : 10;
}

static void test_folders_are_listed(void **state)
{
    struct here *h = *state;
    unsigned n = 0;

    assert_int_equal(h->port.list(h->w, UM_STR("certs"), count, &n), 0);
    assert_int_equal(n, 0);
    h->port.store(h->w, UM_STR("certs/a"), UM_STR("x"));
    h->port.store(h->w, UM_STR("certs/b"), UM_STR("x"));
    assert_int_equal(h->port.list(h->w, UM_STR("certs"), count, &n), 0);
    assert_int_equal(n, 11);
    assert_int_equal(h->port.list(h->w, UM_STR("none"), count, &n),
                     P2P_ENOTFOUND);
}

static void test_sockets(void **state)
{
    struct here *h = *state;
    const struct um_str name = UM_STR("unix:/l.sock");
    struct um_addr a;
    char path[128];

    assert_true(um_addr_parse(name, true, &a));
    assert_int_equal(h->port.bind(h->w, name, &a), 0);
    assert_int_equal(h->opened, 1);
    snprintf(path, sizeof(path), "%s/l.sock", h->root);
    assert_int_equal(access(path, F_OK), 0);
    /* the same once more: somebody has it */
    assert_int_equal(h->port.bind(h->w, name, &a), P2P_EADDRINUSE);
    h->port.unbind(h->w, name, &a);
    assert_int_equal(h->closed, 1);
    assert_int_equal(access(path, F_OK), -1);
    /* an address of another machine: TEST-NET */
    assert_true(um_addr_parse(UM_STR("192.0.2.1:8080"), true, &a));
    assert_int_equal(h->port.bind(h->w, UM_STR("x"), &a), P2P_ENOADDR);
}

static int open_at(struct here *h, const char *path, bool no_symlinks,
                   struct um_ssite_file *file, struct um_buf *content)
{
    const struct um_ssite_open how = {.path = um_str(path),
                                      .no_symlinks = no_symlinks,
                                      .content = content != NULL};

    return h->files.open(h->files.ctx, &how, file, content);
}

static void test_files(void **state)
{
    struct here *h = *state;
    struct um_ssite_file file;
    struct um_buf b = UM_BUF_INIT;
    char link[128];

    put_folder(h, "/d");
    put_file(h, "/d/f", 100000);
    assert_int_equal(open_at(h, "/d/f", true, &file, &b), 0);
    assert_true(file.regular && !file.folder);
    assert_int_equal(file.size_bytes, 100000);
    assert_int_equal(b.len, 100000);
    assert_int_equal(b.p[99999], 'a' + 99999 % 26);
    assert_int_equal(open_at(h, "/d/f", true, &file, NULL), 0);
    assert_int_equal(open_at(h, "/d", true, &file, &b), 0);
    assert_true(file.folder && !file.regular);
    assert_int_equal(open_at(h, "/none", true, &file, &b), P2P_ENOTFOUND);
    assert_int_equal(open_at(h, "/d/f/g", true, &file, &b), P2P_ENOTFOUND);
    assert_int_equal(open_at(h, "", true, &file, &b), P2P_ENOTFOUND);
    snprintf(link, sizeof(link), "%s/link", h->root);
    assert_int_equal(symlink("d/f", link), 0);
    assert_int_equal(open_at(h, "/link", false, &file, NULL), 0);
    assert_int_equal(open_at(h, "/link", true, &file, NULL), P2P_EACCES);
    um_buf_fini(&b);
}

static void test_cap_site_file_bytes(void **state)
{
    struct here *h = *state;
    struct um_ssite_file file;
    struct um_buf b = UM_BUF_INIT;
    char path[128];

    put_file(h, "/big", 0);
    snprintf(path, sizeof(path), "%s/big", h->root);
    assert_int_equal(truncate(path, UM__CAP_STANDIN_SITE_FILE_BYTES + 1), 0);
    assert_int_equal(open_at(h, "/big", true, &file, &b), P2P_ETOOBIG);
    assert_int_equal(b.len, 0);
    /* without its content it may be as big as it likes */
    assert_int_equal(open_at(h, "/big", true, &file, NULL), 0);
    um_buf_fini(&b);
}

/* Could this application start? */
static void starts(struct here *h, const char *conf, bool want)
{
    static const struct um_sjson_limits limits = {0, 0, 0};
    struct um_arena a = UM_ARENA_INIT;
    struct um_sjson_error err;
    struct um_sval v;
    const struct um_standin_app app = {UM_STR("a"), &v};

    assert_int_equal(um_sjson_parse(um_str(conf), &limits, &a, &v, &err), 0);
    if ((h->port.start(h->w, &app) == 0) != want)
        fail_msg("%s", conf);
    um_arena_fini(&a);
}

static void test_applications(void **state)
{
    struct here *h = *state;

    put_folder(h, "/app");
    put_folder(h, "/app/package");
    put_file(h, "/app/m.py", 1);
    put_file(h, "/app/package/n.py", 1);
#define PYTHON(more) "{\"type\": \"python 3\", \"module\": " more "}"
    starts(h, PYTHON("\"m\", \"path\": \"/app\""), true);
    starts(h, PYTHON("\"x\", \"path\": \"/app\""), false);
    starts(h, PYTHON("\"x\", \"path\": \"app\""), true);
    starts(h, PYTHON("\"x\""), true);
    starts(h, PYTHON("\"package.n\", \"path\": [\"/none\", \"/app\"]"), true);
    starts(h, PYTHON("\"package.x\", \"path\": [\"/none\", \"/app\"]"), false);
    starts(h, PYTHON("\"m\", \"user\": \"nobody-of-that-name\""), false);
    starts(h, PYTHON("\"m\", \"group\": \"nobody-of-that-name\""), false);
    starts(h, PYTHON("\"m\", \"user\": \"root\""), true);
    starts(h, PYTHON("\"m\", \"working_directory\": \"/app\""), true);
    starts(h, PYTHON("\"m\", \"working_directory\": \"/app/m.py\""), false);
    starts(h,
           "{\"type\": \"python\", \"path\": \"/app\", \"targets\": {\"a\": "
           "{\"module\": \"m\"}, \"b\": {\"module\": \"x\"}}}",
           false);
    starts(h, "{\"type\": \"external\", \"executable\": \"/app/m.py\"}", true);
    starts(h, "{\"type\": \"external\", \"executable\": \"/app/x\"}", false);
    starts(h, "{\"type\": \"php\", \"root\": \"/app\"}", true);
    starts(h, "{\"type\": \"php\", \"root\": \"/app/m.py\"}", false);
}

static void test_logs(void **state)
{
    struct here *h = *state;

    assert_int_equal(h->port.open_log(h->w, UM_STR("/log")), 0);
    assert_int_equal(h->port.open_log(h->w, UM_STR("log")), 0);
    assert_int_equal(h->port.open_log(h->w, UM_STR("/none/log")),
                     P2P_ENOTFOUND);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_state_folder),
        TEST(test_names_that_are_none),
        TEST(test_folders_are_listed),
        TEST(test_sockets),
        TEST(test_files),
        TEST(test_cap_site_file_bytes),
        TEST(test_applications),
        TEST(test_logs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
