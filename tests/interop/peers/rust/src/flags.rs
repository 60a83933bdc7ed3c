// SPDX-License-Identifier: MIT OR Apache-2.0

use base64::Engine;
use libp2p::identity::Keypair;
use std::process::Command;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[derive(Default)]
pub struct Flags {
    pub listen: Vec<String>,
    pub connect: Vec<String>,
    pub topics: Vec<String>,
    pub security: String,
    pub muxer: String,
    pub key: String,
    pub key_file: Option<String>,
    pub psk: Option<String>,
    pub tls_cert: Option<String>,
    pub tls_key: Option<String>,
    pub tls_ca: Option<String>,
    pub seed: Option<u32>,
    pub nosign: bool,
    pub msgid_key: bool,
    pub mdns: bool,
    pub relay_server: bool,
    pub holepunch: bool,
    pub autonat: bool,
    pub autonatv2: bool,
    pub dht: Option<String>,
    pub dht_prefix: String,
    pub rendezvous_server: bool,
    pub quiet: bool,
    pub max_seconds: u64,
}

pub fn parse() -> Result<Flags, Error> {
    let mut f = Flags {
        security: "noise".into(),
        muxer: "yamux".into(),
        key: "ed25519".into(),
        dht_prefix: "/ipfs".into(),
        ..Flags::default()
    };
    let mut args = std::env::args().skip(1).peekable();
    args.next_if(|a| a == "node");
    while let Some(arg) = args.next() {
        let name = arg.trim_start_matches('-').to_owned();
        match name.as_str() {
            "mdns" => f.mdns = true,
            "relay-server" => f.relay_server = true,
            "holepunch" => f.holepunch = true,
            "autonat" => f.autonat = true,
            "autonatv2" => f.autonatv2 = true,
            "rendezvous-server" => f.rendezvous_server = true,
            "quiet" => f.quiet = true,
            // It never agrees on the muxer inside the handshake, and is always
            // a client of rendezvous points.
            "no-early-mux" | "rendezvous-client" => {}
            _ => {
                let value = args.next().ok_or(format!("{arg} needs a value"))?;
                set(&mut f, &name, value)?;
            }
        }
    }
    Ok(f)
}

fn set(f: &mut Flags, name: &str, value: String) -> Result<(), Error> {
    match name {
        "listen" => f.listen.push(value),
        "relay" => f.listen.push(format!("{value}/p2p-circuit")),
        "connect" => f.connect.push(value),
        "dht" => f.dht = Some(value),
        "dht-prefix" => f.dht_prefix = value,
        "topic" => f.topics.push(value),
        "security" => f.security = value,
        "muxer" => f.muxer = value,
        "key" => f.key = value,
        "key-file" => f.key_file = Some(value),
        "psk" => f.psk = Some(value),
        "tls-cert" => f.tls_cert = Some(value),
        "tls-key" => f.tls_key = Some(value),
        "tls-ca" => f.tls_ca = Some(value),
        "seed" => f.seed = Some(value.parse()?),
        "sign" => f.nosign = value == "nosign",
        "msgid" => f.msgid_key = value == "key",
        "max-seconds" => f.max_seconds = value.parse()?,
        _ => return Err(format!("unknown flag {name}").into()),
    }
    Ok(())
}

impl Flags {
    pub fn identity(&self) -> Result<Keypair, Error> {
        if let Some(bytes) = self.key_file.as_ref().and_then(|f| std::fs::read(f).ok()) {
            return Ok(Keypair::from_protobuf_encoding(&bytes)?);
        }
        let key = self.new_key()?;
        if let Some(file) = &self.key_file {
            std::fs::write(file, key.to_protobuf_encoding()?)?;
        }
        Ok(key)
    }

    fn new_key(&self) -> Result<Keypair, Error> {
        Ok(match (self.key.as_str(), self.seed) {
            ("ed25519", Some(n)) => {
                // 32 bytes, N little-endian in the first four.
                let mut seed = [0u8; 32];
                seed[..4].copy_from_slice(&n.to_le_bytes());
                Keypair::ed25519_from_bytes(seed)?
            }
            ("ed25519", None) => Keypair::generate_ed25519(),
            ("secp256k1", _) => Keypair::generate_secp256k1(),
            ("ecdsa", _) => Keypair::generate_ecdsa(),
            ("rsa", _) => new_rsa()?,
            (other, _) => return Err(format!("unknown key type {other}").into()),
        })
    }
}

/// libp2p-identity reads RSA keys but does not make them.
fn new_rsa() -> Result<Keypair, Error> {
    let out = Command::new("openssl")
        .args(["genpkey", "-quiet", "-algorithm", "RSA"])
        .args(["-pkeyopt", "rsa_keygen_bits:2048"])
        .output()?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into());
    }
    // The PEM file is PKCS#8; DER would be the older form.
    let pem = String::from_utf8(out.stdout)?;
    let body: String = pem.lines().filter(|l| !l.starts_with('-')).collect();
    let mut der = base64::engine::general_purpose::STANDARD.decode(body)?;
    Ok(Keypair::rsa_from_pkcs8(&mut der)?)
}
