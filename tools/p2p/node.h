/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* `p2p node`: a scriptable peer. Flags say how it starts, lines on stdin what
 * it does, lines of JSON on stdout what happened. */
#ifndef TOOLS_P2P_NODE_H
#define TOOLS_P2P_NODE_H

#include <stdint.h>

#include <p2p/p2p.h>

#include "network.h"
#include "security.h"

#define NODE_LIST_MAX 64

/* What the flags said. */
struct node_opts {
    const char *listen[NODE_LIST_MAX];
    size_t n_listen;
    const char *connect[NODE_LIST_MAX];
    size_t n_connect;
    const char *rules[NODE_LIST_MAX]; /* networks, in the order of flags */
    bool denied[NODE_LIST_MAX];
    size_t n_rules;
    const char *announced[NODE_LIST_MAX];
    size_t n_announced;
    const char *topics[NODE_LIST_MAX];
    size_t n_topics;
    const struct p2p_security *security[SECURITY_MAX];
    struct network_opts network;
    const char *key_type;
    const char *key_file;
    const char *muxer;
    const char *msgid;
    const char *sign;
    uint64_t seed;
    unsigned max_seconds;
    uint32_t handshakes; /* of one address at a time */
    int log_level;
    bool has_seed;
    bool mdns;
    bool mdns_2021;
    bool quiet;
    bool scoring;
    bool relay_server;
    bool rendezvous_server;
    bool holepunch;
    bool autonat;
    bool autonat_private;
    bool autonat_server;
    uint32_t autonat_agree;
    uint32_t autonat_seen;
    bool portmap;
    const char *portmap_by; /* "pcp", "nat-pmp", "upnp"; NULL: all */
    uint32_t portmap_s;     /* 0: the default */
    const char *dht;        /* "server", "client"; NULL: none */
    const char *dht_prefix;
};

/* What a peer told about itself, kept for the command `identify`. */
struct node_peer {
    struct node_peer *next;
    struct p2p_peer_id id;
    char *agent;
    char *protocol_version;
    char **protocols;
    size_t n_protocols;
    struct p2p_multiaddr *addrs;
    size_t n_addrs;
    struct p2p_multiaddr observed;
    bool signed_record;
};

struct node_wait;
struct p2p_portmap;

struct node {
    struct node_opts opts;
    struct p2p_loop *loop;
    struct p2p_host *host;
    struct p2p_pubsub *pubsub;
    struct p2p_portmap *portmap; /* NULL: none */
    struct p2p_key *key;
    struct network network;
    struct p2p_timer *deadline;
    struct node_peer *peers;
    struct node_wait *waits; /* commands that wait for an identify */
    uint64_t started_ns;
    uint64_t messages;
    struct p2p_rendezvous_cookie cookie; /* of the last `discover` */
    int exit_code;
    bool ending;      /* the gateway is told */
    bool input_ended; /* `quit`, or the end of stdin */
};

/* Runs a node until `quit` or the end of input; the exit code. */
int node_main(int argc, char **argv);

/* Reads the flags; 0, 1 when help was printed, or 2 after it said what is
 * wrong. */
int node_parse(struct node_opts *o, int argc, char **argv);

/* The key that the flags ask for. 0, or a negative code. */
int node_make_key(const struct node_opts *o, struct p2p_key **out);

/* Does one command; `line` may be changed. */
void node_command(struct node *n, char *line);

/* Prints the names of the commands and ends the line. */
void node_command_names(void);

/* What the host tells. */
extern const struct p2p_host_events node_events;

struct json;

/* Adds where the node can be reached: "addrs". */
void node_addrs(const struct node *n, struct json *j);

/* A hole was punched, or not; `user` is the node. */
void node_punched(void *user, const struct p2p_dcutr_result *result);

/* Serves the echo under a name; NULL: /echo/1.0.0. 0, or a negative code. */
int node_echo_serve(struct p2p_host *host, const char *name);

/* Sends `size` bytes to a peer's echo and checks what comes back; answers the
 * command. */
void node_echo(struct node *n, const struct p2p_peer_id *peer, uint64_t size);

/* Subscribes and prints what comes. 0, or a negative code. */
int node_subscribe(struct node *n, const char *topic);

/* The peer of an id or of a multiaddr's end. 0, or P2P_EFORMAT. */
int node_peer_of(const char *text, struct p2p_peer_id *id);

/* What is known of a peer, or NULL. */
struct node_peer *node_find_peer(struct node *n, const struct p2p_peer_id *id);

/* Frees what events left behind. */
void node_free_peers(struct node *n);

/* An identify arrived: commands that wait for it are answered. */
void node_identified(struct node *n, const struct node_peer *p);

/* The command `flood`. */
void node_flood(struct node *n, const char *cmd, char *rest);

/* The commands about rendezvous points. 0: the answer comes, or why not. */
int node_register(struct node *n, const struct p2p_peer_id *point,
                  const char *ns, uint32_t ttl_s);
int node_unregister(struct node *n, const struct p2p_peer_id *point,
                    const char *ns);
int node_discover(struct node *n, const struct p2p_peer_id *point,
                  const struct p2p_rendezvous_search *search);
/* What a host says of where it can be reached: the event and the command
 * `reachability`. */
void node_set_autonat(struct node *n, struct p2p_autonat_config *client,
                      struct p2p_autonat_server_config *server);
void node_reachability(struct node *n, const char *cmd, char *rest);

/* Has the gateway let our ports in, if the flags say so: the event and the
 * command `portmap`. 0, or a negative code. */
int node_portmap_start(struct node *n);
void node_portmap_stop(struct node *n);
void node_portmap(struct node *n, const char *cmd, char *rest);

/* Ends the loop, after the gateway was told that we go. */
void node_end(struct node *n);

/* The commands about the DHT. */
void node_dht(struct node *n, const char *cmd, char *rest);

/* The namespaces of `p2p node`: any value will do. */
#define NODE_DHT_VALIDATORS 3
extern const struct p2p_dht_validator node_dht_validators[NODE_DHT_VALIDATORS];

/* Answers of commands: {"type":"reply","cmd":CMD,"ok":…}. */
void node_reply(const char *cmd, int status);

#endif
