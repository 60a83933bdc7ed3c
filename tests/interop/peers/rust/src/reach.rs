// SPDX-License-Identifier: MIT OR Apache-2.0

//! How others reach this node: relays, AutoNAT, hole punching. Both ends of
//! each; a test peer has no limits and no patience of its own.

use crate::flags::Flags;
use crate::node::Node;
use crate::output::event;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{autonat, dcutr, relay, Multiaddr, PeerId};
use serde_json::json;
use std::time::Duration;

pub fn relay(f: &Flags, me: PeerId) -> Toggle<relay::Behaviour> {
    f.relay_server.then(|| relay::Behaviour::new(me, relay::Config::default())).into()
}

/// AutoNAT v1 asks every two seconds until it knows, not every ninety, and
/// takes every address for a public one.
pub fn autonat(f: &Flags, me: PeerId) -> Toggle<autonat::v1::Behaviour> {
    let config = autonat::v1::Config {
        boot_delay: Duration::from_millis(500),
        retry_interval: Duration::from_secs(2),
        refresh_interval: Duration::from_secs(10),
        throttle_server_period: Duration::from_secs(1),
        throttle_clients_peer_max: 1000,
        throttle_clients_global_max: 1000,
        only_global_ips: false,
        ..Default::default()
    };
    f.autonat.then(|| autonat::v1::Behaviour::new(me, config)).into()
}

pub fn autonat2_client(f: &Flags) -> Toggle<autonat::v2::client::Behaviour> {
    let client = || {
        autonat::v2::client::Behaviour::new(
            rand::make_rng::<rand::rngs::StdRng>(),
            autonat::v2::client::Config::default().with_probe_interval(Duration::from_secs(1)),
        )
    };
    f.autonatv2.then(client).into()
}

pub fn autonat2_server(f: &Flags) -> Toggle<autonat::v2::server::Behaviour> {
    f.autonatv2.then(autonat::v2::server::Behaviour::default).into()
}

pub fn dcutr(f: &Flags, me: PeerId) -> Toggle<dcutr::Behaviour> {
    f.holepunch.then(|| dcutr::Behaviour::new(me)).into()
}

impl Node {
    /// A relay tells its clients of external addresses alone.
    pub fn listening(&mut self, address: Multiaddr) {
        if self.relay_server {
            self.swarm.add_external_address(address);
        }
    }

    /// rust opens streams on any connection of a peer: those over relays go, as
    /// soon as they are not needed.
    pub fn met(&mut self, peer: &PeerId) {
        for id in self.relayed(peer) {
            self.swarm.close_connection(id);
        }
    }
}

/// Relayed connections from now on offer it for a punch.
pub fn on_candidate() {
    event(json!({"type": "holepunch-ready"}));
}

pub fn on_relay(e: relay::client::Event) {
    use relay::client::Event::ReservationReqAccepted;
    let ReservationReqAccepted { relay_peer_id, limit, .. } = e else { return };
    let seconds = limit.as_ref().and_then(|l| l.duration()).map(|d| d.as_secs());
    event(json!({"type": "relay-client", "peer": relay_peer_id.to_string(),
        "addrs": null, "voucher": null, "limit_s": seconds,
        "limit_bytes": limit.and_then(|l| l.data_in_bytes())}));
}

pub fn on_dcutr(e: dcutr::Event) {
    event(json!({"type": "holepunch", "peer": e.remote_peer_id.to_string(),
        "ok": e.result.is_ok(), "error": e.result.err().map(|e| e.to_string())}));
}

pub fn on_autonat(e: autonat::v1::Event) {
    use autonat::v1::{Event::StatusChanged, NatStatus};
    let StatusChanged { new, .. } = e else { return };
    let (status, addr) = match new {
        NatStatus::Public(addr) => ("public", Some(addr.to_string())),
        NatStatus::Private => ("private", None),
        NatStatus::Unknown => ("unknown", None),
    };
    event(json!({"type": "reachability", "version": 1, "status": status, "addr": addr}));
}

pub fn on_autonat2(e: autonat::v2::client::Event) {
    let (status, error) = match e.result {
        Ok(()) => ("public", None),
        Err(e) => ("private", Some(e.to_string())),
    };
    event(json!({"type": "reachability", "version": 2, "status": status,
        "addr": e.tested_addr.to_string(), "server": e.server.to_string(),
        "sent_bytes": e.bytes_sent, "error": error}));
}

