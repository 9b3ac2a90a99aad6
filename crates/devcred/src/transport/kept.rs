//! Distinguishes attempts on a kept-alive connection from those that opened a connection.
//!
//! The HTTP library does not report which it was, but it opens a connection in the task of the
//! request that needs it, so the connector can record it there.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static HAS_OPENED: Arc<AtomicBool>;
}

/// Runs an attempt and returns whether a connection was opened for it. If a connection was opened
/// but another one became free and was used, that counts as opened.
pub(super) async fn noting<F: Future>(attempt: F) -> (F::Output, bool) {
    let has_opened = Arc::new(AtomicBool::new(false));
    let output = HAS_OPENED.scope(Arc::clone(&has_opened), attempt).await;
    (output, has_opened.load(Ordering::Relaxed))
}

/// The connector layer that records it.
#[derive(Clone)]
pub(super) struct NoteOpened;

impl<S> Layer<S> for NoteOpened {
    type Service = Noting<S>;

    fn layer(&self, connector: S) -> Noting<S> {
        Noting(connector)
    }
}

#[derive(Clone)]
pub(super) struct Noting<S>(S);

impl<S, R> Service<R> for Noting<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let has_opened = HAS_OPENED.try_with(Arc::clone).unwrap_or_default();
        let connection = self.0.call(target);
        Box::pin(async move {
            let connection = connection.await?;
            has_opened.store(true, Ordering::Relaxed);
            Ok(connection)
        })
    }
}
