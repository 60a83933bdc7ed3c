/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a policy refuses. Arguments: docs/reference/policy.md, whose examples
 * are run and whose strict policy is put to the test, and the folder of
 * recorded exchanges, some of whose configurations it lets pass.
 */
#include <stdio.h>
#include <stdlib.h>

#include "court.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/pointer.h"
#include "mesh/trust/folder.h"
#include "p2p/err.h"

static const char *page_file;
static const char *recordings;

/* All that is in a file, with a zero byte behind it; to be freed. */
static char *read_all(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct um_buf b = UM_BUF_INIT;
    char chunk[4096];
    size_t n;

    assert_non_null(f);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        um_buf_add(&b, chunk, n);
    (void)fclose(f);
    um_buf_byte(&b, '\0');
    assert_false(um_buf_failed(&b));
    return b.p;
}

/* The next fenced block that has a name; false: there is none. */
static bool next_block(const char **at, struct um_str *name,
                       struct um_str *text)
{
    const char *begin = *at, *end;

    while ((begin = strstr(begin, "\n```")) != NULL) {
        begin += 4;
        end = strstr(begin, "\n```");
        assert_non_null(end);
        *name = um_str_n(begin, strcspn(begin, "\n"));
        *text = um_str_n(name->p + name->len + 1,
                         (size_t)(end - name->p) - name->len);
        *at = end + 4;
        if (name->len > 0)
            return true;
        begin = *at;
    }
    return false;
}

/* A line of a page's block: POINTER: TEXT. */
static void check_refused(struct court *c, struct um_str want)
{
    um_buf_clear(&c->text);
    for (size_t i = 0; i < c->found.count; i++) {
        um_buf_str(&c->text, c->found.item[i].pointer);
        um_buf_text(&c->text, ": ");
        um_buf_text(&c->text, c->found.item[i].text);
        um_buf_byte(&c->text, '\n');
    }
    if (!um_str_eq(um_buf_view(&c->text), want))
        fail_msg("%.*s\nand not\n%.*s", UM_STR_ARG(um_buf_view(&c->text)),
                 UM_STR_ARG(want));
}

static void test_page(void **state)
{
    char *page = read_all(page_file);
    const char *at = page;
    struct um_str name, text;
    struct court c = {.text = UM_BUF_INIT};
    size_t checked = 0;

    (void)state;
    while (next_block(&at, &name, &text)) {
        if (um_str_eq(name, UM_STR("json policy"))) {
            court_close(&c);
            court_open(&c, text);
        } else if (um_str_eq(name, UM_STR("json configuration"))) {
            (void)court_judge(&c, text);
        } else if (um_str_eq(name, UM_STR("text refused"))) {
            check_refused(&c, text);
            checked++;
        }
    }
    assert_int_equal(checked, 3);
    court_close(&c);
    free(page);
}

/* The strict policy of the page. */
static void open_strict(struct court *c)
{
    char *page = read_all(page_file);
    const char *at = page;
    struct um_str name, text;

    while (next_block(&at, &name, &text)) {
        if (um_str_eq(name, UM_STR("json strict"))) {
            court_open(c, text);
            free(page);
            return;
        }
    }
    fail_msg("there is no strict policy");
}

#define PY(members)                                             \
    APP("\"type\":\"python 3\",\"path\":\"/srv/web/unit/app\"," \
        "\"module\":\"wsgi\"" members)
#define PHP(members) \
    APP("\"type\":\"php\",\"root\":\"/srv/web/unit/app\"" members)
#define ACT(members) "{\"routes\":[{\"action\":{" members "}}]}"
#define SHARE(path)                   \
    ACT("\"share\":" path             \
        ",\"follow_symlinks\":false," \
        "\"traverse_mounts\":false")

/* What somebody with a stolen key would try, and where it is refused. */
static const struct {
    const char *config;
    const char *want;
} nasty[] = {
    /* Programs. */
    {APP("\"type\":\"external\",\"executable\":\"/bin/sh\",\"arguments\":["
         "\"-c\",\"id\"]"),
     X "type " X "executable"},
    {APP("\"type\":\"go\",\"executable\":\"/srv/web/unit/app/../sh\""),
     X "type " X "executable"},
    {APP("\"type\":\"external\",\"executable\":\"/srv/web/unit/app/x\""),
     X "type " X "executable"},
    {APP("\"type\":\"ruby\",\"script\":\"/srv/web/unit/app/x.ru\","
         "\"hooks\":\"/tmp/evil.rb\""),
     X "type " X "hooks"},
    {APP("\"type\":\"perl\",\"script\":\"/tmp/x.psgi\""), X "type " X "script"},
    {APP("\"type\":\"java\",\"webapp\":\"/tmp/x.war\",\"classpath\":["
         "\"/tmp/a.jar\",\"http://e/x.jar\"],\"unit_jars\":\"/"
         "tmp\",\"options\":"
         "[\"-XX:OnError=id\"]"),
     X "type " X "webapp " X "classpath/0 " X "classpath/1 " X "unit_jars " X
       "options/0"},
    {APP("\"type\":\"wasm\",\"module\":\"/tmp/x.wasm\",\"access\":{"
         "\"filesystem\":[\"/\",\"/etc\"]}"),
     X "type " X "module " X "access/filesystem/0 " X "access/filesystem/1"},
    {APP("\"type\":\"wasm-wasi-component\",\"component\":\"/tmp/x\""),
     X "type " X "component"},
    {APP("\"type\":\"python3.11\",\"path\":[\"/srv/web/unit/app\",\"/tmp\"],"
         "\"module\":\"wsgi\""),
     X "path/1"},
    {APP("\"type\":\"python\",\"path\":\"/srv/web/unit/app\",\"module\":"
         "\"http.server\""),
     X "module"},
    {APP("\"type\":\"python\",\"path\":\"/srv/web/unit/app\",\"targets\":{"
         "\"t\":{\"module\":\"../x\"}}"),
     X "targets/t/module"},
    {PY(",\"home\":\"/tmp/venv\""), X "home"},
    {PY(",\"working_directory\":\"/tmp\""), X "working_directory"},
    {APP("\"type\":\"python\",\"path\":\"/srv/web/unit/application\","
         "\"module\":\"wsgi\""),
     X "path"},
    {APP("\"type\":\"python\",\"path\":\".\",\"module\":\"wsgi\""), X "path"},
    {APP("\"type\":\"python\",\"path\":\"/tmp\\u0000/../srv/web/unit/app\","
         "\"module\":\"wsgi\""),
     X "path"},
    {APP("\"type\":\"python\",\"path\":{\"a\":\"/tmp\"},\"module\":\"wsgi\""),
     X "path"},
    {APP("\"type\":\"php\",\"root\":\"/\""), X "root"},
    {PHP(",\"script\":\"../../../../etc/x.php\""), X "script"},
    {PHP(",\"index\":\"../../x.php\""), X "index"},
    {APP("\"type\":\"php\",\"targets\":{\"t\":{\"root\":\"/tmp\",\"script\":"
         "\"x.php\"}}"),
     X "targets/t/root " X "targets/t/script"},
    {PHP(",\"options\":{\"file\":\"/tmp/php.ini\"}"), X "options/file"},
    {PHP(",\"options\":{\"admin\":{\"auto_prepend_file\":\"/tmp/x\"},\"user\":"
         "{\"sendmail_path\":\"/bin/sh\",\"memory_limit\":\"1G\"}}"),
     X "options/admin/auto_prepend_file " X "options/user/sendmail_path"},
    {APP("\"type\":\"cobol\",\"run\":\"/bin/sh\""), X "type " X "run"},
    {APP("\"executable\":\"/bin/sh\""), X "type " X "executable"},
    {PY(",\"pre_exec\":[\"/bin/sh\"]"), X "pre_exec"},
    /* Users, surroundings. */
    {PY(",\"user\":\"root\""), X "user"},
    {PY(",\"user\":\"www-data\\u0000\",\"group\":\"shadow\""),
     X "user " X "group"},
    {PY(",\"environment\":{\"LD_PRELOAD\":\"/tmp/x.so\",\"APP_MODE\":\"x\"}"),
     X "environment/LD_PRELOAD"},
    {PHP(",\"environment\":{\"PHPRC\":\"/tmp\",\"PHP_INI_SCAN_DIR\":\"/tmp\"}"),
     X "environment/PHPRC " X "environment/PHP_INI_SCAN_DIR"},
    {PY(",\"environment\":{\"PYTHONPATH\":\"/tmp\"}"),
     X "environment/PYTHONPATH"},
    {PY(",\"isolation\":{\"rootfs\":\"/tmp/jail\"}"),
     X "path " X "isolation/rootfs"},
    {PY(",\"isolation\":{\"uidmap\":[{\"container\":0,\"host\":0,\"size\":1}]"
        "}"),
     X "isolation/uidmap"},
    {PY(",\"isolation\":{\"automount\":{\"procfs\":true}}"),
     X "isolation/automount"},
    {PY(",\"isolation\":{\"cgroup\":{\"path\":\"/system.slice/x\"}}"),
     X "isolation/cgroup/path"},
    {PY(",\"processes\":{\"max\":5000,\"spare\":4000}"),
     X "processes/max " X "processes/spare"},
    {PY(",\"processes\":1e3"), X "processes"},
    {PY(",\"limits\":{\"shm\":99999999999}"), X "limits/shm"},
    /* Files that are written. */
    {PY(",\"stderr\":\"/etc/cron.d/x\",\"stdout\":\"/etc/ssh/"
        "authorized_keys\""),
     X "stderr " X "stdout"},
    {"{\"access_log\":\"/etc/cron.d/x\"}", "/access_log"},
    {"{\"access_log\":{\"path\":\"/srv/web/unit/app/x.php\",\"format\":"
     "\"<?php ?>\"}}",
     "/access_log/path"},
    {"{\"access_log\":{\"path\":\"access.log\"}}", "/access_log/path"},
    {"{\"settings\":{\"http\":{\"body_temp_path\":\"/etc\"}}}",
     "/settings/http/body_temp_path"},
    {"{\"listeners\":{\"unix:/etc/passwd\":{\"pass\":\"routes\"}}}",
     "/listeners/unix:~1etc~1passwd"},
    /* Files that are shared. */
    {SHARE("\"/$uri\""), A "share"},
    {SHARE("\"/srv/web/public$host\""), A "share"},
    {SHARE("\"/srv/web/public/$arg_file\""), A "share"},
    {SHARE("[\"/srv/web/public$uri\",\"/etc/shadow\"]"), A "share/1"},
    {SHARE("\"`/srv/web/public/${x}`\""), A "share"},
    {ACT("\"share\":\"/srv/web/public$uri\""), A "share"},
    {ACT("\"share\":\"/srv/web/public$uri\",\"follow_symlinks\":false"),
     A "share"},
    {ACT("\"share\":\"/srv/web/public/\",\"index\":\"../../../etc/passwd\","
         "\"follow_symlinks\":false,\"traverse_mounts\":false"),
     A "index"},
    {ACT("\"share\":\"/srv/web/public/$arg_x\",\"chroot\":\"/srv/web\","
         "\"follow_symlinks\":false,\"traverse_mounts\":false"),
     A "share"},
    {ACT("\"pass\":\"routes\",\"rewrite\":\"../$arg_x\""), A "rewrite"},
    {"{\"settings\":{\"http\":{\"static\":{\"mime_types\":{\"text/html\":"
     "[\".txt\"]}}}}}",
     "/settings/http/static"},
    /* Addresses. */
    {ACT("\"proxy\":\"http://169.254.169.254:80\""), A "proxy"},
    {ACT("\"proxy\":\"http://[::ffff:169.254.169.254]:80\""), A "proxy"},
    {ACT("\"proxy\":\"http://127.0.0.1:8000\""), A "proxy"},
    {ACT("\"proxy\":\"http://0.0.0.0:8000\""), A "proxy"},
    {ACT("\"proxy\":\"http://unix:/var/run/docker.sock\""), A "proxy"},
    {ACT("\"proxy\":\"http://unix:/srv/web/unit/run/../../../../run/x\""),
     A "proxy"},
    {ACT("\"proxy\":\"http://metadata:80\""), A "proxy"},
    {ACT("\"share\":\"/srv/web/public$uri\",\"follow_symlinks\":false,"
         "\"traverse_mounts\":false,\"fallback\":{\"proxy\":"
         "\"http://10.20.0.1:22\"}"),
     A "fallback/proxy"},
    {"{\"upstreams\":{\"u\":{\"servers\":{\"10.20.1.2:8000\":{},"
     "\"[::1]:8000\":{},\"unix:@x\":{}}}}}",
     "/upstreams/u/servers/[::1]:8000 /upstreams/u/servers/unix:@x"},
    {"{\"listeners\":{\"*:22\":{\"pass\":\"routes\"},\"[::]:443\":{\"pass\":"
     "\"routes\"}}}",
     "/listeners/*:22 /listeners/[::]:443"},
    {"{\"listeners\":{\"unix:@x\":{},\"localhost:8080\":{}}}",
     "/listeners/unix:@x /listeners/localhost:8080"},
    {"{\"settings\":{\"telemetry\":{\"endpoint\":\"http://evil:4318\"}}}",
     "/settings/telemetry/endpoint /settings/telemetry"},
    {"{\"listeners\":{\"*:8443\":{\"pass\":\"routes\",\"tls\":{"
     "\"certificate\":\"c\",\"conf_commands\":{\"minprotocol\":\"TLSv1.2\","
     "\"PrivateKey\":\"/etc/x\",\"serverinfofile\":\"/etc/x\"},\"session\":{"
     "\"tickets\":[\"k\"]}}}}}",
     "/listeners/*:8443/tls/conf_commands/PrivateKey "
     "/listeners/*:8443/tls/conf_commands/serverinfofile "
     "/listeners/*:8443/tls/session/tickets"},
    {"{\"listeners\":{\"*:8080\":{\"pass\":\"routes\",\"forwarded\":{"
     "\"source\":\"0.0.0.0/0\",\"client_ip\":\"X\"}}}}",
     "/listeners/*:8080/forwarded"},
    /* JavaScript. */
    {"{\"settings\":{\"js_module\":\"evil\"}}", "/settings/js_module"},
    {"{\"settings\":{\"js_module\":[\"evil\"]}}", "/settings/js_module/0"},
    {ACT("\"return\":301,\"location\":\"`${require('fs')}`\""), A "location"},
    {ACT("\"return\":200,\"response_headers\":{\"X\":\"`${1}`\"}"),
     A "response_headers/X"},
    {ACT("\"pass\":\"`routes/${1}`\""), A "pass"},
    {"{\"routes\":{\"main\":[{\"match\":{\"if\":\"!`${1}`\"},\"action\":{"
     "\"return\":200}}]}}",
     "/routes/main/0/match/if"},
    {"{\"access_log\":{\"path\":\"/var/log/unit/a\",\"format\":{\"x\":"
     "\"`${1}`\"},\"if\":\"`${1}`\"}}",
     "/access_log/format/x /access_log/if"},
    {"{\"listeners\":{\"*:8080\":{\"pass\":\"`routes`\"}}}",
     "/listeners/*:8080/pass"},
    /* What nobody knows yet. */
    {"{\"plugins\":{\"load\":\"/tmp/x.so\"}}", "/plugins"},
    {"{\"settings\":{\"http\":{\"lua\":\"/tmp/x\"},\"modules\":\"/tmp\"}}",
     "/settings/http/lua /settings/modules"},
    {ACT("\"exec\":\"/bin/sh\",\"return\":200"), A "exec"},
    /* Sizes. */
    {"{\"settings\":{\"listen_threads\":1000}}", "/settings/listen_threads"},
};

static void test_nasty(void **state)
{
    size_t n = sizeof nasty / sizeof nasty[0];
    struct court c;

    (void)state;
    open_strict(&c);
    for (size_t i = 0; i < n; i++)
        court_gives(&c, nasty[i].config, nasty[i].want);
    court_close(&c);
    print_message("%zu configurations refused\n", n);
    assert_true(n >= 30);
}

/* What people have. */
static const char *const ordinary[] = {
    "{}",
    "{\"listeners\":{},\"routes\":[],\"applications\":{}}",
    PY(",\"user\":\"www-data\",\"group\":\"www-data\",\"processes\":{\"max\":4,"
       "\"spare\":2},\"environment\":{\"APP_MODE\":\"prod\",\"TZ\":\"UTC\"},"
       "\"working_directory\":\"/srv/web/unit/app/\",\"stderr\":"
       "\"/var/log/unit/x.err\",\"limits\":{\"timeout\":10,\"shm\":1048576}"),
    PHP(",\"script\":\"index.php\",\"index\":\"index.php\",\"options\":{"
        "\"admin\":{\"memory_limit\":\"256M\"}},\"targets\":{}"),
    APP("\"type\":\"php 8.3\",\"targets\":{\"a\":{\"root\":"
        "\"/srv/web/unit/app/a\",\"script\":\"/x.php\"}}"),
    SHARE("[\"/srv/web/public$uri\",\"/srv/web/public/$host/$uri\"]"),
    ACT("\"share\":\"/srv/web/public/$arg_x\",\"chroot\":\"/srv/web/public/a\","
        "\"follow_symlinks\":false,\"traverse_mounts\":false,\"types\":"
        "[\"image/*\"],\"fallback\":{\"return\":404}"),
    ACT("\"pass\":\"routes\",\"rewrite\":\"/x$uri\",\"response_headers\":{"
        "\"X\":\"$host\",\"Y\":null}"),
    "{\"listeners\":{\"*:8080\":{\"pass\":\"upstreams/u\"},"
    "\"unix:/srv/web/unit/run/a.sock\":{\"pass\":\"routes\"}},\"routes\":"
    "[{\"match\":{\"uri\":\"/a*\",\"if\":\"$cookie_x\"},\"action\":{\"proxy\":"
    "\"http://10.20.7.7:8080\"}}],\"upstreams\":{\"u\":{\"servers\":{"
    "\"10.20.1.2:8000\":{\"weight\":2},\"unix:/srv/web/unit/run/b\":{}}}},"
    "\"access_log\":{\"path\":\"/var/log/unit/a.log\",\"format\":"
    "\"$remote_addr\"},\"settings\":{\"listen_threads\":4,\"http\":{"
    "\"max_body_size\":1048576,\"server_version\":false}}}",
};

static void test_ordinary(void **state)
{
    struct court c;

    (void)state;
    open_strict(&c);
    for (size_t i = 0; i < sizeof ordinary / sizeof ordinary[0]; i++)
        court_gives(&c, ordinary[i], "");
    court_close(&c);
}

static struct um_str text_of(const struct um_val *v, const char *name)
{
    const struct um_val *m = v != NULL ? um_val_member(v, um_str(name)) : NULL;

    return m != NULL && (m->kind == UM_VAL_STRING || m->kind == UM_VAL_NUMBER)
               ? m->text
               : um_str_n(NULL, 0);
}

/* Judges what the step of a recording put. */
static void recorded_gives(struct court *c, const char *file, const char *step,
                           const char *want)
{
    char path[4096];
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    FILE *in;
    bool found = false;

    (void)snprintf(path, sizeof path, "%s/%s.jsonl", recordings, file);
    in = fopen(path, "rb");
    assert_non_null(in);
    while (!found && (len = getline(&line, &room, in)) > 0) {
        struct um_val v;
        const struct um_val *request;

        if (um_doc_parse(um_str_n(line, (size_t)len - 1), &c->arena, &v,
                         NULL) != 0 ||
            !um_str_eq(text_of(&v, "step"), um_str(step)))
            continue;
        found = true;
        request = um_val_member(&v, UM_STR("request"));
        assert_true(um_str_eq(text_of(request, "path"), UM_STR("/config")));
        (void)court_judge(c, text_of(request, "body"));
        if (strcmp(court_found(c), want) != 0)
            fail_msg("%s %s: %s", file, step, court_found(c));
    }
    assert_true(found);
    free(line);
    (void)fclose(in);
}

static void test_recorded(void **state)
{
    static const struct {
        const char *file, *step, *want;
    } steps[] = {
        {"unit/05-invalid-config", "34", ""},
        {"unit/05-invalid-config", "58", ""},
        {"unit/05-invalid-config", "60", ""},
        {"freeunit/05-invalid-config", "34", ""},
        {"freeunit/09-status-restart", "2", ""},
        {"freeunit/09-status-restart", "25", ""},
        {"unit/09-status-restart", "2", ""},
        {"unit/09-status-restart", "24", ""},
        {"unit/06-roundtrip", "53", ""},
        {"unit/17-unix-listener-and-cl", "1", ""},
        {"freeunit/17-unix-listener-and-cl", "1", ""},
        {"unit/13-persistence", "40",
         "/applications/a/path "
         "/applications/a/module"},
        {"unit/06-roundtrip", "86",
         "/upstreams/u/servers/127.0.0.1:1 /upstreams/u/servers/127.0.0.1:2"},
        {"unit/09-status-restart", "26", "/applications/a/environment/FOO"},
        {"unit/05-invalid-config", "55", "/applications/a/stdout"},
        {"unit/05-invalid-config", "32", "/listeners/unix:@abstract1"},
        {"unit-njs/19-js-modules", "18",
         "/settings/js_module /routes/0/action/location"},
    };
    struct court c;

    (void)state;
    open_strict(&c);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        recorded_gives(&c, steps[i].file, steps[i].step, steps[i].want);
    court_close(&c);
}

/* Every member that Unit's own checker knows, by the lists of its source. */
#define COMMON                                                                \
    "\"limits\":{\"timeout\":1,\"requests\":1,\"shm\":1},\"processes\":{"     \
    "\"spare\":1,\"max\":1,"                                                  \
    "\"idle_timeout\":1},\"user\":\"u\",\"group\":\"g\",\"working_"           \
    "directory\":\"/\","                                                      \
    "\"environment\":{\"A\":\"\"},\"stdout\":\"/o\",\"stderr\":\"/"           \
    "e\",\"isolation\":{"                                                     \
    "\"namespaces\":{\"credential\":true,\"pid\":true,\"network\":true,"      \
    "\"mount\":true,"                                                         \
    "\"uname\":true,\"cgroup\":true},\"uidmap\":[],\"gidmap\":[],\"rootfs\":" \
    "\"/r\","                                                                 \
    "\"automount\":{\"language_deps\":true,\"tmpfs\":true,\"procfs\":true},"  \
    "\"new_privs\":true,\"cgroup\":{\"path\":\"/c\"}}"

static const char *const everything[] = {
    "{\"settings\":{\"listen_threads\":1,\"js_module\":\"m\",\"telemetry\":{"
    "\"endpoint\":\"http://x\",\"batch_size\":1,\"protocol\":\"http\","
    "\"sampling_ratio\":1},\"http\":{\"header_read_timeout\":1,"
    "\"body_read_timeout\":1,\"send_timeout\":1,\"idle_timeout\":1,"
    "\"large_header_buffer_size\":1,\"large_header_buffers\":1,"
    "\"body_buffer_size\":1,\"max_body_size\":1,\"body_temp_path\":\"/t\","
    "\"discard_unsafe_fields\":true,\"websocket\":{\"read_timeout\":1,"
    "\"keepalive_interval\":1,\"max_frame_size\":1},\"static\":{\"mime_types\":"
    "{}},\"log_route\":true,\"server_version\":true,\"chunked_transform\":true,"
    "\"compression\":{\"types\":[],\"compressors\":[{\"encoding\":\"gzip\","
    "\"level\":1,\"min_length\":1}]}}}}",
    "{\"listeners\":{\"*:1\":{\"pass\":\"x\",\"application\":\"x\","
    "\"forwarded\":{"
    "\"client_ip\":\"\",\"protocol\":\"\",\"source\":[],\"recursive\":true},"
    "\"client_ip\":{\"source\":[],\"header\":\"\",\"recursive\":true},"
    "\"backlog\":"
    "1,\"tls\":{\"certificate\":[],\"conf_commands\":{\"A\":\"\"},\"session\":{"
    "\"cache_size\":1,\"timeout\":1,\"tickets\":true}}}}}",
    "{\"routes\":[{\"match\":{\"method\":\"\",\"scheme\":\"\",\"host\":\"\","
    "\"source\":\"\",\"destination\":\"\",\"uri\":\"\",\"query\":\"\","
    "\"arguments\":{},\"headers\":{},\"cookies\":{},\"if\":\"\"},\"action\":{"
    "\"pass\":\"\",\"rewrite\":\"\",\"response_headers\":{\"A\":\"\"}}},{"
    "\"action\":{"
    "\"return\":1,\"location\":\"\"}},{\"action\":{\"share\":\"\",\"index\":"
    "\"\","
    "\"types\":\"\",\"fallback\":{\"proxy\":\"\"},\"chroot\":\"\","
    "\"follow_symlinks\":true,\"traverse_mounts\":true}}],\"upstreams\":{\"u\":"
    "{"
    "\"servers\":{\"1.2.3.4:5\":{\"weight\":1}}}},\"access_log\":{\"path\":"
    "\"\","
    "\"format\":{\"a\":\"\"},\"if\":\"\"}}",
    "{\"routes\":{\"a\":[{\"action\":{\"return\":1}}]},\"access_log\":\"/x\"}",
    APP("\"type\":\"external\",\"executable\":\"\",\"arguments\":[]," COMMON),
    APP("\"type\":\"python\",\"home\":\"\",\"path\":[\"\"],\"protocol\":\"\","
        "\"threads\":1,\"thread_stack_size\":1,\"module\":\"\",\"callable\":"
        "\"\","
        "\"factory\":true,\"prefix\":\"\"," COMMON),
    APP("\"type\":\"python\",\"targets\":{\"t\":{\"module\":\"\",\"callable\":"
        "\"\","
        "\"factory\":true,\"prefix\":\"\"}}"),
    APP("\"type\":\"php\",\"root\":\"\",\"script\":\"\",\"index\":\"\","
        "\"options\":{"
        "\"file\":\"\",\"admin\":{\"a\":\"\"},\"user\":{\"a\":\"\"}}," COMMON),
    APP("\"type\":\"php\",\"targets\":{\"t\":{\"root\":\"\",\"script\":\"\","
        "\"index\":\"\"}}"),
    APP("\"type\":\"perl\",\"script\":\"\",\"threads\":1,\"thread_stack_size\":"
        "1," COMMON),
    APP("\"type\":\"ruby\",\"script\":\"\",\"threads\":1,\"hooks\":"
        "\"\"," COMMON),
    APP("\"type\":\"java\",\"classpath\":[],\"webapp\":\"\",\"options\":[],"
        "\"unit_jars\":\"\",\"threads\":1,\"thread_stack_size\":1," COMMON),
    APP("\"type\":\"wasm\",\"module\":\"\",\"request_handler\":\"\","
        "\"malloc_handler\":\"\",\"free_handler\":\"\",\"module_init_handler\":"
        "\"\","
        "\"module_end_handler\":\"\",\"request_init_handler\":\"\","
        "\"request_end_handler\":\"\",\"response_end_handler\":\"\",\"access\":"
        "{"
        "\"filesystem\":[]}," COMMON),
    APP("\"type\":\"wasm-wasi-component\",\"component\":\"\",\"access\":{"
        "\"filesystem\":[]}," COMMON),
};

/* Puts an unknown member in front of each object of v that has fixed ones, in
 * turn, and asks: it is always refused. */
static size_t add_unknown(struct court *c, struct um_val *root,
                          struct um_val *v)
{
    static const char *const open[] = {
        "environment",   "routes",           "admin",      "user",
        "conf_commands", "response_headers", "mime_types", "arguments",
        "headers",       "cookies",          "targets",    "servers",
        "format",        "applications",     "upstreams",  "listeners"};
    size_t n = 0;

    for (size_t i = 0; v->kind == UM_VAL_OBJECT && i < v->count; i++) {
        struct um_member *m = &v->members.p[i];
        struct um_str name = m->name;
        bool fixed = true;

        for (size_t k = 0; k < sizeof open / sizeof open[0]; k++)
            fixed = fixed && !um_str_eq(name, um_str(open[k]));
        n += add_unknown(c, root, &m->value);
        if (!fixed || m->value.kind != UM_VAL_OBJECT || m->value.count == 0)
            continue;
        name = m->value.members.p[0].name;
        m->value.members.p[0].name = UM_STR("unknown");
        um_problems_init(&c->found, &c->arena);
        if (um_policy_judge(&c->policy, root, &c->found) != P2P_EACCES)
            fail_msg("unknown in %.*s", UM_STR_ARG(m->name));
        m->value.members.p[0].name = name;
        n++;
    }
    for (size_t i = 0; v->kind == UM_VAL_ARRAY && i < v->count; i++)
        n += add_unknown(c, root, &v->items.p[i]);
    return n;
}

static void test_everything_is_known(void **state)
{
    struct court c;
    size_t n = 0;

    (void)state;
    court_open(&c, UM_STR("{}"));
    for (size_t i = 0; i < sizeof everything / sizeof everything[0]; i++) {
        struct um_val v, copy;

        court_gives(&c, everything[i], "");
        assert_int_equal(
            um_doc_parse(um_str(everything[i]), &c.arena, &v, NULL), 0);
        assert_true(um_val_clone(&c.arena, &v, &copy));
        n += add_unknown(&c, &copy, &copy);
    }
    print_message("%zu objects\n", n);
    assert_true(n > 80);
    court_close(&c);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_nasty),
        cmocka_unit_test(test_ordinary),
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_everything_is_known),
    };

    if (argc != 3)
        return 2;
    page_file = argv[1];
    recordings = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
