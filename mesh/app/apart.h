/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The applier as a service of its own, which a daemon comes to. */
#ifndef UM_APP_APART_H
#define UM_APP_APART_H

/** `unitmesh applier`: prepares the state folder, waits for a daemon, and is
 * its applier until that ends. The exit code. */
int um_apart_main(int argc, char **argv);

#endif
