use super::*;

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
    assert!(complaint(builder.region("cn-hangzhou")).starts_with("no AccessKey"));
}

#[test]
fn a_bad_variable_is_named() {
    for (variables, named) in [
        (vec![], "no region"),
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
fn every_option_is_checked() {
    let valid = || from_env(&[("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")]);
    valid().build().unwrap();
    for (builder, named) in [
        (valid().timeout(Duration::ZERO), "timeout"),
        (valid().attempt_timeout(Duration::MAX), "attempt_timeout"),
        (valid().connect_timeout(Duration::from_secs(90_000)), "connect_timeout"),
        (valid().max_attempts(0), "max_attempts"),
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

/// A number as the documentation writes it: 15,000.
fn with_separators(number: u128) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let limits = Limits::default();
    let times = [limits.timeout, limits.attempt_timeout, limits.connect_timeout];
    let [seconds, milliseconds] =
        [times.map(|time| time.as_secs().to_string()), times.map(|time| with_separators(time.as_millis()))];
    let attempts = limits.max_attempts.to_string();
    let requests = DEFAULT_REQUESTS_PER_SECOND.to_string();

    let read = |path: &str| std::fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    for (language, times, names) in [
        ("c", milliseconds.join("; "), ["timeout", "max_attempts", "max_requests_per_second"]),
        ("node", milliseconds.join("; "), ["timeoutMs", "maxAttempts", "maxRequestsPerSecond"]),
        ("python", seconds.join(", "), ["timeout", "max_attempts", "max_requests_per_second"]),
        ("kotlin", seconds.join(" s; ") + " s", ["timeout", "maxAttempts", "maxRequestsPerSecond"]),
        ("swift", seconds.join(" s; ") + " s", ["timeout", "maxAttempts", "maxRequestsPerSecond"]),
    ] {
        let readme = read(&format!("bindings/{language}/README.md"));
        for (name, default) in names.into_iter().zip([&times, &attempts, &requests]) {
            let mut rows = readme.lines().filter(|line| line.starts_with(&format!("| `{name}`")));
            let cell = rows.next().and_then(|row| row.trim_end_matches(['|', ' ']).rsplit('|').next()).unwrap();
            // The table of Node.js has the burst in the same cell.
            let cell = cell.trim().split(", after").next().unwrap();
            assert_eq!(cell, *default, "{name} of {language}");
        }
    }
    let readme = read("README.md");
    let [timeout, ..] = &seconds;
    for promise in [
        format!("up to {attempts} attempts,"),
        format!("within one timeout of {timeout} seconds."),
        format!("at most {requests} requests a second, after a burst of 10,"),
    ] {
        assert!(readme.contains(&promise), "README.md has no: {promise}");
    }
    let builder = read("crates/devcred/src/builder.rs");
    for default in seconds.map(|seconds| format!("{seconds} seconds")).iter().chain([&attempts, &requests]) {
        assert!(builder.contains(&format!("Default: {default}.")), "builder.rs has no default of {default}");
    }
}
