/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The flags of `p2p node`; one or two dashes both work. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

enum {
    OPT_LISTEN = 1,
    OPT_CONNECT,
    OPT_ALLOW,
    OPT_DENY,
    OPT_ANNOUNCE,
    OPT_SECURITY,
    OPT_MUXER,
    OPT_KEY,
    OPT_SEED,
    OPT_KEY_FILE,
    OPT_PSK,
    OPT_TLS_CERT,
    OPT_TLS_KEY,
    OPT_TLS_CA,
    OPT_TLS_INSECURE,
    OPT_TOPIC,
    OPT_SIGN,
    OPT_MDNS,
    OPT_MDNS_2021,
    OPT_MSGID,
    OPT_HANDSHAKES,
    OPT_MAX_SECONDS,
    OPT_QUIET,
    OPT_SCORING,
    OPT_RELAY_SERVER,
    OPT_RENDEZVOUS_SERVER,
    OPT_HOLEPUNCH,
    OPT_AUTONAT_SERVER,
    OPT_AUTONATV2,
    OPT_AUTONAT_AGREE,
    OPT_AUTONAT_SEEN,
    OPT_AUTONAT_PRIVATE,
    OPT_PORTMAP,
    OPT_PORTMAP_BY,
    OPT_PORTMAP_S,
    OPT_DHT,
    OPT_DHT_PREFIX,
    OPT_LOG,
    OPT_HELP
};

/* One table of flags: it parses, and it makes the help. */
static const struct {
    const char *name;
    int flag;
    const char *arg; /* NULL: none */
    const char *text;
} flags[] = {
    {"listen", OPT_LISTEN, "MA", "listen at a multiaddr; may be repeated"},
    {"connect", OPT_CONNECT, "MA", "dial at the start; may be repeated"},
    {"deny", OPT_DENY, "NET", "no connections with /ip4/A/ipcidr/N; repeated"},
    {"allow", OPT_ALLOW, "NET",
     "but with these; the last one that fits counts"},
    {"announce", OPT_ANNOUNCE, "MA", "tell this instead of what we listen at"},
    {"security", OPT_SECURITY, "LIST", "noise (the default), tls; in order"},
    {"muxer", OPT_MUXER, "NAME", "yamux (the default), mplex or both"},
    {"key", OPT_KEY, "TYPE", "a new key: ed25519, secp256k1, ecdsa or rsa"},
    {"seed", OPT_SEED, "N", "the Ed25519 key of a number"},
    {"key-file", OPT_KEY_FILE, "FILE", "the key of `p2p key gen FILE`"},
    {"psk", OPT_PSK, "FILE", "a private network: its swarm.key"},
    {"tls-cert", OPT_TLS_CERT, "FILE", "/tls/ws: the server's certificate"},
    {"tls-key", OPT_TLS_KEY, "FILE", "/tls/ws: its private key"},
    {"tls-ca", OPT_TLS_CA, "FILE", "/tls/ws: whom dials believe"},
    {"tls-insecure", OPT_TLS_INSECURE, NULL, "/tls/ws: dials believe anybody"},
    {"topic", OPT_TOPIC, "T", "subscribe at the start; may be repeated"},
    {"sign", OPT_SIGN, "HOW", "messages: strict (the default) or nosign"},
    {"mdns", OPT_MDNS, NULL, "find peers on the link, and dial them"},
    {"mdns-2021", OPT_MDNS_2021, NULL, "the same in the form of 2021"},
    {"msgid", OPT_MSGID, "FROM", "message ids: from (the default) or key"},
    {"relay-server", OPT_RELAY_SERVER, NULL, "relay for others, within limits"},
    {"rendezvous-server", OPT_RENDEZVOUS_SERVER, NULL,
     "be a rendezvous point, within limits"},
    {"holepunch", OPT_HOLEPUNCH, NULL, "punch holes for who comes by a relay"},
    {"autonat-server", OPT_AUTONAT_SERVER, NULL,
     "dial others back who ask, within limits"},
    {"autonatv2", OPT_AUTONATV2, NULL, "ask where others can reach us"},
    {"autonat-agree", OPT_AUTONAT_AGREE, "N", "servers that must agree (3)"},
    {"autonat-seen", OPT_AUTONAT_SEEN, "N", "who must see us somewhere (4)"},
    {"autonat-private", OPT_AUTONAT_PRIVATE, NULL,
     "also at private addresses: for tests"},
    {"portmap", OPT_PORTMAP, NULL, "have the gateway let our ports in"},
    {"portmap-by", OPT_PORTMAP_BY, "HOW", "by pcp, nat-pmp or upnp alone"},
    {"portmap-seconds", OPT_PORTMAP_S, "N", "for so long at a time (7200)"},
    {"dht", OPT_DHT, "MODE", "be a server or a client of the DHT"},
    {"dht-prefix", OPT_DHT_PREFIX, "P", "of its protocol; /ipfs by itself"},
    {"scoring", OPT_SCORING, NULL, "score peers of the topics"},
    {"handshakes", OPT_HANDSHAKES, "N", "from one address at once (256)"},
    {"max-seconds", OPT_MAX_SECONDS, "N", "end by itself"},
    {"quiet", OPT_QUIET, NULL, "no events, count only"},
    {"log", OPT_LOG, "LEVEL", "0 (errors, the default) to 4, on stderr"},
    {"help", OPT_HELP, NULL, "this text"},
};

#define N_FLAGS (sizeof flags / sizeof flags[0])

static void print_help(void)
{
    (void)puts(
        "usage: p2p node [FLAGS]\n\n"
        "A peer that scripts steer: it prints one JSON object a line and takes "
        "a command a\nline, such as `ping MA 3`.\n");
    for (size_t i = 0; i < N_FLAGS; i++) {
        char left[48];

        (void)snprintf(left, sizeof left, "--%s%s%s", flags[i].name,
                       flags[i].arg != NULL ? " " : "",
                       flags[i].arg != NULL ? flags[i].arg : "");
        (void)printf("  %-18s %s\n", left, flags[i].text);
    }
    (void)fputs("\nCommands:", stdout);
    node_command_names();
}

static int wrong(const char *flag, const char *value, const char *choices)
{
    (void)fprintf(stderr, "p2p node: --%s %s: must be one of %s\n", flag, value,
                  choices);
    return 2;
}

/* Whether a value is one of the words of a list that commas separate. */
static bool one_of(const char *value, const char *words)
{
    size_t len = strlen(value);
    const char *at = words;

    while (at != NULL) {
        const char *end = strchr(at, ',');
        size_t n = end != NULL ? (size_t)(end - at) : strlen(at);

        if (n == len && strncmp(at, value, n) == 0) {
            return true;
        }
        at = end != NULL ? end + 1 : NULL;
    }
    return false;
}

static int add(const char **list, size_t *n, const char *value)
{
    if (*n >= NODE_LIST_MAX) {
        (void)fprintf(stderr, "p2p node: more than %d of one flag\n",
                      NODE_LIST_MAX);
        return 2;
    }
    list[(*n)++] = value;
    return 0;
}

static int add_rule(struct node_opts *o, bool denied, const char *value)
{
    size_t at = o->n_rules;
    int rv = add(o->rules, &o->n_rules, value);

    if (rv == 0) {
        o->denied[at] = denied;
    }
    return rv;
}

static int number(const char *flag, const char *text, uint64_t *out)
{
    char *end;

    *out = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0') {
        (void)fprintf(stderr, "p2p node: --%s %s: not a number\n", flag, text);
        return 2;
    }
    return 0;
}

/* A word that must be one of a list. */
static int word(const char **out, const char *flag, const char *value,
                const char *choices)
{
    if (!one_of(value, choices)) {
        return wrong(flag, value, choices);
    }
    *out = value;
    return 0;
}

/* A flag's name. */
static const char *name_of(int c)
{
    size_t i = 0;

    while (flags[i].flag != c) {
        i++;
    }
    return flags[i].name;
}

static int set_number(struct node_opts *o, int c, const char *value)
{
    uint64_t n;
    int rv = number(name_of(c), value, &n);

    if (rv != 0) {
        return rv;
    }
    switch (c) {
        case OPT_SEED:
            o->seed = n;
            o->has_seed = true;
            break;
        case OPT_HANDSHAKES:
            o->handshakes = (uint32_t)n;
            break;
        case OPT_AUTONAT_AGREE:
            o->autonat_agree = (uint32_t)n;
            break;
        case OPT_AUTONAT_SEEN:
            o->autonat_seen = (uint32_t)n;
            break;
        case OPT_PORTMAP_S:
            o->portmap_s = (uint32_t)n;
            break;
        default:
            o->max_seconds = (unsigned)n;
            break;
    }
    return 0;
}

/* Where the network's flag of a file goes. */
static const char **file_of(struct network_opts *o, int c)
{
    return c == OPT_PSK        ? &o->psk
           : c == OPT_TLS_CERT ? &o->tls_cert
           : c == OPT_TLS_KEY  ? &o->tls_key
                               : &o->tls_ca;
}

static int set_value(struct node_opts *o, int c, const char *value)
{
    switch (c) {
        case OPT_LISTEN:
            return add(o->listen, &o->n_listen, value);
        case OPT_CONNECT:
            return add(o->connect, &o->n_connect, value);
        case OPT_ALLOW:
        case OPT_DENY:
            return add_rule(o, c == OPT_DENY, value);
        case OPT_ANNOUNCE:
            return add(o->announced, &o->n_announced, value);
        case OPT_TOPIC:
            return add(o->topics, &o->n_topics, value);
        case OPT_PORTMAP_BY:
            return word(&o->portmap_by, "portmap-by", value,
                        "pcp,nat-pmp,upnp");
        case OPT_DHT:
            return word(&o->dht, "dht", value, "server,client");
        case OPT_DHT_PREFIX:
            o->dht_prefix = value;
            return value[0] == '/' ? 0 : wrong("dht-prefix", value, "/…");
        case OPT_SECURITY:
            return security_list(value, o->security)
                       ? 0
                       : wrong("security", value, security_names());
        case OPT_MUXER:
            return word(&o->muxer, "muxer", value, "yamux,mplex,both");
        case OPT_KEY:
            return word(&o->key_type, "key", value,
                        "ed25519,secp256k1,ecdsa,rsa");
        case OPT_SIGN:
            return word(&o->sign, "sign", value, "strict,nosign");
        case OPT_MSGID:
            return word(&o->msgid, "msgid", value, "from,key");
        case OPT_KEY_FILE:
            o->key_file = value;
            return 0;
        case OPT_PSK:
        case OPT_TLS_CERT:
        case OPT_TLS_KEY:
        case OPT_TLS_CA:
            *file_of(&o->network, c) = value;
            return 0;
        case OPT_LOG:
            o->log_level = value[0] - '0';
            return one_of(value, "0,1,2,3,4")
                       ? 0
                       : wrong("log", value, "0,1,2,3,4");
        default:
            return set_number(o, c, value);
    }
}

static int set_flag(struct node_opts *o, int c)
{
    switch (c) {
        case OPT_MDNS:
            o->mdns = true;
            return 0;
        case OPT_MDNS_2021:
            o->mdns_2021 = true;
            return 0;
        case OPT_TLS_INSECURE:
            o->network.tls_insecure = true;
            return 0;
        case OPT_QUIET:
            o->quiet = true;
            return 0;
        case OPT_SCORING:
            o->scoring = true;
            return 0;
        case OPT_RELAY_SERVER:
            o->relay_server = true;
            return 0;
        case OPT_RENDEZVOUS_SERVER:
            o->rendezvous_server = true;
            return 0;
        case OPT_HOLEPUNCH:
            o->holepunch = true;
            return 0;
        case OPT_AUTONAT_SERVER:
            o->autonat_server = true;
            return 0;
        case OPT_AUTONATV2:
            o->autonat = true;
            return 0;
        case OPT_AUTONAT_PRIVATE:
            o->autonat_private = true;
            return 0;
        case OPT_PORTMAP:
            o->portmap = true;
            return 0;
        default:
            return 2; /* getopt said what is wrong */
    }
}

int node_parse(struct node_opts *o, int argc, char **argv)
{
    struct option options[N_FLAGS + 1] = {{0}};
    int c;

    for (size_t i = 0; i < N_FLAGS; i++) {
        options[i] = (struct option){
            .name = flags[i].name,
            .has_arg = flags[i].arg != NULL ? required_argument : no_argument,
            .val = flags[i].flag};
    }
    *o = (struct node_opts){.key_type = "ed25519",
                            .muxer = "yamux",
                            .msgid = "from",
                            .sign = "strict",
                            .handshakes = 256,
                            .security = {p2p_security_noise()}};
    while ((c = getopt_long_only(argc, argv, "", options, NULL)) != -1) {
        int rv;

        if (c == OPT_HELP) {
            print_help();
            return 1;
        }
        rv = optarg != NULL ? set_value(o, c, optarg) : set_flag(o, c);
        if (rv != 0) {
            return rv;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "p2p node: %s: not a flag\n", argv[optind]);
        return 2;
    }
    return 0;
}
