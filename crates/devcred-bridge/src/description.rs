//! What a client shows of itself.

use devcred::bridge_support;

/// What distinguishes a client from others, without any secret: for the text that a debugger or a
/// log shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The host that requests go to, with the port unless it is the default one.
    pub endpoint: String,
    /// The beginning of the AccessKey id. `None` if the client is closed, because it has dropped
    /// its key.
    pub access_key_id: Option<String>,
    /// The instance of the calls that set no other.
    pub instance_id: Option<String>,
    /// Whether the client is closed.
    pub is_closed: bool,
}

/// The longest beginning of an AccessKey id that is shown.
const MAX_SHOWN: usize = 6;

impl Description {
    /// Describes a closed client with this configuration.
    pub(crate) fn new(core: &devcred::Client) -> Self {
        Self {
            endpoint: bridge_support::endpoint_host(core).to_owned(),
            access_key_id: None,
            instance_id: bridge_support::instance_id(core).map(str::to_owned),
            is_closed: true,
        }
    }

    /// Describes the client while it is open and uses this AccessKey.
    pub(crate) fn with_access_key_id(self, id: &str) -> Self {
        Self { access_key_id: Some(shorten(id)), is_closed: false, ..self }
    }
}

/// Returns a quarter of the id at most, because a secret that was passed as the id by mistake must
/// not be shown.
fn shorten(id: &str) -> String {
    let shown: String = id.chars().take(MAX_SHOWN.min(id.len() / 4)).collect();
    format!("{shown}…")
}

#[cfg(test)]
mod tests {
    use devcred::Secret;

    use super::*;
    use crate::process::tests::as_if_forked;
    use crate::{Client, Options};

    #[test]
    fn a_description_has_the_key_that_is_in_use_also_in_a_forked_child() {
        let secret = Secret::new("a-s3cr3t");
        let options = Options {
            access_key_id: Some("LTAI5tExampleExampleEx12".to_owned()),
            access_key_secret: Some(secret.clone()),
            endpoint: Some("http://127.0.0.1:1".to_owned()),
            instance_id: Some("post-cn-0pp12gl****".to_owned()),
            ..Options::default()
        };
        let client = Client::open("c", options, None).unwrap();
        let with_key = |id: Option<&str>| Description {
            endpoint: "127.0.0.1:1".to_owned(),
            access_key_id: id.map(str::to_owned),
            instance_id: Some("post-cn-0pp12gl****".to_owned()),
            is_closed: id.is_none(),
        };
        assert_eq!(client.describe(), with_key(Some("LTAI5t…")));
        client.set_access_key("STS.NExampleExampleExampl".to_owned(), &secret, None).unwrap();
        as_if_forked(|| assert_eq!(client.describe(), with_key(Some("STS.NE…"))));
        client.close();
        assert_eq!(client.describe(), with_key(None));
    }

    #[test]
    fn only_the_beginning_of_an_access_key_id_is_shown() {
        for (id, shown) in [("LTAI5tExampleExampleEx12", "LTAI5t…"), ("test-key", "te…"), ("id", "…")] {
            assert_eq!(shorten(id), shown);
        }
    }
}
