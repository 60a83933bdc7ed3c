/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a configuration may hold, as tables, and the functions that the tables
 * name. Order matters: it decides which missing member is reported first.
 */
#ifndef UM_STANDIN_SCHEMA_H
#define UM_STANDIN_SCHEMA_H

#include "mesh/standin/check.h"

/** The whole configuration. */
extern const struct um_srule um_sschema_root[];

/** @name Tables that check functions choose from */
/**@{*/
extern const struct um_srule um_sschema_listener[];
extern const struct um_srule um_sschema_forwarded[];
extern const struct um_srule um_sschema_route[];
extern const struct um_srule um_sschema_pass_action[];
extern const struct um_srule um_sschema_return_action[];
extern const struct um_srule um_sschema_share_action[];
extern const struct um_srule um_sschema_proxy_action[];
extern const struct um_srule um_sschema_upstream[];
extern const struct um_srule um_sschema_server[];
extern const struct um_srule um_sschema_access_log[];
extern const struct um_srule um_sschema_compressor[];
extern const struct um_srule um_sschema_external[];
extern const struct um_srule um_sschema_python_targets[];
extern const struct um_srule um_sschema_python_plain[];
extern const struct um_srule um_sschema_php_targets[];
extern const struct um_srule um_sschema_php_plain[];
extern const struct um_srule um_sschema_perl[];
extern const struct um_srule um_sschema_ruby[];
extern const struct um_srule um_sschema_java[];
extern const struct um_srule um_sschema_wasm[];
extern const struct um_srule um_sschema_wasm_wc[];
extern const struct um_srule um_sschema_id_map[];
/**@}*/

/** @name Checks of listeners, TLS and upstreams (standin_check_net.c) */
/**@{*/
um_scheck_member_fn um_scheck_listener;
um_scheck_fn um_scheck_application_name;
um_scheck_fn um_scheck_forwarded;
um_scheck_fn um_scheck_backlog;
um_scheck_fn um_scheck_certificate;
um_scheck_fn um_scheck_conf_commands;
um_scheck_fn um_scheck_cache_size;
um_scheck_fn um_scheck_tls_timeout;
um_scheck_fn um_scheck_tickets;
um_scheck_member_fn um_scheck_upstream;
um_scheck_member_fn um_scheck_server;
um_scheck_fn um_scheck_weight;
/**@}*/

/** @name Checks of routes (standin_check_route.c, standin_check_match.c) */
/**@{*/
um_scheck_fn um_scheck_routes;
um_scheck_fn um_scheck_action;
um_scheck_fn um_scheck_pass;
um_scheck_fn um_scheck_return;
um_scheck_fn um_scheck_share;
um_scheck_fn um_scheck_proxy;
um_scheck_member_fn um_scheck_response_header;
um_scheck_fn um_scheck_patterns;
um_scheck_fn um_scheck_encoded_patterns;
um_scheck_fn um_scheck_pattern_sets;
um_scheck_fn um_scheck_argument_sets;
um_scheck_fn um_scheck_scheme;
um_scheck_fn um_scheck_addresses;
um_scheck_fn um_scheck_if;
/**@}*/

/** @name Checks of applications (standin_check_app.c, standin_check_lang.c) */
/**@{*/
um_scheck_member_fn um_scheck_application;
um_scheck_fn um_scheck_processes;
um_scheck_fn um_scheck_threads;
um_scheck_fn um_scheck_stack_size;
um_scheck_member_fn um_scheck_environment;
um_scheck_fn um_scheck_c_string;
um_scheck_fn um_scheck_cgroup;
um_scheck_fn um_scheck_rootfs;
um_scheck_element_fn um_scheck_uid_map;
um_scheck_element_fn um_scheck_gid_map;
um_scheck_fn um_scheck_no_targets;
um_scheck_fn um_scheck_targets;
um_scheck_fn um_scheck_python_path;
um_scheck_fn um_scheck_python_protocol;
um_scheck_fn um_scheck_python_prefix;
um_scheck_element_fn um_scheck_argument;
um_scheck_element_fn um_scheck_classpath;
um_scheck_element_fn um_scheck_java_option;
um_scheck_member_fn um_scheck_php_option;
/**@}*/

/** @name Checks of settings and the access log (standin_check_misc.c) */
/**@{*/
um_scheck_fn um_scheck_listen_threads;
um_scheck_fn um_scheck_mime_types;
um_scheck_fn um_scheck_compressors;
um_scheck_fn um_scheck_encoding;
um_scheck_fn um_scheck_js_module;
um_scheck_fn um_scheck_access_log;
um_scheck_fn um_scheck_log_format;
/**@}*/

/** The value of a number as Unit's C takes it for an int64. */
int64_t um_scheck_int(const struct um_sval *v);

#endif
