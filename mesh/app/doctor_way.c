/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See doctor.h: why members do not come to each other. What came of dials is
 * in detours.h; here it gets words, and what mends it. */
#include <stdio.h>
#include <string.h>

#include <p2p/p2p.h>

#include "mesh/app/doctor.h"
#include "mesh/app/views.h"
#include "mesh/model/core.h"
#include "mesh/trust/peer.h"

/* Members and addresses that are named one by one. */
#define NAMED 3U
#define TOLD  4U

#define LINE_BYTES 1600

#define TO_RELAY                                                              \
    "let a member that both reach bring them together: unitmesh settings "    \
    "set relay members, or there: unitmesh run --public; or name a relay on " \
    "both sides: unitmesh run --relay"                                        \
    " MULTIADDR"

/* ---- relays that were named by hand */

/* What is wrong with one; NULL: nothing that is known yet. */
static const char *relay_text(int status)
{
    switch (status) {
        case 0:
        case P2P_EAGAIN:
        case P2P_ESELF:
            return NULL;
        case P2P_EACCES:
            return "refuses this node: it serves others";
        case P2P_ELIMIT:
            return "has no room for this node: it is full";
        case P2P_ENOPROTO:
            return "is no relay, or none any more";
        case P2P_EPEER:
            return "is another peer than the one that was named";
        case P2P_EREFUSED:
            return "does not run: nobody listens there";
        case P2P_ETIMEDOUT:
            return "does not answer";
        default:
            return "is not reached";
    }
}

static const char *relay_mend(int status)
{
    switch (status) {
        case P2P_EACCES:
            return "ask whoever runs it to let this node in, or name another "
                   "one: unitmesh run --relay MULTIADDR";
        case P2P_ELIMIT:
            return "name another one beside it: unitmesh run --relay MULTIADDR";
        case P2P_EPEER:
            return "look which peer id it has now, and name that: unitmesh run "
                   "--relay MULTIADDR";
        default:
            return "look whether it runs, and whether a firewall is between: "
                   "then name another one: unitmesh run --relay MULTIADDR";
    }
}

static void look_at_relays(struct um_doctor *o)
{
    const struct um_settings *s = &o->d->settings;
    char text[LINE_BYTES];

    for (size_t i = 0; i < s->n_relays; i++) {
        int status = um_bus_relay_status(o->d->bus, s->relays[i]);
        const char *why = relay_text(status);

        if (why != NULL) {
            (void)snprintf(text, sizeof text, "The relay %.300s %s (%s).",
                           s->relays[i], why, p2p_err_text(status));
            um_doctor_find(o, UM_AILMENT, "relay", relay_mend(status), text);
        }
    }
}

/* ---- whether members reach this node */

#define TO_REACH                                                        \
    "forward the port of its router to it (4901, unless it listens at " \
    "another one), and open it in the firewalls between"

static void look_at_reach(struct um_doctor *o)
{
    if (o->d->settings.reach == P2P_REACHABLE &&
        um_bus_found(o->d->bus) == P2P_UNREACHABLE) {
        um_doctor_find(o, UM_AILMENT, "public",
                       TO_REACH "; or take `public` out of its settings",
                       "The settings of this node say that all members reach "
                       "it; members that dialed it from outside did not.");
    }
}

/* Whether any member says that it is reached from outside. */
static bool is_any_public(struct um_node *n)
{
    struct um_model *m = um_node_model(n);
    struct um_row row;

    for (size_t i = 0; i < m->roster.keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(&m->roster, i);

        if ((k->now & UM_NODE) != 0 && um_views_row(n, &k->name, &row) &&
            row.reach == UM_REACH_PUBLIC) {
            return true;
        }
    }
    return false;
}

/* Members are apart and are to be relays, and none can be. */
static void say_no_relay(struct um_doctor *o, struct um_node *n)
{
    const bool said = o->d->settings.reach == P2P_UNREACHABLE;

    if (um_detours_set(n) && o->d->settings.n_relays == 0 &&
        um_bus_reach(o->d->bus) == P2P_UNREACHABLE && !is_any_public(n)) {
        um_doctor_find(o, UM_ADVICE, "relay",
                       "choose one member: " TO_REACH
                       "; or name a relay: unitmesh run --relay MULTIADDR",
                       said
                           ? "Members are to be relays for each other "
                             "(relay=members), and none is reached from "
                             "outside; this one is none since its settings say "
                             "public = no."
                           : "Members are to be relays for each other "
                             "(relay=members), and none is reached from "
                             "outside.");
    }
}

/* ---- members that are not connected */

/* What a dial to an address of a member tells. */
static const char *dial_text(int status, bool relayed, bool udp)
{
    switch (status) {
        case P2P_EREFUSED:
            return "nobody listens there: its daemon does not run";
        case P2P_EPEER:
            return "somebody else is there";
        case P2P_ENOTFOUND:
            return relayed ? "the relay does not know it now"
                           : "nobody is there";
        case P2P_EACCES:
            return relayed ? "the relay brings this node to nobody"
                           : "it lets this node not in";
        case P2P_ELIMIT:
            return relayed ? "the relay is full, or was not reached just "
                             "now"
                           : "it has no room";
        case P2P_ETIMEDOUT:
            return udp ? "no answer: UDP does not get through, or the address "
                         "is of another network"
                       : "no answer: a firewall drops it, or the address is "
                         "of another network";
        case P2P_EUNREACH:
            return relayed ? "there is no way to the relay"
                           : "there is no way to it from here";
        case P2P_ENOTSUP:
        case P2P_ENOPROTO:
        case P2P_EPROTO:
            return "it speaks otherwise: its version is another one, or it "
                   "has the key of a private network";
        default:
            return p2p_err_text(status);
    }
}

/* What is told of a member. */
struct telling {
    char *out;
    size_t at;
    size_t n;
    bool relayed;     /* one of its addresses is by a relay */
    bool all_private; /* all others are of some network of its own */
    bool any;
};

static void add(struct telling *t, const char *text)
{
    t->at += (size_t)snprintf(t->out + t->at, LINE_BYTES - t->at, "%s", text);
    t->at = t->at < LINE_BYTES ? t->at : LINE_BYTES - 1;
}

static void each_try(void *user, const char *addr, int status)
{
    struct telling *t = user;
    bool relayed = strstr(addr, "/p2p-circuit") != NULL;
    char line[400];

    if (t->n++ < TOLD) {
        (void)snprintf(
            line, sizeof line, " %.*s: %s.",
            (int)(strlen(addr) < 200 ? strlen(addr) : 200), addr,
            dial_text(status, relayed, strstr(addr, "/udp/") != NULL));
        add(t, line);
    }
}

/* What kinds of addresses are known. */
static void each_way(void *user, const char *addr)
{
    struct telling *t = user;
    struct p2p_multiaddr ma;

    t->any = true;
    if (strstr(addr, "/p2p-circuit") != NULL) {
        t->relayed = true;
    } else if (p2p_multiaddr_from_text(addr, strlen(addr), &ma) == 0) {
        t->all_private = t->all_private && !p2p_multiaddr_is_public(&ma);
    }
}

/* What a member and this node found out of themselves. */
static void add_reach(struct um_doctor *o, struct telling *t,
                      enum um_reach theirs)
{
    bool closed = um_bus_reach(o->d->bus) == P2P_UNREACHABLE;

    if (theirs == UM_REACH_PUBLIC) {
        add(t, " Others reach it from outside.");
    } else if (theirs == UM_REACH_PRIVATE) {
        add(t, closed ? " Neither of the two is reached from outside: NATs or "
                        "firewalls are in front of them."
                      : " It is not reached from outside: a NAT or a firewall "
                        "is in front of it.");
    }
}

static void say_apart(struct um_doctor *o, struct um_node *n,
                      const struct um_name *member, bool fresh)
{
    char text[LINE_BYTES] = "", name[UM_DOCTOR_NAME];
    struct telling t = {.out = text, .all_private = true};
    struct p2p_peer_id peer;
    struct um_row row;

    um_peer_of(member, &peer);
    um_bus_ways(o->d->bus, &peer, each_way, &t);
    add(&t, "This node has no connection with ");
    add(&t, um_doctor_called(n, member, name));
    add(&t, fresh ? ": what it says comes by others." : ".");
    if (!t.any) {
        add(&t, " Nobody told where it is.");
    } else {
        um_detours_tries(o->d, &peer, each_try, &t);
    }
    if (t.any && t.all_private && !t.relayed) {
        add(&t,
            " Its addresses lead nowhere from another network, and no "
            "relay is known that brings one to it.");
    }
    if (um_views_row(n, member, &row)) {
        add_reach(o, &t, row.reach);
    }
    um_doctor_find(o, UM_ADVICE, "apart",
                   t.relayed ? "there: unitmesh doctor" : TO_RELAY, text);
}

static void look_at_members(struct um_doctor *o, struct um_node *n)
{
    struct um_model *m = um_node_model(n);
    size_t apart = 0;
    char text[LINE_BYTES];

    for (size_t i = 0; i < m->roster.keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(&m->roster, i);
        struct p2p_peer_id peer;

        um_peer_of(&k->name, &peer);
        if ((k->now & UM_NODE) != 0 && !um_name_eq(&k->name, um_node_me(n)) &&
            !um_bus_is_up(o->d->bus, &peer) && apart++ < NAMED) {
            say_apart(o, n, &k->name, um_core_fresh(m, &k->name));
        }
    }
    if (apart > NAMED) {
        (void)snprintf(text, sizeof text,
                       "%zu members more have no connection with this node.",
                       apart - NAMED);
        um_doctor_find(o, UM_ADVICE, "apart", TO_RELAY, text);
    }
    if (apart > 0) {
        say_no_relay(o, n);
    }
}

void um_doctor_ways(struct um_doctor *o, struct um_node *n)
{
    look_at_relays(o);
    look_at_reach(o);
    if (n != NULL) {
        look_at_members(o, n);
    }
}
