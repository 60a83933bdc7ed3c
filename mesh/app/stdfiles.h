/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Standard input, output and errors of a program that may have none. */
#ifndef UM_APP_STDFILES_H
#define UM_APP_STDFILES_H

/** Puts /dev/null where one of them is closed: nothing else may come to be
 * there, as what is logged would go into it. 0, or -1. */
int um_stdfiles_fill(void);

#endif
