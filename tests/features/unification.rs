//! Cargo builds a library once, with the union of the features that the crates of a program enable.
//! So other crates decide whether devcred's reqwest supports decompression and HTTP/2, and neither
//! may change devcred's behaviour: decompression could turn a few bytes into a gigabyte and evade
//! the limit on the size of a response. This build enables all of these features.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers outside of #[test], where clippy.toml allows it")]

mod stub;

use std::io::Write;

use devcred::{AccessKey, Client, ErrorKind};
use reqwest::header::ACCEPT_ENCODING;
use stub::{Stub, StubResponse};

const CLIENT_ID: &str = "GID_test@@@device";
const INSTANCE_ID: &str = "post-cn-0pp12gl****";

/// A valid response for this device, which devcred would accept if it were decompressed.
const CREDENTIAL: &str = r#"{"RequestId":"07AB2E7F-1EF8-4D08-A423-D58E3A26FF01","DeviceCredential":{"ClientId":"GID_test@@@device","InstanceId":"post-cn-0pp12gl****","DeviceAccessKeyId":"DC.id","DeviceAccessKeySecret":"secret","CreateTime":1605541382000,"UpdateTime":1605541382000}}"#;

type Compress = fn(&[u8]) -> Vec<u8>;

/// Every content encoding that reqwest supports, with a function that compresses a body.
const ENCODINGS: [(&str, Compress); 4] = [("gzip", gzip), ("br", brotli), ("deflate", deflate), ("zstd", zstd)];

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
    let mut compressed = Vec::new();
    brotli::CompressorWriter::new(&mut compressed, 4096, 5, 22).write_all(body).unwrap();
    compressed
}

fn zstd(body: &[u8]) -> Vec<u8> {
    zstd::encode_all(body, 0).unwrap()
}

fn client(endpoint: &str) -> Client {
    let key = AccessKey::new("LTAI5tExample", "the-secret").unwrap();
    let builder = Client::builder().access_key(key).endpoint(endpoint);
    builder.instance_id(INSTANCE_ID).build().unwrap()
}

/// A client with all defaults, as another crate of the program could create it.
fn default_reqwest_client() -> reqwest::Client {
    // Fails if the provider is already installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Without the system's certificates, because a test machine may have none.
    let builder = reqwest::Client::builder().no_proxy();
    builder.tls_certs_only(Vec::new()).build().unwrap()
}

#[tokio::test]
async fn this_build_enables_the_features() {
    for (encoding, compress) in ENCODINGS {
        let stub = Stub::start(StubResponse::encoded(encoding, compress(CREDENTIAL.as_bytes())));
        let response = default_reqwest_client().post(&stub.endpoint).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), CREDENTIAL, "{encoding} was not decompressed");

        let accepted = stub.header_of_only_request(ACCEPT_ENCODING.as_str()).unwrap_or_default();
        assert!(
            accepted.split(',').any(|name| name.trim() == encoding),
            "{encoding} is not in Accept-Encoding: {accepted}"
        );
    }
}

#[tokio::test]
async fn a_compressed_response_is_refused_without_a_retry() {
    for (encoding, compress) in ENCODINGS {
        let stub = Stub::start(StubResponse::encoded(encoding, compress(CREDENTIAL.as_bytes())));
        let error = client(&stub.endpoint).get_device_credential(CLIENT_ID).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{encoding}: {error}");
        assert!(error.message().contains("Content-Encoding"), "{encoding}: {error}");
        assert_eq!((error.attempts(), stub.requests().len()), (1, 1), "{encoding}");
    }
}

#[tokio::test]
async fn devcred_sends_no_accept_encoding() {
    let stub = Stub::start(StubResponse::plain(CREDENTIAL));
    let credential = client(&stub.endpoint).get_device_credential(CLIENT_ID).await.unwrap();
    assert_eq!(credential.device_access_key_id(), "DC.id");
    assert_eq!(stub.header_of_only_request(ACCEPT_ENCODING.as_str()), None);
}

#[tokio::test]
async fn devcred_offers_no_http2() {
    let (endpoint, offered) = stub::start_tls_listener();
    let _ = default_reqwest_client().post(&endpoint).send().await.unwrap_err();
    assert_eq!(offered.recv().unwrap(), ["h2", "http/1.1"], "this build does not enable HTTP/2");

    let (endpoint, offered) = stub::start_tls_listener();
    let error = client(&endpoint).get_device_credential(CLIENT_ID).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    let offered = offered.recv().unwrap();
    assert!(!offered.contains(&"h2".to_owned()), "{offered:?}");
}
