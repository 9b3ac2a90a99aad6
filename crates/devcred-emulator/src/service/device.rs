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

pub(crate) struct Devices {
    /// `None`: every instance is known.
    instances: Option<BTreeSet<String>>,
    every_device_is_known: bool,
    /// Whether a device is known, by client id, on every instance. Contains the devices that were
    /// configured or changed by a control route.
    known: HashMap<String, bool>,
    /// `None`: the device was unregistered.
    credentials: BTreeMap<Device, Option<Credential>>,
}

impl Devices {
    pub(crate) fn new(instances: Vec<String>, devices: Vec<String>) -> Self {
        Self {
            instances: (!instances.is_empty()).then(|| instances.into_iter().collect()),
            every_device_is_known: devices.is_empty(),
            known: devices.into_iter().map(|client_id| (client_id, true)).collect(),
            credentials: BTreeMap::new(),
        }
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

    /// Creates a new credential, which replaces the device's old one.
    pub(crate) fn register(&mut self, device: &Device, random: &Random, now: u64) -> Credential {
        let credential = Credential::new(random, now);
        self.credentials.insert(device.clone(), Some(credential.clone()));
        credential
    }

    /// Changes the secret and keeps the id. That the id stays is inferred from the operation's
    /// page, which mentions only the secret.
    pub(crate) fn refresh(&mut self, device: &Device, random: &Random, now: u64) -> Result<Credential, Refusal> {
        let credential = self.existing(device, random, now)?;
        credential.access_key_secret = random.hex(32);
        credential.update_time = now;
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
        let configured = self.known.iter().filter(|(_, known)| **known).map(|(client_id, _)| client_id);
        let created = self.credentials.keys().filter(|device| device.instance_id == instance_id);
        let candidates: BTreeSet<&String> = configured.chain(created.map(|device| &device.client_id)).collect();
        let listed = candidates.into_iter().filter(|client_id| client_id.starts_with(&prefix)).cloned();
        listed
            .filter(|client_id| {
                self.has_credential(&Device { instance_id: instance_id.to_owned(), client_id: client_id.clone() })
            })
            .collect()
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
            devices.register(&device, &random, 5),
        ] {
            times.push((credential.create_time, credential.update_time));
        }
        assert_eq!(times, [(1, 1), (1, 1), (1, 3), (1, 3), (5, 5)]);
    }
}
