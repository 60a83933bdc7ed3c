/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Settings: who counts, what a file may say, and that mistakes have a place. */
#include "mesh/app/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/app/journal.h"
#include "mesh/app/settings_check.h"
#include "unit.h"

struct scene {
    char dir[64];
    char file[96];
    char told[4096]; /* lines */
    struct um_settings settings;
};

static void complain(void *user, const char *line)
{
    struct scene *s = user;
    size_t n = strlen(s->told);

    (void)snprintf(s->told + n, sizeof s->told - n, "%s\n", line);
}

static void forget_variables(void)
{
    char name[UM_SETTING_VARIABLE];

    for (size_t i = 0; i < UM_SETTINGS; i++) {
        (void)unsetenv(um_setting_variable((enum um_setting)i, name));
    }
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    (void)snprintf(s->dir, sizeof s->dir, "/tmp/um-settings-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    (void)snprintf(s->file, sizeof s->file, "%s/a.conf", s->dir);
    forget_variables();
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    um_settings_fini(&s->settings);
    forget_variables();
    (void)unlink(s->file);
    assert_int_equal(rmdir(s->dir), 0);
    free(s);
    return 0;
}

static void write_file(const struct scene *s, const char *text)
{
    FILE *f = fopen(s->file, "we");

    assert_non_null(f);
    (void)fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(s->file, 0644), 0);
}

static int look(struct scene *s, const char *text)
{
    um_settings_fini(&s->settings);
    s->told[0] = '\0';
    write_file(s, text);
    return um_settings_look(&s->settings, s->file, NULL, complain, s);
}

/* With flags, which end with --settings. */
static int parse(struct scene *s, const char *flag, const char *value)
{
    char words[4][64] = {"unitmesh run", "--settings", "", ""};
    char *argv[] = {words[0], words[1], s->file, words[2], NULL, NULL};

    (void)snprintf(words[2], sizeof words[2], "%s", flag);
    if (value != NULL) {
        (void)snprintf(words[3], sizeof words[3], "%s", value);
        argv[4] = words[3];
    }
    um_settings_fini(&s->settings);
    optind = 0;
    return um_settings_parse(&s->settings, value != NULL ? 5 : 4, argv);
}

static void test_a_file_is_read(void **state)
{
    struct scene *s = *state;

    assert_int_equal(look(s,
                          "# words\n\n; more\ndrift = heal\n"
                          "listen = /ip4/127.0.0.9/tcp/1 ; the first\n"
                          "  /ip4/127.0.0.9/tcp/2\n"
                          "listen=/ip4/127.0.0.9/tcp/3\n"
                          "no-mdns = yes\narticle = false\nrest = none\n"
                          "state = /x\nlog-level = debug\nname = web-1\n"),
                     0);
    assert_string_equal(s->told, "");
    assert_int_equal(s->settings.drift, 1);
    assert_int_equal(s->settings.n_listen, 3);
    assert_string_equal(s->settings.listen[0], "/ip4/127.0.0.9/tcp/1");
    assert_string_equal(s->settings.listen[1], "/ip4/127.0.0.9/tcp/2");
    assert_string_equal(s->settings.listen[2], "/ip4/127.0.0.9/tcp/3");
    assert_int_equal(s->settings.discovery & UM_DISCOVERY_MDNS, 0);
    assert_false(s->settings.article);
    assert_true(s->settings.confine);
    assert_string_equal(s->settings.rest, "");
    assert_string_equal(s->settings.state, "/x");
    assert_int_equal(s->settings.log_level, 3);
    assert_string_equal(s->settings.name, "web-1");
}

static void test_the_nearest_counts(void **state)
{
    struct scene *s = *state;
    char at[UM_SETTINGS_ORIGIN], want[UM_SETTINGS_ORIGIN];

    write_file(s, "drift = heal\npeer = /dns4/a/tcp/1\npeer = /dns4/b/tcp/1\n");
    assert_int_equal(parse(s, "--no-mdns", NULL), 0);
    assert_int_equal(s->settings.drift, 1);
    assert_int_equal(s->settings.n_peers, 2);
    (void)snprintf(want, sizeof want, "%s:3", s->file);
    assert_string_equal(
        um_settings_origin(&s->settings, UM_SETTING_PEER, 1, at), want);

    (void)setenv("UNITMESH_DRIFT", "adopt", 1);
    (void)setenv("UNITMESH_PEER", " /dns4/c/tcp/1  /dns4/d/tcp/1 ", 1);
    assert_int_equal(parse(s, "--no-mdns", NULL), 0);
    assert_int_equal(s->settings.drift, 2);
    assert_int_equal(s->settings.n_peers, 2);
    assert_string_equal(s->settings.peers[1], "/dns4/d/tcp/1");
    assert_string_equal(
        um_settings_origin(&s->settings, UM_SETTING_DRIFT, 0, at),
        "UNITMESH_DRIFT");

    assert_int_equal(parse(s, "--drift", "report"), 0);
    assert_int_equal(s->settings.drift, 0);
    assert_int_equal(s->settings.n_peers, 2); /* each by itself */
    assert_string_equal(
        um_settings_origin(&s->settings, UM_SETTING_DRIFT, 0, at), "flag");
    assert_string_equal(
        um_settings_origin(&s->settings, UM_SETTING_UNIT, 0, at), "default");
}

/* What the file says can be taken back, yes or no as well. */
static void test_a_flag_says_no(void **state)
{
    struct scene *s = *state;

    write_file(s, "no-mdns = yes\n");
    assert_int_equal(parse(s, "--no-mdns=no", NULL), 0);
    assert_int_equal(s->settings.discovery, UM_DISCOVERY_DEFAULT);
    (void)setenv("UNITMESH_NO_MDNS", "false", 1);
    assert_int_equal(parse(s, "--drift", "heal"), 0);
    assert_int_equal(s->settings.discovery, UM_DISCOVERY_DEFAULT);
}

/* What reaches a node may be chosen; no-mdns counts in any case. */
static void test_modules_of_discovery(void **state)
{
    struct scene *s = *state;

    write_file(s, "");
    assert_int_equal(parse(s, "--discovery", "mdns,rendezvous,dht"), 0);
    assert_int_equal(s->settings.discovery, UM_DISCOVERY_MDNS |
                                                UM_DISCOVERY_RENDEZVOUS |
                                                UM_DISCOVERY_DHT);
    assert_int_equal(parse(s, "--discovery", "none"), 0);
    assert_int_equal(s->settings.discovery, 0);
    write_file(s, "no-mdns = yes\n");
    assert_int_equal(parse(s, "--discovery", "bootstrap,mdns"), 0);
    assert_int_equal(s->settings.discovery, UM_DISCOVERY_BOOTSTRAP);
    (void)setenv("UNITMESH_DISCOVERY", "rendezvous", 1);
    assert_int_equal(parse(s, "--no-mdns=no", NULL), 0);
    assert_int_equal(s->settings.discovery, UM_DISCOVERY_RENDEZVOUS);
    (void)unsetenv("UNITMESH_DISCOVERY");
}

static void expect(struct scene *s, const char *text, const char *told)
{
    char want[512];

    assert_int_equal(look(s, text), 2);
    (void)snprintf(want, sizeof want, "%s%s\n", s->file, told);
    assert_string_equal(s->told, want);
}

#define MODULES \
    " mdns, bootstrap, rendezvous and dht, with commas between them, or none"

static void test_mistakes_have_a_place(void **state)
{
    struct scene *s = *state;
    char text[300];

    expect(s, "\n\ndrift = heel\n",
           ":3: drift = heel: must be report, heal or adopt");
    expect(s, "lisen = x\n",
           ":1: lisen: there is no such setting; is listen meant?");
    expect(s, "xyzzy-plugh = x\n", ":1: xyzzy-plugh: there is no such setting");
    expect(s, "a line\n", ":1: must be `key = value`");
    expect(s, "[daemon]\ndrift = heal\n",
           ":2: stands in a section, and there are none here");
    expect(s, "drift = heal\ndrift = adopt\n",
           ":2: drift = adopt: it is given twice");
    expect(s, "settings = /x\n", ":1: settings: it cannot stand in this file");
    expect(s, "drift =\n", ":1: drift: it has no value");
    expect(s, "no-mdns = perhaps\n",
           ":1: no-mdns = perhaps: must be yes or no");
    expect(s, "discovery = mdns,pigeon\n",
           ":1: discovery = mdns,pigeon: must be some of" MODULES);
    expect(s, "discovery = mdns,\n",
           ":1: discovery = mdns,: must be some of" MODULES);
    expect(s, "discovery = none,mdns\n",
           ":1: discovery = none,mdns: must be some of" MODULES);
    expect(s, "unit-modules = /x\n",
           ":1: unit-modules = /x: needs --unit embedded");
    (void)memset(text, 'x', sizeof text);
    (void)snprintf(text + sizeof text - 20, 20, "\ndrift = heel\n");
    assert_int_equal(look(s, text), 2);
    assert_non_null(strstr(s->told, ":1: the line is too long\n"));
    assert_non_null(strstr(s->told, ":2: drift = heel: must be"));
}

/* What is wrong does not hold, and the rest is found nevertheless. */
static void test_a_mistake_takes_nothing_else_away(void **state)
{
    struct scene *s = *state;

    (void)setenv("UNITMESH_TEST_SPEED", "0", 1);
    assert_int_equal(look(s,
                          "state = /x\nlog-level = loud\nlog-format = xml\n"
                          "drift = heel\nbind = me\nunit = tea\n"
                          "unit-flavour = tea\nno-mdns = perhaps\n"
                          "no-confine = perhaps\nname = ../../x\n"),
                     2);
    (void)unsetenv("UNITMESH_TEST_SPEED");
    assert_int_equal(s->settings.drift, 0);
    assert_int_equal(s->settings.log_level, 2);
    assert_int_equal(s->settings.log_format, UM_JOURNAL_FOUND);
    assert_null(s->settings.name);
    assert_null(s->settings.bind);
    assert_null(s->settings.unit);
    assert_string_equal(s->settings.unit_flavour, "unit");
    assert_int_equal(s->settings.discovery, UM_DISCOVERY_DEFAULT);
    assert_true(s->settings.confine);
    assert_int_equal(s->settings.test_speed, 1);
    assert_string_equal(s->settings.state, "/x");
    assert_string_equal(s->settings.control, geteuid() == 0
                                                 ? "/run/unitmesh/control.sock"
                                                 : "/x/control.sock");
    assert_string_equal(s->settings.rest, "127.0.0.1:4902");
    assert_int_equal(s->settings.n_listen, 2);
}

/* Who names a daemon by what is no name is sent to no other one. */
static void test_a_bad_name_is_nobodys(void **state)
{
    struct scene *s = *state;
    char at[512];

    (void)setenv("UNITMESH_NAME", "../../x", 1);
    um_settings_socket(NULL, at, sizeof at);
    assert_string_equal(at, "");
    um_settings_state(NULL, at, sizeof at);
    assert_string_equal(at, "");
    (void)unsetenv("UNITMESH_NAME");
    um_settings_socket("../../x", at, sizeof at);
    assert_string_equal(at, "");
    um_settings_socket(NULL, at, sizeof at);
    assert_non_null(strstr(at, "unitmesh/control.sock"));
    write_file(s, "");
    assert_int_equal(
        um_settings_look(&s->settings, s->file, "../../x", complain, s), 2);
    assert_string_equal(s->told,
                        "--name ../../x: must be letters, digits, dots and "
                        "hyphens\n");
}

static void test_a_variable_is_named(void **state)
{
    struct scene *s = *state;

    (void)setenv("UNITMESH_LOG_LEVEL", "loud", 1);
    assert_int_equal(look(s, ""), 2);
    assert_string_equal(s->told,
                        "UNITMESH_LOG_LEVEL=loud: must be error, warn, info, "
                        "debug or trace\n");
}

/* What a relay has behind its address. */
#define WHO "/p2p/12D3KooWJrHc7uPxcJtrNgejLggbn18xkaXBpnL1YqSxApLw8BXj"

static const char *tail_of(size_t setting)
{
    return setting == UM_SETTING_RELAY ? WHO : "";
}

/* A file that gives a setting so many times. */
static void fill(struct scene *s, size_t setting, size_t n)
{
    char text[(UM_GIVEN_MAX + 1) * 120];
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(
            text + len, sizeof text - len, "%s = /ip4/127.0.0.9/tcp/%zu%s\n",
            um_setting_rows[setting].name, i + 1, tail_of(setting));
    }
    (void)look(s, text);
}

static size_t how_many(const struct um_settings *s, size_t setting)
{
    switch (setting) {
        case UM_SETTING_PEER:
            return s->n_peers;
        case UM_SETTING_RELAY:
            return s->n_relays;
        case UM_SETTING_BOOTSTRAP:
            return s->n_entries;
        default:
            return s->n_listen;
    }
}

/* As many as there is room for, in all that may be repeated. */
static void test_too_many(void **state)
{
    struct scene *s = *state;
    char want[256];
    size_t many = 0;

    for (size_t i = 0; i < UM_SETTINGS; i++) {
        if ((um_setting_rows[i].marks & UM_SETTING_MANY) == 0) {
            continue;
        }
        many++;
        fill(s, i, UM_GIVEN_MAX);
        assert_string_equal(s->told, "");
        assert_int_equal(how_many(&s->settings, i), UM_GIVEN_MAX);
        fill(s, i, UM_GIVEN_MAX + 1);
        (void)snprintf(
            want, sizeof want,
            "%s:33: %s = /ip4/127.0.0.9/tcp/33%s: too many of them\n", s->file,
            um_setting_rows[i].name, tail_of(i));
        assert_string_equal(s->told, want);
        assert_int_equal(s->settings.given.rows[i].n, UM_GIVEN_MAX);
    }
    assert_int_equal(many, 4);
}

/* A relay has to say who it is, with or without what leads on from it. */
static void test_a_relay_has_a_name(void **state)
{
    struct scene *s = *state;

    (void)look(s, "relay = /ip4/127.0.0.9/tcp/1" WHO "/p2p-circuit\n");
    assert_string_equal(s->told, "");
    (void)look(s, "relay = /ip4/127.0.0.9/tcp/1/p2p-circuit\n");
    assert_non_null(strstr(s->told, "must end with /p2p/ and the relay's"));
    (void)look(s, "relay = relay.example.net\n");
    assert_non_null(strstr(s->told, "must be a multiaddr"));
}

static void test_who_may_write_it(void **state)
{
    struct scene *s = *state;

    write_file(s, "drift = heal\n");
    assert_int_equal(chmod(s->file, 0646), 0);
    assert_int_equal(um_settings_look(&s->settings, s->file, NULL, complain, s),
                     2);
    assert_non_null(strstr(s->told, "others may write to it: chmod go-w"));
    assert_int_equal(s->settings.drift, 0); /* nothing of it holds */
    um_settings_fini(&s->settings);
    s->told[0] = '\0';
    if (geteuid() == 0) {
        assert_int_equal(chmod(s->file, 0664), 0);
        assert_int_equal(
            um_settings_look(&s->settings, s->file, NULL, complain, s), 2);
        um_settings_fini(&s->settings);
        assert_int_equal(chmod(s->file, 0644), 0);
        assert_int_equal(chown(s->file, 12345, 12345), 0);
        assert_int_equal(
            um_settings_look(&s->settings, s->file, NULL, complain, s), 2);
        assert_non_null(strstr(s->told, "belongs to another user than root"));
        um_settings_fini(&s->settings);
    }
    assert_int_equal(um_settings_look(&s->settings, s->dir, NULL, complain, s),
                     2);
}

static void test_a_file_that_is_named_is_there(void **state)
{
    struct scene *s = *state;

    assert_int_equal(
        um_settings_look(&s->settings, "/no/such.conf", NULL, complain, s), 2);
    assert_string_equal(s->told, "/no/such.conf: No such file or directory\n");
}

/* Where commands find the daemon. */
static void test_the_socket(void **state)
{
    struct scene *s = *state;
    char at[512];

    write_file(s, "control = /x/c.sock\nstate = /x\n");
    (void)setenv("UNITMESH_SETTINGS", s->file, 1);
    um_settings_socket(NULL, at, sizeof at);
    assert_string_equal(at, "/x/c.sock");
    um_settings_state(NULL, at, sizeof at);
    assert_string_equal(at, "/x");
    (void)setenv("UNITMESH_CONTROL", "/y.sock", 1);
    um_settings_socket(NULL, at, sizeof at);
    assert_string_equal(at, "/y.sock");
    forget_variables();
    (void)setenv("XDG_STATE_HOME", "/z", 1);
    um_settings_state("two", at, sizeof at);
    assert_string_equal(at, "/z/unitmesh-two");
    (void)unsetenv("XDG_STATE_HOME");
}

/* It is beside the state of who is not root. */
static void test_a_socket_has_room_or_is_none(void **state)
{
    struct scene *s = *state;
    char folder[128], at[512], want[512];
    bool root = geteuid() == 0;

    if (root) {
        assert_int_equal(seteuid(65534), 0);
    }
    for (size_t n = 88; n <= 100; n++) {
        (void)memset(folder, 'x', n);
        folder[0] = '/';
        folder[n] = '\0';
        (void)setenv("UNITMESH_STATE", folder, 1);
        um_settings_socket(NULL, at, sizeof at);
        (void)snprintf(want, sizeof want, "%s/control.sock", folder);
        assert_string_equal(
            at, strlen(want) < sizeof s->settings.control ? want : "");
    }
    um_settings_fini(&s->settings);
    assert_int_equal(um_settings_look(&s->settings, NULL, NULL, complain, s),
                     2);
    (void)snprintf(want, sizeof want,
                   "UNITMESH_STATE=%s: too long for a socket: --control "
                   "PATH\n",
                   folder);
    assert_string_equal(s->told, want);
    (void)unsetenv("UNITMESH_STATE");
    um_settings_fini(&s->settings);
    s->told[0] = '\0';
    (void)setenv("XDG_STATE_HOME", folder, 1);
    assert_int_equal(um_settings_look(&s->settings, NULL, NULL, complain, s),
                     2);
    (void)unsetenv("XDG_STATE_HOME");
    (void)snprintf(want, sizeof want,
                   "%s/unitmesh: too long for a socket: --control PATH\n",
                   folder);
    assert_string_equal(s->told, want);
    if (root) {
        assert_int_equal(seteuid(0), 0);
    }
}

static void test_files_with_secrets(void **state)
{
    struct scene *s = *state;
    char text[512], path[96];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/rest.token", s->dir);
    f = fopen(path, "we");
    assert_non_null(f);
    for (int i = 0; i < 64; i++) {
        (void)fputc('a', f);
    }
    (void)fputc('\n', f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0644), 0);
    (void)snprintf(text, sizeof text, "state = %s\nmetrics-token = %s\n",
                   s->dir, path);
    assert_int_equal(look(s, text), 0);
    assert_int_equal(um_settings_check(&s->settings), 2);
    assert_non_null(strstr(s->told,
                           "rest.token: others may read it (mode "
                           "0644): chmod 600"));
    assert_non_null(strstr(s->told, "a.conf:2: metrics-token = "));
    (void)strcat(text, "drift = heel\n"); /* which hides nothing else */
    assert_int_equal(look(s, text), 2);
    assert_int_equal(um_settings_check(&s->settings), 2);
    assert_non_null(strstr(s->told, "rest.token: others may read it"));
    text[strlen(text) - strlen("drift = heel\n")] = '\0';
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(look(s, text), 0);
    assert_int_equal(um_settings_check(&s->settings), 0);
    assert_string_equal(s->told, "");
    (void)unlink(path);
}

/* A setting is found by its name, its variable is called after it, and who
 * mistypes it is told which is meant. */
static void test_names(void **state)
{
    char name[UM_SETTING_VARIABLE];

    (void)state;
    assert_int_equal(um_setting_find("drift"), UM_SETTING_DRIFT);
    assert_int_equal(um_setting_find("none"), UM_SETTINGS);
    assert_string_equal(um_setting_variable(UM_SETTING_LOG_LEVEL, name),
                        "UNITMESH_LOG_LEVEL");
    assert_string_equal(um_setting_nearest("log-levle"), "log-level");
    for (size_t i = 0; i < UM_SETTINGS; i++) {
        assert_non_null(um_setting_rows[i].name);
        assert_int_equal(um_setting_find(um_setting_rows[i].name), i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_file_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_nearest_counts, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_flag_says_no, setup, teardown),
        cmocka_unit_test_setup_teardown(test_modules_of_discovery, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_mistakes_have_a_place, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_mistake_takes_nothing_else_away,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_bad_name_is_nobodys, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_variable_is_named, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_relay_has_a_name, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_who_may_write_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_named_is_there,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_socket_has_room_or_is_none,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_with_secrets, setup,
                                        teardown),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
