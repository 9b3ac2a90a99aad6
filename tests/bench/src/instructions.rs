//! How many instructions the core executes, counted by callgrind. Unlike times they are nearly the
//! same on a busy machine, so `cargo xtask check instructions` compares them with `ledger.toml`.

use std::hint::black_box;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use devcred::SignatureMethod;
use devcred::testing::{self, FixedCall};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};

use crate::contender::{CLIENT_ID, Contender, Devcred, INSTANCE_ID, Lane, access_key};
use crate::program;
use crate::signing::Signing;
use crate::stub::{self, Stub};
use crate::trace::{self, INSTRUCTIONS};

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    SignAcs3,
    SignHmacSha1,
    PercentEncode,
    ReadResponse,
    Call,
}

pub(crate) struct Count {
    /// The name in `ledger.toml`.
    pub(crate) name: String,
    pub(crate) work: Work,
    /// The instructions that it executes once.
    pub(crate) count: u64,
}

/// Counts every kind of work.
pub(crate) fn count() -> Result<Vec<Count>> {
    ensure!(INSTRUCTIONS.is_installed(), "valgrind is missing: install it to count instructions");
    let own = std::env::current_exe()?;
    let own = own.to_str().context("the path of this program is not UTF-8")?;
    let mut counts = Vec::new();
    for work in Work::value_variants() {
        let name = work.to_possible_value().context("no kind of work is skipped")?.get_name().to_owned();
        let run = |repetitions: u32| {
            let words = [own, "work", name.as_str(), &repetitions.to_string()].map(str::to_owned);
            let command =
                |runner: &[&str]| program::command(runner.iter().copied().chain(words.iter().map(String::as_str)));
            INSTRUCTIONS.count(command, "").with_context(|| format!("cannot count the instructions of {name}"))
        };
        let number = if *work == Work::Call { 100 } else { 500 };
        let count = trace::difference(number, run)?.round() as u64;
        counts.push(Count { name, work: *work, count });
    }
    Ok(counts)
}

impl Work {
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::SignAcs3 => "signing a request by ACS3-HMAC-SHA256, with its nonce and date",
            Self::SignHmacSha1 => "signing a request by HMAC-SHA1, with its nonce and date",
            Self::PercentEncode => "percent-encoding a ClientId",
            Self::ReadResponse => "reading a credential from the status, headers and body of a response",
            Self::Call => "a whole call over a kept connection",
        }
    }

    pub(crate) fn repeat(self, repetitions: u32) -> Result<()> {
        match self {
            Self::SignAcs3 => sign(SignatureMethod::Acs3HmacSha256, repetitions),
            Self::SignHmacSha1 => sign(SignatureMethod::HmacSha1, repetitions),
            Self::PercentEncode => {
                for _ in 0..repetitions {
                    black_box(testing::percent_encode(black_box(CLIENT_ID)));
                }
                Ok(())
            }
            Self::ReadResponse => read_responses(repetitions),
            Self::Call => make_calls(repetitions),
        }
    }
}

fn sign(method: SignatureMethod, repetitions: u32) -> Result<()> {
    let signing = Signing::new()?;
    for _ in 0..repetitions {
        ensure!(signing.sign(method) > 0, "the signature is empty");
    }
    Ok(())
}

fn read_responses(repetitions: u32) -> Result<()> {
    let body = stub::body(CLIENT_ID, INSTANCE_ID);
    let length = body.len().to_string();
    let headers = [(CONTENT_TYPE.as_str(), stub::JSON.as_bytes()), (CONTENT_LENGTH.as_str(), length.as_bytes())];
    let key = access_key()?;
    let call = FixedCall {
        signature_method: SignatureMethod::Acs3HmacSha256,
        client_id: CLIENT_ID,
        instance_id: INSTANCE_ID,
        key: &key,
    };
    for _ in 0..repetitions {
        black_box(call.read(200, black_box(&headers), black_box(body.as_bytes()))?);
    }
    Ok(())
}

fn make_calls(repetitions: u32) -> Result<()> {
    let stub = Stub::start()?;
    let devcred = Devcred::new(&stub.endpoint)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut lane = devcred.open_lane().await?;
        for _ in 0..repetitions {
            lane.call().await?;
        }
        Ok(())
    })
}
