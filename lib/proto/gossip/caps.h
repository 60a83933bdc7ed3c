/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a peer can make gossip hold or do, and what bounds it. Each cap is
 * checked before memory is taken, and tested.
 */
#ifndef P2P_PROTO_GOSSIP_CAPS_H
#define P2P_PROTO_GOSSIP_CAPS_H

/* Data of one message. go and js refuse RPCs above 1 MiB and 4 MiB. */
#define P2P__CAP_GOSSIP_DATA (1024U * 1024U)

/* One RPC: data, its envelope (key and signature of RSA-8192) and control. */
#define P2P__CAP_GOSSIP_FRAME (P2P__CAP_GOSSIP_DATA + 8192U)

/* A topic's name in bytes. */
#define P2P__CAP_GOSSIP_TOPIC 256U

/* A message id in bytes: js' key ‖ seqno with the largest RSA key fits. */
#define P2P__CAP_GOSSIP_ID 1280U

/* Topics that a host keeps state for, its own and its peers'. */
#define P2P__CAP_GOSSIP_TOPICS 4096U

/* Topics that one peer can subscribe to; the others are ignored (T29). */
#define P2P__CAP_GOSSIP_PEER_TOPICS 128U

/* Subscription changes of one peer that are looked at per heartbeat. */
#define P2P__CAP_GOSSIP_PEER_SUBS 512U

/* Peers at once. */
#define P2P__CAP_GOSSIP_PEERS 65536U

/* Disconnected peers whose score or back-off is remembered, oldest out. */
#define P2P__CAP_GOSSIP_RETAINED 1024U

/* Back-offs, scores and subscriptions of one peer together, by topic. */
#define P2P__CAP_GOSSIP_PEER_MEMBERS 256U

/* Ids that are taken from one IHAVE or asked for per heartbeat (spec: 5000). */
#define P2P__CAP_GOSSIP_IHAVE_IDS 5000U

/* IHAVE-carrying control messages of one peer per heartbeat. */
#define P2P__CAP_GOSSIP_IHAVE_MESSAGES 10U

/* Ids in one peer's IWANTs that are looked at per heartbeat (T30). */
#define P2P__CAP_GOSSIP_IWANT_IDS 5000U

/* How often one peer gets the same message by IWANT. */
#define P2P__CAP_GOSSIP_RETRANSMIT 3U

/* Ids in one IDONTWANT-carrying control message, as go. */
#define P2P__CAP_GOSSIP_IDONTWANT_IDS 10U

/* Such messages of one peer per heartbeat, as go. */
#define P2P__CAP_GOSSIP_IDONTWANT_MESSAGES 1000U

/* Ids that one peer does not want and that we remember at once. */
#define P2P__CAP_GOSSIP_UNWANTED 4096U

/* GRAFTs and PRUNEs of one peer that are looked at per heartbeat. */
#define P2P__CAP_GOSSIP_GRAFTS 512U

/* A peer's PRUNE can make us stay away so long, in seconds (T26, T27). */
#define P2P__CAP_GOSSIP_BACKOFF_S 3600U

/* Invalid messages of one peer per heartbeat; then no message of it is looked
 * at until the next one: each may have cost a signature check. */
#define P2P__CAP_GOSSIP_INVALID 32U

/* Promised messages that are watched at once. */
#define P2P__CAP_GOSSIP_PROMISES 8192U

/* Message ids remembered as seen, 40 bytes each; the oldest go first. */
#define P2P__CAP_GOSSIP_SEEN (1U << 17)

/* Authors whose sequence numbers are remembered, silent longest out. */
#define P2P__CAP_GOSSIP_AUTHORS 4096U

/* Messages and their bytes in the history that answers IWANT. */
#define P2P__CAP_GOSSIP_CACHE       16384U
#define P2P__CAP_GOSSIP_CACHE_BYTES (64U * 1024U * 1024U)

/* Messages that wait for the application's word, and for how long. */
#define P2P__CAP_GOSSIP_PENDING       1024U
#define P2P__CAP_GOSSIP_PENDING_BYTES (16U * 1024U * 1024U)

/* Frames and bytes that wait for one slow peer: others' messages, then our
 * own and those that were asked for (twice as much). */
#define P2P__CAP_GOSSIP_QUEUE       512U
#define P2P__CAP_GOSSIP_QUEUE_BYTES (4U * 1024U * 1024U)

/* Events that wait to be pulled; rx takes nothing when so many wait. */
#define P2P__CAP_GOSSIP_EVENTS 4096U

/* New messages that one call of rx takes: a signature each, 40 us. */
#define P2P__CAP_GOSSIP_RX_BATCH 16U

#endif
