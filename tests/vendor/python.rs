//! The vendor's typed Python SDK against the emulator. `cargo xtask test --lang rust` installs it
//! and runs these tests.

#[macro_use]
mod cases;
mod sdk;

use devcred::SignatureMethod;
use sdk::Sdk;

const TYPED: Sdk = Sdk {
    name: "alibabacloud-onsmqtt20200420",
    signature: SignatureMethod::Acs3HmacSha256,
    signs_empty_values: true,
    matches_user_agent: |agent| agent.contains(" Python/"),
};
const TYPED_V2: Sdk = Sdk { signature: SignatureMethod::HmacSha1, ..TYPED };

all_cases!(acs3, TYPED);
all_cases!(hmac_sha1, TYPED_V2);
