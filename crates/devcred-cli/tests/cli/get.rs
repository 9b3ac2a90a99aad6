//! `devcred get` that succeeds: its three output formats, and the sources of its settings.

use devcred::DeviceCredential;
use devcred_emulator::{Emulator, SecurityTokenPresented, SignatureMethod};
use serde_json::{Value, json};

#[cfg(unix)]
use crate::command::tool;
use crate::command::{devcred, run};
use crate::service::{INSTANCE, KEY_ID, KEY_SECRET, Service, Silent, dead_url, get};

const DEVICE: &str = "GID_test@@@device-1";

/// Fetches the same credential with the library: an emulator's device keeps its credential.
fn expected(emulator: &Emulator, client_id: &str) -> DeviceCredential {
    let client = devcred::Client::builder()
        .access_key(devcred::AccessKey::new(KEY_ID, KEY_SECRET).unwrap())
        .endpoint(emulator.endpoint())
        .instance_id(INSTANCE)
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { client.get_device_credential(client_id).await }).unwrap()
}

#[test]
fn text_is_aligned_and_shows_credential_and_login() {
    let service = Service::start();
    let ended = run(&mut service.get(DEVICE, &[]));
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let request_id = service.calls()[0].request_id.clone();

    let credential = expected(&service, DEVICE);
    let login = credential.mqtt_login();
    let time = |time| humantime::format_rfc3339_millis(time).to_string().replace(".000Z", "Z");
    let text = [
        ("Client id", DEVICE),
        ("Instance id", INSTANCE),
        ("Device AccessKey id", credential.device_access_key_id()),
        ("Device AccessKey secret", credential.device_access_key_secret().reveal()),
        ("Created", &time(credential.create_time())),
        ("Updated", &time(credential.update_time())),
        ("Request id", &request_id),
        ("MQTT client id", login.client_id()),
        ("MQTT user name", login.username()),
        ("MQTT password", login.password().reveal()),
    ]
    .map(|(label, value)| format!("{label:<25}{value}\n"))
    .concat();
    assert_eq!(ended.stdout, text);
}

#[test]
fn json_is_the_response_of_the_service() {
    let service = Service::start();
    let ended = run(&mut service.get(DEVICE, &["--output", "json"]));
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let request_id = service.calls()[0].request_id.clone();

    let credential = expected(&service, DEVICE);
    let ms = |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        answer,
        json!({
            "RequestId": request_id,
            "DeviceCredential": {
                "ClientId": DEVICE,
                "InstanceId": INSTANCE,
                "DeviceAccessKeyId": credential.device_access_key_id(),
                "DeviceAccessKeySecret": credential.device_access_key_secret().reveal(),
                "CreateTime": ms(credential.create_time()),
                "UpdateTime": ms(credential.update_time()),
            },
        })
    );
}

#[cfg(unix)]
#[test]
fn a_shell_reads_the_login_unchanged_whatever_the_id_contains() {
    let service = Service::start();
    for client_id in [DEVICE, r#"GID_test@@@it's $(id) "x" `id` \ *"#] {
        let script = r#"set -e
            login=$("$DEVCRED" get "$CLIENT_ID" --output mqtt)
            eval "$login"
            printf '%s\n' "$MQTT_CLIENT_ID" "$MQTT_USERNAME" "$MQTT_PASSWORD"
            printf '%s\n' "$login" | wc -l"#;
        let ended = run(tool("sh")
            .args(["-c", script])
            .env("DEVCRED", env!("CARGO_BIN_EXE_devcred"))
            .env("CLIENT_ID", client_id)
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
            .env("DEVCRED_INSTANCE_ID", INSTANCE)
            .env("DEVCRED_ENDPOINT", service.endpoint()));
        let credential = expected(&service, client_id);
        let login = credential.mqtt_login();
        let values = [client_id, login.username(), login.password().reveal()];
        assert_eq!(
            ended.stdout.lines().map(str::trim).collect::<Vec<_>>(),
            [&values[..], &["3"]].concat(),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn with_emulator_nothing_has_to_be_set() {
    for (output, sign) in
        [("text", "MQTT password"), ("json", "\"DeviceAccessKeySecret\": "), ("mqtt", "MQTT_PASSWORD='")]
    {
        let ended = run(&mut devcred(["get", DEVICE, "--instance-id", INSTANCE, "--emulator", "--output", output]));
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{output}");
        assert!(ended.stdout.contains(sign) && ended.stdout.contains(DEVICE), "{output}");
    }
}

#[test]
fn with_emulator_settings_for_the_service_are_ignored() {
    let elsewhere = Silent::listen();
    for proxy in [elsewhere.url(), dead_url(), "no proxy at all".into()] {
        let mut command = get(DEVICE, &["--emulator"]);
        command
            .env("HTTP_PROXY", &proxy)
            .env("HTTPS_PROXY", &proxy)
            .env("http_proxy", &proxy)
            .env("https_proxy", &proxy)
            .env("ALL_PROXY", &proxy)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "a key\nthat no request could be signed with")
            .env("ALIBABA_CLOUD_SECURITY_TOKEN", "a token")
            .env("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")
            .env("DEVCRED_ENDPOINT", elsewhere.url())
            .env("DEVCRED_MAX_REQUESTS_PER_SECOND", "none")
            .env("SSL_CERT_FILE", "no-such-file");
        let ended = run(&mut command);
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{proxy}");
        assert!(ended.stdout.contains(INSTANCE));
    }
    assert!(!elsewhere.was_visited());
}

#[test]
fn a_proxy_is_not_used_for_this_machine() {
    let service = Service::start();
    let proxy = Silent::listen();
    let mut command = service.get(DEVICE, &[]);
    proxy.be_every_proxy(&mut command);
    assert_eq!(run(&mut command).status, Some(0));
    assert!(!proxy.was_visited());
}

#[test]
fn flags_override_the_environment() {
    let service = Service::with(|builder| builder.instance("post-cn-flag"));
    let elsewhere = Silent::listen();
    let mut command = get(DEVICE, &["--instance-id", "post-cn-flag", "--endpoint", service.endpoint()]);
    command.env("DEVCRED_ENDPOINT", elsewhere.url()).env("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou");
    let ended = run(&mut command);
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("post-cn-flag"));
    assert!(!elsewhere.was_visited());
}

#[test]
fn the_signature_can_be_chosen() {
    for (options, signature) in [
        (&[][..], SignatureMethod::Acs3HmacSha256),
        (&["--signature", "acs3-hmac-sha256"], SignatureMethod::Acs3HmacSha256),
        (&["--signature", "hmac-sha1"], SignatureMethod::HmacSha1),
    ] {
        let service = Service::start();
        assert_eq!(run(&mut service.get(DEVICE, options)).status, Some(0));
        assert_eq!(service.calls()[0].signature, Some(signature));
    }
}

#[test]
fn a_temporary_key_is_sent_with_its_token() {
    let service = Service::with(|builder| builder.access_key_with_token(KEY_ID, KEY_SECRET, "t0k3n"));
    let mut command = service.get(DEVICE, &[]);
    let ended = run(command.env("ALIBABA_CLOUD_SECURITY_TOKEN", "t0k3n"));
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert_eq!(service.calls()[0].security_token, SecurityTokenPresented::Matches);
}
