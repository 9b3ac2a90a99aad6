//! Cargo builds a library once, with every feature that anybody in the build asks for. So a user's other crates decide
//! whether the reqwest below our client can decompress and speak HTTP/2, and none of it may change what our client does: a
//! few bytes would become a gigabyte, beyond the limit on an answer's size. Here all of it is on.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers outside of #[test], where clippy.toml allows it")]

mod stub;

use std::io::Write;

use devcred::{AccessKey, Client, ErrorKind};
use reqwest::header::ACCEPT_ENCODING;
use stub::{Answer, Stub};

const CLIENT_ID: &str = "GID_test@@@device";
const INSTANCE_ID: &str = "post-cn-0pp12gl****";

/// A good answer for this device. Unpacked, our client would take it.
const CREDENTIAL: &str = r#"{"RequestId":"07AB2E7F-1EF8-4D08-A423-D58E3A26FF01","DeviceCredential":{"ClientId":"GID_test@@@device","InstanceId":"post-cn-0pp12gl****","DeviceAccessKeyId":"DC.id","DeviceAccessKeySecret":"secret","CreateTime":1605541382000,"UpdateTime":1605541382000}}"#;

type Pack = fn(&[u8]) -> Vec<u8>;

/// Every content encoding that reqwest knows, with what packs a body so.
const ENCODINGS: [(&str, Pack); 4] = [("gzip", gzip), ("br", brotli), ("deflate", deflate), ("zstd", zstd)];

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn brotli(body: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    brotli::CompressorWriter::new(&mut packed, 4096, 5, 22).write_all(body).unwrap();
    packed
}

fn zstd(body: &[u8]) -> Vec<u8> {
    zstd::encode_all(body, 0).unwrap()
}

fn client(endpoint: &str) -> Client {
    let key = AccessKey::new("LTAI5tExample", "the-secret").unwrap();
    let builder = Client::builder().access_key(key).endpoint(endpoint);
    builder.instance_id(INSTANCE_ID).build().unwrap()
}

/// What another crate of the program might make: all defaults.
fn somebody_elses_client() -> reqwest::Client {
    // The second time it is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The system's certificates are left out, since a test machine may have none.
    let builder = reqwest::Client::builder().no_proxy();
    builder.tls_certs_only(Vec::new()).build().unwrap()
}

#[tokio::test]
async fn the_features_are_on_in_this_build() {
    for (encoding, pack) in ENCODINGS {
        let stub = Stub::answers(Answer::encoded(encoding, pack(CREDENTIAL.as_bytes())));
        let response = somebody_elses_client().post(&stub.endpoint).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), CREDENTIAL, "{encoding} is not unpacked");

        let asked = stub.header_of_the_only_request(ACCEPT_ENCODING.as_str()).unwrap_or_default();
        assert!(asked.split(',').any(|name| name.trim() == encoding), "{encoding} is not asked for: {asked}");
    }
}

#[tokio::test]
async fn a_packed_answer_is_refused_after_one_request() {
    for (encoding, pack) in ENCODINGS {
        let stub = Stub::answers(Answer::encoded(encoding, pack(CREDENTIAL.as_bytes())));
        let error = client(&stub.endpoint).get_device_credential(CLIENT_ID).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{encoding}: {error}");
        assert!(error.message().contains("Content-Encoding"), "{encoding}: {error}");
        assert_eq!((error.attempts(), stub.requests().len()), (1, 1), "{encoding}");
    }
}

#[tokio::test]
async fn our_client_asks_for_no_encoding() {
    let stub = Stub::answers(Answer::plain(CREDENTIAL));
    let credential = client(&stub.endpoint).get_device_credential(CLIENT_ID).await.unwrap();
    assert_eq!(credential.device_access_key_id(), "DC.id");
    assert_eq!(stub.header_of_the_only_request(ACCEPT_ENCODING.as_str()), None);
}

#[tokio::test]
async fn our_client_offers_no_http2() {
    let (endpoint, offered) = stub::tls_hello();
    let _ = somebody_elses_client().post(&endpoint).send().await.unwrap_err();
    assert_eq!(offered.recv().unwrap(), ["h2", "http/1.1"], "HTTP/2 is not on in this build");

    let (endpoint, offered) = stub::tls_hello();
    let error = client(&endpoint).get_device_credential(CLIENT_ID).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    let offered = offered.recv().unwrap();
    assert!(!offered.contains(&"h2".to_owned()), "{offered:?}");
}
