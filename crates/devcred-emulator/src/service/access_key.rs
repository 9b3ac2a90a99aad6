//! The access keys that may call, with their security tokens.

use std::fmt;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::http::request::ApiRequest;
use crate::service::error::Refusal;

#[derive(Clone)]
pub(crate) struct AccessKey {
    pub(crate) access_key_id: String,
    pub(crate) access_key_secret: String,
    pub(crate) security_token: Option<String>,
    /// How long after the start the token is accepted; `None`: always.
    pub(crate) valid_for: Option<Duration>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

pub(crate) struct AccessKeys {
    keys: Vec<AccessKey>,
    started: Instant,
}

impl AccessKeys {
    pub(crate) fn new(keys: Vec<AccessKey>) -> Self {
        Self { keys, started: Instant::now() }
    }

    pub(crate) fn first(&self) -> Option<&AccessKey> {
        self.keys.first()
    }

    /// Returns the access key of a request, or refuses its id or token.
    ///
    /// The token of another access key is a mismatch, and an unknown token is malformed. This is
    /// inferred: the documents name both codes without saying when they apply.
    pub(crate) fn admit(&self, access_key_id: &str, token: Option<&str>) -> Result<&AccessKey, Refusal> {
        self.admit_after(self.started.elapsed(), access_key_id, token)
    }

    fn admit_after(&self, age: Duration, access_key_id: &str, token: Option<&str>) -> Result<&AccessKey, Refusal> {
        let key = self.find(access_key_id).ok_or_else(|| Refusal::new("InvalidAccessKeyId.NotFound"))?;
        if key.security_token.as_deref() == token {
            let has_expired = key.valid_for.is_some_and(|valid_for| age >= valid_for);
            return if has_expired { Err(Refusal::new("InvalidSecurityToken.Expired")) } else { Ok(key) };
        }
        let Some(token) = token else {
            return Err(Refusal::new("MissingSecurityToken"));
        };
        if self.keys.iter().any(|other| other.security_token.as_deref() == Some(token)) {
            return Err(Refusal::new("InvalidSecurityToken.MismatchWithAccessKey"));
        }
        Err(Refusal::new("InvalidSecurityToken.Malformed"))
    }

    /// Compares a request's token with that of its access key, for the journal.
    pub(crate) fn compare(&self, request: &ApiRequest) -> SecurityTokenPresented {
        let Some(token) = request.security_token.as_deref() else { return SecurityTokenPresented::Absent };
        let key = request.access_key_id.as_deref().and_then(|id| self.find(id));
        if key.is_some_and(|key| key.security_token.as_deref() == Some(token)) {
            SecurityTokenPresented::Matches
        } else {
            SecurityTokenPresented::Differs
        }
    }

    fn find(&self, access_key_id: &str) -> Option<&AccessKey> {
        self.keys.iter().find(|key| key.access_key_id == access_key_id)
    }
}

/// Whether a call presented a security token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SecurityTokenPresented {
    /// The request has no token.
    Absent,
    /// The request has the token of its access key.
    Matches,
    /// The request has another token.
    Differs,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{AccessKey, AccessKeys};

    fn key(id: &str, token: Option<&str>) -> AccessKey {
        AccessKey {
            access_key_id: id.to_owned(),
            access_key_secret: "hush-hush".to_owned(),
            security_token: token.map(str::to_owned),
            valid_for: None,
        }
    }

    #[test]
    fn keys_and_tokens_belong_together() {
        let keys = AccessKeys::new(vec![key("plain", None), key("sts", Some("t1")), key("sts2", Some("t2"))]);
        let refused = |id, token| keys.admit(id, token).err().map(|refusal| refusal.code);
        assert_eq!(refused("plain", None), None);
        assert_eq!(refused("sts", Some("t1")), None);
        assert_eq!(refused("nobody", None).as_deref(), Some("InvalidAccessKeyId.NotFound"));
        assert_eq!(refused("sts", None).as_deref(), Some("MissingSecurityToken"));
        assert_eq!(refused("sts", Some("t2")).as_deref(), Some("InvalidSecurityToken.MismatchWithAccessKey"));
        assert_eq!(refused("plain", Some("t1")).as_deref(), Some("InvalidSecurityToken.MismatchWithAccessKey"));
        assert_eq!(refused("plain", Some("t9")).as_deref(), Some("InvalidSecurityToken.Malformed"));
    }

    #[test]
    fn a_token_is_accepted_until_it_expires() {
        let (second, ms) = (Duration::from_secs(1), Duration::from_millis(1));
        let keys = AccessKeys::new(vec![AccessKey { valid_for: Some(second), ..key("sts", Some("t1")) }]);
        let refused = |age, token| keys.admit_after(age, "sts", Some(token)).err().map(|refusal| refusal.code);
        assert_eq!(refused(second - ms, "t1"), None);
        assert_eq!(refused(second, "t1").as_deref(), Some("InvalidSecurityToken.Expired"));
        assert_eq!(refused(second, "t2").as_deref(), Some("InvalidSecurityToken.Malformed"));
    }

    #[test]
    fn debug_shows_no_secret() {
        let text = format!("{:?}", key("sts", Some("token-token")));
        assert!(text.contains("sts") && !text.contains("hush") && !text.contains("token-token"), "{text}");
    }
}
