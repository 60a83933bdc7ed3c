// SPDX-License-Identifier: MIT OR Apache-2.0

//! Every transport that the flags leave, under one type: what security and
//! muxer are is decided while a connection is made, not while this compiles.

use crate::flags::Flags;
use crate::node::Error;
use futures::future::BoxFuture;
use futures::{AsyncRead, AsyncWrite, TryFutureExt};
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::upgrade::{
    InboundConnectionUpgrade as Inbound, OutboundConnectionUpgrade as Outbound, UpgradeInfo,
    Version,
};
use libp2p::core::Transport;
use libp2p::identity::Keypair;
use libp2p::pnet::{PnetConfig, PreSharedKey};
use libp2p::{noise, quic, relay, tcp, tls, websocket, yamux, PeerId};
use std::io;
use std::pin::Pin;

pub trait Bytes: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Bytes for T {}
type Pipe = Pin<Box<dyn Bytes>>;
type Future<T> = BoxFuture<'static, Result<T, io::Error>>;

fn pipe<T: Bytes + 'static>((peer, bytes): (PeerId, T)) -> (PeerId, Pipe) {
    (peer, Box::pin(bytes))
}

fn other(e: impl Into<Error>) -> io::Error {
    io::Error::other(e)
}

/// Security by what was agreed, in the order of the flag.
#[derive(Clone)]
struct Security {
    names: Vec<&'static str>,
    noise: noise::Config,
    tls: tls::Config,
}

impl Security {
    fn new(flag: &str, key: &Keypair) -> Result<Security, Error> {
        let name = |n| match n {
            "noise" => Ok("/noise"),
            "tls" => Ok("/tls/1.0.0"),
            _ => Err(format!("unknown security {n}")),
        };
        Ok(Security {
            names: flag.split(',').map(name).collect::<Result<_, _>>()?,
            noise: noise::Config::new(key)?,
            tls: tls::Config::new(key)?,
        })
    }
}

/// Muxers by what was agreed.
#[derive(Clone)]
struct Muxers(Vec<&'static str>);

impl Muxers {
    fn new(flag: &str) -> Result<Muxers, Error> {
        Ok(Muxers(match flag {
            "yamux" => vec!["/yamux/1.0.0"],
            "mplex" => vec!["/mplex/6.7.0"],
            "both" => vec!["/yamux/1.0.0", "/mplex/6.7.0"],
            _ => return Err(format!("unknown muxer {flag}").into()),
        }))
    }
}

impl UpgradeInfo for Security {
    type Info = &'static str;
    type InfoIter = std::vec::IntoIter<&'static str>;
    fn protocol_info(&self) -> Self::InfoIter {
        self.names.clone().into_iter()
    }
}

impl UpgradeInfo for Muxers {
    type Info = &'static str;
    type InfoIter = std::vec::IntoIter<&'static str>;
    fn protocol_info(&self) -> Self::InfoIter {
        self.0.clone().into_iter()
    }
}

macro_rules! upgrades {
    ($side:ident, $method:ident) => {
        impl<C: Bytes + Unpin + 'static> $side<C> for Security {
            type Output = (PeerId, Pipe);
            type Error = io::Error;
            type Future = Future<Self::Output>;
            fn $method(self, socket: C, name: &'static str) -> Self::Future {
                if name == "/noise" {
                    Box::pin(self.noise.$method(socket, name).map_ok(pipe).map_err(other))
                } else {
                    Box::pin(self.tls.$method(socket, name).map_ok(pipe).map_err(other))
                }
            }
        }

        impl<C: Bytes + Unpin + 'static> $side<C> for Muxers {
            type Output = StreamMuxerBox;
            type Error = io::Error;
            type Future = Future<Self::Output>;
            fn $method(self, socket: C, name: &'static str) -> Self::Future {
                if name == "/yamux/1.0.0" {
                    let mux = yamux::Config::default().$method(socket, name);
                    Box::pin(mux.map_ok(StreamMuxerBox::new).map_err(other))
                } else {
                    let mux = libp2p_mplex::Config::default().$method(socket, name);
                    Box::pin(mux.map_ok(StreamMuxerBox::new).map_err(other))
                }
            }
        }
    };
}

upgrades!(Inbound, upgrade_inbound);
upgrades!(Outbound, upgrade_outbound);

type Whole = Boxed<(PeerId, StreamMuxerBox)>;

/// What turns bytes of some transport into a connection.
struct Upgrade {
    security: Security,
    muxers: Muxers,
    psk: Option<PreSharedKey>,
}

impl Upgrade {
    fn over<T>(&self, transport: T) -> Whole
    where
        T: Transport + Send + Unpin + 'static,
        T::Output: Bytes + Unpin + 'static,
        T::Error: Send + Sync,
        T::Dial: Send,
        T::ListenerUpgrade: Send,
    {
        let psk = self.psk;
        transport
            .map(|bytes, _| Box::pin(bytes) as Pipe)
            .and_then(move |bytes, _| async move {
                match psk {
                    None => Ok(bytes),
                    Some(key) => {
                        let net = PnetConfig::new(key).handshake(bytes).await;
                        net.map(|bytes| Box::pin(bytes) as Pipe).map_err(other)
                    }
                }
            })
            .upgrade(Version::V1Lazy)
            .authenticate(self.security.clone())
            .multiplex(self.muxers.clone())
            .boxed()
    }
}

/// DER of the first object of a PEM file.
fn der(file: &str) -> Result<Vec<u8>, Error> {
    use base64::Engine;
    let pem = std::fs::read_to_string(file)?;
    let lines = pem.lines().skip_while(|l| !l.starts_with("-----BEGIN")).skip(1);
    let body: String = lines.take_while(|l| !l.starts_with('-')).collect();
    Ok(base64::engine::general_purpose::STANDARD.decode(body)?)
}

/// The server's certificate, and whom a client trusts besides.
fn web_tls(f: &Flags) -> Result<websocket::tls::Config, Error> {
    let mut config = websocket::tls::Config::builder();
    if let (Some(cert), Some(key)) = (&f.tls_cert, &f.tls_key) {
        let key = websocket::tls::PrivateKey::new(der(key)?);
        config.server(key, [websocket::tls::Certificate::new(der(cert)?)])?;
    }
    if let Some(ca) = &f.tls_ca {
        config.add_trust(&websocket::tls::Certificate::new(der(ca)?))?;
    }
    Ok(config.finish())
}

pub fn new(
    f: &Flags,
    key: &Keypair,
    circuits: relay::client::Transport,
) -> Result<Whole, Error> {
    let psk = f.psk.as_ref().map(std::fs::read_to_string).transpose()?;
    let up = Upgrade {
        security: Security::new(&f.security, key)?,
        muxers: Muxers::new(&f.muxer)?,
        psk: psk.map(|text| text.parse()).transpose()?,
    };
    let tcp = || tcp::tokio::Transport::new(tcp::Config::default().nodelay(true));
    let mut ws = websocket::Config::new(tcp());
    ws.set_tls_config(web_tls(f)?);
    // WebSocket first: TCP would take such an address for one of its own.
    let bytes = up.over(ws).or_transport(up.over(tcp())).map(|e, _| e.into_inner());
    let bytes = up.over(circuits).or_transport(bytes).map(|e, _| e.into_inner());
    if up.psk.is_some() {
        return Ok(bytes.boxed()); // no private network over QUIC
    }
    let quic = quic::tokio::Transport::new(quic::Config::new(key))
        .map(|(peer, conn), _| (peer, StreamMuxerBox::new(conn)));
    Ok(bytes.or_transport(quic).map(|e, _| e.into_inner()).boxed())
}
