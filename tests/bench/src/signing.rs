//! How many requests one thread signs, each with a nonce and a date of its own.

use std::hint::black_box;

use anyhow::{Result, ensure};
use devcred::{__bench, AccessKey};

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
        self.measure(__bench::sign_acs3)
    }

    pub(crate) fn rpc(&self) -> Result<Sample> {
        self.measure(__bench::sign_rpc)
    }

    fn measure(&self, sign: impl Fn(&str, &str, &str, &AccessKey) -> usize) -> Result<Sample> {
        let stopwatch = Stopwatch::of_thread();
        for _ in 0..SIGNATURES {
            let length = sign(black_box(CLIENT_ID), black_box(INSTANCE_ID), black_box(HOST), &self.key);
            ensure!(length > 0, "nothing was signed");
        }
        Ok(stopwatch.stop(SIGNATURES))
    }
}
