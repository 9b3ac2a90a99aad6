//! Tells the linker of each platform that Node.js itself has the functions of Node-API.

fn main() {
    napi_build::setup();
}
