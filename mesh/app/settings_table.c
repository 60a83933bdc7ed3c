/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See settings_table.h. tools/lint/check_settings.py reads the rows. */
#include "mesh/app/settings_table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "mesh/standin/suggest.h"

const struct um_setting_row um_setting_rows[UM_SETTINGS] = {
    [UM_SETTING_UNIT] =
        {"unit", "TARGET",
         "where Unit is: unix:PATH, http://HOST:PORT, embedded, or none",
         "the usual places are looked at", "unix:/run/control.unit.sock",
         UM_SETTING_APPLIES},
    [UM_SETTING_UNIT_LOG] = {"unit-log", "FILE",
                             "Unit's log: its end is shown when Unit does not "
                             "say why it refuses",
                             "", "/var/log/unit.log", UM_SETTING_APPLIES},
    [UM_SETTING_DRIFT] =
        {"drift", "WHAT",
         "what becomes of a change by hand at Unit: report, heal or adopt",
         "report", "heal", 0},
    [UM_SETTING_POLICY] = {"policy", "FILE",
                           "what this node refuses to run, whoever signed it",
                           "policy.json of the state folder, if it is there",
                           "/etc/unitmesh/policy.json", UM_SETTING_APPLIES},
    [UM_SETTING_SCRATCH_UNIT] = {"scratch-unit", "PATH",
                                 "a unitd that is started beside Unit: what is "
                                 "written is tried on it first",
                                 "", "/usr/sbin/unitd", UM_SETTING_APPLIES},
    [UM_SETTING_LISTEN] = {"listen", "MULTIADDR",
                           "where peers connect, by TCP or QUIC; may be "
                           "repeated",
                           "port 4901, IPv4 and IPv6; with article a free port",
                           "/ip4/0.0.0.0/tcp/4901", UM_SETTING_MANY},
    [UM_SETTING_PEER] = {"peer", "MULTIADDR",
                         "a peer where mDNS does not reach; may be repeated",
                         "", "/dns4/a.example.net/tcp/4901", UM_SETTING_MANY},
    [UM_SETTING_RELAY] =
        {"relay", "MULTIADDR",
         "a relay, with /p2p/ID: it brings peers that cannot "
         "reach this node; may be repeated",
         "",
         "/dns4/relay.example.net/tcp/4001/p2p/"
         "12D3KooWJrHc7uPxcJtrNgejLggbn18xkaXBpnL1YqSxApLw8BXj",
         UM_SETTING_MANY},
    [UM_SETTING_BOOTSTRAP] = {"bootstrap", "MULTIADDR",
                              "a peer that is dialed while this node is "
                              "connected with nobody; may be repeated",
                              "", "/dns4/hub.example.net/tcp/4901",
                              UM_SETTING_MANY},
    [UM_SETTING_PUBLIC] = {"public", NULL,
                           "whether all members reach this node: then it is a "
                           "relay for them",
                           "members find out; with the setting relay=members "
                           "of the mesh it is a relay if they reach it",
                           "yes", 0},
    [UM_SETTING_PORTMAP] = {"portmap", NULL,
                            "the router of this network is asked to let peers "
                            "in: PCP, NAT-PMP, UPnP",
                            "no", "yes", 0},
    [UM_SETTING_DISCOVERY] =
        {"discovery", "MODULES",
         "by what members are found: mdns, bootstrap, rendezvous and dht, with "
         "commas between them, or none",
         "mdns,bootstrap,rendezvous: all but mdns need a peer to begin with, "
         "or relay=members",
         "mdns,rendezvous", 0},
    [UM_SETTING_NO_MDNS] = {"no-mdns", NULL,
                            "do not look for peers on the link", "no", "yes",
                            0},
    [UM_SETTING_JOIN_FILE] = {"join-file", "FILE",
                              "a join code: a node in no mesh joins with it, "
                              "once it is there",
                              "", "/run/secrets/unitmesh/code", 0},
    [UM_SETTING_BIND] = {"bind", "ADDR",
                         "open all ports at this IPv4 address alone, so that a "
                         "host can run several",
                         "", "192.0.2.7", 0},
    [UM_SETTING_REST] = {"rest", "ADDR:PORT",
                         "REST over TCP; 'none' turns it off",
                         "127.0.0.1:4902; with article 0.0.0.0:3000, or the "
                         "port in the variable PORT",
                         "none", 0},
    [UM_SETTING_METRICS_TOKEN] = {"metrics-token", "FILE",
                                  "a token that opens GET /metrics over TCP "
                                  "and nothing else",
                                  "", "/etc/unitmesh/metrics.token", 0},
    [UM_SETTING_READ_TOKEN] = {"read-token", "FILE",
                               "a token that opens over TCP what only shows, "
                               "and no secret",
                               "", "/etc/unitmesh/read.token", 0},
    [UM_SETTING_NO_UI] = {"no-ui", NULL,
                          "no page where REST over TCP is, and no logins", "no",
                          "yes", 0},
    [UM_SETTING_NAME] = {"name", "NAME",
                         "the name of this daemon, when a host runs several",
                         "the host's, where a node needs one", "web-1",
                         UM_SETTING_APPLIES},
    [UM_SETTING_STATE] = {"state", "DIR", "where node.key and the lock are",
                          "/var/lib/unitmesh; without root "
                          "$XDG_STATE_HOME/unitmesh, or "
                          "~/.local/state/unitmesh",
                          "/var/lib/unitmesh", UM_SETTING_APPLIES},
    [UM_SETTING_CONTROL] = {"control", "PATH", "the REST socket",
                            "/run/unitmesh/control.sock; without root "
                            "control.sock of the state folder",
                            "/run/unitmesh/control.sock", 0},
    [UM_SETTING_LOG_LEVEL] =
        {"log-level", "LEVEL",
         "which lines are logged: error, warn, info, debug or trace", "info",
         "debug", UM_SETTING_APPLIES},
    [UM_SETTING_LOG_FORMAT] = {"log-format", "FORMAT",
                               "how: text, json, or journal: with fields of "
                               "its own",
                               "journal where standard error is systemd's, "
                               "else text",
                               "json", UM_SETTING_APPLIES},
    [UM_SETTING_USER] = {"user", "USER",
                         "name or number: whom what talks to the network "
                         "becomes",
                         "unitmesh, if root starts it and there is one",
                         "unitmesh", UM_SETTING_APPLIES},
    [UM_SETTING_APPLIER] = {"applier", "PATH",
                            "the socket of a `unitmesh applier`, which holds "
                            "Unit and the keys",
                            "", "/run/unitmesh-applier.sock",
                            UM_SETTING_APPLIES},
    [UM_SETTING_NO_CONFINE] = {"no-confine", NULL,
                               "give up no rights; for those who look for a "
                               "fault",
                               "no", "yes", UM_SETTING_APPLIES},
    [UM_SETTING_UNIT_LISTEN] = {"unit-listen", "ADDR:PORT",
                                "where the embedded stand-in serves its "
                                "control API",
                                "a free port of 127.0.0.1", "127.0.0.1:8888",
                                0},
    [UM_SETTING_UNIT_MODULES] = {"unit-modules", "FILE",
                                 "the language modules that the stand-in "
                                 "pretends to have",
                                 "", "/etc/unitmesh/modules.json", 0},
    [UM_SETTING_UNIT_FLAVOUR] = {"unit-flavour", "NAME",
                                 "what the stand-in is: unit or freeunit",
                                 "unit", "freeunit", 0},
    [UM_SETTING_ARTICLE] = {"article", NULL,
                            "speak the article's protocol; it trusts every "
                            "peer that it finds",
                            "no", "yes", 0},
    [UM_SETTING_SETTINGS] = {"settings", "FILE", "where more of these stand",
                             "/etc/unitmesh/unitmesh.conf; without root "
                             "$XDG_CONFIG_HOME/unitmesh/unitmesh.conf, or "
                             "~/.config/unitmesh/unitmesh.conf",
                             "", UM_SETTING_APPLIES | UM_SETTING_OUTSIDE},
};

const char *um_setting_variable(enum um_setting which,
                                char out[UM_SETTING_VARIABLE])
{
    size_t n = (size_t)snprintf(out, UM_SETTING_VARIABLE, "UNITMESH_%s",
                                um_setting_rows[which].name);

    for (size_t i = 0; i < n && i + 1 < UM_SETTING_VARIABLE; i++) {
        out[i] = (char)(out[i] == '-' ? '_' : toupper((unsigned char)out[i]));
    }
    return out;
}

enum um_setting um_setting_find(const char *name)
{
    for (size_t i = 0; i < UM_SETTINGS; i++) {
        if (strcmp(um_setting_rows[i].name, name) == 0) {
            return (enum um_setting)i;
        }
    }
    return UM_SETTINGS;
}

const char *um_setting_nearest(const char *name)
{
    struct um_ssuggest s;
    struct um_str best;

    um_ssuggest_init(&s, um_str(name));
    for (size_t i = 0; i < UM_SETTINGS; i++) {
        if ((um_setting_rows[i].marks & UM_SETTING_OUTSIDE) == 0) {
            um_ssuggest_offer(&s, um_str(um_setting_rows[i].name));
        }
    }
    best = um_ssuggest_best(&s);
    return best.len > 0 ? best.p : ""; /* all of a row's name */
}

void um_setting_help(void)
{
    for (size_t i = 0; i < UM_SETTINGS; i++) {
        const struct um_setting_row *row = &um_setting_rows[i];
        char left[48];

        (void)snprintf(left, sizeof left, "--%s%s%s", row->name,
                       row->arg != NULL ? " " : "",
                       row->arg != NULL ? row->arg : "");
        (void)printf("  %-26s %s\n", left, row->text);
    }
}
