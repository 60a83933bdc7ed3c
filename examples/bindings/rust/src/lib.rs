// SPDX-License-Identifier: MIT OR Apache-2.0
//! libp2p for C, as it is: what examples/echo.rs needs of it, by hand, without
//! bindgen. The names, and what they do, are those of the manual pages.
#![allow(non_camel_case_types)]

use std::os::raw::{c_char, c_int, c_void};

macro_rules! opaque {
    ($($name:ident),*) => {
        $(#[repr(C)]
        pub struct $name {
            _private: [u8; 0],
        })*
    };
}

opaque!(
    p2p_loop,
    p2p_host,
    p2p_key,
    p2p_stream,
    p2p_host_events,
    p2p_security
);

pub const P2P_KEY_ED25519: c_int = 1;
pub const P2P_MULTIADDR_MAX: usize = 512;
pub const P2P_MULTIADDR_TEXT_MAX: usize = 2048;
pub const P2P_PEER_ID_MAX: usize = 44;

#[repr(C)]
pub struct p2p_peer_id {
    pub len: u8,
    pub bytes: [u8; P2P_PEER_ID_MAX],
}

#[repr(C)]
pub struct p2p_multiaddr {
    pub len: u16,
    pub bytes: [u8; P2P_MULTIADDR_MAX],
}

/// As far as this crate knows it: a library that has more members takes the
/// defaults for these, as `size` says where this one ends.
#[repr(C)]
pub struct p2p_host_config {
    pub size: usize,
    pub key: *const p2p_key,
    pub agent: *const c_char,
    pub events: *const p2p_host_events,
    pub user: *mut c_void,
    pub mplex: bool,
    pub no_yamux: bool,
    pub mdns: bool,
    pub mdns_2021: bool,
    pub mdns_dial: bool,
    pub mdns_interval_s: u32,
    pub log_level: c_int,
    pub max_conns: u32,
    pub low_water: u32,
    pub high_water: u32,
    pub max_memory: u64,
    pub max_pending_per_addr: u32,
    pub security: *const *const p2p_security,
}

impl p2p_host_config {
    /// P2P_HOST_CONFIG_INIT.
    pub fn new() -> Self {
        let mut cfg: Self = unsafe { std::mem::zeroed() };
        cfg.size = std::mem::size_of::<Self>();
        cfg.log_level = 1;
        cfg
    }
}

impl Default for p2p_host_config {
    fn default() -> Self {
        Self::new()
    }
}

type on_stream = unsafe extern "C" fn(*mut c_void, *mut p2p_stream);
type on_data = unsafe extern "C" fn(*mut c_void, *mut p2p_stream, *const u8, usize);
type on_closed = unsafe extern "C" fn(*mut c_void, *mut p2p_stream, c_int);
type on_dialed = unsafe extern "C" fn(*mut c_void, c_int, *const p2p_peer_id);

#[repr(C)]
#[derive(Default)]
pub struct p2p_stream_events {
    pub opened: Option<on_stream>,
    pub data: Option<on_data>,
    pub writable: Option<on_stream>,
    pub finished: Option<on_stream>,
    pub closed: Option<on_closed>,
    pub reserved: [Option<unsafe extern "C" fn()>; 3],
}

extern "C" {
    pub fn p2p_err_text(err: c_int) -> *const c_char;
    pub fn p2p_key_generate(kind: c_int, out: *mut *mut p2p_key) -> c_int;
    pub fn p2p_key_free(key: *mut p2p_key);
    pub fn p2p_loop_new(out: *mut *mut p2p_loop) -> c_int;
    pub fn p2p_loop_run(l: *mut p2p_loop);
    pub fn p2p_loop_stop(l: *mut p2p_loop);
    pub fn p2p_loop_free(l: *mut p2p_loop);
    pub fn p2p_host_new(
        l: *mut p2p_loop,
        cfg: *const p2p_host_config,
        out: *mut *mut p2p_host,
    ) -> c_int;
    pub fn p2p_host_free(host: *mut p2p_host);
    pub fn p2p_host_listen(host: *mut p2p_host, addr: *const c_char) -> c_int;
    pub fn p2p_host_addrs(host: *const p2p_host, out: *mut p2p_multiaddr, cap: usize) -> usize;
    pub fn p2p_host_dial(
        host: *mut p2p_host,
        addr: *const c_char,
        done: Option<on_dialed>,
        user: *mut c_void,
    ) -> c_int;
    pub fn p2p_host_handle(
        host: *mut p2p_host,
        protocol: *const c_char,
        handler: Option<on_stream>,
        user: *mut c_void,
    ) -> c_int;
    pub fn p2p_multiaddr_text(ma: *const p2p_multiaddr, buf: *mut c_char) -> *mut c_char;
    pub fn p2p_stream_open(
        host: *mut p2p_host,
        peer: *const p2p_peer_id,
        protocols: *const *const c_char,
        n: usize,
        events: *const p2p_stream_events,
        user: *mut c_void,
        out: *mut *mut p2p_stream,
    ) -> c_int;
    pub fn p2p_stream_listen(
        stream: *mut p2p_stream,
        events: *const p2p_stream_events,
        user: *mut c_void,
    );
    pub fn p2p_stream_send(stream: *mut p2p_stream, bytes: *const c_void, len: usize) -> c_int;
    pub fn p2p_stream_finish(stream: *mut p2p_stream);
    pub fn p2p_stream_reset(stream: *mut p2p_stream);
}
