//! What each kind of plugin can see of the host. What is not linked does not exist for it: a template that asks for the
//! network is refused before any of its code runs.

use super::{call::Call, contract};
use package::Kind;
use wasmtime::{
    Engine,
    component::{HasSelf, Linker},
};

/// The imports of all the kinds that a plugin is of.
///
/// # Errors
/// Never for kinds of this contract.
pub fn linker(engine: &Engine, kinds: &[Kind]) -> wasmtime::Result<Linker<Call>> {
    let mut linker = Linker::new(engine);
    let any = |wanted: &[Kind]| kinds.iter().any(|kind| wanted.contains(kind));
    let with_channels = any(&[Kind::Channel, Kind::Mail, Kind::Enricher]);
    contract::log::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)?;
    if with_channels || any(&[Kind::Classifier, Kind::Automation]) {
        contract::config::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)?;
    }
    if with_channels || any(&[Kind::Automation]) {
        contract::clock::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)?;
        contract::state::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)?;
    }
    if with_channels {
        contract::random::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)?;
        contract::secrets::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)?;
        contract::blobs::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)?;
        contract::http::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)?;
    }
    if any(&[Kind::Channel]) {
        contract::presence::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)?;
    }
    Ok(linker)
}
