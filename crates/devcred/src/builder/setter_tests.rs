//! Every setter keeps what the others have set, and a client that is built again keeps all of it.

use super::*;

type Setter = fn(ClientBuilder) -> ClientBuilder;

const PEM: &str = include_str!("../transport/testdata/authority.pem");

/// Every setter except those for the endpoint.
const SETTERS: [Setter; 12] = [
    |builder| builder.access_key(AccessKey::new("LTAI", "s3cr3t").unwrap()),
    |builder| builder.instance_id("post-cn-set"),
    |builder| builder.signature(SignatureMethod::HmacSha1),
    |builder| builder.timeout(Duration::from_secs(1)),
    |builder| builder.attempt_timeout(Duration::from_secs(2)),
    |builder| builder.connect_timeout(Duration::from_secs(4)),
    |builder| builder.max_attempts(7),
    |builder| builder.max_requests_per_second(1234),
    |builder| builder.root_certificates_pem(PEM),
    |builder| builder.proxy("http://proxy.test:3128"),
    |builder| builder.language("c"),
    |builder| builder.resolver(Resolver::new()),
];

/// The configuration of a client, as text.
fn shown(config: &Config) -> String {
    let Config { endpoint, instance_id, signature_method, limits, rate_limiter, proxy, roots, user_agent } = config;
    let Limits { timeout, attempt_timeout, connect_timeout, max_attempts } = limits;
    format!(
        "{} {instance_id:?} {signature_method} {timeout:?} {attempt_timeout:?} {connect_timeout:?} {max_attempts} {} {:?} {} {:?}",
        endpoint.base(),
        rate_limiter.requests_per_second(),
        proxy.as_ref().map(Proxy::host),
        roots.description(),
        user_agent,
    )
}

fn expected(endpoint: &str) -> String {
    format!(
        "{endpoint}/ Some(\"post-cn-set\") hmac-sha1 1s 2s 4s 7 1234 Some(\"proxy.test:3128\") \
         the roots bundled with devcred and root_certificates_pem \"devcred/{} c\"",
        env!("CARGO_PKG_VERSION")
    )
}

/// Builds a client by these setters, each of them last once.
fn clients(setters: &[Setter]) -> impl Iterator<Item = Client> {
    (0..setters.len()).map(|last| {
        let order = setters.iter().cycle().skip(last + 1).take(setters.len());
        let variables: Setter = |builder| builder.variables(|_| None);
        let builder = order.fold(variables(ClientBuilder::default()), |builder, set| set(builder));
        builder.build().unwrap()
    })
}

#[test]
fn a_setter_keeps_what_the_others_have_set() {
    let with_region: [Setter; 2] = [|builder| builder.region("cn-hangzhou"), |builder| builder.network(Network::Vpc)];
    for client in clients(&[&SETTERS[..], &with_region].concat()) {
        assert_eq!(shown(client.config()), expected("https://onsmqtt-vpc.cn-hangzhou.aliyuncs.com"));
    }
    let with_endpoint: [Setter; 1] = [|builder| builder.endpoint("https://example.com:8443")];
    for client in clients(&[&SETTERS[..], &with_endpoint].concat()) {
        assert_eq!(shown(client.config()), expected("https://example.com:8443"));
    }
}

#[test]
fn reading_variables_from_a_function_keeps_what_the_setters_have_set() {
    let builder = SETTERS.iter().fold(ClientBuilder::from_env(), |builder, set| set(builder));
    let client = builder.variables(|name| (name == "ALIBABA_CLOUD_REGION_ID").then(|| "cn-hangzhou".into())).build();
    assert_eq!(shown(client.unwrap().config()), expected("https://onsmqtt.cn-hangzhou.aliyuncs.com"));
}

/// In a forked child, neither the environment nor a file is read again.
#[test]
fn a_client_that_is_built_again_has_the_same_configuration() {
    let with_endpoint: [Setter; 1] = [|builder| builder.endpoint("https://example.com:8443")];
    for client in clients(&[&SETTERS[..], &with_endpoint].concat()).take(1) {
        let again = client.config().rebuild();
        assert_eq!(shown(&again), shown(client.config()));
        assert_eq!(again.roots.store().len(), client.config().roots.store().len());
    }
}
