use super::*;
use crate::transport::MaxConnections;

const KEY: [(&str, &str); 2] = [("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s3cr3t")];

fn from_env(variables: &[(&'static str, &'static str)]) -> ClientBuilder {
    let all = [&KEY[..], variables].concat();
    ClientBuilder { env: Env::of(&all), ..ClientBuilder::from_env() }
}

fn complaint(builder: ClientBuilder) -> String {
    builder.build().map(drop).unwrap_err().message().to_owned()
}

#[test]
fn options_without_a_setter_come_from_the_environment() {
    let variables = [("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"), ("DEVCRED_INSTANCE_ID", "post-cn-env")];
    let client = from_env(&variables).build().unwrap();
    assert_eq!(
        (client.config().endpoint.host(), client.config().instance_id.as_deref()),
        ("onsmqtt.cn-hangzhou.aliyuncs.com", Some("post-cn-env"))
    );
    let overridden = from_env(&variables).region("eu-central-1").instance_id("post-cn-set").build().unwrap();
    assert_eq!(
        (overridden.config().endpoint.host(), overridden.config().instance_id.as_deref()),
        ("onsmqtt.eu-central-1.aliyuncs.com", Some("post-cn-set"))
    );
    let endpoint = [("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"), ("DEVCRED_ENDPOINT", "http://127.0.0.1:8083")];
    assert_eq!(from_env(&endpoint).build().unwrap().config().endpoint.host(), "127.0.0.1:8083");
    let region_set = from_env(&endpoint).region("cn-shanghai").build().unwrap();
    assert_eq!(region_set.config().endpoint.host(), "onsmqtt.cn-shanghai.aliyuncs.com");
}

#[test]
fn a_builder_reads_no_configuration_from_the_environment_unless_asked_to() {
    let builder = ClientBuilder { env: Env::of(&KEY), ..Client::builder() };
    assert!(complaint(builder.region("cn-hangzhou")).starts_with("access_key is not set"));
}

#[test]
fn a_bad_variable_is_named() {
    for (variables, named) in [
        (vec![("ALIBABA_CLOUD_REGION_ID", "CN HANGZHOU")], "ALIBABA_CLOUD_REGION_ID may"),
        (vec![("DEVCRED_ENDPOINT", "http://example.com")], "DEVCRED_ENDPOINT uses plain http"),
        (vec![("DEVCRED_ENDPOINT", "https://example.com/path")], "DEVCRED_ENDPOINT must not"),
    ] {
        let message = complaint(from_env(&variables));
        assert!(message.starts_with(named), "{message}");
    }
    for bad in ["0", "fast", "-1", "1.5", "1000001"] {
        let variables = [("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"), ("DEVCRED_MAX_REQUESTS_PER_SECOND", bad)];
        assert!(complaint(from_env(&variables)).starts_with("DEVCRED_MAX_REQUESTS_PER_SECOND must be"));
    }
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let [id, secret] = KEY;
    let endpoint = ("DEVCRED_ENDPOINT", "http://127.0.0.1:8083");
    for (variables, message) in [
        (
            vec![],
            "ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_REGION_ID (or DEVCRED_ENDPOINT) and \
             DEVCRED_INSTANCE_ID are not set; set them, or the options access_key, region (or endpoint) and instance_id",
        ),
        (
            vec![id, endpoint, ("DEVCRED_INSTANCE_ID", "post-cn-env")],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set; set it, or the option access_key",
        ),
        (
            vec![id, secret],
            "ALIBABA_CLOUD_REGION_ID (or DEVCRED_ENDPOINT) and DEVCRED_INSTANCE_ID are not set; set them, or the options \
             region (or endpoint) and instance_id",
        ),
    ] {
        assert_eq!(complaint(ClientBuilder { env: Env::of(&variables), ..ClientBuilder::from_env() }), message);
    }
    assert_eq!(
        complaint(Client::builder()),
        "access_key and region (or endpoint) are not set; set them, or create the client from the environment (from_env)"
    );
}

#[test]
fn every_option_is_checked() {
    let valid = || from_env(&[("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")]);
    valid().build().unwrap();
    for (builder, named) in [
        (valid().timeout(Duration::ZERO), "timeout"),
        (valid().attempt_timeout(Duration::MAX), "attempt_timeout"),
        (valid().connect_timeout(Duration::from_secs(90_000)), "connect_timeout"),
        (valid().max_attempts(0), "max_attempts"),
        (valid().max_connections(0), "max_connections"),
        (valid().max_connecting(10_001), "max_connecting"),
        (valid().max_requests_per_second(0), "max_requests_per_second"),
        (valid().instance_id("GID_a@@@b"), "instance_id"),
        (valid().instance_id(""), "instance_id"),
        (valid().region("a.b"), "region"),
        (valid().endpoint("ftp://a"), "endpoint"),
        (valid().proxy("socks5://a"), "proxy"),
        (valid().root_certificates_pem("x"), "root_certificates_pem"),
    ] {
        let message = complaint(builder);
        assert!(message.starts_with(named), "{message}");
    }
}

#[test]
fn the_reference_lists_every_option_with_its_default() {
    let read = |path: &str| std::fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (reference, builder) = (read("docs/reference.md"), read("crates/devcred/src/builder.rs"));
    let rows = reference.lines().skip_while(|line| !line.starts_with("| option |")).skip(2);
    let rows: Vec<Vec<_>> =
        rows.take_while(|line| line.starts_with('|')).map(|row| row.split('|').map(str::trim).collect()).collect();
    let setters = builder.lines().filter_map(|line| line.strip_prefix("    pub fn ")?.split_once("(mut self, "));
    let options: Vec<_> =
        setters.map(|(name, _)| format!("`{name}`")).filter(|name| !name.contains("variables")).collect();
    assert_eq!(rows.iter().map(|row| row[1]).collect::<Vec<_>>(), options);

    let limits = Limits::default();
    let seconds = [limits.timeout, limits.attempt_timeout, limits.connect_timeout].map(|time| time.as_secs());
    let (attempts, requests) = (limits.max_attempts, DEFAULT_REQUESTS_PER_SECOND);
    let MaxConnections { open, connecting } = limits.max_connections;
    let [timeout, attempt_timeout, connect_timeout] = seconds.map(|seconds| format!("{seconds} s"));
    for (option, default) in [
        ("`timeout`", timeout),
        ("`attempt_timeout`", attempt_timeout),
        ("`connect_timeout`", connect_timeout),
        ("`max_attempts`", attempts.to_string()),
        ("`max_connections`", open.to_string()),
        ("`max_connecting`", connecting.to_string()),
        ("`max_requests_per_second`", requests.to_string()),
    ] {
        let row = rows.iter().find(|row| row[1] == option).unwrap();
        assert_eq!(row[4], default, "{option}");
    }

    // The Markdown wraps its lines.
    let text = reference.split_whitespace().collect::<Vec<_>>().join(" ");
    for promise in [
        format!("up to {attempts} attempts,"),
        format!("within one timeout of {} seconds.", seconds[0]),
        format!("at most {requests} requests a second, after a burst of 10,"),
        format!("at most {open} connections open (`max_connections`) and opens at most {connecting} of them"),
    ] {
        assert!(text.contains(&promise), "docs/reference.md does not say: {promise}");
    }
    let times = seconds.map(|seconds| format!("{seconds} seconds"));
    for default in times.iter().chain(&[attempts, requests, open, connecting].map(|number| number.to_string())) {
        assert!(builder.contains(&format!("Default: {default}.")), "builder.rs has no default of {default}");
    }
}
