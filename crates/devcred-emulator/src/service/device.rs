//! The known instances and devices, and the devices' credentials.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::service::error::Refusal;
use crate::service::random::Random;

/// The credential of a device. Its key is random, so it cannot be mistaken for a real one.
#[derive(Clone)]
pub(crate) struct Credential {
    pub(crate) access_key_id: String,
    pub(crate) access_key_secret: String,
    /// UNIX milliseconds.
    pub(crate) create_time: u64,
    pub(crate) update_time: u64,
}

impl Credential {
    fn new(random: &Random, now: u64) -> Self {
        Self {
            access_key_id: format!("DC.{}", random.hex(24)),
            access_key_secret: random.hex(32),
            create_time: now,
            update_time: now,
        }
    }

    /// Returns the time of a change: later than the last one, also within one millisecond, so that
    /// a client can see by `UpdateTime` whether there was one.
    fn time_of_change(&self, now: u64) -> u64 {
        now.max(self.update_time + 1)
    }

    /// Returns the `DeviceCredential` of a response, including the secret.
    pub(crate) fn to_json(&self, device: &Device) -> Value {
        json!({
            "ClientId": device.client_id,
            "InstanceId": device.instance_id,
            "DeviceAccessKeyId": self.access_key_id,
            "DeviceAccessKeySecret": self.access_key_secret,
            "CreateTime": self.create_time,
            "UpdateTime": self.update_time,
        })
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Device {
    pub(crate) instance_id: String,
    pub(crate) client_id: String,
}

/// What the service does if a device that has a credential is registered, for
/// [`Builder::register_existing`](crate::Builder::register_existing).
///
/// The service's documents contradict each other: by the description of the operation the latest
/// credential is the valid one, by its error codes the call is refused. Test your software with
/// both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegisterExisting {
    /// Replaces the credential.
    #[default]
    Rotate,
    /// Refuses the call with `DeviceCredentialExsit`, which is how the service spells it.
    Refuse,
}

/// When a device gets a credential.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RegisterRules {
    pub(crate) existing: RegisterExisting,
    /// The maximum number of credentials of one instance; `None`: unlimited.
    pub(crate) max_credentials: Option<usize>,
}

pub(crate) struct Devices {
    /// `None`: every instance is known.
    instances: Option<BTreeSet<String>>,
    every_device_is_known: bool,
    /// Whether a device is known, by client id, on every instance. Contains the devices that were
    /// configured or changed by a control route.
    known: HashMap<String, bool>,
    /// `None`: the device was unregistered.
    credentials: BTreeMap<Device, Option<Credential>>,
    rules: RegisterRules,
}

impl Devices {
    pub(crate) fn new(instances: Vec<String>, devices: Vec<String>) -> Self {
        Self {
            instances: (!instances.is_empty()).then(|| instances.into_iter().collect()),
            every_device_is_known: devices.is_empty(),
            known: devices.into_iter().map(|client_id| (client_id, true)).collect(),
            credentials: BTreeMap::new(),
            rules: RegisterRules::default(),
        }
    }

    pub(crate) fn with_rules(self, rules: RegisterRules) -> Self {
        Self { rules, ..self }
    }

    pub(crate) fn check_instance(&self, instance_id: &str) -> Result<(), Refusal> {
        match &self.instances {
            Some(known) if !known.contains(instance_id) => Err(Refusal::new("InstancePermissionCheckFailed")),
            _ => Ok(()),
        }
    }

    /// Refuses a device that has no credential and would not get one on request.
    pub(crate) fn check_credential(&self, device: &Device) -> Result<(), Refusal> {
        if self.has_credential(device) { Ok(()) } else { Err(Refusal::new("DeviceCredentialNotFound")) }
    }

    /// Returns the device's credential. A known device without one gets it now.
    pub(crate) fn get(&mut self, device: &Device, random: &Random, now: u64) -> Result<Credential, Refusal> {
        Ok(self.existing(device, random, now)?.clone())
    }

    /// Refuses a device that may not be registered now.
    pub(crate) fn check_registration(&self, device: &Device) -> Result<(), Refusal> {
        if self.has_credential(device) {
            return match self.rules.existing {
                RegisterExisting::Rotate => Ok(()),
                RegisterExisting::Refuse => Err(Refusal::new("DeviceCredentialExsit")),
            };
        }
        let has_room = |max| self.with_credential(&device.instance_id).count() < max;
        if self.rules.max_credentials.is_none_or(has_room) {
            Ok(())
        } else {
            Err(Refusal::new("DeviceCredentialNumExceed"))
        }
    }

    /// Creates a new credential, which replaces the device's old one.
    pub(crate) fn register(&mut self, device: &Device, random: &Random, now: u64) -> Result<Credential, Refusal> {
        self.check_registration(device)?;
        let old = self.credentials.get(device).and_then(Option::as_ref);
        let credential = Credential::new(random, old.map_or(now, |old| old.time_of_change(now)));
        self.credentials.insert(device.clone(), Some(credential.clone()));
        Ok(credential)
    }

    /// Changes the secret and keeps the id. That the id stays is inferred from the operation's
    /// page, which mentions only the secret.
    pub(crate) fn refresh(&mut self, device: &Device, random: &Random, now: u64) -> Result<Credential, Refusal> {
        let credential = self.existing(device, random, now)?;
        credential.access_key_secret = random.hex(32);
        credential.update_time = credential.time_of_change(now);
        Ok(credential.clone())
    }

    /// Drops the credential. Refusing a device that has none is inferred.
    pub(crate) fn unregister(&mut self, device: &Device) -> Result<(), Refusal> {
        self.check_credential(device)?;
        self.credentials.insert(device.clone(), None);
        Ok(())
    }

    /// Returns the client ids of the group with a credential on this instance, in order. A
    /// configured device is listed even before its credential is requested.
    pub(crate) fn list(&self, instance_id: &str, group_id: &str) -> Vec<String> {
        let prefix = format!("{group_id}@@@");
        self.with_credential(instance_id).filter(|client_id| client_id.starts_with(&prefix)).cloned().collect()
    }

    /// Returns the client ids with a credential on this instance, in order.
    fn with_credential(&self, instance_id: &str) -> impl Iterator<Item = &String> {
        let configured = self.known.iter().filter(|(_, known)| **known).map(|(client_id, _)| client_id);
        let created = self.credentials.keys().filter(move |device| device.instance_id == instance_id);
        let candidates: BTreeSet<&String> = configured.chain(created.map(|device| &device.client_id)).collect();
        candidates.into_iter().filter(move |client_id| {
            self.has_credential(&Device { instance_id: instance_id.to_owned(), client_id: (*client_id).clone() })
        })
    }

    /// Makes the device known, even if it was unregistered.
    pub(crate) fn put(&mut self, client_id: &str) {
        self.known.insert(client_id.to_owned(), true);
        self.credentials.retain(|device, credential| device.client_id != client_id || credential.is_some());
    }

    /// Makes the device unknown on every instance.
    pub(crate) fn delete(&mut self, client_id: &str) {
        self.known.insert(client_id.to_owned(), false);
        self.credentials.retain(|device, _| device.client_id != client_id);
    }

    pub(crate) fn is_known(&self, client_id: &str) -> bool {
        self.known.get(client_id).copied().unwrap_or(self.every_device_is_known)
    }

    /// Returns the credentials of a device with their instances.
    pub(crate) fn credentials(&self, client_id: &str) -> impl Iterator<Item = (&str, &Credential)> {
        self.credentials
            .iter()
            .filter(move |(device, _)| device.client_id == client_id)
            .filter_map(|(device, credential)| Some((device.instance_id.as_str(), credential.as_ref()?)))
    }

    fn has_credential(&self, device: &Device) -> bool {
        self.credentials.get(device).map_or_else(|| self.is_known(&device.client_id), Option::is_some)
    }

    fn existing(&mut self, device: &Device, random: &Random, now: u64) -> Result<&mut Credential, Refusal> {
        self.check_credential(device)?;
        let credential = self.credentials.entry(device.clone()).or_default();
        Ok(credential.get_or_insert_with(|| Credential::new(random, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Device, Devices};
    use crate::service::random::Random;

    #[test]
    fn times_are_those_of_creation_and_last_change() {
        let random = Random::from_system().unwrap();
        let mut devices = Devices::new(Vec::new(), Vec::new());
        let device = Device { instance_id: "i".to_owned(), client_id: "G@@@d".to_owned() };
        let mut times = Vec::new();
        for credential in [
            devices.get(&device, &random, 1).unwrap(),
            devices.get(&device, &random, 2).unwrap(),
            devices.refresh(&device, &random, 3).unwrap(),
            devices.get(&device, &random, 4).unwrap(),
            devices.register(&device, &random, 5).unwrap(),
            devices.register(&device, &random, 5).unwrap(),
            devices.refresh(&device, &random, 5).unwrap(),
        ] {
            times.push((credential.create_time, credential.update_time));
        }
        assert_eq!(times, [(1, 1), (1, 1), (1, 3), (1, 3), (5, 5), (6, 6), (6, 7)]);
    }
}
