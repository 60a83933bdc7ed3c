/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The node that is asked: status, peers, id; and the article's publish. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/table.h"
#include "mesh/app/daemon.h"

static void print_field(const char *name, yyjson_val *obj, const char *key)
{
    char buf[UM_CLI_TEXT];

    (void)printf("%-10s %s\n", name, um_cli_text(obj, key, buf));
}

static void print_up(uint64_t s)
{
    (void)printf("up         %" PRIu64 "d %02u:%02u:%02u\n", s / 86400,
                 (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
                 (unsigned)(s % 60));
}

static void print_addrs(yyjson_val *root)
{
    yyjson_val *a;
    char buf[UM_CLI_TEXT];
    size_t i, n;

    yyjson_arr_foreach(yyjson_obj_get(root, "addrs"), i, n, a)
    {
        (void)printf("%-10s %s\n", i == 0 ? "addresses" : "",
                     um_cli_shown(a, buf));
    }
}

static void print_unit(yyjson_val *unit)
{
    char buf[UM_CLI_TEXT];

    (void)printf("unit       %s%s\n",
                 um_cli_text(unit, "target", buf)[0] != '\0' ? buf : "none",
                 um_cli_true(unit, "stand_in") ? " (a stand-in)" : "");
    if (yyjson_obj_get(unit, "applied") != NULL) {
        (void)printf(
            "applied    %" PRIu64 ", refused %" PRIu64 ", failed %" PRIu64 "\n",
            um_cli_number(unit, "applied"), um_cli_number(unit, "refused"),
            um_cli_number(unit, "failed"));
    }
}

/* How many members are how: one that drifts is seen from each of them. */
static void print_nodes(yyjson_val *nodes)
{
    char state[UM_CLI_TEXT];
    yyjson_val *k, *v;
    size_t i, n;

    yyjson_obj_foreach(nodes, i, n, k, v)
    {
        (void)printf("%s%" PRIu64 " %s", i == 0 ? "nodes      " : ", ",
                     yyjson_get_uint(v), um_cli_shown(k, state));
    }
    (void)fputs(yyjson_obj_size(nodes) > 0 ? "\n" : "", stdout);
}

static void print_mesh(yyjson_val *mesh)
{
    char buf[UM_CLI_TEXT], name[UM_CLI_TEXT];

    if (mesh == NULL) {
        return;
    }
    (void)um_cli_text(mesh, "name", name);
    (void)printf("mesh       %s%s%.16s%s, %" PRIu64 " members\n", name,
                 name[0] != '\0' ? " (" : "", um_cli_text(mesh, "id", buf),
                 name[0] != '\0' ? ")" : "", um_cli_number(mesh, "members"));
    print_field("name", mesh, "node");
    (void)printf("roles      %s\n",
                 um_cli_true(mesh, "pending")
                     ? "none yet: an owner has to approve this node"
                 : um_cli_true(mesh, "member")
                     ? um_cli_list(yyjson_obj_get(mesh, "roles"), buf)
                     : "none: this node's key was taken out of the mesh");
    print_nodes(yyjson_obj_get(mesh, "nodes"));
    print_field("current", mesh, "current");
    print_field("runs", mesh, "applied");
    (void)printf("conflicts  %" PRIu64 "\n", um_cli_number(mesh, "conflicts"));
    if (um_cli_text(mesh, "reason", buf)[0] != '\0') {
        (void)printf("reason     %s\n", buf);
    }
    if (um_cli_text(mesh, "disk", buf)[0] != '\0') {
        (void)printf("WARNING    the disk: %s\n", buf);
    }
}

/* Whether others reach it from outside, and who says so. */
static void print_reach(yyjson_val *reach)
{
    char verdict[UM_CLI_TEXT], found[UM_CLI_TEXT];
    const char *by = "";

    (void)um_cli_text(reach, "verdict", verdict);
    (void)um_cli_text(reach, "found", found);
    if (um_cli_true(reach, "said")) {
        by = ", as its settings say";
    } else if (strcmp(verdict, "unknown") == 0) {
        by = ": no member outside of this network has tried";
    }
    (void)printf("reach      %s%s%s\n", verdict, by,
                 um_cli_true(reach, "relay") ? "; a relay for members" : "");
    if (um_cli_true(reach, "said") && strcmp(found, "unknown") != 0 &&
        strcmp(found, verdict) != 0) {
        (void)printf("WARNING    members that tried found it %s\n", found);
    }
}

/* What the router does for peers from outside, where it is asked. */
static void print_router(yyjson_val *router)
{
    char addr[UM_CLI_TEXT], at[UM_CLI_TEXT], why[UM_CLI_TEXT], by[UM_CLI_TEXT];
    const char *lead = " ";

    (void)um_cli_text(router, "at", at);
    (void)um_cli_text(router, "why", why);
    (void)printf("router     %s",
                 um_cli_text(router, "addr", addr)[0] != '\0' ? addr : "none");
    if (at[0] != '\0') {
        (void)printf(" lets peers in at %s (%s)", at,
                     um_cli_text(router, "method", by));
        lead = "; ";
    } else if (addr[0] != '\0' && why[0] != '\0') {
        (void)printf(" lets no peers in");
        lead = ": ";
    }
    (void)printf("%s%s\n", why[0] != '\0' ? lead : "", why);
}

static int status(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, "/mesh/status", &code);
    yyjson_val *root = yyjson_doc_get_root(doc);
    char buf[UM_CLI_TEXT];

    if (doc == NULL) {
        return code;
    }
    print_field("node", root, "id");
    print_field("mode", root, "mode");
    print_mesh(yyjson_obj_get(root, "mesh"));
    (void)printf("peers      %" PRIu64 " connected\n",
                 um_cli_number(root, "peers_connected"));
    if (yyjson_obj_get(root, "reach") != NULL) { /* older daemons have none */
        print_reach(yyjson_obj_get(root, "reach"));
    }
    if (yyjson_obj_get(root, "router") != NULL) { /* it is asked */
        print_router(yyjson_obj_get(root, "router"));
    }
    print_unit(yyjson_obj_get(root, "unit"));
    print_field("confined", yyjson_obj_get(root, "confined"), "how");
    print_up(um_cli_number(root, "uptime_s"));
    print_addrs(root);
    if (um_cli_text(root, "same_key_at", buf)[0] != '\0') {
        (void)printf("WARNING    the node at %s has this one's key\n", buf);
    }
    yyjson_doc_free(doc);
    return code;
}

/* How a peer is reached: by whom, if not directly. */
static const char *path_of(yyjson_val *p, char buf[UM_CLI_TEXT])
{
    char via[UM_CLI_TEXT];

    if (um_cli_text(p, "via_name", via)[0] == '\0') {
        (void)um_cli_text(p, "via", via);
    }
    if (via[0] == '\0') {
        return um_cli_text(p, "path", buf);
    }
    (void)snprintf(buf, UM_CLI_TEXT, "via %.*s", UM_CLI_TEXT - 5, via);
    return buf;
}

/* A round trip; "": it was not measured. */
static const char *rtt_of(yyjson_val *p, char buf[UM_CLI_TEXT])
{
    double ms = yyjson_get_num(yyjson_obj_get(p, "rtt_ms"));

    if (ms <= 0) {
        return "";
    }
    (void)snprintf(buf, UM_CLI_TEXT, ms < 10 ? "%.1f ms" : "%.0f ms", ms);
    return buf;
}

/* Whether others reach a member from outside; "": it does not know. */
static const char *reach_of(yyjson_val *p, char buf[UM_CLI_TEXT])
{
    return strcmp(um_cli_text(p, "reach", buf), "unknown") == 0 ? "" : buf;
}

static int peers(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, "/mesh/peers", &code);
    yyjson_val *p;
    struct um_table t;
    char buf[UM_CLI_TEXT];
    size_t i, n;

    if (doc == NULL) {
        return code;
    }
    um_table_init(&t,
                  "PEER|NAME|STATE|PATH|TRANSPORT|RTT|REACH|SECURITY|ADDRESS~|"
                  "AGENT~");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "peers"), i, n,
                       p)
    {
        um_table_cell(&t, um_cli_text(p, "id", buf));
        um_table_cell(&t, um_cli_text(p, "name", buf));
        um_table_cell(&t, um_cli_true(p, "connected") ? "connected" : "gone");
        um_table_cell(&t, path_of(p, buf));
        um_table_cell(&t, um_cli_text(p, "transport", buf));
        um_table_cell(&t, rtt_of(p, buf));
        um_table_cell(&t, reach_of(p, buf));
        um_table_cell(&t, um_cli_text(p, "security", buf));
        um_table_cell(&t, um_cli_text(p, "addr", buf));
        um_table_cell(&t, um_cli_text(p, "agent", buf));
    }
    um_table_show(&t, c, "No peers.");
    yyjson_doc_free(doc);
    return code;
}

static int id(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, "/mesh/id", &code);
    char buf[UM_CLI_TEXT];

    if (doc != NULL) {
        (void)puts(um_cli_text(yyjson_doc_get_root(doc), "id", buf));
        print_addrs(yyjson_doc_get_root(doc));
        yyjson_doc_free(doc);
    }
    return code;
}

/* Whether the daemon speaks the article's language; else that is said. In a
 * mesh the same request would adopt what Unit runs. */
static int speaks_article(const struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_value(c, "/mesh/status", &code);
    char mode[UM_CLI_TEXT];

    (void)um_cli_text(yyjson_doc_get_root(doc), "mode", mode);
    yyjson_doc_free(doc);
    if (code == UM_EXIT_DONE && strcmp(mode, "article") != 0) {
        (void)fputs(
            "unitmesh: the daemon runs without --article; in a mesh a "
            "change needs no publishing,\n  and `unitmesh post "
            "/config` adopts what this node's Unit runs\n",
            stderr);
        code = UM_EXIT_ERROR;
    }
    return code;
}

static int publish(struct um_cli *c)
{
    struct um_request r = {.method = "POST",
                           .path = "/config",
                           .host = um_cli_opt(c, UM_OPT_HOST)};
    int code = speaks_article(c);

    if (code == UM_EXIT_DONE) {
        code = um_cli_send(c, &r);
    }
    if (code == UM_EXIT_DONE) {
        (void)puts(r.answer);
    }
    um_request_free(&r);
    return code;
}

/* Of this program; that of the daemon is in its status. */
static int version(struct um_cli *c)
{
    char json[64];
    int n;

    if (c->o.json) {
        n = snprintf(json, sizeof json, "{\"version\":\"%s\"}\n",
                     um_daemon_version());
        um_cli_form(c, stdout, json, (size_t)n);
    } else {
        (void)printf("unitmesh %s\n", um_daemon_version());
    }
    return UM_EXIT_DONE;
}

static const struct um_cli_verb status_verbs[] = {
    {NULL, "",
     "What this node is and does: its mode, its mesh, its Unit, its "
     "addresses.",
     UM_BIT(UM_OPT_WATCH), status},
};
static const struct um_cli_verb peers_verbs[] = {
    {NULL, "", "The nodes that it knows, those that are connected first.",
     UM_BIT(UM_OPT_WATCH), peers},
};
static const struct um_cli_verb id_verbs[] = {
    {NULL, "",
     "This node's identity and the addresses where it can be reached.", 0, id},
};
static const struct um_cli_verb publish_verbs[] = {
    {NULL, "",
     "Tells all other nodes to fetch this node's configuration; it runs with "
     "--article.",
     UM_BIT(UM_OPT_HOST), publish},
};

static const struct um_cli_verb version_verbs[] = {
    {NULL, "", "The version of this program.", 0, version},
};

const struct um_cli_command um_cli_node[] = {
    UM_CLI_COMMAND("status", "what this node is and does", status_verbs),
    UM_CLI_COMMAND("peers", "the nodes that it is connected with", peers_verbs),
    UM_CLI_COMMAND("id", "its identity and addresses", id_verbs),
    UM_CLI_COMMAND(
        "publish",
        "tell the others to fetch this node's configuration (--article)",
        publish_verbs),
    UM_CLI_COMMAND("version", "the version", version_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
