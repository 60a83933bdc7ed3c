// SPDX-License-Identifier: MIT OR Apache-2.0

//! The swarm, and what its events become on stdout. Commands reach it as
//! closures (see `Handle`), because the swarm belongs to one task.

use crate::flags::Flags;
use crate::output::{event, with};
use crate::{reach, routing, transport};
use base64::Engine;
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, ValidationMode};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionId, NetworkBehaviour, SwarmEvent};
use libp2p::{
    autonat, core::ConnectedPoint, dcutr, identify, identity::Keypair, mdns, ping, relay,
    rendezvous, Multiaddr, PeerId, Swarm, SwarmBuilder,
};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

pub type Error = Box<dyn std::error::Error + Send + Sync>;
pub type Answer = Result<Value, String>;
type Job = Box<dyn FnOnce(&mut Node) + Send>;

const SHOWN_BYTES: usize = 512;

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    gossip: gossipsub::Behaviour,
    identify: identify::Behaviour,
    mdns: Toggle<mdns::tokio::Behaviour>,
    ping: ping::Behaviour,
    relay: Toggle<relay::Behaviour>,
    relay_client: relay::client::Behaviour,
    autonat: Toggle<autonat::v1::Behaviour>,
    autonat2_client: Toggle<autonat::v2::client::Behaviour>,
    autonat2_server: Toggle<autonat::v2::server::Behaviour>,
    dcutr: Toggle<dcutr::Behaviour>,
    pub kad: Toggle<routing::Kad>,
    rendezvous: Toggle<rendezvous::server::Behaviour>,
    pub rendezvous_client: rendezvous::client::Behaviour,
    pub streams: libp2p_stream::Behaviour,
}

#[derive(Default)]
pub struct Counts {
    pub conns_in: u64,
    pub conns_out: u64,
    pub conns_closed: u64,
    pub published: u64,
    pub received: u64,
    pub bytes: u64,
}

pub struct Node {
    pub swarm: Swarm<Behaviour>,
    pub counts: Counts,
    conns: HashMap<ConnectionId, (PeerId, Value)>,
    dials: HashMap<ConnectionId, oneshot::Sender<Answer>>,
    identified: HashMap<PeerId, Value>,
    asked: Vec<(PeerId, oneshot::Sender<Answer>)>,
    pub relay_server: bool,
    pub kad_name: String,
    pub pending: routing::Pending,
    /// Known only when the flags leave no choice: rust-libp2p does not tell.
    security: Option<&'static str>,
    muxer: Option<&'static str>,
}

fn new_swarm(f: &Flags, key: Keypair) -> Result<Swarm<Behaviour>, Error> {
    let (circuits, client) = relay::client::new(key.public().to_peer_id());
    Ok(SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_other_transport(|key| transport::new(f, key, circuits))?
        .with_behaviour(|key| new_behaviour(f, key, client))?
        .with_swarm_config(|c| c.with_idle_connection_timeout(Duration::from_secs(86400)))
        .build())
}

fn new_behaviour(
    f: &Flags,
    key: &Keypair,
    relay_client: relay::client::Behaviour,
) -> Result<Behaviour, Error> {
    let me = key.public().to_peer_id();
    let mdns = f.mdns.then(|| {
        let config = mdns::Config { query_interval: Duration::from_secs(5), ..Default::default() };
        mdns::tokio::Behaviour::new(config, me)
    });
    // Not with its signed peer record: that has a domain of rust's own, for
    // which js refuses the whole message.
    let identify = identify::Config::new("ipfs/0.1.0".into(), key.public())
        .with_agent_version("rust-libp2p/0.57.1".into())
        .with_push_listen_addr_updates(true);
    Ok(Behaviour {
        gossip: new_gossip(f, key)?,
        identify: identify::Behaviour::new(identify),
        mdns: mdns.transpose()?.into(),
        ping: ping::Behaviour::default(),
        relay: reach::relay(f, me),
        relay_client,
        autonat: reach::autonat(f, me),
        autonat2_client: reach::autonat2_client(f),
        autonat2_server: reach::autonat2_server(f),
        dcutr: reach::dcutr(f, me),
        kad: routing::kad(f, me)?,
        rendezvous: routing::rendezvous_server(f),
        rendezvous_client: routing::rendezvous_client(key),
        streams: libp2p_stream::Behaviour::new(),
    })
}

/// rust's own default is base58 text and a decimal number; the spec's is this.
fn from_id(m: &gossipsub::Message) -> MessageId {
    let mut id = m.source.map(|p| p.to_bytes()).unwrap_or_default();
    id.extend(m.sequence_number.unwrap_or_default().to_be_bytes());
    id.into()
}

/// What js computes; for keys that do not fit into a peer id it cannot be had.
fn key_id(m: &gossipsub::Message) -> MessageId {
    let mut id = m.source.map(|p| p.to_bytes()).unwrap_or_default();
    if id.first() == Some(&0) {
        id.drain(..2);
    }
    id.extend(m.sequence_number.unwrap_or_default().to_be_bytes());
    id.into()
}

fn data_id(m: &gossipsub::Message) -> MessageId {
    Sha256::digest(&m.data).to_vec().into()
}

fn new_gossip(f: &Flags, key: &Keypair) -> Result<gossipsub::Behaviour, Error> {
    let mut config = gossipsub::ConfigBuilder::default();
    config
        .max_transmit_size(1 << 20)
        .connection_handler_queue_len(16384);
    let authenticity = if f.nosign {
        config.validation_mode(ValidationMode::Anonymous).message_id_fn(data_id);
        MessageAuthenticity::Anonymous
    } else {
        config
            .validation_mode(ValidationMode::Strict)
            .message_id_fn(if f.msgid_key { key_id } else { from_id });
        MessageAuthenticity::Signed(key.clone())
    };
    Ok(gossipsub::Behaviour::new(authenticity, config.build()?)?)
}

fn transport_of(addr: &Multiaddr) -> &'static str {
    let (mut name, mut secure) = ("tcp", false);
    for part in addr.iter() {
        match part {
            Protocol::QuicV1 => name = "quic-v1",
            Protocol::Tls => secure = true,
            Protocol::Ws(_) => name = if secure { "wss" } else { "ws" },
            Protocol::Wss(_) => name = "wss",
            Protocol::P2pCircuit => return "p2p-circuit",
            _ => {}
        }
    }
    name
}

fn only(text: &str, names: [&'static str; 2]) -> Option<&'static str> {
    names.into_iter().find(|n| *n == text)
}

impl Node {
    pub fn new(f: &Flags) -> Result<Node, Error> {
        let mut node = Node {
            swarm: new_swarm(f, f.identity()?)?,
            counts: Counts::default(),
            conns: HashMap::new(),
            dials: HashMap::new(),
            identified: HashMap::new(),
            asked: Vec::new(),
            relay_server: f.relay_server,
            kad_name: routing::kad_name(f),
            pending: routing::Pending::default(),
            security: only(&f.security, ["noise", "tls"]),
            muxer: only(&f.muxer, ["yamux", "mplex"]),
        };
        for topic in &f.topics {
            node.subscribe(topic)?;
        }
        Ok(node)
    }

    pub fn id(&self) -> PeerId {
        *self.swarm.local_peer_id()
    }

    pub fn addrs(&self) -> Vec<String> {
        let me = self.id();
        let whole = |a: &Multiaddr| a.clone().with_p2p(me).unwrap_or_else(|a| a).to_string();
        self.swarm.listeners().map(whole).collect()
    }

    pub fn peers(&self) -> Value {
        let ids: Vec<_> = self.swarm.connected_peers().map(PeerId::to_string).collect();
        json!({"peers": ids, "conns": self.conns.len()})
    }

    pub fn subscribe(&mut self, topic: &str) -> Result<(), Error> {
        self.swarm.behaviour_mut().gossip.subscribe(&IdentTopic::new(topic))?;
        Ok(())
    }

    pub fn unsubscribe(&mut self, topic: &str) -> Answer {
        match self.swarm.behaviour_mut().gossip.unsubscribe(&IdentTopic::new(topic)) {
            true => Ok(json!({})),
            false => Err(format!("not subscribed to {topic}")),
        }
    }

    pub fn publish(&mut self, topic: &str, data: Vec<u8>) -> Answer {
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        match gossip.publish(IdentTopic::new(topic), data) {
            Ok(_) | Err(gossipsub::PublishError::NoPeersSubscribedToTopic) => {
                self.counts.published += 1;
                Ok(json!({}))
            }
            Err(e) => Err(e.to_string()),
        }
    }

    pub fn mesh(&self, topic: &str) -> Value {
        let hash = IdentTopic::new(topic).hash();
        let gossip = &self.swarm.behaviour().gossip;
        let mesh: Vec<_> = gossip.mesh_peers(&hash).map(PeerId::to_string).collect();
        let subscribers: Vec<_> = gossip
            .all_peers()
            .filter(|(_, topics)| topics.contains(&&hash))
            .map(|(p, _)| p.to_string())
            .collect();
        json!({"topic": topic, "mesh": mesh, "peers": subscribers})
    }

    pub fn conn_count(&self) -> usize {
        self.conns.len()
    }

    pub fn disconnect(&mut self, peer: PeerId) -> Answer {
        let gone = self.swarm.disconnect_peer_id(peer);
        gone.map(|_| json!({})).map_err(|_| "not connected".into())
    }

    /// A connection with the peer; where `direct` is asked, not over a relay.
    fn conn_to(&self, peer: &PeerId, direct: bool) -> Option<Value> {
        let fits = |v: &Value| !direct || v["limited"] == false;
        self.conns.values().find(|(p, v)| p == peer && fits(v)).map(|(_, v)| v.clone())
    }

    pub fn relayed(&self, peer: &PeerId) -> Vec<ConnectionId> {
        let theirs = self.conns.iter().filter(|(_, (p, v))| p == peer && v["limited"] == true);
        theirs.map(|(id, _)| *id).collect()
    }

    /// Answers with the connection that stands, or that the dial makes.
    pub fn dial(&mut self, addr: &Multiaddr) -> oneshot::Receiver<Answer> {
        let (tell, told) = oneshot::channel();
        let peer = match addr.iter().last() {
            Some(Protocol::P2p(id)) => Some(id),
            _ => None,
        };
        let direct = transport_of(addr) != "p2p-circuit";
        if let Some(conn) = peer.and_then(|p| self.conn_to(&p, direct)) {
            let _ = tell.send(Ok(conn));
            return told;
        }
        let opts: DialOpts = addr.clone().into();
        let id = opts.connection_id();
        match self.swarm.dial(opts) {
            Ok(()) => drop(self.dials.insert(id, tell)),
            Err(e) => drop(tell.send(Err(e.to_string()))),
        }
        told
    }

    /// What the peer said of itself, as soon as it has.
    pub fn identify(&mut self, peer: PeerId) -> oneshot::Receiver<Answer> {
        let (tell, told) = oneshot::channel();
        match self.identified.get(&peer) {
            Some(known) => drop(tell.send(Ok(known.clone()))),
            None => self.asked.push((peer, tell)),
        }
        told
    }

    pub fn on_event(&mut self, e: SwarmEvent<BehaviourEvent>) {
        match e {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.connected(peer_id, connection_id, &endpoint)
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, num_established, .. } => {
                self.counts.conns_closed += 1;
                self.conns.remove(&connection_id);
                if num_established == 0 {
                    self.identified.remove(&peer_id);
                    event(json!({"type": "disconnected", "peer": peer_id.to_string()}));
                }
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                if let Some(tell) = self.dials.remove(&connection_id) {
                    let _ = tell.send(Err(error.to_string()));
                }
            }
            SwarmEvent::NewListenAddr { address, .. } => self.listening(address),
            SwarmEvent::NewExternalAddrCandidate { .. } => reach::on_candidate(),
            SwarmEvent::Behaviour(e) => self.on_behaviour(e),
            _ => {}
        }
    }

    fn on_behaviour(&mut self, e: BehaviourEvent) {
        match e {
            BehaviourEvent::Gossip(e) => self.on_gossip(e),
            BehaviourEvent::Identify(e) => self.on_identify(e),
            BehaviourEvent::Mdns(mdns::Event::Discovered(found)) => self.discovered(found),
            BehaviourEvent::RelayClient(e) => reach::on_relay(e),
            BehaviourEvent::Autonat(e) => reach::on_autonat(e),
            BehaviourEvent::Autonat2Client(e) => reach::on_autonat2(e),
            BehaviourEvent::Dcutr(e) => reach::on_dcutr(e),
            BehaviourEvent::Kad(e) => self.on_kad(e),
            BehaviourEvent::RendezvousClient(e) => self.on_rendezvous(e),
            _ => {}
        }
    }

    fn connected(&mut self, peer: PeerId, id: ConnectionId, end: &ConnectedPoint) {
        let dir = if end.is_dialer() { "out" } else { "in" };
        match dir {
            "in" => self.counts.conns_in += 1,
            _ => self.counts.conns_out += 1,
        }
        // Who comes over a relay has no address of his own.
        let mut addr = match end {
            ConnectedPoint::Listener { local_addr, .. } if end.is_relayed() => local_addr.clone(),
            _ => end.get_remote_address().clone(),
        };
        if let Some(Protocol::P2p(_)) = addr.iter().last() {
            addr.pop();
        }
        let transport = transport_of(&addr);
        // QUIC is both by itself.
        let own = transport == "quic-v1";
        let v = json!({"peer": peer.to_string(), "addr": addr.to_string(), "dir": dir,
            "security": if own { None } else { self.security },
            "muxer": if own { None } else { self.muxer }, "transport": transport,
            "early_mux": false, "limited": end.is_relayed()});
        event(with(json!({"type": "connected"}), v.clone()));
        if let Some(tell) = self.dials.remove(&id) {
            let _ = tell.send(Ok(v.clone()));
        }
        self.conns.insert(id, (peer, v));
        if !end.is_relayed() {
            self.met(&peer);
        }
    }

    fn discovered(&mut self, found: Vec<(PeerId, Multiaddr)>) {
        for (peer, addr) in found {
            event(json!({"type": "mdns", "peer": peer.to_string(), "addrs": [addr.to_string()]}));
            if !self.swarm.is_connected(&peer) {
                let _ = self.swarm.dial(DialOpts::peer_id(peer).addresses(vec![addr]).build());
            }
        }
    }

    fn on_identify(&mut self, e: identify::Event) {
        let identify::Event::Received { peer_id, info, .. } = e else { return };
        let names: Vec<_> = info.protocols.iter().map(|p| p.to_string()).collect();
        self.learn(peer_id, &names, &info.listen_addrs);
        let texts: Vec<_> = info.listen_addrs.iter().map(Multiaddr::to_string).collect();
        let v = json!({"peer": peer_id.to_string(), "agent": info.agent_version,
            "protocol_version": info.protocol_version, "protocols": names, "addrs": texts,
            "observed": info.observed_addr.to_string(),
            "signed_record": info.signed_peer_record.is_some()});
        event(with(json!({"type": "identify"}), v.clone()));
        let (ready, waiting) = std::mem::take(&mut self.asked)
            .into_iter()
            .partition(|(p, _)| *p == peer_id);
        self.asked = waiting;
        let ready: Vec<_> = ready;
        for (_, tell) in ready {
            let _ = tell.send(Ok(v.clone()));
        }
        self.identified.insert(peer_id, v);
    }

    fn on_gossip(&mut self, e: gossipsub::Event) {
        let gossipsub::Event::Message { propagation_source, message: m, .. } = e else { return };
        self.counts.received += 1;
        self.counts.bytes += m.data.len() as u64;
        let shown = &m.data[..m.data.len().min(SHOWN_BYTES)];
        let data = match std::str::from_utf8(shown) {
            Ok(text) => json!({"data": text}),
            Err(_) => {
                let text = base64::engine::general_purpose::STANDARD.encode(shown);
                json!({"data_b64": text})
            }
        };
        let head = json!({"type": "msg", "topic": m.topic.to_string(),
            "from": m.source.map(|p| p.to_string()), "via": propagation_source.to_string(),
            "seqno": m.sequence_number, "size": m.data.len()});
        event(with(head, data));
    }
}

/// Lets other tasks run something on the node, one after the other.
#[derive(Clone)]
pub struct Handle(mpsc::UnboundedSender<Job>);

impl Handle {
    pub fn new() -> (Handle, mpsc::UnboundedReceiver<Job>) {
        let (sender, jobs) = mpsc::unbounded_channel();
        (Handle(sender), jobs)
    }

    pub async fn with<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Node) -> T + Send + 'static,
    ) -> T {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |node| drop(tell.send(f(node))));
        self.0.send(job).ok().expect("the node runs");
        told.await.expect("the node runs")
    }
}
