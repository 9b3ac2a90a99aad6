//! The emulator of one case, on separate ports.

use std::io::Write;
use std::time::Duration;

use devcred_emulator::{Emulator, Exchange, Journal, Proxy, Quotas, RecordedCall, RegisterExisting, Tls};
use tempfile::NamedTempFile;

use crate::case::{self, Server};
use crate::leak_check::Secrets;

/// How long the driver waits for a request that a client has sent and the emulator has not recorded
/// yet.
const LATE: Duration = Duration::from_secs(2);

/// A running emulator, and what a client needs to know about it.
pub(crate) struct Running {
    emulator: Emulator,
    proxy: Option<String>,
    /// A file for `SSL_CERT_FILE`.
    authority_file: Option<NamedTempFile>,
    tls: Option<case::Tls>,
}

/// The emulator's journal and counters.
pub(crate) struct Counts {
    pub(crate) calls: Vec<RecordedCall>,
    pub(crate) connections: u64,
    pub(crate) peak_connections: u64,
    pub(crate) proxy_requests: usize,
    pub(crate) redirect_connections: u64,
    /// Empty unless exchanges are recorded.
    pub(crate) exchanges: Vec<Exchange>,
}

impl Running {
    /// Starts the emulator of a case.
    pub(crate) async fn start(server: &Server, is_traced: bool) -> Result<Self, String> {
        let mut builder =
            Emulator::builder().record_exchanges(is_traced).steps(server.steps()?).clock_offset(server.clock_offset_s);
        for case::AccessKey { id, secret, token, expires_in_s } in &server.access_keys {
            builder = match (token, expires_in_s) {
                (None, _) => builder.access_key(id, secret),
                (Some(token), None) => builder.access_key_with_token(id, secret, token),
                (Some(token), Some(seconds)) => {
                    builder.access_key_with_expiring_token(id, secret, token, Duration::from_secs(*seconds))
                }
            };
        }
        builder = server.instances.iter().fold(builder, |builder, id| builder.instance(id));
        builder = server.devices.iter().fold(builder, |builder, id| builder.device(id));
        if let Some(existing) = server.register_existing {
            builder = builder.register_existing(existing.into());
        }
        if let Some(max_credentials) = server.max_credentials {
            builder = builder.max_credentials(max_credentials);
        }
        if server.quotas {
            builder = builder.quotas(Quotas::default());
        }
        builder = builder.connections(server.connections.iter().map(|tls| (*tls).into()));
        if server.black_hole {
            builder = builder.black_hole();
        }
        // With a proxy the endpoint uses TLS and another name, because a request to loopback
        // bypasses the proxy.
        let tls = server.tls.or(server.proxy.is_some().then_some(case::Tls::Valid));
        if let Some(tls) = tls {
            builder = builder.tls(tls.into());
        }
        if let Some(proxy) = &server.proxy {
            builder = builder.proxy(proxy.into());
        }
        let emulator = builder.start().await.map_err(|error| format!("the emulator cannot start: {error}"))?;

        let user = match &server.proxy {
            Some(case::Proxy::WithPassword { user, password }) => format!("{user}:{password}@"),
            _ => String::new(),
        };
        let proxy = emulator.proxy_address().map(|address| format!("http://{user}{address}"));
        let authority_file = emulator.authority_pem().map(file_of).transpose();
        let authority_file = authority_file.map_err(|error| format!("the authority cannot be written: {error}"))?;
        Ok(Self { emulator, proxy, authority_file, tls })
    }

    /// Returns the defaults for a call.
    pub(crate) fn defaults(&self) -> Vec<(&'static str, String)> {
        let is_to_be_unknown = self.tls == Some(case::Tls::UnknownAuthority);
        let authority = self.emulator.authority_pem().filter(|_| !is_to_be_unknown);
        let some = [
            ("endpoint", Some(self.emulator.endpoint())),
            ("access_key_id", Some(self.emulator.access_key_id())),
            ("access_key_secret", Some(self.emulator.access_key_secret())),
            ("security_token", self.emulator.security_token()),
            ("root_certificates_pem", authority),
            ("proxy", self.proxy.as_deref()),
        ];
        some.into_iter().filter_map(|(key, value)| Some((key, value?.to_owned()))).collect()
    }

    /// Returns the placeholders and this run's values for them.
    pub(crate) fn placeholders(&self) -> Vec<(&'static str, String)> {
        let proxy = self.emulator.proxy_address().map(|address| address.to_string()).unwrap_or_default();
        let file = self.authority_file.as_ref().map(|file| file.path().display().to_string()).unwrap_or_default();
        vec![
            ("{endpoint}", self.emulator.endpoint().to_owned()),
            ("{host}", self.host().to_owned()),
            ("{port}", self.emulator.address().port().to_string()),
            ("{proxy}", proxy),
            ("{authority_file}", file),
            ("{access_key_id}", self.emulator.access_key_id().to_owned()),
            ("{access_key_secret}", self.emulator.access_key_secret().to_owned()),
        ]
    }

    /// Returns the endpoint's host as it is signed: with the port unless it is the scheme's
    /// default.
    pub(crate) fn host(&self) -> &str {
        let endpoint = self.emulator.endpoint();
        endpoint.split_once("://").map_or(endpoint, |(_, host)| host)
    }

    /// Waits until the client has closed every connection on which no call succeeded, and then for
    /// a request that a call would send if it had not been cancelled.
    pub(crate) async fn wait_until_cancelled(&self, ok: usize, limit: Duration, quiet: Duration) -> Result<(), String> {
        if self.emulator.wait_for(limit, |journal| is_cancelled(journal, ok)).await.is_err() {
            return Err(format!(
                "cancelled\n    expected  a closed connection\n    seen      one still open after {limit:?}"
            ));
        }
        tokio::time::sleep(quiet).await;
        Ok(())
    }

    /// Returns what happened, after the expected number of requests and connections was recorded.
    pub(crate) async fn count(&self, requests: usize, connections: u64) -> Counts {
        // If they do not come, the comparison says so.
        let have_come =
            |journal: &Journal| journal.calls().len() >= requests && journal.accepted_connections() >= connections;
        let _ = self.emulator.wait_for(LATE, have_come).await;
        Counts {
            calls: self.emulator.calls(),
            connections: self.emulator.accepted_connections(),
            peak_connections: self.emulator.peak_connections(),
            proxy_requests: self.emulator.proxy_requests().len(),
            redirect_connections: self.emulator.redirect_connections(),
            exchanges: self.emulator.exchanges(),
        }
    }

    /// Returns the secret of a device, or `None` if no request has created it.
    pub(crate) fn device_secret(&self, instance_id: &str, client_id: &str) -> Option<String> {
        self.emulator.device_access_key_secret(instance_id, client_id)
    }

    pub(crate) async fn stop(self) {
        self.emulator.shutdown().await;
    }

    /// Adds the secrets of the AccessKeys and of scripted devices.
    pub(crate) fn add_secrets(&self, server: &Server, secrets: &mut Secrets) {
        secrets.add("the access key secret", self.emulator.access_key_secret());
        for key in &server.access_keys {
            secrets.add("the access key secret", &key.secret);
            secrets.add("the security token", key.token.as_deref().unwrap_or_default());
        }
        for secret in server.scripted_device_secrets() {
            secrets.add("the device's secret", &secret);
        }
    }
}

/// Whether every request has ended, and at most the connections of the `ok` successful calls are
/// open.
fn is_cancelled(journal: &Journal, ok: usize) -> bool {
    let is_ended = |call: &RecordedCall| call.end.is_some();
    journal.calls().all(is_ended) && journal.open_connections() <= ok as u64
}

fn file_of(text: &str) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

impl From<case::RegisterExisting> for RegisterExisting {
    fn from(existing: case::RegisterExisting) -> Self {
        match existing {
            case::RegisterExisting::Rotate => RegisterExisting::Rotate,
            case::RegisterExisting::Refuse => RegisterExisting::Refuse,
        }
    }
}

impl From<case::Tls> for Tls {
    fn from(tls: case::Tls) -> Self {
        match tls {
            case::Tls::Valid => Tls::Valid,
            case::Tls::OnlyTls12 => Tls::OnlyTls12,
            case::Tls::OnlyTls13 => Tls::OnlyTls13,
            case::Tls::ClientCertificate => Tls::ClientCertificate,
            case::Tls::WrongHost => Tls::WrongHost,
            case::Tls::UnknownAuthority => Tls::UnknownAuthority,
            case::Tls::SelfSigned => Tls::SelfSigned,
            case::Tls::Expired => Tls::Expired,
            case::Tls::Year2100 => Tls::NotYetValid,
            case::Tls::Alert(description) => Tls::Alert(description),
            case::Tls::Close => Tls::Close,
            case::Tls::Reset => Tls::Reset,
            case::Tls::Silent => Tls::Silent,
        }
    }
}

impl From<&case::Proxy> for Proxy {
    fn from(proxy: &case::Proxy) -> Self {
        match proxy {
            case::Proxy::Open => Proxy::Open,
            case::Proxy::WithPassword { user, password } => {
                Proxy::WithPassword { user: user.clone(), password: password.clone() }
            }
            case::Proxy::AuthenticationRequired => Proxy::AuthenticationRequired,
            case::Proxy::Refusing => Proxy::Refusing,
            case::Proxy::Dropping => Proxy::Dropping,
            case::Proxy::Silent => Proxy::Silent,
            case::Proxy::Closed => Proxy::Closed,
        }
    }
}
