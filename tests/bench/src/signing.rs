//! How many requests one thread signs, each with a new nonce and date.

use std::hint::black_box;

use anyhow::{Result, ensure};
use devcred::{AccessKey, SignatureMethod, testing};

use crate::contender::{CLIENT_ID, INSTANCE_ID, access_key};
use crate::measure::{Sample, Stopwatch};

const HOST: &str = "onsmqtt.cn-hangzhou.aliyuncs.com";
const SIGNATURES: u32 = 100_000;

pub(crate) struct Signing {
    key: AccessKey,
}

impl Signing {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { key: access_key()? })
    }

    pub(crate) fn acs3(&self) -> Result<Sample> {
        self.measure(SignatureMethod::Acs3HmacSha256)
    }

    pub(crate) fn rpc(&self) -> Result<Sample> {
        self.measure(SignatureMethod::HmacSha1)
    }

    fn measure(&self, signature: SignatureMethod) -> Result<Sample> {
        let stopwatch = Stopwatch::for_thread();
        for _ in 0..SIGNATURES {
            let (client_id, instance_id, host) = (black_box(CLIENT_ID), black_box(INSTANCE_ID), black_box(HOST));
            let length = testing::sign(signature, client_id, instance_id, host, &self.key);
            ensure!(length > 0, "the signature is empty");
        }
        Ok(stopwatch.stop(SIGNATURES))
    }
}
