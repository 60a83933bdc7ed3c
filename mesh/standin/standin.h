/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A stand-in for NGINX Unit: its control API, answer by answer, with its
 * oddities and on request its failures, and of its data plane what `return`,
 * `share` and routes do. It has no sockets, files, threads or clock: bytes and
 * time come as arguments, what it needs of the world is behind a port
 * (struct um_standin_world), output is pulled. standin_uv.h puts it on libuv.
 *
 * Who drives it: make a connection (um_standin_accept), hand it what each
 * read brought, at most um_standin_room bytes at a time, then pull connections
 * with output (um_standin_next) until there are none. Call um_standin_expire
 * when um_standin_deadline has come.
 */
#ifndef UM_STANDIN_STANDIN_H
#define UM_STANDIN_STANDIN_H

#include <stdint.h>

#include "mesh/base/buf.h"
#include "mesh/doc/addr.h"
#include "mesh/standin/value.h"

/** Bytes of a request's body that are kept; a longer one is not answered. */
#define UM__CAP_STANDIN_BODY_BYTES (256U << 20)

/** Connections to the control API; one more is reset. */
#define UM__CAP_STANDIN_CONNS 1024U

enum {
    UM_STANDIN_FAULT_NAMES = 8,      /**< names in a fault's list */
    UM_STANDIN_FAULT_NAME_MAX = 128, /**< bytes of such a name */
};

/** No deadline. */
#define UM_STANDIN_NEVER UINT64_MAX

/** Which Unit it pretends to be. */
enum um_standin_flavour {
    UM_STANDIN_UNIT,     /**< nginx/unit 1.35.0 */
    UM_STANDIN_FREEUNIT, /**< freeunitorg/freeunit, "1.36.0" */
};

/** A moment: a clock that only runs forward, and the date. */
struct um_standin_time {
    uint64_t mono_ns;
    int64_t unix_s;
};

/** An application that is to run. Borrows. */
struct um_standin_app {
    struct um_str name;
    const struct um_sval *conf;
};

/**
 * What the stand-in needs of the world. All functions are called during calls
 * into the stand-in and answer at once: 0 or a negative P2P_E….
 */
struct um_standin_world {
    void *ctx;
    /**
     * Reads a file of the state folder: "conf.json", "certs/NAME", …
     * P2P_ESTATE of a certificate or script: it is there, and what is in it is
     * not known.
     */
    int (*load)(void *ctx, struct um_str name, struct um_buf *out);
    /** Writes a file of the state folder. */
    int (*store)(void *ctx, struct um_str name, struct um_str bytes);
    /** Removes a file of the state folder. */
    int (*remove)(void *ctx, struct um_str name);
    /** Calls each for every name in "certs" or "scripts". */
    int (*list)(void *ctx, struct um_str folder,
                void (*each)(void *arg, struct um_str name), void *arg);
    /** Opens a listener; P2P_EADDRINUSE or another error refuses the config. */
    int (*bind)(void *ctx, struct um_str name, const struct um_addr *addr);
    /** Closes a listener that was opened. */
    void (*unbind)(void *ctx, struct um_str name, const struct um_addr *addr);
    /** May this application start? An error refuses the config. */
    int (*start)(void *ctx, const struct um_standin_app *app);
    /** Can an access log be opened at this path? */
    int (*open_log)(void *ctx, struct um_str path);
};

/** Who is at the other end of a connection. */
struct um_standin_peer {
    bool is_unix; /**< came over a unix socket */
    uint32_t uid; /**< then: whose process it is */
};

/** What the process does to the next changes of the configuration. */
enum um_standin_crash {
    UM_STANDIN_CRASH_NONE,
    UM_STANDIN_CRASH_APPLIED, /**< applies, then dies without an answer */
    UM_STANDIN_CRASH_LOST,    /**< dies without applying */
};

/** A list of names in a fault. */
struct um_standin_names {
    char name[UM_STANDIN_FAULT_NAMES][UM_STANDIN_FAULT_NAME_MAX];
    unsigned count;
};

/**
 * Failures on request, all seen in reality; all zero is none. May be changed
 * at any time (um_standin_faults).
 */
struct um_standin_faults {
    struct um_standin_names refuse_listeners; /**< 500 on apply for these */
    struct um_standin_names refuse_apps;      /**< modules that do not start */
    enum um_standin_crash crash;
    unsigned crash_count;         /**< for so many changes */
    unsigned crash_concurrency;   /**< die when so many changes are there */
    uint64_t truncate_unix_bytes; /**< cut bodies of GETs there, unix socket */
    uint64_t truncate_tcp_bytes;  /**< the same, TCP */
    bool mute;                    /**< take requests, never answer */
    uint64_t readd_busy_ns;  /**< a listener that was removed stays taken */
    bool refuse_uid;         /**< reset unix peers of other users */
    uint64_t apply_delay_ns; /**< how long an apply takes */
    uint64_t
        accept_memory_bytes; /**< where allocating a body fails; 0: 8 GiB */
};

/** How a stand-in is made. */
struct um_standin_cfg {
    enum um_standin_flavour flavour;
    bool njs;
    const char *modules_json; /**< as /status/modules shows; NULL: none */
    bool any_module;          /**< has each language in each version */
    uint32_t own_uid;         /**< whom freeunit lets in besides root */
    struct um_standin_world world;
    struct um_standin_faults faults;
    /** Told of each whole request that could change something, before it is
     * looked at: all but GETs, and GETs below /control. Borrowed texts; NULL:
     * nobody is. */
    void (*asked)(void *user, const char *method, struct um_str path,
                  struct um_str body);
    void *asked_user;
};

struct um_standin;
struct um_standin_conn;

/**
 * Makes a stand-in and loads its state. A saved configuration that does not
 * apply is replaced by the default one, as Unit does it; the file stays.
 * @return owned by the caller, or NULL: no memory, or modules_json is no such
 */
struct um_standin *um_standin_new(const struct um_standin_cfg *cfg,
                                  const struct um_standin_time *now);

/** Frees a stand-in and its connections; closes its listeners. */
void um_standin_free(struct um_standin *s);

/** The faults, to read and to change at any time. */
struct um_standin_faults *um_standin_faults(struct um_standin *s);

/** How a stand-in is started again. */
enum um_standin_restart {
    UM_STANDIN_RESTART_PLAIN,      /**< as after SIGTERM */
    UM_STANDIN_RESTART_DEFAULT,    /**< the saved configuration cannot apply */
    UM_STANDIN_RESTART_EMPTY_FILE, /**< conf.json was left empty */
};

/** Restarts: connections are cut, counters are zero, state is loaded again. */
void um_standin_restart(struct um_standin *s, enum um_standin_restart how,
                        const struct um_standin_time *now);

/**
 * A connection to the control API.
 * @return borrowed until um_standin_hangup, or NULL: reset it at once
 */
struct um_standin_conn *um_standin_accept(struct um_standin *s,
                                          const struct um_standin_peer *peer,
                                          const struct um_standin_time *now);

/** How many bytes the next read may bring; 0: do not read. */
size_t um_standin_room(const struct um_standin_conn *c);

/**
 * What one read brought. Where reads end matters: what arrives together with
 * the end of a body belongs to it.
 * @param bytes at most um_standin_room bytes, borrowed
 */
void um_standin_rx(struct um_standin_conn *c, struct um_str bytes,
                   const struct um_standin_time *now);

/** The peer has finished sending. */
void um_standin_eof(struct um_standin_conn *c);

/** The connection is gone; a complete request is carried out all the same. */
void um_standin_hangup(struct um_standin_conn *c);

/** A connection that has output or is to be closed, or NULL. */
struct um_standin_conn *um_standin_next(struct um_standin *s);

/**
 * Takes a connection's output, all of it: write it, close, hang up.
 * @return what to write, valid until um_standin_hangup; nothing if Unit closes
 *         without a word
 */
struct um_str um_standin_tx(struct um_standin_conn *c);

/** Lets the caller hang something of its own on a connection. */
void um_standin_set_user(struct um_standin_conn *c, void *user);
/** What was hung there. */
void *um_standin_user(const struct um_standin_conn *c);

/** When um_standin_expire wants to be called, or UM_STANDIN_NEVER. */
uint64_t um_standin_deadline(const struct um_standin *s);

/** Does what is due. */
void um_standin_expire(struct um_standin *s, const struct um_standin_time *now);

/** The configuration that is in force, valid until the next call on s. */
const struct um_sval *um_standin_conf(const struct um_standin *s);

/** The product's name and version, "Unit/1.35.0". */
struct um_str um_standin_product(const struct um_standin *s);

/** Counters of the data plane, shown under /status. */
struct um_standin_traffic {
    uint64_t accepted;
    uint64_t idle;
    uint64_t closed;
    uint64_t requests;
};

/** The counters, for the data plane to count in. */
struct um_standin_traffic *um_standin_traffic(struct um_standin *s);

#endif
