//! The generic calls of the vendor's Node.js SDKs against the emulator. `cargo xtask test --lang
//! node` installs the SDKs and runs these tests.

#[macro_use]
mod cases;
mod sdk;

use devcred::SignatureMethod;
use sdk::Sdk;

const OPENAPI_CLIENT: Sdk = Sdk {
    name: "@alicloud/openapi-client",
    signature: SignatureMethod::Acs3HmacSha256,
    signs_empty_values: true,
    matches_user_agent: |agent| agent.contains(" Node.js/") && agent.contains(" TeaDSL/"),
};
const OPENAPI_CLIENT_V2: Sdk = Sdk { signature: SignatureMethod::HmacSha1, ..OPENAPI_CLIENT };
const POP_CORE: Sdk = Sdk {
    name: "@alicloud/pop-core",
    signature: SignatureMethod::HmacSha1,
    signs_empty_values: true,
    matches_user_agent: |agent| agent.contains(" Node.js/") && !agent.contains(" TeaDSL/"),
};

all_cases!(openapi_client_acs3, OPENAPI_CLIENT);
all_cases!(openapi_client_hmac_sha1, OPENAPI_CLIENT_V2);
all_cases!(pop_core_hmac_sha1, POP_CORE);
