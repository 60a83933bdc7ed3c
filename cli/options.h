/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The flags of all commands: one table parses, checks and explains. */
#ifndef UM_CLI_OPTIONS_H
#define UM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Flags, in the order in which a help shows them. */
enum um_option {
    UM_OPT_FILE,
    UM_OPT_SECRET,
    UM_OPT_DETAILED,
    UM_OPT_EFFECTIVE,
    UM_OPT_NODE,
    UM_OPT_LIMIT,
    UM_OPT_SINCE,
    UM_OPT_LAST,
    UM_OPT_FOR,
    UM_OPT_TAKE,
    UM_OPT_DROP,
    UM_OPT_EDIT,
    UM_OPT_PEER,
    UM_OPT_ROLE,
    UM_OPT_EXPIRES,
    UM_OPT_USES,
    UM_OPT_QR,
    UM_OPT_PURGE,
    UM_OPT_TO_SIGN,
    UM_OPT_KEY,
    UM_OPT_RECOVERY,
    UM_OPT_CHECK,
    UM_OPT_TO,
    UM_OPT_UNHEARD,
    UM_OPT_HOST,
    UM_OPT_MESH_NAME,
    UM_OPT_EVENTS,
    UM_OPT_LINK_LOCAL,
    UM_OPT_CERT,
    UM_OPT_UNIT_STATE,
    UM_OPT_READ_ONLY,
    UM_OPT_OPEN,
    UM_OPT_MESSAGE,
    UM_OPT_IF_MATCH,
    UM_OPT_DRY_RUN, /**< the first that goes into the query as it is */
    UM_OPT_TRIAL,
    UM_OPT_STAGED,
    UM_OPT_SOAK,
    UM_OPT_BUDGET,
    UM_OPT_DEADLINE,
    UM_OPT_WAIT,
    UM_OPT_TIMEOUT,
    UM_OPT_FORCE,
    UM_OPT_ALONE,
    UM_OPT_SKEWED,
    UM_OPT_SUPERSEDE,
    UM_OPT_CROWDED,
    UM_OPT_DESPITE, /**< the last of them */
    UM_OPT_WATCH,
    UM_OPT_YES,
    UM_OPT_CONTROL,
    UM_OPT_NAME,
    UM_OPT_DAEMON,
    UM_OPT_OUTPUT,
    UM_OPT_HELP,
    UM_OPTIONS
};

/** A set of flags. */
#define UM_BIT(option) (UINT64_C(1) << (option))

/** What overrides the guards. */
#define UM_OPTS_GUARDS                                                     \
    (UM_BIT(UM_OPT_FORCE) | UM_BIT(UM_OPT_ALONE) | UM_BIT(UM_OPT_SKEWED) | \
     UM_BIT(UM_OPT_SUPERSEDE) | UM_BIT(UM_OPT_CROWDED) |                   \
     UM_BIT(UM_OPT_DESPITE))

/** What an owner's word takes where somebody is asked before. */
#define UM_OPTS_KEYS (UM_BIT(UM_OPT_TO_SIGN) | UM_BIT(UM_OPT_YES))

/** What a new revision takes that is made of what there is. */
#define UM_OPTS_VERB \
    (UM_OPTS_GUARDS | UM_BIT(UM_OPT_MESSAGE) | UM_BIT(UM_OPT_YES))

/** What waits for the others. */
#define UM_OPTS_WAIT (UM_BIT(UM_OPT_WAIT) | UM_BIT(UM_OPT_TIMEOUT))

/** What a change of the document takes. */
#define UM_OPTS_CHANGE                                                       \
    (UM_OPTS_VERB | UM_OPTS_WAIT | UM_BIT(UM_OPT_IF_MATCH) |                 \
     UM_BIT(UM_OPT_DRY_RUN) | UM_BIT(UM_OPT_TRIAL) | UM_BIT(UM_OPT_STAGED) | \
     UM_BIT(UM_OPT_SOAK) | UM_BIT(UM_OPT_BUDGET) | UM_BIT(UM_OPT_DEADLINE))

/** How often --cert may be given. */
#define UM_OPTIONS_CERTS 64

/** What was given. */
struct um_options {
    const char *certs[UM_OPTIONS_CERTS]; /**< each --cert */
    size_t certs_n;
    char socket[512];
    /** Borrowed from argv; "" of one that was given without a value, NULL of
     * one that was not given. */
    const char *value[UM_OPTIONS];
    bool json; /**< for programs: JSON, or what is made of it */
    bool yaml; /**< YAML is made of it */
};

/** What every command takes; `init` uses the name of the mesh for its own. */
uint64_t um_options_common(uint64_t flags);

/** A flag's name, without dashes. */
const char *um_options_name(enum um_option o);

/** The flag of a name, up to an =, or of a letter; UM_OPTIONS: there is none.
 */
enum um_option um_options_find(const char *name);
enum um_option um_options_letter(char letter);

/** What it takes, as a help shows it; "[" before it: that may be missing; NULL:
 * nothing. And what it is. */
const char *um_options_arg(enum um_option o);
const char *um_options_text(enum um_option o);

/** Whether its value is the next word. */
bool um_options_wants(enum um_option o);

/**
 * Reads flags; words are moved behind them, optind is the first.
 * @return 0, or 2 after it was said what is wrong
 */
int um_options_read(struct um_options *o, int argc, char **argv);

/** A given flag that is not in the set; UM_OPTIONS: there is none. */
enum um_option um_options_stray(const struct um_options *o, uint64_t flags);

/** Prints those of a set, a line each. */
void um_options_help(uint64_t flags);

#endif
