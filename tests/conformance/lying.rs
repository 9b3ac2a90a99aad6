//! A probe that lies: it passes calls on to an honest one, and spoils the answers of cases that have `lie` in their name.
//! `devcred-probe-lying HONEST LIE`
#![allow(clippy::expect_used, clippy::print_stdout, clippy::print_stderr, reason = "it need not be any better")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio, exit};
use std::time::Duration;

use base64::Engine;
use devcred_conformance::line::{Line, encode};

fn main() {
    let [honest, lie] = <[String; 2]>::try_from(std::env::args().skip(1).collect::<Vec<_>>()).expect("HONEST LIE");
    let mut honest = Command::new(honest).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a probe");
    let mut to = honest.stdin.take().expect("its input");
    let mut from = BufReader::new(honest.stdout.take().expect("its output")).lines();
    let mut next = || Line::parse(&from.next().expect("a line").expect("that is readable")).expect("of the protocol");

    let mut greeting = next();
    match lie.as_str() {
        "greets as another" => greeting.set("probe", "cobol"),
        "forgets a kind" => greeting.set("kinds", greeting.get("kinds").expect("kinds").replace("Throttled,", "")),
        _ => {}
    }
    println!("{greeting}");
    for line in std::io::stdin().lines() {
        let call = Line::parse(&line.expect("readable")).expect("a line of the protocol");
        writeln!(to, "{call}").expect("it listens");
        let mut answer = next();
        if call.get("case").is_some_and(|case| case.contains("lie")) {
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
    drop(to);
    honest.wait().expect("its end");
    if lie == "stays" {
        std::thread::sleep(Duration::from_secs(3600));
    }
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
        "a key of its own" => answer.set("mood", "good"),
        "a time that is no number" => answer.set("create_time_ms", "2026-11-24T08:00:00Z"),
        "another device's secret" => answer.set("device_access_key_secret", "0123456789abcdef0123456789abcdef"),
        "another password" => answer.set("mqtt_password", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM="),
        "another device" => answer.set("client_id", "GID_test@@@other"),
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
