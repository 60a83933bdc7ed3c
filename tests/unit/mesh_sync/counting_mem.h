/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The daemon's heap, with its bytes counted. */
#ifndef TESTS_UNIT_MESH_SYNC_COUNTING_MEM_H
#define TESTS_UNIT_MESH_SYNC_COUNTING_MEM_H

#include <stddef.h>

/* Bytes that are allocated now. */
size_t counting_mem_live(void);

/* The most that were since the last call. */
size_t counting_mem_peak(void);

#endif
