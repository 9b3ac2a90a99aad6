//! A probe that lies: it forwards calls to an honest one, and falsifies the answers of cases with
//! `lie` in their name. `devcred-probe-lying HONEST LIE`
#![allow(clippy::expect_used, clippy::print_stdout, clippy::print_stderr, reason = "it need not be any better")]

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio, exit};
use std::time::Duration;

use base64::Engine;
use devcred_conformance::line::{Line, encode};

fn main() {
    let [honest, lie] = <[String; 2]>::try_from(std::env::args().skip(1).collect::<Vec<_>>()).expect("HONEST LIE");
    let program = honest;
    let mut running = Vec::new();
    let (mut honest, mut greeting) = Honest::start(&program);
    match lie.as_str() {
        "greets as another" => greeting.set("probe", "cobol"),
        "forgets a kind" => greeting.set("kinds", greeting.get("kinds").expect("kinds").replace("Throttled,", "")),
        _ => {}
    }
    println!("{greeting}");
    for line in std::io::stdin().lines() {
        let call = Line::parse(&line.expect("readable")).expect("a line of the protocol");
        if let Some(counts) = lie.strip_prefix("cancels nothing ") {
            println!("{}", cancel_nothing(&program, &call, counts, &mut running));
            continue;
        }
        let is_lie = call.get("case").is_some_and(|case| case.contains("lie"));
        let mut honest_call = call.clone();
        if is_lie && lie == "another operation" {
            honest_call.set("operation", "RegisterDeviceCredential");
        }
        let mut answer = honest.ask(&honest_call);
        if is_lie {
            spoil(&lie, &call, &mut answer);
        }
        println!("{answer}");
        match lie.as_str() {
            "answers twice" => println!("{answer}"),
            "logs late" => {
                std::thread::sleep(Duration::from_millis(50));
                eprintln!("{}", call.get("access_key_secret").expect("a secret"));
            }
            _ => {}
        }
    }
    // Their calls may take a minute.
    running.iter_mut().for_each(|honest| honest.process.kill().expect("it runs"));
    drop((honest, running));
    if lie == "stays" {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

/// An honest probe. Dropping it closes its input, which ends it.
struct Honest {
    process: Child,
    to: Option<ChildStdin>,
    from: Lines<BufReader<ChildStdout>>,
}

impl Honest {
    fn start(program: &str) -> (Self, Line) {
        let mut process = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a probe");
        let to = process.stdin.take();
        let from = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut honest = Self { process, to, from };
        let greeting = honest.next();
        (honest, greeting)
    }

    fn send(&mut self, call: &Line) {
        writeln!(self.to.as_mut().expect("its input"), "{call}").expect("it listens");
    }

    fn next(&mut self) -> Line {
        Line::parse(&self.from.next().expect("a line").expect("that is readable")).expect("of the protocol")
    }

    fn ask(&mut self, call: &Line) -> Line {
        self.send(call);
        self.next()
    }
}

impl Drop for Honest {
    fn drop(&mut self) {
        drop(self.to.take());
        self.process.wait().expect("its end");
    }
}

/// Cancels nothing: the calls continue, and the answer says `cancelled` at the time of the
/// cancellation. The second round is honest.
fn cancel_nothing(program: &str, call: &Line, counts: &str, running: &mut Vec<Honest>) -> Line {
    let mut uncancelled = call.clone();
    let after = uncancelled.get("cancel_after_ms").expect("a case with a cancellation").parse().expect("a number");
    let rounds = uncancelled.get("repeat").map_or(1, |repeat| repeat.parse().expect("a number"));
    uncancelled.remove("cancel_after_ms");
    uncancelled.remove("repeat");
    let (mut first, _) = Honest::start(program);
    first.send(&uncancelled);
    std::thread::sleep(Duration::from_millis(after));
    if rounds > 1 {
        let (mut second, _) = Honest::start(program);
        second.ask(&uncancelled);
        running.push(second);
    }
    running.push(first);
    let (ok, failed) = counts.split_once(' ').expect("two numbers");
    let mut answer = Line::default();
    for (key, value) in
        [("case", call.get("case").expect("a case")), ("outcome", "cancelled"), ("ok", ok), ("failed", failed)]
    {
        answer.set(key, value);
    }
    answer
}

fn spoil(lie: &str, call: &Line, answer: &mut Line) {
    let secret = call.get("access_key_secret").expect("a secret").to_owned();
    let device_secret = answer.get("device_access_key_secret").unwrap_or_default().to_owned();
    let text = answer.get("text").unwrap_or_default().to_owned();
    match lie {
        "another kind" => answer.set("kind", "Service"),
        "a kind of its own" => answer.set("kind", "Oops"),
        "no request id" => answer.remove("request_id"),
        "another request id" => answer.set("request_id", "60BA5754-52B2-CA20-0460-40F38184D725"),
        "no text" => answer.remove("text"),
        "another text" => answer.set("text", "x"),
        "an event too many" => eprintln!("devcred warn the calls of this client wait"),
        "a key of its own" => answer.set("mood", "good"),
        "a time that is no number" => answer.set("create_time_ms", "2026-11-24T08:00:00Z"),
        "another device's secret" => answer.set("device_access_key_secret", "0123456789abcdef0123456789abcdef"),
        "another password" => answer.set("mqtt_password", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM="),
        "another device" => answer.set("client_id", "GID_test@@@other"),
        "no client id" => answer.remove("client_id"),
        "another instance" => answer.set("instance_id", "post-cn-other"),
        "a call that was not billed" => answer.set("possibly_billed", "true"),
        "a delay that no one requested" => answer.set("retry_after_ms", "5"),
        "fewer calls" => answer.set("ok", "0"),
        "an error that was none" => answer.set("outcome", "cancelled"),
        "secret in text" => answer.set("text", format!("{text} {secret}")),
        "device's secret in text" => {
            let encoded = base64::engine::general_purpose::STANDARD.encode(format!("device:{device_secret}"));
            answer.set("text", format!("{text} {encoded}"));
        }
        "secret in the log" => eprintln!("url=%3Fkey%3D{}", encode(&encode(&secret))),
        "another case" => answer.set("case", "success/credential"),
        "dies" => exit(3),
        "silent" => std::thread::sleep(Duration::from_secs(3600)),
        "no line" => println!("Traceback (most recent call last):"),
        _ => {}
    }
}
