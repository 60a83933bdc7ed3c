/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The process that holds Unit: this program in its other role. */
#ifndef UM_APP_ROLE_H
#define UM_APP_ROLE_H

/** The word on the command line that says so; not for people. */
#define UM_ROLE_WORD "its-applier"

/** Bytes that wait for a node that does not read what it is told; with more the
 * applier ends. */
#define UM__CAP_ROLE_OUT_BYTES (64U << 20)

/** Its Unit is a stand-in in the daemon's process: it is told where. */
#define UM_ROLE_EMBEDDED "embedded"

/** What it is told, by place; NULL or "": not said. */
enum um_role_arg {
    UM_ROLE_STATE = 1,   /**< the state folder */
    UM_ROLE_UNIT,        /**< unix:PATH or http://HOST:PORT; else it has none */
    UM_ROLE_EMBEDDED_AT, /**< ADDR:PORT or unix:PATH of --unit-listen */
    UM_ROLE_NAME,        /**< what the node calls itself */
    UM_ROLE_POLICY,      /**< the policy's file */
    UM_ROLE_UNIT_LOG,    /**< Unit's log file */
    UM_ROLE_LOG_LEVEL,   /**< a number */
    UM_ROLE_LOG_FORMAT,  /**< a number */
    UM_ROLE_APART,       /**< "1": the network process has another user */
    UM_ROLE_CONFINE,     /**< "1": it gives up what it does not need */
    UM_ROLE_SCRATCH,     /**< the path of a unitd to try documents on */
    UM_ROLE_ARGS
};

/** `unitmesh applier …`: until the other end of the socket is closed. The exit
 * code. */
int um_role_main(int argc, char **argv);

#endif
