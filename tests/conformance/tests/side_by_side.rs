//! Requests with made-up parameters, signed by the core and by the emulator's implementation, side
//! by side: what is signed and the signature must be the same, and the emulator must read the
//! parameters that the core received.
//!
//! The ten million, on all cores, in some minutes:
//!
//! ```sh
//! cargo test --release -p devcred-conformance --test side_by_side -- --ignored --nocapture
//! ```
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, reason = "a test may")]

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use devcred::{AccessKey, SignatureMethod, testing};

const BLOCK: u64 = 1000;
const MILLION: u64 = 1_000_000;
const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#[test]
fn five_thousand_requests_are_signed_alike() {
    side_by_side(5_000);
}

#[test]
#[ignore = "minutes: see the head of the file for its command"]
fn ten_million_requests_are_signed_alike() {
    side_by_side(10 * MILLION);
}

/// If a difference were not found, the other tests would prove nothing.
#[test]
fn a_request_that_is_changed_on_its_way_differs() {
    for number in 0..500 {
        let made_up = MadeUp::new(number);
        let signed = made_up.signed();
        let differs = |query: String, headers: Vec<(String, String)>| {
            let changed = testing::Signed { query, headers, signed_text: signed.signed_text.clone() };
            let differences = made_up.differences(&changed);
            let is_refused = ["  signature,", "  refused\n"].iter().any(|what| differences.contains(what));
            assert!(is_refused, "{} is taken for {made_up:#?}\n{differences}", changed.query);
        };
        for pair in signed.query.split('&') {
            let changed = signed.query.replacen(pair, &format!("{pair}x"), 1);
            differs(changed, signed.headers.clone());
        }
        for changed in 0..signed.headers.len() {
            let mut headers = signed.headers.clone();
            headers[changed].1 += "x";
            // HMAC-SHA1 does not sign headers.
            if made_up.signature != SignatureMethod::HmacSha1 {
                differs(signed.query.clone(), headers);
            }
        }
        let other_secret = MadeUp { secret: made_up.secret.clone() + "x", ..made_up.clone() };
        assert!(other_secret.differences(&signed).contains("  signature,"));
    }
}

/// Counts what was compared. The first difference ends the test.
fn side_by_side(requests: u64) {
    let (next, done, failed) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let counts: [AtomicU64; 3] = Default::default();
    let begun = Instant::now();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        while !failed.load(Ordering::Relaxed) {
            let first = next.fetch_add(BLOCK, Ordering::Relaxed);
            if first >= requests {
                return;
            }
            for number in first..requests.min(first + BLOCK) {
                let made_up = MadeUp::new(number);
                let differences = made_up.differences(&made_up.signed());
                if !differences.is_empty() {
                    failed.store(true, Ordering::Relaxed);
                    panic!("request {number} differs\n{differences}\n{made_up:#?}");
                }
                let is_acs3 = made_up.signature == SignatureMethod::Acs3HmacSha256;
                for (count, counts) in counts.iter().zip([is_acs3, !is_acs3, made_up.token.is_some()]) {
                    count.fetch_add(u64::from(counts), Ordering::Relaxed);
                }
            }
            let before = done.fetch_add(BLOCK, Ordering::Relaxed);
            if (before + BLOCK).is_multiple_of(MILLION) {
                println!("{} million requests, no difference, {:.0?}", (before + BLOCK) / MILLION, begun.elapsed());
            }
        }
    };
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let [acs3, rpc, token] = counts.map(AtomicU64::into_inner);
    assert_eq!(acs3 + rpc, requests);
    println!(
        "{requests} requests signed side by side, no difference: {acs3} by acs3-hmac-sha256, {rpc} by hmac-sha1, {token} \
         with a security token; {:.0?} on {threads} threads",
        begun.elapsed()
    );
}

/// The parameters of a request. They follow from its number, so that a request with a difference
/// can be generated again.
#[derive(Clone, Debug)]
struct MadeUp {
    operation: &'static str,
    signature: SignatureMethod,
    client_id: String,
    instance_id: String,
    host: String,
    access_key_id: String,
    secret: String,
    token: Option<String>,
    time: SystemTime,
    /// The same time in the format of the signatures, by this test's calendar.
    date: String,
    nonce: String,
}

impl MadeUp {
    fn new(number: u64) -> Self {
        let mut chance = Chance(number);
        let (time, date) = chance.time();
        Self {
            operation: chance.one_of(&["GetDeviceCredential", "RegisterDeviceCredential"]),
            signature: if chance.below(2) == 0 { SignatureMethod::Acs3HmacSha256 } else { SignatureMethod::HmacSha1 },
            client_id: chance.client_id(),
            instance_id: chance.instance_id(),
            host: chance.host(),
            access_key_id: chance.access_key_id(),
            secret: chance.ascii(200),
            token: (chance.below(2) == 0).then(|| chance.ascii(1000)),
            time,
            date,
            nonce: chance.nonce(),
        }
    }

    fn signed(&self) -> testing::Signed {
        let mut key = AccessKey::new(&self.access_key_id, &self.secret).unwrap();
        if let Some(token) = &self.token {
            key = key.with_security_token(token).unwrap();
        }
        let signed = testing::signed(
            self.operation,
            self.signature,
            &self.client_id,
            &self.instance_id,
            &self.host,
            &key,
            self.time,
            &self.nonce,
        );
        signed.unwrap()
    }

    /// Returns the differences between the emulator, the core and this request; empty if there are
    /// none.
    fn differences(&self, signed: &testing::Signed) -> String {
        let query = &signed.query;
        let theirs = match devcred_emulator::internal::calculate(&self.secret, query, signed.headers.clone()) {
            Ok(theirs) => theirs,
            Err(refusal) => return format!("  refused\n    {refusal}\n    query  {query}\n"),
        };
        let some = |value: &Option<String>| value.as_deref().unwrap_or("(absent)").to_owned();
        let host = signed.headers.iter().find(|(name, _)| name == "host").map(|(_, value)| value.as_str());
        let mut text = String::new();
        for (what, ours, theirs) in [
            ("what is signed", signed.signed_text.as_str(), theirs.signed_text.as_str()),
            ("signature", &theirs.presented, &theirs.signature),
            ("operation", self.operation, &some(&theirs.operation)),
            ("ClientId", &self.client_id, &some(&theirs.client_id)),
            ("InstanceId", &self.instance_id, &some(&theirs.instance_id)),
            ("AccessKeyId", &self.access_key_id, &theirs.access_key_id),
            ("security token", &some(&self.token), &some(&theirs.security_token)),
            ("nonce", &self.nonce, &theirs.nonce),
            ("time", &self.date, &theirs.timestamp),
            ("host", &self.host, host.unwrap_or("(absent)")),
        ] {
            if ours != theirs {
                let alike = ours.bytes().zip(theirs.bytes()).take_while(|(our, their)| our == their).count();
                let part = |text: &str| {
                    let bytes = text.bytes().skip(alike.saturating_sub(24)).take(80).collect::<Vec<_>>();
                    String::from_utf8_lossy(&bytes).into_owned()
                };
                let (ours, theirs) = (part(ours), part(theirs));
                let _ = writeln!(
                    text,
                    "  {what}, from byte {alike} on\n    core      …{ours:?}\n    emulator  …{theirs:?}"
                );
            }
        }
        text
    }
}

/// SplitMix64: a few lines, and the same numbers everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }

    /// Returns a length: mostly a usual one, sometimes the maximum.
    fn length(&mut self, usual: u64, longest: u64) -> u64 {
        let end = if self.below(16) == 0 { longest } else { usual };
        1 + self.below(end)
    }

    fn made_of(&mut self, characters: &str, length: u64) -> String {
        let characters: Vec<char> = characters.chars().collect();
        (0..length).map(|_| self.one_of(&characters)).collect()
    }

    /// Returns a character of any kind: unreserved, reserved, white space, control, of one to four
    /// bytes.
    fn character(&mut self) -> char {
        let any_of = |chance: &mut Self, from: u32, to: u32| {
            let number = u64::from(from) + chance.below(u64::from(to - from));
            char::from_u32(u32::try_from(number).unwrap()).unwrap_or('\u{fffd}')
        };
        match self.below(16) {
            0..=6 => any_of(self, 0x21, 0x7f),
            7..=9 => {
                self.one_of(&['~', '*', '+', '/', '%', '=', '&', ' ', '-', '_', '.', '@', ':', ',', ';', '#', '?'])
            }
            10 => any_of(self, 0, 0x21),
            11 => any_of(self, 0x7f, 0x300),
            12 => any_of(self, 0x300, 0x370),
            13 => any_of(self, 0x4e00, 0x9fff),
            14 => any_of(self, 0x1_f300, 0x1_fb00),
            _ => any_of(self, 0, 0x11_0000),
        }
    }

    fn text(&mut self, longest: u64) -> String {
        let length = self.length(64, longest);
        (0..length).map(|_| self.character()).collect()
    }

    /// Returns visible ASCII, for keys and headers.
    fn ascii(&mut self, longest: u64) -> String {
        let length = self.length(48, longest);
        (0..length).map(|_| char::from(u8::try_from(0x21 + self.below(0x7e - 0x20)).unwrap())).collect()
    }

    fn client_id(&mut self) -> String {
        match self.below(4) {
            0 => format!("GID_{}@@@{}", self.made_of(ALPHANUMERIC, 8), self.text(40)),
            1 => format!("{}@@@{}", self.text(20), self.made_of("0123456789-_", 12)),
            2 if self.below(64) == 0 => String::new(),
            _ => self.text(300),
        }
    }

    fn instance_id(&mut self) -> String {
        match self.below(4) {
            0 => self.text(100),
            1 => format!("post-cn-{}****", self.made_of(ALPHANUMERIC, 7)),
            _ => format!("mqtt-cn-{}", self.made_of(ALPHANUMERIC, 11)),
        }
    }

    fn host(&mut self) -> String {
        let name_length = self.length(20, 63);
        let name = self.made_of("abcdefghijklmnopqrstuvwxyz0123456789-", name_length);
        let port = 1 + self.below(65_535);
        match self.below(6) {
            0 => format!("onsmqtt.{name}.aliyuncs.com"),
            1 => format!("onsmqtt-vpc.{name}.aliyuncs.com"),
            2 => format!("127.0.{}.{}:{port}", self.below(256), self.below(256)),
            3 => format!("[2001:db8::{:x}]:{port}", self.below(0x1_0000)),
            4 => format!("{name}.example:{port}"),
            _ => self.ascii(100),
        }
    }

    /// A comma ends the id in the header `Authorization`, so no service issues one.
    fn access_key_id(&mut self) -> String {
        match self.below(4) {
            0 => self.ascii(128).replace(',', "."),
            1 => format!("STS.{}", self.made_of(ALPHANUMERIC, 25)),
            _ => format!("LTAI{}", self.made_of(ALPHANUMERIC, 20)),
        }
    }

    fn nonce(&mut self) -> String {
        if self.below(8) == 0 { self.ascii(128) } else { self.made_of("0123456789abcdef", 32) }
    }

    /// Returns a time and its date, except the first second of 1970, which the signatures' calendar
    /// cannot write.
    fn time(&mut self) -> (SystemTime, String) {
        let nanoseconds = Duration::from_nanos(self.below(1_000_000_000));
        if self.below(64) == 0 {
            let before = Duration::from_secs(1 + self.below(1 << 32)) + nanoseconds;
            return (SystemTime::UNIX_EPOCH - before, "1970-01-01T00:00:00Z".to_owned());
        }
        let year = if self.below(2) == 0 { 2000 + self.below(100) } else { 1970 + self.below(8030) };
        let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let month = usize::try_from(self.below(12)).unwrap();
        let (day, second) = (self.below(lengths[month]), self.below(86_400));
        let leap_days = (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 - 477;
        let days = (year - 1970) * 365 + leap_days + lengths[..month].iter().sum::<u64>() + day;
        let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
        let date = format!("{year}-{:02}-{:02}T{hours:02}:{minutes:02}:{seconds:02}Z", month + 1, day + 1);
        (SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400 + second) + nanoseconds, date)
    }
}
