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
    OPT_SECURITY,
    OPT_MUXER,
    OPT_KEY,
    OPT_SEED,
    OPT_KEY_FILE,
    OPT_TOPIC,
    OPT_SIGN,
    OPT_MDNS,
    OPT_MDNS_2021,
    OPT_MSGID,
    OPT_MAX_SECONDS,
    OPT_QUIET,
    OPT_SCORING,
    OPT_LOG
};

static const struct option options[] = {
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"connect", required_argument, NULL, OPT_CONNECT},
    {"security", required_argument, NULL, OPT_SECURITY},
    {"muxer", required_argument, NULL, OPT_MUXER},
    {"key", required_argument, NULL, OPT_KEY},
    {"seed", required_argument, NULL, OPT_SEED},
    {"key-file", required_argument, NULL, OPT_KEY_FILE},
    {"topic", required_argument, NULL, OPT_TOPIC},
    {"sign", required_argument, NULL, OPT_SIGN},
    {"mdns", no_argument, NULL, OPT_MDNS},
    {"mdns-2021", no_argument, NULL, OPT_MDNS_2021},
    {"msgid", required_argument, NULL, OPT_MSGID},
    {"max-seconds", required_argument, NULL, OPT_MAX_SECONDS},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"scoring", no_argument, NULL, OPT_SCORING},
    {"log", required_argument, NULL, OPT_LOG},
    {NULL, 0, NULL, 0},
};

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

static int set_number(struct node_opts *o, int c, const char *value)
{
    uint64_t n;
    int rv = number(c == OPT_SEED ? "seed" : "max-seconds", value, &n);

    if (rv != 0) {
        return rv;
    }
    if (c == OPT_SEED) {
        o->seed = n;
        o->has_seed = true;
    } else {
        o->max_seconds = (unsigned)n;
    }
    return 0;
}

static int set_value(struct node_opts *o, int c, const char *value)
{
    const char *security;

    switch (c) {
        case OPT_LISTEN:
            return add(o->listen, &o->n_listen, value);
        case OPT_CONNECT:
            return add(o->connect, &o->n_connect, value);
        case OPT_TOPIC:
            return add(o->topics, &o->n_topics, value);
        case OPT_SECURITY:
            return word(&security, "security", value, "noise");
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
        case OPT_LOG:
            o->log_level = atoi(value);
            return 0;
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
        case OPT_QUIET:
            o->quiet = true;
            return 0;
        case OPT_SCORING:
            o->scoring = true;
            return 0;
        default:
            return 2; /* getopt said what is wrong */
    }
}

int node_parse(struct node_opts *o, int argc, char **argv)
{
    int c;

    *o = (struct node_opts){.key_type = "ed25519",
                            .muxer = "yamux",
                            .msgid = "from",
                            .sign = "strict"};
    while ((c = getopt_long_only(argc, argv, "", options, NULL)) != -1) {
        int rv = optarg != NULL ? set_value(o, c, optarg) : set_flag(o, c);

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
