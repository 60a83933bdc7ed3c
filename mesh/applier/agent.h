/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The applier: the one that holds Unit, behind a socket. It takes what the node
 * says (mesh/applier/wire.h), believes what is signed, makes this node's
 * configuration of it by itself, and gives that to Unit. The node may be
 * anybody who got hold of the other end. No socket of its own, no clock, no
 * files: all that is given to it, so that tests play them.
 *
 *     a = um_agent_new(&cfg);
 *     um_agent_recv(a, bytes)     what came; what it says goes to cfg.send
 */
#ifndef UM_APPLIER_AGENT_H
#define UM_APPLIER_AGENT_H

#include "mesh/applier/applier.h"
#include "mesh/applier/keyring.h"
#include "mesh/applier/warden.h"
#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/trust/policy.h"
#include "mesh/unit/client.h"

/** GETs that wait for Unit; further ones are answered with UM_UNIT_BUSY. */
#define UM__CAP_AGENT_GETS 32U

/** Bytes of documents, scripts and sealed objects that are kept; the oldest go
 * first. One order with more than that is not carried out. */
#define UM__CAP_AGENT_STASH_BYTES (64U << 20)

/** Statements that wait for others; more are left out. */
#define UM__CAP_AGENT_UNMET 1024U

/** The file of the applier that is written with each change, and is short. */
#define UM_AGENT_RECORD "record"

/** After so long it is in the record that Unit took what the record has as
 * under way, if nothing is to be noted before. */
#define UM_AGENT_OWED_MS 200U

/** Files of the applier. */
struct um_agent_files {
    void *user;
    /** Reads one; appends to out. 0, P2P_ENOTFOUND, or why not. */
    int (*load)(void *user, const char *name, struct um_buf *out);
    /** Writes one, whole or not at all, and syncs it. 0, or why not. */
    int (*save)(void *user, const char *name, struct um_str bytes);
    /** Removes one; it need not be there. */
    int (*drop)(void *user, const char *name);
};

/** A Unit beside the real one, which documents are tried on before they are
 * revisions; all borrowed. */
struct um_agent_scratch {
    struct um_unit *unit; /**< NULL: there is none */
    struct um_applier *applier;
    const char *folder; /**< where its listeners are */
    const char *log;
};

/** What an agent is made of; borrows all until it is freed. */
struct um_agent_cfg {
    struct um_unit *unit; /**< NULL: there is none, it only holds keys */
    struct um_applier *applier;
    const struct um_alarms *alarms;
    const struct um_log *log;
    const struct um_policy *policy;
    const struct p2p_key *key; /**< the node's: it opens sealed objects */
    const struct p2p_key *old; /**< that it had before; NULL: none */
    const char *name;          /**< what the node calls itself */
    const char *unit_log;      /**< or NULL */
    struct um_agent_scratch scratch;
    struct um_agent_files files;
    bool may_leave; /**< whether the node's word is enough to forget which mesh
                         this is: nothing keeps the two apart anyway */
    uint64_t (*wall_ms)(void *clock); /**< since 1970 */
    void *clock;
    /** Unit is a stand-in in the node's process, which says where: makes unit
     * and applier. Once; NULL: it is said from the beginning. */
    int (*unit_at)(void *user, const char *target, struct um_unit **unit,
                   struct um_applier **applier);
    /** Bytes for the node; never called from inside of itself. NULL: there is
     * no memory for what it is to be told, so it would wait for ever. */
    void (*send)(void *user, struct um_str bytes);
    void *user;
};

struct um_agent;

/** An agent of no mesh yet. Owned; NULL: no memory. */
struct um_agent *um_agent_new(const struct um_agent_cfg *cfg);

/** Ends it, before its unit and applier. */
void um_agent_free(struct um_agent *a);

/**
 * The node left its mesh: the applier may be one of another mesh. That is done
 * where nothing keeps the two apart, or before anything ran; elsewhere only if
 * a person has put a file `unbind` there first.
 * @return 0; P2P_EACCES: it stays bound, the log says so; or why not
 */
int um_agent_leave(struct um_agent *a);

/** The node has another key from its next START on; both are borrowed. What the
 * applier noted goes on with it. */
void um_agent_succeed(struct um_agent *a, const struct p2p_key *key,
                      const struct p2p_key *old);

/** What the keys have to know. Valid until the next message. */
void um_agent_place(struct um_agent *a, struct um_keyring_place *out);

/** Keeps what came from the node, for um_agent_step(). Errors: P2P_ENOMEM. */
int um_agent_feed(struct um_agent *a, struct um_str bytes);

/** Hears one message of what came, so that a node that says much at once keeps
 * nobody from Unit's answers. @return 1; 0: there is no whole one; P2P_EFORMAT,
 * P2P_ETOOBIG (it does not speak our language: end the connection) */
int um_agent_step(struct um_agent *a);

/** Both, with all that came. */
int um_agent_recv(struct um_agent *a, struct um_str bytes);

#endif
