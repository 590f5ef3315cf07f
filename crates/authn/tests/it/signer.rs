//! An issuer's keys and every way, good and bad, in which a token can be signed with them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// An RSA key takes a second to make, so the whole run shares one set.
pub static SIGNER: LazyLock<Signer> = LazyLock::new(Signer::generate);

/// A point of order one: with it as key, one signature fits every message.
pub const LOW_ORDER_POINT: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
};

/// One key of each accepted kind; their names are `ed`, `es`, `rs`.
pub struct Signer {
    ed: Ed25519KeyPair,
    es: EcdsaKeyPair,
    es_der: EcdsaKeyPair,
    rs: RsaKeyPair,
}

impl Signer {
    pub fn generate() -> Self {
        let es = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let private = es.to_pkcs8v1().unwrap();
        Self {
            ed: Ed25519KeyPair::generate().unwrap(),
            es_der: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, private.as_ref()).unwrap(),
            es,
            rs: RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap(),
        }
    }

    pub fn ed_jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encode(self.ed.public_key().as_ref()) })
    }

    pub fn es_jwk(&self) -> Value {
        let [x, y] = [1..33, 33..65].map(|half| encode(&self.es.public_key().as_ref()[half]));
        json!({ "kty": "EC", "crv": "P-256", "kid": "es", "use": "sig", "x": x, "y": y })
    }

    pub fn rs_jwk(&self) -> Value {
        json!({ "kty": "RSA", "kid": "rs", "alg": "RS256", "n": encode(&self.modulus()), "e": "AQAB" })
    }

    /// The issuer's document.
    pub fn jwks(&self) -> String {
        json!({ "keys": [self.ed_jwk(), self.es_jwk(), self.rs_jwk()] }).to_string()
    }

    /// A 2,048-bit modulus out of `SEQUENCE { INTEGER n, INTEGER e }`, where n starts at the tenth byte.
    fn modulus(&self) -> Vec<u8> {
        let der = self.rs.public_key().as_ref();
        assert_eq!((der[..9].to_vec(), der.len()), (vec![0x30, 0x82, 1, 0x0a, 2, 0x82, 1, 1, 0], 270));
        der[9..265].to_vec()
    }

    /// The whole token: header and claims as given, signed in the named way.
    pub fn token(&self, header: &str, claims: &str, way: &str) -> String {
        let message = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
        let signature = encode(&self.signature(message.as_bytes(), way));
        format!("{message}.{signature}")
    }

    fn signature(&self, message: &[u8], way: &str) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |padding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; self.rs.public_modulus_len()];
            self.rs.sign(padding, &random, message, &mut signature).unwrap();
            signature
        };
        let hmac =
            |secret: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec();
        match way {
            "ed" => self.ed.sign(message).as_ref().to_vec(),
            "es" => self.es.sign(&random, message).unwrap().as_ref().to_vec(),
            "rs" => rsa(&RSA_PKCS1_SHA256),
            "ps" => rsa(&RSA_PSS_SHA256),
            "es, DER" => self.es_der.sign(&random, message).unwrap().as_ref().to_vec(),
            "es, r and s zero" => vec![0; 64],
            "none" => Vec::new(),
            "another ed" => Ed25519KeyPair::generate().unwrap().sign(message).as_ref().to_vec(),
            "low order" => [LOW_ORDER_POINT, [0; 32]].concat(),
            "HMAC of the DER" => hmac(self.rs.public_key().as_ref()),
            "HMAC of the PEM" => hmac(pem(self.rs.public_key().as_ref()).as_bytes()),
            "HMAC of the JWK" => hmac(self.rs_jwk().to_string().as_bytes()),
            "HMAC of the x" => hmac(self.ed.public_key().as_ref()),
            other => panic!("no such way to sign: {other}"),
        }
    }
}

pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", lines.join("\n"))
}
