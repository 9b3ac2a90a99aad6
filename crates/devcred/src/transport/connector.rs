//! A layer around the connector of reqwest, which bounds how many connections are opened.
//!
//! reqwest boxes such a layer's service, and copies the box several times a call, also if it needs
//! no connection. A box for a type without a size allocates nothing. So the service is empty, and
//! the connector inside of it is where the attempt that needs it can find it.

use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use super::connection_limit::{ConnectionLimit, Opening};

#[derive(Clone)]
pub(super) struct LimitLayer(pub(super) Arc<ConnectionLimit>);

impl<S: Send + Sync + 'static> Layer<S> for LimitLayer {
    type Service = LimitedConnector<S>;

    fn layer(&self, connector: S) -> LimitedConnector<S> {
        // Both HTTP clients have the same, so the first is enough.
        let _ = self.0.connector.set(Box::new(connector));
        LimitedConnector(PhantomData)
    }
}

pub(super) struct LimitedConnector<S>(PhantomData<fn() -> S>);

impl<S> Clone for LimitedConnector<S> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<S, Target> Service<Target> for LimitedConnector<S>
where
    S: Service<Target, Error = Box<dyn StdError + Send + Sync>> + Clone + Send + 'static,
    S::Future: Send,
    Target: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Target) -> Self::Future {
        Box::pin(async move {
            // An attempt that is interrupted has got another connection, so it does not see this.
            let interrupted = || io::Error::from(io::ErrorKind::Interrupted);
            let opening = Opening::begin().await.ok_or_else(interrupted)?;
            let mut connector = opening.connector::<S>().ok_or_else(interrupted)?;
            poll_fn(|context| connector.poll_ready(context)).await?;
            let connection = connector.call(target).await?;
            opening.succeed();
            Ok(connection)
        })
    }
}
